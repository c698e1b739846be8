"""Classes, objects and colours of a PLY's faces."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np

from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.importers.names import by_name, same_names
from semnerf_lib.scenes.info import object_table
from semnerf_lib.scenes.parts import class_colours
from semnerf_lib.scenes.ply import Ply
from semnerf_lib.scenes.raycast import MAX_OBJECT

CLASS_PROPERTIES = ("label", "class_id", "class", "semantic", "category_id")
COLOUR_PROPERTIES = (("red", "green", "blue"), ("diffuse_red", "diffuse_green", "diffuse_blue"), ("r", "g", "b"))


def named_in(path: Path, comments: tuple[str, ...]) -> dict[int, str]:
    """Class ids and their names in a PLY's comments.

    Raises:
        SemnerfError: an id with two names.

    >>> named_in(Path("a.ply"), ("made by hand", "class 7 coffee-table"))
    {7: 'coffee-table'}
    """
    names = {}
    for comment in comments:
        if match := re.fullmatch(r"class ([0-9]{1,9}) (.+)", comment):
            number, name = int(match[1]), _unquoted(match[2])
            if names.setdefault(number, name) != name:
                raise SemnerfError(f"{path}: class {number} is {names[number]!r} and {name!r}, expected one name")
    return names


def _unquoted(name: str) -> str:
    """A name as `mesh_export.quoted` wrote it."""
    try:
        text = json.loads(name) if name.startswith('"') else name
    except ValueError:
        return name
    return text if isinstance(text, str) else name


def whole(path: Path, values: np.ndarray, name: str) -> np.ndarray:
    """A property's values as integers.

    Raises:
        SemnerfError: NaN, a fraction, or beyond 32 bits.
    """
    exact = np.asarray(values, dtype=np.float64)
    wrong = ~(np.abs(exact) < 2**32) | (exact != np.rint(exact))
    if wrong.any():
        raise SemnerfError(f"{path}: {name} is {exact[wrong][0]:g} somewhere, expected integers of at most 32 bits")
    return exact.astype(np.int64)


def _ids(path: Path, properties: dict[str, np.ndarray], names: dict[int, str] | None) -> np.ndarray | None:
    """Class ids of faces or vertices, -1 for void; None where no property holds any. CloudCompare's are
    "scalar_Label". 255, 65535 and 2^32 - 1 are void where they have no name and no id is larger."""
    called = {key.lower().removeprefix("scalar_"): key for key in reversed(properties)}
    key = next((called[n] for n in CLASS_PROPERTIES if n in called), None)
    if key is None:
        return None
    ids = whole(path, properties[key], key)
    for top in (2**32 - 1, 65535, 255):
        if ids.size and ids.max() == top and top not in (names or ()):
            ids = np.where(ids == top, -1, ids)
    return ids


def arrays_of_ply(path: Path, ply: Ply, info: Path | None, names: dict[int, str] | None) -> dict:
    objects = np.zeros(len(ply.triangles), dtype=np.int32)
    if "object_id" in ply.face:
        objects = whole(path, ply.face["object_id"], "object_id").clip(-1, MAX_OBJECT + 1)[ply.polygon].astype(np.int32)
    of_faces, of_vertices = (_ids(path, properties, names) for properties in (ply.face, ply.vertex))
    if "object_id" in ply.face and info is not None:
        present, inverse = np.unique(objects, return_inverse=True)
        table = object_table(info)
        for number in present:
            if number >= 0 and int(number) not in table:
                raise SemnerfError(f"{path}: object_id {number} is not in {info}, expected one of its {len(table)}")
        ids = np.array([table[int(n)] if n >= 0 else -1 for n in present], dtype=np.int64)[inverse]
    elif of_faces is not None:
        ids = of_faces[ply.polygon]
    elif of_vertices is not None:
        a, b, c = of_vertices[ply.triangles].T
        ids = np.where(b == c, b, a)
    elif "object_id" in ply.face:
        raise SemnerfError(f"{path}: faces carry object_id, expected {path.parent / 'info_semantic.json'} with classes")
    else:
        raise SemnerfError(f"{path}: no class, expected a face or vertex property: {', '.join(CLASS_PROPERTIES)}")
    if names is not None and 0 not in names:
        ids = np.where(ids == 0, -1, ids)
    present = [int(i) for i in np.unique(ids) if i >= 0]
    for number in present:
        if names is not None and number not in names:
            raise SemnerfError(
                f"{path}: class id {number} has no name, expected one of the {len(names)} in {info or path}"
            )
    named = {i: f"class {i}" if names is None else names[i] for i in present}
    for line in same_names(named):
        print(f"{path}: {line}", file=sys.stderr)
    labels, classes = _remapped(path, ids, by_name(present, named))
    class_names = tuple(named[i] for i in classes)
    vertices = np.stack([ply.vertex[k] for k in "xyz"], axis=-1)
    of_faces, of_vertices = (_rgb(properties) for properties in (ply.face, ply.vertex))
    if of_faces is not None:
        colours = of_faces[ply.polygon].astype(np.uint8)
    elif of_vertices is not None:
        colours = of_vertices[ply.triangles].mean(1).astype(np.uint8)
    else:
        colours = class_colours(labels, len(class_names))
    return {
        "vertices": vertices,
        "faces": ply.triangles,
        "face_labels": labels,
        "class_names": class_names,
        "face_colours": colours,
        "face_objects": objects,
    }


def _rgb(properties: dict[str, np.ndarray]) -> np.ndarray | None:
    """(N, 3) float32 colours in 0 ... 255, or None where the properties hold none.

    Floats are shares of 1 where none is larger, 16-bit numbers are shares of 65535 where one is above 255.
    """
    keys = next((k for k in COLOUR_PROPERTIES if set(k) <= set(properties)), None)
    if keys is None:
        return None
    colours = np.nan_to_num(np.stack([properties[k] for k in keys], axis=-1).astype(np.float32))
    largest = 1.0 if properties[keys[0]].dtype.kind == "f" else 65535.0
    within = colours.max(initial=0) <= 1.0 if largest == 1 else colours.max(initial=0) > 255
    return (colours * np.float32(255 / largest) if within else colours).clip(0, 255)


def _remapped(path: Path, ids: np.ndarray, first: dict[int, int]) -> tuple[np.ndarray, list[int]]:
    """Class numbers of ids, VOID for negative ones, and the id of each class.

    Args:
        first: of the ids that are present, see `names.by_name`.
    """
    classes = sorted(set(first.values()))
    if not 1 <= len(classes) <= VOID:
        raise SemnerfError(f"{path}: {len(classes)} classes, expected 1 to {VOID}")
    numbers = np.array([classes.index(first[i]) for i in sorted(first)])
    position = np.searchsorted(sorted(first), ids).clip(0, len(numbers) - 1)
    return np.where(ids < 0, VOID, numbers[position]).astype(np.uint8), classes
