"""The main job: make the runs that the chosen notebooks need, execute the notebooks, write one page.

Everything is kept as it comes: a run that was begun goes on from its checkpoint, a notebook whose inputs are unchanged
is not executed again, and the page is written anew all along.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from semnerf_lib.cli.execute import execute_apart, failed
from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import open_scene
from semnerf_lib.machine.files import read_json
from semnerf_lib.machine.processes import LIBRARY
from semnerf_lib.machine.progress import Progress, say
from semnerf_lib.pages.report import Report, write_report
from semnerf_lib.pages.verdict_report import write_verdict
from semnerf_lib.runs.executors import pick_executor
from semnerf_lib.runs.notebooks import ACROSS_SCENES, TIMED, find_notebooks, plans_for, read_result
from semnerf_lib.runs.store import Store
from semnerf_lib.runs.sweep import Sweep
from semnerf_lib.runs.underway import locked
from semnerf_lib.scenes.loading import MADE_SCENES
from semnerf_lib.study.published import REFERENCES

PAGE_SECONDS = 10.0
"""Seconds between two writings of the page while runs come, at least; a notebook's end writes it at once."""


def library_digest() -> str:
    """sha256 over the library's source and the scores that come with it."""
    digest = hashlib.sha256()
    for path in [*sorted(LIBRARY.rglob("*")), *sorted(REFERENCES.glob("*.json"))]:
        if path.suffix in (".py", ".j2", ".js", ".css", ".json"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def finished_runs(store: Store) -> list[str]:
    """Ids of all finished runs in a store, of any scene."""
    return sorted(path.parent.name for path in store.root.glob("runs/*/result.json"))


def notebook_key(notebook: Path, parameters: dict[str, Any], runs: Sequence[str], inputs: Sequence[str]) -> str:
    """What an executed notebook depends on, as one hash: its cells (not their outputs), parameters, runs, inputs.

    Raises:
        SemnerfError: the file is no notebook.
    """
    try:
        cells = [(cell["cell_type"], cell["source"]) for cell in read_json(notebook)["cells"]]
    except (KeyError, TypeError) as fault:
        raise SemnerfError(f"{notebook}: no {fault} in it, expected a notebook") from fault
    return hashlib.sha256(json.dumps([cells, parameters, list(runs), list(inputs)]).encode()).hexdigest()


def kept_result(notebook: Path, folder: Path, key: str) -> dict[str, Any] | None:
    """The result of an earlier execution with the same key that went well, if its files are there."""
    files = [folder / f"{notebook.stem}{suffix}" for suffix in (".json", ".ipynb", ".html")]
    if not all(file.is_file() for file in files):
        return None
    try:
        result = read_result(files[0])
    except SemnerfError:
        return None
    return result if result["ok"] and result["key"] == key else None


def spec_of(scene: str) -> str:
    """What `open_scene` is given for --scene: the name of a made scene, or a path that every process understands."""
    return scene if scene in MADE_SCENES else str(Path(scene).resolve())


def reproduce(
    scale: str = "laptop",
    scene_spec: str = "room",
    only: Sequence[str] = (),
    out: Path | None = None,
    notebooks: Path | None = None,
    workers: int | None = None,
    dask: str | None = None,
) -> int:
    """Runs, notebooks, page; a notebook as soon as its runs are there, while others are being made.

    Args:
        scale: one of `config.SCALES`.
        scene_spec: name of a made scene, or a path (see `scenes.load_scene`).
        only: numbers of notebooks ("05"); all if empty.
        out: folder for everything. None: runs in `results/runs`, the page in `results/<scene>-<scale>`.
        notebooks: folder of notebooks, None for the project's.
        workers, dask: where runs are made, see `executors.pick_executor`.

    Returns:
        0 if every notebook went well, else 1.

    Raises:
        SemnerfError: bad input, named, before anything is run; the page cannot be written; or a cluster was lost.
        KeyboardInterrupt: Ctrl-C; the same call goes on from there.
    """
    if find_spec("papermill") is None:
        raise SemnerfError(
            "reproduce: papermill is not installed, expected the extras: pip install 'semnerf[notebooks]'"
        )
    chosen = find_notebooks(notebooks, only)
    pick_executor(workers, dask, 0)  # refuses what cannot be, before the scene is opened
    store, spec, start = Store(out), spec_of(scene_spec), time.monotonic()
    scene = open_scene(spec, scale)
    scene_seconds = time.monotonic() - start
    plans = plans_for(chosen, scene, scale)
    sweep = Sweep(store, spec, scale, plans, chosen)
    executor = pick_executor(workers, dask, len(sweep.missing))
    name = scene.name if spec in MADE_SCENES else f"{scene.name}-{scene.digest[:6]}"
    page = store.root.resolve() / f"{name}-{scale}" if out is None else store.root.resolve()
    report = Report(
        scene=scene,
        scale=scale,
        plans=plans,
        n_runs=sweep.n_runs,
        notebooks={path.stem: None for path in chosen},
        scene_seconds=scene_seconds,
        setup_seconds=float(os.environ.get("SEMNERF_SETUP_SECONDS") or 0) or None,
        runs=sweep.runs,
    )
    folder = page / "notebooks"
    write_report(report, page)
    folder.mkdir(exist_ok=True)
    made_by = f", {len(sweep.missing)} to be made by {executor.name}" if sweep.missing else ""
    say(f"{scene.name} at {scale} scale: {sweep.n_runs} runs, {len(chosen)} notebooks")
    say(f"runs there already: {len(sweep.runs)}{made_by}")
    say(f"the page so far: {page / 'index.html'}")
    parameters, inputs = {"scale": scale, "scene": spec}, [scene.digest, library_digest()]

    def execute(notebook: Path, threads: int | None) -> dict[str, Any]:
        try:
            if fault := sweep.fault_of(notebook):
                raise SemnerfError(fault)
            others = finished_runs(store) if notebook.name[:2] in ACROSS_SCENES else []
            key = notebook_key(notebook, parameters, sweep.needed[notebook], [*inputs, *others])
            # another driver may be at the same page
            with locked(folder / f".{notebook.stem}", what=f"notebook {notebook.stem}"):
                if result := kept_result(notebook, folder, key):
                    say(f"notebook {notebook.stem}: unchanged since it was executed")
                    return result
                result = execute_apart(notebook.resolve(), parameters, folder, store.root.resolve(), key, threads)
        except SemnerfError as fault:
            result = failed(notebook, str(fault))
        say(f"notebook {notebook.stem}: {describe(result)}")
        return result

    def execute_ready(threads: int | None) -> None:
        for notebook in chosen:
            disturbed = threads is not None and notebook.name[:2] in TIMED
            if report.notebooks[notebook.stem] is None and sweep.is_ready(notebook) and not disturbed:
                report.notebooks[notebook.stem] = execute(notebook, threads)
                write_report(report, page)

    left, written = len(sweep.missing), time.monotonic()
    with executor.outcomes(sweep.missing) as outcomes, Progress("runs", left, every=math.inf) as bar:
        execute_ready(executor.threads if left else None)
        for outcome in outcomes:
            left -= 1
            report.runs_made += outcome.state == "made"
            say(sweep.take(outcome))
            bar.update()
            if time.monotonic() - written >= PAGE_SECONDS:
                write_report(report, page)
                written = time.monotonic()
            execute_ready(executor.threads if left else None)
    if plans:
        try:
            report.verdict = write_verdict(scene, scale, store, page)
            write_report(report, page)
        except SemnerfError as fault:
            say(f"no verdict: {fault}")
    lost = [stem for stem, result in report.notebooks.items() if not result["ok"]]
    say(f"{len(chosen) - len(lost)} of {len(chosen)} notebooks went well; open {page / 'index.html'}")
    return 1 if lost else 0


def describe(result: dict[str, Any]) -> str:
    """How an execution ended; a failure with its cell and traceback."""
    if result["ok"]:
        return f"executed in {result['seconds']:.0f} s"
    failure = result["failure"]
    where = "" if failure["cell"] is None else f" in cell {failure['cell']}"
    said = (f"FAILED{where}: {failure['error']}", failure["source"], failure["traceback"])
    return "\n".join(filter(None, said))
