"""corruption_statistics: counts that one can check by hand."""

from __future__ import annotations

import numpy as np
import pytest

from semnerf_lib.lessons.label_statistics import label_statistics
from semnerf_lib.scene import VOID


def test_counts_by_hand():
    truth = np.uint8([[[0, 0, 1, 1], [2, 2, VOID, VOID]], [[0, 0, 0, 0], [0, 0, 0, 0]]])
    given = np.uint8([[[0, 1, 1, VOID], [2, 0, VOID, 1]], [[VOID] * 4, [VOID] * 4]])
    s = label_statistics(truth, given, 3)
    assert s.labelled == 6 / 16 and s.frames == 1 and s.classes == 3
    assert (s.right, s.wrong, s.lost) == pytest.approx((3 / 14, 2 / 14, 9 / 14))
    assert s.given.tolist() == [2, 3, 1] and s.hits.tolist() == [1, 1, 1]
    shares = np.array([2, 3, 1]) / 6
    assert s.entropy == pytest.approx(-(shares * np.log(shares)).sum())


def test_nothing_labelled_is_no_fault():
    truth = np.full((1, 2, 2), VOID, np.uint8)
    s = label_statistics(truth, truth, 2)
    assert (s.labelled, s.right, s.wrong, s.lost, s.frames, s.classes, s.entropy) == (0, 0, 0, 0, 0, 0, 0)
