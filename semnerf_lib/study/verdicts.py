"""Verdicts on a claim, computed from paired differences: two models, the same folds or the same seeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import chdtri, ndtr, stdtr, stdtrit

from semnerf_lib.errors import SemnerfError

SUPPORTED, NOT_SUPPORTED, INCONCLUSIVE = "supported", "not supported", "inconclusive"
NOT_RUN, NO_VERDICT = "not run", "no verdict"
"""What is written instead of a verdict where runs are missing, and at smoke scale, where numbers mean nothing."""
CANNOT_TELL = "the seeds cannot tell"
"""What is written instead of a conclusion where the interval contains 0."""
LEVEL = 0.025
"""How often a one-sided statement may err, where the truth lies exactly at its limit: of a 95 % interval."""
QUANTILES = 2_000
"""Of the spread, for the chance to decide."""


@dataclass(frozen=True)
class PairedComparison:
    """Paired differences a - b over folds or seeds, of scores of which more is better.

    Each verdict reads the two-sided interval, so that the one-sided statements `better` and `as_good` err in at most
    (1 - confidence) / 2 of all repetitions, and that only where the truth lies exactly at their limit.

    Attributes:
        differences: one a fold or seed.
        mean: of the differences.
        low, high: ends of the confidence interval of the mean.
        confidence: of the interval.
        margin: how far apart "comparable" and "as good" may be.
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

    @property
    def as_good(self) -> str:
        """The verdict on "a is as good as b": a may be better, or worse by less than the margin.

        Supported if the whole interval lies at or above -margin, not supported if all of it lies below, else
        inconclusive.
        """
        if self.low >= -self.margin:
            return SUPPORTED
        return NOT_SUPPORTED if self.high < -self.margin else INCONCLUSIVE

    @property
    def better(self) -> str:
        """The verdict on "a is better than b", by however little; the margin has no part in it.

        Supported if the whole interval lies above 0, not supported if none of it does, else inconclusive.
        """
        if self.low > 0:
            return SUPPORTED
        return NOT_SUPPORTED if self.high <= 0 else INCONCLUSIVE

    @property
    def in_points(self) -> str:
        """The mean and its interval, as "−0.5 (−1.1 to +0.1)"."""
        return f"{self.mean:+.1f} ({self.low:+.1f} to {self.high:+.1f})".replace("-", "−")

    @property
    def error(self) -> float:
        """Standard error of the mean, from the interval."""
        return (self.high - self.mean) / float(stdtrit(len(self.differences) - 1, (1 + self.confidence) / 2))

    def p_refuted(self, relation: str) -> float:
        """The one-sided p-value against a relation: how often chance gives so low a mean if the relation just holds.

        It is at most (1 - confidence) / 2 exactly where the relation is "not supported". For "comparable" it is that
        of the nearer side.

        Args:
            relation: "comparable", "as_good" or "better".
        """
        if self.error == 0:
            return float(getattr(self, relation) != NOT_SUPPORTED)
        below = self.mean + (0.0 if relation == "better" else self.margin)
        beyond = min(below, self.margin - self.mean) if relation == "comparable" else below
        return float(stdtr(len(self.differences) - 1, beyond / self.error))

    def chance_to_support(self, relation: str) -> float:
        """How often "supported" comes out with so many repeats and this spread, if both models were equal.

            P(|d| <= margin - t s) for "comparable", P(d >= -margin + t s) for the others

        where d is normal around 0 with the standard error found here, and s^2 is an estimate of its square with n - 1
        degrees of freedom (chi-square); the mean over s is taken over quantiles. For "better" the truth is not 0 but
        the margin, because models that are equal should not be called better.

        Args:
            relation: "comparable", "as_good" or "better".
        """
        if self.error == 0:
            return 1.0
        df = len(self.differences) - 1
        quantiles = (np.arange(QUANTILES) + 0.5) / QUANTILES
        half = stdtrit(df, (1 + self.confidence) / 2) * np.sqrt(chdtri(df, quantiles) / df)
        reach = self.margin / self.error - half
        chances = 2 * ndtr(reach) - 1 if relation == "comparable" else ndtr(reach)
        return float(np.clip(chances, 0, 1).mean())

    def conclusion(self, more: str, less: str) -> str:
        """The word `more` if the whole interval lies above 0, `less` if all of it lies below, else CANNOT_TELL.

        Both directions are tested at once, so this errs in up to 1 - confidence of all repetitions.
        """
        if self.low > 0:
            return more
        return less if self.high < 0 else CANNOT_TELL


def compare_folds(
    a: list[float], b: list[float], margin: float, views: str = "test", confidence: float = 0.95
) -> PairedComparison:
    """Compares two models over the folds of one cross-validation.

        mean +- t_{n-1} sqrt((1/n + rho / (1 - rho)) s^2)

    where s^2 is the variance of the n differences and rho their correlation, which comes from shared frames: without it
    the interval is far too narrow [Nadeau and Bengio 2003, corrected resampled t]. At held-out poses rho is taken to
    be n_test / (n_test + n_train) = 1 / n, as there. At training poses two folds share n - 2 of their n - 1 parts,
    to train on and to be scored on, and rho = (n - 2) / (n - 1).

    Args:
        a, b: scores of the two models, one a fold, in the same order.
        margin: in the unit of the scores.
        views: at which poses they were scored, "test" or "train".
        confidence: of the interval.

    Raises:
        SemnerfError: fewer than two folds, different counts, or a score that is not finite.

    >>> compare_folds([0.80, 0.81, 0.79], [0.80, 0.80, 0.80], margin=0.02).comparable
    'inconclusive'
    """
    n = max(len(a), 2)
    rho = 1 / n if views == "test" else (n - 2) / (n - 1)
    return _compare("compare_folds", a, b, 1 / n + rho / (1 - rho), margin, confidence)


def compare_seeds(a: list[float], b: list[float], margin: float, confidence: float = 0.95) -> PairedComparison:
    """Compares two models over seeds, on one split of one scene.

        mean +- t_{n-1} sqrt(s^2 / n)

    Runs that differ in their seed alone are independent repetitions of the training, so the plain paired t interval
    holds. It covers what a seed decides: initial weights, the rays drawn, and the draw of a random corruption. It does
    not cover the choice of the frames, of the scene, or of the settings, all of which were the same in every run.

    Args:
        a, b: scores of the two models, one a seed, in the same order.
        margin: in the unit of the scores.
        confidence: of the interval.

    Raises:
        SemnerfError: fewer than two seeds, different counts, or a score that is not finite.

    >>> compare_seeds([80.0, 81.0, 79.0], [70.0, 70.0, 70.0], margin=2.0).better
    'supported'
    """
    return _compare("compare_seeds", a, b, 1 / max(len(a), 1), margin, confidence)


def _compare(
    name: str, a: list[float], b: list[float], factor: float, margin: float, confidence: float
) -> PairedComparison:
    """mean +- t_{n-1} sqrt(factor s^2) of the differences a - b."""
    n = len(a)
    if n < 2 or len(b) != n:
        raise SemnerfError(f"{name}: {n} and {len(b)} scores, expected the same count, at least 2")
    differences = np.subtract(a, b)
    if not np.isfinite(differences).all():
        raise SemnerfError(f"{name}: scores {a} and {b}, expected finite numbers")
    half = float(stdtrit(n - 1, (1 + confidence) / 2) * differences.std(ddof=1) * np.sqrt(factor))
    mean = float(differences.mean())
    return PairedComparison(tuple(map(float, differences)), mean, mean - half, mean + half, confidence, margin)


def holm(p_values: Sequence[float]) -> Float[np.ndarray, "statements"]:
    """p-values corrected for their number, in the order given [Holm 1979].

        the k-th smallest of m becomes the largest of (m - j + 1) p_j over j <= k, at most 1

    However many of the statements are true, the chance that one of these gets a corrected value of at most alpha is at
    most alpha.

    >>> holm([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    corrected = np.empty_like(p)
    corrected[order] = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1)).clip(max=1)
    return corrected


def of_all(verdicts: Iterable[str]) -> str:
    """The verdict on a claim that makes several statements, each with a verdict of its own.

    Not supported if one statement is not supported: one counterexample is enough, whatever further runs show. Else not
    run if one was not run (or there is no statement), or no verdict if one has none. Supported if all are supported,
    without a correction for their number, because each had to pass. Inconclusive otherwise.

    >>> of_all([SUPPORTED, INCONCLUSIVE]), of_all([SUPPORTED, NOT_RUN, NOT_SUPPORTED]), of_all([])
    ('inconclusive', 'not supported', 'not run')
    """
    given = set(verdicts)
    for verdict in (NOT_SUPPORTED, NOT_RUN, NO_VERDICT, INCONCLUSIVE):
        if verdict in given:
            return verdict
    return SUPPORTED if given else NOT_RUN
