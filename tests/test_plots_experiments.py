"""Figures of corrupted labels: they tell what was given, how far repeats spread, and who pays."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from semnerf_lib import plots
from semnerf_lib.palette import colourise
from semnerf_lib.plots.experiments import ROLES
from semnerf_lib.plots.images import MISSING, RIGHT, UNKNOWN, WRONG
from semnerf_lib.scene import VOID

NAMES = ("wall", "floor", "sofa")
ROLE_NAMES = {"labels": "labels only", "labels+rgb": "labels + RGB", "input": "its input", "baseline 1": "majority"}


@pytest.fixture(autouse=True)
def closed_figures():
    plots.style()
    yield
    plt.close("all")


def labels(n=2):
    images = np.random.default_rng(0).integers(0, 3, (n, 12, 16)).astype(np.uint8)
    images[:, 0, :4] = VOID
    return images


def title(ax):
    return ax.get_title(loc="left")


def legend_texts(figure):
    return [[text.get_text() for text in legend.get_texts()] for legend in figure.legends]


def test_corrupted_labels_say_what_is_labelled_and_what_is_right():
    [truth] = labels(1)
    sparse = np.full_like(truth, VOID)
    sparse[6, :8] = truth[6, :8]
    sparse[6, 0] = (truth[6, 0] + 1) % 3
    figure = plots.corrupted_labels(truth, {"few": sparse, "none": np.full_like(truth, VOID)}, NAMES, "t")
    assert [title(ax) for ax in figure.axes] == [
        "clean", "few\n4.2% labelled, 87.5% of them right", "none\n0.0% labelled",
    ]  # fmt: skip
    assert sorted(legend_texts(figure)[0]) == ["floor", "sofa", "void (no class)", "wall"]


def test_a_label_where_the_truth_is_void_is_neither_right_nor_wrong():
    [truth] = labels(1)
    given = np.full_like(truth, VOID)
    given[0, :2] = 1
    figure = plots.corrupted_labels(truth, {"odd": given}, NAMES)
    assert title(figure.axes[1]) == "odd\n1.0% labelled"


def test_kept_frames_draw_one_tick_a_frame():
    figure = plots.kept_frames({"three": [0, 4, 8], "one": [2]}, 12)
    [ax] = figure.axes
    assert [line.get_positions() for line in ax.collections] == [[0, 4, 8], [2]]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["three", "one"]
    assert "training frame" in ax.get_xlabel()


def repeats(*values):
    return [{"miou": v, "depth_mae": None} for v in values]


SCORES = {
    "training poses": {
        "labels": {"clean": repeats(0.8, 0.9, 1.0), "10 %": repeats(0.6, 0.6, 0.6)},
        "baseline 1": {"10 %": repeats(0.4, None)},
    },
    "test poses": {"labels": {"clean": repeats(0.7), "10 %": repeats(0.5)}},
}
TICKS = {"clean": "0", "10 %": "10"}


def test_curves_show_mean_and_sample_deviation_over_repeats():
    figure = plots.curves_with_spread(SCORES, {"miou": "mIoU"}, ROLE_NAMES, TICKS, "t", "noise")
    above, below = figure.axes
    line, _, (whiskers,) = above.containers[0].lines
    assert line.get_ydata() == pytest.approx([0.9, 0.6])
    low, high = whiskers.get_segments()[0][:, 1]
    assert (low, high) == pytest.approx((0.8, 1.0))
    assert [title(ax) for ax in (above, below)] == list(SCORES)
    assert above.get_ylabel() == "mIoU" and (above.get_xlabel(), below.get_xlabel()) == ("", "noise")
    assert [tick.get_text() for tick in below.get_xticklabels()] == ["0", "10"]


def test_curves_count_what_is_known_and_stand_where_their_level_stands():
    figure = plots.curves_with_spread(SCORES, {"miou": "mIoU"}, ROLE_NAMES, TICKS)
    baseline = figure.axes[0].containers[1].lines[0]
    assert baseline.get_xdata() == pytest.approx([1], abs=0.1) and baseline.get_ydata() == pytest.approx([0.4])
    assert baseline.get_color() == ROLES["baseline 1"]["color"]
    assert legend_texts(figure) == [["labels only (n = 3)", "majority (n = 1)"]]


def test_curves_leave_out_what_nobody_knows():
    panels = {"miou": "mIoU", "depth_mae": "depth error (m)"}
    assert len(plots.curves_with_spread(SCORES, panels, ROLE_NAMES, TICKS).axes) == 2


def test_lines_join_only_what_belongs_together():
    joined = [["clean"], ["10 %"]]
    figure = plots.curves_with_spread(SCORES, {"miou": "mIoU"}, ROLE_NAMES, TICKS, joined=joined)
    assert [len(c.lines[0].get_xdata()) for c in figure.axes[1].containers] == [1, 1]


def test_every_role_looks_different():
    for key in ("color", "marker"):
        assert len({look[key] for look in ROLES.values()}) == len(ROLES)


def test_error_picture_tells_wrong_from_missing_and_from_unknown():
    truth = np.array([[0, 1, 1, VOID, VOID]], np.uint8)
    given = np.array([[0, 0, VOID, 1, VOID]], np.uint8)
    assert [tuple(pixel) for pixel in plots.error_picture(truth, given)[0]] == [RIGHT, WRONG, MISSING, UNKNOWN, UNKNOWN]


def test_input_and_outputs_measure_against_known_pixels():
    truth = labels(1)
    sparse = np.full_like(truth, VOID)
    sparse[0, 6] = (truth[0, 6] + 1) % 3
    rgb = np.zeros((1, 12, 16, 3), np.uint8)
    figure = plots.input_and_outputs(truth, {"input": sparse, "model": truth}, NAMES, ["frame 3"], "t", rgb)
    known = 12 * 16 - 4
    assert [title(ax) for ax in figure.axes] == [
        "frame 3: truth", "input", "model",
        "its colours", f"wrong {16 / known:.1%}, none {1 - 16 / known:.1%}", "wrong 0.0%",
    ]  # fmt: skip
    few = np.full_like(truth, VOID)
    few[0, 6, 8] = 1
    dots = plots.input_and_outputs(truth, {"input": few}, NAMES, ["frame 3"]).axes[1].images[0].get_array()
    assert len(dots) > 12 and (dots == colourise(np.uint8([1]))).all(-1).sum() > 100  # one pixel, and one sees it
    classes, key = legend_texts(figure)
    assert "sofa" in classes and key == ["right", "wrong", "no label", "truth is void"]


def test_input_and_outputs_without_rgb():
    figure = plots.input_and_outputs(labels(2), {"model": labels(2)}, NAMES, ["a", "b"])
    assert len(figure.axes) == 8 and not figure.axes[2].images and not figure.axes[2].axison


def test_class_losses_put_the_greatest_first_and_skip_absent_classes():
    losses = {
        "labels": np.array([[0.1, np.nan, 0.5], [0.3, np.nan, 0.7]]),
        "labels+rgb": np.array([[0.2, np.nan, 0.1], [0.2, np.nan, 0.1]]),
    }
    figure = plots.class_losses(losses, NAMES, np.array([0.9, 0.0, 0.1]), ROLE_NAMES, "t")
    left, right = figure.axes
    assert [tick.get_text() for tick in left.get_yticklabels()] == ["sofa", "wall"]
    bars = [container for container in left.containers if hasattr(container, "patches")]
    assert [bar.get_width() for bar in bars[0].patches] == pytest.approx([0.6, 0.2])
    assert [bar.get_width() for bar in bars[1].patches] == pytest.approx([0.1, 0.2])
    assert len(right.collections) == 2 and right.get_xlabel() == "share of the labelled pixels (%)"
    assert legend_texts(figure) == [["labels only", "labels + RGB"]]


def test_class_losses_of_one_repeat_have_no_whisker():
    figure = plots.class_losses({"labels": np.array([[0.1, 0.2, 0.3]])}, NAMES, np.full(3, 1 / 3), ROLE_NAMES, most=2)
    left = figure.axes[0]
    assert len(left.get_yticklabels()) == 2
    assert all(container.errorbar is None for container in left.containers)


def test_depth_outputs_measure_in_metres_and_skip_unknown_depth():
    truth = np.full((12, 16), 2.0, np.float32)
    truth[:6] = 0
    rendered = np.full((12, 16), 2.25, np.float32)
    figure = plots.depth_outputs(truth, {"a": rendered, "b": truth + np.float32(0.5)}, "t")
    assert [title(ax) for ax in figure.axes[:6]] == [
        "true depth", "a", "b", "", "mean |error| 0.25 m", "mean |error| 0.50 m",
    ]  # fmt: skip
    error = figure.axes[4].images[0].get_array().filled(np.nan)
    assert np.isnan(error[0]).all() and error[8, 8] == pytest.approx(0.25)
    assert [ax.get_ylabel() for ax in figure.axes[6:]] == ["depth (m)", "error (m)"]


def test_depth_outputs_span_the_true_depths_and_not_those_of_a_bad_model():
    truth = np.full((12, 16), 2.0, np.float32)
    figure = plots.depth_outputs(truth, {"bad": np.full((12, 16), 9.0, np.float32)})
    assert {ax.images[0].get_clim() for ax in figure.axes[:2]} == {(0, 2.0)}


def test_depth_outputs_without_truth_show_what_was_rendered():
    figure = plots.depth_outputs(None, {"a": np.ones((12, 16), np.float32)})
    assert [title(ax) for ax in figure.axes if ax.images] == ["a"]
    assert [ax.get_ylabel() for ax in figure.axes if ax.get_ylabel()] == ["depth (m)"]


def test_depth_outputs_where_the_truth_is_unknown_throughout():
    figure = plots.depth_outputs(np.zeros((12, 16), np.float32), {"a": np.ones((12, 16), np.float32)})
    assert "truth unknown" in [title(ax) for ax in figure.axes]


def test_a_view_that_comes_again_shows_its_colours_once():
    truth, rgb = np.repeat(labels(1), 2, 0), np.zeros((2, 12, 16, 3), np.uint8)
    figure = plots.input_and_outputs(truth, {"model": truth}, NAMES, ["50 %", "90 %"], "t", rgb)
    assert [title(ax) for ax in figure.axes].count("its colours") == 1
    rgb[1] = 9
    figure = plots.input_and_outputs(truth, {"model": truth}, NAMES, ["50 %", "90 %"], "t", rgb)
    assert [title(ax) for ax in figure.axes].count("its colours") == 2
