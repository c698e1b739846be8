"""How far away the surfaces of a scene are, and what its lengths must be divided by to look like metres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.outside import Outside, background_as_class, depth_range, seen_from_outside
from semnerf_lib.scenes.sweep import Sweep, sweep

OUTSIDE = 3.0
"""Metres from the place that all cameras look at, for a scene that is rescaled."""
ROOM = 2.5
"""Median metres from the surfaces, for a room that is rescaled."""
PLAUSIBLE = (0.8, 6.0)
"""Median metres from surfaces at which a room is taken to be in metres."""
OPENGL = np.diag([1.0, -1.0, -1.0, 1.0])


def natural_scale(distance: float) -> float:
    """What lengths must be divided by so that surfaces at this median distance are as far away as in a room.

    1 where they are already; 100 or 1000 where centimetres or millimetres come within a factor of two of it.
    """
    if PLAUSIBLE[0] <= distance <= PLAUSIBLE[1]:
        return 1.0
    scale = distance / ROOM
    return next((unit for unit in (100.0, 1000.0) if 0.5 < scale / unit < 2), scale)


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


def depth_agreement(scene: Scene, scale: float, pairs: list[tuple[int, int]], within: float = 0.03) -> float:
    """Share of pixels that land within 3 % of the depth found in the other frame, positions divided by `scale`."""
    step, hits, count = max(scene.intrinsics.width // 40, 1), 0, 0
    for i, j in pairs:
        v, u, row, column, z = carried(scene, i, j, scene.depth[i], step, scale)
        there = scene.depth[j, row, column]
        hits += int(((np.abs(there - z) < within * z) & (scene.labels[i, v, u] == scene.labels[j, row, column])).sum())
        count += scene.labels[i, ::step, ::step].size
    return hits / max(count, 1)


def unit_by_depth(scene: Scene, distance: float | None) -> float:
    """What positions must be divided by so that they fit the depth images; 1 where they fit as they are.

    Args:
        distance: of the surfaces, as labels tell it (see `sweep.Sweep`); None searches from 1/10,000 to 10,000.
    """
    pairs = neighbours(scene.c2w)
    if not pairs or (now := depth_agreement(scene, 1.0, pairs)) > 0.5:
        return 1.0
    middle = float(np.median(scene.depth[scene.depth > 0]))
    scales = np.geomspace(1e-4, 1e4, 161) if distance is None else distance / middle * np.geomspace(1 / 3, 3, 25)
    agreement = np.array([depth_agreement(scene, s, pairs) for s in scales])
    best = int(agreement.argmax())
    if agreement[best] < 0.3 or now > 0.9 * agreement[best]:
        return 1.0
    around = scales[agreement > 0.95 * agreement[best]]
    scale = float(np.exp(np.log(around).mean()))
    power = 10.0 ** np.rint(np.log10(scale))
    if abs(np.log(scale / power)) < 0.15:
        return float(power)
    scales = scale * np.geomspace(1 / 1.1, 1.1, 41)
    agreement = np.array([depth_agreement(scene, s, pairs, 0.01) for s in scales])
    around = scales[agreement > 0.9 * agreement.max()]
    return float(np.exp(np.log(around).mean()))


def has_depth(scene: Scene) -> bool:
    return scene.depth is not None and bool((scene.depth > 0).any())


def with_one_unit(scene: Scene, distance: float | None, unit_given: bool) -> Scene:
    """The scene with positions and depth images in one unit: what is not in metres follows the other.

    Positions are followed where their unit is known, where surfaces are as far away as in a room by them alone, or
    where depth images are far from it.

    Args:
        distance: of the surfaces, as labels tell it.
        unit_given: the unit of the positions is right.
    """
    scale = unit_by_depth(scene, distance)
    if scale == 1:
        return scene
    middle = float(np.median(scene.depth[scene.depth > 0]))
    by_positions = natural_scale(middle * scale) == 1 and natural_scale(middle) != 1
    if unit_given or by_positions or not PLAUSIBLE[0] / 2 <= middle <= 2 * PLAUSIBLE[1]:
        note = f"depths multiplied by {scale:.4g}, so that they fit the positions"
        return noted(replace(scene, depth=scene.depth * np.float32(scale)), note)
    return in_metres(scene, scale, f"positions divided by {scale:.4g}, so that they fit the depth images")


def pose_warning(scene: Scene, now: Sweep) -> str | None:
    """What poses look like along which labels do not follow from frame to frame; None if they do.

    The poses are compared with those of other axes, inverted ones, and both.

    Args:
        now: what the sweep of the scene's own poses found.
    """
    coding, evidence = scene.coding, {}
    given = scene.c2w @ OPENGL if coding.axes == "opengl" else scene.c2w
    for axes in ("opencv", "opengl"):
        for invert in (False, True):
            if axes == coding.axes and not invert:
                continue
            c2w = np.linalg.inv(given) if invert else given
            cure = " ".join(["--invert"] * invert + [f"--axes {axes}"] * (axes != coding.axes))
            evidence[cure] = sweep(scene, c2w @ OPENGL if axes == "opengl" else c2w).evidence
    best = max(evidence, key=evidence.__getitem__)
    if evidence[best] > max(now.evidence + 0.25, 0.1):
        return f"warning: labels do not follow these poses from frame to frame, they do with `scene import {best}`"
    if now.evidence < -0.5:
        return "warning: labels do not follow these poses from frame to frame: poses, camera or labels may be wrong"
    pairs = neighbours(scene.c2w)
    if has_depth(scene) and pairs and (share := depth_agreement(scene, 1.0, pairs)) < 0.3:
        return f"warning: carried by depth into the next frame {share:.0%} of the pixels agree: depth may be wrong"
    return None


def in_metres(scene: Scene, unit: float, note: str) -> Scene:
    """The scene with positions divided by `unit`; its coding keeps the factor and the note."""
    c2w = scene.c2w.copy()
    c2w[:, :3, 3] /= unit
    return noted(replace(scene, c2w=c2w, coding=replace(scene.coding, unit=scene.coding.unit * unit)), note)


def scaled(scene: Scene, scale: float, note: str) -> Scene:
    """The scene with positions and depth divided by `scale`; its coding keeps the factor and the note."""
    depth = None if scene.depth is None else scene.depth / np.float32(scale)
    return in_metres(replace(scene, depth=depth), scale, note)


def noted(scene: Scene, note: str) -> Scene:
    """The scene with a line more in what was assumed."""
    return replace(scene, coding=replace(scene.coding, assumed=(*scene.coding.assumed, note)))


def placed(scene: Scene, unit_given: bool = False, void_given: bool = False) -> Scene:
    """The scene as training wants it: in metres, or as large as scenes in metres are, with a box if seen from outside.

    Where poses do not carry labels from frame to frame nothing is changed but a warning is noted.

    Args:
        unit_given: the unit of the positions is right: no length is scaled.
        void_given: void regions around a scene seen from outside stay void.
    """
    estimate = sweep(scene, scene.c2w)
    distance = None if estimate is None else estimate.distance
    if has_depth(scene):
        scene = with_one_unit(scene, distance, unit_given)
    if estimate is not None and (warning := pose_warning(scene, estimate)):
        return noted(scene, warning)
    if outside := seen_from_outside(scene):
        return _placed_outside(scene, outside, unit_given, void_given)
    return scene if unit_given else _placed_room(scene, distance)


def _placed_outside(scene: Scene, outside: Outside, unit_given: bool, void_given: bool) -> Scene:
    scale = 1.0 if unit_given or 2 <= outside.distance <= 5 else outside.distance / OUTSIDE
    if scale != 1:
        distance = f"all cameras look at one place {outside.distance:.3g} away"
        scene = scaled(scene, scale, f"{distance}: lengths divided by {scale:.4g}")
    box = outside.box / scale
    nearest, farthest = depth_range(scene.c2w, box)
    scene = replace(scene, bounds=box, near=max(0.9 * nearest, scene.near), far=max(1.05 * farthest, scene.far))
    if outside.background != VOID or scene.n_classes >= VOID:
        return scene
    if void_given:
        return noted(scene, "the background stays void: nothing shows where objects end, and their labels may grow")
    note = "void around what is seen from outside is taken as a class, background: it shows where nothing is"
    return noted(background_as_class(scene), note)


def _placed_room(scene: Scene, distance: float | None) -> Scene:
    if has_depth(scene):
        distance, high = np.quantile(scene.depth[scene.depth > 0], (0.5, 0.9)).tolist()
        scale, how = natural_scale(distance) if high <= scene.far else distance / ROOM, "depth images show"
    else:
        scale, how = 1.0 if distance is None else natural_scale(distance), "labels fit"
    if scale == 1:
        return scene
    return scaled(scene, scale, f"{how} surfaces {distance:.3g} away: lengths divided by {scale:.4g}")
