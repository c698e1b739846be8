"""`semnerf` and `python -m semnerf_lib.cli`: the command line, with Ctrl-C and closed pipes in one line or none."""

from __future__ import annotations

import os
import sys

INTERRUPTED, BROKEN_PIPE = 130, 141
"""Exit statuses, as shells have them: 128 and the signal."""


def main() -> int:
    """Runs the command line, and imports it first, which takes seconds in which Ctrl-C may come."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        # names need not fit the terminal's encoding
        stream.reconfigure(errors="backslashreplace")  # ty: ignore[missing-attribute]: a TextIOWrapper
    try:
        from semnerf_lib.cli.main import main as run

        status = run()
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from what was saved", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has closed it, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to be flushed at the end
        return BROKEN_PIPE


if __name__ == "__main__":
    sys.exit(main())
