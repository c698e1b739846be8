"""slides: a notebook's marked cells, one file that asks for nothing."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

from nbformat import v4
from PIL import Image

from semnerf_lib.pages.slides import slides_page
from semnerf_lib.plots.spatial import PLOTLY


def png() -> str:
    stream = io.BytesIO()
    Image.new("RGB", (8, 6), "teal").save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def cell(kind: str, source: str, slide: str | None, *outputs: dict):
    metadata = {"slideshow": {"slide_type": slide}} if slide else {}
    if kind == "markdown":
        return v4.new_markdown_cell(source, metadata=metadata)
    shown = [v4.new_output("display_data", data=data) for data in outputs]
    shown.append(v4.new_output("stream", name="stderr", text="progress: 1/2"))
    return v4.new_code_cell(source, metadata=metadata, outputs=shown)


NOTEBOOK = v4.new_notebook(
    cells=[
        cell("markdown", "# A lesson", "slide"),
        cell("code", "secret = 1", "skip", {"text/plain": "left out"}),
        cell("markdown", "## First\n\nA formula: $\\sigma$.", "slide"),
        cell("markdown", "### A figure", "subslide"),
        cell("code", "hidden_code()", "-", {"image/png": png(), PLOTLY: {"data": [], "layout": {}}}),
        cell("code", "more()", None, {"text/plain": "a line of text"}),
    ]
)


def test_slides_begin_at_marked_cells_and_code_is_left_out():
    page = slides_page(NOTEBOOK, Path("."))
    slides = re.findall(r"<section.*?</section>", page, re.DOTALL)
    assert len(slides) == 3 and "<title>A lesson</title>" in page
    assert "<math" in slides[1] and "STIX Two Math" in page
    assert "A figure" in slides[2] and "<img" in slides[2] and "a line of text" in slides[2]
    for absent in ("secret", "left out", "hidden_code", "in-space", "progress: 1/2"):
        assert absent not in page.split("</style>")[1]


def test_the_page_asks_for_nothing_and_the_notebook_stays_as_it_was():
    before = NOTEBOOK.cells[4].outputs[0].data.keys()
    page = slides_page(NOTEBOOK, Path("."))
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert NOTEBOOK.cells[4].outputs[0].data.keys() == before
