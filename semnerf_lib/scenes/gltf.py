"""GLB and glTF by trimesh: what one node carries is one object, however many primitives it is made of."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import is_number, parse_json, read_json, regular_size
from semnerf_lib.scenes.parts import GENERIC, MeshPart, class_of, regular_file, texture_colours

MAX_VALUES = 2**28
"""Items that the accessors of a file may have together."""
COMPRESSED = ("KHR_draco_mesh_compression", "EXT_meshopt_compression")
WHOLE = (
    "buffer", "bufferView", "byteLength", "byteOffset", "byteStride", "componentType", "count", "index", "indices",
    "material", "mesh", "mode", "scene", "source", "texCoord",
)  # fmt: skip
FLOATS = ("matrix", "translation", "rotation", "scale", "baseColorFactor", "emissiveFactor", "min", "max")
"""Keys of whole numbers, and of numbers or lists of them, wherever they stand."""
MODES = range(6)
"""Of primitives: points, lines, triangles and strips of them; trimesh leaves fans out, which would be holes."""
DRAWN = (0, 1, 3, 4, 5)
"""Modes of primitives that trimesh keeps: points, lines and triangles."""
LARGEST = {5120: 127, 5121: 255, 5122: 32767, 5123: 65535}
"""What stands for 1 in a normalised accessor, by its component type."""


def _header(path: Path) -> dict[str, Any]:
    """The JSON of a file."""
    if path.suffix.lower() == ".gltf":
        return read_json(path)
    try:
        with path.open("rb") as file:
            magic, _, length, size, kind = struct.unpack("<4sIII4s", file.read(20))
            if magic != b"glTF" or kind != b"JSON" or size > length:
                raise ValueError("no glTF header")
            if length != (there := regular_size(path)):
                raise ValueError(f"{there} bytes of {length}")
            raw = file.read(size)
    except (OSError, ValueError, struct.error) as error:
        raise SemnerfError(f"{path}: damaged mesh ({error}), expected GLB") from None
    return parse_json(raw, path)


def _check_kinds(path: Path, value: Any) -> None:
    """Refuses true for 1 and text for numbers, which trimesh takes."""
    for key, item in value.items() if isinstance(value, dict) else ():
        if key in WHOLE and not (type(item) is int and item >= 0):
            raise SemnerfError(f"{path}: damaged mesh ({key} is {str(item)[:20]}), expected a whole number")
        if key in FLOATS and not all(map(is_number, item if isinstance(item, list) else [item])):
            raise SemnerfError(f"{path}: damaged mesh ({key} is {str(item)[:20]}), expected numbers")
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(item, dict | list) and key != "extras":
            _check_kinds(path, item)


def _check(path: Path, header: dict[str, Any]) -> None:
    """Refuses what trimesh would read wrongly, wait for or fill the memory with."""
    _check_kinds(path, header)
    required = header.get("extensionsRequired", [])
    for extension in COMPRESSED:
        if extension in required or (extension in header.get("extensionsUsed", []) and "draco" in extension):
            raise SemnerfError(
                f"{path}: compressed by {extension}, expected plain geometry: `gltf-transform copy IN OUT` decodes it"
            )
    counts = [accessor["count"] for accessor in header.get("accessors", [])]
    if not all(type(n) is int and n >= 0 for n in counts) or sum(counts) > MAX_VALUES:
        raise SemnerfError(f"{path}: damaged mesh (counts of its accessors), expected at most {MAX_VALUES} items")
    meshes = header.get("meshes", [])
    named = [node["mesh"] for node in header.get("nodes", []) if "mesh" in node]
    if max(named, default=-1) >= len(meshes):
        raise SemnerfError(f"{path}: a node names mesh {max(named)}, expected one of the file's {len(meshes)}")
    primitives = [part for mesh in meshes for part in mesh.get("primitives", [])]
    if modes := {part.get("mode", 4) for part in primitives} - set(MODES):
        raise SemnerfError(f"{path}: primitives of mode {min(modes)}, expected triangles (4), or strips of them (5)")
    numbers = [n for part in primitives for n in (part.get("indices", 0), *part.get("attributes", {}).values())]
    if not all(type(n) is int and 0 <= n < len(counts) for n in numbers):
        raise SemnerfError(
            f"{path}: damaged mesh (numbers of its accessors), expected those of the file's {len(counts)}"
        )
    for entry in (*header.get("buffers", []), *header.get("images", [])):
        uri = entry.get("uri", "data:")
        if not uri.startswith("data:"):
            regular_file(path.parent / unquote(uri), path)


def _scales(header: dict[str, Any], attribute: str) -> list[float]:
    """For each primitive that trimesh keeps, in the file's order: what its integers are to be multiplied with."""
    scales = []
    for mesh in header.get("meshes", []):
        for primitive in mesh["primitives"]:
            if primitive.get("mode", 4) in DRAWN:
                index = primitive["attributes"].get(attribute)
                accessor = {} if index is None else header["accessors"][index]
                scales.append(1 / LARGEST[accessor["componentType"]] if accessor.get("normalized") else 1.0)
    return scales


def _name(graph: Any, node: str, geometry: str, primitive: bool) -> tuple[str, str]:
    """What an object is called, and the node that it is: the first above that somebody named."""
    parents = graph.transforms.parents
    if primitive:
        node = parents[node]  # trimesh makes a child with a random name for each primitive
    at: str | None = node
    while at is not None and at != graph.base_frame:
        if class_of(at) not in GENERIC:
            return at, at
        at = parents.get(at)
    return geometry, node


def _colours(path: Path, mesh: Any, scale: float) -> np.ndarray | None:
    """What a trimesh mesh looks like: (F, 3), or None where the file does not say."""
    visual = mesh.visual
    if visual.kind != "texture":
        return np.asarray(visual.face_colors)[:, :3].astype(np.uint8) if visual.defined else None
    material = visual.material
    image = getattr(material, "baseColorTexture", None) or getattr(material, "image", None)
    if image is not None and visual.uv is not None:
        uv = np.asarray(visual.uv, dtype=np.float64)
        if scale != 1:
            uv = np.stack([uv[:, 0] * scale, 1 - (1 - uv[:, 1]) * scale], axis=-1)  # trimesh has turned v round
        return texture_colours(path, image, uv, mesh.faces)
    return np.tile(np.asarray(material.main_color)[:3], (len(mesh.faces), 1)).astype(np.uint8)


def read_gltf(path: Path) -> list[MeshPart]:
    """The parts of a GLB or glTF file, in its own axes, in alphabetical order of their objects.

    Raises:
        SemnerfError: damaged, compressed, an index that names nothing, a buffer that is no regular file.
    """
    import trimesh

    try:
        header = _header(path)
        _check(path, header)
        scales = list(zip(_scales(header, "POSITION"), _scales(header, "TEXCOORD_0"), strict=True))
        scene = trimesh.load_scene(path)
        scale_of = dict(zip(scene.geometry, scales, strict=False))
        order = {geometry: i for i, geometry in enumerate(scene.geometry)}
        parts = []
        for node in scene.graph.nodes_geometry:
            matrix, geometry = scene.graph[node]
            mesh = scene.geometry[geometry]
            if not isinstance(mesh, trimesh.Trimesh) or not len(mesh.faces):
                continue
            name, owner = _name(scene.graph, node, geometry, mesh.metadata.get("from_gltf_primitive", False))
            if not 0 <= mesh.faces.min() <= mesh.faces.max() < len(mesh.vertices):
                raise ValueError(f"a face of '{name}' names a vertex outside 0 ... {len(mesh.vertices) - 1}")
            scale, uv_scale = scale_of.get(geometry, (1.0, 1.0))
            vertices = (mesh.vertices * scale) @ matrix[:3, :3].T + matrix[:3, 3]
            material = getattr(getattr(mesh.visual, "material", None), "name", None) or ""
            part = MeshPart(name, owner, material, vertices, mesh.faces, _colours(path, mesh, uv_scale))
            parts.append((owner, order[geometry], part))
    except SemnerfError:
        raise
    except Exception as error:  # whatever a damaged file makes trimesh raise
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise SemnerfError(f"{path}: damaged mesh ({reason}), expected GLB or glTF") from None
    return [part for _, _, part in sorted(parts, key=lambda entry: entry[:2])]
