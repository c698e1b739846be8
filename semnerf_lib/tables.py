"""Tables, numbers and durations as text: the same in pages, in notebooks and on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from statistics import median

import numpy as np

from semnerf_lib.errors import SemnerfError


@dataclass(repr=False)
class Display:
    """What a notebook displays: Markdown or HTML for a person, plain text for a comparison of outputs."""

    text: str
    markdown: str | None = None
    html: str | None = None

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str | None:
        return self.markdown

    def _repr_html_(self) -> str | None:
        return self.html


def table(rows: Sequence[Mapping[str, object]], caption: str = "") -> Display:
    """Rows with the same keys as a table; the keys are its head. Numbers are aligned right."""
    if not rows:
        raise SemnerfError("table: no row, expected at least one")
    head = list(rows[0])
    cells = [[_cell(row[key]) for key in head] for row in rows]
    numeric = [all(not isinstance(row[key], str) for row in rows) for key in head]

    def html_line(line, tag):
        sides = ("right" if n else "left" for n in numeric)
        return "".join(f'<{tag} style="text-align:{s}">{escape(c)}</{tag}>' for s, c in zip(sides, line, strict=True))

    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    body = "".join(f"<tr>{html_line(line, 'td')}</tr>" for line in cells)
    html = f"<table>{title}<thead><tr>{html_line(head, 'th')}</tr></thead><tbody>{body}</tbody></table>"
    return Display("\n".join([*([caption] if caption else []), *aligned([head, *cells], numeric)]), html=html)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def number(value: float | None, digits: int = 3) -> str:
    """A number with so many decimals; a dash for None.

    >>> number(1234.5, 1), number(None)
    ('1,234.5', '–')
    """
    return "–" if value is None else f"{value:,.{digits}f}"


def spread(values: Iterable[float | None], digits: int = 3, count: bool = True) -> str:
    """Mean and sample standard deviation of the known values, those that are neither None nor NaN; a dash without any.

    Args:
        digits: decimals.
        count: also write how many values there are. Without it, one unknown value gives a dash, because the
            text would not show that it is missing.

    >>> spread([1.0, 2.0, 3.0], 1), spread([1.0, 2.0, 3.0], 1, count=False)
    ('2.0 ± 1.0 (n = 3)', '2.0 ± 1.0')
    """
    values = np.array(list(values), dtype=float)  # None becomes NaN
    valid = values[~np.isnan(values)]
    if valid.size == 0 or (not count and valid.size < values.size):
        return "–"
    mean, deviation = number(valid.mean(), digits), number(valid.std(ddof=1) if valid.size > 1 else None, digits)
    if count:
        return f"{mean} ± {deviation} (n = {valid.size})"
    return f"{mean} ± {deviation}" if valid.size > 1 else mean


def median_range(values: Sequence[float], digits: int) -> str:
    """Median and range, for times: an outlier, where the machine did other work, does not move them.

    >>> median_range([30.2, 31.0, 78.9], 1)
    '31.0 (30.2 to 78.9)'
    """
    middle = number(median(values) if values else None, digits)
    return f"{middle} ({number(min(values), digits)} to {number(max(values), digits)})" if len(values) > 1 else middle


def duration(seconds: float | None) -> str:
    """Seconds, rounded, in at most two units; a unit with 0 is left out. A dash for None.

    >>> duration(4.24), duration(75), duration(4000), duration(400_000)
    ('4.2 s', '1 min 15 s', '1 h 7 min', '4 d 15 h')
    """
    if seconds is None:
        return "–"
    if seconds < 59.95:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    step = 1 if seconds < 3599.5 else 60 if seconds < 86370 else 3600
    left, parts = round(seconds / step) * step, []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        amount, left = divmod(left, size)
        parts += [f"{amount} {unit}"] if amount else []
    return " ".join(parts)


def roughly(seconds: float) -> str:
    """Seconds as one rounds them when one plans.

    >>> roughly(8.4), roughly(47), roughly(200)
    ('10 s', '50 s', '3 min')
    """
    return duration(10 * max(1, round(seconds / 10)) if seconds < 90 else 60 * round(seconds / 60))


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> list[str]:
    """Rows of cells as lines of text.

    Args:
        right: one a column, whether its cells are aligned to the right.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    columns = list(zip(widths, right, strict=True))
    return ["  ".join(c.rjust(w) if r else c.ljust(w) for c, (w, r) in zip(row, columns, strict=True)) for row in rows]
