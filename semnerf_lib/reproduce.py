"""The main job: make the runs that the chosen notebooks need, execute the notebooks, write one page.

Everything is kept as it comes: a run that was begun goes on from its checkpoint, a notebook whose inputs are unchanged
is not executed again, and the page is written anew after each notebook.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import traceback
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from semnerf_lib.errors import SemnerfError
from semnerf_lib.execute import LIBRARY, execute_apart, failed
from semnerf_lib.experiments import NEEDS, Plan, open_scene, plan
from semnerf_lib.files import read_json
from semnerf_lib.report import Report, write_report
from semnerf_lib.runs import Store, run_id


def find_notebooks(folder: Path | None, only: Sequence[str] = ()) -> list[Path]:
    """The notebooks `NN_*.ipynb` of a folder, in order; those whose number is in `only`, if any is.

    Args:
        folder: None takes `notebooks` of the project, else of the current folder.

    Raises:
        SemnerfError: no notebook there, or a number without one.
    """
    if folder is None:
        project = LIBRARY.parent / "notebooks"
        folder = project if project.is_dir() else Path.cwd() / "notebooks"
    found = {path.name[:2]: path for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}
    if not found:
        raise SemnerfError(f"--notebooks: no notebook NN_*.ipynb in {folder}, expected a folder like the project's")
    for number in only:
        if number.zfill(2) not in found:
            raise SemnerfError(f"--only: no notebook {number!r} in {folder}, expected some of: {', '.join(found)}")
    return [found[n] for n in sorted({n.zfill(2) for n in only} or found)]


def library_digest() -> str:
    """sha256 over the library's source."""
    digest = hashlib.sha256()
    for path in sorted(LIBRARY.rglob("*")):
        if path.suffix in (".py", ".j2", ".css"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


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
        result = read_json(files[0])
    except SemnerfError:
        return None
    return result if result.get("ok") and result.get("key") == key else None


def make_runs(store: Store, wanted: Plan, report: Report) -> None:
    """Trains what is missing of the wanted runs, one after the other, and tells the report."""
    for scene, config in wanted:
        name = run_id(scene, config)
        if name in report.runs:
            continue
        known = store.find(scene, config)
        what = config.model_name + ("" if config.fold is None else f", fold {config.fold}")
        print(
            f"run {len(report.runs) + 1} of {report.n_runs}: {what} ({'there already' if known else name})", flush=True
        )
        run = known or store.get(scene, config)
        report.runs[name] = run
        report.runs_made += known is None
        if known is None:
            print(f"  mIoU {run.metrics['miou']:.3f}, {run.metrics['seconds_training']:.0f} s", flush=True)


def reproduce(
    scale: str = "laptop",
    scene_spec: str = "room",
    only: Sequence[str] = (),
    out: Path | None = None,
    notebooks: Path | None = None,
) -> int:
    """Runs, notebooks, page.

    Args:
        scale: one of `config.SCALES`.
        scene_spec: "room", or a path (see `scenes.load_scene`).
        only: numbers of notebooks ("05"); all if empty.
        out: folder for everything. None: runs in `results/runs`, the page in `results/<scene>-<scale>`.
        notebooks: folder of notebooks, None for the project's.

    Returns:
        0 if every notebook went well, else 1.

    Raises:
        SemnerfError: bad input, named; before anything is run.
        KeyboardInterrupt: Ctrl-C; the same call goes on from there.
    """
    if find_spec("papermill") is None:
        raise SemnerfError(
            "reproduce: papermill is not installed, expected the extras: pip install 'semnerf[notebooks]'"
        )
    chosen = find_notebooks(notebooks, only)
    store = Store(out)
    scene_spec = scene_spec if scene_spec == "room" else str(Path(scene_spec).resolve())
    start = time.monotonic()
    scene = open_scene(scene_spec, scale)
    scene_seconds = time.monotonic() - start
    needs = {
        path: [pair for name in NEEDS.get(path.name[:2], ()) for pair in plan(name, scene, scale)] for path in chosen
    }
    name = scene.name if scene_spec == "room" else f"{scene.name}-{scene.digest[:6]}"
    page = store.root.resolve() / f"{name}-{scale}" if out is None else store.root.resolve()
    report = Report(
        scene=scene,
        scale=scale,
        plans={name: plan(name, scene, scale) for path in chosen for name in NEEDS.get(path.name[:2], ())},
        n_runs=len({run_id(*pair) for pairs in needs.values() for pair in pairs}),
        notebooks={path.stem: None for path in chosen},
        scene_seconds=scene_seconds,
        setup_seconds=float(os.environ.get("SEMNERF_SETUP_SECONDS") or 0) or None,
    )
    folder, parameters = page / "notebooks", {"scale": scale, "scene": scene_spec}
    write_report(report, page)
    folder.mkdir(exist_ok=True)
    print(f"{scene.name} at {scale} scale: {report.n_runs} runs, {len(chosen)} notebooks")
    print(f"the page so far: {page / 'index.html'}", flush=True)
    library = library_digest()
    for notebook in chosen:
        try:
            make_runs(store, needs[notebook], report)
            ids = [run_id(*pair) for pair in needs[notebook]]
            key = notebook_key(notebook, parameters, ids, [scene.digest, library])
            result = kept_result(notebook, folder, key)
            state = "unchanged since it was executed" if result else None
            result = result or execute_apart(notebook.resolve(), parameters, folder, store.root.resolve(), key)
        except SemnerfError as fault:
            result, state = failed(notebook, str(fault)), None
        except RuntimeError as fault:  # a device out of memory, say; the other notebooks may need less
            result, state = failed(notebook, str(fault).partition("\n")[0], traceback.format_exc()), None
        report.notebooks[notebook.stem] = result
        write_report(report, page)
        print(f"notebook {notebook.stem}: {state or describe(result)}", flush=True)
    lost = [stem for stem, result in report.notebooks.items() if not result["ok"]]
    print(f"{len(chosen) - len(lost)} of {len(chosen)} notebooks went well; open {page / 'index.html'}")
    return 1 if lost else 0


def describe(result: dict[str, Any]) -> str:
    """How an execution ended; a failure with its cell and traceback."""
    if result["ok"]:
        return f"executed in {result['seconds']:.0f} s"
    failure = result["failure"]
    where = "" if failure["cell"] is None else f" in cell {failure['cell']}"
    said = (f"FAILED{where}: {failure['error']}", failure["source"], failure["traceback"])
    return "\n".join(filter(None, said))
