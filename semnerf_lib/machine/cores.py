"""A CPU's cores: work that one of them does alone, and work that all of them share."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from functools import cache, partial

import torch


def compute_alone(cores: int) -> None:
    """Makes this thread compute on one core from now on; all other threads keep `cores`.

    For steps so small that cores wait for each other longer than they compute, above all beside a browser that needs
    one of them. PyTorch copies its global setting into each thread at the thread's first use. So this function reads
    it first, sets 1, and restores the global value from another thread.
    """
    torch.get_num_threads()
    torch.set_num_threads(1)
    restoring = threading.Thread(target=torch.set_num_threads, args=(cores,))
    with suppress(RuntimeError):  # at interpreter shutdown no thread starts, so no other needs the value
        restoring.start()
        restoring.join()


@contextmanager
def one_core() -> Iterator[None]:
    """Makes this thread compute on one core within the context (see `compute_alone`)."""
    cores = torch.get_num_threads()
    try:
        compute_alone(cores)
        yield
    finally:
        torch.set_num_threads(cores)


@contextmanager
def on_cores(work: Callable, items: Sequence, device: torch.device) -> Iterator[Iterator]:
    """work(item) of each item, in order: on a CPU several at once, each on one core; on other devices one by one.

    A single item gets all cores. Otherwise as many items are processed at once as PyTorch has threads, and this thread
    computes on one core too. Take the results inside the `with`; an exception in `work` is raised when its result is
    taken. Modes of this thread, such as `inference_mode` or `autocast`, do not apply in `work`.

    >>> with on_cores(lambda x: x * x, [1, 2, 3], torch.device("cpu")) as squares:
    ...     print(list(squares))
    [1, 4, 9]
    """
    cores = torch.get_num_threads()
    if device.type != "cpu" or min(cores, len(items)) <= 1:
        yield map(work, items)
        return

    def results(futures: deque[Future]) -> Iterator:
        for item in items:
            result = futures[0].result() if futures else work(item)
            if futures:
                futures.popleft()  # only now: whoever is interrupted above waits for it
            yield result

    with one_core(), lent((partial(work, item) for item in items), cores) as futures:
        yield results(futures)


def in_threads(n: int, work: Callable[[int, int], None], size: int | None = None) -> None:
    """Does work(start, stop) for parts of 0 ... n, on as many threads as PyTorch uses, this one included.

    The last parts come first: of a gradient they are the finest, largest levels. A free thread takes the next part:
    PyTorch's own threads wait actively for their next work and may occupy a core for a while.

    Args:
        size: of a part; None makes four parts for each thread.
    """
    threads = torch.get_num_threads()
    count = 4 * threads if threads > 1 else 1
    size = size or max(1, -(-n // count))
    parts = [(start, min(start + size, n)) for start in range(0, n, size)]

    def some():
        while True:
            try:
                part = parts.pop()
            except IndexError:
                return
            work(*part)

    with lent([some] * (min(threads, len(parts)) - 1), threads) as helpers:
        try:
            some()
        finally:
            parts.clear()  # after Ctrl-C nobody begins another
    for helper in helpers:
        if not helper.cancelled():
            helper.result()


@contextmanager
def lent(calls: Iterable[Callable[[], object]], cores: int) -> Iterator[deque[Future]]:
    """Futures of calls that so many threads make, each on one core.

    On exit calls that have not begun are cancelled, and the others are waited for: no thread is at work when this one
    goes on. After interpreter shutdown no thread starts; only calls that were submitted before have futures.
    """
    futures: deque[Future] = deque()
    try:
        for call in calls:
            try:
                futures.append(_pool(os.getpid(), cores).submit(call))
            except RuntimeError:
                break
        yield futures
    finally:
        wait([future for future in futures if not future.cancel()])


@cache
def _pool(process: int, cores: int) -> ThreadPoolExecutor:
    # of each process: one that was forked off another has none of its threads
    return ThreadPoolExecutor(cores, initializer=compute_alone, initargs=(cores,))
