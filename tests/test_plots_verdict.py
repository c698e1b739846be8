"""plots/verdict.py: a forest plot shows means, intervals, margin and verdicts, and what was not run."""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_rgb

from semnerf_lib import plots
from semnerf_lib.plots.verdict import VERDICT_LOOKS


@pytest.fixture
def figure():
    def found(verdict, mean=None, low=None, high=None):
        return {"mean": mean, "low": low, "high": high, "verdict": verdict}

    groups = {
        "one": {"x": {"rgb": found("supported", 0.5, -1.0, 2.0), "input": found("not supported", -9.0, -9.5, -8.5)}},
        "two": {"y": {"rgb": found("inconclusive", 3.0, 1.0, 5.0)}, "z": {"rgb": found("not run")}},
    }
    plots.style()
    yield plots.forest(groups, {"rgb": "minus RGB", "input": "minus input"}, 2.0, "title")
    plt.close("all")


def test_lines_are_headings_and_conditions_in_order(figure):
    ticks = figure.axes[0].get_yticklabels()
    assert [(t.get_text(), t.get_fontweight()) for t in ticks] == [
        ("one", "bold"),
        ("x", "normal"),
        ("two", "bold"),
        ("y", "normal"),
        ("z", "normal"),
    ]
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["minus RGB", "minus input"]
    assert {ax.get_xlabel() for ax in figure.axes} == {"difference (points)"}


def test_points_and_intervals_stand_in_their_line_in_the_verdicts_colour(figure):
    left, right = figure.axes
    [first, second] = left.containers
    assert (first[0].get_xdata()[0], first[0].get_ydata()[0]) == (0.5, 1)
    assert first[2][0].get_segments()[0][:, 0].tolist() == [-1.0, 2.0]
    assert to_rgb(first[0].get_color()) == to_rgb(VERDICT_LOOKS["supported"]["color"])
    assert (second[0].get_xdata()[0], second[0].get_ydata()[0]) == (3.0, 3)
    assert right.containers[0][0].get_marker() == VERDICT_LOOKS["not supported"]["marker"]


def test_what_was_not_run_is_told_in_words(figure):
    assert "not run" in [text.get_text() for text in figure.axes[0].texts]


def test_looks_differ_in_colour_and_in_shape():
    for key in ("color", "marker"):
        assert len({look[key] for look in VERDICT_LOOKS.values()}) == len(VERDICT_LOOKS)
