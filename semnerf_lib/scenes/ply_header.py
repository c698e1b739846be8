"""The header of a PLY file: what its elements are, and what each of their rows holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import integer

TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
    "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4",
    "double": "f8", "float64": "f8",
}  # fmt: skip
CORNERS = ("vertex_indices", "vertex_index")


@dataclass
class Element:
    """A kind of rows: vertices, faces."""

    name: str
    count: int
    properties: list[tuple[str, str, str | None]] = field(default_factory=list)
    """Name, type, and for a list the type of its length."""
    names: set[str] = field(default_factory=set)  # of the properties

    def add(self, words: list[str]) -> None:
        """The property of a line of the header: "property TYPE NAME" or "property list TYPE TYPE NAME".

        Raises:
            IndexError, KeyError, ValueError: no such type, or a name that is there.
        """
        listed = words[1] == "list"
        name, kind, counted = (words[4], words[3], TYPES[words[2]]) if listed else (words[2], words[1], None)
        fractions = (counted or "u")[0] == "f" or (name in CORNERS and TYPES[kind][0] == "f")
        if fractions:
            raise ValueError("expected a list of integers")
        if name in self.names:
            raise ValueError("expected a new name")
        self.names.add(name)
        self.properties.append((name, TYPES[kind], counted))


def header_of(path: Path, raw: bytes) -> tuple[str, list[Element], tuple[str, ...], int]:
    """A file's format, elements, comments, and where its body begins.

    Raises:
        SemnerfError: no header, or a line of it that is not of the format.
    """
    end = raw.find(b"\nend_header")
    start = raw.find(b"\n", end + 1) + 1
    if not raw.startswith(b"ply") or end < 0 or start == 0:
        raise SemnerfError(f"{path}: no PLY file (no header), expected one that starts with 'ply'")
    form, elements, comments, line = "", [], [], ""
    try:
        text = raw[:end].decode("utf-8")
    except UnicodeDecodeError:
        text = raw[:end].decode("latin-1")  # as tools on Windows write comments
    try:
        for line in text.replace("\r", "\n").split("\n")[1:]:
            words = line.split()
            match words[0] if words else "obj_info":
                case "comment":
                    comments.append(line.partition("comment")[2].strip())
                case "format":
                    if form:
                        raise ValueError("two formats")
                    form = words[1]
                case "element":
                    if not words[2].isdecimal() or words[1] in (e.name for e in elements):
                        raise ValueError("expected a new name and a count")
                    elements.append(Element(words[1], integer(words[2])))
                case "property":
                    elements[-1].add(words)
                case "obj_info":
                    pass
                case _:
                    raise ValueError("expected comment, format, element or property")
    except (IndexError, KeyError, ValueError) as fault:
        reason = str(fault) if isinstance(fault, ValueError) else "expected a property of an element, and a known type"
        raise SemnerfError(f"{path}: damaged PLY header, line {line.strip()[:80]!r}: {reason}") from None
    if form not in ("ascii", "binary_little_endian", "binary_big_endian"):
        raise SemnerfError(f"{path}: PLY format '{form[:40]}', expected ascii or binary")
    return form, elements, tuple(comments), start
