"""Any labelled triangle mesh, for who has a scan and no simulator."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import numpy as np
from jaxtyping import Float

from semnerf_lib.cameras import MAX_DISTANCE, MAX_OFFSET, Intrinsics
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import read_json
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.frames import check_stack, read_poses
from semnerf_lib.scenes.gltf import read_gltf
from semnerf_lib.scenes.hm3d import arrays_of_hm3d, table_beside
from semnerf_lib.scenes.info import class_table
from semnerf_lib.scenes.obj import read_obj
from semnerf_lib.scenes.parts import VOID_NAMES, MeshPart, class_colours, class_of, classes_of
from semnerf_lib.scenes.pinhole import camera_of
from semnerf_lib.scenes.ply import read_ply
from semnerf_lib.scenes.ply_classes import arrays_of_ply, named_in
from semnerf_lib.scenes.raycast import LabelledMesh
from semnerf_lib.scenes.render import N_FRAMES, rendered_scene, scene_at

SUFFIXES = (".ply", ".glb", ".gltf", ".obj")
UNITS = {"mm": 0.001, "cm": 0.01, "m": 1.0, "km": 1000.0, "in": 0.0254, "ft": 0.3048}
"""Metres that a file's unit is."""
UPS = {
    "x": ((0, 1, 0), (0, 0, 1), (1, 0, 0)),
    "y": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "z": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "-x": ((0, -1, 0), (0, 0, 1), (-1, 0, 0)),
    "-y": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "-z": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
}
"""Turns that bring a file's upward axis to z, by the axis."""
MAX_SIDE = 16384
"""Pixels along a side of an image."""
EXTENTS = (0.5, 100.0)
"""Longest sides in metres that a room may have without somebody having said the unit."""


def load_mesh(
    path: str | os.PathLike, info: str | os.PathLike | None = None, up: str | None = None, unit: str = "m"
) -> LabelledMesh:
    """A mesh file with a class a face, z up.

    - PLY with Replica's `object_id` a face (`mesh_semantic.ply`): classes by `info`. Object ids are kept, also beside
      a class property; 0 and less are no object.
    - PLY with a class id a face, else a vertex (then the majority of a triangle's corners): a property named
      label, class_id, class, semantic or category_id. Negative ids are void; names are those of `info`, else those in
      the file's own comments ("comment class 7 sofa", as `save_mesh` writes them), else those of the `info` beside it;
      0 is void if it has no name there. Without any they are "class 7".
    - GLB, glTF, OBJ: one class a named node or object: "chair_12", "Chair (2)" and "chair.001" are all of class chair.
      In an OBJ without objects, groups are objects. Where names tell fewer than two classes apart, materials do. All
      primitives of a node are one object. Where nothing has a name, the file's name is the class.
    - HM3D's `X.semantic.glb` beside `X.semantic.txt`: the category of the object whose colour a face is painted in.

    Classes are remapped to 0 ... C - 1, ascending in their id, or in alphabetical order where they have none.

    Args:
        path: the file.
        info: an `info_semantic.json`; by default the one beside a PLY, if any.
        up: the file's axis that points up, "z", "y", "x" or one with a minus; by default y for GLB and glTF, z for PLY
            and OBJ.
        unit: of the file: mm, cm, m, km, in or ft.

    Raises:
        SemnerfError: no such file, another kind of file, damaged, no class in it, an object or a class id that
            `info` does not know.
    """
    suffix = (path := Path(path)).suffix.lower()
    if suffix not in SUFFIXES:
        raise SemnerfError(f"{path}: '{path.suffix}', expected a mesh file: {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise SemnerfError(f"{path}: no such file, expected a mesh")
    default = "y" if suffix in (".glb", ".gltf") else "z"
    if (up or default) not in UPS:
        raise SemnerfError(f"mesh: up = {up!r}, expected one of {', '.join(UPS)}")
    if unit not in UNITS:
        raise SemnerfError(f"mesh: unit = {unit!r}, expected one of {', '.join(UNITS)}")
    if suffix == ".ply":
        ply, beside = read_ply(path), path.parent / "info_semantic.json"
        info_path = Path(info) if info else beside if beside.is_file() else None
        own = None if info else named_in(path, ply.comments)
        arrays = arrays_of_ply(path, ply, info_path, own or (class_table(info_path) if info_path else None))
    elif suffix == ".glb" and (table := table_beside(path)):
        arrays = arrays_of_hm3d(path, table, read_gltf(path))
    else:
        arrays = _from_parts(path, read_obj(path) if suffix == ".obj" else read_gltf(path))
    farthest = np.abs(arrays["vertices"]).max(initial=0.0)
    if not farthest < MAX_DISTANCE:
        raise SemnerfError(f"{path}: a vertex at {farthest:.3g}, expected less than {MAX_DISTANCE:g}")
    arrays["vertices"] = arrays["vertices"].astype(np.float32)
    if (up or default) != "z":
        arrays["vertices"] = arrays["vertices"] @ np.array(UPS[up or default], dtype=np.float32).T
    if unit != "m":
        arrays["vertices"] = arrays["vertices"] * np.float32(UNITS[unit])
    try:
        return LabelledMesh(**arrays)
    except SemnerfError as error:
        raise SemnerfError(f"{path}: {error}") from None


def _from_parts(path: Path, parts: list[MeshPart]) -> dict:
    if not parts:
        raise SemnerfError(f"{path}: no triangle, expected a mesh")
    classes = [name or class_of(path.stem) for name in classes_of(path, parts)]
    class_names = tuple(sorted(set(classes) - {"", *VOID_NAMES}))
    if not 1 <= len(class_names) <= VOID:
        raise SemnerfError(f"{path}: {len(class_names)} named objects' classes, expected 1 to {VOID}")
    objects = {name: i for i, name in enumerate(dict.fromkeys(part.object for part in parts), start=1)}
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])
    counts = [len(part.faces) for part in parts]
    of_part = [class_names.index(name) if name in class_names else VOID for name in classes]
    labels = np.repeat(np.array(of_part, dtype=np.uint8), counts)
    colours = class_colours(labels, len(class_names))
    for part, rows in zip(parts, np.split(np.arange(len(labels)), np.cumsum(counts)[:-1]), strict=True):
        if part.colours is not None and part.colours.shape == (len(rows), 3):
            colours[rows] = part.colours
    return {
        "vertices": np.concatenate([part.vertices for part in parts]),
        "faces": np.concatenate([p.faces + start for p, start in zip(parts, starts, strict=False)]).astype(np.int32),
        "face_labels": labels,
        "class_names": class_names,
        "face_colours": colours,
        "face_objects": np.repeat([objects[part.object] for part in parts], counts).astype(np.int32),
    }


def check_size(path: Path, mesh: LabelledMesh) -> None:
    """Refuses a mesh of a size that no room has, with the unit that it is likely in.

    Raises:
        SemnerfError: its longest side is outside `EXTENTS`.
    """
    size = mesh.bounds[1] - mesh.bounds[0]
    if EXTENTS[0] <= size.max() <= EXTENTS[1]:
        return
    likely = min(UNITS, key=lambda unit: abs(np.log(max(size.max(), 1e-9) * UNITS[unit] / 6)))
    raise SemnerfError(
        f"{path}: {' x '.join(f'{side:.4g}' for side in size)} m, expected {EXTENTS[0]:g} to {EXTENTS[1]:g} m; "
        f"if it is in {likely}, `semnerf scene make NEW --from {path.name} --unit {likely}` writes its frames"
    )


def warn_of_axis(path: Path, mesh: LabelledMesh) -> None:
    """A line on stderr where the floor is not below the ceiling."""
    if not {"floor", "ceiling"} <= set(mesh.class_names):
        return
    middle = mesh.vertices[mesh.faces].mean(1)
    floor, ceiling = (middle[mesh.face_labels == mesh.class_names.index(n)].mean(0) for n in ("floor", "ceiling"))
    axis = int(np.abs(ceiling - floor).argmax())
    likely = ("-" if ceiling[axis] < floor[axis] else "") + "xyz"[axis]
    if likely != "z":
        way = f"`semnerf scene make NEW --from {path.name} --up={likely}` writes its frames"
        print(f"{path}: the ceiling is not above the floor; if {likely} points up, {way}", file=sys.stderr)


def sized_mesh(path: Path, info: str | os.PathLike | None, up: str | None, unit: str | None) -> LabelledMesh:
    """`load_mesh`, near the origin, with a size that a room has, unless the unit is given."""
    mesh = load_mesh(path, info, up, unit or "m")
    if unit is None:
        check_size(path, mesh)
    if (farthest := np.abs(mesh.bounds).max()) > MAX_OFFSET:
        raise SemnerfError(
            f"{path}: a vertex {farthest:.4g} m from the origin, expected less than {MAX_OFFSET:g} m, since 32 bits "
            "are too coarse there: move the mesh to the origin"
        )
    if up is None:
        warn_of_axis(path, mesh)
    return mesh


def padded_bounds(mesh: LabelledMesh) -> Float[np.ndarray, "2 3"]:
    """The mesh's box, a fiftieth of its longest side larger on each side."""
    pad = 0.02 * (mesh.bounds[1] - mesh.bounds[0]).max()
    return mesh.bounds + [[-pad], [pad]]


def mesh_scene(
    path: str | os.PathLike,
    width: int = 160,
    height: int = 120,
    info: str | os.PathLike | None = None,
    up: str | None = None,
    seed: int = 0,
    every: int = 1,
    cache: bool = True,
    unit: str | None = None,
) -> Scene:
    """Frames of a mesh file along a trajectory through its free space (see `load_mesh` and `rendered_scene`).

    Viewpoints lie between 15 and 80 % of the mesh's height. RGB is lit from the camera.

    Raises:
        SemnerfError: what `load_mesh` raises; without a given unit, a mesh of a size that no room has.
    """
    path = Path(path)
    check_stack(path, 2 * N_FRAMES // 5, width, height)
    mesh = sized_mesh(path, info, up, unit)
    low, high = mesh.bounds[:, 2]
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in (
        mesh.vertices, mesh.faces, mesh.face_labels, mesh.face_colours, mesh.face_objects
    ))).hexdigest()  # fmt: skip
    heights = (float(low + 0.15 * (high - low)), float(low + 0.8 * (high - low)))
    bounds = padded_bounds(mesh)
    try:
        return rendered_scene(
            path.stem, (digest,), lambda: mesh, mesh.class_names, bounds, width, height, seed, every, cache,
            heights=heights, clearance=float(min(0.25, 0.1 * (high - low))),
        )  # fmt: skip
    except SemnerfError as error:
        raise SemnerfError(f"{path}: {error}") from None


def read_camera(path: Path) -> Intrinsics:
    """The camera in a JSON file with width, height, fx, fy, cx and cy, as `intrinsics.json` of frames on disk.

    Raises:
        SemnerfError: no such file, a value that is no number, a camera that cannot be.
    """
    camera = camera_of(read_json(path), path)
    if max(camera.width, camera.height) > MAX_SIDE:
        raise SemnerfError(f"{path}: {camera.width}x{camera.height} pixels, expected at most {MAX_SIDE} a side")
    return camera


def mesh_scene_at(
    path: str | os.PathLike,
    poses: Path,
    camera: Path | None = None,
    width: int = 160,
    up: str | None = None,
    unit: str | None = None,
) -> Scene:
    """Frames of a mesh file at given poses: a paper's own frames from its mesh, without a simulator.

    Args:
        path: the mesh (see `load_mesh`).
        poses: a text file with one 4x4 camera-to-world matrix a line, in the mesh's turned axes (z up), metres.
        camera: a JSON file (see `read_camera`); None: hfov 90 degrees, `width` pixels, 4:3.

    Raises:
        SemnerfError: what `load_mesh`, `frames.read_poses`, `read_camera` and `render.scene_at` raise.
    """
    path = Path(path)
    intrinsics = Intrinsics.from_hfov(width, round(width * 3 / 4)) if camera is None else read_camera(camera)
    c2w = read_poses(poses)
    check_stack(path, len(c2w), intrinsics.width, intrinsics.height)
    mesh = sized_mesh(path, None, up, unit)
    try:
        return scene_at(path.stem, mesh, padded_bounds(mesh), intrinsics, c2w)
    except SemnerfError as error:
        raise SemnerfError(f"{path}: {error}") from None
