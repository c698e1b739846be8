"""PLY files with whatever properties their vertices and faces carry, polygons cut into triangles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semnerf_lib.errors import SemnerfError

TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
    "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4",
    "double": "f8", "float64": "f8",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Ply:
    """What a file holds.

    Attributes:
        vertex: a property's name -> (V,) values.
        face: the same for polygons, (P,) values; without their corners.
        triangles: (F, 3) vertices of each triangle. polygon: (F,) the polygon it was cut from.
        comments: the header's, in order.
    """

    vertex: dict[str, np.ndarray]
    face: dict[str, np.ndarray]
    triangles: np.ndarray
    polygon: np.ndarray
    comments: tuple[str, ...] = ()


@dataclass
class _Element:
    name: str
    count: int
    properties: list[tuple[str, str, str | None]]
    """Name, type, and for a list the type of its length."""


def _header(path: Path, raw: bytes) -> tuple[str, list[_Element], tuple[str, ...], int]:
    end = raw.find(b"end_header")
    start = raw.find(b"\n", end) + 1
    if not raw.startswith(b"ply") or end < 0 or start == 0:
        raise SemnerfError(f"{path}: no PLY file (no header), expected one that starts with 'ply'")
    form, elements, comments = "", [], []
    try:
        for line in raw[:end].decode("utf-8").splitlines():
            words = line.split()
            if words[:1] == ["comment"]:
                comments.append(line.partition("comment")[2].strip())
            if words[:1] == ["format"]:
                form = words[1]
            elif words[:1] == ["element"]:
                elements.append(_Element(words[1], int(words[2]), []))
            elif words[:2] == ["property", "list"]:
                elements[-1].properties.append((words[4], TYPES[words[3]], TYPES[words[2]]))
            elif words[:1] == ["property"]:
                elements[-1].properties.append((words[2], TYPES[words[1]], None))
    except (IndexError, KeyError, ValueError) as error:
        raise SemnerfError(f"{path}: damaged PLY header ({type(error).__name__} {error})") from None
    if form not in ("ascii", "binary_little_endian", "binary_big_endian"):
        raise SemnerfError(f"{path}: PLY format '{form}', expected ascii or binary")
    return form, elements, tuple(comments), start


class _Binary:
    def __init__(self, raw: bytes, start: int, order: str):
        self.raw, self.at, self.order = raw, start, order

    def read(self, element: _Element) -> dict[str, np.ndarray | list[np.ndarray]]:
        """Every property's values; a list whose lengths all agree as (count, length), else as a list of arrays."""
        lengths = []
        probe = self.at
        for _, kind, counted in element.properties:
            if counted:
                lengths.append(int(np.frombuffer(self.raw, self.order + counted, 1, probe)[0]) if element.count else 0)
                probe += np.dtype(counted).itemsize + lengths[-1] * np.dtype(kind).itemsize
            else:
                probe += np.dtype(kind).itemsize
        fields, left = [], iter(lengths)
        for name, kind, counted in element.properties:
            if counted:
                fields += [(f"{name} length", self.order + counted), (name, self.order + kind, (next(left),))]
            else:
                fields.append((name, self.order + kind))
        dtype = np.dtype(fields)
        if len(self.raw) - self.at >= dtype.itemsize * element.count:
            table = np.frombuffer(self.raw, dtype, element.count, self.at)
            names = [name for name, _, counted in element.properties if counted]
            if all((table[f"{n} length"] == length).all() for n, length in zip(names, lengths, strict=True)):
                self.at += table.nbytes
                return {name: table[name] for name, _, _ in element.properties}
        return self._read_rows(element)

    def _read_rows(self, element: _Element) -> dict[str, np.ndarray | list[np.ndarray]]:
        out = {name: [] for name, _, _ in element.properties}
        for _ in range(element.count):
            for name, kind, counted in element.properties:
                length = self._take(counted, 1)[0] if counted else 1
                values = self._take(kind, int(length))
                out[name].append(values if counted else values[0])
        return {n: out[n] if counted else np.array(out[n]) for n, _, counted in element.properties}

    def _take(self, kind: str, count: int) -> np.ndarray:
        values = np.frombuffer(self.raw, self.order + kind, count, self.at)
        self.at += values.nbytes
        return values


class _Ascii:
    def __init__(self, raw: bytes, start: int):
        self.words, self.at = raw[start:].split(), 0

    def read(self, element: _Element) -> dict[str, np.ndarray | list[np.ndarray]]:
        out = {name: [] for name, _, _ in element.properties}
        for _ in range(element.count):
            for name, kind, counted in element.properties:
                length = int(self._take(1)[0]) if counted else 1
                values = np.array([float(w) for w in self._take(length)]).astype(kind)
                out[name].append(values if counted else values[0])
        return {n: out[n] if counted else np.array(out[n]) for n, _, counted in element.properties}

    def _take(self, count: int) -> list[bytes]:
        taken = self.words[self.at : self.at + count]
        if len(taken) < count:
            raise ValueError("it ends early")
        self.at += count
        return taken


def _fan(polygons: np.ndarray | list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Polygons as triangles around their first corner, and the polygon of each triangle."""
    lengths = np.array([len(p) for p in polygons]) if isinstance(polygons, list) else None
    triangles, owners = [], []
    sizes = np.unique(lengths) if lengths is not None else [polygons.shape[1]]
    for size in sizes:
        owner = np.arange(len(polygons)) if lengths is None else np.flatnonzero(lengths == size)
        corners = polygons if lengths is None else np.stack([polygons[i] for i in owner])
        for k in range(1, int(size) - 1):
            triangles.append(np.stack([corners[:, 0], corners[:, k], corners[:, k + 1]], axis=-1))
            owners.append(owner)
    if not triangles:
        return np.zeros((0, 3), dtype=np.int32), np.zeros(0, dtype=int)
    return np.concatenate(triangles).astype(np.int32), np.concatenate(owners)


def read_ply(path: Path) -> Ply:
    """A PLY file, ascii or binary.

    Raises:
        SemnerfError: no such file, no PLY, cut short, or without vertices or faces.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SemnerfError(f"{path}: {error.strerror or error}, expected a PLY file") from None
    form, elements, comments, start = _header(path, raw)
    reader = _Ascii(raw, start) if form == "ascii" else _Binary(raw, start, "<" if "little" in form else ">")
    try:
        found = {element.name: reader.read(element) for element in elements}
    except (ValueError, IndexError) as error:
        raise SemnerfError(f"{path}: damaged PLY ({str(error).splitlines()[0]})") from None
    vertex, face = found.get("vertex", {}), found.get("face", {})
    corners = next((face.pop(k) for k in ("vertex_indices", "vertex_index") if k in face), None)
    if not {"x", "y", "z"} <= set(vertex) or corners is None:
        raise SemnerfError(f"{path}: has no vertices (x, y, z) or no faces (vertex_indices), expected a triangle mesh")
    triangles, polygon = _fan(corners)
    plain = {k: v for k, v in face.items() if isinstance(v, np.ndarray) and v.ndim == 1}
    return Ply({k: v for k, v in vertex.items() if v.ndim == 1}, plain, triangles, polygon, comments)
