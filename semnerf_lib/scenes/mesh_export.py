"""Labelled meshes as files that other programs open and that `mesh.load_mesh` reads back: PLY and GLB."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import trimesh
from jaxtyping import Float

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import write_aside
from semnerf_lib.palette import colourise
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.raycast import LabelledMesh

EXPORTED = (".ply", ".glb")


def check_mesh_target(path: Path) -> None:
    """Raises SemnerfError unless `path` is a new file *.ply or *.glb."""
    if path.suffix.lower() not in EXPORTED:
        raise SemnerfError(f"{path}: ends in '{path.suffix}', expected a name that ends in {' or '.join(EXPORTED)}")
    if path.exists():
        raise SemnerfError(f"{path}: exists, expected a file that does not: nothing is overwritten")


def in_unit(mesh: LabelledMesh, unit: float) -> LabelledMesh:
    """The mesh with lengths multiplied by `unit`: of a scene's surface, in the unit of the scene's source."""
    return mesh if unit == 1 else replace(mesh, vertices=mesh.vertices * np.float32(unit))


def save_mesh(mesh: LabelledMesh, path: Path) -> None:
    """Writes a mesh with its classes: their colours, and their names.

    - PLY, binary: `label` and the class's colour at each vertex and `label` at each face, class k as k + 1 and void as
      0; a comment "class 7 sofa" in the header for each class. z is up. A vertex between two classes is written twice.
    - GLB: for each class that occurs a node, a mesh and a material, named after it; y is up. Triangles show from their
      front only, so that one looks into a room through its walls.

    Raises:
        SemnerfError: the file exists, or is no *.ply and no *.glb, or cannot be written.
    """
    check_mesh_target(path)
    content = ply_bytes(mesh) if path.suffix.lower() == ".ply" else glb_bytes(mesh)
    write_aside(path, lambda aside: aside.write_bytes(content))


def one_class_vertices(mesh: LabelledMesh) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (V, 3), faces (F, 3) and the class of each vertex (V,), so that no vertex belongs to two classes."""
    pairs = mesh.faces.astype(np.int64) * 256 + mesh.face_labels[:, None]
    used, faces = np.unique(pairs, return_inverse=True)
    return mesh.vertices[used // 256], faces.reshape(-1, 3).astype(np.int32), (used % 256).astype(np.uint8)


def ply_bytes(mesh: LabelledMesh) -> bytes:
    """The PLY of `save_mesh`."""
    points, faces, labels = one_class_vertices(mesh)
    vertex = np.empty(len(points), [(k, "<f4") for k in "xyz"] + [("rgb", "u1", 3), ("label", "<u2")])
    for k, axis in zip("xyz", points.T, strict=True):
        vertex[k] = axis
    vertex["rgb"], vertex["label"] = colourise(labels), _file_ids(labels)
    face = np.empty(len(faces), [("count", "u1"), ("corners", "<i4", 3), ("label", "<u2")])
    face["count"], face["corners"], face["label"] = 3, faces, _file_ids(mesh.face_labels)
    names = "".join(f"comment class {k} {quoted(name)}\n" for k, name in enumerate(mesh.class_names, start=1))
    header = (
        f"ply\nformat binary_little_endian 1.0\ncomment metres, z up; label 0 is no class\n{names}"
        f"element vertex {len(vertex)}\nproperty float x\nproperty float y\nproperty float z\nproperty uchar red\n"
        f"property uchar green\nproperty uchar blue\nproperty ushort label\nelement face {len(face)}\n"
        "property list uchar int vertex_indices\nproperty ushort label\nend_header\n"
    )
    return header.encode() + vertex.tobytes() + face.tobytes()


def quoted(name: str) -> str:
    """A name on one line: as it is, or as a JSON string where it holds what a header could not give back."""
    plain = name.isprintable() and name == " ".join(name.split()) and not name.startswith('"')
    return name if plain else json.dumps(name)


def _file_ids(labels: np.ndarray) -> np.ndarray:
    return np.where(labels == VOID, 0, labels.astype(np.uint16) + 1)


def glb_bytes(mesh: LabelledMesh) -> bytes:
    """The GLB of `save_mesh`."""
    return class_scene(mesh).export(file_type="glb")


def class_scene(mesh: LabelledMesh) -> trimesh.Scene:
    """A mesh as trimesh's scene: for each class that occurs a node and a material, y up, one-sided triangles."""
    from trimesh.visual import TextureVisuals
    from trimesh.visual.material import PBRMaterial

    scene, vertices = trimesh.Scene(), y_up(mesh.vertices)
    for label in np.unique(mesh.face_labels):
        name = "void" if label == VOID else mesh.class_names[label]
        used, faces = np.unique(mesh.faces[mesh.face_labels == label], return_inverse=True)
        material = PBRMaterial(
            name=name, baseColorFactor=[*colourise(np.array(label)).tolist(), 255], metallicFactor=0.0,
            roughnessFactor=0.9, doubleSided=False,
        )  # fmt: skip
        look = TextureVisuals(material=material)
        piece = trimesh.Trimesh(vertices[used], faces.reshape(-1, 3), visual=look, process=False)
        scene.add_geometry(piece, node_name=name, geom_name=name)
    return scene


def y_up(points: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
    """Points of a world with z up in the axes of GLB and three.js: x as it is, y up, z towards the viewer."""
    x, y, z = np.moveaxis(points, -1, 0)
    return np.stack([x, z, -y], axis=-1)
