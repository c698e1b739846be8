"""What ids are called: the files in which tools keep class names."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from os.path import lexists  # a link that leads nowhere is a damaged file, not a missing one
from pathlib import Path

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import read_json, regular_size
from semnerf_lib.scenes.info import class_table

MAX_TEXT = 1 << 26


def read_text(path: Path) -> str:
    """A text file in UTF-8, with or without a byte order mark.

    Raises:
        SemnerfError: no such file, no regular file, larger than `MAX_TEXT` bytes, or no text.
    """
    try:
        if regular_size(path) > MAX_TEXT:
            raise SemnerfError(f"{path}: larger than {MAX_TEXT} bytes, expected a text file")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        raise SemnerfError(f"{path}: {getattr(fault, 'strerror', None) or 'no text'}, expected a text file") from None


def find_names(folder: Path) -> dict[int, str]:
    """Names by id from the first of these files in the folder; empty if there is none.

    `labelmap.txt` (CVAT, VOC: `name:r,g,b::`, ids are colours), `info_semantic.json` (Replica),
    `panoptic_classes.json` (sitcoms3D: position in `thing`, else in `stuff`), `class_names.txt` (labelme: line i names
    id i), `classes.txt` (`id name` lines, or as labelme), a ScanNet `*.tsv` (columns `id`, `raw_category`).
    """
    path, read = next(_names_files(folder), (folder, None))
    if read is None:
        return {}
    names = read(path)
    if not names or not all(name and name.isprintable() for name in names.values()):
        raise SemnerfError(f"{path}: no name in it, or one that cannot be printed, expected the names of the classes")
    return names


def _names_files(folder: Path) -> Iterator[tuple[Path, Callable[[Path], dict[int, str]]]]:
    readers = {
        "labelmap.txt": _labelmap,
        "info_semantic.json": class_table,
        "panoptic_classes.json": _panoptic,
        "class_names.txt": _lines,
        "classes.txt": _lines,
    }
    yield from ((folder / name, read) for name, read in readers.items() if lexists(folder / name))
    for place in (folder, folder.resolve().parent):
        yield from ((path, _table) for path in sorted(place.glob("scannet*.tsv")))


def _panoptic(path: Path) -> dict[int, str]:
    given = read_json(path)
    names = given.get("thing") or given.get("stuff")
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise SemnerfError(f"{path}: 'thing' is no list of names, expected the names of the classes")
    return dict(enumerate(names))


def _labelmap(path: Path) -> dict[int, str]:
    names = {}
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            name, colour = line.split(":")[:2]
            r, g, b = (int(part) for part in colour.split(","))
        except ValueError:
            raise SemnerfError(f"{path}: line {number} is '{line[:40]}', expected name:r,g,b::") from None
        names[65536 * r + 256 * g + b] = name
    return names


def _lines(path: Path) -> dict[int, str]:
    lines = [line.strip() for line in read_text(path).splitlines() if line.strip()]
    pairs = [pair for line in lines if len(pair := line.split(None, 1)) == 2 and re.fullmatch("[0-9]{1,9}", pair[0])]
    if len(pairs) == len(lines):
        return {int(number): name for number, name in pairs}
    if len(pairs) >= len(lines) / 2:
        raise SemnerfError(f"{path}: {len(pairs)} of {len(lines)} lines begin with an id, expected all or none")
    if bare := [line for line in lines if line.isdecimal()]:
        raise SemnerfError(f"{path}: line {bare[0]!r} is a number, expected lines `id name`, or a name in each")
    return dict(enumerate(line for line in lines if line != "__ignore__"))


def _table(path: Path) -> dict[int, str]:
    rows = csv.DictReader(read_text(path).splitlines(), delimiter="\t")
    try:
        return {int(row["id"]): row["raw_category"] or row["category"] for row in rows}
    except (KeyError, TypeError, ValueError):
        raise SemnerfError(f"{path}: expected columns id, raw_category and category") from None


def told_apart(names: Mapping[int, str]) -> tuple[str, ...]:
    """The names, in order; names that several ids have get their id: "other (3)", "other (7)"."""
    given = list(names.values())
    return tuple(f"{name} ({i})" if given.count(name) > 1 else name for i, name in names.items())


def same_names(names: Mapping[int, str]) -> list[str]:
    """A line for each name that several ids have."""
    given = list(names.values())
    twice = {name: [i for i in names if names[i] == name] for name in given if given.count(name) > 1}
    return [f"ids {', '.join(map(str, ids))} are all named '{name}': each is a class" for name, ids in twice.items()]
