"""A smooth surface through noisy scores of runs: a Gaussian process over how much was labelled and how wrongly.

    score = f(x) + noise,   f ~ GP(mean score, s^2 exp(-1/2 sum_k (x_k - x'_k)^2 / l_k^2)),   noise ~ N(0, t^2)

s, t and a length l_k for each of the four axes are those of the highest likelihood [Rasmussen and Williams 2006, 5.4].
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

from semnerf_lib.questions.least_annotation import FEWEST_FRAMES, FEWEST_PIXELS, MOST_WRONG

N_RESTARTS = 4
"""Starts of the search for the likeliest lengths; the first is 1 for all."""


def axes_of(
    frames: Float[np.ndarray, "points"],
    pixels: Float[np.ndarray, "points"],
    wrong_pixels: Float[np.ndarray, "points"],
    wrong_segments: Float[np.ndarray, "points"],
) -> Float[np.ndarray, "points 4"]:
    """The axes of the surface: log2(frames / 2) / 4, log10(pixels / 5e-4) / 2, and the wrong shares over a half."""
    return np.stack(
        [
            np.log2(np.asarray(frames) / FEWEST_FRAMES) / 4,
            np.log10(np.asarray(pixels) / FEWEST_PIXELS) / 2,
            np.asarray(wrong_pixels) / MOST_WRONG,
            np.asarray(wrong_segments) / MOST_WRONG,
        ],
        axis=-1,
    ).astype(np.float64)


@dataclass(frozen=True)
class Surface:
    """A surface that was fitted to runs.

    Attributes:
        process: of scikit-learn, fitted to `scores` over `x`.
        x: (n, 4) axes of the runs.
        scores: (n,) of the runs.
    """

    process: GaussianProcessRegressor
    x: Float[np.ndarray, "runs 4"]
    scores: Float[np.ndarray, "runs"]

    def predict(
        self, x: Float[np.ndarray, "points 4"]
    ) -> tuple[Float[np.ndarray, "points"], Float[np.ndarray, "points"]]:
        """The mean score at points, and the standard deviation of one more run there: of the surface and the noise."""
        return self.process.predict(x, return_std=True)

    def left_out(self) -> tuple[Float[np.ndarray, "runs"], Float[np.ndarray, "runs"]]:
        """What the surface predicts for each run from the others alone, and the standard deviation of that."""
        mean, scale = self.scores.mean(), self.scores.std()
        predicted, deviation = leave_one_out(self.process.kernel_(self.x), (self.scores - mean) / scale)
        return mean + scale * predicted, scale * deviation


def fit_surface(rows: Sequence[Mapping[str, Any]], score: str = "miou") -> Surface:
    """The surface through the runs of an answer.

    The share of wrong labels is counted in the labels: with few frames it differs from the one that was asked for.

    Args:
        rows: of the question "least_annotation", of one supervision.
        score: key of the number that the surface describes.
    """
    of_segments = np.array([row["wrong_segments"] > 0 for row in rows])
    wrong = np.array([row["wrong"] for row in rows])
    dials = (np.array([row[key] for row in rows]) for key in ("frames", "pixels"))
    x = axes_of(*dials, np.where(of_segments, 0.0, wrong), np.where(of_segments, wrong, 0.0))
    scores = np.array([row[score] for row in rows], dtype=np.float64)
    kernel = ConstantKernel(1.0, (0.1, 30.0)) * RBF(np.ones(4), (0.2, 20.0)) + WhiteKernel(0.05, (1e-4, 1.0))
    process = GaussianProcessRegressor(kernel, normalize_y=True, n_restarts_optimizer=N_RESTARTS, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a length at its bound: an axis that changes nothing
        process.fit(x, scores)
    return Surface(process, x, scores)


def leave_one_out(
    covariance: Float[np.ndarray, "runs runs"], scores: Float[np.ndarray, "runs"]
) -> tuple[Float[np.ndarray, "runs"], Float[np.ndarray, "runs"]]:
    """Each score as a Gaussian process of mean 0 predicts it from all the others, without n fits.

        mean_i = y_i - [K^-1 y]_i / [K^-1]_ii,   variance_i = 1 / [K^-1]_ii    [Rasmussen and Williams 2006, 5.12]

    Args:
        covariance: K, of the scores, with the noise on its diagonal.
        scores: y.

    Returns:
        means and standard deviations, the noise of the score that was left out included.
    """
    inverse = np.linalg.inv(covariance)
    variance = 1 / np.diag(inverse)
    return scores - inverse @ scores * variance, np.sqrt(variance)


def cheapest(
    scores: Float[np.ndarray, "*shape"], minutes: Float[np.ndarray, "*shape"], target: float
) -> tuple[int, ...] | None:
    """The index of the point that reaches the target in the least time; None if no point does.

    >>> cheapest(np.array([0.2, 0.7, 0.8]), np.array([1.0, 5.0, 9.0]), 0.6)
    (1,)
    """
    reached = np.where(scores >= target, minutes, np.inf)
    if not np.isfinite(reached).any():
        return None
    return tuple(int(i) for i in np.unravel_index(reached.argmin(), reached.shape))
