"""response_surface.py: a surface through noisy scores, its error without each run, and the cheapest good point."""

from __future__ import annotations

import numpy as np
import pytest

from semnerf_lib.questions.least_annotation import design
from semnerf_lib.questions.response_surface import axes_of, cheapest, fit_surface, leave_one_out


def rows(noise=0.0):
    """Runs at the points of a design, whose score rises with frames and falls with wrong segments alone."""
    rng = np.random.default_rng(1)
    found = []
    for p in design(32, 180):
        score = 0.1 * np.log2(p.frames) - 0.5 * p.wrong_segments + noise * rng.normal()
        found.append(p.dials | {"wrong": max(p.wrong_pixels, p.wrong_segments), "miou": score})
    return found


def test_axes_are_0_and_1_at_round_places():
    x = axes_of(np.array([2.0, 32.0]), np.array([5e-4, 5e-2]), np.array([0.0, 0.5]), np.array([0.5, 0.0]))
    assert x == pytest.approx(np.array([[0, 0, 0, 1], [1, 1, 1, 0]]))


def test_a_smooth_surface_is_found():
    surface = fit_surface(rows())
    at = axes_of(np.array([8.0, 64.0, 64.0]), np.full(3, 0.02), np.array([0, 0.3, 0]), np.array([0, 0, 0.3]))
    mean, deviation = surface.predict(at)
    assert mean == pytest.approx([0.3, 0.6, 0.45], abs=0.02) and deviation.max() < 0.03


def test_noise_is_part_of_the_spread_of_one_more_run():
    _, deviation = fit_surface(rows(noise=0.05)).predict(axes_of(*np.array([[20.0], [0.02], [0.0], [0.0]])))
    assert 0.03 < deviation[0] < 0.12


def test_each_run_is_predicted_from_the_others():
    surface = fit_surface(rows(noise=0.02))
    predicted, deviation = surface.left_out()
    error = surface.scores - predicted
    assert 0.01 < np.sqrt((error**2).mean()) < 0.06
    assert (np.abs(error) < 1.96 * deviation).mean() > 0.8


def test_leaving_one_out_is_what_solving_without_it_gives():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(7, 7))
    covariance, y = a @ a.T + 0.1 * np.eye(7), rng.normal(size=7)
    mean, deviation = leave_one_out(covariance, y)
    for i in range(7):
        others = np.arange(7) != i
        weights = np.linalg.solve(covariance[np.ix_(others, others)], covariance[others, i])
        assert mean[i] == pytest.approx(weights @ y[others])
        assert deviation[i] ** 2 == pytest.approx(covariance[i, i] - weights @ covariance[others, i])


def test_the_cheapest_point_that_reaches_the_target():
    scores, minutes = np.array([[0.2, 0.7], [0.9, 0.8]]), np.array([[1.0, 5.0], [9.0, 4.0]])
    assert cheapest(scores, minutes, 0.6) == (1, 1)
    assert cheapest(scores, minutes, 0.7) == (1, 1) and cheapest(scores, minutes, 0.85) == (1, 0)
    assert cheapest(scores, minutes, 0.95) is None
