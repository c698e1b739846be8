"""plots/scores.py: differences with every seed and their mean; a forest plot with margin, intervals and verdicts."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from semnerf_lib import plots
from semnerf_lib.experiments import sharpeners
from semnerf_lib.plots.scores import VARIANT_LOOKS, VERDICT_LOOKS


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
    names = [f"variant {k}" for k in range(len(VARIANT_LOOKS) + 2)]
    figure = plots.differences({"mIoU": {name: [1.0, 2.0] for name in names}}, "the preset")
    assert len(figure.axes[0].collections) == 2 * len(names)
    figure = plots.error_over_distance({name: np.ones((2, 3)) for name in names}, (0, 2, 8))
    assert len(figure.axes[0].containers) == len(names)


def test_there_is_a_look_for_every_variant(tiny_scene):
    for scale in ("smoke", "laptop", "paper"):
        assert "known walls" in (variants := sharpeners(tiny_scene, scale)) and len(variants) <= len(VARIANT_LOOKS)
    assert len({(look["color"], look["marker"]) for look in VARIANT_LOOKS}) == len(VARIANT_LOOKS)


@pytest.fixture
def forest():
    def row(verdict, mean=None, low=None, high=None):
        return {"mean": mean, "low": low, "high": high, "verdict": verdict}

    groups = {
        "one": {"x": {"rgb": row("supported", 0.5, -1.0, 2.0), "input": row("not supported", -9.0, -9.5, -8.5)}},
        "two": {"y": {"rgb": row("inconclusive", 3.0, 1.0, 5.0)}, "z": {"rgb": row("not run")}},
    }
    return plots.forest(groups, {"rgb": "minus RGB", "input": "minus input"}, {"rgb": 2.0}, "title")


def test_lines_are_headings_and_corruptions_in_order(forest):
    ticks = forest.axes[0].get_yticklabels()
    assert [(t.get_text(), t.get_fontweight()) for t in ticks] == [
        ("one", "bold"),
        ("x", "normal"),
        ("two", "bold"),
        ("y", "normal"),
        ("z", "normal"),
    ]
    assert [ax.get_title(loc="left") for ax in forest.axes] == ["minus RGB", "minus input"]
    assert {ax.get_xlabel() for ax in forest.axes} == {"difference (points)"}


def test_points_and_intervals_stand_in_their_line_in_the_verdicts_colour(forest):
    left, right = forest.axes
    [first, second] = left.containers
    assert (first[0].get_xdata()[0], first[0].get_ydata()[0]) == (0.5, 1)
    assert first[2][0].get_segments()[0][:, 0].tolist() == [-1.0, 2.0]
    assert to_rgb(first[0].get_color()) == to_rgb(VERDICT_LOOKS["supported"]["color"])
    assert (second[0].get_xdata()[0], second[0].get_ydata()[0]) == (3.0, 3)
    assert right.containers[0][0].get_marker() == VERDICT_LOOKS["not supported"]["marker"]


def test_the_margin_is_shaded_where_there_is_one(forest):
    assert [[text.get_text() for text in ax.texts if "margin" in text.get_text()] for ax in forest.axes] == [
        ["margin ±2"],
        [],
    ]
    assert [len(ax.patches) for ax in forest.axes] == [1, 0]


def test_what_was_not_run_is_written_in_words(forest):
    assert "not run" in [text.get_text() for text in forest.axes[0].texts]


def test_verdicts_differ_in_colour_and_in_shape():
    for key in ("color", "marker"):
        assert len({look[key] for look in VERDICT_LOOKS.values()}) == len(VERDICT_LOOKS)
