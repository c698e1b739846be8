"""The command line, `semnerf COMMAND`: one module for each group of commands, options and action side by side."""

from __future__ import annotations

import argparse
import errno
import sys
from collections.abc import Sequence

from semnerf_lib import __version__
from semnerf_lib.cli import completion, one_run, scenes, series, sweeps, view, workshop
from semnerf_lib.cli.options import Parser, did_you_mean, with_dashes
from semnerf_lib.errors import SemnerfError

WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""Errors that only writing has; after others nothing need have been written."""


def build_parser() -> Parser:
    """`semnerf` with all its commands; each sets `action`, the function that does it, and `parser`, its own."""
    parser = Parser(
        prog="semnerf",
        description="Train a NeRF from semantic labels alone.",
        epilog="Each command has its own --help with examples. Exit status: 0 done, 1 a notebook failed, 2 bad input, "
        "130 interrupted (the same command goes on from there).",
    )
    parser.add_argument("--version", action="version", version=f"semnerf {__version__}", help="print the version")
    parser.set_defaults(action=lambda args: parser.print_help() or 0, parser=parser)
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=Parser)
    for group in (sweeps, one_run, view, series, workshop, scenes):
        group.add(commands)
    completion.add(commands, parser)
    return parser


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The options of a command line, with `words`, the line itself.

    Raises:
        SemnerfError: a command, an option or a value that does not exist.
    """
    args, unknown = build_parser().parse_known_args(words)
    if unknown:
        args.parser.unknown(unknown)
    args.words = list(words)
    return args


def main(words: Sequence[str] | None = None) -> int:
    """Runs a command; errors that a person can mend are one line on stderr and status 2.

    Raises:
        BrokenPipeError: whoever read the output has closed it.
        KeyboardInterrupt: Ctrl-C.
    """
    options: list[str] = []
    try:
        args = parse(sys.argv[1:] if words is None else words)
        options = list(vars(args))
        return args.action(args)
    except SemnerfError as fault:
        line = str(fault)
    except BrokenPipeError:
        raise
    except OSError as fault:
        reason = "no room left on the disk" if fault.errno == errno.ENOSPC else fault.strerror or str(fault)
        kept = "; nothing that was finished is lost" if fault.errno in WRITING else ""
        line = f"{fault.filename or 'a file'}: {reason}{kept}"
    print(f"error: {with_dashes(did_you_mean(' '.join(line.split())), options)}", file=sys.stderr)
    return 2
