"""What a GLB or glTF file stores: its JSON, and the arrays and pictures that the JSON points at."""

from __future__ import annotations

import base64
import binascii
import struct
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
from PIL import Image

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import is_number, parse_json, regular_size
from semnerf_lib.scenes.importers.files import below
from semnerf_lib.scenes.importers.pictures import open_image
from semnerf_lib.scenes.parts import regular_file

MAX_VALUES = 2**28
"""Items that the accessors of a file may have together."""
MAX_ZEROS = 2**25
"""Items of an accessor that stores none."""
COMPRESSED = ("KHR_draco_mesh_compression", "EXT_meshopt_compression")
INSTANCED = "EXT_mesh_gpu_instancing"
KNOWN = ("KHR_mesh_quantization", "KHR_texture_transform", "KHR_texture_basisu", "EXT_texture_webp")
"""Extensions that a file may require, beside those of materials and lights, which move no triangle."""
WHOLE = (
    "buffer", "bufferView", "byteLength", "byteOffset", "byteStride", "componentType", "count", "index", "indices",
    "material", "mesh", "mode", "scene", "source", "texCoord",
)  # fmt: skip
FLOATS = (
    "matrix", "translation", "rotation", "scale", "offset", "baseColorFactor", "diffuseFactor", "emissiveFactor", "min",
    "max", "weights",
)  # fmt: skip
"""Keys of whole numbers, and of numbers or lists of them, wherever they stand."""
COMPONENTS = {5120: "i1", 5121: "u1", 5122: "i2", 5123: "u2", 5125: "u4", 5126: "f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
"""Numbers of an item, by its type."""
MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, struct.error)
"""What JSON of another kind than expected makes the code below raise."""


def _chunks(path: Path) -> tuple[bytes, bytes | None]:
    """The JSON of a file, and the binary chunk of a GLB."""
    try:
        there = regular_size(path)
        raw = path.read_bytes()
    except OSError as error:
        raise SemnerfError(f"{path}: {error.strerror or error}, expected GLB or glTF") from None
    if path.suffix.lower() == ".gltf" and not raw.startswith(b"glTF"):
        return raw, None
    try:
        magic, version, length, size, kind = struct.unpack_from("<4sIII4s", raw)
        if magic != b"glTF" or kind != b"JSON" or size > length:
            raise ValueError("no glTF header")
        if version != 2:
            raise ValueError(f"version {version} of glTF, expected 2")
        if length != there:
            raise ValueError(f"{there} bytes of {length}")
        text, binary = raw[20 : 20 + size], None
        if len(raw) >= 28 + size:
            count, kind = struct.unpack_from("<I4s", raw, 20 + size)
            binary = raw[28 + size : 28 + size + count] if kind == b"BIN\0" else None
    except (ValueError, struct.error) as error:
        raise SemnerfError(f"{path}: damaged mesh ({error}), expected GLB") from None
    return text, binary


def _check_kinds(path: Path, value: Any) -> None:
    """Refuses true for 1, text for numbers, and a name that is no text."""
    for key, item in value.items() if isinstance(value, dict) else ():
        nested = key == "indices" and isinstance(item, dict)  # of a sparse accessor
        if key in WHOLE and not nested and not (type(item) is int and item >= 0):
            raise SemnerfError(f"{path}: damaged mesh ({key} is {str(item)[:20]}), expected a whole number")
        if key in FLOATS and not all(map(is_number, item if isinstance(item, list) else [item])):
            raise SemnerfError(f"{path}: damaged mesh ({key} is {str(item)[:20]}), expected numbers")
        if key == "name" and not isinstance(item, str):
            raise SemnerfError(f"{path}: damaged mesh (name is {str(item)[:20]}), expected text")
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(item, dict | list) and key not in ("extras", "animations"):
            _check_kinds(path, item)


def _check(path: Path, header: dict[str, Any]) -> None:
    """Refuses files whose geometry is not in plain accessors, or more of it than memory holds."""
    _check_kinds(path, header)
    required, used = header.get("extensionsRequired", []), header.get("extensionsUsed", [])
    for extension in COMPRESSED:
        if extension in required or (extension in used and "draco" in extension):
            raise SemnerfError(
                f"{path}: compressed by {extension}, expected plain geometry: `gltf-transform copy IN OUT` decodes it"
            )
    if INSTANCED in used:
        raise SemnerfError(f"{path}: copies of objects by {INSTANCED}, expected a node for each object")
    plain = ("KHR_materials_", "KHR_lights_")
    if foreign := [str(name) for name in required if name not in KNOWN and not str(name).startswith(plain)]:
        raise SemnerfError(f"{path}: requires the extension {foreign[0][:60]}, expected plain glTF 2.0")
    counts = [accessor["count"] for accessor in header.get("accessors", [])]
    if sum(counts) > MAX_VALUES:
        raise SemnerfError(f"{path}: damaged mesh (counts of its accessors), expected at most {MAX_VALUES} items")


class GltfData:
    """The JSON of a GLB or glTF file as `header`, and what it points at.

    Raises:
        SemnerfError: damaged, compressed, or in need of an extension that nobody here knows.
    """

    def __init__(self, path: Path):
        self.path = path
        text, self._binary = _chunks(path)
        self.header: dict[str, Any] = parse_json(text, path)
        try:
            _check(path, self.header)
            for entry in (*self.header.get("buffers", []), *self.header.get("images", [])):
                if not entry.get("uri", "data:").startswith("data:"):
                    self._file(entry["uri"])
        except MALFORMED as error:
            raise self.damage(error) from None
        self.buffer, self.array = cache(self._buffer), cache(self._array)

    def damage(self, reason: object) -> SemnerfError:
        words = str(reason) or type(reason).__name__
        return SemnerfError(f"{self.path}: damaged mesh ({words.splitlines()[0]}), expected GLB or glTF")

    def item(self, kind: str, number: int) -> dict[str, Any]:
        """Entry `number` of the list `kind` of the header.

        Raises:
            SemnerfError: there is none.
        """
        entries = self.header.get(kind, [])
        if not (isinstance(entries, list) and type(number) is int and 0 <= number < len(entries)):
            raise self.damage(f"{str(number)[:20]} of {kind}, which are {len(entries)}")
        if not isinstance(entries[number], dict):
            raise self.damage(f"{kind} holds {str(entries[number])[:20]!r}")
        return entries[number]

    def stored(self, uri: object) -> bytes:
        """What an address stands for: base64 in it, or a file below the mesh's folder.

        Raises:
            SemnerfError: neither.
        """
        if not isinstance(uri, str):
            raise self.damage(f"uri is {str(uri)[:20]}")
        head, comma, data = uri.partition(",")
        if uri.startswith("data:"):
            try:
                if not comma or not head.endswith(";base64"):
                    raise ValueError("an address without base64")
                return base64.b64decode(unquote(data), validate=True)
            except (ValueError, binascii.Error) as error:
                raise self.damage(error) from None
        return self._file(uri).read_bytes()

    def _file(self, uri: str) -> Path:
        where = f"{self.path}: a buffer or image"
        plain = below(self.path.parent, uri, where)
        try:
            return regular_file(plain if plain.is_file() else below(self.path.parent, unquote(uri), where), self.path)
        except OSError as error:  # a name that is too long
            raise self.damage(error.strerror) from None

    def _buffer(self, number: int) -> bytes:
        entry = self.item("buffers", number)
        raw = self.stored(entry["uri"]) if "uri" in entry else self._binary if number == 0 else None
        if raw is None or len(raw) < entry["byteLength"]:
            raise self.damage(f"buffer {number} has {len(raw or b'')} bytes of {entry['byteLength']}")
        return raw

    def view(self, number: int) -> tuple[memoryview, int]:
        """The bytes of a buffer view, and its stride, 0 for none."""
        entry = self.item("bufferViews", number)
        raw, start = memoryview(self.buffer(entry["buffer"])), entry.get("byteOffset", 0)
        if start + entry["byteLength"] > len(raw):
            raise self.damage(f"bufferView {number} ends behind its buffer")
        return raw[start : start + entry["byteLength"]], entry.get("byteStride", 0)

    def _rows(self, view: int, offset: int, count: int, width: int, component: int) -> np.ndarray:
        """(count, width) numbers of a component type in a buffer view."""
        if component not in COMPONENTS:
            raise self.damage(f"componentType {component}, expected one of {', '.join(map(str, COMPONENTS))}")
        dtype = np.dtype("<" + COMPONENTS[component])
        raw, stride = self.view(view)
        size = width * dtype.itemsize
        if 0 < stride < size or offset + (count - 1) * (stride or size) + size > len(raw):
            raise self.damage(f"{count} items of {size} bytes are not in bufferView {view}")
        return np.ndarray((count, width), dtype, raw, offset, (stride or size, dtype.itemsize)).copy()

    def _array(self, number: int) -> np.ndarray:
        """(count, width) numbers of an accessor; normalised integers as floats."""
        entry = self.item("accessors", number)
        count, width, component = entry["count"], WIDTHS[entry["type"]], entry["componentType"]
        if "bufferView" in entry and count:
            values = self._rows(entry["bufferView"], entry.get("byteOffset", 0), count, width, component)
        elif count > MAX_ZEROS:
            raise self.damage(f"{count} items without bufferView, expected at most {MAX_ZEROS}")
        else:
            values = np.zeros((count, width), COMPONENTS[component])
        if (sparse := entry.get("sparse")) is not None:
            where, what, n = sparse["indices"], sparse["values"], sparse["count"]
            rows = self._rows(where["bufferView"], where.get("byteOffset", 0), n, 1, where["componentType"])[:, 0]
            if rows.dtype.kind != "u" or (n and rows.max() >= count):
                raise self.damage(f"a sparse accessor names item {rows.max(initial=0)} of {count}")
            values[rows] = self._rows(what["bufferView"], what.get("byteOffset", 0), n, width, component)
        if entry.get("normalized") and values.dtype.kind != "f":
            values = np.maximum(values / np.iinfo(values.dtype).max, -1.0)
        return values

    def image(self, number: int) -> Image.Image:
        """A picture of the file.

        Raises:
            SemnerfError: it is not there, damaged, or larger than pictures may be.
        """
        entry = self.item("images", number)
        raw = bytes(self.view(entry["bufferView"])[0]) if "bufferView" in entry else self.stored(entry.get("uri"))
        return open_image(self.path, raw)
