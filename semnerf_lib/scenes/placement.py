"""How far away the surfaces of a scene are, and what its lengths must be divided by to look like metres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from semnerf_lib.scene import Scene

OUTSIDE = 3.0
"""Metres from the place that all cameras look at, for a scene that is rescaled."""
GRID = 48
"""Voxels a side in which the hull of a scene seen from outside is carved."""


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


def neighbours(c2w: Float[np.ndarray, "frames 4 4"], n: int = 24) -> list[tuple[int, int]]:
    """Pairs of frames that look the same way from places apart: the frame itself, and the best of the others."""
    origins, axes = c2w[:, :3, 3], c2w[:, :3, 2]
    apart = np.linalg.norm(origins[:, None] - origins[None], axis=-1)
    alike = axes @ axes.T > np.cos(np.radians(30))
    pairs = []
    for i in np.linspace(0, len(c2w) - 1, min(n, len(c2w))).astype(int):
        fits = np.flatnonzero(alike[i] & (apart[i] > 1e-3 * max(apart.max(), 1e-12)))
        if fits.size:
            pairs.append((int(i), int(fits[np.argsort(apart[i, fits])[fits.size // 4]])))
    return pairs


def carried(scene: Scene, i: int, j: int, depth: Float[np.ndarray, "rows cols"], step: int, scale: float):
    """Every `step`-th pixel of frame i, at this depth, in frame j, with positions divided by `scale`.

    Returns:
        Rows and columns in i, rows and columns in j, and z in j, of the pixels that land inside.
    """
    camera = scene.intrinsics
    v, u = np.mgrid[step // 2 : camera.height : step, step // 2 : camera.width : step]
    z = depth[v, u]
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(u.shape)], -1) * z[..., None]
    a, b = scene.c2w[i], scene.c2w[j]
    points = (rays @ a[:3, :3].T + (a[:3, 3] - b[:3, 3]) / scale) @ b[:3, :3]
    there = (z > 0) & (points[..., 2] > 0)
    depth_there = np.where(there, points[..., 2], 1.0)
    column = np.rint(camera.fx * points[..., 0] / depth_there + camera.cx)
    row = np.rint(camera.fy * points[..., 1] / depth_there + camera.cy)
    there &= (column >= 0) & (column < camera.width) & (row >= 0) & (row < camera.height)
    return v[there], u[there], row[there].astype(int), column[there].astype(int), points[there][:, 2]


def depth_agreement(scene: Scene, scale: float, pairs: list[tuple[int, int]]) -> float:
    """Share of pixels that land within 3 % of the depth found in the other frame, positions divided by `scale`."""
    step, hits, count = max(scene.intrinsics.width // 40, 1), 0, 0
    for i, j in pairs:
        v, u, row, column, z = carried(scene, i, j, scene.depth[i], step, scale)
        there = scene.depth[j, row, column]
        hits += int(((np.abs(there - z) < 0.03 * z) & (scene.labels[i, v, u] == scene.labels[j, row, column])).sum())
        count += scene.labels[i, ::step, ::step].size
    return hits / max(count, 1)


def unit_by_depth(scene: Scene) -> float:
    """What positions must be divided by so that they fit the depth images; 1 where they fit as they are."""
    pairs = neighbours(scene.c2w)
    if not pairs:
        return 1.0
    scales = np.geomspace(1e-4, 1e4, 161)
    agreement = np.array([depth_agreement(scene, s, pairs) for s in scales])
    best = int(agreement.argmax())
    if agreement[best] < 0.3 or depth_agreement(scene, 1.0, pairs) > 0.9 * agreement[best]:
        return 1.0
    around = scales[agreement > 0.95 * agreement[best]]
    scale = float(np.exp(np.log(around).mean()))
    power = 10.0 ** np.rint(np.log10(scale))
    return float(power) if abs(np.log(scale / power)) < 0.15 else scale


def pose_warning(scene: Scene) -> str | None:
    """What poses look like that do not carry labels and depth from frame to frame; None if they do, or nobody knows.

    Needs depth images. The poses are compared with those of other axes, inverted ones, and both.
    """
    pairs = neighbours(scene.c2w)
    if scene.depth is None or not pairs or (now := depth_agreement(scene, 1.0, pairs)) > 0.3:
        return None
    turned = np.diag([1.0, -1.0, -1.0, 1.0])
    cures = {
        "--axes opengl": scene.c2w @ turned,
        "--invert": np.linalg.inv(scene.c2w),
        "--invert --axes opengl": np.linalg.inv(scene.c2w) @ turned,
    }
    found = {}
    for cure, c2w in cures.items():
        other = replace(scene, c2w=c2w)
        found[cure] = depth_agreement(other, 1.0, neighbours(c2w))
    best = max(found, key=found.__getitem__)
    start = f"warning: carried into the next frame by depth, {now:.0%} of the pixels agree"
    if found[best] < max(0.3, 3 * now):
        return f"{start}, expected most of them: poses, depth or camera may be wrong"
    return f"{start}, {found[best]:.0%} with `semnerf scene import {best}`"


def spread_scale(scene: Scene) -> float:
    """100 or 1000 where cameras stand as far apart as in centimetres or millimetres, else 1."""
    spread = float(np.ptp(scene.c2w[:, :3, 3], axis=0).max())
    return 1.0 if spread < 60 else 100.0 if spread < 600 else 1000.0


def hull(scene: Scene, centre: Float[np.ndarray, "3"], half: float) -> Float[np.ndarray, "2 3"] | None:
    """A box around what is no background, for a scene seen from outside: all voxels of a cube that every view shows.

    Background is void, or else the class that most pixels at the image boundary have. Voxels are kept where at most
    one view in twenty shows background; the box gets a voxel more on each side.
    """
    boundary = np.concatenate([scene.labels[:, [0, -1]].ravel(), scene.labels[:, :, [0, -1]].ravel()])
    background = int(np.bincount(boundary, minlength=256).argmax())
    grid = (np.stack(np.meshgrid(*[np.linspace(-half, half, GRID)] * 3, indexing="ij"), -1) + centre).reshape(-1, 3)
    camera, against, views = scene.intrinsics, np.zeros(len(grid)), np.zeros(len(grid))
    for pose, labels in zip(scene.c2w, scene.labels, strict=True):
        x, y, z = ((grid - pose[:3, 3]) @ pose[:3, :3]).T
        z = np.where(z > 0, z, np.inf)
        u, v = np.rint(camera.fx * x / z + camera.cx), np.rint(camera.fy * y / z + camera.cy)
        inside = np.isfinite(z) & (u >= 0) & (u < camera.width) & (v >= 0) & (v < camera.height)
        views += inside
        against[inside] += labels[v[inside].astype(int), u[inside].astype(int)] == background
    kept = grid[(views > 0.5 * scene.n_frames) & (against <= 0.05 * views)]
    voxel = 2 * half / (GRID - 1)
    return np.stack([kept.min(0) - voxel, kept.max(0) + voxel]) if len(kept) >= 8 else None


def scaled(scene: Scene, scale: float, note: str) -> Scene:
    """The scene with positions divided by `scale`; its coding keeps the factor and the note."""
    c2w = scene.c2w.copy()
    c2w[:, :3, 3] /= scale
    coding = replace(scene.coding, unit=scene.coding.unit * scale, assumed=(*scene.coding.assumed, note))
    return replace(scene, c2w=c2w, coding=coding)


def noted(scene: Scene, note: str) -> Scene:
    """The scene with a line more in what was assumed."""
    return replace(scene, coding=replace(scene.coding, assumed=(*scene.coding.assumed, note)))


def placed(scene: Scene) -> Scene:
    """The scene as training wants it: in metres by its depth, or as large as scenes in metres are.

    Cameras that look at one place get a distance of `OUTSIDE` from it, unless they stand 2 to 5 m off, and the box
    of `hull`. Other scenes are left alone unless depth images say that positions have another unit, or cameras stand
    more than 60 m apart. Where poses do not fit the depth images nothing is changed but a warning is noted.
    """
    if scene.depth is not None and (scene.depth > 0).any():
        scale = unit_by_depth(scene)
        if scale != 1:
            scene = scaled(scene, scale, f"positions divided by {scale:.4g}, so that they fit the depth images")
        if warning := pose_warning(scene):
            return noted(scene, warning)
        low, high = np.quantile(scene.depth[scene.depth > 0], (0.5, 0.9))
        if high > scene.far:
            return noted(scene, f"warning: a tenth of the surfaces lie beyond {high:.1f} m: set `far` in split.json")
        if low >= scene.near:
            return scene
    looked_at = meeting_point(scene.c2w)
    if looked_at is None:
        scale = spread_scale(scene)
        note = f"cameras stand far apart: positions divided by {scale:g}"
        return scene if scale == 1 else scaled(scene, scale, note)
    point, distance = looked_at
    scale = 1.0 if 2 <= distance <= 5 else distance / OUTSIDE
    if scale != 1 and scene.depth is None:
        scene = scaled(
            scene, scale, f"all cameras look at one place {distance:.3g} away: lengths divided by {scale:.4g}"
        )
        point, distance = point / scale, distance / scale
    box = hull(scene, point, 0.75 * distance)
    return scene if box is None else replace(scene, bounds=box)
