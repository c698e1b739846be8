"""Writing files so that what was there before survives any failure: aside first, then renamed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine import jsons


def write_aside(path: Path, write: Callable[[Path], Any]) -> None:
    """Calls `write` with a temporary path beside `path`, then renames it to `path`.

    A reader sees the old file or the whole new one, also after a kill. The temporary file is removed on failure.

    Raises:
        SemnerfError: no room on the disk, or the folder cannot be written to.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.aside")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(aside)
        os.replace(aside, path)
    except (OSError, SafetensorError) as fault:
        raise write_fault(path, fault) from fault
    finally:
        aside.unlink(missing_ok=True) if aside.parent.is_dir() else None


def write_fault(path: Path, fault: Exception) -> SemnerfError:
    """Why a file could not be written, in one line."""
    # safetensors has an exception of its own, whose text carries the system's words
    if getattr(fault, "errno", None) == errno.ENOSPC or "No space left" in str(fault):
        return SemnerfError(f"{path}: no room left on the disk; what was there before is unchanged")
    return SemnerfError(f"{path}: cannot be written ({getattr(fault, 'strerror', None) or fault})")


def write_json(path: Path, value: Any) -> None:
    """Writes readable JSON aside and renames it (see `write_aside`)."""
    write_aside(path, lambda p: p.write_text(json.dumps(value, indent=1) + "\n"))


def read_json(path: Path) -> Any:
    """Reads JSON.

    Raises:
        SemnerfError: the file is missing, unreadable or no JSON.
    """
    return jsons.read_json(path, object, nan=True)


def sha256_of(path: Path) -> str:
    """sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(tensors: dict[str, torch.Tensor]) -> str:
    """sha256 over names and bytes of CPU tensors, hexadecimal."""
    h = hashlib.sha256()
    for name in sorted(tensors):
        h.update(name.encode())
        h.update(tensors[name].contiguous().numpy().data)
    return h.hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A safetensors file, open for reading.

    Raises:
        SemnerfError: missing, cut short or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as fault:
        raise SemnerfError(
            f"{path}: damaged or cut short ({fault}), expected a safetensors file of semnerf; move its folder away to "
            "train this run anew"
        ) from fault
