"""Ways to damage a file. Each knows whether a careful reader can still take what it left."""

from __future__ import annotations

import functools
import json
import os
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

Legal = bool | None
"""True: a valid file with another meaning; False: to be refused, unless it is not read at all; None: nobody can say."""
Mutation = Callable[[Path, Random], tuple[str, Legal]]

HOSTILE: tuple[tuple[Any, Legal], ...] = (
    (float("nan"), False), (float("inf"), False), (True, False), (None, None), ([], None), ({}, None), ("", None),
    ("0.5", False), ("7", False), (-1, None), (0, None), (2**31, None), (2**63, None), (10**400, False), (1e300, None),
    (-1e300, None), (1e-300, None), (0.5, None), ([[[1]]], False), ({"a": 1}, False), ("x" * 100_000, None),
    ("../../etc/passwd", None), ("/dev/zero", None), ("a\nb", False), ("a\x1b[2Jb", False), ("\ud800", False),
    ("<!--<script>", None), ("$5 \\frac{", None), ("\u202eabc", None), ("stored:/dev/zero", None),
)  # fmt: skip
WORDS: tuple[tuple[str, Legal], ...] = (
    ("nan", False), ("inf", False), ("-inf", False), ("1_0", False), ("\u0661", False), ("0x10", False),
    ("1e400", False), ("-1", None), ("0", None), ("1.5", None), ("99999999999999999999", None), ("9" * 5000, None),
    ("x", False),
    ("1e300", None), ("2147483648", None), ("", None), ("1,5", None), ("--", False), ("\x00", False), ("255", None),
)  # fmt: skip


def flip_bit(path: Path, rng: Random) -> tuple[str, Legal]:
    data = bytearray(path.read_bytes())
    if data:
        place = rng.randrange(len(data))
        data[place] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
    return "flip bit", None


def cut(path: Path, rng: Random) -> tuple[str, Legal]:
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data) + 1)])
    return "cut", None


def scramble(path: Path, rng: Random) -> tuple[str, Legal]:
    """Bytes are replaced, removed, doubled, or put in."""
    data = path.read_bytes()
    start = rng.randrange(len(data) + 1)
    stop = min(len(data), start + rng.choice((1, 2, 4, 16, 200)))
    part = data[start:stop]
    put = rng.choice((b"", part * 2, b"\0" * len(part), b"\xff" * len(part), rng.randbytes(len(part) or 4), part[::-1]))
    path.write_bytes(data[:start] + put + data[stop:])
    return "scramble", None


def empty(path: Path, rng: Random) -> tuple[str, Legal]:
    path.write_bytes(b"")
    return "empty", None if path.suffix == ".mtl" else False


def garbage(path: Path, rng: Random) -> tuple[str, Legal]:
    path.write_bytes(rng.randbytes(rng.choice((1, 20, 3000))))
    return "garbage", None if path.suffix in (".mtl", ".bin") else False  # nothing tells them from numbers


def remove(path: Path, rng: Random) -> tuple[str, Legal]:
    path.unlink()
    return "remove", None


def replace_entry(path: Path, rng: Random) -> tuple[str, Legal]:
    """Something that is no regular file stands in the file's place."""
    path.unlink()
    kind = rng.choice(("folder", "fifo", "dangling link", "loop", "device"))
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "dangling link":
            path.symlink_to("nowhere")
        case "loop":
            path.symlink_to(path.name)
        case "device":
            path.symlink_to("/dev/zero")
    return kind, False


def twin(path: Path, rng: Random) -> tuple[str, Legal]:
    """A copy of the file under a name that is nearly the same."""
    name = rng.choice((path.name.upper(), path.name + ".png", "0" + path.name, path.name.replace("_", "_0", 1)))
    path.with_name(name).write_bytes(path.read_bytes())
    return "twin", None


def places_of(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a JSON value."""
    found, left = [], [value]
    while left:
        container = left.pop()
        keys = container.keys() if isinstance(container, dict) else range(len(container))
        for key in keys:
            found.append((container, key))
            if isinstance(container[key], dict | list):
                left.append(container[key])
    return found


def json_value(path: Path, rng: Random) -> tuple[str, Legal]:
    """A value of a JSON file becomes a hostile one, or its entry goes, or is doubled."""
    value = json.loads(path.read_text(encoding="utf-8"))
    places = places_of(value)
    if not places:
        return "nothing", True
    container, key = rng.choice(places)
    before, way = container[key], rng.random()
    if way < 0.12:
        del container[key]
        name, legal = f"without {key!r}", None
    elif way < 0.2 and isinstance(container, list):
        container.insert(key, before)
        name, legal = f"{key!r} twice", None
    else:
        new, legal = rng.choice(HOSTILE)
        if isinstance(before, float) and isinstance(new, float | int) and abs(new) < 1e6:
            legal = None if type(new) is not bool else False
        if isinstance(before, str) and isinstance(new, str):
            legal = None  # a text may be any; where not, the door says so
        container[key] = new
        name = f"{str(key)[:20]!r} = {str(new)[:20]!r}"
    path.write_text(json.dumps(value), encoding="utf-8", errors="surrogatepass")
    return f"json {name}".encode("ascii", "backslashreplace").decode(), legal


def json_text(path: Path, rng: Random) -> tuple[str, Legal]:
    """A JSON file becomes another document."""
    deep = rng.choice((900, 1100, 100_000))
    documents = (
        ("[" * deep + "]" * deep, False), ('{"a":' * deep + "1" + "}" * deep, False), ("null", False), ("[]", None),
        ("{}", None), ("1", False), ('"text"', False), ("NaN", False), ("9" * 10_000, False), ("\ufeff{}", None),
        (path.read_text() + "x", False), (path.read_text() * 2, False), ("\ufeff" + path.read_text(), True),
        (path.read_text().replace("\n", "\r\n"), True), (path.read_text().replace(":", ": 1e999, \"q\":", 1), False),
    )  # fmt: skip
    text, legal = rng.choice(documents)
    path.write_text(text, encoding="utf-8")
    return "json document", legal


def json_utf16(path: Path, rng: Random) -> tuple[str, Legal]:
    path.write_bytes(path.read_text().encode(rng.choice(("utf-16", "utf-32", "latin-1")), "replace") + b"\xe9")
    return "json in another coding", False


def word(path: Path, rng: Random) -> tuple[str, Legal]:
    """A word of a text becomes a hostile one."""
    text = path.read_bytes().decode("latin-1")
    words = list(re.finditer(r"[^\s:,/]+", text))
    if not words:
        return "nothing", True
    at, (new, legal) = rng.choice(words), rng.choice(WORDS)
    number = re.fullmatch(r"[-+]?[\d.]+([eE][-+]?\d+)?", at[0]) is not None
    text = text[: at.start()] + "\0MARK" + text[at.end() :]
    path.write_bytes(text.encode("latin-1").replace(b"\0MARK", new.encode()))
    if path.suffix == ".txt" and new in ("nan", "inf", "-inf"):
        legal = None  # how some tools write a lost pose
    return f"word {new[:12]!a}", legal if number else None


def line(path: Path, rng: Random) -> tuple[str, Legal]:
    """A line of a text goes, is doubled, moved, or becomes very long."""
    lines = path.read_bytes().split(b"\n")
    at, way = rng.randrange(len(lines)), rng.randrange(5)
    match way:
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[at])
        case 2:
            lines.insert(rng.randrange(len(lines)), lines.pop(at))
        case 3:
            lines[at] += b" " + b"1 " * 200_000
        case 4:
            lines[at] = b""
    path.write_bytes(b"\n".join(lines))
    return "line", None


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a PNG: type and content."""
    found, at = [], 8
    while at + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        found.append((kind, data[at + 8 : at + 8 + size]))
        at += 12 + size
    return found


def png(parts: list[tuple[bytes, bytes]]) -> bytes:
    body = (struct.pack(">I4s", len(c), k) + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


@functools.cache
def bomb() -> bytes:
    """A hundred and sixty-nine million black pixels, compressed."""
    return zlib.compress(b"\0" * (13_001 * 13_000))


def png_chunk(path: Path, rng: Random) -> tuple[str, Legal]:
    """A chunk of a PNG changes, with a checksum that is right."""
    parts = chunks(path.read_bytes())
    if not parts:
        return "nothing", True
    at = rng.randrange(len(parts))
    kind, content = parts[at]
    way = rng.randrange(6)
    if way == 0:
        del parts[at]
    elif way == 1:
        parts.insert(at, parts[at])
    elif way == 2 and content:
        flipped = bytearray(content)
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
        parts[at] = (kind, bytes(flipped))
    elif way == 3:
        size = rng.choice((0, 1, 13_000, 50_000, 2**31 - 1))
        parts[0] = (b"IHDR", struct.pack(">II", size, rng.choice((size, 3))) + parts[0][1][8:])
    elif way == 4:
        parts[0] = (b"IHDR", parts[0][1][:8] + bytes((rng.choice((1, 2, 8, 16)), rng.choice((0, 2, 3, 4, 6)), 0, 0, 0)))
    else:
        parts = [(b"IHDR", struct.pack(">IIBBBBB", 13_000, 13_000, 8, 0, 0, 0, 0)), (b"IDAT", bomb()), (b"IEND", b"")]
    path.write_bytes(png(parts))
    return f"png chunk, way {way}", None


def other_image(path: Path, rng: Random) -> tuple[str, Legal]:
    """An image of another format, mode or size under the same name."""
    from PIL import Image

    mode = rng.choice(("L", "RGB", "RGBA", "P", "1", "I;16", "LA", "CMYK", "F"))
    size = rng.choice(((8, 6), (1, 1), (16, 12), (12, 16)))
    form = rng.choice(("PNG", "JPEG", "BMP", "TIFF", "GIF", "WEBP", "PPM"))
    image = Image.new(mode, size)
    try:
        image.save(path, form)
    except (OSError, ValueError, KeyError):
        image.convert("L").save(path, "PNG")
    return f"other image {form} {mode}", False if form in ("JPEG", "WEBP") and "semantic" in path.name else None


def number_in_binary(path: Path, rng: Random) -> tuple[str, Legal]:
    """Four or eight bytes become a number at some limit."""
    data = bytearray(path.read_bytes())
    if len(data) < 8:
        return "nothing", True
    kinds = "<i", "<I", "<q", "<f", "<d", ">I"
    kind = rng.choice(kinds)
    limits = (0, 1, -1, 2**31 - 1, -(2**31)) if kind in ("<i", "<q") else (0, 1, 2**31, 2**32 - 1)
    floats = (float("nan"), float("inf"), *((-1e300, 1e-300) if kind == "<d" else (-1e30, 1e-40)))
    value = struct.pack(kind, rng.choice(floats if kind in ("<f", "<d") else limits))
    at = rng.randrange(0, len(data) - 7)
    data[at : at + len(value)] = value
    path.write_bytes(data)
    return f"number {kind}", None


def member(path: Path, rng: Random) -> tuple[str, Legal]:
    """A member of a zip archive changes: its content, its name, how it is packed; or there is one more."""
    import io
    import zipfile

    with zipfile.ZipFile(path) as archive:
        members = [(i.filename, archive.read(i)) for i in archive.infolist()]
    at, way, kind = rng.randrange(len(members)), rng.randrange(7), zipfile.ZIP_DEFLATED
    name, content = members[at]
    match way:
        case 0:
            del members[at]
        case 1:
            members[at] = (rng.choice(("../evil", "/tmp/evil", "a\0b", "/", name.upper(), "C:\\evil")), content)
        case 2:
            members[at] = (name, b"\0" * 30_000_000)
        case 3:
            kind = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
        case 4:
            members[at] = (name, rng.choice((b"", b"null", b"[]", rng.randbytes(50), content[:-3])))
        case 5:
            members.append(("more", b"x"))
        case 6:
            head = b"\x93NUMPY\x01\x00" + struct.pack("<H", 118)
            kinds = rng.choice(("'|O'", "'<f8'", "'|u1'", "'<U9'"))
            shape = rng.choice(("(1000000000000,)", "()", "(-1,)", "(2, 3)", "(0,)"))
            text = f"{{'descr': {kinds}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
            members[at] = (name, head + text.encode())
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", kind) as archive:
        for name, content in members:
            archive.writestr(name, content)
    path.write_bytes(stream.getvalue())
    return f"zip member, way {way}", None if way == 3 else False


def header(path: Path, rng: Random) -> tuple[str, Legal]:
    """The JSON header of a safetensors or GLB file changes."""
    data = path.read_bytes()
    if data[:4] != b"glTF" and data[8:9] != b"{":
        return "nothing", True
    glb = data[:4] == b"glTF"
    start = 20 if glb else 8
    size = struct.unpack("<I", data[12:16])[0] if glb else struct.unpack("<Q", data[:8])[0]
    scratch = path.with_name(".header.json")
    scratch.write_bytes(data[start : start + size])
    name, legal = rng.choice((json_value, json_value, json_value, json_text))(scratch, rng)
    new = scratch.read_bytes()
    scratch.unlink()
    new += b" " * (-len(new) % (4 if glb else 8))
    rest = data[start + size :]
    if glb:
        head = struct.pack("<4sIII4s", b"glTF", 2, 20 + len(new) + len(rest), len(new), b"JSON")
    else:
        head = struct.pack("<Q", len(new))
    path.write_bytes(head + new + rest)
    return f"header {name}", legal


ANY: tuple[Mutation, ...] = (flip_bit, cut, scramble, empty, garbage, replace_entry)
BY_SUFFIX: dict[str, tuple[Mutation, ...]] = {
    ".json": (json_value,) * 8 + (json_text,) * 2 + (json_utf16,),
    ".ipynb": (json_value,) * 8 + (json_text,) * 2 + (json_utf16,),
    ".gltf": (json_value,) * 8 + (json_text,),
    ".txt": (word,) * 6 + (line,) * 2,
    ".tsv": (word,) * 6 + (line,) * 2,
    ".obj": (word,) * 6 + (line,) * 2,
    ".mtl": (word,) * 4 + (line,) * 2,
    ".aply": (word,) * 6 + (line,) * 3,
    ".ply": (word, line, number_in_binary, number_in_binary, number_in_binary),
    ".bin": (number_in_binary,) * 4,
    ".glb": (header,) * 6 + (number_in_binary,) * 2,
    ".png": (png_chunk,) * 4 + (other_image,) * 2 + (remove, twin),
    ".npz": (member,) * 4 + (number_in_binary,),
    ".pack": (member,) * 4 + (number_in_binary,),
    ".safetensors": (header,) * 5 + (number_in_binary,),
    ".html": (line, word),
}


def mutate(path: Path, rng: Random) -> tuple[str, Legal]:
    """Damages a file in one way; returns its name and whether a careful reader can take the result."""
    text = path.suffix == ".ply" and b"format ascii" in path.read_bytes()[:200]
    own = BY_SUFFIX.get(".aply" if text else path.suffix.lower(), (number_in_binary,))
    return rng.choice((*own, *ANY, remove))(path, rng)
