"""Any labelled triangle mesh, for who has a scan and no simulator."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import numpy as np

from semnerf_lib.errors import SemnerfError
from semnerf_lib.palette import palette
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.info import class_table, object_table
from semnerf_lib.scenes.ply import Ply, read_ply
from semnerf_lib.scenes.raycast import LabelledMesh
from semnerf_lib.scenes.render import rendered_scene

SUFFIXES = (".ply", ".glb", ".gltf", ".obj")
CLASS_PROPERTIES = ("label", "class_id", "class", "semantic", "category_id")
NO_CLASS = ("", "void", "unlabelled", "unlabeled", "undefined", "unknown")


def load_mesh(path: str | os.PathLike, info: str | os.PathLike | None = None, up: str | None = None) -> LabelledMesh:
    """A mesh file with a class a face, z up.

    - PLY with Replica's `object_id` a face (`mesh_semantic.ply`): classes by `info`. Object ids are kept, also beside
      a class property; 0 and less are no object.
    - PLY with a class id a face, else a vertex (then the majority of a triangle's corners): a property named
      label, class_id, class, semantic or category_id. Negative ids are void; names are those of `info`, else those in
      the file's own comments ("comment class 7 sofa", as `save_mesh` writes them), else those of the `info` beside it;
      0 is void if it has no name there. Without any they are "class 7".
    - GLB, glTF, OBJ: one class a named node or object, "chair_12" and "chair.001" both being of class chair.

    Classes are remapped to 0 ... C - 1, ascending in their id, or in alphabetical order where they have none.

    Args:
        path: the file.
        info: an `info_semantic.json`; by default the one beside a PLY, if any.
        up: "z" or "y", the file's axis that points up; by default y for GLB and glTF, z for PLY and OBJ.

    Raises:
        SemnerfError: no such file, another kind of file, damaged, no class in it, an object or a class id that
            `info` does not know.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise SemnerfError(f"{path}: '{path.suffix}', expected a mesh file: {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise SemnerfError(f"{path}: no such file, expected a mesh")
    if up not in (None, "y", "z"):
        raise SemnerfError(f"mesh: up = {up!r}, expected 'y' or 'z'")
    if suffix == ".ply":
        ply, beside = read_ply(path), path.parent / "info_semantic.json"
        info_path = Path(info) if info else beside if beside.is_file() else None
        own = None if info else named_in(ply.comments)
        arrays = _from_ply(path, ply, info_path, own or (class_table(info_path) if info_path else None))
    else:
        arrays = _from_scene(path)
    if up == "y" or (up is None and suffix in (".glb", ".gltf")):
        x, y, z = arrays["vertices"].T
        arrays["vertices"] = np.stack([x, -z, y], axis=-1)
    try:
        return LabelledMesh(**arrays)
    except SemnerfError as error:
        raise SemnerfError(f"{path}: {error}") from None


def named_in(comments: tuple[str, ...]) -> dict[int, str]:
    """Class ids and their names in a PLY's comments.

    >>> named_in(("made by hand", "class 7 coffee-table"))
    {7: 'coffee-table'}
    """
    found = (re.fullmatch(r"class (\d+) (.+)", comment) for comment in comments)
    return {int(match[1]): match[2] for match in found if match}


def _from_ply(path: Path, ply: Ply, info: Path | None, names: dict[int, str] | None) -> dict:
    objects = np.zeros(len(ply.triangles), dtype=np.int32)
    if "object_id" in ply.face:
        objects = ply.face["object_id"].astype(np.int32)[ply.polygon]
    name = next((n for n in CLASS_PROPERTIES if n in ply.face), None)
    if "object_id" in ply.face and info is not None:
        known, inverse = np.unique(objects, return_inverse=True)
        table = object_table(info)
        for number in known:
            if number >= 0 and int(number) not in table:
                raise SemnerfError(f"{path}: object_id {number} is not in {info}, expected one of its {len(table)}")
        ids = np.array([table[int(n)] if n >= 0 else -1 for n in known], dtype=np.int64)[inverse]
    elif name:
        ids = ply.face[name].astype(np.int64)[ply.polygon]
    elif name := next((n for n in CLASS_PROPERTIES if n in ply.vertex), None):
        a, b, c = ply.vertex[name].astype(np.int64)[ply.triangles].T
        ids = np.where(b == c, b, a)
    elif "object_id" in ply.face:
        raise SemnerfError(f"{path}: faces carry object_id, expected {path.parent / 'info_semantic.json'} with classes")
    else:
        raise SemnerfError(f"{path}: no class, expected a face or vertex property: {', '.join(CLASS_PROPERTIES)}")
    if names is not None and 0 not in names:
        ids = np.where(ids == 0, -1, ids)
    present = [int(i) for i in np.unique(ids) if i >= 0]
    for number in present:
        if names is not None and number not in names:
            raise SemnerfError(
                f"{path}: class id {number} has no name, expected one of the {len(names)} in {info or path}"
            )
    labels = _remapped(path, ids, present)
    class_names = tuple(f"class {i}" if names is None else names[i] for i in present)
    vertices = np.stack([ply.vertex[k] for k in "xyz"], axis=-1).astype(np.float32)
    if {"red", "green", "blue"} <= set(ply.vertex):
        colours = np.stack([ply.vertex[k] for k in ("red", "green", "blue")], axis=-1).astype(np.float32)
        colours = (colours * (255 if ply.vertex["red"].dtype.kind == "f" else 1)).clip(0, 255)
        colours = colours[ply.triangles].mean(1).astype(np.uint8)
    else:
        colours = _class_colours(labels, len(class_names))
    return {
        "vertices": vertices,
        "faces": ply.triangles,
        "face_labels": labels,
        "class_names": class_names,
        "face_colours": colours,
        "face_objects": objects,
    }


def _remapped(path: Path, ids: np.ndarray, present: list[int]) -> np.ndarray:
    if not 1 <= len(present) <= VOID:
        raise SemnerfError(f"{path}: {len(present)} classes, expected 1 to {VOID}")
    return np.where(ids < 0, VOID, np.searchsorted(present, ids)).astype(np.uint8)


def _class_colours(labels: np.ndarray, n_classes: int) -> np.ndarray:
    return np.concatenate([palette(n_classes), [[120, 120, 120]]])[np.minimum(labels, n_classes)].astype(np.uint8)


def class_of(name: str) -> str:
    """The class in a node's name: without path, extension-like number or counter.

    >>> class_of("chair_12"), class_of("coffee-table.001"), class_of("rug")
    ('chair', 'coffee-table', 'rug')
    """
    return re.sub(r"([._\- ]*\d+)+$", "", name.rsplit("/", 1)[-1]).strip("_.- ").lower()


def _from_scene(path: Path) -> dict:
    import trimesh

    options = {"split_objects": True, "group_material": False} if path.suffix.lower() == ".obj" else {}
    try:
        scene = trimesh.load_scene(path, **options)
        nodes = [(name, *scene.graph[name]) for name in sorted(scene.graph.nodes_geometry)]
        pieces = [(name, scene.geometry[geometry], matrix, geometry) for name, matrix, geometry in nodes]
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise SemnerfError(f"{path}: damaged mesh ({reason}), expected GLB, glTF or OBJ") from None
    pieces = [p for p in pieces if isinstance(p[1], trimesh.Trimesh) and len(p[1].faces)]
    classes = [
        class_of(name) if class_of(name) not in NO_CLASS else class_of(geometry) for name, _, _, geometry in pieces
    ]
    class_names = tuple(sorted(set(classes) - set(NO_CLASS)))
    if not 1 <= len(class_names) <= VOID:
        raise SemnerfError(f"{path}: {len(class_names)} named objects' classes, expected 1 to {VOID}")
    vertices, faces, labels, colours, start = [], [], [], [], 0
    for (_, mesh, matrix, _), name in zip(pieces, classes, strict=True):
        label = class_names.index(name) if name in class_names else VOID
        vertices.append(mesh.vertices @ matrix[:3, :3].T + matrix[:3, 3])
        faces.append(mesh.faces + start)
        labels.append(np.full(len(mesh.faces), label, dtype=np.uint8))
        given = _face_colours(mesh)
        fits = given is not None and given.shape == (len(mesh.faces), 3)
        colours.append(given.astype(np.uint8) if fits else _class_colours(labels[-1], len(class_names)))
        start += len(mesh.vertices)
    return {
        "vertices": np.concatenate(vertices).astype(np.float32),
        "faces": np.concatenate(faces).astype(np.int32),
        "face_labels": np.concatenate(labels),
        "class_names": class_names,
        "face_colours": np.concatenate(colours),
        "face_objects": np.repeat(np.arange(1, len(faces) + 1), [len(f) for f in faces]).astype(np.int32),
    }


def _face_colours(mesh) -> np.ndarray | None:
    """What a trimesh mesh looks like: (F, 3), or None where it does not say."""
    visual = mesh.visual
    if visual.kind == "texture":
        if visual.uv is None:  # a material of one colour, which trimesh's own conversion trips over
            return np.tile(np.asarray(visual.material.main_color)[:3], (len(mesh.faces), 1))
        visual = visual.to_color()
    return np.asarray(visual.face_colors)[:, :3] if visual.defined else None


def mesh_scene(
    path: str | os.PathLike,
    width: int = 160,
    height: int = 120,
    info: str | os.PathLike | None = None,
    up: str | None = None,
    seed: int = 0,
    every: int = 1,
    cache: bool = True,
) -> Scene:
    """Frames of a mesh file along a trajectory through its free space (see `load_mesh` and `rendered_scene`).

    Viewpoints lie between 15 and 80 % of the mesh's height. RGB is lit from the camera.

    Raises:
        SemnerfError: what `load_mesh` raises; no room for a camera in the mesh.
    """
    path = Path(path)
    mesh = load_mesh(path, info, up)
    low, high = mesh.bounds[:, 2]
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in (
        mesh.vertices, mesh.faces, mesh.face_labels, mesh.face_colours, mesh.face_objects
    ))).hexdigest()  # fmt: skip
    heights = (float(low + 0.15 * (high - low)), float(low + 0.8 * (high - low)))
    pad = 0.02 * (mesh.bounds[1] - mesh.bounds[0]).max()
    bounds = mesh.bounds + [[-pad], [pad]]
    try:
        return rendered_scene(
            path.stem, (digest,), lambda: mesh, mesh.class_names, bounds, width, height, seed, every, cache,
            heights=heights, clearance=float(min(0.25, 0.1 * (high - low))),
        )  # fmt: skip
    except SemnerfError as error:
        raise SemnerfError(f"{path}: {error}") from None
