"""What a field reveals although it was not trained for it: colours of the room, and relief inside a class.

The attack on colours follows arXiv 2508.18971: a small network learns to guess them from features of the field's
geometry.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, UInt8
from scipy.ndimage import gaussian_filter
from torch import Tensor

from semnerf_lib.cameras import rays_from_pixels
from semnerf_lib.errors import SemnerfError
from semnerf_lib.grid import GridField
from semnerf_lib.lessons.depth_by_boundary import boundary_distance
from semnerf_lib.models import ProposalModel
from semnerf_lib.rendering import render_proposal
from semnerf_lib.scene import Scene

RELIEF_SIGMA = 3.0
"""Pixels: of the blur that relief is the difference from."""


@torch.no_grad()
def surface_features(
    model: ProposalModel, scene: Scene, frames: Tensor, u: Tensor, v: Tensor
) -> tuple[Float[Tensor, "n features"], Float[Tensor, "n 3"]]:
    """Features of a grid field's trunk where rays end, and the positions of these ends.

        sum_i w_i h(x_i),   o + z d

    Args:
        frames, u, v: one pixel each.

    Raises:
        SemnerfError: the field is no feature grid.
    """
    field, c = model.field, model.config
    if not isinstance(field, GridField):
        raise SemnerfError(f"surface_features: a field of kind {c.field!r}, expected 'grid'")
    poses = torch.from_numpy(scene.c2w.copy()).float()[frames]
    rays_o, rays_d = rays_from_pixels(scene.intrinsics, poses, u.float(), v.float())
    ends = (torch.full_like(rays_o[:, :1], z) for z in (scene.near, scene.far))
    _, last = render_proposal(model.proposal, field, rays_o, rays_d, *ends, c.n_samples, c.n_importance)
    points = rays_o[:, None] + last.z_vals[..., None] * rays_d[:, None]
    hidden = F.relu(field.trunk(field.grid(field.box(points).flatten(0, -2)))).view(*points.shape[:-1], -1)
    return (last.weights[..., None] * hidden).sum(1), rays_o + last.depth_map[:, None] * rays_d


def guessed_colours(model: ProposalModel, scene: Scene, n_pixels: int = 20_000, seed: int = 0) -> dict[str, float]:
    """How well colours of the room are guessed from a field's geometry, by an attacker who knows half of the room.

    A small network learns colours from `surface_features` of pixels whose surfaces lie in one half of the room, and
    guesses those of the other half.

    Args:
        scene: with RGB.
        n_pixels: of the training frames to learn from, and as many to guess.

    Returns:
        `explained`: the share of the colours' variance inside their classes that is guessed, 1 - sum (c - guess)^2 /
        sum (c - mean of the class)^2; 0 or less: no better than the mean colour of each class.
    """
    from sklearn.neural_network import MLPRegressor
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(seed)
    ids = rng.choice(scene.train_ids, 4 * n_pixels)
    v, u = (rng.integers(0, size, len(ids)) for size in scene.labels.shape[1:])
    labels, colours = scene.labels[ids, v, u], scene.rgb[ids, v, u] / 255
    batches = zip(*(torch.from_numpy(a).split(4096) for a in (ids, u, v)), strict=True)
    parts = [surface_features(model, scene, *batch) for batch in batches]
    features, places = (torch.cat(part).numpy() for part in zip(*parts, strict=True))
    middle = np.median(places[:, 0])
    labelled = labels < scene.n_classes
    learn, guess = (
        np.flatnonzero(labelled & side)[:n_pixels] for side in (places[:, 0] < middle, places[:, 0] > middle)
    )
    scaler = StandardScaler().fit(features[learn])
    network = MLPRegressor(hidden_layer_sizes=(64, 64), early_stopping=True, max_iter=100, random_state=seed)
    network.fit(scaler.transform(features[learn]), colours[learn])
    guessed = network.predict(scaler.transform(features[guess]))
    within = sum(
        ((colours[guess][labels[guess] == c] - colours[guess][labels[guess] == c].mean(0)) ** 2).sum()
        for c in np.unique(labels[guess])
    )
    return {"explained": float(1 - ((guessed - colours[guess]) ** 2).sum() / within)}


def relief_agreement(
    depth: Float[np.ndarray, "frames height width"],
    truth: Float[np.ndarray, "frames height width"],
    labels: UInt8[np.ndarray, "frames height width"],
) -> float:
    """The correlation of rendered and true `relief` inside classes: 1 where every fold of a surface is learnt.

    Pixels within three `RELIEF_SIGMA` of a boundary between classes are left out, and so are those without depth.
    """
    pairs = []
    for z, true, image in zip(depth, truth, labels, strict=True):
        valid = true > 0
        inside = (boundary_distance(image) > 3 * RELIEF_SIGMA) & valid
        pairs.append([relief(d, valid)[inside] for d in (z, true)])
    ours, theirs = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    return float(np.corrcoef(ours, theirs)[0, 1])


def relief(
    depth: Float[np.ndarray, "height width"], valid: Bool[np.ndarray, "height width"]
) -> Float[np.ndarray, "height width"]:
    """Depth minus its blur by `RELIEF_SIGMA`, metres; pixels without depth have no weight in the blur."""
    weight = gaussian_filter(valid.astype(np.float32), RELIEF_SIGMA)
    return depth - gaussian_filter(np.where(valid, depth, 0), RELIEF_SIGMA) / np.maximum(weight, 1e-6)
