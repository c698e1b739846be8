"""The driver of the fuzzer: asks a worker process for one mutation after the other and holds it to its limits."""

from __future__ import annotations

import json
import multiprocessing
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from fuzz.worker import Result, doors, work

SECONDS, GIB = 10.0, 2.0
"""What a mutation may take of time and memory."""
START_SECONDS = 1800.0
"""What a worker may take to import the library and to make a door's sound files."""
OUTCOMES = ("same", "other", "refused", "traceback", "wrong", "hang", "memory")
"""The first three are right: the sound value, another valid one, one clear line."""


def shares(count: int, only: str | None = None) -> dict[str, int]:
    """How many of `count` mutations each door gets, by its weight."""
    known = {name: door for name, door in doors().items() if only in (None, name)}
    total = sum(door.weight for door in known.values())
    return {name: max(1, round(count * door.weight / total)) for name, door in known.items()}


def table(counts: dict[str, Counter[str]]) -> str:
    """The outcomes of all doors in Markdown."""
    total = Counter[str]()
    lines = [f"| door | mutations | {' | '.join(OUTCOMES)} |", "| --- |" + " --- |" * (len(OUTCOMES) + 1)]
    for name, found in counts.items():
        total += found
        lines.append(_row(name, found))
    return "\n".join([*lines, _row("all", total)])


def _row(name: str, found: Counter[str]) -> str:
    return f"| {name} | {found.total()} | {' | '.join(str(found[outcome]) for outcome in OUTCOMES)} |"


class Drive:
    """A worker process, begun anew after each breach of a limit.

    Args:
        keep: folder for what went wrong: the damaged files, and how they were drawn.
    """

    def __init__(self, keep: Path):
        self.keep = keep
        self.scratch = Path(tempfile.mkdtemp(prefix="fuzz-"))
        self.process, self.pipe, self.busy = None, None, 0.0

    def __enter__(self) -> Drive:
        return self

    def __exit__(self, *exc) -> None:
        self._end()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _begin(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, str(self.scratch)), daemon=True)
        self.process.start()

    def _end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()
        self.process = None

    def door(self, name: str, seed: str, numbers: Iterable[int]) -> Counter[str]:
        """The outcomes of some mutations of a door."""
        found = Counter[str]()
        for number in numbers:
            result, folder = self._ask(name, seed, number)
            found[result.outcome] += 1
            if result.outcome in OUTCOMES[3:]:
                self._keep(name, seed, number, result, folder)
        return found

    def _ask(self, name: str, seed: str, number: int) -> tuple[Result, Path | None]:
        if self.process is None:
            self._begin()
        self.pipe.send((name, seed, number))
        if not self.pipe.poll(START_SECONDS):
            raise RuntimeError(f"door {name}: its files were not made within {START_SECONDS} s")
        try:
            mutation = self.pipe.recv()
        except EOFError:
            raise RuntimeError(f"door {name}, {seed}, {number}: {(self.scratch / 'stderr').read_text()}") from None
        start, peak, self.busy = time.monotonic(), 0.0, sum(psutil.Process(self.process.pid).cpu_times()[:2])
        while not self.pipe.poll(0.05):
            try:
                peak = max(peak, psutil.Process(self.process.pid).memory_info().rss / 2**30)
            except psutil.Error:
                break
            if peak > GIB or self._spent(start) > SECONDS:
                break
        try:
            if self.pipe.poll():
                result, folder = self.pipe.recv()
                if result.gib > GIB:
                    result = result._replace(outcome="memory")
                return result, Path(folder)
        except EOFError:
            pass
        seconds = self._spent(start) if self.process.is_alive() else 0.0
        self._end()
        last = (self.scratch / "stderr").read_text(errors="replace")[-3000:]
        kind = "memory" if peak > GIB else "hang" if seconds > SECONDS else "traceback"
        works = sorted(self.scratch.glob("*/work"), key=lambda path: path.stat().st_mtime)
        return Result(kind, mutation, f"its process was ended; {last}", seconds, peak), works[-1] if works else None

    def _spent(self, start: float) -> float:
        """Seconds that a mutation has taken; 0 while the system lets other processes run instead."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        states = set()
        for path in tasks.glob("*/stat"):
            with suppress(OSError):  # the thread has ended
                states.add(path.read_text().rpartition(")")[2].split()[0])
        busy = sum(psutil.Process(self.process.pid).cpu_times()[:2]) - self.busy
        return busy if "R" in states else time.monotonic() - start

    def _keep(self, name: str, seed: str, number: int, result: Result, folder: Path | None) -> None:
        place = self.keep / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}-{seed}-{number}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        if folder is not None and folder.exists():
            shutil.copytree(folder, place / "files", symlinks=True, ignore=_not_regular)
        again = f"python -m fuzz --door {name!r} --seed {seed} --number {number}"
        facts = result._asdict() | {"again": again}
        (place / "outcome.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def _not_regular(folder: str, names: list[str]) -> list[str]:
    paths = {name: Path(folder) / name for name in names}
    return [n for n, p in paths.items() if not (p.is_symlink() or p.is_dir() or p.is_file())]
