"""Replica's `info_semantic.json`: what class ids are called, and which class an object is of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import read_json
from semnerf_lib.scene import MAX_NAME


def _entries(info: dict[str, Any], key: str, path: Path) -> list[dict]:
    entries = info.get(key)
    if not isinstance(entries, list):
        raise SemnerfError(f"{path}: damaged: '{key}' is {type(entries).__name__}, expected a list of objects")
    if odd := [entry for entry in entries if not isinstance(entry, dict)]:
        raise SemnerfError(f"{path}: damaged: '{key}' holds {ascii(odd[0])[:40]}, expected objects with an id")
    return entries


def _whole(value: Any) -> Any:
    """An id of at most 32 bits; 1.0, as pandas and JavaScript write it, is 1. None is no id."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and -(2**31) <= value < 2**32 else None


def class_table(path: Path) -> dict[int, str]:
    """Class id -> name, from `classes[].id` and `classes[].name`.

    Raises:
        SemnerfError: no such file, no JSON, no class, an entry without id or printable name, an id with two names.
    """
    table: dict[int, str] = {}
    for i, entry in enumerate(_entries(read_json(path), "classes", path)):
        number, name = _whole(entry.get("id")), entry.get("name")
        name = name.strip(" ") if isinstance(name, str) else name
        if number is None:
            raise SemnerfError(
                f"{path}: classes[{i}] has id {ascii(entry.get('id'))[:40]}, expected a whole number of at most 32 bits"
            )
        if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise SemnerfError(
                f"{path}: classes[{i}] has id {number} and name {ascii(name)[:80]}, expected printable text of 1 to "
                f"{MAX_NAME} characters"
            )
        if table.setdefault(number, name) != name:
            raise SemnerfError(f"{path}: damaged: class {number} is '{table[number]}' and '{name}', expected one name")
    if not table:
        raise SemnerfError(f"{path}: damaged: 'classes' is empty, expected class ids and names")
    return table


def object_table(path: Path) -> dict[int, int]:
    """Object id -> class id, from `objects[]` or else from `id_to_label` (position = object id); negative: no class.

    Raises:
        SemnerfError: no such file, no JSON, neither list, an entry without id or class, an object of two classes.
    """
    info = read_json(path)
    labels = info.get("id_to_label")
    table: dict[int, int] = {}
    listed: dict[int, int] = {}
    if labels is not None:
        if not isinstance(labels, list) or None in (classes := [_whole(label) for label in labels]):
            raise SemnerfError(f"{path}: damaged: 'id_to_label' is no list of integers of at most 32 bits")
        table = dict(enumerate(classes))
    elif "objects" not in info:
        raise SemnerfError(f"{path}: has neither 'objects' nor 'id_to_label', expected which class an object is of")
    for i, entry in enumerate(_entries(info, "objects", path) if "objects" in info else []):
        number, label = _whole(entry.get("id")), _whole(entry.get("class_id"))
        if number is None or label is None:
            given = f"id {ascii(entry.get('id'))[:40]}, class_id {ascii(entry.get('class_id'))[:40]}"
            raise SemnerfError(f"{path}: damaged: objects[{i}] has {given}, expected integers of at most 32 bits")
        if listed.setdefault(number, label) != label:
            raise SemnerfError(f"{path}: object {number} is of class {listed[number]} and {label}, expected one")
    return table | listed
