"""The room as its frames show it, from any place: what `camera_rays` shows where no model has been trained yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, UInt8

from semnerf_lib.cameras import get_rays
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.raycast import LabelledMesh, RayCaster
from semnerf_lib.surfaces.comparison import surface_in

COLUMNS = 80
"""Points a row that are taken of a frame."""
MAX_POINTS = 400_000
"""Points of all frames together: Embree takes a second for them, and about 100 MB."""
JUMP = 0.05
"""Depths of neighbouring pixels that differ by more than this share, and in class, lie on two surfaces."""
LEAP = 0.3
"""And those that differ by more than this one lie on two surfaces of one class."""


class Seen(NamedTuple):
    """What a camera sees: classes, VOID where nobody knows; metres along the optical axis, 0 where nobody knows."""

    labels: UInt8[np.ndarray, "height width"]
    depth: Float[np.ndarray, "height width"]


See = Callable[[np.ndarray, int], Seen]
"""(c2w (4, 4), width in pixels) -> what a camera there sees; an `evaluation.View` will do."""


def from_frames(scene: Scene) -> See:
    """A camera that sees the true surfaces as far as training frames show them, by Embree; at a frame, that frame.

    Each frame is a sheet of triangles between neighbouring pixels, torn where depth jumps. Without depth only the
    frames themselves are seen, and no distance.
    """
    camera = scene.intrinsics
    surface = None if scene.depth is None else mesh_of_frames(scene)
    caster = None if surface is None else RayCaster(surface.mesh)

    def see(c2w: np.ndarray, width: int) -> Seen:
        same = np.flatnonzero(np.abs(scene.c2w - c2w).max((1, 2)) < 1e-6)
        if len(same) and width == camera.width:
            i = int(same[0])
            return Seen(
                scene.labels[i], np.zeros(scene.labels[i].shape, np.float32) if caster is None else scene.depth[i]
            )
        small = camera.resized(width, max(1, round(width * camera.height / camera.width)))
        if caster is None:
            size = (small.height, small.width)
            return Seen(np.full(size, VOID, np.uint8), np.zeros(size, np.float32))
        rays_o, rays_d = get_rays(small, torch.tensor(c2w, dtype=torch.float32))
        hits = caster.hits(rays_o.reshape(-1, 3).numpy(), rays_d.reshape(-1, 3).numpy())
        hit = hits["face"] >= 0
        nearest = np.stack([1 - hits["u"] - hits["v"], hits["u"], hits["v"]]).argmax(0)
        labels = np.where(hit, surface.labels[surface.mesh.faces[hits["face"], nearest]], VOID)
        depth = np.where(hit, hits["t"], 0)
        size = (small.height, small.width)
        return Seen(labels.astype(np.uint8).reshape(size), depth.astype(np.float32).reshape(size))

    return see


class FrameMesh(NamedTuple):
    """Frames as a mesh, and the class of each of its vertices."""

    mesh: LabelledMesh
    labels: UInt8[np.ndarray, "vertices"]


def mesh_of_frames(scene: Scene) -> FrameMesh:
    """The training frames' surfaces as one mesh; evenly spaced frames of them where all would be too much."""
    camera = scene.intrinsics
    step = max(1, camera.width // COLUMNS)
    rows, columns = np.arange(0, camera.height, step), np.arange(0, camera.width, step)
    taken = scene.train_ids[:: -(-len(scene.train_ids) * len(rows) * len(columns) // MAX_POINTS)]
    corner = np.arange(len(rows) * len(columns)).reshape(len(rows), len(columns))
    a, b, c, d = (q.reshape(-1) for q in (corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]))
    triangles = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)])
    grid = np.ix_(np.array(taken), rows, columns)
    depth, labels = scene.depth[grid].reshape(len(taken), -1), scene.labels[grid].reshape(len(taken), -1)
    vertices, faces = [], []
    for n, i in enumerate(taken):
        vertices.append(surface_in(scene, i, scene.depth[i])[np.ix_(rows, columns)].reshape(-1, 3))
        z, classes = depth[n][triangles], labels[n][triangles]
        jump = z.max(-1) / np.maximum(z.min(-1), 1e-6) - 1
        one_class = (classes == classes[:, :1]).all(-1)
        whole = (z.min(-1) > 0) & (jump < np.where(one_class, LEAP, JUMP))
        faces.append(triangles[whole] + n * corner.size)
    faces = np.concatenate(faces).astype(np.int32)
    mesh = LabelledMesh(
        np.concatenate(vertices),
        faces,
        labels.reshape(-1)[faces[:, 0]],
        scene.class_names,
        np.zeros((len(faces), 3), dtype=np.uint8),
        np.zeros(len(faces), dtype=np.int32),
    )
    return FrameMesh(mesh, labels.reshape(-1))
