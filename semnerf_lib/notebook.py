"""What the notebooks' own cells lean on: the guard behind the parameters cell, sources, tables.

A notebook's first code cell holds its parameters (tag `parameters`, plain assignments), its second calls `begin`.
"""

from __future__ import annotations

import ast
import inspect
import os
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from semnerf_lib.errors import SemnerfError

SMOKE_WARNING = "Smoke scale: this run only shows that the code works. No number and no picture below is a result."


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


def assigned_names(source: str) -> list[str] | None:
    """The names that a parameters cell assigns; None if the cell does anything but assign to names."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return None
    names = []
    for statement in statements:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or not all(isinstance(t, ast.Name) for t in targets):
            return None
        names += [t.id for t in targets]
    return names


def check_parameters(cells: Sequence[str], known: Iterable[str]) -> None:
    """Raises if a cell that does nothing but assign, just before the guard, assigns a name that is no parameter.

    papermill puts what it was given into a cell of its own behind the parameters cell, and an unknown name there
    would change nothing and be noticed by nobody.

    Args:
        cells: sources of the cells executed before the guard, oldest first.
        known: the notebook's parameters.

    Raises:
        SemnerfError: an unknown parameter.
    """
    known = list(known)
    for source in reversed(cells):
        names = assigned_names(source)
        if names is None:
            return
        for name in names:
            if name not in known:
                raise SemnerfError(f"notebook: unknown parameter {name!r}, expected one of {', '.join(known)}")


def begin(scale: str, scene: str, **others: object) -> tuple:
    """The guard cell: `scale, scene = begin(scale=scale, scene=scene)`.

    Checks the parameters, sets the style of figures, and warns where numbers mean nothing (smoke scale). The
    environment variables SEMNERF_SCALE and SEMNERF_SCENE, where set, take the place of the cell's values.

    Args:
        scale: smoke, laptop or paper.
        scene: "room" or a path.
        others: further parameters of this notebook, returned as they are.

    Returns:
        scale, scene, and the others in order.

    Raises:
        SemnerfError: a parameter that the notebook does not know, or an unknown scale.
    """
    from IPython import get_ipython
    from IPython.display import display

    from semnerf_lib import plots
    from semnerf_lib.config import check_scale

    shell = get_ipython()
    if shell is not None:
        check_parameters(shell.user_ns["In"][1:-1], ["scale", "scene", *others])
    scale = os.environ.get("SEMNERF_SCALE") or scale
    scene = os.environ.get("SEMNERF_SCENE") or scene
    check_scale(scale)
    plots.style()
    if scale == "smoke":
        display(smoke_warning(scale))
    return (scale, scene, *others.values())


def smoke_warning(scale: str) -> Shown | None:
    """A banner for figures and tables made at smoke scale; None at the others."""
    if scale != "smoke":
        return None
    look = "background:#d55e00;color:white;padding:0.6em 1em;font-weight:bold;border-radius:4px"
    return Shown(SMOKE_WARNING, html=f'<div style="{look}">{SMOKE_WARNING}</div>')


def show_source(*objects: object) -> Shown:
    """The library's source of functions or classes, highlighted, with the place where it lives."""
    parts = []
    for item in objects:
        source = textwrap.dedent(inspect.getsource(item)).rstrip()
        parts.append(f"# {item.__module__.replace('.', '/')}.py\n{source}")
    text = "\n\n\n".join(parts)
    return Shown(text, markdown=f"```python\n{text}\n```")


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
    import numpy as np

    known = np.array([v for v in values if v is not None], dtype=float)
    if known.size == 0:
        return "–"
    deviation = f"{known.std(ddof=1):.{digits}f}" if known.size > 1 else "–"
    return f"{known.mean():.{digits}f} ± {deviation} (n = {known.size})"
