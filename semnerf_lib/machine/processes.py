"""Child processes that import this library, and that end when their parent does."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1]
"""The folder of this library."""
PROJECT = LIBRARY.parent
"""The checkout that it stands in, if it stands in one: `notebooks`, `data` and `results` are there."""


def environment(**changes: str) -> dict[str, str]:
    """This process's environment, with this library importable, nobody watching, and the changes."""
    paths = [str(LIBRARY.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths), "SEMNERF_HEADLESS": "1"} | changes


def stop(process: subprocess.Popen) -> None:
    """Ends a process; Ctrl-C first, so that what it started is ended in order."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def end_with(parent: int) -> None:
    """Ends this process soon after its parent has, so that nothing runs on unseen; what it started ends with it."""

    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(3)

    threading.Thread(target=watch, daemon=True).start()
