"""How long the notebooks take, from what `semnerf reproduce` left: written into `series.json`."""

from __future__ import annotations

import os
from pathlib import Path

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import open_scene
from semnerf_lib.machine.devices import device_name, pick_device
from semnerf_lib.machine.files import read_json, write_json
from semnerf_lib.pages.series import FACTS
from semnerf_lib.runs.notebooks import find_notebooks, plans_for, read_result
from semnerf_lib.runs.store import Run, Store


def take_times(folder: Path, store: Store) -> None:
    """Takes the times of the made room at laptop scale into `series.json`.

    A run's time is that of all cores together: of runs that were made side by side, each has its share.

    Args:
        folder: of the notebooks.
        store: where runs and pages are, all made on this machine.

    Raises:
        SemnerfError: a notebook was not executed or failed, or one of its runs is missing.
    """
    scene, cores = open_scene("room", "laptop"), os.cpu_count() or 1
    seconds: dict[str, float] = {}
    made: dict[str, Run] = {}
    runs: dict[str, tuple[int, float]] = {}
    for path in find_notebooks(folder):
        number, page = path.name[:2], store.root / "room-laptop" / "notebooks" / f"{path.stem}.json"
        result = read_result(page)
        if not result["ok"]:
            raise SemnerfError(f"{page}: the notebook failed, expected one that went well")
        seconds[number] = round(result["seconds"], 1)
        planned = [one for plan in plans_for([path], scene, "laptop").values() for one in plan]
        fresh = {one.id: store.find(one) for one in planned if one.id not in made}
        if None in fresh.values():
            raise SemnerfError(f"{store.root}: a run of notebook {number} is missing, expected all of a `reproduce`")
        if fresh:
            runs[number] = (len(fresh), round(sum(spent(run, cores) for run in fresh.values()), 1))
        made |= fresh
    dates = [run.provenance["date"][:10] for run in made.values()]
    machine = device_name(pick_device()).split(",")[0]
    on = ", ".join([machine, f"{cores} cores", *sorted(dates)[-1:]])
    facts = read_json(folder / FACTS) | {"times": {"on": on, "seconds": seconds, "runs": runs}}
    write_json(folder / FACTS, facts)


def spent(run: Run, cores: int) -> float:
    """Seconds of training and scoring, as a share of all cores."""
    seconds = run.metrics["seconds_training"] + run.metrics["seconds_evaluation"]
    return seconds * min(1.0, run.provenance["threads"] / cores)
