"""Checks of notebook 11: what pulls a ray's weights together, and where views agree on a label."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from semnerf_lib.losses import distortion_loss
from semnerf_lib.scene import VOID
from semnerf_lib.teaching.checking import Check, Mistake


def weighted_rays() -> list[tuple]:
    """Weights all over a ray; then two surfaces behind each other."""
    generator = torch.Generator().manual_seed(0)
    s, w = (torch.rand(9, generator=generator) for _ in range(2))
    return [(s.sort().values, w / w.sum()), (torch.tensor([0.1, 0.2, 0.5, 0.9]), torch.tensor([0.0, 0.6, 0.0, 0.4]))]


def distortion(s: Tensor, w: Tensor) -> Tensor:
    """The right answer: sum_ij w_i w_j |s_i - s_j| + 1/3 sum_i w_i^2 (s_{i+1} - s_i)."""
    return distortion_loss(s[None], w[None], 1.0)


def _pairs(s, w, away=torch.abs):
    return (w[:, None] * w * away(s[:, None] - s)).sum()


def _widths(s, w):
    return (w[:-1] ** 2 * torch.diff(s)).sum() / 3


check_distortion = Check(
    "distortion",
    distortion,
    weighted_rays,
    (
        Mistake("the sum goes over all i and j, so each pair counts twice",
                lambda s, w: _pairs(s, w) / 2 + _widths(s, w)),
        Mistake("the second sum is missing: a weight is spread over its own interval, too", _pairs),
        Mistake("without the size |s_i - s_j| the pairs cancel, and only the second sum is left", _widths),
        Mistake("in the second sum the weights are squared",
                lambda s, w: _pairs(s, w) + (w[:-1] * torch.diff(s)).sum() / 3),
        Mistake("the second sum is divided by 3: the mean distance of two places in an interval is a third of it",
                lambda s, w: _pairs(s, w) + 3 * _widths(s, w)),
        Mistake("the distances are squared in yours: far apart would cost too much",
                lambda s, w: _pairs(s, w, torch.square) + _widths(s, w)),
        Mistake("those are means; the loss of a ray is a sum",
                lambda s, w: _pairs(s, w) / len(s) ** 2 + _widths(s, w) / (len(s) - 1)),
    ),
    "It is 0 only for a ray with all of its weight in one place.",
)  # fmt: skip


def views_of_points() -> list[tuple]:
    """A point on a surface, one in the air, one that two views show on void, one that nobody knows."""
    votes = ([4, 4, 4, 4, 4], [0, 3, 1, 3, 2, 0, 3], [2, VOID, 2, 1, VOID, 5], [VOID, VOID])
    return [(np.array(each),) for each in votes]


def agreement(votes: np.ndarray) -> float:
    """The right answer: the share of the most frequent label among those that are none of VOID; 0 without one."""
    return _share(votes[votes != VOID])


def _share(votes, of=None):
    return float(np.bincount(votes).max() / (of or len(votes))) if len(votes) else 0.0


def _undefined(votes):
    valid = votes[votes != VOID]
    return _share(valid) if len(valid) else float("nan")


check_agreement = Check(
    "agreement",
    agreement,
    views_of_points,
    (
        Mistake("VOID was counted among the votes: a view that does not know abstains",
                lambda v: _share(v[v != VOID], len(v))),
        Mistake("VOID won a vote as if it were a class: leave it out", _share),
        Mistake("without a vote yours is NaN (0 / 0): make it 0", _undefined),
        Mistake("that is the number of votes; the task asks for their share",
                lambda v: _share(v[v != VOID], 1)),
        Mistake("that is the label that won; the task asks for its share of the votes",
                lambda v: float(np.bincount(v[v != VOID]).argmax()) if (v != VOID).any() else 0.0),
        Mistake("that is the share of different labels; the task asks for the most frequent one's",
                lambda v: len(np.unique(v[v != VOID])) / max(1, (v != VOID).sum())),
        Mistake("all of them or nothing: yours is 1 or 0, the task asks for the share",
                lambda v: float(agreement(v) == 1)),
    ),
    "On a surface it is 1 wherever views are right; in the air each view has something else behind the point.",
)  # fmt: skip
