"""JSON from files that anybody may have written: read within limits, refused in one line."""

from __future__ import annotations

import codecs
import json
import math
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from jaxtyping import Float

from semnerf_lib.errors import SemnerfError

MAX_BYTES = 1 << 26
"""Of JSON, which takes some twenty times as much memory."""
MAX_FILE = 1 << 30
"""Of any other file that is read whole."""
MAX_DIGITS = 300
MAX_DEPTH = 500
"""Of lists and objects in each other; where Python itself gives up depends on its version."""
STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""Of JSON, or the rest of the text where it does not end: no text takes long."""
NAN_OF_C = re.compile(r"[+-]?(?:nan\(\w*\)|1\.#(?:IND|QNAN|SNAN)0*)", re.IGNORECASE | re.ASCII)
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(path: Path, wanted: type | tuple[type, ...] = dict, nan: bool = False) -> Any:
    """The JSON value in a regular file of at most `MAX_BYTES` (see `parse_json`).

    Raises:
        SemnerfError: no such file, no regular file, too large, or what `parse_json` raises.
    """
    try:
        regular_size(path, MAX_BYTES)
        raw = path.read_bytes()
    except OSError as fault:
        raise SemnerfError(f"{path}: {fault.strerror or fault}, expected a JSON file") from fault
    return parse_json(raw, path, wanted, nan)


def parse_json(raw: bytes, name: Path | str, wanted: type | tuple[type, ...] = dict, nan: bool = False) -> Any:
    """The JSON value in some bytes.

    Args:
        raw: text as `decoded` knows it.
        name: what holds it, for messages.
        wanted: type of the outermost value.
        nan: whether NaN and Infinity, which are no JSON, are numbers here.

    Raises:
        SemnerfError: no text, no JSON, nested too deeply, a number that no float holds, a key twice in an object, or
            another outermost type.
    """
    try:
        if len(raw) > MAX_BYTES:
            raise ValueError(f"{len(raw)} bytes, more than {MAX_BYTES}")
        text = decoded(raw)
        if _depth(text) > MAX_DEPTH:
            raise RecursionError
        value = json.loads(
            text,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=None if nan else _constant,
            object_pairs_hook=_object,
        )
        if SURROGATE.search(text):  # rare: half of a pair is no text that a file could hold
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise SemnerfError(f"{name}: nested too deeply, expected a JSON file") from None
    except ValueError as fault:
        raise SemnerfError(f"{name}: no JSON ({str(fault).splitlines()[0]}), expected a JSON file") from None
    if not isinstance(value, wanted):
        words = {dict: "object", list: "list"}
        types = wanted if isinstance(wanted, tuple) else (wanted,)
        expected = " or ".join(words.get(t, t.__name__) for t in types)
        raise SemnerfError(f"{name}: holds a {type(value).__name__}, expected a JSON {expected}")
    return value


def decoded(raw: bytes) -> str:
    """Text in UTF-8, or in UTF-16 as PowerShell writes it; a byte order mark at its beginning is skipped.

    Raises:
        UnicodeDecodeError: neither.
    """
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return raw.decode("utf-16" if wide else "utf-8-sig")


def _depth(text: str) -> int:
    """How many lists and objects are open at once at most, in any text."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    signs = np.frombuffer(STRING.sub("", text).encode("utf-8", "replace"), np.uint8)
    steps = np.isin(signs, list(b"[{")).astype(np.int32) - np.isin(signs, list(b"]}"))
    return int(steps.cumsum().max())


def regular_size(path: Path, most: int = MAX_FILE) -> int:
    """Bytes of a regular file; only such a file is safe to open, since a FIFO or a device may never end.

    Args:
        most: bytes that it may have. A file with holes has few on the disk and may have many when it is read.

    Raises:
        SemnerfError: a folder, FIFO, device or socket, or too many bytes.
        OSError: no such file, or a link that leads nowhere.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise SemnerfError(f"{path}: no regular file, expected one")
    if status.st_size > most:
        raise SemnerfError(f"{path}: {status.st_size} bytes, expected at most {most}")
    return status.st_size


def decimal(word: str) -> float:
    """The number that a word of a text file is; NaN and infinity too, where they are written as such.

    NaN may be spelt as C does: `nan(ind)`, and `1.#IND`, `1.#QNAN` in older programs of Windows.

    Raises:
        ValueError: no number, one beyond any float, or one that only Python reads as one: 1_0, digits of other scripts.
    """
    if "_" in word or not word.isascii():
        raise ValueError(f"{word[:20]!a} is no number")
    if NAN_OF_C.fullmatch(word):
        return math.nan
    try:
        value = float(word)
    except ValueError:
        raise ValueError(f"{word[:20]!a} is no number") from None
    if math.isinf(value) and any(letter.isdigit() for letter in word):
        raise ValueError(f"{word[:20]} is beyond any float")
    return value


def integer(word: str) -> int:
    """The whole number that a word of a text file is: digits, perhaps behind a sign.

    Raises:
        ValueError: anything else, or more than `MAX_DIGITS` digits.
    """
    if not re.fullmatch(rf"[+-]?[0-9]{{1,{MAX_DIGITS}}}", word.strip()):
        raise ValueError(f"{word[:20]!a} is no whole number")
    return int(word)


def numbers(value: Any, *shape: int) -> Float[np.ndarray, "..."]:
    """A JSON list of numbers, perhaps nested, as an array.

    Args:
        value: the list.
        shape: of the array; its items are taken in order.

    Raises:
        ValueError: an item that is no finite number, or another count of them.
    """
    items = np.array(value, dtype=object).ravel()
    if not all(map(is_number, items)):
        raise ValueError(f"{str(next(item for item in items if not is_number(item)))[:20]!a} is no number")
    return items.astype(np.float64).reshape(shape)


def is_number(value: Any) -> bool:
    """Whether a JSON value is a finite number; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def of_kinds(value: Any, kinds: Mapping[str, type | tuple[type, ...]]) -> bool:
    """Whether a JSON value is an object with these keys and types; true and false are no numbers."""
    if not isinstance(value, dict) or not kinds.keys() <= value.keys():
        return False
    for key, kind in kinds.items():
        numeric = isinstance(value[key], int | float) and not isinstance(value[key], bool)
        if not isinstance(value[key], kind) or (type(value[key]) is bool and kind is not bool):
            return False
        if numeric and not is_number(value[key]):
            return False
    return True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)[:40]!a} is there twice")
    return made


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:20]} is beyond any float")
    return value


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")
