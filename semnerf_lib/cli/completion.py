"""`semnerf completion`: a small script that lets a shell complete commands and options."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from semnerf_lib.cli.options import Commands, Parser, command

BASH = """_semnerf() {{
  local line="${{COMP_WORDS[*]:1:COMP_CWORD-1}}" words=""
  case "$line" in
{cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _semnerf semnerf
"""
ZSH = "autoload -U +X bashcompinit && bashcompinit\n"


def add(commands: Commands, parser: Parser) -> None:
    """The command; `parser` is the one whose commands are completed."""
    sub = command(
        commands,
        "completion",
        lambda args: print(script(parser, args.shell), end="") or 0,
        "print a script for bash or zsh that completes commands and options",
        ['eval "$(semnerf completion bash)"    in ~/.bashrc', 'eval "$(semnerf completion zsh)"     in ~/.zshrc'],
    )
    sub.add_argument("shell", choices=("bash", "zsh"))


def script(parser: Parser, shell: str) -> str:
    """The script; zsh takes bash's through its `bashcompinit`."""
    cases = "\n".join(f'    "{path}"*) words="{" ".join(words)}" ;;' for path, words in reversed(list(paths(parser))))
    return (ZSH if shell == "zsh" else "") + BASH.format(cases=cases)


def paths(parser: argparse.ArgumentParser, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Each command as it is typed ("scene make"), with the words that may follow: its commands and its options."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    yield path, [*(name for group in groups for name in group.choices), *parser._option_string_actions]
    for group in groups:
        for name, sub in group.choices.items():
            yield from paths(sub, f"{path} {name}".strip())
