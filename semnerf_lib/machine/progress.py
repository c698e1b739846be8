"""Progress: a bar if a person watches, else a line in the log from time to time."""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

import psutil

from semnerf_lib.errors import printable

T = TypeVar("T")

_listener: ContextVar[Callable[[Progress], None] | None] = ContextVar("listener", default=None)


@contextmanager
def progress_to(listener: Callable[[Progress], None]) -> Iterator[None]:
    """Calls `listener` with each `Progress` that advances within the context, in this thread only, and shows none."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def watched() -> bool:
    """Whether a person is watching: a terminal, or a notebook that is not run headless (SEMNERF_HEADLESS unset)."""
    if os.environ.get("SEMNERF_HEADLESS"):
        return False
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    if type(shell).__name__ == "ZMQInteractiveShell":
        return not _executed_by_program()
    return sys.stderr.isatty()


@functools.cache
def _executed_by_program() -> bool:
    """Whether papermill or nbconvert started this kernel: no person sees a live widget there, so a picture is kept."""
    try:
        words = psutil.Process().parent().cmdline()
    except (AttributeError, psutil.Error):
        return False
    names = {os.path.basename(word).removesuffix(".exe") for word in words[:4]}
    return bool(names & {"papermill", "nbconvert", "jupyter-nbconvert", "jupyter-execute"})


class Progress:
    """Counts steps up to `total` and shows them: a tqdm bar when watched, else one line on stderr every `every` s.

    Use as a context manager; `update(n, **values)` advances the count and shows the values (loss=0.12) beside it.
    """

    def __init__(self, desc: str, total: int, initial: int = 0, every: float = 15.0):
        self.desc, self.total, self.count, self.every = desc, total, initial, every
        self.start = self.last = time.monotonic()
        self.bar = None
        self.listener = _listener.get()
        if self.listener is None and watched():
            from tqdm.auto import tqdm

            self.bar = tqdm(desc=desc, total=total, initial=initial, leave=False)

    def update(self, n: int = 1, **values: float) -> None:
        self.count += n
        if self.listener is not None:
            self.listener(self)
        elif self.bar is not None:
            if values:
                self.bar.set_postfix({k: f"{v:.3g}" for k, v in values.items()}, refresh=False)
            self.bar.update(n)
        elif time.monotonic() - self.last >= self.every:
            self.last = time.monotonic()
            text = "".join(f", {k} {v:.3g}" for k, v in values.items())
            elapsed = self.last - self.start
            print(f"{self.desc}: {self.count}/{self.total}{text}, {elapsed:.0f} s", file=sys.stderr, flush=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exc) -> None:
        if self.bar is not None:
            self.bar.close()


def say(line: str) -> None:
    """Prints a line on stdout, with names of any file in it; above the bars, where there are some."""
    line = printable(line)
    if watched():
        from tqdm.auto import tqdm

        tqdm.write(line, file=sys.stdout)
    else:
        print(line, flush=True)


def progress(items: Iterable[T], desc: str, total: int | None = None) -> Iterator[T]:
    """Yields the items and shows how many have been taken (see `Progress`)."""
    total = len(items) if total is None else total
    with Progress(desc, total) as bar:
        for item in items:
            yield item
            bar.update()
