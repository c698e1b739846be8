"""Checks of notebook 19: a mean over scenes, and how often chance alone gives as many."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np

from semnerf_lib.teaching.checking import Check, Mistake


def scene_differences() -> list[tuple]:
    """Differences in points: one list a scene, one number a seed; scenes have unequally many seeds."""
    return [([[1.0, 2.0, 3.0], [-4.0]],), ([[0.5, 0.7], [2.0, 1.0, 6.0], [-3.0, -1.0]],)]


def mean_over_scenes(differences: Sequence[Sequence[float]]) -> float:
    """The right answer: the mean of the scenes' means."""
    return float(np.mean([np.mean(seeds) for seeds in differences]))


check_mean_over_scenes = Check(
    "mean_over_scenes",
    mean_over_scenes,
    scene_differences,
    (
        Mistake("all runs are in one pot in yours: a scene with more seeds counts more",
                lambda d: float(np.mean(np.concatenate(d)))),
        Mistake("that is the sum of the scenes' means: divide by the number of scenes",
                lambda d: float(np.sum([np.mean(seeds) for seeds in d]))),
        Mistake("that is the median of the scenes' means: the mean is asked for",
                lambda d: float(np.median([np.mean(seeds) for seeds in d]))),
        Mistake("that is the mean of the first seeds: each scene's mean is over all its seeds",
                lambda d: float(np.mean([seeds[0] for seeds in d]))),
    ),
    "The question is about scenes, so a scene counts once, however many seeds it has.",
)  # fmt: skip


def by_chance(k: int, n: int) -> float:
    """The right answer: P(X >= k) for X binomial with n trials of probability 1/2."""
    return sum(comb(n, i) for i in range(k, n + 1)) / 2**n


check_by_chance = Check(
    "by_chance",
    by_chance,
    lambda: [(5, 6), (4, 6), (9, 10)],
    (
        Mistake("that is the chance of exactly k: k OR MORE are asked for", lambda k, n: comb(n, k) / 2**n),
        Mistake("that is the chance of more than k: k itself belongs to it", lambda k, n: by_chance(k + 1, n)),
        Mistake("that is the chance of k or fewer: the other side", lambda k, n: by_chance(n - k, n)),
        Mistake("that counts both sides: one direction is asked for", lambda k, n: 2 * by_chance(k, n)),
        Mistake("that is the share of the scenes: how often would chance alone give so many?", lambda k, n: k / n),
    ),
    "With six scenes even six of six can be chance (1.6 %); five or more come out in 11 %.",
)  # fmt: skip
