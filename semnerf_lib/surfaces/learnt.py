"""The learnt mesh as it is shown and written: the part that training cameras see."""

from __future__ import annotations

from semnerf_lib.models import Model
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.raycast import LabelledMesh
from semnerf_lib.surfaces.culling import part_of, seen_faces
from semnerf_lib.surfaces.meshes import learnt_surface
from semnerf_lib.surfaces.tsdf import where_rays_end


def learnt_mesh(model: Model, scene: Scene, cell: float, level: float | None = None) -> LabelledMesh:
    """What training cameras see of the learnt surface: where rays end, or the surface of one density.

    Args:
        cell: of marching cubes, metres.
        level: density of the surface, 1/m; None for where the rays of training views end.

    Raises:
        SemnerfError: no face of it is seen.
    """
    whole = where_rays_end(model, scene, cell) if level is None else learnt_surface(model, scene, cell).mesh(level)
    return part_of(whole, seen_faces(whole, scene))
