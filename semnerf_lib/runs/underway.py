"""A run that is being made: which process makes it, how far it is, why it failed.

Beside the files of a run (see `store`) its folder then holds

    .lock          locked by the process that makes the run; the lock ends with that process
    progress.json  step, iterations, loss, seconds, stage, host, pid, time; kept while the run waits to be continued
    failure.json   error, time, host of the last attempt, if it failed; removed when the run is made
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import NoneType
from typing import Any

from filelock import BaseFileLock, FileLock, Timeout

from semnerf_lib.errors import SemnerfError, printable
from semnerf_lib.machine.faults import one_line, out_of_memory
from semnerf_lib.machine.files import Damaged, put_aside, read_json, write_fault, write_json
from semnerf_lib.machine.jsons import of_kinds

HEARTBEAT_SECONDS = 5.0
"""Seconds between two writings of progress.json, at least."""
WAIT_SECONDS = 0.5
"""Seconds between two attempts at a lock that another process holds."""
RECENT_SECONDS = 60.0
"""Seconds after which a progress.json no longer proves that some process is at work."""
TEMPORARY = ("checkpoint.safetensors", ".lock", "progress.json")
"""Files of a run that is being made; progress.json goes last, so that it tells of the others."""
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""Errors of a file system without locks."""


class Held(SemnerfError):
    """Another process is making this run."""


@contextmanager
def locked(folder: Path, wait: bool = True, what: str | None = None) -> Iterator[None]:
    """Holds the lock of a folder, so that only one process makes what is in it.

    The lock is the system's (flock on Unix, also over NFS): it ends with its process, however that ends.

    Args:
        folder: of a run or notebook; created if missing.
        wait: wait for the process that holds the lock.
        what: how messages call what is made; None: the run of this folder.

    Raises:
        Held: another process holds it, and `wait` is False.
        SemnerfError: the folder cannot be written to, its file system has no locks, or `.lock` is no regular file.
    """
    path, what = folder / ".lock", what or f"run {folder.name}"
    if path.exists() and not path.is_file():
        raise SemnerfError(f"{path}: no regular file, expected a lock file or none; remove it")
    lock, waiting = FileLock(path, fallback_to_soft=False), False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while not _acquire(lock):
            if not wait:
                raise Held(f"{what}: {holder(folder)} is making it")
            if not waiting:
                print(f"{what}: {holder(folder)} is making it, waiting", file=sys.stderr, flush=True)
                waiting = True
            time.sleep(WAIT_SECONDS)
    except OSError as fault:
        if fault.errno in NO_LOCKS:
            raise SemnerfError(f"{path}: {fault.strerror}, expected a file system with locks (flock)") from fault
        raise write_fault(path, fault) from fault
    try:
        yield
    finally:
        lock.release()


def is_locked(folder: Path) -> bool:
    """Whether some process is making the run of a folder.

    In a folder that this user may not write to, the lock cannot be tried; a recent progress.json counts instead.
    """
    path = folder / ".lock"
    if not path.is_file():
        return False
    lock = FileLock(path, fallback_to_soft=False)
    try:
        if not _acquire(lock):
            return True
        lock.release()
    except OSError:
        with suppress(OSError):
            return time.time() - (folder / "progress.json").stat().st_mtime < RECENT_SECONDS
    return False


def _acquire(lock: BaseFileLock) -> bool:
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    return True


def holder(folder: Path) -> str:
    """The process that last wrote progress.json, in words."""
    facts = read_progress(folder)
    return f"process {facts['pid']} on {printable(facts['host'])}" if facts else "another process"


class Heartbeat:
    """Writes the progress of a run to progress.json, every few seconds.

    A full disk does not end the run here; the next checkpoint reports it.
    """

    def __init__(self, folder: Path, iterations: int):
        self.path, self.iterations, self.last = folder / "progress.json", iterations, -float("inf")

    def update(self, step: int, seconds: float, loss: float | None = None, stage: str = "training") -> None:
        """Writes how far the run is, while it trains at most once in `HEARTBEAT_SECONDS`."""
        if stage == "training" and time.monotonic() - self.last < HEARTBEAT_SECONDS:
            return
        facts = {"step": step, "iterations": self.iterations, "loss": loss, "seconds": seconds, "stage": stage}
        with suppress(SemnerfError):
            write_json(self.path, facts | place())
        self.last = time.monotonic()


def read_progress(folder: Path) -> dict[str, Any] | None:
    """The contents of a run's progress.json; None if it is missing or damaged."""
    number = (int, float)
    kinds = {"step": int, "iterations": int, "loss": (*number, NoneType), "seconds": number, "stage": str}
    return _read(folder / "progress.json", kinds | {"host": str, "pid": int, "time": str})


def read_failure(folder: Path) -> dict[str, Any] | None:
    """The contents of a run's failure.json; None if it is missing or damaged."""
    return _read(folder / "failure.json", {"error": str, "host": str, "time": str})


def _read(path: Path, kinds: dict[str, type | tuple[type, ...]]) -> dict[str, Any] | None:
    try:
        facts = read_json(path)
    except SemnerfError:
        return None
    return {key: facts[key] for key in kinds} if of_kinds(facts, kinds) else None


def write_failure(folder: Path, error: str) -> None:
    """Writes why a run failed into its folder, unless the disk is full."""
    with suppress(SemnerfError):
        write_json(folder / "failure.json", {"error": error} | place())


@contextmanager
def failures_kept(folder: Path) -> Iterator[None]:
    """Writes an exception to the folder's failure.json and raises it again.

    Raises:
        SemnerfError: in place of the exception, if the memory did not suffice.
    """
    try:
        yield
    except Exception as fault:
        error = one_line(fault)
        write_failure(folder, error)
        if out_of_memory(fault):
            raise SemnerfError(f"run {folder.name}: {error}") from fault
        raise


def place() -> dict[str, Any]:
    """This process and moment: host, pid, time."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "time": datetime.now(UTC).isoformat(timespec="seconds")}


def sweep_up(folder: Path) -> None:
    """Removes what a process left in a finished run's folder that was killed after it wrote the result."""
    if (folder / "progress.json").exists():
        with suppress(SemnerfError, OSError), locked(folder, wait=False):  # another's folder, or its maker is at it
            forget(folder)


def forget(folder: Path) -> None:
    """Removes the files that matter only until the run is made. The caller holds the lock."""
    clear(folder)
    for name in TEMPORARY:
        with suppress(PermissionError):  # Windows removes no open file
            (folder / name).unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Removes failure.json and the half-written files of a killed attempt. The caller holds the lock."""
    for path in (*folder.glob(".*.aside"), folder / "failure.json"):
        path.unlink(missing_ok=True)


def put_run_aside(folder: Path, reason: Damaged) -> None:
    """Renames the files of a damaged run (see `put_aside`), its result first. The caller holds the lock."""
    for name in ("result.json", "config.json", "history.json", "weights.safetensors"):
        if (folder / name).exists():
            put_aside(folder / name)
    print(f"{reason}; put aside as *.damaged, made anew", file=sys.stderr, flush=True)
