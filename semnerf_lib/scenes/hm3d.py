"""HM3D's semantic scans: `X.semantic.glb`, whose texture paints each object in a colour, and `X.semantic.txt`."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import integer
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.importers.names import read_text
from semnerf_lib.scenes.parts import VOID_NAMES, MeshPart

HEADER = "HM3D Semantic Annotations"


def table_beside(path: Path) -> Path | None:
    """The table of a GLB: a text file of its name that begins with HM3D's header; None if there is none."""
    table = path.with_suffix(".txt")
    return table if table.is_file() and read_text(table).startswith(HEADER) else None


def read_table(path: Path) -> dict[int, tuple[int, str]]:
    """Object id and category of each colour, 256^2 r + 256 g + b; lines `1,C9C373,"door",0`.

    Raises:
        SemnerfError: a line of another form, or none.
    """
    table = {}
    for number, row in enumerate(csv.reader(read_text(path).splitlines()[1:]), start=2):
        if not row:
            continue
        try:
            if not re.fullmatch("[0-9A-Fa-f]{6}", row[1]):
                raise ValueError("no colour")
            table[int(row[1], 16)] = integer(row[0]), row[2].strip().lower()
        except (ValueError, IndexError):
            raise SemnerfError(
                f'{path}: line {number} is {",".join(row)[:40]!r}, expected id,RRGGBB,"name",region'
            ) from None
    if not table:
        raise SemnerfError(f'{path}: no object, expected lines id,RRGGBB,"name",region')
    return table


def arrays_of_hm3d(path: Path, table_path: Path, parts: list[MeshPart]) -> dict:
    """Arguments of `raycast.LabelledMesh`: a face is of the object whose colour its texture has in its middle.

    Faces of other colours, and categories such as unknown, are void.

    Raises:
        SemnerfError: no face has a colour of the table, or there are more than 255 categories.
    """
    table = read_table(table_path)
    if not parts or any(part.colours is None for part in parts):
        raise SemnerfError(f"{path}: parts without a texture, expected the colours of {table_path.name}")
    colours = np.concatenate([part.colours for part in parts])
    keys = colours.astype(np.int64) @ np.array([65536, 256, 1])
    used = [int(key) for key in np.unique(keys) if int(key) in table]
    names = tuple(sorted({table[key][1] for key in used} - {"", *VOID_NAMES}))
    if not 1 <= len(names) <= VOID:
        raise SemnerfError(f"{path}: faces of {len(names)} categories of {table_path.name}, expected 1 to {VOID}")
    labels, objects = np.full(len(keys), VOID, dtype=np.uint8), np.zeros(len(keys), dtype=np.int32)
    for key in used:
        number, name = table[key]
        objects[keys == key] = number
        if name in names:
            labels[keys == key] = names.index(name)
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])
    return {
        "vertices": np.concatenate([part.vertices for part in parts]),
        "faces": np.concatenate([p.faces + start for p, start in zip(parts, starts, strict=False)]).astype(np.int32),
        "face_labels": labels,
        "class_names": names,
        "face_colours": colours,
        "face_objects": objects,
    }
