"""Checks of notebooks 05 and 10: scores, intervals, and what may be concluded from them."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student_t

from semnerf_lib.metrics import label_scores
from semnerf_lib.study.verdicts import INCONCLUSIVE, NOT_SUPPORTED, SUPPORTED, PairedComparison, compare_folds
from semnerf_lib.teaching.checking import Check, Mistake


def confusions() -> list[tuple]:
    """Rows are the truth; the last class is in no truth, though predicted once."""
    return [(np.array([[50, 4, 0, 1], [3, 20, 2, 0], [6, 0, 9, 0], [0, 0, 0, 0]]),)]


def mean_iou(confusion: np.ndarray) -> float:
    """The right answer: the mean IoU of the classes that the truth holds."""
    return label_scores(confusion).miou


def _over_present(score):
    def mean(m):
        hits, truth, predicted = np.diag(m), m.sum(1), m.sum(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(np.nanmean(score(hits, truth, predicted)[truth > 0]))

    return mean


def _all_classes(m):
    hits, truth, predicted = np.diag(m), m.sum(1), m.sum(0)
    return float(np.mean(hits / np.maximum(truth + predicted - hits, 1)))


def _by_pixels(m):
    hits, truth, predicted = np.diag(m), m.sum(1), m.sum(0)
    return float(np.sum((hits / (truth + predicted - hits)) * truth) / truth.sum())


check_miou = Check(
    "mean_iou",
    mean_iou,
    confusions,
    (
        Mistake("a class that the truth does not hold counts as 0 in yours (the other convention): leave it out",
                _all_classes),
        Mistake("that is the mean recall (average accuracy): false alarms belong below the line too",
                _over_present(lambda h, t, p: h / t)),
        Mistake("that is the mean precision: missed pixels belong below the line too",
                _over_present(lambda h, t, p: h / p)),
        Mistake("the hits were counted twice below the line: truth + predicted - hits",
                _over_present(lambda h, t, p: h / (t + p))),
        Mistake("that is the Dice score, 2 hits / (truth + predicted): IoU has the union below the line",
                _over_present(lambda h, t, p: 2 * h / (t + p))),
        Mistake("classes are weighed by their pixels in yours: every class counts the same, a vase as much as a wall",
                _by_pixels),
        Mistake("that is the total accuracy: large classes alone decide it", lambda m: float(np.trace(m) / m.sum())),
        Mistake("one ratio of sums over all classes: take each class's IoU first, then their mean",
                lambda m: float(np.trace(m) / (2 * m.sum() - np.trace(m)))),
        Mistake("NaN: the absent class is 0 / something or 0 / 0; leave it out", lambda m: float("nan")),
    ),
    "A mean over classes hides which of them paid: look at each as well.",
)  # fmt: skip


def fold_interval(a: list[float], b: list[float]) -> tuple[float, float]:
    """The right answer: 95 % interval of the mean difference over the folds of one cross-validation."""
    result = compare_folds(a, b, margin=1.0)
    return result.low, result.high


def _interval(factor=lambda n: 1 / n + 1 / (n - 1), ddof=1, quantile=lambda n: student_t.ppf(0.975, n - 1)):
    def interval(a, b):
        d = np.subtract(a, b)
        half = quantile(len(d)) * np.sqrt(factor(len(d)) * d.var(ddof=ddof))
        return d.mean() - half, d.mean() + half

    return interval


def _unpaired(a, b):
    n, d = len(a), np.mean(a) - np.mean(b)
    half = student_t.ppf(0.975, 2 * n - 2) * np.sqrt((np.var(a, ddof=1) + np.var(b, ddof=1)) / n)
    return d - half, d + half


check_interval = Check(
    "fold_interval",
    fold_interval,
    lambda: [
        ([90.1, 91.0, 89.5, 90.4, 90.9], [90.6, 90.8, 89.9, 90.1, 91.2]),
        ([71.0, 70.2, 73.1], [69.0, 69.9, 70.4]),
    ],
    (
        Mistake("that takes folds for independent: they share frames, so add n_test / n_train = 1 / (n - 1) to 1 / n",
                _interval(lambda n: 1 / n)),
        Mistake("1 / n is missing: the factor is 1 / n + n_test / n_train", _interval(lambda n: 1 / (n - 1))),
        Mistake("n_test / n_train is 1 / (n - 1): one part to test on, n - 1 to train on",
                _interval(lambda n: 2 / n)),
        Mistake("the variance of a sample divides by n - 1: ddof=1", _interval(ddof=0)),
        Mistake("1.96 is for many; few folds need Student's t with n - 1 degrees of freedom",
                _interval(quantile=lambda n: norm.ppf(0.975))),
        Mistake("n degrees of freedom: the mean took one of them, n - 1 are left",
                _interval(quantile=lambda n: student_t.ppf(0.975, n))),
        Mistake("a two-sided 95 % interval leaves 2.5 % on EACH side: the quantile of 0.975",
                _interval(quantile=lambda n: student_t.ppf(0.95, n - 1))),
        Mistake("those are two clouds of scores: take the difference within each fold first, its difficulty cancels",
                _unpaired),
        Mistake("the other way round: a minus b", lambda a, b: fold_interval(b, a)),
        Mistake("that is the spread of the differences, not of their mean",
                _interval(lambda n: 1.0)),
    ),
    "Folds share frames, so their differences are not independent.",
)  # fmt: skip


def as_good(low: float, high: float, margin: float) -> str:
    """The right answer: the verdict on "a is as good as b" from the interval of a - b."""
    return PairedComparison((), (low + high) / 2, low, high, 0.95, margin).as_good


def _verdict(relation):
    return lambda low, high, margin: getattr(PairedComparison((), (low + high) / 2, low, high, 0.95, margin), relation)


def _by_mean(low, high, margin):
    return SUPPORTED if (low + high) / 2 >= -margin else NOT_SUPPORTED


def _no_middle(low, high, margin):
    return SUPPORTED if low >= -margin else NOT_SUPPORTED


def _by_high(low, high, margin):
    return SUPPORTED if high >= -margin else NOT_SUPPORTED


def _needs_zero(low, high, margin):
    return SUPPORTED if low >= -margin else NOT_SUPPORTED if high < 0 else INCONCLUSIVE


check_verdict = Check(
    "as_good",
    as_good,
    lambda: [(*ends, 2.0) for ends in ((-0.8, 0.4), (-3.0, -0.5), (-6.0, -2.5), (2.5, 4.0), (-1.5, 3.0), (-4.0, 1.0),
                                       (-1.9, -0.1), (-6.0, -1.0))],
    (
        Mistake("what is not shown is not refuted: an interval on both sides of -margin is INCONCLUSIVE",
                _no_middle),
        Mistake("the mean alone decides in yours: the whole interval must lie above -margin", _by_mean),
        Mistake("one end above -margin is not enough: the whole interval must be", _by_high),
        Mistake("that is *comparable*: one that is much better is *as good*, too", _verdict("comparable")),
        Mistake("that is *better*: as good may be worse by less than the margin", _verdict("better")),
        Mistake("not supported needs the whole interval below -margin, not below 0: a little worse is as good",
                _needs_zero),
        Mistake("the sign of the margin: as good allows a to be WORSE by it",
                lambda low, high, m: SUPPORTED if low >= m else NOT_SUPPORTED if high < m else INCONCLUSIVE),
    ),
    "Three answers, and *inconclusive* is one of them.",
)  # fmt: skip


def half_width(spread: float, n: int) -> float:
    """The right answer: half of a 95 % interval of n independent differences with this sample deviation."""
    return float(student_t.ppf(0.975, n - 1) * spread / np.sqrt(n))


check_half_width = Check(
    "half_width",
    half_width,
    lambda: [(1.0, 3), (2.0, 10), (0.7, 5)],
    (
        Mistake("that is the deviation of one difference; that of their mean is sqrt(n) smaller",
                lambda s, n: student_t.ppf(0.975, n - 1) * s),
        Mistake("divided by n: the deviation of a mean falls with sqrt(n)",
                lambda s, n: student_t.ppf(0.975, n - 1) * s / n),
        Mistake("1.96 is for many; n differences need Student's t with n - 1 degrees of freedom",
                lambda s, n: norm.ppf(0.975) * s / np.sqrt(n)),
        Mistake("n degrees of freedom: the mean took one of them, n - 1 are left",
                lambda s, n: student_t.ppf(0.975, n) * s / np.sqrt(n)),
        Mistake("a two-sided 95 % interval leaves 2.5 % on EACH side: the quantile of 0.975",
                lambda s, n: student_t.ppf(0.95, n - 1) * s / np.sqrt(n)),
        Mistake("that is the whole width", lambda s, n: 2 * student_t.ppf(0.975, n - 1) * s / np.sqrt(n)),
        Mistake("that is sqrt(n - 1) below the line; `spread` already is the sample's (ddof=1), so sqrt(n)",
                lambda s, n: student_t.ppf(0.975, n - 1) * s / np.sqrt(n - 1)),
    ),
    "2.48 times the spread with three seeds, 0.72 with ten, 0.47 with twenty: the first few help most.",
)  # fmt: skip


def chance_of_a_failure(n: int, each: float) -> float:
    """The right answer: how likely it is that one of n independent true statements fails, each with this chance."""
    return 1 - (1 - each) ** n


check_chance = Check(
    "chance_of_a_failure",
    chance_of_a_failure,
    lambda: [(8, 0.025), (1, 0.025), (48, 0.025), (20, 0.05)],
    (
        Mistake("n times the chance is an upper bound (Bonferroni's), and above 1 for many: 1 - (1 - p)^n",
                lambda n, p: n * p),
        Mistake("that is the chance that NONE fails", lambda n, p: (1 - p) ** n),
        Mistake("that is the chance that ALL fail", lambda n, p: p**n),
        Mistake("that is the chance that not all fail", lambda n, p: 1 - p**n),
        Mistake("that is the chance that exactly one fails; two are a failure, too",
                lambda n, p: n * p * (1 - p) ** (n - 1)),
    ),
    "The more corruptions, the likelier one fails by chance: so their count stands beside each verdict.",
)  # fmt: skip


check_rays_per_pixel = Check(
    "rays_per_pixel",
    lambda iterations, n_rays, frames, width, height, labelled: (
        iterations * n_rays / (frames * width * height * labelled)
    ),
    lambda: [(400, 1536, 180, 160, 120, 0.9), (200_000, 1024, 180, 320, 240, 1.0)],
    (
        Mistake("that is for each pixel: only those with a label count", lambda i, n, f, w, h, s: i * n / (f * w * h)),
        Mistake("the share is above the line in yours: fewer labels get MORE rays each",
                lambda i, n, f, w, h, s: i * n * s / (f * w * h)),
        Mistake("that is for the pixels of one image: there are `frames` of them",
                lambda i, n, f, w, h, s: i * n / (w * h * s)),
        Mistake("that is how many pixels share one ray: take 1 over it",
                lambda i, n, f, w, h, s: f * w * h * s / (i * n)),
    ),
    "The short run never meets most of the labels; the paper's run meets each about fifteen times.",
)  # fmt: skip


def aitken(scores: tuple[float, float, float]) -> float:
    """The right answer: the limit of a series whose differences shrink by a constant factor [Aitken 1926]."""
    return scores[2] + _to_come(scores)


def _to_come(scores):
    gain, next_gain = np.diff(scores)
    return next_gain**2 / (gain - next_gain)


check_limit = Check(
    "limit",
    aitken,
    lambda: [((0.6, 0.7, 0.75),), ((0.2, 0.6, 0.7),), ((0.9, 0.8, 0.78),)],
    (
        Mistake("that adds one more doubling: the gains go on, and each is smaller",
                lambda s: s[2] + (s[2] - s[1]) ** 2 / (s[1] - s[0])),
        Mistake("that goes on in a straight line: the gains shrink", lambda s: 2 * s[2] - s[1]),
        Mistake("the sign: what is still to come is ADDED to the last score", lambda s: s[2] - _to_come(s)),
        Mistake("you began at the first score: what is still to come starts from the last",
                lambda s: s[0] + _to_come(s)),
    ),
    "An extrapolation is a guess: it holds only if the gains really shrink by one factor.",
)  # fmt: skip
