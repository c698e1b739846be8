"""annotation_times.py: the published accounts of an image come out, and the shorter way is taken."""

from __future__ import annotations

import numpy as np
import pytest

from semnerf_lib.questions.annotation_times import expected_minutes, minutes, seconds_of_clicks, seconds_of_outlines

ROW = {"labelled_frames": 2, "absent": 10, "classes": 6, "segments": 8, "pixels": 0.1, "points": 60}


def test_the_published_accounts():
    """Bearman et al., section 4: one point a class, all points, and full outlines of a PASCAL VOC image."""
    assert seconds_of_clicks(18.5, 1.5, 1.5) == pytest.approx(22.1)
    assert seconds_of_clicks(18.5, 1.5, 2.8) == pytest.approx(23.3, abs=0.05)
    assert seconds_of_outlines(18.5, 2.8) == pytest.approx(239.7)


def test_outlines_are_taken_where_clicks_take_longer():
    assert minutes(ROW) == pytest.approx((10 + 6 * 2.4 + 54 * 0.9) / 60)
    assert minutes(ROW | {"points": 10_000}) == pytest.approx((10 + 8 * 79) / 60)


def test_expected_minutes_are_those_of_the_rows():
    other = ROW | {"pixels": 0.2, "points": 140}
    found = expected_minutes([ROW, other], np.array([2.0, 4.0, 2.0]), np.array([0.1, 0.1, 0.2]))
    assert found == pytest.approx([minutes(ROW), 2 * minutes(ROW), minutes(other)])
    between = expected_minutes([ROW, other], np.array([2.0]), np.array([0.1 * 2**0.5]))
    points = 2 * (30 * 70) ** 0.5
    assert between == pytest.approx([minutes(ROW | {"points": points})])
