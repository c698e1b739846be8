"""Runs on a Dask cluster. Its scheduler assigns them to workers, and assigns them again if a worker dies."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Any

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.faults import one_line
from semnerf_lib.runs.jobs import Job, Outcome, attempt
from semnerf_lib.runs.underway import write_failure

CONNECT_SECONDS = 10
"""How long to wait for the scheduler, at the start and after the connection was lost."""
ALONE = threading.Lock()
"""A worker with several threads makes one run at a time: initial weights are drawn from the process's global state."""


def check_dask() -> None:
    """Raises SemnerfError unless Dask is installed."""
    if find_spec("distributed") is None or find_spec("cryptography") is None:
        raise SemnerfError("dask: Dask is not installed, expected the extra: pip install 'semnerf[cluster]'")


def attempt_alone(job: Job) -> Outcome:
    """A job's outcome, in a Dask worker."""
    with ALONE:
        return attempt(job)


@contextmanager
def on_dask(jobs: Sequence[Job], address: str, workers: int) -> Iterator[Iterator[Outcome]]:
    """The executor of a Dask cluster (see `executors`).

    If some workers were started with `--resources GPU=1`, only those make runs, one at a time. Dask gives up a run
    after four workers died in it.

    Args:
        address: of the scheduler, or "local" for a cluster of `workers` processes that ends with this call. Keys for
            an address tls://... are those of Dask's configuration.

    Raises:
        SemnerfError: no scheduler at the address. The iterator raises it if the scheduler is gone.
    """
    import dask
    from distributed import Client, LocalCluster
    from distributed.security import Security

    times = {"distributed.comm.timeouts.connect": CONNECT_SECONDS}
    with muted("distributed"), dask.config.set(times), ExitStack() as stack:
        if address == "local":
            # whoever reaches a scheduler runs code as its user; this one's keys are its children's alone
            keys = Security.temporary()
            place = stack.enter_context(
                LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    memory_limit=0,
                    dashboard_address=None,
                    host="tls://127.0.0.1",
                    security=keys,
                )
            )
        else:
            place = address
        try:
            client = stack.enter_context(Client(place, timeout=CONNECT_SECONDS))
        except (OSError, ValueError) as fault:
            raise SemnerfError(
                f"dask {address}: no scheduler answers there ({one_line(fault)}), expected its address, as in "
                "tcp://host:8786"
            ) from fault
        futures = {}
        needed = {"GPU": 1} if has_gpus(client) else None
        for job in jobs:
            futures[client.submit(attempt_alone, job, pure=False, resources=needed)] = job
        yield outcomes(futures, address)


@contextmanager
def muted(logger: str) -> Iterator[None]:
    """Keeps a library's log from the terminal: Dask's tracebacks fill pages, and one line is reported here."""
    log = logging.getLogger(logger)
    handlers = log.handlers
    log.handlers = [logging.NullHandler()]
    try:
        yield
    finally:
        log.handlers = handlers


def has_gpus(client: Any) -> bool:
    """Whether some worker offers the resource GPU; waits for the first worker."""
    client.wait_for_workers(1)
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    return any(worker["resources"].get("GPU") for worker in workers)


def outcomes(futures: dict[Any, Job], address: str) -> Iterator[Outcome]:
    """The outcomes of Dask's futures, in the order in which they finish."""
    from distributed import CancelledError, as_completed

    for future in as_completed(list(futures)):
        job = futures[future]
        try:
            yield future.result()
        except CancelledError as fault:
            raise SemnerfError(
                f"dask {address}: the scheduler is gone; finished runs stay, and with a scheduler the same command "
                "goes on"
            ) from fault
        except Exception as fault:  # KilledWorker above all
            error = one_line(fault)
            write_failure(job.folder, error)
            yield Outcome(job, "failed", error)
