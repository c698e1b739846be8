"""A run that is being made: who holds it, how far it is, why it failed.

Beside the files of a run (see `runs`) its folder then holds

    .lock          locked by the process that makes the run; the lock dies with that process
    progress.json  step, iterations, loss, seconds, stage, host, pid, time; kept while the run waits to be continued
    failure.json   error, time, host of the last attempt, if it failed; gone as soon as the run is made
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.faults import out_of_memory, told
from semnerf_lib.machine.files import read_json, write_fault, write_json

HEARTBEAT_SECONDS = 5.0
"""Seconds between two writings of progress.json, at least."""
WAIT_SECONDS = 0.5
"""Seconds between two looks at a lock that somebody else holds."""
TEMPORARY = (".lock", "progress.json", "failure.json")


class Held(SemnerfError):
    """Another process is making this run."""


@contextmanager
def claim(folder: Path, wait: bool = True) -> Iterator[None]:
    """Holds a run's folder, so that one process alone makes the run.

    The lock is the system's (flock), on one machine and over NFS: whoever dies, killed or not, lets go of it.

    Args:
        folder: of the run; made if it is not there.
        wait: until whoever holds it lets go.

    Raises:
        Held: another process holds it, and `wait` is False.
        SemnerfError: the folder cannot be written to, or its file system has no locks.
    """
    path, told = folder / ".lock", False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as fault:
        raise write_fault(path, fault) from fault
    with file:
        while not _locked(file, path, fcntl.LOCK_EX):
            if not wait:
                raise Held(f"run {folder.name}: {holder(folder)} is making it")
            if not told:
                print(f"run {folder.name}: {holder(folder)} is making it, waiting", file=sys.stderr, flush=True)
                told = True
            time.sleep(WAIT_SECONDS)
        yield


def is_claimed(folder: Path) -> bool:
    """Whether some process is making the run of a folder."""
    try:
        with (folder / ".lock").open("rb") as file:
            return not _locked(file, folder / ".lock", fcntl.LOCK_SH)
    except OSError:
        return False


def _locked(file: Any, path: Path, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError as fault:
        if fault.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise SemnerfError(f"{path}: {fault.strerror}, expected a file system with locks (flock)") from fault
    return True


def holder(folder: Path) -> str:
    """Who last told of the run, for a person."""
    facts = read_progress(folder)
    return f"process {facts['pid']} on {facts['host']}" if facts else "another process"


class Heartbeat:
    """Tells in progress.json how far a run is, every few seconds.

    A disk without room does not end a run here: its next checkpoint says so.
    """

    def __init__(self, folder: Path, iterations: int):
        self.path, self.iterations, self.last = folder / "progress.json", iterations, -float("inf")

    def tell(self, step: int, seconds: float, loss: float | None = None, stage: str = "training") -> None:
        """Writes where the run is; at most once in `HEARTBEAT_SECONDS` while it stays in a stage."""
        if stage == "training" and time.monotonic() - self.last < HEARTBEAT_SECONDS:
            return
        facts = {"step": step, "iterations": self.iterations, "loss": loss, "seconds": seconds, "stage": stage}
        with suppress(SemnerfError):
            write_json(self.path, facts | place())
        self.last = time.monotonic()


def read_progress(folder: Path) -> dict[str, Any] | None:
    """What progress.json of a run's folder says, or None."""
    return _read(folder / "progress.json", {"step", "iterations", "loss", "seconds", "stage", "host", "pid", "time"})


def read_failure(folder: Path) -> dict[str, Any] | None:
    """What failure.json of a run's folder says, or None."""
    return _read(folder / "failure.json", {"error", "host", "time"})


def _read(path: Path, keys: set[str]) -> dict[str, Any] | None:
    try:
        facts = read_json(path)
    except SemnerfError:
        return None
    return facts if isinstance(facts, dict) and keys <= facts.keys() else None


def write_failure(folder: Path, error: str) -> None:
    """Keeps why a run failed beside what there is of it, as far as the disk has room for that."""
    with suppress(SemnerfError):
        write_json(folder / "failure.json", {"error": error} | place())


@contextmanager
def failures_kept(folder: Path) -> Iterator[None]:
    """Whatever fails within is written to the folder's failure.json and raised on; a lack of memory by that name.

    Raises:
        SemnerfError: no memory was left.
    """
    try:
        yield
    except Exception as fault:
        error = told(fault)
        write_failure(folder, error)
        if out_of_memory(fault):
            raise SemnerfError(f"run {folder.name}: {error}") from fault
        raise


def place() -> dict[str, Any]:
    """This process and moment: host, pid, time."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "time": datetime.now(UTC).isoformat(timespec="seconds")}


def forget(folder: Path) -> None:
    """Removes all that only matters while a run is not made; for whoever holds its claim."""
    clear(folder)
    for name in TEMPORARY:
        (folder / name).unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Removes what an attempt that was killed left half-written, and why one failed; for whoever holds the claim."""
    for path in (*folder.glob(".*.aside"), folder / "failure.json"):
        path.unlink(missing_ok=True)
