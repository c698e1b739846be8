"""verdicts.py: paired differences, their interval, and what follows from it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import nct, t, ttest_1samp

from semnerf_lib.errors import SemnerfError
from semnerf_lib.study.verdicts import (
    CANNOT_TELL,
    INCONCLUSIVE,
    NOT_RUN,
    NOT_SUPPORTED,
    SUPPORTED,
    PairedComparison,
    compare_folds,
    compare_seeds,
    holm,
    of_all,
)


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


def test_interval_of_folds_covers_the_mean_at_both_kinds_of_poses():
    """Frames differ, runs hardly: folds that share frames to be scored on say far less than their number."""
    rng, n, repetitions = np.random.default_rng(0), 5, 400
    covered = {"test": 0, "train": 0}
    for _ in range(repetitions):
        parts = rng.normal(0, 1, (n, 36)).mean(axis=1)
        run_noise = rng.normal(0, 0.02, n)
        for views in covered:
            scores = parts if views == "test" else (parts.sum() - parts) / (n - 1)
            found = compare_folds((scores + run_noise).tolist(), [0.0] * n, margin=1.0, views=views)
            covered[views] += found.low <= 0 <= found.high
    assert min(covered.values()) > 0.93 * repetitions


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


def test_seeds_get_the_plain_interval():
    found = compare_seeds([1.0, 2.0, 3.0], [0.0] * 3, margin=1.0)
    half = 4.3026527 / math.sqrt(3)
    assert (found.mean, found.low, found.high) == pytest.approx((2, 2 - half, 2 + half), rel=1e-6)
    assert compare_folds([1.0, 2.0, 3.0], [0.0] * 3, margin=1.0).low < found.low


def test_seeds_cover_the_true_difference_as_often_as_they_say():
    rng = np.random.default_rng(0)
    hits = [compare_seeds(rng.normal(1, 2, 3).tolist(), [0.0] * 3, 1, 0.9) for _ in range(2000)]
    share = np.mean([found.low <= 1 <= found.high for found in hits])
    assert share == pytest.approx(0.9, abs=0.02)


def one_sided(low, high, margin=2.0):
    found = PairedComparison((), (low + high) / 2, low, high, 0.95, margin)
    return found.better, found.as_good


@pytest.mark.parametrize(
    ("low", "high", "better", "as_good"),
    [
        (0.1, 9.0, SUPPORTED, SUPPORTED),
        (5.0, 9.0, SUPPORTED, SUPPORTED),  # and not comparable, which asks for both sides
        (-0.1, 9.0, INCONCLUSIVE, SUPPORTED),
        (-2.0, -0.5, NOT_SUPPORTED, SUPPORTED),
        (-3.0, 0.5, INCONCLUSIVE, INCONCLUSIVE),
        (-3.0, -1.0, NOT_SUPPORTED, INCONCLUSIVE),
        (-4.0, -2.1, NOT_SUPPORTED, NOT_SUPPORTED),
        (0.0, 0.0, NOT_SUPPORTED, SUPPORTED),  # the same scores throughout
    ],
)
def test_one_sided_verdicts(low, high, better, as_good):
    assert one_sided(low, high) == (better, as_good)


def test_a_claim_of_several_parts():
    assert of_all([SUPPORTED, SUPPORTED]) == SUPPORTED
    assert of_all([SUPPORTED, INCONCLUSIVE]) == INCONCLUSIVE
    assert of_all([SUPPORTED, INCONCLUSIVE, NOT_RUN]) == NOT_RUN
    assert of_all([SUPPORTED, NOT_RUN, NOT_SUPPORTED]) == NOT_SUPPORTED
    assert of_all([]) == NOT_RUN


@pytest.mark.parametrize(
    ("differences", "word"),
    [
        ([1.0, 1.2, 0.9], "better"),
        ([-1.0, -1.2, -0.9], "worse"),
        ([1.0, -1.2, 0.9], CANNOT_TELL),
        ([0.1, 3.0, 1.0], CANNOT_TELL),
        ([0.0, 0.0, 0.0], CANNOT_TELL),
    ],
)
def test_words_for_an_interval(differences, word):
    assert compare_seeds(differences, [0.0] * 3, margin=0).conclusion("better", "worse") == word


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]).tolist() == [1.0, 1.0] and holm([0.02]).tolist() == [0.02] and holm([]).size == 0


@pytest.mark.parametrize("relation", ["comparable", "as_good", "better"])
def test_the_p_value_is_at_the_level_where_the_relation_is_refuted(relation):
    for shift in np.linspace(-9, 9, 41):
        found = compare_seeds([shift + 0.4, shift - 0.5, shift + 0.3], [0.0] * 3, margin=2.0)
        assert (found.p_refuted(relation) <= 0.025) == (getattr(found, relation) == NOT_SUPPORTED)


def test_the_p_value_is_students():
    differences = [-3.0, -4.5, -3.5]
    found = compare_seeds(differences, [0.0] * 3, margin=2.0)
    assert found.p_refuted("as_good") == pytest.approx(ttest_1samp(differences, -2, alternative="less").pvalue)
    assert found.p_refuted("better") == pytest.approx(ttest_1samp(differences, 0, alternative="less").pvalue)
    same = compare_seeds([1.0, 1.0], [1.0, 1.0], margin=2.0)
    assert (same.p_refuted("better"), same.p_refuted("as_good"), same.chance_to_support("as_good")) == (0.0, 1.0, 1.0)


@pytest.mark.parametrize("n", [3, 10])
def test_the_chance_to_support_is_that_of_the_noncentral_t(n):
    spread = np.resize([1.3, -1.3], n) + 50.0  # where the mean lies does not matter
    found = compare_seeds(spread.tolist(), [0.0] * n, margin=2.0)
    exact = nct.sf(t.ppf(0.975, n - 1), n - 1, found.margin / found.error)
    assert found.chance_to_support("as_good") == pytest.approx(exact, abs=1e-3)
    assert found.chance_to_support("better") == found.chance_to_support("as_good")
    assert found.chance_to_support("comparable") < found.chance_to_support("as_good")


def test_the_chance_to_support_is_how_often_the_rule_does_so():
    found = compare_seeds([1.1, -0.9, 0.2], [0.0] * 3, margin=2.0)
    rng, n = np.random.default_rng(0), 2000
    draws = rng.normal(0, found.error * math.sqrt(3), (n, 3)).tolist()
    told = [compare_seeds(draw, [0.0] * 3, margin=2.0) for draw in draws]
    for relation in ("comparable", "as_good"):
        share = sum(getattr(one, relation) == SUPPORTED for one in told) / n
        assert found.chance_to_support(relation) == pytest.approx(share, abs=0.035)
