"""Files that survive any failure: written beside the old one, synced to the disk, then renamed."""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine import jsons

STALE_SECONDS = 3600.0
"""Age of a temporary file beside another at which nobody writes it any more: its process was killed."""


class Damaged(SemnerfError):
    """A file that semnerf wrote is missing, cut short, or holds something else."""


def write_aside(path: Path, write: Callable[[Path], Any]) -> None:
    """Calls `write` with a temporary path beside `path`, then renames it to `path`.

    A reader sees the old file or the whole new one, also after a kill or a power cut: the file is synced before it is
    renamed, and its folder after. Its mode follows the umask, whatever mode `write` gives it. The temporary file is
    removed on failure; one that a kill left, by the next call an hour later.

    Raises:
        SemnerfError: no room on the disk, or the folder cannot be written to.
    """
    # random: processes of two containers may have the same pid
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.aside")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.touch(exist_ok=False)
        mode = aside.stat().st_mode & 0o777
        _sweep_up(path, aside.stat().st_mtime)
        write(aside)
        aside.chmod(mode)
        _sync(aside, os.O_RDWR)
        os.replace(aside, path)
        if os.name == "posix":  # Windows opens no folder
            _sync(path.parent, os.O_RDONLY)
    except (OSError, SafetensorError) as fault:
        raise write_fault(path, fault) from fault
    finally:
        with suppress(OSError):
            aside.unlink()


@contextmanager
def new_files() -> Iterator[list[Path]]:
    """A list for the new files of one command: if it cannot be ended, they go, so that it can be given again."""
    written: list[Path] = []
    try:
        yield written
    except BaseException:
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Writes files; if one of them cannot be written, those that were not there before are removed.

    Raises:
        SemnerfError: see `write_aside`.
    """
    with new_files() as written:
        for path, content in contents.items():
            if not path.exists():
                written.append(path)
            write_aside(path, lambda aside, content=content: aside.write_bytes(content))


@contextmanager
def folder_aside(path: Path) -> Iterator[Path]:
    """A new folder beside `path`, which takes its place at the end, or goes on failure; its mode follows the umask.

    Raises:
        SemnerfError: no room on the disk, or the folder cannot be written to.
    """
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.aside")
    try:
        aside.mkdir(parents=True)
        yield aside
        os.replace(aside, path)
    except OSError as fault:
        raise write_fault(path, fault) from fault
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _sweep_up(path: Path, now: float) -> None:
    # now: of the file system's own clock, which is another machine's on a network
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.aside"):
        with suppress(OSError):
            if now - left.stat().st_mtime > STALE_SECONDS:
                left.unlink()


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_fault(path: Path, fault: Exception) -> SemnerfError:
    """Why a file could not be written, in one line."""
    # safetensors has an exception of its own, whose text carries the system's words
    if getattr(fault, "errno", None) == errno.ENOSPC or "No space left" in str(fault):
        return SemnerfError(f"{path}: no room left on the disk; what was there before is unchanged")
    return SemnerfError(
        f"{path}: cannot be written ({getattr(fault, 'strerror', None) or str(fault).partition(chr(10))[0]})"
    )


def is_there(path: Path) -> bool:
    """Whether a regular file is there.

    Raises:
        SemnerfError: the system does not let that be seen; `Path.is_file` would raise, or from Python 3.14 on say no.
    """
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as fault:
        raise SemnerfError(f"{path}: cannot be read ({fault.strerror})") from fault


def write_json(path: Path, value: Any) -> None:
    """Writes readable JSON aside and renames it (see `write_aside`)."""
    write_aside(path, lambda p: p.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8"))


def read_json(path: Path) -> Any:
    """Reads JSON that semnerf wrote; NaN is a number there.

    Raises:
        Damaged: the file is missing or no JSON.
        SemnerfError: the file is there, but the system does not let it be read.
    """
    try:
        return jsons.read_json(path, object, nan=True)
    except SemnerfError as fault:
        cause = fault.__cause__
        if isinstance(cause, OSError) and not isinstance(cause, FileNotFoundError):
            raise
        raise Damaged(str(fault)) from fault


def kept_json(path: Path, check: Callable[[Any], None], make: Callable[[], Any]) -> Any:
    """The value that a JSON file keeps; if it is missing, damaged or refused, a new one, which is written there.

    Args:
        check: refuses a value by raising SemnerfError, KeyError, TypeError or AttributeError.
        make: the new value, that JSON can hold.

    Raises:
        SemnerfError: the file cannot be written; and what `make` raises.
    """
    with suppress(SemnerfError, KeyError, TypeError, AttributeError):
        value = read_json(path)
        check(value)
        return value
    value = make()
    write_json(path, value)
    return value


def put_aside(path: Path) -> None:
    """Renames a damaged file or folder to `<name>.damaged`; an earlier one of that name is replaced.

    Raises:
        SemnerfError: the folder cannot be written to.
    """
    try:
        os.replace(path, path.with_name(f"{path.name}.damaged"))
    except OSError as fault:
        raise write_fault(path, fault) from fault


def sha256_of(path: Path) -> str:
    """sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(tensors: dict[str, torch.Tensor], facts: Any = None) -> str:
    """sha256 over names and bytes of CPU tensors, hexadecimal; and over `facts` as JSON, unless they are None."""
    h = hashlib.sha256()
    for name in sorted(tensors):
        h.update(name.encode())
        h.update(tensors[name].contiguous().numpy().data)
    if facts is not None:
        h.update(json.dumps(facts, sort_keys=True).encode())
    return h.hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A safetensors file that semnerf wrote, open for reading.

    Raises:
        Damaged: missing, cut short, or its content is refused within the `with` (KeyError, TypeError, ValueError).
        SemnerfError: the file is there, but the system does not let it be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise ValueError("no regular file")
        with path.open("rb"):  # the system's own reason: safetensors' errors have no errno
            pass
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, FileNotFoundError, KeyError, TypeError, ValueError, RecursionError) as fault:
        raise Damaged(f"{path}: damaged or cut short ({fault}), expected a safetensors file of semnerf") from fault
    except OSError as fault:
        raise SemnerfError(f"{path}: cannot be read ({fault.strerror or fault})") from fault
