"""The parts of a mesh file: triangles of one object and one material, and what they are called."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image

from semnerf_lib.errors import SemnerfError, printable
from semnerf_lib.machine.jsons import regular_size
from semnerf_lib.palette import palette
from semnerf_lib.scenes.importers.names import VOID_NAMES
from semnerf_lib.scenes.importers.pictures import pixels

GENERIC = (
    "", "object", "mesh", "group", "instance", "component", "node", "geometry", "id", "polygon", "primitive", "default",
    "world", "scene", "root", "rootnode", "sketchup", "model", "sketchfab_model", "material", "submesh",
)  # fmt: skip
"""What exporters call an object that nobody named."""
PRIMITIVES = "Mesh|Cube|Plane|Sphere|Icosphere|Cylinder|Circle|Cone|Torus|Grid|Suzanne"
COUNTER = r"([._\- #]*(\(\d+\)|\d+))+$"


@dataclass(frozen=True, eq=False)
class MeshPart:
    """Triangles of one object and one material.

    Attributes:
        name: what the object is called, "" if nobody says so. object: which object it is; parts may share one.
        material: its material's name, or "".
        vertices: (V, 3), faces: (F, 3).
        colours: (F, 3) sRGB, or None where the file gives none.
    """

    name: str
    object: str
    material: str
    vertices: Float[np.ndarray, "v 3"]
    faces: Int[np.ndarray, "f 3"]
    colours: UInt8[np.ndarray, "f 3"] | None


def class_of(name: str) -> str:
    """The class in a name: without path, counter, or the name of the mesh that Blender writes behind the object's.

    >>> class_of("chair_12"), class_of("coffee-table.001"), class_of("Chair (2)"), class_of("Lamp.001_Mesh.017")
    ('chair', 'coffee-table', 'chair', 'lamp')
    """
    name = name.rsplit("/", 1)[-1].strip("<> ")
    name = re.sub(COUNTER, "", name)
    if match := re.fullmatch(rf"(.+)_({PRIMITIVES})", name):
        name = re.sub(COUNTER, "", match[1])
    if match := re.fullmatch(r"(.+?)([._]\d+)?_\1", name):
        name = match[1]
    return name.strip("_.-# ").lower()


def classes_of(path: Path, parts: list[MeshPart]) -> list[str]:
    """The class of each part: its object's name, or its material's, with a line, where objects tell fewer than two."""
    by_object = [class_of(part.name) for part in parts]
    by_material = [class_of(part.material) for part in parts]
    named = set(by_object) - {*GENERIC, *VOID_NAMES}
    if len(named) < 2 and len(set(by_material) - {*GENERIC, *VOID_NAMES}) >= 2:
        called = ", ".join(sorted({printable(name) or "without a name" for name in by_object})[:3])
        print(
            f"{path}: objects are called {called}, and materials tell more apart: they are the classes", file=sys.stderr
        )
        return by_material
    return [name or material for name, material in zip(by_object, by_material, strict=True)]


def sampled(
    path: Path,
    image: Image.Image,
    uv: Float[np.ndarray, "v 2"],
    faces: Int[np.ndarray, "f 3"],
    wraps: Sequence[str] = ("repeat", "repeat"),
) -> UInt8[np.ndarray, "f 3"]:
    """A colour a face: its texture at the middle of the face.

    Args:
        uv: of the vertices, its origin at the texture's lower left corner.
        wraps: what u and v mean outside 0 ... 1: "repeat", "clamp" or "mirror".
    """
    if not np.isfinite(uv).all():
        raise SemnerfError(f"{path}: texture coordinates hold NaN or infinity, expected numbers")
    middle = uv[faces].mean(1)
    columns = []
    for k, wrap in enumerate(wraps):
        x = middle[:, k]
        outside = {"repeat": x % 1, "clamp": x.clip(0, 1), "mirror": 1 - np.abs(x % 2 - 1)}[wrap]
        columns.append(np.where((x >= 0) & (x <= 1), x, outside))
    array = pixels(image, path)
    if image.mode.startswith("I"):
        shown = np.stack([(array.clip(0, 65535) >> 8).astype(np.uint8)] * 3, axis=-1)
    else:
        shown = np.asarray(image.convert("RGBA"))[..., :3]
    column = (columns[0] * (image.width - 1)).round().astype(int)
    row = ((1 - columns[1]) * (image.height - 1)).round().astype(int)
    return shown[row, column]


def regular_file(path: Path, owner: Path) -> Path:
    """The path, if it is a regular file (a FIFO or a device would be waited for without end) of a size to be read.

    Raises:
        SemnerfError: anything else.
    """
    if not path.is_file():
        raise SemnerfError(f"{owner}: names {path.name!r}, which is no regular file beside it")
    regular_size(path)
    return path


def class_colours(labels: np.ndarray, n_classes: int) -> UInt8[np.ndarray, "f 3"]:
    """The palette's colour of each label, grey for void."""
    return np.concatenate([palette(n_classes), [[120, 120, 120]]])[np.minimum(labels, n_classes)].astype(np.uint8)
