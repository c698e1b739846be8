"""What a door is: sound files, the function that reads them, and what a careful reader asks of the value."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch

from fuzz.mutations import Legal, mutate


@dataclass(frozen=True)
class Door:
    """A way into the library.

    Attributes:
        name: what the table calls it.
        build: writes the sound files into a folder.
        files: patterns of the files that are damaged.
        read: calls the library on the folder; a value, or SemnerfError.
        fault: what a careful reader finds wrong with a value, or None.
        sealed: whether a checksum covers the files, so that a value other than the sound one is wrong.
        mends: whether a part of the value that is damaged may be missing: it is made anew.
        weight: its share of the mutations.
        damage: another way to damage a folder than `mutate` on one of the files.
    """

    name: str
    build: Callable[[Path], None]
    files: tuple[str, ...]
    read: Callable[[Path], Any]
    fault: Callable[[Any], str | None] = lambda value: None
    sealed: bool = False
    mends: bool = False
    weight: int = 1
    damage: Callable[[Path, Random], tuple[str, Legal]] | None = None

    def damaged(self, folder: Path, rng: Random) -> tuple[str, Legal]:
        """Damages one file of a folder."""
        if self.damage is not None:
            return self.damage(folder, rng)
        paths = sorted(path for pattern in self.files for path in folder.glob(pattern))
        path = rng.choice(paths)
        name, legal = mutate(path, rng)
        return f"{path.relative_to(folder)}: {name}", legal


def parts(value: Any) -> set[str]:
    """Hashes of a value's parts: the items of a dict, else the value itself."""
    return {_hash(item) for item in value.items()} if isinstance(value, dict) else {_hash(value)}


def _hash(value: Any) -> str:
    h = hashlib.sha256()
    _feed(value, h)
    return h.hexdigest()


def _feed(value: Any, h: Any) -> None:
    if isinstance(value, torch.Tensor):
        value = value.detach().numpy()
    if isinstance(value, np.ndarray):
        h.update(f"{value.dtype}{value.shape}".encode())
        h.update(np.ascontiguousarray(value).tobytes())
    elif is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            _feed(getattr(value, field.name), h)
    elif isinstance(value, dict):
        for key in value:
            _feed(key, h)
            _feed(value[key], h)
    elif isinstance(value, list | tuple):
        h.update(f"[{len(value)}".encode())
        for item in value:
            _feed(item, h)
    else:
        h.update(f"{type(value).__name__}{value!r}".encode("utf-8", "backslashreplace"))
