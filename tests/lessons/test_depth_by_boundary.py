"""Distances from borders between classes, and depth errors in rings around them, known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from semnerf_lib.lessons.depth_by_boundary import boundary_distance, depth_error_by_distance
from semnerf_lib.scene import VOID


def halves(height: int = 6, width: int = 10) -> np.ndarray:
    """Class 0 on the left, class 1 on the right: the border runs between the two columns in the middle."""
    labels = np.zeros((height, width), np.uint8)
    labels[:, width // 2 :] = 1
    return labels


def test_a_straight_border():
    expected = np.array([4, 3, 2, 1, 0, 0, 1, 2, 3, 4.0])
    np.testing.assert_array_equal(boundary_distance(halves()), np.tile(expected, (6, 1)))


def test_a_corner_is_as_far_as_pythagoras_says():
    labels = np.zeros((9, 9), np.uint8)
    labels[0, 0] = 1  # beside another class: itself and its neighbours (0, 1) and (1, 0)
    assert boundary_distance(labels)[4, 4] == pytest.approx(5.0)
    assert boundary_distance(labels)[2, 5] == pytest.approx(np.hypot(2, 4))


def test_void_makes_no_border():
    labels = halves()
    labels[:, 4:6] = VOID
    assert np.isinf(boundary_distance(labels)).all()
    assert np.isinf(boundary_distance(np.zeros((3, 4), np.uint8))).all()


def test_rings_hold_the_errors_of_their_pixels():
    labels = halves()[None]
    truth = np.full(labels.shape, 2.0)
    depth = truth + 0.01 * boundary_distance(labels[0])[None]  # off by 1 cm a pixel
    depth[0, :, :5] -= 2 * (depth - truth)[0, :, :5]  # on either side
    found = depth_error_by_distance(depth, truth, labels, (0, 1, 3))
    assert found == pytest.approx([0.0, (0.01 + 0.02) / 2, (0.03 + 0.04) / 2])
    assert depth_error_by_distance(depth, truth, labels, (2,)) == pytest.approx([0.03])


def test_unknown_pixels_are_left_out_and_an_empty_ring_is_unknown():
    labels, truth = halves()[None], np.full((1, 6, 10), 2.0)
    depth = truth + 1.0
    depth[0, :, 4] = 9.0
    truth[0, :, 4] = 0  # no depth known
    labels[0, :, 0], depth[0, :, 0] = VOID, 9.0
    found = depth_error_by_distance(depth, truth, labels, (0, 2, 40))
    assert found[:2] == pytest.approx([1.0, 1.0]) and np.isnan(found[2])


def test_without_a_border_all_is_in_the_last_ring():
    labels, truth = np.zeros((1, 4, 5), np.uint8), np.ones((1, 4, 5))
    found = depth_error_by_distance(truth + 0.5, truth, labels, (0, 8))
    assert np.isnan(found[0]) and found[1] == pytest.approx(0.5)
