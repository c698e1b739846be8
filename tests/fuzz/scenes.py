"""Doors of scenes: frames on disk, meshes, folders of other formats."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from PIL import Image
from scenes.test_importers import FORMATS
from tiny import make_tiny_scene

from fuzz.door import Door
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.frames import read_poses
from semnerf_lib.scenes.loading import describe, load_scene
from semnerf_lib.scenes.mesh import SUFFIXES, load_mesh, read_camera
from semnerf_lib.scenes.raycast import LabelledMesh
from semnerf_lib.scenes.replica import load_replica, save_replica

ROOM = "room"
XYZ = "property float x\nproperty float y\nproperty float z\n"
CORNERS = np.array([[0, 0, 0], [4, 0, 0], [0, 3, 0], [4, 3, 0], [0, 0, 2.5], [4, 0, 2.5]], dtype="<f4")
QUADS = [(0, 1, 3, 2), (0, 1, 5, 4)]


def frames(folder: Path) -> None:
    """Six frames of the tiny room with everything that a folder may hold."""
    scene = make_tiny_scene(6, 12, 9)
    objects = np.where(scene.labels == VOID, 0, scene.labels.astype(np.uint16) + 1000).astype(np.uint16)
    plain = folder / "plain"
    save_replica(Scene(**{**_fields(scene), "instances": objects}), plain)
    save_replica(load_replica(plain), folder / ROOM)  # the second has a coding.json
    for path in sorted(plain.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    plain.rmdir()


def _fields(scene: Scene) -> dict[str, Any]:
    return {name: getattr(scene, name) for name in scene.__dataclass_fields__}


def read_frames(folder: Path) -> Scene:
    scene = load_scene(folder / ROOM, cache=False)
    describe(scene).encode()
    return scene


def scene_fault(scene: Scene) -> str | None:
    """What no room has."""
    if len(set(scene.class_names)) < scene.n_classes:
        return "two classes of one name"
    if not all(name.isprintable() and name for name in scene.class_names):
        return "a name that cannot be printed"
    if ((scene.labels >= scene.n_classes) & (scene.labels != VOID)).any():
        return "a label without a class"
    turns = scene.c2w[:, :3, :3]
    if not np.isfinite(scene.c2w).all() or np.abs(turns @ turns.transpose(0, 2, 1) - np.eye(3)).max() > 0.01:
        return "a pose that is no rigid motion"
    if np.abs(scene.c2w[:, :3, 3]).max() > 1e6:
        return "a camera a thousand kilometres away"
    camera = scene.intrinsics
    if not 1e-3 < camera.fx / camera.width < 1e3 or not 1e-3 < camera.fy / camera.height < 1e3:
        return f"fx, fy = {camera.fx}, {camera.fy}"
    if max(abs(camera.cx), abs(camera.cy)) > 1e4:
        return f"cx, cy = {camera.cx}, {camera.cy}"
    if not 0 < scene.near < scene.far < 1e6:
        return f"near, far = {scene.near}, {scene.far}"
    if scene.depth is not None and not (np.isfinite(scene.depth).all() and 0 <= scene.depth.max() < 1e6):
        return "a depth of more than a thousand kilometres"
    if scene.bounds is not None and not np.abs(scene.bounds).max() < 1e6:
        return "bounds of more than a thousand kilometres"
    return None


def mesh_fault(mesh: LabelledMesh | None) -> str | None:
    if mesh is None:
        return None
    if not np.isfinite(mesh.vertices).all():
        return "a vertex that is no point"
    if mesh.faces.size and not 0 <= mesh.faces.min() <= mesh.faces.max() < len(mesh.vertices):
        return "a face without its vertex"
    if ((mesh.face_labels >= len(mesh.class_names)) & (mesh.face_labels != VOID)).any():
        return "a label without a class"
    if not all(name and name.isprintable() for name in mesh.class_names):
        return "a name that cannot be printed"
    if len(set(mesh.class_names)) < len(mesh.class_names):
        return "two classes of one name"
    return None


def ply(form: str, head: str, rows: list[list[Any]], kinds: list[str]) -> bytes:
    """A PLY of `CORNERS` with faces of given rows; binary kinds as numpy has them."""
    start = f"ply\nformat {form} 1.0\ncomment class 3 wall\ncomment class 9 rug\nelement vertex {len(CORNERS)}\n{XYZ}"
    start += f"element face {len(rows)}\n{head}end_header\n"
    if form == "ascii":
        lines = [" ".join(map(str, row)) for row in (*CORNERS.tolist(), *rows)]
        return (start + "\n".join(lines) + "\n").encode()
    body = CORNERS.tobytes()
    for row in rows:
        kind = [kinds[0], *[kinds[1]] * row[0], *kinds[2:]]
        body += b"".join(np.array([v], "<" + k).tobytes() for v, k in zip(row, kind, strict=True))
    return start.encode() + body


LIST = "property list uchar int vertex_indices\n"


def ascii_ply(folder: Path) -> None:
    rows = [[4, *quad, label] for quad, label in zip(QUADS, (3, 9), strict=True)]
    (folder / "a.ply").write_bytes(ply("ascii", LIST + "property int label\n", rows, []))


def binary_ply(folder: Path) -> None:
    rows = [[4, *quad, 3.0 + 6 * (i % 2)] for i, quad in enumerate(QUADS * 3)]
    data = ply("binary_little_endian", LIST + "property float label\n", rows, ["u1", "i4", "f4"])
    (folder / "a.ply").write_bytes(data)


def mixed_ply(folder: Path) -> None:
    rows = [[4, *QUADS[0], 3], [3, 0, 1, 5, 9], [5, 0, 1, 5, 4, 2, 3]]
    data = ply("binary_little_endian", LIST + "property uchar label\n", rows, ["u1", "i4", "u1"])
    (folder / "a.ply").write_bytes(data)


def object_ply(folder: Path) -> None:
    rows = [[4, *quad, i] for i, quad in enumerate(QUADS)]
    data = ply("binary_little_endian", LIST + "property int object_id\n", rows, ["u1", "i4", "i4"])
    (folder / "a.ply").write_bytes(data.replace(b"comment class 3 wall\ncomment class 9 rug\n", b""))
    info = {
        "classes": [{"id": 3, "name": "wall"}, {"id": 9, "name": "rug"}],
        "objects": [{"id": 0, "class_id": 3}, {"id": 1, "class_id": 9}],
        "id_to_label": [3, 9],
    }
    (folder / "info_semantic.json").write_text(json.dumps(info))


def boxes() -> trimesh.Scene:
    made = trimesh.Scene()
    for name, height in (("chair_1", 0.5), ("table", 1.5)):
        box, place = trimesh.creation.box((1, 1, height)), np.eye(4)
        place[:3, 3] = 1, 2, 3
        made.add_geometry(box, node_name=name, geom_name=name, transform=place)
    return made


def glb(folder: Path) -> None:
    boxes().export(folder / "a.glb")


def gltf(folder: Path) -> None:
    for name, data in boxes().export(file_type="gltf").items():
        (folder / ("a.gltf" if name.endswith(".gltf") else name)).write_bytes(data)


def obj(folder: Path) -> None:
    vertices = "".join(f"v {x:g} {y:g} {z:g}\n" for x, y, z in CORNERS)
    uvs = "vt 0 0\nvt 1 0\nvt 1 1\n"
    faces = "o chair\nusemtl wood\nf 1/1 2/2 3/3\nf 2/1 4/2 3/3\no table\nusemtl red\nf 1 2 6\nf -6 -1 -2\n"
    (folder / "a.obj").write_text("mtllib a.mtl\n" + vertices + uvs + faces)
    (folder / "a.mtl").write_text("newmtl wood\nKd 0.5 0.4 0.3\nmap_Kd wood.png\nnewmtl red\nKd 1 0 0\n")
    Image.new("RGB", (4, 4), (90, 60, 30)).save(folder / "wood.png")


def mesh_door(name: str, build: Any, *files: str) -> Door:
    return Door(name, build, files, read_any_mesh, mesh_fault, weight=3)


def read_any_mesh(folder: Path) -> LabelledMesh | None:
    """The mesh; None where the mutation took the file away."""
    paths = [path for path in map((folder / "a").with_suffix, SUFFIXES) if os.path.lexists(path)]
    return load_mesh(paths[0]) if paths else None


def read_poses_and_camera(folder: Path) -> list[Any]:
    return [read_poses(folder / ROOM / "traj_w_c.txt"), read_camera(folder / ROOM / "intrinsics.json")]


def foreign(name: str) -> Door:
    def build(folder: Path) -> None:
        (folder / ROOM).mkdir()
        FORMATS[name](folder / ROOM)

    return Door(f"folder of {name}", build, (f"{ROOM}/**/*.*",), read_frames, scene_fault, weight=2)


def frame_door(name: str, *files: str, weight: int = 2) -> Door:
    paths = tuple(f"{ROOM}/{file}" for file in files)
    return Door(f"frames: {name}", frames, paths, read_frames, scene_fault, weight=weight)


DOORS = (
    frame_door("label images", "semantic_class/*.png", weight=4),
    frame_door("other images", "rgb/*.png", "depth/*.png", "semantic_instance/*.png", weight=3),
    frame_door("poses", "traj_w_c.txt"),
    frame_door("info_semantic.json", "info_semantic.json", weight=3),
    frame_door("split.json", "split.json", weight=3),
    frame_door("intrinsics.json", "intrinsics.json", weight=3),
    frame_door("coding.json", "coding.json"),
    mesh_door("PLY ascii", ascii_ply, "a.ply"),
    mesh_door("PLY binary", binary_ply, "a.ply"),
    mesh_door("PLY mixed polygons", mixed_ply, "a.ply"),
    mesh_door("PLY with objects", object_ply, "*.*"),
    mesh_door("GLB", glb, "a.glb"),
    mesh_door("glTF", gltf, "*.gltf", "*.gltf", "*.bin"),
    mesh_door("OBJ", obj, "*.obj", "*.obj", "*.mtl", "*.png"),
    Door("camera of poses", frames, (f"{ROOM}/intrinsics.json",), read_poses_and_camera),
    *map(foreign, FORMATS),
)
