"""The slider that a page gives an explorer without a kernel."""

from __future__ import annotations

import json
import re

import pytest
from nbformat import v4

from semnerf_lib.errors import SemnerfError
from semnerf_lib.pages.html import notebook_page
from semnerf_lib.plots.steps import STEPS

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
STEP = {"png": PIXEL, "alt": "no <b>wave</b>"}


def notebook(steps):
    data = {"image/png": PIXEL, "text/plain": "a figure", STEPS: steps}
    output = v4.new_output("display_data", data, metadata={"image/png": {"alt": "all fits"}})
    return v4.new_notebook(cells=[v4.new_code_cell("explorer()", outputs=[output])])


def test_a_page_has_the_figure_and_below_it_a_slider(tmp_path):
    steps = {"control": "octaves < 11", "start": 1, "steps": [STEP | {"value": str(n)} for n in (0, 4, 10)]}
    page = notebook_page(notebook(steps), tmp_path)
    assert 'alt="all fits"' in page
    box = page[page.index('<div class="steps" hidden') :]
    assert re.search(r'<label>octaves &lt; 11 <input max="2" min="0" step="1" type="range" ?/?></label>', box)
    assert json.loads(re.search(r'<script type="application/json">(.*?)</script>', box)[1]) == steps
    assert "<b>wave" not in page


def test_a_damaged_one_is_one_clear_line(tmp_path):
    with pytest.raises(SemnerfError, match="without steps, expected a control and its steps"):
        notebook_page(notebook({"control": "octaves"}), tmp_path)
