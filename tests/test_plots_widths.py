"""plots.widths: widths beside labels, means and spreads over groups, a mark a class."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from semnerf_lib import plots


@pytest.fixture(autouse=True)
def closed():
    plots.style()
    yield
    plt.close("all")


def test_what_has_no_width_is_left_blank():
    width = np.array([[0.0, 3.0], [5.0, 9.0]])
    pictures = {"width (pixels)": (width, (0.0, 2.0, 4.0, np.inf))}
    figure = plots.width_pictures(np.zeros((2, 2), np.uint8), pictures, "Widths")
    labels, drawn, _ = figure.axes
    image = drawn.get_images()[0].get_array()
    assert np.ma.getmaskarray(image)[0, 0] and image[1, 1] == 9
    assert drawn.get_title(loc="left") == "width (pixels)"


def test_means_over_the_seeds_with_their_spread():
    scores = np.array([[0.2, 0.8], [0.4, 0.8]])
    figure = plots.scores_over_groups(["0-2", "2+"], {"recall": {"a": scores, "b": scores[:1]}}, "width", "Lost?")
    [ax] = figure.axes
    first, second = ax.containers
    assert first.lines[0].get_ydata() == pytest.approx([0.3, 0.8])
    ends = first.lines[2][0].get_segments()
    assert ends[0][:, 1] == pytest.approx([0.3 - 0.2**0.5 / 10**0.5, 0.3 + 0.2**0.5 / 10**0.5], abs=0.05)
    assert not second.lines[2]  # one seed has no spread
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]


def test_a_class_is_a_mark_in_each_model():
    scores = {"labels": {"cup": 0.5, "wall": 0.2}, "rgb": {"cup": 0.6, "wall": 0.3}}
    [ax] = plots.classes_over_width({"cup": 4.0, "wall": 90.0}, scores, "F", "Classes").axes
    assert [one.get_offsets().tolist() for one in ax.collections] == [[[4, 0.5], [90, 0.2]], [[4, 0.6], [90, 0.3]]]
    assert {text.get_text() for text in ax.texts} == {"cup", "wall"}
