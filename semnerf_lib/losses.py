"""Losses: of rendered classes and labels, for the baseline of colours, and of where samples and weights lie."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from semnerf_lib.machine.raymarching import cover_loss
from semnerf_lib.scene import VOID


def semantic_loss(sem_logits: Float[Tensor, "rays classes"], labels: Int[Tensor, "rays"]) -> Float[Tensor, ""]:
    """Cross-entropy between rendered logits and labels, mean over the labelled rays: P1's only loss [P2 eq. 6].

        L = -1/|R| sum_{r in R} log softmax(S(r))[label(r)],   R = rays whose label is not VOID

    Without one labelled ray the loss is 0, with zero gradient (PyTorch's own mean would be NaN).
    """
    summed = F.cross_entropy(sem_logits, labels, ignore_index=VOID, reduction="sum")
    return summed / (labels != VOID).sum().clamp_min(1)


def photometric_loss(rgb_map: Float[Tensor, "rays 3"], rgb: Float[Tensor, "rays 3"]) -> Float[Tensor, ""]:
    """Mean squared colour error, colours in [0, 1] [P2 eq. 5]."""
    return F.mse_loss(rgb_map, rgb)


def proposal_loss(
    z_coarse: Float[Tensor, "rays coarse"],
    w_coarse: Float[Tensor, "rays coarse"],
    z_fine: Float[Tensor, "rays fine"],
    w_fine: Float[Tensor, "rays fine"],
) -> Float[Tensor, ""]:
    """Teaches a proposal to cover the field's weights; gradients reach the proposal only [Mip-NeRF 360 eq. 13].

        L = 1/rays sum_i max(0, w_i - bound_i)^2 / (w_i + 1e-7)

    where bound_i is the coarse weight of all coarse intervals that touch fine interval i. Interval i runs from z_i to
    z_{i+1}; the last one has no end.
    """
    w_fine = w_fine.detach()
    if w_coarse.device.type == "cpu":
        return cover_loss(z_coarse, w_coarse, z_fine, w_fine)
    total = torch.cumsum(w_coarse, dim=-1)
    total = torch.cat([torch.zeros_like(total[:, :1]), total], dim=-1)
    first = (torch.searchsorted(z_coarse.contiguous(), z_fine.contiguous(), right=True) - 1).clamp_min(0)
    ends = torch.cat([z_fine[:, 1:], torch.full_like(z_fine[:, :1], torch.inf)], dim=-1)
    last = torch.searchsorted(z_coarse.contiguous(), ends.contiguous(), right=False)
    bound = total.gather(-1, last) - total.gather(-1, first)
    return (torch.relu(w_fine - bound) ** 2 / (w_fine + 1e-7)).sum(-1).mean()


def distortion_loss(
    z_vals: Float[Tensor, "rays samples"], weights: Float[Tensor, "rays samples"], far: float
) -> Float[Tensor, ""]:
    """Draws the weights of a ray together, towards one surface [Mip-NeRF 360 eq. 15, discrete].

        L = 1/rays sum_ij w_i w_j |s_i - s_j| + 1/3 sum_i w_i^2 (s_{i+1} - s_i),   s = z / far

    The first sum is

        2 sum_i w_i (s_i W_i - S_i),   W_i = sum_{j<i} w_j,   S_i = sum_{j<i} w_j s_j
    """
    s = z_vals / far
    mass, moment = torch.cumsum(weights, -1) - weights, torch.cumsum(weights * s, -1) - weights * s
    spread = 2 * (weights * (s * mass - moment)).sum(-1)
    width = (weights[:, :-1] ** 2 * torch.diff(s, dim=-1)).sum(-1) / 3
    return (spread + width).mean()
