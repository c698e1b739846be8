"""Replica's `info_semantic.json`: what class ids are called, and which class an object is of."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeGuard

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import read_json


def _entries(info: dict[str, Any], key: str, path: Path) -> list[dict]:
    entries = info.get(key)
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise SemnerfError(f"{path}: damaged: '{key}' is {type(entries).__name__}, expected a list of objects")
    return entries


def _integer(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def class_table(path: Path) -> dict[int, str]:
    """Class id -> name, from `classes[].id` and `classes[].name`.

    Raises:
        SemnerfError: no such file, no JSON, no class, an entry without id or name, an id with two names.
    """
    table: dict[int, str] = {}
    for i, entry in enumerate(_entries(read_json(path), "classes", path)):
        number, name = entry.get("id"), entry.get("name")
        number = int(number) if isinstance(number, float) and number.is_integer() else number
        name = name.strip(" ") if isinstance(name, str) else name
        if isinstance(name, str) and not name.isprintable():
            raise SemnerfError(f"{path}: classes[{i}] has name {ascii(name)}, expected printable text")
        if not _integer(number) or not isinstance(name, str) or not name:
            raise SemnerfError(f"{path}: damaged: classes[{i}] has id {number!r} and name {name!r}, expected both")
        if table.setdefault(number, name) != name:
            raise SemnerfError(f"{path}: damaged: class {number} is '{table[number]}' and '{name}', expected one name")
    if not table:
        raise SemnerfError(f"{path}: damaged: 'classes' is empty, expected class ids and names")
    return table


def object_table(path: Path) -> dict[int, int]:
    """Object id -> class id, from `objects[]` or else from `id_to_label` (position = object id); negative: no class.

    Raises:
        SemnerfError: no such file, no JSON, neither list, an entry without id or class.
    """
    info = read_json(path)
    labels = info.get("id_to_label")
    table: dict[int, int] = {}
    if labels is not None:
        if not isinstance(labels, list) or not all(map(_integer, labels)):
            raise SemnerfError(f"{path}: damaged: 'id_to_label' is no list of integers")
        table = dict(enumerate(labels))
    elif "objects" not in info:
        raise SemnerfError(f"{path}: has neither 'objects' nor 'id_to_label', expected which class an object is of")
    for i, entry in enumerate(_entries(info, "objects", path) if "objects" in info else []):
        number, label = entry.get("id"), entry.get("class_id")
        if not _integer(number) or not _integer(label):
            raise SemnerfError(
                f"{path}: damaged: objects[{i}] has id {number!r}, class_id {label!r}, expected integers"
            )
        table[number] = label
    return table
