"""GLB and glTF: what one node carries is one object, however many primitives it is made of."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from semnerf_lib.scenes.gltf_data import MALFORMED, GltfData
from semnerf_lib.scenes.parts import GENERIC, MeshPart, class_of, sampled

TRIANGLES, STRIP, FAN = 4, 5, 6
MODES = range(7)
"""Of primitives; those below `TRIANGLES` are points and lines, which show nothing."""
WRAPS = {10497: "repeat", 33071: "clamp", 33648: "mirror"}
GLOSSY = "KHR_materials_pbrSpecularGlossiness"
MAX_ITEMS = 2**26
"""Vertices and triangles of all nodes: a small file may show one mesh a million times."""
PICTURES = ("EXT_texture_webp",)
"""Extensions of textures that name another picture."""


def _matrix(data: GltfData, node: dict[str, Any]) -> Float[np.ndarray, "4 4"]:
    """A node's own motion."""
    if "matrix" in node:
        return np.array(node["matrix"], dtype=np.float64).reshape(4, 4).T
    matrix = np.eye(4)
    x, y, z, w = np.array(node.get("rotation", (0, 0, 0, 1)), dtype=np.float64).reshape(4)
    if (length := x * x + y * y + z * z + w * w) == 0:
        raise data.damage("a rotation of length 0")
    turn = [
        [1 - 2 * (y * y + z * z) / length, 2 * (x * y - z * w) / length, 2 * (x * z + y * w) / length],
        [2 * (x * y + z * w) / length, 1 - 2 * (x * x + z * z) / length, 2 * (y * z - x * w) / length],
        [2 * (x * z - y * w) / length, 2 * (y * z + x * w) / length, 1 - 2 * (x * x + y * y) / length],
    ]
    matrix[:3, :3] = np.array(turn) * np.array(node.get("scale", (1, 1, 1)), dtype=np.float64).reshape(3)
    matrix[:3, 3] = np.array(node.get("translation", (0, 0, 0)), dtype=np.float64).reshape(3)
    return matrix


def _roots(data: GltfData) -> list[int]:
    """Numbers of the topmost nodes of the file's scene."""
    if scenes := data.header.get("scenes"):
        number = data.header.get("scene", 0)
        if len(scenes) > 1:
            print(f"{data.path}: scene {number} of {len(scenes)} is read", file=sys.stderr)
        return data.item("scenes", number).get("nodes", [])
    nodes = data.header.get("nodes", [])
    children = {child for node in nodes for child in node.get("children", [])}
    return [i for i in range(len(nodes)) if i not in children]


def _nodes(data: GltfData) -> list[tuple[dict[str, Any], Float[np.ndarray, "4 4"], str, str]]:
    """The nodes of the file's scene that show something.

    Returns:
        For each its JSON, its motion to the scene's axes, what its object is called, and which object it is: the first
        node above that somebody named, else itself.
    """
    left = [(root, np.eye(4), "", "") for root in reversed(_roots(data))]
    seen: set[int] = set()
    found = []
    while left:
        number, above, name, owner = left.pop()
        node = data.item("nodes", number)
        if number in seen:
            raise data.damage(f"node {number} is below two nodes, or below itself")
        seen.add(number)
        with np.errstate(over="ignore", invalid="ignore"):  # a vertex too far away is refused later
            matrix = above @ _matrix(data, node)
        if class_of(own := node.get("name", "")) not in GENERIC:
            name, owner = own, f"{own} {number:06}"
        left += [(child, matrix, name, owner) for child in reversed(node.get("children", []))]
        if "mesh" in node:
            called = name or data.item("meshes", node["mesh"]).get("name", "")
            found.append((node, matrix, called, owner or f"{called} {number:06}"))
    return found


def _triangles(data: GltfData, primitive: dict[str, Any], n_vertices: int) -> Int[np.ndarray, "f 3"]:
    """A primitive's corners; strips and fans are cut."""
    mode = primitive.get("mode", TRIANGLES)
    corners = np.arange(n_vertices)
    if "indices" in primitive:
        corners = data.array(primitive["indices"])
        if corners.dtype.kind != "u" or corners.shape[1] != 1:
            raise data.damage("indices that are no unsigned integers")
        corners = corners[:, 0].astype(np.int64)
    if mode == TRIANGLES:
        if len(corners) % 3:
            raise data.damage(f"{len(corners)} corners of triangles, expected a multiple of three")
        faces = corners.reshape(-1, 3)
    elif mode == STRIP:
        faces = np.stack([corners[:-2], corners[1:-1], corners[2:]], axis=-1) if len(corners) > 2 else corners[:0]
        faces = faces.reshape(-1, 3)
        faces[1::2] = faces[1::2, ::-1]
    else:
        faces = np.stack([np.full(max(len(corners) - 2, 0), corners[:1]), corners[1:-1], corners[2:]], axis=-1)
    if faces.size and faces.max() >= n_vertices:
        raise data.damage(f"a face names a vertex outside 0 ... {n_vertices - 1}")
    return faces[(faces != np.roll(faces, 1, axis=1)).all(1)]  # strips join their parts by triangles without area


def _material(data: GltfData, primitive: dict[str, Any]) -> dict[str, Any]:
    return data.item("materials", primitive["material"]) if "material" in primitive else {}


def _textured(
    data: GltfData, info: dict[str, Any], primitive: dict[str, Any], faces: Int[np.ndarray, "f 3"]
) -> UInt8[np.ndarray, "f 3"] | None:
    """The colour of a texture at the middle of each face; None where the file has no picture that can be read."""
    texture = data.item("textures", info["index"])
    more = [texture["extensions"][key] for key in PICTURES if key in texture.get("extensions", {})]
    source = (more or [texture])[0].get("source")
    moved = info.get("extensions", {}).get("KHR_texture_transform", {})
    key = f"TEXCOORD_{moved.get('texCoord', info.get('texCoord', 0))}"
    if source is None or key not in primitive["attributes"]:
        return None
    uv = data.array(primitive["attributes"][key]).astype(np.float64)
    angle = float(moved.get("rotation", 0.0))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    uv = (uv * moved.get("scale", (1, 1))) @ turn.T + moved.get("offset", (0, 0))
    sampler = data.item("samplers", texture["sampler"]) if "sampler" in texture else {}
    wraps = [WRAPS.get(sampler.get(k, 10497), "repeat") for k in ("wrapS", "wrapT")]
    with data.image(source) as image:
        return sampled(data.path, image, np.stack([uv[:, 0], 1 - uv[:, 1]], axis=-1), faces, wraps)


def _colours(
    data: GltfData, primitive: dict[str, Any], faces: Int[np.ndarray, "f 3"]
) -> UInt8[np.ndarray, "f 3"] | None:
    """What faces look like: texture, else the material's colour times the vertices'; None where nothing says."""
    material, attributes = _material(data, primitive), primitive["attributes"]
    if not material and "COLOR_0" not in attributes:
        return None
    plain = material.get("pbrMetallicRoughness", {})
    glossy = material.get("extensions", {}).get(GLOSSY, {})
    if info := plain.get("baseColorTexture", glossy.get("diffuseTexture")):
        if (texture := _textured(data, info, primitive, faces)) is not None:
            return texture
    colour = np.array(plain.get("baseColorFactor", glossy.get("diffuseFactor", (1, 1, 1, 1))), dtype=np.float64)[:3]
    colours = np.tile(255 * colour.reshape(1, 3), (len(faces), 1))
    if "COLOR_0" in attributes:
        values = data.array(attributes["COLOR_0"])[:, :3]
        shares = values / (np.iinfo(values.dtype).max if values.dtype.kind == "u" else 1.0)
        colours = colours * shares[faces].mean(1)
    return np.rint(np.nan_to_num(colours)).clip(0, 255).astype(np.uint8)


def _part(data: GltfData, primitive: dict[str, Any], matrix: np.ndarray, name: str, owner: str) -> MeshPart | None:
    """The triangles of a primitive; None where it has none."""
    if (mode := primitive.get("mode", TRIANGLES)) not in MODES:
        raise data.damage(f"primitives of mode {mode}, expected triangles (4), strips (5) or fans (6)")
    if mode < TRIANGLES:
        return None
    points = data.array(primitive["attributes"]["POSITION"])
    if points.shape[1] != 3:
        raise data.damage(f"positions of {points.shape[1]} numbers, expected three")
    if not np.isfinite(points).all():
        raise data.damage("a position of NaN or infinity")
    if not len(faces := _triangles(data, primitive, len(points))):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        vertices = points.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
    material = _material(data, primitive).get("name", "")
    return MeshPart(name, owner, material, vertices, faces, _colours(data, primitive, faces))


def read_gltf(path: Path) -> list[MeshPart]:
    """The parts of a GLB or glTF file, in its own axes, in alphabetical order of their objects.

    An object is called as its node, else as the first node above that somebody named, else as its mesh.

    Raises:
        SemnerfError: damaged, compressed, an index that names nothing, a buffer that is no regular file.
    """
    data = GltfData(path)
    parts, posed, items = [], False, 0
    try:
        for node, matrix, name, owner in _nodes(data):
            mesh = data.item("meshes", node["mesh"])
            posed |= "skin" in node or any(node.get("weights", mesh.get("weights", [])))
            for primitive in mesh["primitives"]:
                if (part := _part(data, primitive, matrix, name, owner)) is not None:
                    parts.append(part)
                    items += len(part.vertices) + len(part.faces)
                if items > MAX_ITEMS:
                    raise data.damage(f"more than {MAX_ITEMS} vertices and triangles in all its nodes")
    except MALFORMED as error:
        raise data.damage(error) from None
    if posed:
        print(f"{path}: skins and morph targets are left out: shapes are read as they are stored", file=sys.stderr)
    return sorted(parts, key=lambda part: part.object)
