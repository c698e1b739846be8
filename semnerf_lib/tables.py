"""Tables, and numbers in words: what pages, notebooks and the command line all show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np

from semnerf_lib.errors import SemnerfError


class Shown:
    """Something a notebook shows: Markdown or HTML for a person, plain text for a comparison of outputs."""

    def __init__(self, text: str, markdown: str | None = None, html: str | None = None):
        self.text, self.markdown, self.html = text, markdown, html

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str | None:
        return self.markdown

    def _repr_html_(self) -> str | None:
        return self.html


def table(rows: Sequence[Mapping[str, object]], caption: str = "") -> Shown:
    """Rows with the same keys as a table; the keys are its head. Numbers are aligned right."""
    if not rows:
        raise SemnerfError("table: no row, expected at least one")
    head = list(rows[0])
    cells = [[_cell(row[key]) for key in head] for row in rows]
    widths = [max(len(line[i]) for line in [head, *cells]) for i in range(len(head))]
    numeric = [all(not isinstance(row[key], str) for row in rows) for key in head]

    def text_line(line):
        return "  ".join(c.rjust(w) if n else c.ljust(w) for c, w, n in zip(line, widths, numeric, strict=True))

    def html_line(line, tag):
        aligned = ("right" if n else "left" for n in numeric)
        return "".join(f'<{tag} style="text-align:{a}">{escape(c)}</{tag}>' for a, c in zip(aligned, line, strict=True))

    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    body = "".join(f"<tr>{html_line(line, 'td')}</tr>" for line in cells)
    html = f"<table>{title}<thead><tr>{html_line(head, 'th')}</tr></thead><tbody>{body}</tbody></table>"
    return Shown("\n".join([*([caption] if caption else []), *map(text_line, [head, *cells])]), html=html)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def spread(values: Iterable[float | None], digits: int = 3) -> str:
    """Mean, sample standard deviation and count: `0.812 ± 0.011 (n = 5)`; a dash without values.

    >>> spread([1.0, 2.0, 3.0], 1)
    '2.0 ± 1.0 (n = 3)'
    """

    known = np.array([v for v in values if v is not None], dtype=float)
    if known.size == 0:
        return "–"
    deviation = f"{known.std(ddof=1):.{digits}f}" if known.size > 1 else "–"
    return f"{known.mean():.{digits}f} ± {deviation} (n = {known.size})"


def duration(seconds: float) -> str:
    """Seconds for a person.

    >>> duration(4.24), duration(75)
    ('4.2 s', '1 min 15 s')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds + 0.5) // 60} min {int(seconds + 0.5) % 60} s"


def hours(seconds: float) -> str:
    """Seconds of work for a person.

    >>> hours(0), hours(40), hours(4000), hours(400_000)
    ('-', '40 s', '1 h 7 min', '4 d 15 h')
    """
    if seconds <= 0:
        return "-"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells as lines, the first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]


def clock(seconds: float | None) -> str:
    """Hours, minutes and seconds of training.

    >>> clock(75.4), clock(None)
    ('0:01:15', '')
    """
    return "" if seconds is None else f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}"
