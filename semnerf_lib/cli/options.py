"""What the commands' options have in common: the parser, and the options that name a scene, a run and a folder."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from semnerf_lib.errors import SemnerfError

Commands = argparse._SubParsersAction
Action = Callable[[argparse.Namespace], int]


class Parser(argparse.ArgumentParser):
    """Answers a wrong option with one line.

    Attributes:
        further_help: gives the text that ends the help; it is asked when the help is printed, not before.
    """

    further_help: Callable[[], str] | None = None

    def error(self, message: str) -> NoReturn:
        raise SemnerfError(f"{message} (see {self.prog} --help)")

    def format_help(self) -> str:
        return super().format_help() + (self.further_help() if self.further_help else "")

    def unknown(self, words: Sequence[str]) -> NoReturn:
        """Raises SemnerfError for words that no option takes, with the option that comes closest."""
        near = difflib.get_close_matches(words[0], self._option_string_actions, 1)
        self.error(f"unrecognized arguments: {' '.join(words)}" + (f"; did you mean {near[0]}?" if near else ""))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            choices = ", ".join(map(str, action.choices))
            raise argparse.ArgumentError(action, f"{value!r}, expected one of: {choices}")


def did_you_mean(line: str) -> str:
    """A message "... 'VALUE', expected one of: A, B": where one comes close to the value, that one in their place.

    >>> did_you_mean("field 'gird', expected one of: mlp, grid")
    "field 'gird': did you mean 'grid'?"
    """
    if found := re.search(r"'([^']+)',? expected (?:one|some) of: ([^()]+?)(?= \(|$)", line):
        near = difflib.get_close_matches(found[1], re.split(r",\s*", found[2].strip()), 1)
        if near:
            return f"{line[: found.start()]}'{found[1]}': did you mean '{near[0]}'?{line[found.end() :]}"
    return line


def with_dashes(line: str, options: Sequence[str]) -> str:
    """A message of the library that begins with an argument's name, with the dashes of the command line.

    >>> with_dashes("workers 0, expected 1 or more", ["workers"])
    '--workers 0, expected 1 or more'
    """
    name = re.match(r"\w*", line)[0]
    return f"--{line}" if name in options else line


def command(group: Commands, name: str, action: Action, text: str, examples: Sequence[str], more: str = "") -> Parser:
    """A command with its help: one line on what it does, more of it, and examples.

    Args:
        action: called with the options; returns the exit status.
    """
    sub = group.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.\n{more}",
        epilog="examples:\n" + "\n".join(f"  {line}" for line in examples) + "\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    sub.set_defaults(action=action, parser=sub)
    return sub


def command_group(commands: Commands, name: str, text: str) -> Commands:
    """A command that has commands of its own; alone it prints its help."""
    group = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    group.set_defaults(action=lambda args: group.print_help() or 0, parser=group)
    return group.add_subparsers(metavar="WHAT", parser_class=Parser)


def scene_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--scene", default="room", metavar="NAME|PATH", help="a made scene, or frames or a mesh of your own (room)"
    )
    sub.add_argument("--scale", default="laptop", metavar="SCALE", help="smoke, laptop or paper (laptop)")


def notebooks_option(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--notebooks", type=Path, metavar="DIR", help="folder of the notebooks (the project's)")


def results_option(sub: argparse.ArgumentParser, text: str = "results folder (results)") -> None:
    sub.add_argument("--out", type=Path, metavar="DIR", help=text)
