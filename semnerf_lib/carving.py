"""Where surfaces may be, computed from the label images alone before the first step: shape from label agreement.

A point on a surface has one class in all views that see it. A point in the air has another surface behind it in each
view, and so other classes. Where views agree on a label there may be a surface; where they do not there is none. Space
carving [Kutulakos and Seitz 2000] does the same with colours; P1 and P2 do neither. The result only decides where the
first samples go: training changes the proposal from there on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from semnerf_lib.cameras import project
from semnerf_lib.grid import DensityGrid
from semnerf_lib.scene import VOID, Scene

VIEWS = 48
"""Views that vote, evenly spread over the training frames."""
FEWEST = 3
"""A point with fewer votes keeps its density."""


def agreement(
    scene: Scene, labels: np.ndarray, points: Float[Tensor, "points 3"]
) -> tuple[Float[Tensor, "points"], Bool[Tensor, "points"]]:
    """The share of the views of a point that have its most frequent label there.

        a(x) = max_c n_c(x) / sum_c n_c(x)

    with the votes n_c(x) of `VIEWS` training views (see `votes_by_class`). Occlusion is ignored.

    Args:
        scene: cameras and training frames.
        labels: (N, H, W) what they are labelled with, corrupted or not.
        points: metres.

    Returns:
        a, 0 without a vote; and whether there were at least `FEWEST` votes.
    """
    votes = votes_by_class(scene, labels, points, evenly(scene.train_ids, VIEWS))
    counts = votes.sum(-1)
    return votes.amax(-1) / counts.clamp_min(1), counts >= FEWEST


def evenly(views: Sequence[int], count: int) -> list[int]:
    """At most `count` of the views, evenly spread from the first to the last."""
    return [views[k] for k in np.linspace(0, len(views) - 1, min(count, len(views))).round().astype(int)]


def votes_by_class(
    scene: Scene,
    labels: np.ndarray,
    points: Float[Tensor, "points 3"],
    views: Sequence[int],
    depth: Mapping[int, Float[Tensor, "height width"]] | None = None,
    slack: float = 0.0,
) -> Float[Tensor, "points classes"]:
    """n_c(x): how many views show a point x on a pixel labelled c.

    Args:
        scene: cameras.
        labels: (N, H, W) of all frames; void pixels do not vote.
        points: metres.
        views: the frames that vote.
        depth: metres along the optical axis, a map a view: a view in which x lies more than `slack` behind does not
            vote, since something hides x. None: nobody knows what hides it.
        slack: metres.
    """
    votes, camera = torch.zeros(len(points), scene.n_classes), scene.intrinsics
    for i in views:
        u, v, z = project(points, camera, torch.tensor(scene.c2w[i], dtype=torch.float32))
        u, v = u.round(), v.round()
        inside = (z > scene.near) & (u >= 0) & (u < camera.width) & (v >= 0) & (v < camera.height)
        inside = inside.nonzero()[:, 0]
        row, column = v[inside].long(), u[inside].long()
        label = torch.tensor(labels[i])[row, column].long()
        votes_here = label != VOID
        if depth is not None:
            votes_here &= z[inside] <= depth[i][row, column] + slack
        votes[inside[votes_here], label[votes_here]] += 1
    return votes


@torch.no_grad()
def carve(proposal: DensityGrid, scene: Scene, labels: np.ndarray, strength: float) -> None:
    """Starts a proposal with more density where the views agree: its raw values, log of 1/m, get

        strength * (a(x) - mean a)

    at each grid point with enough votes. With strength 4, a point on which all views agree begins with e^2 = 7 times
    the density of one on which half of them do.
    """
    (size,) = proposal.grid.sizes.tolist()
    table, axes = proposal.grid.table, [torch.linspace(0, 1, n) for n in size]
    points = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).reshape(-1, 3)
    a, seen = agreement(scene, labels, proposal.box.inverse(points.to(table.device)).cpu())
    if seen.any():
        table[:, 0] += torch.where(seen, strength * (a - a[seen].mean()), 0.0).to(table.device)
