"""What ids are called: the files in which tools keep class names."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from os.path import lexists  # a link that leads nowhere is a damaged file, not a missing one
from pathlib import Path

import numpy as np
from jaxtyping import Int

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import decoded, integer, read_json, regular_size
from semnerf_lib.scenes.info import class_table

MAX_TEXT = 1 << 26
LABELMAP = "labelmap.txt"
"""Names of colours; all other files name ids."""
ALWAYS_VOID = (255, 65535)
VOID_NAMES = (
    "void", "unlabelled", "unlabeled", "unannotated", "ignore", "__ignore__", "ignored", "ignore_label", "ignore label",
    "undefined", "unknown",
)  # fmt: skip
BACKGROUND_NAMES = ("background", "_background_")
GREY, VOC_BOUNDARY = 0x010101, 0xE0E0C0
"""Ids of colours: grey g is g times the first; VOC draws the boundaries of objects in the second."""


def read_text(path: Path, wanted: str = "a text file") -> str:
    """A text file, as `jsons.decoded` knows it.

    Args:
        wanted: what the file should be, for messages.

    Raises:
        SemnerfError: no such file, no regular file, larger than `MAX_TEXT` bytes, or no text.
    """
    try:
        regular_size(path, MAX_TEXT)
        return decoded(path.read_bytes())
    except (OSError, UnicodeDecodeError) as fault:
        reason = getattr(fault, "strerror", None) or "no text in UTF-8, or in UTF-16 behind a byte order mark"
        raise SemnerfError(f"{path}: {reason}, expected {wanted}") from None


def spaced(numbers: str) -> str:
    """Numbers apart by blanks alone, where a file parts them by commas, semicolons or brackets."""
    return re.sub(r"[][,;]", " ", numbers)


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
        LABELMAP: _labelmap,
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
    pairs = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            name, colour = line.split(":")[:2]
            r, g, b = map(integer, colour.split(","))
            if not 0 <= min(r, g, b) <= max(r, g, b) <= 255:
                raise ValueError(f"{colour} is no colour")
        except ValueError:
            raise SemnerfError(f"{path}: line {number} is '{line[:40]}', expected name:r,g,b:: (0 to 255)") from None
        pairs.append((65536 * r + 256 * g + b, name))
    return _one_name_each(path, pairs, "#{:06x}")


def _one_name_each(path: Path, pairs: list[tuple[int, str]], shown: str = "{}") -> dict[int, str]:
    """The pairs as a table; `shown` is how messages write an id.

    Raises:
        SemnerfError: an id with two names.
    """
    names: dict[int, str] = {}
    for number, name in pairs:
        if names.setdefault(number, name.strip()) != name.strip():
            raise SemnerfError(
                f"{path}: {shown.format(number)} is '{names[number]}' and '{name[:40]}', expected one name"
            )
    return names


def _lines(path: Path) -> dict[int, str]:
    lines = [line.strip() for line in read_text(path).splitlines() if line.strip()]
    pairs = [pair for line in lines if len(pair := line.split(None, 1)) == 2 and re.fullmatch("[0-9]{1,9}", pair[0])]
    if len(pairs) == len(lines):
        return _one_name_each(path, [(integer(number), name) for number, name in pairs])
    if len(pairs) >= len(lines) / 2:
        raise SemnerfError(f"{path}: {len(pairs)} of {len(lines)} lines begin with an id, expected all or none")
    if bare := [line for line in lines if line.isdecimal()]:
        raise SemnerfError(f"{path}: line {bare[0]!r} is a number, expected lines `id name`, or a name in each")
    return dict(enumerate(line for line in lines if line != "__ignore__"))


def _table(path: Path) -> dict[int, str]:
    rows = csv.DictReader(read_text(path).splitlines(), delimiter="\t")
    try:
        return {integer(row["id"]): row["raw_category"] or row["category"] for row in rows}
    except (KeyError, TypeError, ValueError, AttributeError, csv.Error):
        raise SemnerfError(f"{path}: expected columns id (whole numbers), raw_category and category") from None


def by_name(ids: Iterable[int], names: Mapping[int, str]) -> dict[int, int]:
    """For each id the first of those that have its name; itself where it has no name.

    >>> by_name([2, 3, 4, 9], {2: "other", 3: "wall", 4: "other"})
    {2: 2, 3: 3, 4: 2, 9: 9}
    """
    first: dict[str, int] = {}
    return {i: first.setdefault(names[i], i) if i in names else i for i in ids}


def same_names(names: Mapping[int, str]) -> list[str]:
    """A line for each name that several ids have."""
    first = by_name(names, names)
    sharing = {i: [k for k in names if first[k] == i] for i in sorted(set(first.values()))}
    return [
        f"ids {', '.join(map(str, ids))} are all named '{names[i]}': one class, written as {i}"
        for i, ids in sharing.items()
        if len(ids) > 1
    ]


def distinct_names(names: Mapping[int, str]) -> tuple[str, ...]:
    """The names, in order; names that several ids have get their id: "class 7 (3)", "class 7 (7)"."""
    given, out = list(names.values()), []
    for i, name in names.items():
        own = f"{name} ({i})" if given.count(name) > 1 else name
        while own != name and own in (*given, *out):  # somebody has called a class "class 7 (3)"
            own += f" ({i})"
        out.append(own)
    return tuple(out)


@dataclass(frozen=True)
class Named:
    """What is known of a source's ids.

    Attributes:
        names: by id, or by colour (256^2 r + 256 g + b).
        of_colours: whether they are of colours.
        background: name of id 0, or "void"; None leaves it to the names.
        ignore: ids that are void.
    """

    names: Mapping[int, str]
    of_colours: bool = False
    background: str | None = None
    ignore: tuple[int, ...] = ()

    def ids(
        self, mode: str, palette: tuple[tuple[int, int, int], ...], present: Int[np.ndarray, "ids"]
    ) -> tuple[dict[int, str], set[int]]:
        """Names of the ids in label images, and the ids that are void.

        Void are ids named so, 255 and 65535, ids to ignore, and 0 unless it has a name of a class. In colour images
        only black is void by itself, and the colour in which VOC draws boundaries. Colours that are all grey, where
        names are of no colours, are numbers: an editor has saved ids as RGB. Where names are of colours, an index of a
        palette has the name of its colour.

        Args:
            mode, palette: of the images (see `pictures.read_ids`).
            present: ids that occur.
        """
        names, always, ignore = dict(self.names), ALWAYS_VOID, self.ignore
        if mode == "P" and self.of_colours:
            colours = {i: 65536 * r + 256 * g + b for i, (r, g, b) in enumerate(palette)}
            names = {i: self.names[colour] for i, colour in colours.items() if colour in self.names}
        if mode == "RGB":
            always = () if VOC_BOUNDARY in names else (VOC_BOUNDARY,)
            if not self.of_colours and (present % GREY == 0).all():
                names, always = {GREY * i: name for i, name in names.items() if i < 256}, (GREY * 255,)
                ignore = tuple(GREY * i for i in ignore)
        if self.background is not None:
            names[0] = self.background
        void = {*ignore, *always, *(i for i, name in names.items() if name.lower() in VOID_NAMES)}
        unnamed = names.get(0, "background").lower() in BACKGROUND_NAMES and self.background is None
        return names, void | {0} if unnamed else void
