"""A notebook as slides: one file that loads nothing, so it works where there is no network.

nbconvert's own slides need reveal.js, which its package does not bring. These need no library: a slide is as tall as
the window, the browser snaps to it, and keys go from one to the next.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from semnerf_lib.pages.formulas import font_face
from semnerf_lib.pages.html import notebook_html, title_of
from semnerf_lib.pages.outputs import prepared
from semnerf_lib.pages.templating import TEMPLATES
from semnerf_lib.plots.spatial import PLOTLY


def slides_page(notebook: Any, folder: Path) -> str:
    """The slides of an executed notebook as one self-contained HTML file.

    A slide begins at each cell whose `slide_type` is "slide" or "subslide", as Jupyter keeps it in the metadata; cells
    of type "skip" are left out. Of code only the outputs are shown, without lines of progress, and of a figure in space
    its picture.

    Args:
        notebook: an nbformat node.
        folder: what relative image paths in its prose start from.

    Raises:
        SemnerfError: an output or an attachment that is damaged.
    """
    flat = copy.deepcopy(notebook)
    for cell in flat.cells:
        if "outputs" in cell:
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output.data.pop(PLOTLY, None)
    bodies = [notebook_html(slide, folder, code=False) for slide in split(prepared(flat))]
    return TEMPLATES.get_template("slides.html.j2").render(
        title=title_of(notebook, "slides"), slides=bodies, font_face=font_face("".join(bodies))
    )


def split(notebook: Any) -> list[Any]:
    """One notebook for each slide."""
    from nbformat import NotebookNode

    slides: list[list[Any]] = []
    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        if kind == "skip":
            continue
        if kind in ("slide", "subslide") or not slides:
            slides.append([])
        slides[-1].append(cell)
    return [NotebookNode({**notebook, "cells": cells}) for cells in slides]
