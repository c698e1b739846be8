"""The command line, `semnerf COMMAND`; `parsers` knows the options, `commands` what the commands do."""

from __future__ import annotations

import errno
import signal
import sys
from collections.abc import Sequence

from semnerf_lib.cli.parsers import build_parser
from semnerf_lib.errors import SemnerfError


def main(words: Sequence[str] | None = None) -> int:
    """Runs a command; errors a person can mend are one line on stderr and status 2."""

    def interrupt(*_):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    try:
        args = build_parser().parse_args(words)
        from semnerf_lib.cli import commands  # imports torch, which --help and a wrong option need not wait for

        return getattr(commands, f"run_{args.run}")(args)
    except SemnerfError as fault:
        line = str(fault)
    except OSError as fault:
        reason = "no room left on the disk" if fault.errno == errno.ENOSPC else fault.strerror or str(fault)
        line = f"{fault.filename or 'a file'}: {reason}; nothing that was finished is lost"
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from what was saved", file=sys.stderr)
        return 130
    print(f"error: {' '.join(line.split())}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
