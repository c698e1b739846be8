"""Meshes that are damaged, hostile or written by other programs."""

from __future__ import annotations

import json
import os
import struct
import time
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from PIL import Image

from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.mesh import load_mesh, mesh_scene
from semnerf_lib.scenes.mesh_export import save_mesh
from semnerf_lib.scenes.parts import class_of
from semnerf_lib.scenes.triangles import areas

XYZ = "property float x\nproperty float y\nproperty float z\n"
FACE = "property list uchar int vertex_indices\n"
POINTS = "0 0 0\n1 0 0\n0 1 0\n1 1 0\n"


def ascii_ply(body, faces=2, label="property int label\n", before="", face=FACE, after=""):
    return (
        f"ply\nformat ascii 1.0\n{before}element vertex 4\n{XYZ}element face {faces}\n{face}{label}{after}end_header\n"
        f"{POINTS}{body}"
    ).encode()


SOUND = "3 0 1 2 1\n3 1 3 2 2\n"


def obj(*lines):
    return ("\n".join(("v 0 0 0", "v 1 0 0", "v 0 1 0", "v 1 1 0", *lines)) + "\n").encode()


REFUSED = {
    "a line of no kind": ("a.ply", ascii_ply(SOUND, before="error: b\n"), "line 'error: b': expected comment, format"),
    "a type of no kind": ("a.ply", ascii_ply(SOUND, label="property half label\n"), "line 'property half label'.*type"),
    "a word": ("a.ply", ascii_ply(SOUND.replace(" 2", " two", 1)), "no number: 'two'"),
    "points alone": ("a.ply", ascii_ply("", faces=0), "4 vertices and no triangle"),
    "no element": ("a.ply", b"ply\nformat ascii 1.0\nend_header\nelement x 5\n", "has no vertices"),
    "empty element without end": ("a.ply", ascii_ply(SOUND, before="element empty 1000000000000\n"), "ends early"),
    "negative list": ("a.ply", ascii_ply("-2 0 1 2 1\n3 1 3 2 2\n", face=FACE.replace("uchar", "int")), "length -2"),
    "length beyond its type": ("a.ply", ascii_ply("-2 0 1 2 1\n3 1 3 2 2\n"), "expected an integer of type u1"),
    "negative count": ("a.ply", ascii_ply(SOUND, faces=-2), "damaged PLY header"),
    "more faces than words": ("a.ply", ascii_ply(SOUND, faces=10**12), "ends early"),
    "second element vertex": ("a.ply", ascii_ply(SOUND, before=f"element vertex 0\n{XYZ}"), "expected a new name"),
    "second property": ("a.ply", ascii_ply(SOUND, label="property int label\n" * 2), "expected a new name"),
    "a label between classes": ("a.ply", ascii_ply("3 0 1 2 2.7\n3 1 3 2 2\n", label="property float label\n"), "2.7"),
    "a label that is none": ("a.ply", ascii_ply("3 0 1 2 nan\n3 1 3 2 2\n", label="property float label\n"), "nan"),
    "a fractional index": ("a.ply", ascii_ply("3 0 1 1.9 1\n3 1 3 2 2\n"), "'1.9', expected an integer"),
    "an underscore": ("a.ply", ascii_ply("3 0 1 2 1_0\n3 1 3 2 2\n"), "underscore"),
    "an index beyond": ("a.ply", ascii_ply("3 0 1 4 1\n3 1 3 2 2\n"), "outside 0 ... 3"),
    "an index below": ("a.ply", ascii_ply("3 0 1 -1 1\n3 1 3 2 2\n"), "outside 0 ... 3"),
    "data left over": ("a.ply", ascii_ply(SOUND + "7\n"), "more behind its last element"),
    "corners that are no list": ("a.ply", ascii_ply("1 1\n1 1\n", face="property int vertex_indices\n"), "no faces"),
    "an index of floats": ("a.ply", ascii_ply(SOUND, face=FACE.replace("int", "float")), "a list of integers"),
    "a vertex beyond any float": (
        "a.ply",
        ascii_ply(SOUND).replace(b"property float x", b"property double x").replace(b"0 0 0", b"1e300 0 0"),
        "a vertex at 1e.300, expected less than",
    ),
    "a name of blanks": ("a.ply", ascii_ply(SOUND, before='comment class 1 "  "\ncomment class 2 b\n'), "called '  '"),
    "obj vertex beyond any float": ("a.obj", obj("v 1e300 0 0", "f 1 2 5"), "a vertex at 1e.300"),
    "obj index in other digits": ("a.obj", obj("f 1 2 \u0663"), "integers that name vertices"),
    "obj index with an underscore": ("a.obj", obj("f 1 2 0_3"), "integers that name vertices"),
    "obj index 0": ("a.obj", obj("f 0 1 2"), "line 5 is 'f 0 1 2', expected indices 1 ... 4"),
    "obj index beyond": ("a.obj", obj("f 1 2 5"), "expected indices 1 ... 4"),
    "obj cut short": ("a.obj", obj("f 1 2 3", "f 1 2"), "three corners"),
    "obj cut vertex": ("a.obj", obj("f 1 2 3", "v 1 2"), "3 finite numbers"),
    "obj vertex that is none": ("a.obj", obj("v nan 0 0", "f 1 2 5"), "3 finite numbers"),
    "obj without faces": ("a.obj", obj(), "no triangle"),
    "obj normal beyond": ("a.obj", obj("vn 0 0 1", "f 1//2 2//1 3//1"), "expected indices 1 ... 1"),
    "obj corner of four indices": ("a.obj", obj("f 1/1/1/1 2 3"), "at most three indices"),
    "obj in UTF-16": ("a.obj", obj("f 1 2 3").decode().encode("utf-16"), "a byte of 0 in it"),
    "a face of two corners": ("a.ply", ascii_ply("2 0 1 1\n3 1 3 2 2\n"), "a face of 2 corners"),
    "two formats": ("a.ply", ascii_ply(SOUND, before="format binary_little_endian 1.0\n"), "two formats"),
    "an id of two names": (
        "a.ply",
        ascii_ply(SOUND, before="comment class 1 wall\ncomment class 1 rug\ncomment class 2 bed\n"),
        "class 1 is 'wall' and 'rug'",
    ),
    "a count in other digits": ("a.ply", ascii_ply(SOUND, faces="\u0662"), "damaged PLY header"),
}


@pytest.mark.parametrize("name, content, message", REFUSED.values(), ids=REFUSED.keys())
def test_refused_in_one_line(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SemnerfError, match=message) as caught:
        load_mesh(path)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_a_binary_list_longer_than_the_file_is_refused(tmp_path):
    head = (
        f"ply\nformat binary_little_endian 1.0\nelement vertex 3\n{XYZ}element face 1\n{FACE.replace('uchar', 'int')}"
    )
    body = np.zeros(9, "<f4").tobytes() + struct.pack("<i", 2**31 - 1)
    (tmp_path / "a.ply").write_bytes(f"{head}end_header\n".encode() + body)
    with pytest.raises(SemnerfError, match="ends early"):
        load_mesh(tmp_path / "a.ply")


@pytest.mark.parametrize("suffix, head", [("ply", SOUND), ("obj", "v 0 0 0\n"), ("glb", "glTF")])
def test_a_file_with_a_hole_is_not_read_whole(tmp_path, suffix, head):
    path = tmp_path / f"a.{suffix}"
    path.write_text(head)
    os.truncate(path, 1 << 40)
    with pytest.raises(SemnerfError, match=f"a.{suffix}: "):
        load_mesh(path)


def test_many_properties_are_read_in_time(tmp_path):
    (tmp_path / "a.ply").write_bytes(
        ascii_ply(SOUND, after="element no 0\n" + "".join(f"property int p{i}\n" for i in range(30_000)))
    )
    start = time.process_time()
    assert len(load_mesh(tmp_path / "a.ply").faces) == 2 and time.process_time() - start < 5


GLB = {
    "longer than it says": lambda data: data + b"abc",
    "shorter than it says": lambda data: data[:-4],
    "of another length": lambda data: data[:8] + struct.pack("<I", 2**31) + data[12:],
}


@pytest.mark.parametrize("change", GLB.values(), ids=GLB.keys())
def test_a_glb_has_the_length_that_it_says(tmp_path, change):
    (tmp_path / "a.glb").write_bytes(change(trimesh.Scene(trimesh.creation.box()).export(file_type="glb")))
    with pytest.raises(SemnerfError, match="a.glb: damaged mesh .*bytes of"):
        load_mesh(tmp_path / "a.glb")


def test_a_fifo_named_in_a_mesh_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.mtl")
    (tmp_path / "a.obj").write_bytes(obj("mtllib a.mtl", "f 1 2 3"))
    gltf = {"asset": {"version": "2.0"}, "buffers": [{"uri": "a.mtl", "byteLength": 9}]}
    (tmp_path / "a.gltf").write_text(json.dumps(gltf))
    for name in ("a.obj", "a.gltf"):
        with pytest.raises(SemnerfError, match="no regular file"):
            load_mesh(tmp_path / name)


@pytest.mark.parametrize(
    "head, labels",
    [("comment B\xfcro\n", [0, 1]), ("comment class 1 B\xfcro\ncomment class 2 rug\n", [0, 1])],
)
def test_a_latin_1_comment_is_read(tmp_path, head, labels):
    (tmp_path / "a.ply").write_bytes(ascii_ply(SOUND, before="MARK").replace(b"MARK", head.encode("latin-1")))
    mesh = load_mesh(tmp_path / "a.ply")
    assert mesh.face_labels.tolist() == labels and ("class 1" not in head or mesh.class_names == ("Büro", "rug"))


def test_scalar_label_and_the_largest_number_of_a_type(tmp_path):
    (tmp_path / "a.ply").write_bytes(ascii_ply(SOUND, label="property float scalar_Label\n"))
    assert load_mesh(tmp_path / "a.ply").class_names == ("class 1", "class 2")
    (tmp_path / "b.ply").write_bytes(ascii_ply("3 0 1 2 255\n3 1 3 2 2\n", label="property uchar label\n"))
    assert load_mesh(tmp_path / "b.ply").face_labels.tolist() == [VOID, 0]


def test_face_colours_of_a_ply(tmp_path):
    colours = "property int label\nproperty uchar red\nproperty uchar green\nproperty uchar blue\n"
    (tmp_path / "a.ply").write_bytes(ascii_ply("3 0 1 2 1 10 20 30\n3 1 3 2 2 40 50 60\n", label=colours))
    assert load_mesh(tmp_path / "a.ply").face_colours.tolist() == [[10, 20, 30], [40, 50, 60]]


def test_triangle_strips_keep_their_side(tmp_path):
    text = f"ply\nformat ascii 1.0\nelement vertex 4\n{XYZ}property int label\nelement tristrips 1\n"
    text += "property list int int vertex_indices\nend_header\n0 0 0 1\n1 0 0 1\n0 1 0 1\n1 1 0 2\n5 0 1 2 3 -1\n"
    (tmp_path / "a.ply").write_text(text)
    mesh = load_mesh(tmp_path / "a.ply")
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    assert len(mesh.faces) == 2 and (np.cross(b - a, c - a)[:, 2] > 0).all()


@pytest.mark.parametrize("name", ["b\\c", '"quoted"', " blanks ", "tv-stand"])
def test_any_name_of_a_class_comes_back_from_a_ply(box_room, tmp_path, name):
    mesh = replace(box_room, class_names=(name, *box_room.class_names[1:]))
    save_mesh(mesh, tmp_path / "a.ply")
    assert load_mesh(tmp_path / "a.ply").class_names[0] == name


@pytest.mark.parametrize("name", ["a\nend_header\nelement x 5", "\ud800"])
def test_a_name_that_cannot_be_printed_is_refused(box_room, name):
    with pytest.raises(SemnerfError, match="expected printable names"):
        replace(box_room, class_names=(name, *box_room.class_names[1:]))


@pytest.mark.parametrize(
    "name, expected",
    [
        ("Chair (2)", "chair"), ("Chair#1", "chair"), ("Lamp.001_Mesh.017", "lamp"), ("Cube_Cube.001", "cube"),
        ("Chair.003_Chair.001", "chair"), ("coffee_table_2", "coffee_table"), ("sofa_cube", "sofa_cube"),
    ],
)  # fmt: skip
def test_class_of_what_programs_write(name, expected):
    assert class_of(name) == expected


def test_groups_materials_and_textures_of_an_obj(tmp_path):
    Image.fromarray(np.array([[[250, 0, 0], [0, 0, 250]]], dtype=np.uint8)).save(tmp_path / "t.png")
    (tmp_path / "a.mtl").write_text("newmtl red\nKd 1 0 0\nnewmtl printed\nmap_Kd t.png\n")
    lines = ["mtllib a.mtl", "vt 0.1 0.5", "g rug_1", "usemtl red", "f 1 2 3", "g sofa", "usemtl printed"]
    (tmp_path / "a.obj").write_bytes(obj(*lines, "f 2/1 4/1 3/1"))
    mesh = load_mesh(tmp_path / "a.obj")
    assert mesh.class_names == ("rug", "sofa") and mesh.face_objects.tolist() == [1, 2]
    assert mesh.face_colours[0].tolist() == [255, 0, 0] and mesh.face_colours[1, 0] > 200 > mesh.face_colours[1, 2]
    (tmp_path / "b.obj").write_bytes(obj("usemtl wall", "f 1 2 3", "usemtl floor", "f 2 4 3"))
    assert load_mesh(tmp_path / "b.obj").class_names == ("floor", "wall")


def glb(nodes, meshes, materials, accessors, views, binary, **more):
    header = {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": list(range(len(nodes)))}], "nodes": nodes}
    header |= {"meshes": meshes, "materials": materials, "accessors": accessors, "bufferViews": views, **more}
    header["buffers"] = [{"byteLength": len(binary)}]
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def lengthened(content):
    """A GLB whose header text was made longer, with the lengths that it has now."""
    end = content.index(b"BIN\0") - 4
    text = content[20:end].rstrip()
    text += b" " * (-len(text) % 4)
    rest = content[end:]
    head = struct.pack("<4sIII4s", b"glTF", 2, 20 + len(text) + len(rest), len(text), b"JSON")
    return head + text + rest


def two_nodes(kind=5126, **more):
    """A chair of two primitives and a floor, their positions float32, or int16 that stand for -1 ... 1."""
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype="<f4")
    corners = corners if kind == 5126 else (corners * 32767).astype("<i2")
    accessor = {"bufferView": 0, "componentType": kind, "count": 3, "type": "VEC3", "normalized": kind != 5126}
    wood, cushion = ({"attributes": {"POSITION": 0}, "material": m} for m in (0, 1))
    return glb(
        [{"name": "Chair_1", "mesh": 0}, {"name": "floor", "mesh": 1}],
        [{"name": "m", "primitives": [wood, cushion]}, {"name": "n", "primitives": [wood]}],
        [{"name": n, "pbrMetallicRoughness": {"baseColorFactor": [c, 0, 0, 1]}} for n, c in (("wood", 1), ("soft", 0))],
        [accessor], [{"buffer": 0, "byteLength": corners.nbytes}], corners.tobytes(), **more,
    )  # fmt: skip


def test_primitives_of_a_node_are_one_object_with_its_name(tmp_path):
    (tmp_path / "a.glb").write_bytes(two_nodes())
    first, second = load_mesh(tmp_path / "a.glb"), load_mesh(tmp_path / "a.glb")
    assert first.class_names == ("chair", "floor") and first.face_objects.tolist() == [1, 1, 2]
    assert first.face_colours[:, 0].tolist() == [255, 0, 255]
    for key in ("vertices", "faces", "face_labels", "face_colours", "face_objects"):
        np.testing.assert_array_equal(getattr(first, key), getattr(second, key))


def test_normalised_integers_are_lengths(tmp_path):
    (tmp_path / "a.glb").write_bytes(two_nodes(5122, extensionsRequired=["KHR_mesh_quantization"]))
    np.testing.assert_allclose(np.ptp(load_mesh(tmp_path / "a.glb").bounds, axis=0), [1, 0, 1], atol=1e-4)


@pytest.mark.parametrize("number", ["true", "-1", "7", '"0"', "0.0"])
def test_a_number_that_names_no_accessor_is_refused(tmp_path, number):
    text = two_nodes().replace(b'{"POSITION": 0}', b'{"POSITION": 0}, "indices": ' + number.encode(), 1)
    (tmp_path / "a.glb").write_bytes(lengthened(text))
    with pytest.raises(SemnerfError, match=r"a\.glb: damaged mesh"):
        load_mesh(tmp_path / "a.glb")


def test_draco_is_refused_in_one_line(tmp_path):
    extension = "KHR_draco_mesh_compression"
    (tmp_path / "a.glb").write_bytes(two_nodes(extensionsUsed=[extension], extensionsRequired=[extension]))
    with pytest.raises(SemnerfError, match=f"compressed by {extension}"):
        load_mesh(tmp_path / "a.glb")


def test_a_textured_glb_has_a_colour_a_face(tmp_path):
    image = Image.fromarray(np.array([[[250, 0, 0], [0, 0, 250]]], dtype=np.uint8))
    scene = trimesh.Scene()
    for name, u in (("rug", 0.2), ("sofa", 0.8)):
        visual = trimesh.visual.TextureVisuals(uv=np.full((3, 2), [u, 0.5]), image=image)
        scene.add_geometry(trimesh.Trimesh(np.eye(3), [[0, 1, 2]], visual=visual), node_name=name, geom_name=name)
    (tmp_path / "a.glb").write_bytes(scene.export(file_type="glb"))
    red, blue = load_mesh(tmp_path / "a.glb").face_colours.astype(int)
    assert red[0] - red[2] > 100 and blue[2] - blue[0] > 100


@pytest.mark.parametrize("axis, unit, size", [("z", "m", [1, 1, 0]), ("y", "cm", [0.01, 0, 0.01])])
def test_axis_and_unit(tmp_path, axis, unit, size):
    (tmp_path / "a.ply").write_bytes(ascii_ply(SOUND))
    mesh = load_mesh(tmp_path / "a.ply", up=axis, unit=unit)
    np.testing.assert_allclose(np.ptp(mesh.bounds, axis=0), size, atol=1e-6)


@pytest.mark.parametrize("scale, likely", [(1000, "mm"), (0.001, "km"), (100, "cm")])
def test_a_size_that_no_room_has_is_refused_with_the_likely_unit(box_room, tmp_path, scale, likely):
    save_mesh(replace(box_room, vertices=box_room.vertices * scale), tmp_path / "a.ply")
    with pytest.raises(SemnerfError, match=f"--unit {likely}` writes"):
        mesh_scene(tmp_path / "a.ply", 16, 12, every=90)


def test_a_ceiling_beside_the_floor_is_told(tmp_path, capsys, box_room):
    names = ("x-", "x+", "floor", "ceiling", "z-", "z+", "box")
    save_mesh(replace(box_room, class_names=names), tmp_path / "a.ply")
    mesh_scene(tmp_path / "a.ply", 8, 6, every=90, cache=False)
    assert "--up=y` writes its frames" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "value", "void"),
    [("uchar", 255, True), ("int", 255, True), ("short", -1, True), ("uint", 2**32 - 1, True), ("int", 300, False)],
)
@pytest.mark.parametrize("of", ["faces", "vertices"])
def test_the_largest_ids_without_a_name_are_void(tmp_path, kind, value, void, of):
    label = f"property {kind} label\n"
    if of == "faces":
        data = ascii_ply(f"3 0 1 2 1\n3 1 3 2 {value}\n", label=label)
    else:
        data = ascii_ply("3 0 1 2\n3 1 3 2\n", label="").replace(XYZ.encode(), (XYZ + label).encode())
        rows = f"0 0 0 1\n1 0 0 1\n0 1 0 {value}\n1 1 0 {value}\n"
        data = data.replace(POINTS.encode(), rows.encode())
    (tmp_path / "a.ply").write_bytes(data)
    mesh = load_mesh(tmp_path / "a.ply")
    assert mesh.face_labels.tolist() == [0, VOID if void else 1]


def test_255_among_larger_ids_is_a_class(tmp_path):
    (tmp_path / "a.ply").write_bytes(ascii_ply("3 0 1 2 255\n3 1 3 2 300\n"))
    assert load_mesh(tmp_path / "a.ply").class_names == ("class 255", "class 300")


def test_ids_of_one_name_are_one_class_and_told(tmp_path, capsys):
    names = "".join(f"comment class {i} {name}\n" for i, name in ((1, "other"), (2, "other"), (7, "wall")))
    faces = [*SOUND.splitlines(), SOUND.splitlines()[0][:-1] + "7"]
    (tmp_path / "a.ply").write_bytes(ascii_ply("\n".join(faces), before=names, faces=3))
    mesh = load_mesh(tmp_path / "a.ply")
    assert mesh.class_names == ("other", "wall") and mesh.face_labels.tolist() == [0, 0, 1]
    assert "ids 1, 2 are all named 'other': one class, written as 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "values"),
    [("uchar", "10 200 30"), ("float", "0.0393 0.7844 0.1177"), ("ushort", "2570 51400 7710"), ("double", "10 200 30")],
)
@pytest.mark.parametrize("prefix", ["", "diffuse_"])
def test_face_colours_of_each_type(tmp_path, kind, values, prefix):
    colours = "".join(f"property {kind} {prefix}{name}\n" for name in ("red", "green", "blue"))
    data = ascii_ply(f"3 0 1 2 1 {values}\n3 1 3 2 2 {values}\n", after=colours)
    (tmp_path / "a.ply").write_bytes(data)
    assert load_mesh(tmp_path / "a.ply").face_colours.tolist() == [[10, 200, 30]] * 2


def test_an_obj_with_colours_of_its_vertices(tmp_path):
    lines = ["v 0 0 0 1 0 0", "v 1 0 0 1 0 0 # red", "v 0 1 0 1 0 0", "o chair", "f 1 2 3 # a face"]
    (tmp_path / "a.obj").write_text("\n".join(lines) + "\n")
    assert load_mesh(tmp_path / "a.obj").face_colours.tolist() == [[255, 0, 0]]


def test_an_obj_with_texture_coordinates_of_two_and_three_numbers(tmp_path):
    (tmp_path / "a.obj").write_bytes(obj("vt 0 0", "vt 1 0 0", "o chair", "f 1/1 2/2 3/1"))
    assert load_mesh(tmp_path / "a.obj").class_names == ("chair",)


GLTF = {
    "true for 1": (lambda given: given["accessors"][0].update(bufferView=True), "bufferView is True"),
    "a matrix of text": (lambda given: given["nodes"][-1].update(matrix=["1"] * 16), "expected numbers"),
    "a node of a mesh that is not there": (lambda given: given["nodes"][-1].update(mesh=9), "9 of meshes, which are 1"),
    "a mode of no kind": (lambda given: given["meshes"][0]["primitives"][0].update(mode=7), "primitives of mode 7"),
    "a matrix beyond any float": (lambda given: given["nodes"][-1].update(matrix=[1e300] * 16), "expected less than"),
}


@pytest.mark.parametrize("change, message", GLTF.values(), ids=GLTF.keys())
def test_gltf_values_of_the_wrong_kind(tmp_path, change, message):
    for name, data in trimesh.Scene(trimesh.creation.box()).export(file_type="gltf").items():
        (tmp_path / ("a.gltf" if name.endswith(".gltf") else name)).write_bytes(data)
    given = json.loads((tmp_path / "a.gltf").read_text())
    change(given)
    (tmp_path / "a.gltf").write_text(json.dumps(given))
    with pytest.raises(SemnerfError, match=message):
        load_mesh(tmp_path / "a.gltf")


DENT = "v 0 2 0\nv 0 0 0\nv 2 0 0\nv 2 2 0\nv 1 .5 0\n"


def test_polygons_with_a_dent(tmp_path):
    (tmp_path / "a.obj").write_text(f"o floor\n{DENT}f 1 2 3 4 5\no wall\n{DENT}f -5 -1 -2 -3 -4\n")
    corners = DENT.replace("v ", "").replace(".5", "0.5")
    head = f"ply\nformat ascii 1.0\nelement vertex 5\n{XYZ}element face 2\n{FACE}property int label\nend_header\n"
    (tmp_path / "a.ply").write_text(f"{head}{corners}5 0 1 2 3 4 1\n3 0 1 2 2\n")
    for name, expected in (("a.obj", [2.5, 2.5]), ("a.ply", [2.5, 2.0])):
        mesh = load_mesh(tmp_path / name)
        area = areas(mesh.vertices, mesh.faces)
        assert [area[mesh.face_labels == k].sum() for k in (0, 1)] == pytest.approx(expected)


OBJ = "mtllib {}\no floor\nv 0 0 0\nv 2 0 0\nv 2 1 0\nvt .5 .5\nusemtl a b\nf 1/1 2/1 \\\n3/1\no wall\nf 1 3 2\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_obj_with_the_ends_of_lines_of_any_system(tmp_path, end):
    (tmp_path / "my a.mtl").write_bytes("newmtl\ta  b\n\tKd 1 0 0\n".replace("\n", end).encode())
    (tmp_path / "a.obj").write_bytes(OBJ.format("my a.mtl").replace("\n", end).encode())
    mesh = load_mesh(tmp_path / "a.obj")
    assert mesh.class_names == ("floor", "wall") and mesh.face_colours[0].tolist() == [255, 0, 0]


def test_obj_with_several_libraries_and_a_texture_with_blanks_in_its_name(tmp_path):
    (tmp_path / "a.mtl").write_text("newmtl other\nKd 0 1 0\n")
    (tmp_path / "b.mtl").write_text("newmtl a b\nmap_Kd my wood.png\n")
    (tmp_path / "a.obj").write_text(OBJ.format("a.mtl b.mtl missing.mtl"))
    Image.fromarray(np.full((4, 4), 40000, dtype=np.uint16)).save(tmp_path / "my wood.png")
    assert load_mesh(tmp_path / "a.obj").face_colours[0].tolist() == [156, 156, 156]


@pytest.mark.parametrize("colour", ["0.5 0.25 1", "127.5 63.75 255"])
def test_obj_with_colours_of_vertices_as_shares_or_bytes(tmp_path, colour):
    (tmp_path / "a.obj").write_text(
        "".join(f"v {x} {y} 0 {colour}\n" for x, y in ((0, 0), (1, 0), (0, 1))) + "f 1 2 3\n"
    )
    assert load_mesh(tmp_path / "a.obj").face_colours.tolist() == [[127, 63, 255]]


def test_materials_taken_for_classes_are_told(tmp_path, capsys):
    faces = "usemtl floor\nf 1 2 3\nusemtl wall\nf 2 4 3\n"
    (tmp_path / "a.obj").write_bytes(obj("o Object_1", *faces.splitlines()))
    assert load_mesh(tmp_path / "a.obj").class_names == ("floor", "wall")
    assert "a.obj: objects are called object, and materials tell more apart" in capsys.readouterr().err


def test_a_mesh_far_from_the_origin_is_refused(box_room, tmp_path):
    save_mesh(replace(box_room, vertices=box_room.vertices + np.float32([4e5, 5e6, 0])), tmp_path / "a.ply")
    with pytest.raises(SemnerfError, match=r"a\.ply: a vertex 5e\+06 m from the origin"):
        mesh_scene(tmp_path / "a.ply", 16, 12, every=90)
