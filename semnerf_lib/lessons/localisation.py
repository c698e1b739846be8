"""Camera localisation: a pose is moved until the rendered image agrees with the image that the camera took.

What iNeRF (arXiv 2012.05877) does with colours is done here with labels alone as well.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from semnerf_lib.cameras import Intrinsics, rays_from_pixels
from semnerf_lib.lessons.depth_by_boundary import boundary_distance
from semnerf_lib.losses import photometric_loss, semantic_loss
from semnerf_lib.models import ProposalModel
from semnerf_lib.rendering import Rendered, render_proposal
from semnerf_lib.scene import VOID

Loss = Callable[[Rendered, Tensor, Tensor], Tensor]
"""(a rendering of some pixels, their columns, their rows) -> how far it is from the camera's own image."""
NEAR_BOUNDARY = 8
"""Pixels from a boundary within which half of the rays are drawn: elsewhere a small move changes no label."""


def moved(c2w: Float[Tensor, "4 4"], twist: Float[Tensor, "6"]) -> Float[Tensor, "4 4"]:
    """A pose turned about the camera's own axes and shifted.

        R' = R exp([w]_x),   t' = t + v

    Args:
        twist: w in radians, then v in metres.
    """
    x, y, z = twist[:3]
    zero = torch.zeros_like(x)
    skew = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero]).reshape(3, 3)
    rotation, position = c2w[:3, :3] @ torch.linalg.matrix_exp(skew), c2w[:3, 3] + twist[3:]
    return torch.cat([torch.cat([rotation, position[:, None]], dim=1), c2w[3:]])


def pose_error(estimate: Float[np.ndarray, "4 4"], truth: Float[np.ndarray, "4 4"]) -> tuple[float, float]:
    """How far a pose is from the true one: metres, and the angle of the rotation between them in degrees."""
    turn = estimate[:3, :3].T @ truth[:3, :3]
    cosine = np.clip((np.trace(turn) - 1) / 2, -1, 1)
    return float(np.linalg.norm(estimate[:3, 3] - truth[:3, 3])), float(np.degrees(np.arccos(cosine)))


def perturbed(
    c2w: Float[np.ndarray, "4 4"], metres: float, degrees: float, rng: np.random.Generator
) -> Float[np.ndarray, "4 4"]:
    """A pose that is a given distance and angle off, in random directions."""
    axes = rng.normal(size=(2, 3))
    turn, shift = axes / np.linalg.norm(axes, axis=1, keepdims=True) * [[np.radians(degrees)], [metres]]
    return moved(torch.from_numpy(c2w.copy()), torch.from_numpy(np.concatenate([turn, shift]))).numpy()


def labels_loss(labels: UInt8[np.ndarray, "height width"]) -> Loss:
    """The cross-entropy of rendered logits with an image of labels [P1]."""
    truth = torch.from_numpy(labels.copy()).long()
    return lambda rendered, u, v: semantic_loss(rendered.sem_logits, truth[v, u])


def colours_loss(rgb: UInt8[np.ndarray, "height width 3"]) -> Loss:
    """The mean squared error of rendered colours with an image."""
    truth = torch.from_numpy(rgb.copy()).float() / 255
    return lambda rendered, u, v: photometric_loss(rendered.rgb_map, truth[v, u])


def refine_pose(
    model: ProposalModel,
    intrinsics: Intrinsics,
    start: Float[np.ndarray, "4 4"],
    labels: UInt8[np.ndarray, "height width"],
    loss: Loss,
    near: float,
    far: float,
    steps: int = 120,
    n_rays: int = 768,
    lr: float = 1e-2,
    seed: int = 0,
) -> list[Float[np.ndarray, "4 4"]]:
    """The pose after each step of Adam on the loss of random pixels, the start first.

    Half of the pixels lie within `NEAR_BOUNDARY` of a boundary of the labels. The learning rate falls to a tenth.

    Args:
        model: a trained field; it does not change.
        start: where the camera may be.
        labels: of its image: they say where boundaries are.
        loss: see `labels_loss` and `colours_loss`.
        near, far: as in training, metres.
        lr: of the first step, radians and metres.
    """
    generator = torch.Generator().manual_seed(seed)
    given = torch.from_numpy((labels != VOID).ravel())
    beside = given & torch.from_numpy((boundary_distance(labels) < NEAR_BOUNDARY).ravel())
    pools = [torch.nonzero(mask)[:, 0] for mask in (given, beside if beside.any() else given)]
    twist, first = torch.zeros(6, requires_grad=True), torch.from_numpy(start.copy()).float()
    optimiser = torch.optim.Adam([twist], lr=lr)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, 0.1 ** (1 / steps))
    c, poses = model.config, [start]
    for _ in range(steps):
        picked = [pool[torch.randint(len(pool), (n_rays // 2,), generator=generator)] for pool in pools]
        v, u = torch.cat(picked).div(intrinsics.width, rounding_mode="floor"), torch.cat(picked) % intrinsics.width
        pose = moved(first, twist)
        rays_o, rays_d = rays_from_pixels(intrinsics, pose.expand(len(u), 4, 4), u.float(), v.float())
        ends = (torch.full_like(rays_o[:, :1], z) for z in (near, far))
        samples = c.n_samples, c.n_importance
        _, rendered = render_proposal(model.proposal, model.field, rays_o, rays_d, *ends, *samples, generator)
        [twist.grad] = torch.autograd.grad(loss(rendered, u, v), [twist])
        optimiser.step()
        schedule.step()
        poses.append(moved(first, twist.detach()).double().numpy())
    return poses
