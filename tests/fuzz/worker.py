"""The process that tries mutations: one after the other, each measured, until it is ended or over its limits."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from fuzz.door import Door, parts
from fuzz.mutations import Legal

GUARD = 6 * 2**30
"""Bytes of data that a worker may ask the system for: beyond it fails rather than takes the machine's memory."""
CLEAR, SHOWN = Path("/proc/self/clear_refs"), Path("/proc/self/status")


class Result(NamedTuple):
    """How a mutation ended.

    Attributes:
        outcome: "same" (the sound value), "other" (another valid value), "refused" (one line), "traceback", "wrong".
        mutation: what was done.
        detail: the line, the traceback, or what is wrong.
    """

    outcome: str
    mutation: str
    detail: str
    seconds: float = 0.0
    gib: float = 0.0


def doors() -> dict[str, Door]:
    """All doors by name."""
    from fuzz import commands, kept, pages, scenes

    return {door.name: door for door in (*scenes.DOORS, *kept.DOORS, *pages.DOORS, *commands.DOORS)}


class Place:
    """The sound files of each door, and a folder of always the same name for a damaged copy."""

    def __init__(self, root: Path):
        self.root, self.sound = root, {}

    def put(self, door: Door) -> tuple[Path, set[str]]:
        """A fresh copy of a door's sound files, and the hashes of its value's parts."""
        kept, work = self.root / "sound" / door.name.replace(" ", "-"), self.root / "work"
        shutil.rmtree(work, ignore_errors=True)
        if door.name not in self.sound:
            kept.mkdir(parents=True)
            door.build(kept)
            shutil.copytree(kept, work, symlinks=True)
            self.sound[door.name] = parts(door.read(work))
            shutil.rmtree(work)
        shutil.copytree(kept, work, symlinks=True)
        return work, self.sound[door.name]


def attempt(door: Door, folder: Path, sound: set[str], mutation: str, legal: Legal) -> Result:
    """Reads a folder whose files were damaged."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)  # a line that no reader understands
            value = door.read(folder)
    except Exception as fault:
        return Result(*_refusal(fault, mutation))
    found = parts(value)
    if found == sound or (door.mends and found <= sound):
        return Result("same", mutation, "")
    if legal is False or door.sealed:
        return Result("wrong", mutation, "another value was taken from a file that is to be refused")
    if wrong := door.fault(value):
        return Result("wrong", mutation, wrong)
    return Result("other", mutation, "")


def _refusal(fault: Exception, mutation: str) -> tuple[str, str, str]:
    from semnerf_lib.errors import SemnerfError

    if not isinstance(fault, SemnerfError):
        return "traceback", mutation, traceback.format_exc()
    line = str(fault)
    if not line.strip() or "\n" in line or len(line) > 2000 or "\x1b" in line:
        return "traceback", mutation, f"not one clear line: {line[:3000]!a}"
    return "refused", mutation, line


def peak_gib() -> float:
    if not SHOWN.is_file():
        return 0.0
    return next(int(line.split()[1]) for line in SHOWN.read_text().splitlines() if line.startswith("VmHWM")) / 2**20


def forget_peak() -> None:
    if CLEAR.exists():
        CLEAR.write_text("5")


def work(connection: Connection, keep: str) -> None:
    """Answers (door, seed, number) with a `Result`; the folder of the last mutation stays in `keep`."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (GUARD, GUARD))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(f"{keep}/stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    import torch

    torch.set_num_threads(1)
    known: dict[str, Any] = doors()
    with tempfile.TemporaryDirectory(dir=keep) as root:
        place = Place(Path(root))
        while (asked := connection.recv()) is not None:
            name, seed, number = asked
            folder, sound = place.put(known[name])
            mutation, legal = known[name].damaged(folder, Random(f"{seed} {name} {number}"))
            connection.send(mutation)
            forget_peak()
            start = time.perf_counter()
            result = attempt(known[name], folder, sound, mutation, legal)
            result = result._replace(seconds=time.perf_counter() - start, gib=peak_gib())
            connection.send((result, str(place.root / "work")))
