"""GLB and glTF: what files of exporters mean, and what no reader could know."""

from __future__ import annotations

import base64
import io
import json
import struct

import numpy as np
import pytest
from PIL import Image

from semnerf_lib.errors import SemnerfError
from semnerf_lib.scenes.mesh import load_mesh
from semnerf_lib.scenes.triangles import areas

SQUARE = np.array([[0, 0, 0], [2, 0, 0], [2, 1, 0], [0, 1, 0]], dtype="<f4")
TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
COMPONENTS = {"int8": 5120, "uint8": 5121, "int16": 5122, "uint16": 5123, "uint32": 5125, "float32": 5126}


class File:
    """A glTF file under construction: a floor, and a wall 1 m above it."""

    def __init__(self):
        self.binary = b""
        self.json = {"asset": {"version": "2.0"}, "bufferViews": [], "accessors": [], "nodes": [], "meshes": []}
        self.json |= {"scenes": [{"nodes": [0, 1]}], "scene": 0}
        for i, name in enumerate(("floor", "wall")):
            self.json["nodes"].append({"name": name, "mesh": i, "translation": [0, 0, i]})
            corners = self.put(np.uint16([0, 1, 2, 0, 2, 3]))
            primitive = {"attributes": {"POSITION": self.put(SQUARE)}, "indices": corners}
            self.json["meshes"].append({"primitives": [primitive]})

    def view(self, raw):
        self.binary += b"\0" * (-len(self.binary) % 4)
        self.json["bufferViews"].append({"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(raw)})
        self.binary += raw
        return len(self.json["bufferViews"]) - 1

    def put(self, array, **more):
        array = np.asarray(array)
        entry = {"bufferView": self.view(array.tobytes()), "componentType": COMPONENTS[str(array.dtype)]}
        self.json["accessors"].append(entry | {"count": len(array), "type": TYPES[array.size // len(array)]} | more)
        return len(self.json["accessors"]) - 1

    @property
    def primitives(self):
        return [mesh["primitives"][0] for mesh in self.json["meshes"]]

    def glb(self, path):
        self.binary += b"\0" * (-len(self.binary) % 4)
        text = json.dumps(self.json | {"buffers": [{"byteLength": len(self.binary)}]}).encode()
        text += b" " * (-len(text) % 4)
        head = struct.pack("<4sII", b"glTF", 2, 28 + len(text) + len(self.binary))
        body = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(self.binary), b"BIN\0")
        path.write_bytes(head + body + self.binary)
        return path

    def gltf(self, path, uri):
        self.json["buffers"] = [{"byteLength": len(self.binary), "uri": uri}]
        path.write_text(json.dumps(self.json))
        return path


def strip(file):
    for primitive in file.primitives:
        primitive |= {"mode": 5, "indices": file.put(np.uint8([0, 1, 3, 2]))}


def fan(file):
    for primitive in file.primitives:
        primitive |= {"mode": 6, "indices": file.put(np.uint32([0, 1, 2, 3]))}


def unindexed(file):
    for primitive in file.primitives:
        primitive["attributes"]["POSITION"] = file.put(SQUARE[[0, 1, 2, 0, 2, 3]])
        del primitive["indices"]


def with_lines(file):
    for mesh in file.json["meshes"]:
        mesh["primitives"] += [mesh["primitives"][0] | {"mode": mode} for mode in (0, 1, 2, 3)]


def sparse(file):
    where, what = file.view(np.uint16([1, 2]).tobytes()), file.view(SQUARE[1:3].tobytes())
    for primitive in file.primitives:
        entry = file.json["accessors"][primitive["attributes"]["POSITION"]]
        values = SQUARE.copy()
        values[1:3] = 7
        entry["bufferView"] = file.view(values.tobytes())
        entry["sparse"] = {"count": 2, "indices": {"bufferView": where, "componentType": 5123}}
        entry["sparse"]["values"] = {"bufferView": what}


def interleaved(file):
    view = file.view(np.hstack([SQUARE, SQUARE + 9]).tobytes())
    file.json["bufferViews"][view]["byteStride"] = 24
    for primitive in file.primitives:
        file.json["accessors"][primitive["attributes"]["POSITION"]]["bufferView"] = view


def quantised(file):
    file.json["extensionsRequired"] = ["KHR_mesh_quantization"]
    for node, primitive in zip(file.json["nodes"], file.primitives, strict=True):
        node["scale"] = [2, 2, 2]
        primitive["attributes"]["POSITION"] = file.put((SQUARE * 32767 / 2).astype("<i2"), normalized=True)


def no_scenes(file):
    del file.json["scenes"], file.json["scene"]


def matrices(file):
    for i, node in enumerate(file.json["nodes"]):
        del node["translation"]
        node["matrix"] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, i, 1]


SOUND = [strip, fan, unindexed, with_lines, sparse, interleaved, quantised, no_scenes, matrices]


@pytest.mark.parametrize("change", SOUND)
def test_the_same_shape_in_other_words(tmp_path, change):
    file = File()
    change(file)
    mesh = load_mesh(file.glb(tmp_path / "a.glb"))
    assert mesh.class_names == ("floor", "wall")
    area = areas(mesh.vertices, mesh.faces)
    np.testing.assert_allclose([area[mesh.face_labels == k].sum() for k in (0, 1)], 2, rtol=1e-3)
    np.testing.assert_allclose(mesh.bounds, [[0, -1, 0], [2, 0, 1]], atol=1e-3)


def unused_extension(file):
    file.json["extensionsRequired"] = ["ACME_shapes"]


def instances(file):
    file.json["extensionsUsed"] = ["EXT_mesh_gpu_instancing"]


def two_parents(file):
    file.json["nodes"].append({"children": [0]})
    file.json["scenes"][0]["nodes"].append(2)


def below_itself(file):
    file.json["nodes"][0]["children"] = [0]


def short_stride(file):
    file.json["bufferViews"][1]["byteStride"] = 2


def corners_of_floats(file):
    file.primitives[0]["indices"] = file.put(np.float32([0, 1, 2]))


def half_a_triangle(file):
    file.primitives[0]["indices"] = file.put(np.uint16([0, 1, 2, 0]))


def sparse_beyond(file):
    sparse(file)
    entry = file.json["accessors"][file.primitives[0]["attributes"]["POSITION"]]
    entry["sparse"]["indices"]["bufferView"] = file.view(np.uint16([1, 40]).tobytes())


def damaged_picture(file):
    painted(file, b"no picture", [0.5, 0.5])


def zeros(file):
    entry = file.json["accessors"][file.primitives[0]["attributes"]["POSITION"]]
    del entry["bufferView"]
    entry["count"] = 2**27


def a_million_times(file):
    points = file.put(np.zeros((2**16, 3), dtype=np.float32))
    file.primitives[0]["attributes"]["POSITION"] = points
    file.json["nodes"] += [{"mesh": 0} for _ in range(2**11)]
    file.json["scenes"][0]["nodes"] = list(range(2 + 2**11))


def no_number(file):
    file.primitives[0]["attributes"]["POSITION"] = file.put(np.where(SQUARE == 2, np.float32(np.nan), SQUARE))


def a_long_name(file):
    file.json["images"] = [{"uri": "x" * 5000}]


def far_away(file):
    file.json["nodes"][0] = {"name": "a", "scale": [1e300] * 3, "children": [2]}
    file.json["nodes"].append({"mesh": 0, "scale": [1e300] * 3})


REFUSED = {
    "no number": (no_number, "a position of NaN or infinity"),
    "a name as long as a page": (a_long_name, "File name too long"),
    "beyond any float": (far_away, "a vertex at (nan|inf)"),
    "items without bytes": (zeros, "134217728 items without bufferView"),
    "one mesh a million times": (a_million_times, "more than 67108864 vertices and triangles"),
    "an extension": (unused_extension, "requires the extension ACME_shapes"),
    "copies on the graphics card": (instances, "copies of objects by EXT_mesh_gpu_instancing"),
    "two parents": (two_parents, "node 0 is below two nodes"),
    "a loop": (below_itself, "node 0 is below two nodes, or below itself"),
    "a stride of less than an item": (short_stride, "4 items of 12 bytes are not in bufferView 1"),
    "corners of floats": (corners_of_floats, "indices that are no unsigned integers"),
    "half a triangle": (half_a_triangle, "4 corners of triangles"),
    "a sparse item that is not there": (sparse_beyond, "sparse accessor names item 40 of 4"),
    "a damaged picture": (damaged_picture, "no image"),
}


@pytest.mark.parametrize("change, message", REFUSED.values(), ids=REFUSED.keys())
def test_refused_in_one_line(tmp_path, change, message):
    file = File()
    change(file)
    with pytest.raises(SemnerfError, match=rf"a\.glb: .*{message}"):
        load_mesh(file.glb(tmp_path / "a.glb"))


def painted(file, raw, uv, key="TEXCOORD_0", **info):
    """Both meshes with a picture at one place of it."""
    file.json["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0} | info}}]
    file.json |= {"textures": [{"source": 0}], "images": [{"bufferView": file.view(raw)}]}
    for primitive in file.primitives:
        primitive["attributes"][key] = file.put(np.tile(np.float32(uv), (4, 1)))
        primitive["material"] = 0


def picture(mode="RGB"):
    """Left half red, right half blue."""
    image = Image.new("RGB", (8, 4), (200, 0, 0))
    image.paste((0, 0, 200), (4, 0, 8, 4))
    raw = io.BytesIO()
    image.convert(mode).save(raw, "PNG")
    return raw.getvalue()


MOVED = {"extensions": {"KHR_texture_transform": {"offset": [0.5, 0], "scale": [0.5, 1]}}}
PAINTED = {
    "left": ([0.2, 0.5], {}, {}, "red"),
    "right": ([0.8, 0.5], {}, {}, "blue"),
    "repeated": ([3.8, 0.5], {}, {}, "blue"),
    "before 0": ([-0.2, 0.5], {}, {}, "blue"),
    "clamped": ([3.2, 0.5], {"wrapS": 33071}, {}, "blue"),
    "mirrored": ([1.2, 0.5], {"wrapS": 33648}, {}, "blue"),
    "moved": ([0.2, 0.5], {}, MOVED, "blue"),
    "turned": ([0.5, 0.8], {}, {"extensions": {"KHR_texture_transform": {"rotation": -1.5707963}}}, "blue"),
    "by other coordinates": ([0.8, 0.5], {}, {"texCoord": 1}, "blue"),
}


@pytest.mark.parametrize("uv, sampler, info, colour", PAINTED.values(), ids=PAINTED.keys())
def test_a_face_has_the_colour_of_its_place_in_the_texture(tmp_path, uv, sampler, info, colour):
    file = File()
    painted(file, picture(), uv, f"TEXCOORD_{info.get('texCoord', 0)}", **info)
    file.json["samplers"] = [sampler]
    file.json["textures"][0]["sampler"] = 0
    expected = {"red": [200, 0, 0], "blue": [0, 0, 200]}[colour]
    assert (load_mesh(file.glb(tmp_path / "a.glb")).face_colours == expected).all()


def test_a_texture_of_16_bits(tmp_path):
    file, raw = File(), io.BytesIO()
    Image.fromarray(np.full((4, 4), 40000, dtype=np.uint16)).save(raw, "PNG")
    painted(file, raw.getvalue(), [0.5, 0.5])
    assert (load_mesh(file.glb(tmp_path / "a.glb")).face_colours == 156).all()


@pytest.mark.parametrize(
    "colours", [np.float32([0.5, 0.25, 1]), np.uint8([128, 64, 255]), np.uint16([32896, 16448, 65535])]
)
def test_colours_of_vertices(tmp_path, colours):
    file = File()
    for primitive in file.primitives:
        more = {} if colours.dtype == np.float32 else {"normalized": True}
        padded = np.hstack([np.tile(colours, (4, 1)), np.full((4, 1), colours[2])])
        primitive["attributes"]["COLOR_0"] = file.put(padded.astype(colours.dtype), **more)
    assert (load_mesh(file.glb(tmp_path / "a.glb")).face_colours == [128, 64, 255]).all()


def test_what_is_left_out_is_told(tmp_path, capsys):
    file = File()
    file.json["nodes"].append({"name": "giant", "mesh": 0, "scale": [90, 90, 90]})
    file.json["scenes"].append({"nodes": [2]})
    file.json["nodes"][0] |= {"skin": 0}
    mesh = load_mesh(file.glb(tmp_path / "a.glb"))
    told = capsys.readouterr().err
    assert "giant" not in mesh.class_names and "a.glb: scene 0 of 2 is read\n" in told
    assert "a.glb: skins and morph targets are left out: shapes are read as they are stored\n" in told


def test_where_nothing_has_a_name_the_file_has(tmp_path):
    file = File()
    for node in file.json["nodes"]:
        del node["name"]
    assert load_mesh(file.glb(tmp_path / "sofa_2.glb")).class_names == ("sofa",)


def test_objects_of_one_name_stay_apart(tmp_path):
    file = File()
    for node in file.json["nodes"]:
        node["name"] = "wall"
    file.json["nodes"][0]["children"] = [2]
    file.json["nodes"].append({"name": "Object_3", "mesh": 0, "translation": [0, 0, 3]})
    mesh = load_mesh(file.glb(tmp_path / "a.glb"))
    assert mesh.class_names == ("wall",) and np.unique(mesh.face_objects, return_counts=True)[1].tolist() == [4, 2]


def test_buffers_by_their_addresses(tmp_path):
    file = File()
    (tmp_path / "my room.bin").write_bytes(file.binary)
    encoded = "data:application/gltf-buffer;base64," + base64.b64encode(file.binary).decode()
    for uri in ("my%20room.bin", "my room.bin", "./my%20room.bin", encoded):
        assert load_mesh(file.gltf(tmp_path / "a.gltf", uri)).class_names == ("floor", "wall")
    for uri in ("../a.bin", "/etc/passwd", "https://a.b/c.bin", "data:,abc", "data:;base64,@@", "my room.bi"):
        with pytest.raises(SemnerfError, match=r"a\.gltf"):
            load_mesh(file.gltf(tmp_path / "a.gltf", uri))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_text_as_windows_tools_write_it(tmp_path, encoding):
    path, file = tmp_path / "a.gltf", File()
    (tmp_path / "a.bin").write_bytes(file.binary)
    path.write_bytes(file.gltf(path, "a.bin").read_text().encode(encoding))
    assert load_mesh(path).class_names == ("floor", "wall")


def test_a_glb_is_known_by_its_content(tmp_path):
    assert load_mesh(File().glb(tmp_path / "a.gltf")).class_names == ("floor", "wall")
