"""Which format a folder has."""

from __future__ import annotations

from pathlib import Path

from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.importers.blender import is_blender, is_bop, read_blender, read_bop
from semnerf_lib.scenes.importers.colmap import is_colmap, read_colmap
from semnerf_lib.scenes.importers.core import AS_IT_IS, ImportOptions, build_scene
from semnerf_lib.scenes.importers.folders import (
    is_scannet,
    is_trajectory,
    read_scannet,
    read_trajectory,
)
from semnerf_lib.scenes.importers.nerfstudio import is_nerfstudio, is_sitcoms, read_nerfstudio, read_sitcoms

READERS = (
    (is_nerfstudio, read_nerfstudio),
    (is_sitcoms, read_sitcoms),
    (is_blender, read_blender),
    (is_bop, read_bop),
    (is_scannet, read_scannet),
    (is_colmap, read_colmap),
    (is_trajectory, read_trajectory),
)


def is_foreign(folder: Path) -> bool:
    """Whether a reader knows the folder."""
    return any(recognises(folder) for recognises, _ in READERS)


def import_scene(folder: Path, options: ImportOptions = AS_IT_IS) -> Scene:
    """The scene of a folder in one of the formats.

    Raises:
        SemnerfError: no format that is known, or what its reader and `build_scene` raise.
    """
    for recognises, read in READERS:
        if recognises(folder):
            return build_scene(read(folder), options)
    raise SemnerfError(
        f"{folder}: no format that is known, expected nerfstudio, COLMAP with masks, ScanNet, Panoptic Lifting, "
        "sitcoms3D, BlenderProc, BOP, or label images with traj.txt (see data/README.md)"
    )
