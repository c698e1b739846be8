"""The one exception a person is meant to read."""

from __future__ import annotations


class SemnerfError(Exception):
    """Something that was given to semnerf is not what it must be.

    The text is one line: the file (or the argument), the value found, and what was expected. Command lines
    print it alone and exit with status 2; a traceback would say nothing more.
    """
