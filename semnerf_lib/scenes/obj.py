"""Wavefront OBJ: objects (`o`), groups (`g`) and materials (`usemtl`) with their colours and textures.

Trimesh's own reader drops faces and vertices that it does not understand; here each line is held against the format.
"""

from __future__ import annotations

from os.path import lexists
from pathlib import Path

import numpy as np
from PIL import Image

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import decimal, integer, regular_size
from semnerf_lib.scenes.importers.pictures import open_image, pixels
from semnerf_lib.scenes.parts import MeshPart, regular_file, sampled
from semnerf_lib.scenes.triangles import cut_polygon


def _text(path: Path) -> str:
    parts = []
    try:
        regular_size(path)
        with path.open("rb") as file:
            while part := file.read(1 << 24):
                if b"\0" in part:  # as in the holes of a file that is small on the disk
                    raise SemnerfError(f"{path}: a byte of 0 in it, expected an OBJ mesh, which is text")
                parts.append(part)
    except OSError as error:
        raise SemnerfError(f"{path}: {error.strerror or error}, expected an OBJ mesh") from None
    raw = b"".join(parts)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _named(path: Path, rest: str, words: list[str]) -> list[Path]:
    """The files beside one of text that a line of it names: all of the line, else those of its words that are there.

    Raises:
        SemnerfError: one that is there is no regular file.
    """
    places = [path.parent / name.strip().replace("\\", "/") for name in (rest, *words)]
    there = places[:1] if lexists(places[0]) else [place for place in places[1:] if lexists(place)]
    return [regular_file(place, path) for place in there]


def read_materials(path: Path) -> dict[str, tuple[np.ndarray | None, Path | None]]:
    """Materials of a .mtl file: name -> diffuse colour (sRGB, 0 ... 255) and texture file, or None.

    Raises:
        SemnerfError: a colour that is no three numbers; a texture that is no regular file.
    """
    materials: dict[str, tuple[np.ndarray | None, Path | None]] = {}
    name = ""
    for number, line in enumerate(_text(path).split("\n"), start=1):
        key, rest = (*line.split(None, 1), "", "")[:2]
        if key == "newmtl":
            name = " ".join(rest.split())
            materials[name] = (None, None)
        elif key == "Kd" and name in materials:
            try:
                colour = np.array([decimal(w) for w in rest.split()[:3]])
            except ValueError:
                colour = np.zeros(0)
            if colour.shape != (3,) or not np.isfinite(colour).all():
                raise SemnerfError(f"{path}: line {number} is {line[:40]!r}, expected three numbers after Kd")
            materials[name] = ((255 * colour).clip(0, 255).astype(np.uint8), materials[name][1])
        elif key == "map_Kd" and name in materials and rest.split():
            for texture in _named(path, rest, rest.split()[-1:]):  # options may stand before it
                materials[name] = (materials[name][0], texture)
    return materials


class _Reader:
    """What the lines up to now said."""

    def __init__(self, path: Path):
        self.path, self.line, self.normals = path, 0, 0
        self.points: list[list[float]] = []
        self.uvs: list[list[float]] = []
        self.colours: list[list[float]] = []  # of the points, 0 ... 1, as MeshLab writes them; [] for none
        self.triangles: dict[tuple[str, str, str], list[list[tuple[int, int]]]] = {}
        self.materials: dict[str, tuple[np.ndarray | None, Path | None]] = {}
        self.object = self.group = self.material = ""

    def fault(self, words: list[str], wanted: str) -> SemnerfError:
        return SemnerfError(
            f"{self.path}: damaged mesh, line {self.line} is {' '.join(words)[:40]!r}, expected {wanted}"
        )

    def numbers(self, words: list[str], least: int, most: int) -> list[float]:
        try:
            values = [decimal(w) for w in words[1 : most + 1]]
        except ValueError:
            values = []
        if len(values) < least or not np.isfinite(values).all():
            raise self.fault(words, f"{least} finite numbers after '{words[0]}'")
        return values

    def corner(self, words: list[str], word: str) -> tuple[int, int]:
        """Positions of a corner's vertex and texture coordinate (-1: none); the file counts from 1, or back from -1."""
        out = []
        texts = word.split("/")
        if len(texts) > 3:
            raise self.fault(words, "corners of at most three indices")
        for text, there in zip((*texts, "", "")[:3], (len(self.points), len(self.uvs), self.normals), strict=True):
            if not text:
                out.append(-1)
                continue
            try:
                index = integer(text)
            except ValueError:
                raise self.fault(words, "integers that name vertices") from None
            if not (1 <= index <= there or -there <= index <= -1):
                raise self.fault(words, f"indices 1 ... {there}")
            out.append(index - 1 if index > 0 else there + index)
        if out[0] < 0:
            raise self.fault(words, "integers that name vertices")
        return out[0], out[1]

    def face(self, words: list[str]) -> None:
        if len(words) < 4:
            raise self.fault(words, "three corners or more")
        corners = [self.corner(words, word) for word in words[1:]]
        part = self.triangles.setdefault((self.object, self.group, self.material), [])
        cut = [(0, 1, 2)] if len(corners) == 3 else cut_polygon(np.array([self.points[at] for at, _ in corners]))
        part += [[corners[k] for k in triangle] for triangle in cut]

    def read(self) -> None:
        for line in _text(self.path).replace("\\\n", "  ").split("\n"):
            self.line += 1
            words = line.split()
            if words and words[0] in ("v", "vt", "f"):  # elsewhere # is part of a name, as in Chair#1
                words = line.partition("#")[0].split()
            match words[0] if words else "":
                case "v":
                    values = self.numbers(words, 3, 7)
                    self.points.append(values[:3])
                    self.colours.append(values[3:6] if len(values) >= 6 else [])
                case "vt":
                    self.uvs.append(self.numbers(words, 2, 2))
                case "vn":
                    self.normals += 1
                case "f":
                    self.face(words)
                case "o":
                    self.object, self.group = " ".join(words[1:]), ""
                case "g":
                    self.group = " ".join(words[1:])
                case "usemtl":
                    self.material = " ".join(words[1:])
                case "mtllib":
                    for library in _named(self.path, " ".join(words[1:]), words[1:]):
                        self.materials |= read_materials(library)


def read_obj(path: Path) -> list[MeshPart]:
    """The parts of an OBJ: by its objects, by its groups where it has no objects.

    Raises:
        SemnerfError: a line that is not of the format, an index that names nothing, a number that is none.
    """
    reader = _Reader(path)
    reader.read()
    points, uvs = np.array(reader.points).reshape(-1, 3), np.array(reader.uvs).reshape(-1, 2)
    has_objects = any(key[0] for key in reader.triangles)
    textures: dict[Path, Image.Image] = {}
    parts = []
    for (obj, group, material), triangles in sorted(reader.triangles.items()):
        corners = np.array(triangles, dtype=np.int64)
        used, faces = np.unique(corners[..., 0], return_inverse=True)
        faces = faces.reshape(-1, 3)
        colour, texture = reader.materials.get(material, (None, None))
        colours = None if colour is None else np.tile(colour, (len(faces), 1))
        if all(shades := [reader.colours[i] for i in used]):
            largest = 255 if np.max(shades) <= 1 else 1  # some tools write 0 ... 255
            colours = (largest * np.array(shades)[faces].mean(1)).clip(0, 255).astype(np.uint8)
        if texture is not None and (corners[..., 1] >= 0).all():
            if texture not in textures:
                with open_image(texture) as image:
                    pixels(image, texture)
                    textures[texture] = image
            flat = corners[..., 1].reshape(-1)
            colours = sampled(path, textures[texture], uvs[flat], np.arange(len(flat)).reshape(-1, 3))
        name = obj if has_objects else group
        parts.append(MeshPart(name, name, material, points[used], faces, colours))
    return parts
