"""plots.dials: a column a dial, a row a score, means with their ends, hollow marks for more steps."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest

from semnerf_lib import plots

NAMES = {"labels": "labels alone", "labels+rgb": "labels + RGB"}


@pytest.fixture(autouse=True)
def closed():
    plots.style()
    yield
    plt.close("all")


def row(size, miou, supervision="labels", steps=10):
    scores = {"miou": miou, "depth_mae": 1 - miou, "depth_untrained": 2.0}
    return {"size": size, "supervision": supervision, "steps": steps, **scores}


def drawn(rows):
    panels = {"miou": "mIoU", "depth_mae": "depth error (m)"}
    return plots.scores_over_dials({"size": ("m2", rows)}, panels, NAMES, "Dials")


def test_means_and_ends_over_the_seeds():
    figure = drawn([row(15, 0.2), row(15, 0.4), row(150, 0.6), row(150, 0.5, "labels+rgb")])
    top, below = figure.axes
    alone, both = top.containers
    assert alone.lines[0].get_ydata() == pytest.approx([0.3, 0.6])
    assert alone.lines[2][0].get_segments()[0][:, 1] == pytest.approx([0.2, 0.4])
    assert both.lines[0].get_xdata() == pytest.approx([1], abs=0.1)  # the second of the values
    assert [text.get_text() for text in below.get_xticklabels()] == ["15", "150"]


def test_more_steps_are_hollow_and_apart():
    figure = drawn([row(15, 0.2), row(150, 0.4), row(150, 0.5, steps=20)])
    short, long = figure.axes[0].containers
    assert short.lines[0].get_ydata() == pytest.approx([0.2, 0.4])
    assert long.lines[0].get_ydata() == pytest.approx([0.5]) and long.lines[0].get_markerfacecolor() == "white"


def test_depth_stands_beside_that_of_nothing_learnt():
    figure = drawn([row(15, 0.2)])
    assert [one.lines[0].get_ydata()[0] for one in figure.axes[1].containers] == pytest.approx([0.8, 2.0])
    assert "nothing learnt" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_each_scene_has_its_line_and_each_supervision_its_mark():
    rows = [row(15, 0.2) | {"scene": "a"}, row(15, 0.4) | {"scene": "a"}, row(15, 0.6) | {"scene": "b"}]
    rows += [row(15, 0.5, "labels+rgb") | {"scene": name} for name in "ab"]
    panels = {"miou": "mIoU", "depth_mae": "depth error (m)"}
    scores, depths = plots.scores_of_scenes(rows, {"a": "one", "b": "two"}, panels, NAMES).axes
    assert [text.get_text() for text in scores.get_yticklabels()] == ["one", "two"]
    alone, both = scores.containers
    assert alone.lines[0].get_xdata() == pytest.approx([0.3, 0.6]) and both.lines[0].get_xdata() == pytest.approx(
        [0.5, 0.5]
    )
    assert alone.lines[2][0].get_segments()[0][:, 0] == pytest.approx([0.2, 0.4])
    assert depths.containers[2].lines[0].get_xdata() == pytest.approx([2.0, 2.0])  # nothing learnt
