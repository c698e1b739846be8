"""Meshes of every kind that is read."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
import trimesh

from semnerf_lib.cameras import Intrinsics, look_at
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.info import class_table, object_table
from semnerf_lib.scenes.mesh import load_mesh, mesh_scene, mesh_scene_at, read_camera
from semnerf_lib.scenes.parts import class_of
from semnerf_lib.scenes.ply import read_ply

CORNERS = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [2, 0, 0], [2, 1, 0]], dtype=float)
QUADS = [[0, 1, 2, 3], [1, 4, 5, 2]]
INFO = {
    "classes": [{"id": 4, "name": "floor"}, {"id": 7, "name": "rug"}],
    "objects": [{"id": 1, "class_id": 7}, {"id": 2, "class_id": 4}, {"id": 3, "class_id": -1}],
    "id_to_label": [-2, 7, 4, -1],
}


def ply_bytes(polygons, face_values, prop="object_id", kind="int", form="binary_little_endian", vertex=None):
    """A PLY file; `vertex`: (name, values) of one more vertex property."""
    more = f"property int {vertex[0]}\n" if vertex else ""
    header = (
        f"ply\nformat {form} 1.0\ncomment made\nelement vertex {len(CORNERS)}\nproperty float x\nproperty float y\n"
        f"property float z\n{more}element face {len(polygons)}\nproperty list uchar int vertex_indices\n"
    )
    header += f"property {kind} {prop}\n" if face_values is not None else ""
    body = b""
    order = ">" if "big" in form else "<"
    code = {"int": "i", "uchar": "B", "ushort": "H", "float": "f"}[kind]
    for i, corner in enumerate(CORNERS):
        values = [*corner, *([vertex[1][i]] if vertex else [])]
        if form == "ascii":
            body += (" ".join(f"{v:g}" for v in values) + "\n").encode()
        else:
            body += struct.pack(order + "fff" + "i" * bool(vertex), *values)
    for i, polygon in enumerate(polygons):
        last = [] if face_values is None else [face_values[i]]
        if form == "ascii":
            body += (" ".join(map(str, [len(polygon), *polygon, *last])) + "\n").encode()
        else:
            body += struct.pack(f"{order}B{len(polygon)}i" + code * len(last), len(polygon), *polygon, *last)
    return header.encode() + b"end_header\n" + body


@pytest.fixture
def put(tmp_path):
    def write(content, name="mesh.ply", info=None):
        (tmp_path / name).write_bytes(content)
        if info is not None:
            (tmp_path / "info_semantic.json").write_text(json.dumps(info))
        return tmp_path / name

    return write


@pytest.mark.parametrize("form", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_replicas_quads_with_object_ids(put, form):
    mesh = load_mesh(put(ply_bytes(QUADS, [1, 2], form=form), "mesh_semantic.ply", INFO))
    assert mesh.class_names == ("floor", "rug")
    by_object = {o: set(mesh.face_labels[mesh.face_objects == o].tolist()) for o in (1, 2)}
    assert len(mesh.faces) == 4 and by_object == {1: {1}, 2: {0}}
    triangles = mesh.vertices[mesh.faces].astype(float)
    areas = np.linalg.norm(np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]), axis=-1) / 2
    np.testing.assert_allclose(areas, 0.5)


def test_objects_are_kept_beside_a_class_property(put):
    """Without `info` the object ids say nothing about classes, but still which face is of which object."""
    text = ply_bytes(QUADS, [1, 2], "label", form="ascii").decode()
    text = text.replace("property int label", "property int label\nproperty int object_id")
    lines = text.splitlines()
    lines[-2:] = [f"{line} {number}" for line, number in zip(lines[-2:], (77, -1), strict=True)]
    mesh = load_mesh(put(("\n".join(lines) + "\n").encode()))
    assert mesh.class_names == ("class 1", "class 2")
    assert {(int(o), int(c)) for o, c in zip(mesh.face_objects, mesh.face_labels, strict=True)} == {(77, 0), (-1, 1)}


def test_objects_without_class_are_void(put):
    mesh = load_mesh(put(ply_bytes(QUADS, [1, 3]), info=INFO))
    assert mesh.class_names == ("rug",) and sorted(mesh.face_labels.tolist()) == [0, 0, VOID, VOID]


def test_polygons_of_mixed_size(put):
    mesh = load_mesh(put(ply_bytes([[0, 1, 2, 3], [1, 4, 5], [0, 1, 4, 5, 3]], [1, 2, 1], "label")))
    assert len(mesh.faces) == 2 + 1 + 3 and mesh.class_names == ("class 1", "class 2")
    assert np.bincount(mesh.face_labels).tolist() == [5, 1]


@pytest.mark.parametrize("prop", ["label", "class_id", "class"])
def test_class_a_face(put, prop):
    mesh = load_mesh(put(ply_bytes(QUADS, [9, 3], prop, "ushort")))
    assert mesh.class_names == ("class 3", "class 9")


def test_class_a_vertex_goes_by_majority(put):
    triangles = [[0, 1, 2], [1, 4, 5], [0, 2, 3]]
    mesh = load_mesh(put(ply_bytes(triangles, None, vertex=("label", [5, 5, 6, -1, 6, 6]))))
    assert mesh.class_names == ("class 5", "class 6") and mesh.face_labels.tolist() == [0, 1, 0]


def test_names_come_from_info_and_0_is_void_without_a_name(put):
    mesh = load_mesh(put(ply_bytes(QUADS, [0, 7], "label"), info=INFO))
    assert mesh.class_names == ("rug",) and VOID in mesh.face_labels


def test_info_may_lie_elsewhere(put, tmp_path):
    path = put(ply_bytes(QUADS, [1, 2]))
    (tmp_path / "elsewhere.json").write_text(json.dumps(INFO))
    assert load_mesh(path, tmp_path / "elsewhere.json").class_names == ("floor", "rug")


def named_scene():
    scene = trimesh.Scene()
    for i, name in enumerate(("chair_1", "chair_2", "table", "void")):
        box = trimesh.creation.box((1, 1, 1))
        box.visual.face_colors = [10 * i, 20, 30, 255]
        scene.add_geometry(
            box, node_name=name, geom_name=name, transform=trimesh.transformations.translation_matrix([3 * i, 1, 0])
        )
    return scene


def test_glb_one_class_a_node_and_y_up(put):
    path = put(named_scene().export(file_type="glb"), "room.glb")
    mesh = load_mesh(path)
    assert mesh.class_names == ("chair", "table") and len(np.unique(mesh.face_objects)) == 4
    assert np.bincount(mesh.face_labels, minlength=256)[[0, 1, VOID]].tolist() == [24, 12, 12]
    np.testing.assert_allclose(mesh.bounds, [[-0.5, -0.5, 0.5], [9.5, 0.5, 1.5]], atol=1e-6)
    np.testing.assert_allclose(load_mesh(path, up="z").bounds[:, 1], [0.5, 1.5], atol=1e-6)


def test_obj_one_class_an_object(put):
    text = ""
    for i, name in enumerate(("lamp.001", "rug")):
        text += f"o {name}\n" + "".join(f"v {x + 3 * i} {y} {z}\n" for x, y, z in CORNERS[:3])
        text += f"f {3 * i + 1} {3 * i + 2} {3 * i + 3}\n"
    mesh = load_mesh(put(text.encode(), "room.obj"))
    assert mesh.class_names == ("lamp", "rug") and sorted(mesh.face_labels.tolist()) == [0, 1]


@pytest.mark.parametrize(
    "name, expected", [("chair_12", "chair"), ("Sofa.001", "sofa"), ("world/tv-stand 2", "tv-stand"), ("rug", "rug")]
)
def test_class_of_a_name(name, expected):
    assert class_of(name) == expected


def text_ply(mesh, with_objects):
    header = (
        f"ply\nformat ascii 1.0\nelement vertex {len(mesh.vertices)}\nproperty float x\nproperty float y\n"
        f"property float z\nelement face {len(mesh.faces)}\nproperty list uchar int vertex_indices\n"
        f"property uchar label\n{'property int object_id' if with_objects else 'comment'}\nend_header\n"
    )
    rows = [" ".join(map(str, v)) for v in mesh.vertices.tolist()]
    rows += [
        f"3 {a} {b} {c} {n}{f' {o}' if with_objects else ''}"
        for (a, b, c), n, o in zip(
            mesh.faces.tolist(), mesh.face_labels.tolist(), mesh.face_objects.tolist(), strict=True
        )
    ]
    return (header + "\n".join(rows)).encode()


def test_a_mesh_with_objects_becomes_a_scene_with_instances(box_room, put):
    scene = mesh_scene(put(text_ply(box_room, True), "box.ply"), 16, 12, every=30)
    assert (scene.instances == np.where(scene.labels == 6, 2, 1)).all() and (scene.instances == 2).any()


def test_a_room_on_disk_becomes_a_scene(box_room, put):
    path = put(text_ply(box_room, False), "box.ply")
    scene = mesh_scene(path, 16, 12, every=30)
    assert scene.instances is None
    assert scene.n_classes == 7 and scene.n_frames == 12 and scene.name == "box"
    assert (scene.depth > 0.2).all() and (np.abs(scene.c2w[:, :3, 3]) < 1.8).all()
    assert (scene.bounds[0] < -2).all() and (scene.bounds[1] > 2).all()
    assert mesh_scene(path, 16, 12, every=30).digest == scene.digest


GOOD = ply_bytes(QUADS, [1, 2])
BAD = {
    "no file": (None, INFO, "no such file"),
    "no ply": (b"solid", INFO, "no PLY file"),
    "cut header": (GOOD[:80], INFO, "no PLY file"),
    "cut body": (GOOD[:-30], INFO, "damaged PLY"),
    "cut text": (ply_bytes(QUADS, [1, 2], form="ascii")[:-9], INFO, "damaged PLY"),
    "odd type": (GOOD.replace(b"uchar int vertex", b"uchar bog vertex"), INFO, "damaged PLY header"),
    "odd format": (GOOD.replace(b"binary_little_endian", b"compressed"), INFO, "PLY format 'compressed'"),
    "no faces": (GOOD.replace(b"vertex_indices", b"corner_indices"), INFO, "no vertices .* or no faces"),
    "no class": (ply_bytes(QUADS, None), None, "no class, expected a face or vertex property"),
    "objects without info": (GOOD, None, "object_id, expected .*info_semantic.json"),
    "unknown object": (ply_bytes(QUADS, [1, 9]), INFO, "object_id 9 is not in"),
    "class without name": (ply_bytes(QUADS, [4, 5], "label"), INFO, "class id 5 has no name"),
    "damaged info": (GOOD, {"classes": 3}, "info_semantic.json: damaged: 'classes'"),
    "no objects": (GOOD, {"classes": INFO["classes"]}, "neither 'objects' nor 'id_to_label'"),
    "odd objects": (GOOD, INFO | {"objects": [{"id": "x"}]}, r"objects\[0\] has id 'x'"),
    "a class beyond 32 bits": (
        GOOD,
        {"classes": INFO["classes"], "objects": [{"id": 1, "class_id": 2**63}]},
        r"class_id 9223372036854775808, expected integers of at most 32 bits",
    ),
    "odd table": (GOOD, INFO | {"id_to_label": [1, None]}, "'id_to_label' is no list of integers"),
    "only void": (ply_bytes(QUADS, [-1, -1], "label"), None, "0 classes, expected 1 to 255"),
    "face beyond": (ply_bytes([[0, 1, 99]], [1]), INFO, "outside 0"),
}


@pytest.mark.parametrize("content, info, message", BAD.values(), ids=BAD.keys())
def test_bad_mesh_is_one_clear_line(put, tmp_path, content, info, message):
    path = tmp_path / "mesh.ply" if content is None else put(content, info=info)
    with pytest.raises(SemnerfError, match=message) as caught:
        load_mesh(path)
    assert "\n" not in str(caught.value) and str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("name", ["broken.glb", "broken.obj", "broken.gltf"])
def test_broken_files_of_other_kinds(put, name):
    with pytest.raises(SemnerfError, match=name):
        load_mesh(put(b"glTF nonsense", name))


def test_other_suffix_or_axis(put):
    with pytest.raises(SemnerfError, match=r"'\.stl', expected a mesh file"):
        load_mesh(put(b"", "a.stl"))
    with pytest.raises(SemnerfError, match="up = 'w'"):
        load_mesh(put(GOOD, info=INFO), up="w")


def test_a_plane_is_circled(put):
    scene = mesh_scene(put(GOOD, info=INFO), 8, 6, every=60)
    assert scene.n_frames == 6 and len(np.unique(scene.labels)) == 3


def test_a_mesh_at_given_poses(box_room, put, tmp_path):
    path = put(text_ply(box_room, False), "box.ply")
    poses = np.stack([look_at((0.0, 0.0, 0.0), (1.0, 0.1 * i, 0.0)) for i in range(6)])
    np.savetxt(tmp_path / "poses.txt", poses.reshape(6, 16))
    camera = {"width": 20, "height": 10, "fx": 9.0, "fy": 9.0, "cx": 9.5, "cy": 4.5}
    (tmp_path / "camera.json").write_text(json.dumps(camera))
    scene = mesh_scene_at(path, tmp_path / "poses.txt", tmp_path / "camera.json")
    assert scene.intrinsics == Intrinsics(**camera) and scene.test_ids == (4,)
    np.testing.assert_allclose(scene.c2w, poses)
    wide = mesh_scene_at(path, tmp_path / "poses.txt", width=40)
    assert wide.intrinsics == Intrinsics.from_hfov(40, 30)


@pytest.mark.parametrize("change", [{"fx": 0}, {"width": 1.5}, {"height": 10**6}, {"cy": None}, {"fy": "9"}])
def test_a_camera_that_is_none(tmp_path, change):
    camera = {"width": 20, "height": 10, "fx": 9.0, "fy": 9.0, "cx": 9.5, "cy": 4.5} | change
    (tmp_path / "camera.json").write_text(json.dumps(camera))
    with pytest.raises(SemnerfError, match=r"camera\.json"):
        read_camera(tmp_path / "camera.json")


def test_read_ply_keeps_properties(put):
    ply = read_ply(put(ply_bytes(QUADS, [0.5, 1.5], "weight", "float")))
    assert ply.face["weight"].tolist() == [0.5, 1.5] and sorted(ply.polygon.tolist()) == [0, 0, 1, 1]


@pytest.mark.parametrize("name", ["room0", "room1", "office4", "apartment_0"])
def test_real_info_files(real_data, name):
    path = real_data / "replica_info" / f"info_semantic_{name}.json"
    names, objects = class_table(path), object_table(path)
    assert len(names) == 101 and names[93] == "wall"
    assert all(c < 0 or c in names for c in objects.values()) and any(c == 93 for c in objects.values())
