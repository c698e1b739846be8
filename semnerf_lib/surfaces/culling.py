"""Meshes with fewer faces: only those that training cameras see, or coarser ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool

from semnerf_lib.cameras import get_rays
from semnerf_lib.machine.cores import on_cores
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.raycast import LabelledMesh, RayCaster


def seen_faces(mesh: LabelledMesh, scene: Scene, width: int = 160) -> Bool[np.ndarray, "faces"]:
    """The faces that some training camera sees, and those that touch them at a corner.

    Args:
        width: pixels a row of the rays that are cast, within the camera's field of view.
    """
    caster, camera = RayCaster(mesh), scene.intrinsics
    fine = camera.resized(width, max(1, round(camera.height * width / camera.width)))

    def hit(i: int) -> np.ndarray:
        rays_o, rays_d = get_rays(fine, torch.tensor(scene.c2w[i], dtype=torch.float32))
        face = caster.hits(rays_o.reshape(-1, 3).numpy(), rays_d.reshape(-1, 3).numpy())["face"]
        return np.unique(face[face >= 0])

    seen = np.zeros(len(mesh.faces), dtype=bool)
    with on_cores(hit, scene.train_ids, torch.device("cpu")) as hits:
        for faces in hits:
            seen[faces] = True
    corners = np.zeros(len(mesh.vertices), dtype=bool)
    corners[mesh.faces[seen]] = True
    return corners[mesh.faces].any(1)


def part_of(mesh: LabelledMesh, kept: Bool[np.ndarray, "faces"]) -> LabelledMesh:
    """Some of a mesh's faces, with the vertices that they need.

    Raises:
        SemnerfError: no face is kept.
    """
    used, faces = np.unique(mesh.faces[kept], return_inverse=True)
    return replace(
        mesh,
        vertices=mesh.vertices[used],
        faces=faces.reshape(-1, 3).astype(np.int32),
        face_labels=mesh.face_labels[kept],
        face_colours=mesh.face_colours[kept],
        face_objects=mesh.face_objects[kept],
    )


def simplified(mesh: LabelledMesh, side: float) -> LabelledMesh:
    """A coarser mesh, for display: the vertices in one cell of a lattice become their mean [Rossignac and Borrel 1993].

    Args:
        side: of the cells, metres. Faces with two corners in one cell are dropped, and duplicates of a face.
    """
    cells = np.floor((mesh.vertices - mesh.vertices.min(0)) / side).astype(np.int64)
    _, cell, count = np.unique(np.ravel_multi_index(cells.T, cells.max(0) + 1), return_inverse=True, return_counts=True)
    sums = [np.bincount(cell, weights=axis) for axis in mesh.vertices.T]
    faces = cell[mesh.faces]
    whole = (faces != np.roll(faces, 1, axis=1)).all(1)
    _, first = np.unique(np.sort(faces, axis=1), axis=0, return_index=True)
    kept = np.zeros(len(faces), dtype=bool)
    kept[first] = True
    merged = replace(
        mesh, vertices=(np.stack(sums, axis=-1) / count[:, None]).astype(np.float32), faces=faces.astype(np.int32)
    )
    return part_of(merged, kept & whole)
