"""Outputs of notebooks on a page: figures in space stay live, a widget becomes its picture, pictures get a text.

Figures in space need the library of plotly: one copy, `plotly.min.js`, in the folder of the pages. A page loads it
when a reader asks for a figure in space; until then, and without scripts or WebGL, it shows a picture.
"""

from __future__ import annotations

import copy
import json
import re
from html import escape
from pathlib import Path
from typing import Any

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import write_aside
from semnerf_lib.machine.jsons import is_number
from semnerf_lib.plots.spatial import CONFIG, PLOTLY
from semnerf_lib.plots.steps import STEPS

WIDGET = "application/vnd.jupyter.widget-view+json"
LIBRARY = "plotly.min.js"
"""Name of the copy of plotly in the folder of the pages."""

PICTURE_KINDS = ("image/png", "image/jpeg")
NO_PICTURE = "A figure in space: it needs a browser with scripts and WebGL."
HEIGHT, MAX_HEIGHT = 480, 4000
"""Of a figure in space that says none, and of the tallest, pixels."""
NO_WIDGET = "An explorer stands here when the notebook runs."


def pictures(cell: Any) -> list[str]:
    """The pictures among the outputs of a cell, base64."""
    data = [output.get("data", {}) for output in cell.get("outputs", [])]
    return [by_kind[kind] for by_kind in data for kind in PICTURE_KINDS if kind in by_kind]


def prepared(notebook: Any) -> Any:
    """A copy of a notebook whose outputs can stand on a page: no widget, plotly's figures as HTML, texts for pictures.

    Args:
        notebook: an nbformat node.
    """
    notebook = copy.deepcopy(notebook)
    notebook.metadata.pop("widgets", None)
    heading, count = "", 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = ([heading] + re.findall(r"^#+\s+(.+)$", cell.source, re.MULTILINE))[-1]
        cell.metadata["folded"] = folded_as(cell)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            count += any(kind in data for kind in (*PICTURE_KINDS, PLOTLY))
            words = f"Figure {count}: {re.sub(r'[*_`$]', '', heading)}"
            for kind in PICTURE_KINDS:
                if kind in data:
                    output.metadata[kind] = {"alt": words, **_object(output.metadata.get(kind))}
            if PLOTLY in data:
                alt = _object(output.metadata.get("image/png")).get("alt", words)
                output.data = {"text/html": figure_html(_object(data[PLOTLY]), data.get("image/png"), alt)}
            elif STEPS in data:
                alt = _object(output.metadata.get("image/png")).get("alt", words)
                still = f'<img src="{data_url(data["image/png"])}" alt="{escape(alt)}">'
                output.data = {"text/html": still + steps_html(data[STEPS])}
            elif data.pop(WIDGET, None) is not None and not set(data) - {"text/plain"}:
                output.data = {"text/html": f'<p class="soft">{NO_WIDGET}</p>'}
    return notebook


def folded_as(cell: Any) -> str:
    """What stands in place of a cell's code until it is opened; "" for code that is not folded."""
    if cell.metadata.get("jupyter", {}).get("source_hidden"):
        return "A solution"
    return "Code of this figure" if only_draws(cell) else ""


def only_draws(cell: Any) -> bool:
    """Whether a cell's code is of no interest beside its picture: it draws, and defines nothing.

    Args:
        cell: of an nbformat notebook.
    """
    draws = any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))
    return draws and not re.search(r"^(def|class) ", cell.source, re.MULTILINE)


def figure_html(figure: dict[str, Any], png: str | None, alt: str) -> str:
    """A figure in space as HTML: its picture, and its data for `plotly.min.js` to draw in the picture's place.

    Args:
        figure: plotly's `data`, `layout`, `config`.
        png: base64, or None.
        alt: what it shows, in words.
    """
    if png is None:
        still = f"<p>{NO_PICTURE}</p>"
    else:
        still = f'<img src="{data_url(png)}" alt="{escape(alt)}">'
    figure = {**figure, "config": {**_object(figure.get("config")), **CONFIG}}
    text, given = script_json(figure), _object(figure.get("layout")).get("height")
    height = int(given) if is_number(given) and 0 < given <= MAX_HEIGHT else HEIGHT
    return (
        f'<figure class="in-space" aria-label="{escape(alt)}"><div class="still">{still}</div>'
        f'<div class="live" style="height: {height}px" hidden></div>'
        f'<script type="application/json">{text}</script></figure>'
    )


def steps_html(steps: dict[str, Any]) -> str:
    """The pictures of an explorer at some values of a control as HTML, with a slider; hidden where no script runs.

    Args:
        steps: see `plots.steps.STEPS`.

    Raises:
        SemnerfError: there are none.
    """
    try:
        last, control = len(steps["steps"]) - 1, escape(steps["control"])
    except (KeyError, TypeError, AttributeError):
        raise SemnerfError(f"a notebook: an output {STEPS} without steps, expected a control and its steps") from None
    slider = f'<input type="range" min="0" max="{last}" step="1">'
    return (
        f'<div class="steps" hidden><label>{control} {slider}</label> <output></output>'
        f'<img alt=""><script type="application/json">{script_json(steps)}</script></div>'
    )


def script_json(value: Any) -> str:
    """A value as JSON within a script's element: neither tag nor comment within it."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def data_url(png: str) -> str:
    """The URL of a PNG that a notebook keeps as base64."""
    return f"data:image/png;base64,{''.join(png.split())}"


def is_in_space(page: str) -> bool:
    """Whether a page has a figure that needs plotly's library."""
    return 'class="in-space"' in page


def place_library(folder: Path) -> None:
    """Writes plotly's library, as the installed package brings it, into a folder with pages that need it."""
    from plotly.offline import get_plotlyjs

    target, text = folder / LIBRARY, get_plotlyjs()
    if not target.is_file() or target.stat().st_size != len(text.encode()):
        write_aside(target, lambda path: path.write_text(text, encoding="utf-8"))


def _object(value: Any) -> dict[str, Any]:
    """An object of JSON; an empty one in place of anything else, since notebooks come from anywhere."""
    return value if isinstance(value, dict) else {}
