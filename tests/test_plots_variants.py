"""Figures of an ablation: every seed is shown, and the mean where it is."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from semnerf_lib import plots
from semnerf_lib.experiments import sharpeners
from semnerf_lib.plots.variants import LOOKS


@pytest.fixture(autouse=True)
def closed_figures():
    plots.style()
    yield
    plt.close("all")


def test_differences_show_each_seed_and_their_mean():
    panels = {"mIoU (points)": {"a": [1.0, 2.0, 6.0], "b": [-1.0, 0.0, 1.0]}, "depth (cm)": {"a": [0.1], "b": [0.2]}}
    figure = plots.differences(panels, "the preset", "What changes do")
    left, right = figure.axes
    marks = [collection.get_offsets().tolist() for collection in left.collections]
    assert marks == [[[1, 0], [2, 0], [6, 0]], [[3, 0]], [[-1, 1], [0, 1], [1, 1]], [[0, 1]]]
    assert [label.get_text() for label in left.get_yticklabels()] == ["a", "b"]
    assert right.get_xlabel() == "depth (cm)" and right.get_title(loc="left") == "minus the preset"
    figure.canvas.draw()


def test_errors_over_distance_name_their_rings():
    errors = {"the preset": np.array([[0.1, 0.2, np.nan], [0.3, 0.4, np.nan]]), "other": np.array([[0.1, 0.1, 0.2]])}
    figure = plots.error_over_distance(errors, (0, 2, 8), "t")
    [ax] = figure.axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0 to 2", "2 to 8", "8 or more"]
    first, other = ax.containers
    np.testing.assert_allclose(first.lines[0].get_ydata(), [0.2, 0.3, np.nan])
    assert first.has_yerr and not other.has_yerr
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["the preset", "other"]
    figure.canvas.draw()


def test_no_variant_is_dropped_where_there_are_more_than_looks():
    names = [f"variant {k}" for k in range(len(LOOKS) + 2)]
    figure = plots.differences({"mIoU": {name: [1.0, 2.0] for name in names}}, "the preset")
    assert len(figure.axes[0].collections) == 2 * len(names)
    figure = plots.error_over_distance({name: np.ones((2, 3)) for name in names}, (0, 2, 8))
    assert len(figure.axes[0].containers) == len(names)


def test_there_is_a_look_for_every_variant():
    assert all(len(sharpeners(scale)) <= len(LOOKS) for scale in ("smoke", "laptop", "paper"))
    assert len({(look["color"], look["marker"]) for look in LOOKS}) == len(LOOKS)
