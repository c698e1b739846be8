"""`semnerf` and `python -m semnerf_lib.cli`: the command line, with Ctrl-C and closed pipes in one line or none."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

INTERRUPTED, BROKEN_PIPE = 130, 141
"""Exit statuses, as shells have them: 128 and the signal."""
LINE = "interrupted; the same command goes on from what was saved\n"


def interrupt(_number: int, frame: FrameType | None) -> None:
    """Raises KeyboardInterrupt for a signal; while a module is imported, ends the process at once.

    Importing torch takes a second, and it aborts on an exception or loses it.
    """
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            os.write(2, LINE.encode())
            os._exit(INTERRUPTED)
        frame = frame.f_back
    raise KeyboardInterrupt


def leave(_number: int, _frame: FrameType | None) -> None:
    """Ends the process at once for a second Ctrl-C, also while Python waits for threads at its end."""
    os._exit(INTERRUPTED)


def main() -> int:
    """Runs the command line, and imports it first, which takes seconds in which Ctrl-C may come."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        # names need not fit the terminal's encoding
        stream.reconfigure(errors="backslashreplace")  # ty: ignore[missing-attribute]: a TextIOWrapper
    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell's background job ignores Ctrl-C
        signal.signal(signal.SIGINT, interrupt)
    status = None
    try:
        try:
            from semnerf_lib.cli.main import main as run

            status = run()
        finally:  # after --help too, which raises SystemExit
            if sys.stdout is not None:
                sys.stdout.flush()
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done
        return status
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, leave)
        print(LINE, end="", file=sys.stderr)
        return INTERRUPTED
    except OSError as fault:  # of the output: `run` has told all others
        closed = isinstance(fault, BrokenPipeError)  # by whoever read it, as `head` does
        for stream in filter(None, (sys.stdout, sys.stderr if closed else None)):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # nothing is left to be flushed at the end
        if closed:
            return BROKEN_PIPE
        if not status:
            print(f"error: the output: {fault.strerror}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
