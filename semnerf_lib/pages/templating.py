"""The templates of all pages, and the one of them that a notebook shows as well: a table with verdicts as badges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jinja2 import Environment, PackageLoader

from semnerf_lib.tables import Display, number, table

TEMPLATES = Environment(
    loader=PackageLoader("semnerf_lib.pages"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
TEMPLATES.filters["number"] = number


def badge_table(lines: Sequence[Mapping[str, str]], caption: str = "") -> Display:
    """Lines with the same heads as a table for a notebook; a cell that is a verdict becomes a badge."""
    html = TEMPLATES.get_template("tables.html.j2").module.table(lines, caption)  # ty: ignore[missing-attribute]: a macro
    return Display(table(lines, caption).text, html=str(html))
