"""How far away surfaces are, and whether poses are right, from labels and poses alone: a plane sweep.

A pixel's class is looked for in the other views at each of many distances along its ray [Collins 1996 does so with
image features]. At the right distance the views agree, unless something hides the point; with wrong poses they agree
nowhere. Nothing here depends on the unit of the positions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from semnerf_lib.scene import VOID, Scene

RAYS, VIEWS, ROUNDS = 320, 20, 60
"""Pixels that are swept, views that are compared, rounds of expectation maximisation."""
DISTANCES = np.geomspace(0.05, 50.0, 50)
"""Depths that are tried, in median distances between two cameras."""
SEEN = 0.8
"""Probability that a view of a surface point is not hidden."""
WEIGHT = 0.5
"""Of each view's log likelihood, since views are not independent."""
LIKELIER, FOLLOWED = 0.02, 0.1
"""Nats a pixel by which the depths found must explain the labels better than one depth far away, and than chance."""


@dataclass(frozen=True)
class Sweep:
    """What a sweep found.

    Attributes:
        distance: median depth of the surfaces at label boundaries, in the unit of the positions; None where labels
            fit a scene far away as well, or no scene at all.
        evidence: mean log likelihood of a pixel's class in the other views, in nats, against chance. Below 0 the
            labels do not follow the poses.
    """

    distance: float | None
    evidence: float


def at_boundaries(labels: UInt8[np.ndarray, "frames rows cols"]) -> Bool[np.ndarray, "frames rows cols"]:
    """Pixels with a class that have a pixel of another class to the right, to the left, above or below."""
    boundary = np.zeros(labels.shape, dtype=bool)
    across, down = labels[:, :, 1:] != labels[:, :, :-1], labels[:, 1:] != labels[:, :-1]
    boundary[:, :, 1:] |= across
    boundary[:, :, :-1] |= across
    boundary[:, 1:] |= down
    boundary[:, :-1] |= down
    return boundary & (labels != VOID)


def sweep(scene: Scene, c2w: Float[np.ndarray, "frames 4 4"]) -> Sweep | None:
    """Sweeps pixels at label boundaries; None where fewer than `RAYS` pixels are at one.

    The depths z_k of the swept pixels have one distribution w. With l_rk the log likelihood of pixel r at depth z_k,
    w is the one that makes sum_r log sum_k w_k exp(l_rk) largest, found by expectation maximisation.

    Args:
        scene: labels and camera.
        c2w: poses to judge, of all its frames.
    """
    frames = np.linspace(0, len(c2w) - 1, min(VIEWS, len(c2w))).round().astype(int)
    labels, poses = scene.labels[frames], c2w[frames]
    apart = np.linalg.norm(poses[:, None, :3, 3] - poses[None, :, :3, 3], axis=-1)
    pixels = np.argwhere(at_boundaries(labels))
    if len(pixels) < RAYS:
        return None
    depths = DISTANCES * (float(np.median(apart[apart > 1e-3 * apart.max()])) if apart.max() > 0 else 1.0)
    rng = np.random.default_rng(0)
    chosen = pixels[np.sort(rng.choice(len(pixels), RAYS, replace=False))]
    log = log_likelihood(scene, labels, poses, chosen, depths)
    highest = log.max(1)
    likelihood, share = np.exp(log - highest[:, None]), np.full(len(depths), 1 / len(depths))
    for _ in range(ROUNDS):
        posterior = share * likelihood
        share = (posterior / posterior.sum(1, keepdims=True)).mean(0)
    evidence = float((np.log((share * likelihood).sum(1)) + highest).mean())
    median = float(np.exp(np.interp(0.5, share.cumsum(), np.log(depths))))
    return Sweep(median if evidence > max(log[:, -1].mean() + LIKELIER, FOLLOWED) else None, evidence)


def log_likelihood(
    scene: Scene,
    labels: UInt8[np.ndarray, "views rows cols"],
    poses: Float[np.ndarray, "views 4 4"],
    pixels: Int[np.ndarray, "pixels 3"],
    depths: Float[np.ndarray, "depths"],
) -> Float[np.ndarray, "pixels depths"]:
    """The log likelihood of each pixel (view, row, column) at each depth, against chance.

    A view that shows the point votes log(q / f + 1 - q) where it has the pixel's class, log(1 - q) where it has another
    one; q is `SEEN`, f the class's share of all labelled pixels. Void pixels do not vote.
    """
    camera, (view, v, u) = scene.intrinsics, pixels.T
    own = labels[view, v, u][:, None]
    counts = np.bincount(labels.ravel(), minlength=256)
    counts[VOID] = 0
    same = np.log(SEEN * counts.sum() / counts[own] + 1 - SEEN)
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(len(u))], axis=-1)
    rays = (poses[view, :3, :3] @ rays[..., None])[..., 0]
    points = poses[view, None, :3, 3] + depths[:, None] * rays[:, None]
    log = np.zeros(points.shape[:2])
    for i, (pose, image) in enumerate(zip(poses, labels, strict=True)):
        x, y, z = np.moveaxis((points - pose[:3, 3]) @ pose[:3, :3], -1, 0)
        ahead = z > 1e-6 * depths[0]
        z = np.where(ahead, z, 1.0)
        column, row = np.rint(camera.fx * x / z + camera.cx), np.rint(camera.fy * y / z + camera.cy)
        visible = ahead & (column >= 0) & (column < camera.width) & (row >= 0) & (row < camera.height)
        visible &= (view != i)[:, None]
        there = image[np.where(visible, row, 0).astype(int), np.where(visible, column, 0).astype(int)]
        log += np.where(visible & (there != VOID), np.where(there == own, same, np.log(1 - SEEN)), 0.0)
    return WEIGHT * log
