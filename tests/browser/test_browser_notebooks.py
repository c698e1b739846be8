"""JupyterLab opens, and each notebook of the series runs through in it, from the menu, as a person would have it."""

from __future__ import annotations

import pytest
from lab import NOTEBOOKS

SERIES = sorted(path.name for path in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def test_jupyterlab_opens_on_the_series(desk):
    listed = desk.page.locator(".jp-DirListing-itemText").all_inner_texts()
    assert [name for name in listed if name in SERIES] == SERIES


@pytest.mark.parametrize("name", SERIES, ids=lambda name: name[:2])
def test_a_notebook_runs_through(desk, name):
    desk.open(name)
    desk.look_through()
    desk.run_all()
    counts = desk.execution_counts()
    assert counts == list(range(1, len(counts) + 1)) and counts
    desk.look_through()
    assert desk.page.locator("text=Error displaying widget").count() == 0
