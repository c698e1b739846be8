"""visible_width.py: the width of stripes, boxes and legs, and the IoU of single objects."""

from __future__ import annotations

import numpy as np
import pytest

from semnerf_lib.lessons.visible_width import object_scores, visible_width
from semnerf_lib.scene import VOID


def ground(height=60, width=80):
    return np.ones((height, width), dtype=np.int64)


@pytest.mark.parametrize("side", [1, 3, 5])
def test_a_stripe_is_as_wide_as_it_is(side):
    segments = ground()
    segments[:, 30 : 30 + side] = 2
    found = visible_width(segments)[segments == 2]
    assert abs(np.median(found) - side) < 0.7 and found.max() <= side


def test_a_box_is_wide_up_to_its_corners():
    segments = ground()
    segments[10:41, 20:51] = 2
    found = visible_width(segments)[segments == 2]
    assert found.min() > 0.7 * found.max() and 20 < found.max() <= 31


def test_a_leg_is_thin_and_its_seat_is_wide():
    segments = ground()
    segments[10:25, 20:51] = 2
    segments[25:55, 34:36] = 2
    width = visible_width(segments)
    assert width[45, 34] < 2.1 and width[17, 35] > 9


def test_what_the_image_cuts_off_is_not_thin():
    segments = ground()
    segments[:, :2] = 2  # of a thing that goes on beyond the image
    inside = segments.copy()
    inside[:, :2], inside[:, 10:12] = 1, 2
    assert visible_width(segments)[30, 0] > visible_width(inside)[30, 10]


def test_no_thing_has_no_width_and_one_thing_fills_the_image():
    assert (visible_width(np.zeros((5, 6), dtype=np.int64)) == 0).all()
    assert (visible_width(ground(5, 6)) > 100).all()


def test_each_object_has_its_own_score():
    """Two objects of class 1 on class 0: one found and 3 pixels too large, of the other half is missed."""
    labels, instances = np.zeros((12, 24), np.uint8), np.ones((12, 24), np.int64)
    labels[3:6, 2:5], instances[3:6, 2:5] = 1, 7
    labels[3:7, 16:18], instances[3:7, 16:18] = 1, 9
    rendered = labels.copy()
    rendered[3:6, 5] = 1
    rendered[5:7, 16:18] = 0
    found = {seen.instance: seen for seen in object_scores(rendered, labels, instances)}
    assert found[7].area == 9 and found[7].iou == pytest.approx(9 / 12)
    assert found[9].area == 8 and found[9].iou == pytest.approx(4 / 8)
    assert found[1].iou == pytest.approx((labels == 0).sum() / ((labels == 0).sum() + 4) - 3 / 279, abs=0.002)


def test_void_is_nobodys_fault():
    labels, instances = np.zeros((6, 6), np.uint8), np.ones((6, 6), np.int64)
    labels[:, 3:], instances[:, 3:] = 1, 2
    labels[:, 2] = VOID
    rendered = np.where(labels == VOID, np.uint8(1), labels)
    assert all(seen.iou == 1 for seen in object_scores(rendered, labels, instances))
