"""One way to show progress: a bar for a person, a line now and then for a log."""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

import psutil

T = TypeVar("T")

_silent = ContextVar("silent", default=False)


@contextmanager
def silent() -> Iterator[None]:
    """Within, and in this thread alone, no `Progress` is shown: for work whose progress something else shows."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


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
    """Whether papermill or nbconvert started this kernel: nobody sees a live widget there, so a picture is kept."""
    try:
        words = psutil.Process().parent().cmdline()
    except (AttributeError, psutil.Error):
        return False
    names = {os.path.basename(word).removesuffix(".exe") for word in words[:4]}
    return bool(names & {"papermill", "nbconvert", "jupyter-nbconvert", "jupyter-execute"})


class Progress:
    """Counts steps up to `total` and shows them: a tqdm bar when watched, else one line on stderr every `every` s.

    Use as a context manager; `update(n, **values)` moves on and shows the values (loss=0.12) beside the count.
    """

    def __init__(self, desc: str, total: int, initial: int = 0, every: float = 15.0):
        self.desc, self.total, self.count, self.every = desc, total, initial, every
        self.start = self.last = time.monotonic()
        self.bar = None
        if _silent.get():
            self.every = float("inf")
        elif watched():
            from tqdm.auto import tqdm

            self.bar = tqdm(desc=desc, total=total, initial=initial, leave=False)

    def update(self, n: int = 1, **values: float) -> None:
        self.count += n
        if self.bar is not None:
            if values:
                self.bar.set_postfix({k: f"{v:.3g}" for k, v in values.items()}, refresh=False)
            self.bar.update(n)
        elif time.monotonic() - self.last >= self.every:
            self.last = time.monotonic()
            shown = "".join(f", {k} {v:.3g}" for k, v in values.items())
            elapsed = self.last - self.start
            print(f"{self.desc}: {self.count}/{self.total}{shown}, {elapsed:.0f} s", file=sys.stderr, flush=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exc) -> None:
        if self.bar is not None:
            self.bar.close()


def say(line: str) -> None:
    """Prints a line on stdout; above the bars, where there are some."""
    if watched():
        from tqdm.auto import tqdm

        tqdm.write(line, file=sys.stdout)
    else:
        print(line, flush=True)


def progress(items: Iterable[T], desc: str, total: int | None = None) -> Iterator[T]:
    """Yields the items and shows how many have been taken (see `Progress`)."""
    total = len(items) if total is None else total
    with Progress(desc, total) as shown:
        for item in items:
            yield item
            shown.update()
