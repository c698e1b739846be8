"""Scenes that cameras look at from outside: where they are, how large, and what is background."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, UInt8
from scipy.ndimage import label as regions

from semnerf_lib.cameras import Intrinsics
from semnerf_lib.scene import VOID, Scene

GRID = 48
"""Voxels a side in which the hull is carved."""
BACKGROUND = "background"


@dataclass(frozen=True)
class Outside:
    """A scene seen from outside.

    Attributes:
        distance: median distance of the cameras from the place that all look at.
        box: lower and upper corner of a box around what is no background.
        background: the label of the background: a class, or VOID.
    """

    distance: float
    box: Float[np.ndarray, "2 3"]
    background: int


def meeting_point(c2w: Float[np.ndarray, "frames 4 4"]) -> tuple[Float[np.ndarray, "3"], float] | None:
    """The point that the cameras look at and their median distance from it; None if they look at no one place.

    The point p is nearest to all optical axes o_i + z d_i: sum_i (1 - d_i d_i^T) (p - o_i) = 0. Cameras look at it if
    at least 95 % have it in front of them and the axes miss it by less than a quarter of the distance (median).
    """
    origins, axes = c2w[:, :3, 3], c2w[:, :3, 2]
    across = np.eye(3) - axes[:, :, None] * axes[:, None]
    point = np.linalg.lstsq(across.sum(0), (across @ origins[..., None]).sum(0)[:, 0], rcond=None)[0]
    z = ((point - origins) * axes).sum(1)
    miss = np.linalg.norm((across @ (point - origins)[..., None])[..., 0], axis=1)
    distance = float(np.median(np.linalg.norm(point - origins, axis=1)))
    if distance <= 0 or (z > 0).mean() < 0.95 or np.median(miss) > 0.25 * distance:
        return None
    return point, distance


def seen_from_outside(scene: Scene) -> Outside | None:
    """Where a scene lies that all cameras look at from outside; None for any other scene.

    Cameras in a room may look at one place too. So most of the image boundaries must show one background, what is no
    background must fit into a box (see `hull`), and no camera may be inside that box.
    """
    looked_at = meeting_point(scene.c2w)
    if looked_at is None:
        return None
    point, distance = looked_at
    boundary = np.concatenate([scene.labels[:, [0, -1]].ravel(), scene.labels[:, :, [0, -1]].ravel()])
    counts = np.bincount(boundary, minlength=256)
    background = int(counts.argmax())
    box = hull(scene, point, 0.75 * distance, background)
    if counts[background] < 0.5 * len(boundary) or box is None:
        return None
    centres = scene.c2w[:, :3, 3]
    within = ((centres > box[0]) & (centres < box[1])).all(1).any()
    return None if within else Outside(distance, box, background)


def hull(scene: Scene, centre: Float[np.ndarray, "3"], half: float, background: int) -> Float[np.ndarray, "2 3"] | None:
    """A box around the voxels of a cube that views show, but not as background; None where hardly any are left.

    A voxel is in the visual hull [Laurentini 1994] where at least three views have it in their image and at most one
    in twenty of these shows background there. Of the hull only what a tenth of all views have in front counts: what
    lies behind or below the things that are seen could be anything. The box is a tenth and a voxel larger on each side.
    """
    grid = (np.stack(np.meshgrid(*[np.linspace(-half, half, GRID)] * 3, indexing="ij"), -1) + centre).reshape(-1, 3)
    against, views, voxel = np.zeros(len(grid)), np.zeros(len(grid)), 2 * half / (GRID - 1)
    for pose, labels in zip(scene.c2w, scene.labels, strict=True):
        inside, row, column, _ = _projected(grid, pose, scene.intrinsics)
        views += inside
        against[inside] += labels[row, column] == background
    kept = grid[(views >= 3) & (against <= 0.05 * views)]
    front = np.zeros(len(kept))
    for pose in scene.c2w:
        inside, row, column, z = _projected(kept, pose, scene.intrinsics)
        if not len(z):
            continue
        cell = max(int(np.ceil(1.5 * scene.intrinsics.fx * voxel / np.median(z))), 1)
        nearest = np.full((scene.intrinsics.height // cell + 1, scene.intrinsics.width // cell + 1), np.inf)
        np.minimum.at(nearest, (row // cell, column // cell), z)
        front[inside] += z <= nearest[row // cell, column // cell] + voxel
    kept = kept[front > 0.1 * scene.n_frames]
    if len(kept) < 8:
        return None
    pad = 0.1 * np.ptp(kept, axis=0) + voxel
    return np.stack([kept.min(0) - pad, kept.max(0) + pad])


def _projected(points: Float[np.ndarray, "points 3"], pose: Float[np.ndarray, "4 4"], camera: Intrinsics):
    """Whether a view has each point in its image; of those that it has, row, column and depth."""
    x, y, z = ((points - pose[:3, 3]) @ pose[:3, :3]).T
    ahead = np.where(z > 0, z, np.inf)
    u, v = np.rint(camera.fx * x / ahead + camera.cx), np.rint(camera.fy * y / ahead + camera.cy)
    inside = (z > 0) & (u >= 0) & (u < camera.width) & (v >= 0) & (v < camera.height)
    return inside, v[inside].astype(int), u[inside].astype(int), z[inside]


def depth_range(c2w: Float[np.ndarray, "frames 4 4"], box: Float[np.ndarray, "2 3"]) -> tuple[float, float]:
    """The smallest and the largest depth of a corner of the box in any view; all its points lie between."""
    corners = np.stack(np.meshgrid(*box.T, indexing="ij"), axis=-1).reshape(-1, 3)
    depths = ((corners - c2w[:, None, :3, 3]) * c2w[:, None, :3, 2]).sum(-1)
    return float(depths.min()), float(depths.max())


def background_as_class(scene: Scene) -> Scene:
    """The scene with a class more: void regions that touch the image's boundary.

    Seen from outside they show that nothing is there, which a void pixel could not tell. Other void pixels stay void.
    The class has the coding's void id, so that labels that leave are void there again.
    """
    labels = scene.labels.copy()
    for image in labels:
        parts, _ = regions(image == VOID)
        touching = np.unique(np.concatenate([parts[[0, -1]].ravel(), parts[:, [0, -1]].ravel()]))
        image[np.isin(parts, touching[touching > 0])] = scene.n_classes
    coding = replace(scene.coding, ids=(*scene.coding.ids, scene.coding.void))
    return replace(scene, labels=labels, class_names=(*scene.class_names, BACKGROUND), coding=coding)


def empty_as_class(
    labels: UInt8[np.ndarray, "n h w"],
    depth: Float[np.ndarray, "n h w"],
    c2w: Float[np.ndarray, "n 4 4"],
    bounds: Float[np.ndarray, "2 3"],
    class_names: tuple[str, ...],
) -> tuple[UInt8[np.ndarray, "n h w"], tuple[str, ...]]:
    """Labels and class names in which pixels that hit nothing are background, if all cameras are outside the bounds.

    Args:
        depth: metres, 0 where nothing is hit.
        class_names: where one is called background already, it is taken.
    """
    centres, missed = c2w[:, :3, 3], depth == 0
    within = ((centres > bounds[0]) & (centres < bounds[1])).all(1).any()
    names = class_names if BACKGROUND in class_names else (*class_names, BACKGROUND)
    if within or not missed.any() or len(names) > VOID:
        return labels, class_names
    return np.where(missed, np.uint8(names.index(BACKGROUND)), labels), names
