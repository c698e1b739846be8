"""The surface at which the rays of many views end: their depths averaged in space.

A field that learns from labels alone makes walls of fog (see `meshes.HALVING`). The rays of each view still end at some
depth in the fog. A surface through the mean of these ends has no holes where a surface of equal density has some.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool, Float, Int

from semnerf_lib.cameras import Intrinsics
from semnerf_lib.evaluation import render_view
from semnerf_lib.machine.progress import progress
from semnerf_lib.models import Model
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.raycast import LabelledMesh
from semnerf_lib.surfaces.meshes import CELL, CHUNK, box_of, field_of, labelled, lattice, triangles

N_VIEWS = 45
"""Training views, evenly spaced, that are rendered."""
BAND = 0.1
"""Metres around the end of a ray in which its distance counts; farther in front a point is free, farther behind it is
unknown."""


def where_rays_end(model: Model, scene: Scene, cell: float = CELL, n_views: int = N_VIEWS) -> LabelledMesh:
    """The learnt surface as training views render it, with the field's classes a cell behind it.

    Args:
        cell: side of a cell of marching cubes, metres.
        n_views: how many training views are rendered.

    Raises:
        SemnerfError: see `meshes.lattice`; or no ray ends in the box.
    """
    ids = scene.train_ids[:: -(-len(scene.train_ids) // n_views)]
    views = (
        (scene.c2w[i], render_view(model, scene.intrinsics, scene.c2w[i], scene.near, scene.far).depth)
        for i in progress(ids, "where rays end")
    )
    bounds = box_of(model, scene)
    distance, seen = fuse(views, scene.intrinsics, scene.near, bounds, cell)
    return labelled(*triangles(-distance, 0.0, bounds[0], cell, seen), cell, *field_of(model), scene.class_names)


def fuse(
    views: Iterable[tuple[np.ndarray, np.ndarray]],
    camera: Intrinsics,
    near: float,
    bounds: Float[np.ndarray, "2 3"],
    cell: float,
    band: float = BAND,
) -> tuple[Float[np.ndarray, "x y z"], Bool[np.ndarray, "x y z"]]:
    """Signed distance to a surface from depth maps [Curless and Levoy 1996, with equal weights]:

        D(p) = mean over views i with s_i(p) > -band of min(s_i(p), band),   s_i(p) = depth_i(pixel of p) - z_i(p)

    Args:
        views: pairs of a pose (4, 4) and a depth map (H, W), metres along the optical axis.
        near: points nearer to a camera than this are not seen by it, metres.
        bounds, cell: of the lattice of points p (see `meshes.lattice`).
        band: metres.

    Returns:
        D, metres, above 0 on the free side; and the points for which at least one view counts.
    """
    shape = lattice(bounds, cell)
    total, count = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.int32)
    thick = max(1, CHUNK // (shape[1] * shape[2]))
    for c2w, depth in views:
        for start in range(0, shape[0], thick):
            slab = slice(start, start + thick)
            u, v, z = projected(bounds[0] + [cell * start, 0, 0], cell, total[slab].shape, camera, c2w)
            inside = (z > near) & (u >= 0) & (u < camera.width) & (v >= 0) & (v < camera.height)
            s = np.full(z.shape, -np.inf, dtype=np.float32)
            s[inside] = depth[v[inside], u[inside]] - z[inside]
            valid = s > -band
            total[slab] += np.where(valid, s.clip(max=band), 0)
            count[slab] += valid
    return np.where(count > 0, total / count.clip(min=1), -band).astype(np.float32), count > 0


def projected(
    corner: Float[np.ndarray, "3"], cell: float, shape: tuple[int, int, int], camera: Intrinsics, c2w: np.ndarray
) -> tuple[Int[np.ndarray, "x y z"], Int[np.ndarray, "x y z"], Float[np.ndarray, "x y z"]]:
    """`cameras.project` for a lattice: columns and rows of the nearest pixels, and depth. A step along an axis
    of the lattice is the same step in the camera everywhere, which saves most of the work."""
    turn = c2w[:3, :3].T
    first = turn @ (corner - c2w[:3, 3])
    steps = [np.arange(n)[:, None] * (cell * turn[:, k]) for k, n in enumerate(shape)]
    x, y, z = (
        (first[k] + steps[0][:, k, None, None] + steps[1][:, k, None] + steps[2][:, k]).astype(np.float32)
        for k in range(3)
    )
    over = 1 / np.where(z > 1e-6, z, np.inf)  # what lies behind the camera goes to the principal point, with its z
    u, v = camera.fx * x * over + camera.cx, camera.fy * y * over + camera.cy
    return np.rint(u).astype(np.int32), np.rint(v).astype(np.int32), z
