"""Child processes that import this library, and that end when their parent does.

`python -m semnerf_lib.machine.processes PARENT MODULE WORDS` runs a module of this library as `python -m MODULE WORDS`
does, but watches its parent from the first moment on: before the module imports anything. Ctrl-C is sent on and held
back here too.
"""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

LIBRARY = Path(__file__).resolve().parents[1]
"""The folder of this library."""
PROJECT = LIBRARY.parent
"""The checkout with `notebooks`, `data` and `results`, if the library was not installed elsewhere."""


def environment(**changes: str) -> dict[str, str]:
    """This process's environment with this library importable, headless, and with the changes."""
    paths = [str(LIBRARY.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths), "SEMNERF_HEADLESS": "1"} | changes


def command(module: str, *words: str) -> list[str]:
    """The command of a child that runs a module of this library and ends soon after this process."""
    return [sys.executable, "-m", "semnerf_lib.machine.processes", str(os.getpid()), module, *words]


def interrupt(process: subprocess.Popen) -> None:
    """Sends Ctrl-C to a process, so that it can clean up; on Windows, where that is not possible, ends it."""
    if os.name == "posix":
        process.send_signal(signal.SIGINT)
    else:
        process.terminate()


def stop(process: subprocess.Popen) -> None:
    """Ends a process: by Ctrl-C, and if it still runs after 5 s by a kill, of what it started too."""
    interrupt(process)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        kill_children(process.pid)
        process.kill()
        process.wait()


def kill_children(pid: int) -> None:
    """Kills what a process started, and what that started.

    A notebook's kernel watches its parent too, but not yet while it imports; if its parent ends by then and the system
    gives it another one than process 1, as a desktop's does, it never ends.
    """
    with suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.Error):
                child.kill()


def end_with(parent: int) -> None:
    """Ends this process and what it started at most a second after its parent, also if that has ended already.

    The parent's id changes when it ends, since the system gives orphans another parent; not on Windows.
    """

    def watch():
        while os.getppid() == parent:
            time.sleep(0.5)
        try:
            kill_children(os.getpid())
        finally:
            os._exit(3)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """Watches the parent, then runs the module."""
    parent, module = int(sys.argv[1]), sys.argv[2]
    # a background shell has its processes ignore Ctrl-C, and children inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)
    end_with(parent)
    sys.argv = sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


@contextmanager
def deferred_interrupt() -> Iterator[Callable[[], bool]]:
    """Holds Ctrl-C and SIGTERM back, so that a step is never cut in half; yields whether one of them came.

    What the system does with a signal by itself stays: a background job of a shell goes on ignoring Ctrl-C. Outside the
    main thread no signal can be caught, and the function returns False.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    came = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: handler for number, handler in before.items() if callable(handler)}
    try:
        for number in before:
            signal.signal(number, lambda *_: came.set())
        yield came.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    main()
