"""plots.annotation: the target's line, the cheapest point, and every run where it belongs."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.contour import ContourSet

from semnerf_lib import plots

FRAMES, PIXELS = np.geomspace(2, 180, 12), np.geomspace(5e-4, 1, 10)
ACROSS = np.log(FRAMES / 2) / np.log(90)


@pytest.fixture(autouse=True)
def closed():
    plots.style()
    yield
    plt.close("all")


def plane(best, height=1.0):
    mean = np.tile(height * ACROSS, (10, 1))
    return plots.Plane(mean, np.full_like(mean, 0.05), np.array([[20.0, 0.1, 0.5]]), best, np.array([[40.0, 0.2, 0.6]]))


def contours(ax):
    return [one for one in ax.collections if isinstance(one, ContourSet)]


def test_the_target_is_where_the_mean_crosses_it():
    found = {"no errors": plane((50.0, 0.01)), "many errors": plane(None, height=0.3)}
    figure = plots.planes(found, FRAMES, PIXELS, np.outer(np.ones(10), FRAMES), 0.5, "How few?")
    good, bad, _ = figure.axes
    assert (good.get_title(loc="left"), bad.get_title(loc="left")) == tuple(found)
    [line] = [one for one in contours(good) if len(one.levels) == 1 and one.get_linewidths()[0] > 2]
    [path] = line.get_paths()
    assert path.vertices[:, 0] == pytest.approx(np.exp(np.interp(0.5, ACROSS, np.log(FRAMES))), rel=0.1)
    assert len([one for one in contours(good) if len(one.levels) == 1]) == 3  # and both dashed ones
    assert not [one for one in contours(bad) if len(one.levels) == 1]  # reached nowhere
    stars = [one for one in good.collections if (one.get_offsets() == [50.0, 0.01]).all()]
    assert len(stars) == 1
    checks = [one for one in good.collections if (one.get_offsets() == [40.0, 0.2]).all()]
    assert len(checks) == 1


def test_every_run_is_a_mark_over_its_minutes():
    figure = plots.scores_over_minutes({"labels": ([1, 10], [0.2, 0.4]), "voted": ([1], [0.1])}, 0.3, "Runs")
    [ax] = figure.axes
    assert [one.get_offsets().tolist() for one in ax.collections] == [[[1, 0.2], [10, 0.4]], [[1, 0.1]]]
    assert ax.lines[0].get_ydata() == pytest.approx([0.3, 0.3]) and ax.get_xscale() == "log"


def test_scores_stand_over_their_prediction():
    predicted, deviation, scores = np.array([0.1, 0.5]), np.array([0.1, 0.02]), np.array([0.2, 0.5])
    [ax] = plots.left_out_scores(predicted, deviation, scores, "Left out").axes
    marks = ax.containers[0].lines[0]
    assert marks.get_xdata() == pytest.approx(predicted) and marks.get_ydata() == pytest.approx(scores)
    ends = ax.containers[0].lines[2][0].get_segments()[0][:, 0]
    assert ends == pytest.approx([0.1 - 0.196, 0.1 + 0.196])
