"""outputs.py: a figure of a notebook that comes from anywhere has a height, or the usual one."""

from __future__ import annotations

import pytest

from semnerf_lib.pages.outputs import HEIGHT, figure_html


@pytest.mark.parametrize(
    ("figure", "height"),
    [
        ({"layout": {"height": 300}}, 300),
        ({"layout": {}}, HEIGHT),
        ({"layout": {"height": "$5"}}, HEIGHT),
        ({"layout": {"height": 1e9}}, HEIGHT),
        ({"layout": "wide", "config": []}, HEIGHT),
    ],
)
def test_a_figure_has_a_height(figure, height):
    assert f"height: {height}px" in figure_html(figure, None, "a room")
