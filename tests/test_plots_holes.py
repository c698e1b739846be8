"""plots/holes.py: each picture has its panels, each bar and curve its numbers."""

from __future__ import annotations

from types import SimpleNamespace

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pytest

from semnerf_lib import plots

NAMES = ("floor", "wall", "sofa")
LABELS = np.uint8([[0, 0, 1, 1], [0, 2, 2, 1], [0, 2, 2, 255]])


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def titles(figure):
    return [ax.get_title("left") or ax.get_title() for ax in figure.axes if ax.get_visible() and ax.images]


@pytest.mark.parametrize("depth", [np.full((3, 4), 2.0, np.float32), None])
def test_a_row_for_each_model_below_the_truth(depth):
    view = SimpleNamespace(labels=LABELS, depth=np.full((3, 4), 1.5), entropy=np.zeros((3, 4)))
    figure = plots.hole(LABELS, LABELS, {"alone": view, "both": view}, depth, LABELS == 2, NAMES, "A hole")
    assert titles(figure).count("entropy") == 2 and ("true depth" in titles(figure)) == (depth is not None)
    assert "both: labels" in titles(figure)
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["floor", "sofa", "wall", "void (no class)"]


def test_bars_are_the_mean_shares():
    figure = plots.opacity_shares({"sofa": np.array([[0.2, 0.3, 0.5], [0.4, 0.3, 0.3]]), "chair": np.eye(3)[:1]})
    [ax] = figure.axes
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([30, 30, 40, 100, 0, 0])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["sofa", "chair"]


def test_each_seed_and_the_mean_have_a_mark():
    rows = {"entropy": {"alone": [0.5, 0.7], "both": [0.9, 0.9]}, "doubt": {"alone": [1.0, 1.0], "both": [0.0, 0.5]}}
    figure = plots.scores_by_row({"AUROC": rows}, 0.5, "Signals")
    [ax] = figure.axes
    means = [points.get_offsets()[0, 0] for points in ax.collections[1::2]]
    assert means == pytest.approx([0.6, 0.9, 1.0, 0.25])
    assert [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == "--"] == [0.5]


def test_curves_have_their_mean_and_range():
    values = np.array([[0.0, 0.5], [0.2, 0.7]])
    figure = plots.curves_over_steps({"mIoU": {"warm": values, "cold": values / 2}}, [0, 10])
    assert figure.axes[0].lines[0].get_ydata() == pytest.approx([0.1, 0.6])
    assert figure.axes[0].lines[1].get_ydata() == pytest.approx([0.05, 0.3])


def test_labels_masks_and_numbers_are_pictures():
    images = {"labels": LABELS, "mask": LABELS == 2, "doubt": np.zeros((3, 4)), "entropy": np.ones((3, 4))}
    figure = plots.change_maps(images, LABELS, NAMES, "A change")
    assert titles(figure) == list(images)
    assert figure.axes[0].images[0].get_array().shape == (3, 4, 3) and figure.axes[1].images[0].get_array().ndim == 2
