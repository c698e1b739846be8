"""What the commands' options have in common: the parser, and the options that name a scene, a run and a folder."""

from __future__ import annotations

import argparse
import difflib
import math
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from semnerf_lib.errors import SemnerfError

if TYPE_CHECKING:
    from semnerf_lib.experiments import Planned

Commands = argparse._SubParsersAction
Action = Callable[[argparse.Namespace], int]
OWN_OPTIONS = ("field", "supervision", "fold", "corruption", "seed", "scale")
"""Keys that `--set` leaves to options of their own."""
RUN_HELP = """
A run is named by what it is made of: scene, scale, field, supervision, corruption, fold, seed and any further key of
its config. The same options name the same run in `train`, `view`, `evaluate`, `render`, `relabel` and `mesh`.
"""


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
        names = {name.lstrip("-"): name for name in self._option_string_actions}
        near = difflib.get_close_matches(words[0].lstrip("-"), names, 1)
        meant = f"; did you mean {names[near[0]]}?" if near else ""
        self.error(f"unrecognized arguments: {' '.join(words)}{meant}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            choices = ", ".join(map(str, action.choices))
            raise argparse.ArgumentError(action, f"{value!r}, expected one of: {choices}")


def did_you_mean(line: str) -> str:
    """A message "... 'VALUE', expected one of: A, B": where one comes close to the value, that one in their place.

    >>> did_you_mean("field 'gird', expected one of: mlp, grid")
    "field 'gird': did you mean 'grid'?"
    """
    if match := re.search(r"'([^']+)',? expected (?:one|some) of: ([^()]+?)(?= \(|$)", line):
        near = difflib.get_close_matches(match[1], re.split(r",\s*", match[2].strip()), 1)
        if near:
            return f"{line[: match.start()]}'{match[1]}': did you mean '{near[0]}'?{line[match.end() :]}"
    return line


def with_dashes(line: str, options: Sequence[str]) -> str:
    """A message of the library that begins with an argument's name, with the dashes of the command line.

    >>> with_dashes("workers 0, expected 1 or more", ["workers"])
    '--workers 0, expected 1 or more'
    >>> with_dashes("notebooks/01.ipynb: exists", ["notebooks"])
    'notebooks/01.ipynb: exists'
    """
    name = re.match(r"\w*(?![\w./\\-])", line)
    return f"--{line}" if name and name[0] in options else line


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
    sub.add_argument("--scale", default="laptop", metavar="SCALE", help="smoke, laptop, reference or paper (laptop)")


def notebooks_option(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--notebooks", type=Path, metavar="DIR", help="folder of the notebooks (the project's)")


def results_option(sub: argparse.ArgumentParser, text: str = "results folder (results)") -> None:
    sub.add_argument("--out", type=Path, metavar="DIR", help=text)


def run_options(sub: argparse.ArgumentParser) -> None:
    scene_options(sub)
    sub.add_argument("--field", metavar="FIELD", help="mlp or grid (mlp at paper scale, grid else)")
    sub.add_argument("--supervision", default="labels", metavar="WHAT", help="labels or labels+rgb (labels)")
    sub.add_argument("--fold", type=whole_number, metavar="K", help="fold 0 ... 4 (the scene's own split)")
    sub.add_argument(
        "--corruption", default="none", metavar="KIND:AMOUNT", help="of the labels, as in sparse:0.9 (none)"
    )
    sub.add_argument("--seed", type=whole_number, default=0, metavar="S", help="of weights, draws and corruption (0)")
    sub.add_argument(
        "--set", nargs="+", default=[], metavar="KEY=VALUE", help="further keys of the config, as in iterations=500"
    )
    sub.add_argument("--device", help="cuda, mps or cpu (the best there is)")
    results_option(sub)


def keys_help() -> str:
    """The keys of `--set` with their values at laptop and at paper scale."""
    from semnerf_lib.experiments.presets import preset

    laptop, paper = preset("laptop").values(), preset("paper").values()
    rows = [f"  {key:20} {laptop[key]!s:>10} {paper[key]!s:>10}" for key in laptop if key not in OWN_OPTIONS]
    return "\n".join([f"\nkeys of --set:{'laptop':>19} {'paper':>10}", *rows]) + "\n"


def named_run(args: argparse.Namespace) -> Planned:
    """The run that the options name; what its scene assumes is printed."""
    from semnerf_lib.experiments import N_FOLDS, Planned, open_scene
    from semnerf_lib.experiments.presets import check_scale, config_of, preset

    check_scale(args.scale)
    own = {key: getattr(args, key) for key in ("supervision", "fold", "corruption", "seed")}
    own |= settings(args.set)
    preset(args.scale, args.field, **own)  # refuses a bad value before the scene is opened
    if args.fold is not None and not 0 <= args.fold < N_FOLDS:
        raise SemnerfError(f"fold {args.fold}, expected 0 ... {N_FOLDS - 1}")
    scene = open_scene(args.scene, args.scale)
    for line in () if scene.coding is None else scene.coding.assumed:
        print(line, file=sys.stderr)
    part = scene if args.fold is None else scene.folds(N_FOLDS)[args.fold]
    return Planned(part, config_of(part, args.scale, own.pop("supervision"), args.field, **own))


def settings(pairs: Sequence[str]) -> dict[str, Any]:
    """KEY=VALUE pairs as numbers, None or text."""
    values = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise SemnerfError(f"set {pair!r}, expected KEY=VALUE")
        if key in OWN_OPTIONS:
            raise SemnerfError(f"set {pair!r}, expected a key without an option of its own: use --{key}")
        values[key] = None if text == "None" else number_or_text(text)
    return values


def number_or_text(text: str) -> int | float | str:
    """A whole number, else a number, else the text itself."""
    from semnerf_lib.machine.jsons import decimal, integer

    for kind in (integer, decimal):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def whole_number(text: str) -> int:
    """The whole number that an option is given.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    from semnerf_lib.machine.jsons import integer

    try:
        return integer(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(f"{fault}, expected a whole number") from fault


def number(text: str) -> float:
    """The number that an option is given.

    Raises:
        argparse.ArgumentTypeError: it is none, or not finite.
    """
    from semnerf_lib.machine.jsons import decimal

    try:
        value = decimal(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(f"{text[:20]!a} is no number, expected one") from fault
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r}, expected a finite number")
    return value
