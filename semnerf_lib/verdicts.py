"""Verdicts on a claim, computed from paired differences: the same folds, two models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student_t

from semnerf_lib.errors import SemnerfError

SUPPORTED, NOT_SUPPORTED, INCONCLUSIVE = "supported", "not supported", "inconclusive"


@dataclass(frozen=True)
class PairedComparison:
    """Paired differences a - b over folds.

    Attributes:
        differences: one a fold.
        mean: of the differences.
        low, high: ends of the confidence interval of the mean.
        confidence: of the interval.
        margin: how far apart "comparable" may be.
    """

    differences: tuple[float, ...]
    mean: float
    low: float
    high: float
    confidence: float
    margin: float

    @property
    def comparable(self) -> str:
        """The verdict on "a is comparable to b".

        Supported if the whole interval lies within +-margin (and the mean with it), not supported if the whole
        interval lies outside, inconclusive otherwise.
        """
        if -self.margin <= self.low and self.high <= self.margin:
            return SUPPORTED
        if self.low > self.margin or self.high < -self.margin:
            return NOT_SUPPORTED
        return INCONCLUSIVE


def compare_folds(a: list[float], b: list[float], margin: float, confidence: float = 0.95) -> PairedComparison:
    """Compares two models over the folds of one cross-validation.

        mean +- t_{n-1} sqrt((1/n + n_test / n_train) s^2),   n_test / n_train = 1 / (n - 1)

    where s^2 is the variance of the n differences. The second term corrects for training sets that share most of their
    frames: without it the interval is far too narrow [Nadeau and Bengio 2003, corrected resampled t].

    Args:
        a, b: scores of the two models, one a fold, in the same order.
        margin: in the unit of the scores.
        confidence: of the interval.

    Raises:
        SemnerfError: fewer than two folds, different counts, or a score that is not finite.

    >>> compare_folds([0.80, 0.81, 0.79], [0.80, 0.80, 0.80], margin=0.02).comparable
    'inconclusive'
    """
    n = len(a)
    if n < 2 or len(b) != n:
        raise SemnerfError(f"compare_folds: {n} and {len(b)} scores, expected the same count, at least 2")
    differences = np.subtract(a, b)
    if not np.isfinite(differences).all():
        raise SemnerfError(f"compare_folds: scores {a} and {b}, expected finite numbers")
    half = student_t.ppf((1 + confidence) / 2, n - 1) * differences.std(ddof=1) * np.sqrt(1 / n + 1 / (n - 1))
    mean = float(differences.mean())
    return PairedComparison(
        tuple(map(float, differences)), mean, mean - float(half), mean + float(half), confidence, margin
    )
