"""The tables of TEACHING.md: the plan, and times and sizes as they were measured. No number in them is typed.

A table stands between two comments of the document, `<!-- NAME -->` and `<!-- end of NAME -->`.
"""

from __future__ import annotations

import re
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from semnerf_lib.config import SCENE_SIZES
from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import N_FOLDS, open_scene
from semnerf_lib.machine.files import write_aside
from semnerf_lib.runs.notebooks import read_facts
from semnerf_lib.runs.store import Store
from semnerf_lib.scenes.loading import load_scene
from semnerf_lib.tables import roughly
from semnerf_lib.teaching.lesson import plan_table
from semnerf_lib.teaching.workshop import Packed, pack, runs_of, unpack

DOCUMENT = "TEACHING.md"


@dataclass(frozen=True)
class Measured:
    """What is measured beside the times that `series.json` holds.

    Attributes:
        frames_seconds: to render the frames of the room.
        packed: a pack of notebook 04.
        run_bytes: in that pack, a run's share of the file by its field.
        unpack_seconds: to unpack it, the frames rendered before.
        load: of the machine, a mean over the five minutes before; 0 is quiet.
    """

    frames_seconds: float
    packed: Packed
    run_bytes: dict[str, int]
    unpack_seconds: float
    load: float


def measure(store: Store, scale: str = "laptop") -> Measured:
    """Renders the room and packs and unpacks the runs of notebook 04.

    Raises:
        SemnerfError: a run of notebook 04 is not finished.
    """
    load = psutil.getloadavg()[1]
    scene = open_scene("room", scale)
    width, every = SCENE_SIZES[scale]
    frames_seconds = _seconds(lambda: load_scene("room", width=width, every=every, cache=False, least=N_FOLDS))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "room.pack"
        packed = pack(path, scene, scale, runs_of(["04"], scene, scale), store)
        unpack_seconds = _seconds(lambda: unpack(path, Store(Path(folder) / "results")))
        run_bytes: dict[str, int] = {}
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if found := re.match("runs/([a-z]+)-", member.filename):
                    run_bytes[found[1]] = run_bytes.get(found[1], 0) + member.compress_size
    return Measured(frames_seconds, packed, run_bytes, unpack_seconds, load)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def times_table(times: dict[str, Any], measured: Measured) -> str:
    """The tables of times and sizes, Markdown.

    Args:
        times: of the notebooks and their runs, see `series.take_times`.
    """
    seconds, runs = times["seconds"], times["runs"]
    lines = ["| notebook | to run, its runs there | its runs, where they are made first |", "| --- | --- | --- |"]
    for number in sorted(seconds):
        count, runs_seconds = runs.get(number, (0, 0.0))
        first = f"{count}: {roughly(runs_seconds)}" if count else "none of its own"
        lines.append(f"| {number} | {roughly(seconds[number])} | {first} |")
    n_runs = sum(count for count, _ in runs.values())
    everything = sum(seconds.values()) + sum(spent for _, spent in runs.values())
    lines.append(f"| all, `make reproduce` | {roughly(everything)} in all | {n_runs} |")

    def size(count: int) -> str:
        others = {"mlp": 1, "grid": count - 1}
        return f"{sum(n * measured.run_bytes.get(field, 0) for field, n in others.items()) / 1e6:.0f} MB"

    two = [runs.get(number, (0, 0.0))[0] for number in ("04", "05")]
    change = f"{100 * measured.packed.change:+.3f} points of mIoU at most"
    rows = {
        "the room's frames, rendered once": roughly(measured.frames_seconds),
        f"a pack of 04 ({two[0]} runs)": f"{measured.packed.n_bytes / 1e6:.1f} MB",
        f"a pack of 04 and 05 ({sum(two)} runs)": f"{size(sum(two))}, from the sizes of the runs of 04",
        f"a pack of all ({n_runs} runs)": f"{size(n_runs)}, likewise",
        "what rounding the weights in a pack changes": change,
        "unpacking the pack of 04, the frames rendered before": roughly(measured.unpack_seconds),
    }
    lines += ["", "| what | takes |", "| --- | --- |", *(f"| {what} | {takes} |" for what, takes in rows.items())]
    return "\n".join(
        [
            *lines,
            "",
            f"Notebooks and runs: {times['on']}. Frames and packs: measured while the load of the machine was "
            f"{measured.load:.1f} (0 is quiet).",
        ]
    )


def renewed(text: str, name: str, table: str) -> str:
    """A document with another table in a place.

    Raises:
        SemnerfError: the document has no such place.
    """
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SemnerfError(f"{DOCUMENT}: no {start} ... {end}, expected the place of a table")
    return f"{before}{start}\n\n{table}\n\n{end}{after}"


def renew_tables(notebooks: Path, store: Store, scale: str = "laptop") -> Path:
    """Measures, and writes the tables of TEACHING.md in the project.

    Args:
        notebooks: folder of the notebooks, in the project.
        store: with the runs of notebook 04.
        scale: of what is measured.

    Raises:
        SemnerfError: no TEACHING.md, see also `measure` and `renewed`.
    """
    path = notebooks.parent / DOCUMENT
    if not path.is_file():
        raise SemnerfError(f"{path}: missing, expected the document of the project")
    times = times_table(read_facts(notebooks)["times"], measure(store, scale))
    text = renewed(path.read_text(encoding="utf-8"), "plan", plan_table())
    text = renewed(text, "times", times)
    write_aside(path, lambda aside: aside.write_text(text, encoding="utf-8"))
    return path
