"""Where runs are made: in this process, in several processes, or on a cluster. The runs are the same.

An executor starts jobs and yields their outcomes in the order in which they finish. On exit it ends what it started.
Only a short `Outcome` is sent back, the run itself is in its folder. A lock there (see `underway.locked`) ensures that
no two processes make the same run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import torch

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.devices import pick_device
from semnerf_lib.runs.cluster import check_dask, on_dask
from semnerf_lib.runs.jobs import Job, Outcome, attempt
from semnerf_lib.runs.underway import is_locked
from semnerf_lib.runs.workers import local_processes

POLL_SECONDS = 1.0
"""Seconds between two checks of runs that other processes are making."""
GIB_A_RUN = 1.5
"""Memory that a process making a run at laptop scale stays below (measured: 0.9 GiB)."""


Start = Callable[[Sequence[Job]], AbstractContextManager[Iterator[Outcome]]]


@dataclass(frozen=True)
class Executor:
    """A place where runs are made.

    Attributes:
        name: as messages call it.
        start: takes jobs and returns a context manager, which starts them and gives an iterator of their outcomes.
        at_once: how many runs are made at the same time; None if a cluster decides.
        threads: of each process that it starts on this machine; None if it starts none.
    """

    name: str
    start: Start
    at_once: int | None = 1
    threads: int | None = None

    @contextmanager
    def outcomes(self, jobs: Sequence[Job]) -> Iterator[Iterator[Outcome]]:
        """The outcomes of jobs, each made or failed.

        A run that another process is making is waited for, and made here if that process gives it up.
        """
        if not jobs:
            yield iter(())
            return
        with self.start(jobs) as outcomes:
            yield self._settled(outcomes)

    def _settled(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        held = []
        for outcome in outcomes:
            if outcome.state == "held":
                held.append(outcome.job)
            else:
                yield outcome
        while held:
            left = [job for job in held if not is_locked(job.folder)]
            held = [job for job in held if job not in left]
            missing = [job for job in left if not (job.folder / "result.json").is_file()]
            yield from (Outcome(job, "made", where="another driver") for job in left if job not in missing)
            if missing:
                with self.start(missing) as again:
                    for outcome in again:
                        if outcome.state == "held":
                            held.append(outcome.job)
                        else:
                            yield outcome
            elif held:
                time.sleep(POLL_SECONDS)


@contextmanager
def in_process(jobs: Sequence[Job]) -> Iterator[Iterator[Outcome]]:
    """Makes each run in this process, when its outcome is asked for."""
    yield map(attempt, jobs)


def pick_executor(workers: int | None, dask: str | None, missing: int) -> Executor:
    """The executor that was asked for.

    Args:
        workers: local processes. None: one for each CUDA device, or on a CPU one for each thread of PyTorch, as far as
            the memory suffices; at most one for each missing run.
        dask: address of a scheduler, or "local" for one started here.
        missing: how many runs are to be made.

    Raises:
        SemnerfError: fewer workers than one, workers for a cluster that has its own, or Dask is not installed.
    """
    if workers is not None and workers < 1:
        raise SemnerfError(f"workers {workers}, expected 1 or more")
    if dask not in (None, "local") and workers is not None:
        raise SemnerfError(f"workers {workers}, expected none: the cluster at {dask} has its own workers")
    count = workers or min(fitting_workers(), max(1, missing))
    if dask is not None:
        check_dask()
        here = dask == "local"
        name = f"Dask, {count} processes with a thread each" if here else f"Dask at {dask}"
        start = partial(on_dask, address=dask, workers=count)
        return Executor(name, start, count, 1) if here else Executor(name, start, None)
    if count == 1:
        return Executor("this process", in_process)
    threads = max(1, torch.get_num_threads() // count)
    start = partial(local_processes, count=count, threads=threads)
    return Executor(f"{count} processes with {threads} thread{'s' * (threads > 1)} each", start, count, threads)


def fitting_workers() -> int:
    """How many processes this machine has devices, threads and memory for."""
    device = pick_device()
    if device.type != "cpu":
        return torch.cuda.device_count() if device.type == "cuda" else 1
    return max(1, min(torch.get_num_threads(), int(memory_gib() / GIB_A_RUN)))


def memory_gib() -> float:
    """Memory of this machine, or of this container where it has less."""
    memory = psutil.virtual_memory().total
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.is_file() and limit.read_text().strip().isdigit():
        memory = min(memory, int(limit.read_text()))
    return memory / 2**30
