"""verdicts.py: paired differences, their interval, and what follows from it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from semnerf_lib.errors import SemnerfError
from semnerf_lib.verdicts import INCONCLUSIVE, NOT_SUPPORTED, SUPPORTED, compare_folds


def test_interval_by_hand():
    found = compare_folds([1.0, 2.0, 3.0, 4.0, 5.0], [0.0] * 5, margin=1.0)
    half = 2.7764451 * math.sqrt((1 / 5 + 1 / 4) * 2.5)
    assert found.mean == pytest.approx(3.0)
    assert (found.low, found.high) == pytest.approx((3 - half, 3 + half), rel=1e-6)


def test_correction_widens_the_interval_of_independent_folds():
    d = np.array([0.3, -0.1, 0.2, 0.0, 0.1])
    found = compare_folds(d.tolist(), [0.0] * 5, margin=1.0)
    independent = 2.7764451 * d.std(ddof=1) / math.sqrt(5)
    assert (found.high - found.low) / 2 == pytest.approx(independent * math.sqrt(1 + 5 / 4), rel=1e-6)


@pytest.mark.parametrize(
    ("differences", "verdict"),
    [
        ([0.1, -0.1, 0.2, 0.0, 0.1], SUPPORTED),
        ([-5.0, -5.2, -4.9, -5.1, -5.0], NOT_SUPPORTED),
        ([5.0, 5.2, 4.9, 5.1, 5.0], NOT_SUPPORTED),
        ([3.0, -3.0, 1.0, -1.0, 0.0], INCONCLUSIVE),
        ([1.9, 2.1, 2.0, 1.8, 2.2], INCONCLUSIVE),
    ],
)
def test_verdicts(differences, verdict):
    assert compare_folds(differences, [0.0] * 5, margin=2.0).comparable == verdict


def test_bad_scores_raise():
    with pytest.raises(SemnerfError, match="expected the same count"):
        compare_folds([1.0, 2.0], [1.0], margin=1)
    with pytest.raises(SemnerfError, match="at least 2"):
        compare_folds([1.0], [1.0], margin=1)
    with pytest.raises(SemnerfError, match="finite"):
        compare_folds([1.0, math.nan], [1.0, 2.0], margin=1)
