"""The one exception a person is meant to read."""

from __future__ import annotations

MAX_LENGTH = 1500
"""Characters of a message: a name or a value in it may be as long as a file."""


class SemnerfError(Exception):
    """Something that was given to semnerf is not what it must be.

    The text is one line: the file (or the argument), the value found, and what was expected. Command lines
    print it alone and exit with status 2; a traceback would say nothing more.

    The text may quote names and values of any file, so what cannot be printed is escaped in it, and its middle is left
    out where it is too long.
    """

    def __init__(self, text: str):
        super().__init__(one_line(text))


def printable(text: str) -> str:
    """Text that is safe to show anywhere: control characters, line ends and surrogates as escapes.

    >>> printable("a\\nb\\x1b[2J")
    'a\\\\nb\\\\x1b[2J'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def one_line(text: str) -> str:
    """Printable text of at most about `MAX_LENGTH` characters."""
    safe = printable(text[: 4 * MAX_LENGTH])
    half = MAX_LENGTH // 2
    return safe if len(safe) <= MAX_LENGTH else f"{safe[:half]} ... {safe[-half:]}"
