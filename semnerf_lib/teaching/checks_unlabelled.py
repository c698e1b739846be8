"""Checks of notebook 14: where along a ray its opacity lies, and whether a score tells some pixels from others."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from semnerf_lib.questions.ray_views import auroc, opacity_by_depth
from semnerf_lib.teaching.checking import Check, Mistake


def rays_and_depths() -> list[tuple]:
    """A ray with fog, one with a hole of which a part goes through, one that ends at the edges of the surface."""
    return [
        (torch.tensor([0.3, 0.1, 0.4, 0.2]), torch.tensor([0.5, 1.2, 2.0, 2.6]), 2.05, 0.1),
        (torch.tensor([0.0, 0.1, 0.2, 0.5]), torch.tensor([0.5, 1.0, 1.5, 3.0]), 1.0, 0.25),
        (torch.tensor([0.2, 0.3, 0.4, 0.1]), torch.tensor([0.5, 1.0, 1.5, 2.0]), 1.25, 0.25),
    ]


def opacity(weights: Tensor, z_vals: Tensor, depth: float, tolerance: float) -> Tensor:
    """The right answer: the shares of one ray's weights before, at and behind a depth."""
    return opacity_by_depth(weights[None], z_vals[None], torch.tensor([depth]), tolerance)[0]


def _parts(weights, z_vals, depth, tolerance, before=None, at=None, behind=None):
    off = z_vals - depth
    before = weights[off < -tolerance].sum() if before is None else before
    at = weights[off.abs() <= tolerance].sum() if at is None else at
    return torch.stack([before, at, 1 - before - at if behind is None else behind])


check_opacity = Check(
    "opacity",
    opacity,
    rays_and_depths,
    (
        Mistake("what passes all samples is missing: behind is 1 - before - at, not a sum of weights",
                lambda w, z, d, t: _parts(w, z, d, t, behind=w[z - d > t].sum())),
        Mistake("the tolerance is missing: a surface is as thick as it says",
                lambda w, z, d, t: _parts(w, z, d, 0.0)),
        Mistake("before and behind are swapped: a sample before the surface has the smaller z",
                lambda w, z, d, t: opacity(w, z, d, t).flip(0)),
        Mistake("those are numbers of samples; the task asks for their weights",
                lambda w, z, d, t: opacity(torch.full_like(w, 1 / len(w)), z, d, t)),
        Mistake("a sample exactly at the tolerance belongs to the surface: use <=",
                lambda w, z, d, t: _parts(w, z, d, t, w[z - d <= -t].sum(), w[(z - d).abs() < t].sum())),
    ),
    "The three shares sum to 1: nothing of the ray is lost.",
)  # fmt: skip


def scores_and_masks() -> list[tuple]:
    """Scores with ties; scores that are the wrong way round; scores that tell nothing."""
    return [
        (np.array([0.1, 0.4, 0.4, 0.9, 0.2]), np.array([False, True, False, True, False])),
        (np.array([5.0, 4.0, 1.0, 2.0]), np.array([False, False, True, True])),
        (np.array([1.0, 1.0, 1.0]), np.array([True, False, False])),
    ]


def _chance(score, wanted, wins):
    return float(wins(score[wanted][:, None], score[~wanted]).mean())


check_auroc = Check(
    "auroc",
    lambda score, wanted: auroc(score, wanted),
    scores_and_masks,
    (
        Mistake("a tie counts half: guessing has to score 0.5", lambda s, w: _chance(s, w, np.greater)),
        Mistake("a tie counts half, not whole", lambda s, w: _chance(s, w, np.greater_equal)),
        Mistake("the other way round: it is the chance that the WANTED pixel has the higher score",
                lambda s, w: 1 - auroc(s, w)),
        Mistake("that is accuracy at one threshold; the task asks for all pairs of a wanted pixel and another one",
                lambda s, w: float(((s > s.mean()) == w).mean())),
        Mistake("that is a difference of means; the task asks how often one is higher, not by how much",
                lambda s, w: float(s[w].mean() - s[~w].mean())),
        Mistake("that is the number of pairs; the task asks for their share",
                lambda s, w: auroc(s, w) * w.sum() * (~w).sum()),
    ),
    "It asks for no threshold, and it does not matter how many of the pixels are wanted.",
)  # fmt: skip
