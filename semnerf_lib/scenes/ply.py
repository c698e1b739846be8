"""PLY files with whatever properties their vertices and faces carry, polygons cut into triangles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, Shaped

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import regular_size
from semnerf_lib.scenes.ply_header import CORNERS, Element, header_of
from semnerf_lib.scenes.triangles import area_vectors, cut_polygon

NO_MESH = "has no vertices (x, y, z) or no faces (a list vertex_indices), expected a triangle mesh"

Column = np.ndarray | list[np.ndarray]
"""A property's values; of a list property whose lengths differ, an array for each row."""
MAX_WORDS = 1 << 25
"""Numbers of an ascii file, each of which takes some forty bytes."""


@dataclass(frozen=True, eq=False)
class Ply:
    """What a file holds.

    Attributes:
        vertex: a property's name -> (V,) values.
        face: the same for polygons, (P,) values; without their corners.
        triangles: (F, 3) vertices of each triangle. polygon: (F,) the polygon it was cut from.
        comments: the header's, in order.
    """

    vertex: dict[str, Shaped[np.ndarray, "vertices"]]
    face: dict[str, Shaped[np.ndarray, "polygons"]]
    triangles: Int[np.ndarray, "triangles 3"]
    polygon: Int[np.ndarray, "triangles"]
    comments: tuple[str, ...] = ()


class _Body:
    """The values behind a header, one element after the other; `at` counts bytes, or words of a text."""

    def __init__(self, end: int):
        self.at, self.end = 0, end

    def least(self, element: Element) -> int:
        """Bytes or words that a row of an element has at least."""
        raise NotImplementedError

    def take(self, kind: str, count: int) -> np.ndarray:
        raise NotImplementedError

    def check(self, element: Element) -> None:
        if element.count and not 0 < element.count * self.least(element) <= self.end - self.at:
            raise ValueError(f"it ends early: {element.count} rows of '{element.name}' are not there")

    def read(self, element: Element) -> dict[str, Column]:
        self.check(element)
        out: dict[str, list] = {name: [] for name, _, _ in element.properties}
        for _ in range(element.count):
            for name, kind, counted in element.properties:
                length = int(self.take(counted, 1)[0]) if counted else 1
                values = self.take(kind, length)
                out[name].append(values if counted else values[0])
        return {n: out[n] if counted else np.array(out[n], kind) for n, kind, counted in element.properties}

    def advance(self, count: int) -> int:
        """Where `count` bytes or words begin that are taken now."""
        if not 0 <= count <= self.end - self.at:
            raise ValueError("it ends early" if count > 0 else f"a list of length {count}")
        self.at += count
        return self.at - count


class _Binary(_Body):
    def __init__(self, raw: memoryview, order: str):
        super().__init__(len(raw))
        self.raw, self.order = raw, order

    def least(self, element: Element) -> int:
        return sum(np.dtype(counted or kind).itemsize for _, kind, counted in element.properties)

    def take(self, kind: str, count: int) -> np.ndarray:
        dtype = np.dtype(self.order + kind)
        if count < 0:
            raise ValueError(f"a list of length {count}")
        first = self.advance(count * dtype.itemsize)
        return np.frombuffer(self.raw, dtype, count, first) if count else np.empty(0, kind)

    def read(self, element: Element) -> dict[str, Column]:
        """Lists whose lengths are those of the first row are read at once, others row by row."""
        self.check(element)
        fields, first = [], self.at
        for name, kind, counted in element.properties if element.count else ():
            if counted:
                length = int(self.take(counted, 1)[0])
                self.take(kind, length)
                fields += [(f"{name} length", self.order + counted), (name, self.order + kind, (length,))]
            else:
                self.take(kind, 1)
                fields.append((name, self.order + kind))
        self.at = first
        dtype = np.dtype(fields)
        if fields and dtype.itemsize * element.count <= self.end - first:
            table = np.frombuffer(self.raw, dtype, element.count, first)
            lists = [name for name, _, counted in element.properties if counted]
            if all((table[f"{n} length"] == dtype[n].shape[0]).all() for n in lists):
                self.at += table.nbytes
                return {name: table[name] for name, _, _ in element.properties}
        return super().read(element)


class _Ascii(_Body):
    def __init__(self, raw: bytes):
        if sum(map(raw.count, (b" ", b"\n", b"\r", b"\t"))) > MAX_WORDS:
            raise ValueError(f"more than {MAX_WORDS} numbers as text, expected a binary file")
        self.words = raw.split()
        super().__init__(len(self.words))
        if b"_" in raw:
            raise ValueError("a number with an underscore")

    def least(self, element: Element) -> int:
        return len(element.properties)

    def take(self, kind: str, count: int) -> np.ndarray:
        start = self.advance(count)
        words = self.words[start : self.at]
        try:
            values = [float(word) for word in words]
        except ValueError as fault:
            raise ValueError(str(fault).replace("could not convert string to float: b", "no number: ")) from None
        if kind[0] == "f":
            with np.errstate(over="ignore"):  # an infinity is refused where it is used
                return np.array(values, kind)
        limits = np.iinfo(kind)
        for value, word in zip(values, words, strict=True):
            if not (limits.min <= value <= limits.max and value == int(value)):
                raise ValueError(f"'{word.decode('ascii', 'replace')[:20]}', expected an integer of type {kind}")
        return np.array(values, kind)


def _fan(path: Path, polygons: Column) -> tuple[Int[np.ndarray, "triangles 3"], Int[np.ndarray, "triangles"]]:
    """Polygons as triangles around their first corner, and the polygon of each triangle."""
    lengths = np.array([len(p) for p in polygons], dtype=int)
    if lengths.min(initial=3) < 3:
        raise SemnerfError(f"{path}: a face of {lengths.min()} corners, expected three or more")
    triangles, owners = [np.zeros((0, 3), dtype=np.int64)], [np.zeros(0, dtype=int)]
    for size in np.unique(lengths):
        owner = np.flatnonzero(lengths == size)
        corners = np.stack([polygons[i] for i in owner]) if isinstance(polygons, list) else polygons
        for k in range(1, int(size) - 1):
            triangles.append(np.stack([corners[:, 0], corners[:, k], corners[:, k + 1]], axis=-1).astype(np.int64))
            owners.append(owner)
    return np.concatenate(triangles), np.concatenate(owners)


def _without_overlaps(
    points: Float[np.ndarray, "vertices 3"],
    polygons: Column,
    triangles: Int[np.ndarray, "triangles 3"],
    owners: Int[np.ndarray, "triangles"],
) -> tuple[Int[np.ndarray, "triangles 3"], Int[np.ndarray, "triangles"]]:
    """The triangles of `_fan`, where those of a polygon with a dent do not lie outside it."""
    with np.errstate(invalid="ignore", over="ignore"):
        turns = area_vectors(points, triangles)
        normals = np.zeros((len(polygons), 3))
        np.add.at(normals, owners, turns)
        dented = np.unique(owners[(turns * normals[owners]).sum(-1) < 0])
    if not dented.size:
        return triangles, owners
    kept = ~np.isin(owners, dented)
    cut = [np.asarray(polygons[i], dtype=np.int64)[cut_polygon(points[polygons[i]])] for i in dented]
    more = np.repeat(dented, [len(part) for part in cut])
    return np.concatenate([triangles[kept], *cut]), np.concatenate([owners[kept], more])


def _strips(strips: Column) -> Int[np.ndarray, "triangles 3"]:
    """Triangles of strips, every other one turned round; -1 ends a strip."""
    triangles = [np.zeros((0, 3), dtype=np.int64)]
    for run in strips:
        run = np.asarray(run, dtype=np.int64)
        for strip in np.split(run, np.flatnonzero(run == -1)):
            strip = strip[strip != -1]
            if len(strip) >= 3:
                cut = np.stack([strip[:-2], strip[1:-1], strip[2:]], axis=-1)
                cut[1::2] = cut[1::2, ::-1]
                triangles.append(cut)
    cut = np.concatenate(triangles)
    return cut[(cut != np.roll(cut, 1, axis=1)).all(1)]


def read_ply(path: Path) -> Ply:
    """A PLY file, ascii or binary, with polygons or triangle strips.

    Every count and length is held against what is left of the file before anything is read by it.

    Raises:
        SemnerfError: no such file, no PLY, cut short or with data left over, without vertices or faces, or a face
            names a vertex that is not there.
    """
    try:
        regular_size(path)
        raw = path.read_bytes()
    except OSError as error:
        raise SemnerfError(f"{path}: {error.strerror or error}, expected a PLY file") from None
    form, elements, comments, start = header_of(path, raw)
    lists = {e.name: [name for name, _, counted in e.properties if counted] for e in elements}
    if len({"vertex", "face", "tristrips"} & lists.keys()) < 2:
        raise SemnerfError(f"{path}: {NO_MESH}")
    try:
        rest = memoryview(raw)[start:]
        body = _Ascii(bytes(rest)) if form == "ascii" else _Binary(rest, "<" if "little" in form else ">")
        table = {element.name: body.read(element) for element in elements}
        if body.at < body.end and (form == "ascii" or raw[start + body.at :].strip()):
            raise ValueError("there is more behind its last element")
    except (ValueError, IndexError, OverflowError) as error:
        raise SemnerfError(f"{path}: damaged PLY ({str(error).splitlines()[0]})") from None
    vertex, face, strips = (table.get(name, {}) for name in ("vertex", "face", "tristrips"))
    vertex = {k: v for k, v in vertex.items() if isinstance(v, np.ndarray) and v.ndim == 1}
    corners = next((face.pop(k) for k in CORNERS if k in lists.get("face", ())), None)
    strip = next((strips[k] for k in CORNERS if k in lists.get("tristrips", ())), None)
    if not {"x", "y", "z"} <= set(vertex) or (corners is None and strip is None):
        raise SemnerfError(f"{path}: {NO_MESH}")
    if corners is None:
        triangles = _strips(strip)
        face, polygon = {}, np.arange(len(triangles))
    else:
        triangles, polygon = _fan(path, corners)
    if not triangles.size:
        raise SemnerfError(f"{path}: {len(vertex['x'])} vertices and no triangle, expected a mesh")
    if not 0 <= triangles.min() <= triangles.max() < len(vertex["x"]):
        raise SemnerfError(f"{path}: a face names a vertex outside 0 ... {len(vertex['x']) - 1}")
    if corners is not None:
        points = np.stack([vertex[k] for k in "xyz"], axis=-1).astype(np.float64)
        triangles, polygon = _without_overlaps(points, corners, triangles, polygon)
    plain = {k: v for k, v in face.items() if isinstance(v, np.ndarray) and v.ndim == 1}
    return Ply(vertex, plain, triangles.astype(np.int32), polygon, comments)
