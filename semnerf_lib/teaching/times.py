"""The tables of TEACHING.md: the plan, the times of notebooks and runs, the sizes of packs. No number in them is typed.

A table stands between two comments of the document, `<!-- NAME -->` and `<!-- end of NAME -->`.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import N_FOLDS, Plan, open_scene
from semnerf_lib.experiments.presets import SCENE_SIZES
from semnerf_lib.machine.files import write_aside
from semnerf_lib.machine.progress import progress
from semnerf_lib.runs.notebooks import read_facts
from semnerf_lib.runs.store import Run, Store
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.loading import load_scene
from semnerf_lib.tables import roughly
from semnerf_lib.teaching.archive import FACTS, WEIGHTS, pack_weights, write_archive
from semnerf_lib.teaching.lesson import plan_table
from semnerf_lib.teaching.workshop import runs_of

DOCUMENT = "TEACHING.md"
PACKS = {"04": ("04",), "04 and 05": ("04", "05")}
"""The packs whose sizes are listed: what they are called -> their notebooks."""


@dataclass(frozen=True)
class Measured:
    """What is measured beside the times that `series.json` holds.

    Attributes:
        frames_seconds: of one core, to render the frames of the room.
        packs: a pack's name -> how many runs, and their bytes in it.
        run_bytes: mean of a run of the grid in a pack.
    """

    frames_seconds: float
    packs: dict[str, tuple[int, int]]
    run_bytes: float


def measure(store: Store, scale: str = "laptop") -> Measured:
    """Renders the room, and packs each finished run without scoring it anew.

    Time is the processor's, so that other work on the machine hardly counts.

    Raises:
        SemnerfError: a run of notebook 04 is not finished.
    """
    scene = open_scene("room", scale)
    plans: dict[str, Plan] = {name: runs_of(notebooks, scene, scale) for name, notebooks in PACKS.items()}
    finished = {name: planned for name, planned in plans.items() if all(map(store.has, planned))}
    if "04" not in finished:
        raise SemnerfError(f"{store.root}: a run of notebook 04 is not finished, expected those of `semnerf reproduce`")
    (width, every), start = SCENE_SIZES[scale], time.process_time()
    load_scene("room", width=width, every=every, cache=False, least=N_FOLDS)
    frames_seconds = time.process_time() - start
    largest = max(finished.values(), key=len)
    sizes = {one.id: bytes_in_a_pack(store.find(one), one.scene) for one in progress(largest, "packing runs")}
    packs = {name: (len(planned), sum(sizes[one.id] for one in planned)) for name, planned in finished.items()}
    grids = [sizes[one.id] for one in largest if one.config.field == "grid"]
    return Measured(frames_seconds, packs, sum(grids) / len(grids))


def bytes_in_a_pack(run: Run, scene: Scene) -> int:
    """Bytes of a pack of one run."""
    members = {f"{name}.json": (run.folder / f"{name}.json").read_bytes() for name in FACTS}
    members[WEIGHTS] = pack_weights(run.load(scene).state_dict())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.pack"
        write_archive(path, {}, members)
        return path.stat().st_size


def times_table(times: dict[str, Any]) -> str:
    """The times of notebooks and runs, Markdown.

    Args:
        times: of `series.json`, see `pages.series.take_times`.
    """
    seconds, runs = times["seconds"], times["runs"]
    lines = ["| notebook | to run, its runs there | runs of its own, if they are made first |", "| --- | --- | --- |"]
    for number in sorted(seconds):
        count, runs_seconds = runs.get(number, (0, 0.0))
        first = f"{count}: {roughly(runs_seconds)}" if count else "none"
        lines.append(f"| {number} | {roughly(seconds[number])} | {first} |")
    n_runs, made = sum(count for count, _ in runs.values()), sum(spent for _, spent in runs.values())
    lines.append(f"| all: `make reproduce` | {roughly(sum(seconds.values()))} | {n_runs}: {roughly(made)} |")
    return "\n".join([*lines, "", f"Measured on: {times['on']}."])


def sizes_table(measured: Measured) -> str:
    """The time of rendering and the sizes of packs, Markdown."""
    rows = {"the room's frames, rendered once": f"{roughly(measured.frames_seconds)} of one core"}
    for name, (count, size) in measured.packs.items():
        rows[f"a pack of {name} ({count} runs)"] = f"{size / 1e6:.0f} MB"
    rows["each further run"] = f"{measured.run_bytes / 1e6:.1f} MB"
    return "\n".join(["| what | takes |", "| --- | --- |", *(f"| {what} | {takes} |" for what, takes in rows.items())])


def renewed(text: str, name: str, table: str) -> str:
    """A document with another table in a place.

    Raises:
        SemnerfError: the document has no such place.
    """
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, opening, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not opening or not closed:
        raise SemnerfError(f"{DOCUMENT}: no {start} ... {end}, expected the place of a table")
    return f"{before}{start}\n\n{table}\n\n{end}{after}"


def renew_tables(notebooks: Path, store: Store, scale: str = "laptop") -> Path:
    """Measures, and writes the tables of TEACHING.md in the project.

    Args:
        notebooks: folder of the notebooks, in the project.
        store: with the runs of notebook 04, better with all.
        scale: of what is measured.

    Raises:
        SemnerfError: no TEACHING.md, see also `measure` and `renewed`.
    """
    path = notebooks.parent / DOCUMENT
    if not path.is_file():
        raise SemnerfError(f"{path}: missing, expected the document of the project")
    tables = {"sizes": sizes_table(measure(store, scale)), "times": times_table(read_facts(notebooks)["times"])}
    text = path.read_text(encoding="utf-8")
    for name, table in (tables | {"plan": plan_table()}).items():
        text = renewed(text, name, table)
    write_aside(path, lambda aside: aside.write_text(text, encoding="utf-8"))
    return path
