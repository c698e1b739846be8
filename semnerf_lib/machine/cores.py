"""A CPU's cores: work that one of them does alone, and work that all of them share."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache, partial

import torch


def compute_alone(cores: int) -> None:
    """Has this thread compute on one core from now on, and leaves `cores` to all others.

    For steps so small that cores wait for each other longer than they compute, above all beside a browser that wants
    one of them. PyTorch hands its last setting to each thread at its first question or sum, hence the question before,
    and behind it the second thread, which sets it back.
    """
    torch.get_num_threads()
    torch.set_num_threads(1)
    restoring = threading.Thread(target=torch.set_num_threads, args=(cores,))
    restoring.start()
    restoring.join()


@contextmanager
def one_core() -> Iterator[None]:
    """Has this thread compute on one core meanwhile (see `compute_alone`)."""
    cores = torch.get_num_threads()
    try:
        compute_alone(cores)
        yield
    finally:
        torch.set_num_threads(cores)


@contextmanager
def on_cores(work: Callable, items: Sequence, device: torch.device) -> Iterator[Iterator]:
    """work(item) of each item, in order: on a CPU several at once, each on one core; on other devices one by one.

    A single item is worked on by all cores together. As many items are at work as PyTorch has threads; meanwhile this
    thread, too, computes on one core. The results are to be taken inside the `with`, each as soon as it is there; what
    `work` raises is raised in its turn. Modes of this thread, such as `inference_mode` or `autocast`, do not reach
    `work`.

    >>> with on_cores(lambda x: x * x, [1, 2, 3], torch.device("cpu")) as squares:
    ...     print(list(squares))
    [1, 4, 9]
    """
    cores = torch.get_num_threads()
    if device.type != "cpu" or min(cores, len(items)) <= 1:
        yield map(work, items)
        return

    def results(running: deque[Future]) -> Iterator:
        for item in items:
            result = running[0].result() if running else work(item)
            if running:
                running.popleft()  # only now: whoever is interrupted above waits for it
            yield result

    with one_core(), lent((partial(work, item) for item in items), cores) as running:
        yield results(running)


def in_threads(n: int, work: Callable[[int, int], None], size: int | None = None) -> None:
    """Does work(start, stop) for pieces of 0 ... n, on as many threads as PyTorch uses.

    The last pieces come first: of a gradient they are the finest, largest levels. This thread is one of them. Whichever
    is free takes the next piece, since PyTorch's own threads, which wait for their next work awake, may hold a core for
    a while.

    Args:
        size: of a piece; None makes four of them for each thread.
    """
    threads = torch.get_num_threads()
    count = 4 * threads if threads > 1 else 1
    size = size or max(1, -(-n // count))
    pieces = [(start, min(start + size, n)) for start in range(0, n, size)]

    def some():
        while True:
            try:
                piece = pieces.pop()
            except IndexError:
                return
            work(*piece)

    with lent([some] * (min(threads, len(pieces)) - 1), threads) as helpers:
        some()
    for helper in helpers:
        if not helper.cancelled():
            helper.result()


@contextmanager
def lent(calls: Iterable[Callable[[], object]], cores: int) -> Iterator[deque[Future]]:
    """Futures of calls, made by so many threads that compute on one core each.

    At the end those that have not begun are cancelled and the others waited for, whatever happened: nobody works on
    when this thread goes on. When the interpreter ends, it lends no more threads, and there are futures of the first
    calls only.
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
