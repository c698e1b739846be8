"""A field along the rays of a frame: its labels, and its opacity before, at and behind the true surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from sklearn.metrics import roc_auc_score
from torch import Tensor

from semnerf_lib.cameras import get_rays
from semnerf_lib.evaluation import autocast
from semnerf_lib.metrics import label_entropy
from semnerf_lib.models import Model
from semnerf_lib.scene import VOID, Scene

TOLERANCE = 0.1
"""Metres before and behind a surface that count as the surface."""
CHUNK = 4096
"""Rays that are rendered at once."""


def opacity_by_depth(
    weights: Float[Tensor, "rays samples"],
    z_vals: Float[Tensor, "rays samples"],
    depth: Float[Tensor, "rays"],
    tolerance: float = TOLERANCE,
) -> Float[Tensor, "rays 3"]:
    """The shares of a ray's weights before, at and behind a depth d; they sum to 1.

        before = sum of w_i with z_i < d - tolerance
        at     = sum of w_i with |z_i - d| <= tolerance
        behind = 1 - before - at, so light that passes all samples is behind

    Args:
        weights, z_vals: of a rendering (see `rendering.Rendered`); lengths in metres along the optical axis.
        depth: of the true surface.

    >>> opacity_by_depth(torch.tensor([[0.2, 0.5, 0.1]]), torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([2.05]))
    tensor([[0.2000, 0.5000, 0.3000]])
    """
    off = z_vals - depth[:, None]
    before = torch.where(off < -tolerance, weights, 0).sum(-1)
    at = torch.where(off.abs() <= tolerance, weights, 0).sum(-1)
    return torch.stack([before, at, 1 - before - at], dim=-1)


@dataclass(frozen=True)
class RayView:
    """A frame as a field renders it, and what its rays meet on the way.

    Attributes:
        labels: most probable class.
        entropy: of the class distribution, nats.
        given: probability of the frame's own label; NaN where that is void.
        depth: expected depth along the optical axis, metres.
        spread: standard deviation of the depth over a ray's weights, metres.
        opacity: shares of the weights before, at and behind the frame's true depth (see `opacity_by_depth`).
    """

    labels: UInt8[np.ndarray, "height width"]
    entropy: Float[np.ndarray, "height width"]
    given: Float[np.ndarray, "height width"]
    depth: Float[np.ndarray, "height width"]
    spread: Float[np.ndarray, "height width"]
    opacity: Float[np.ndarray, "height width 3"]


@torch.inference_mode()
def ray_view(model: Model, scene: Scene, frame: int) -> RayView:
    """Renders a frame of a scene, which must have depth."""
    device = next(model.parameters()).device
    c2w = torch.tensor(scene.c2w[frame], dtype=torch.float32, device=device)
    rays = [part.reshape(-1, 3).split(CHUNK) for part in get_rays(scene.intrinsics, c2w)]
    truth = torch.tensor(scene.depth[frame].reshape(-1), device=device).split(CHUNK)
    labels = torch.tensor(scene.labels[frame].reshape(-1), device=device).long().split(CHUNK)
    parts = []
    for rays_o, rays_d, depth, label in zip(*rays, truth, labels, strict=True):
        with autocast(device, model.config.precision):
            out = model.render(rays_o, rays_d, scene.near, scene.far)[-1]
        p = torch.softmax(out.sem_logits, dim=-1)
        void = label == VOID
        given = p.gather(-1, torch.where(void, 0, label)[:, None])[:, 0]
        variance = (out.weights * (out.z_vals - out.depth_map[:, None]) ** 2).sum(-1)
        parts.append(
            (
                p.argmax(-1).byte(),
                label_entropy(out.sem_logits),
                torch.where(void, torch.nan, given),
                out.depth_map,
                variance.sqrt(),
                opacity_by_depth(out.weights, out.z_vals, depth),
            )
        )
    size = (scene.intrinsics.height, scene.intrinsics.width)
    images = (torch.cat(image).cpu().numpy() for image in zip(*parts, strict=True))
    return RayView(*(image.reshape(*size, *image.shape[1:]) for image in images))


def auroc(score: Float[np.ndarray, "*pixels"], wanted: Bool[np.ndarray, "*pixels"]) -> float | None:
    """The chance that a wanted pixel has a higher score than another one; a tie counts half. 0.5 is guessing.

    None where there is no wanted pixel, or no other.
    """
    if wanted.all() or not wanted.any():
        return None
    return float(roc_auc_score(wanted.ravel(), score.ravel()))


def frames_that_show(mask: Bool[np.ndarray, "frames height width"], ids: list[int], count: int) -> list[int]:
    """At most `count` of some frames, evenly spread over those with at least 1 % of their pixels in a mask.

    Args:
        mask: of all frames of a scene.
        ids: frames to choose from.
    """
    rich = [i for i in ids if mask[i].mean() >= 0.01]
    return [rich[k] for k in np.linspace(0, len(rich) - 1, min(count, len(rich))).round().astype(int)]
