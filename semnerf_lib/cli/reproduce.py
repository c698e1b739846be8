"""The main job: make the runs that the chosen notebooks need, execute the notebooks, write one page.

All results are kept. An interrupted run continues from its checkpoint, a notebook whose inputs did not change is not
executed again, and the page is updated while runs and notebooks finish.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from semnerf_lib.cli.execute import execute_apart, failed
from semnerf_lib.cli.inputs import files_key, kept_result, key_of, library_digest, notebook_key
from semnerf_lib.errors import SemnerfError, one_line
from semnerf_lib.experiments import open_scene
from semnerf_lib.machine.progress import Progress, say
from semnerf_lib.pages.report import Report, seconds_of_setup, write_report
from semnerf_lib.pages.verdict_report import kept_verdict
from semnerf_lib.questions.registry import make_answers, own_answers
from semnerf_lib.runs.executors import Executor, pick_executor
from semnerf_lib.runs.notebooks import ACROSS_SCENES, TIMED, find_notebooks, plans_for
from semnerf_lib.runs.store import Store
from semnerf_lib.runs.sweep import Sweep
from semnerf_lib.runs.underway import locked
from semnerf_lib.scenes.loading import MADE_SCENES, spec_of
from semnerf_lib.study.published import export_reference
from semnerf_lib.tables import duration

PAGE_SECONDS = 10.0
"""Least seconds between two writings of the page while it changes; it is written once more at the end."""


def reproduce(
    scale: str = "laptop",
    scene_spec: str = "room",
    only: Sequence[str] = (),
    out: Path | None = None,
    notebooks: Path | None = None,
    workers: int | None = None,
    dask: str | None = None,
) -> int:
    """Makes the runs, executes each notebook as soon as its runs are there, and writes the page.

    Args:
        scale: one of `presets.SCALES`.
        scene_spec: name of a made scene, or a path (see `scenes.load_scene`).
        only: numbers of notebooks ("05"); all if empty. Of a notebook that is named here, the runs of its open
            questions are made too (see `questions`); at smoke scale they are not.
        out: folder for everything. None: runs in `results/runs`, the page in `results/<scene>-<scale>`.
        notebooks: folder of notebooks, None for the project's.
        workers, dask: where runs are made, see `executors.pick_executor`.

    Returns:
        0 if every notebook ran without an error and no run of an open question failed, else 1.

    Raises:
        SemnerfError: bad input, before anything is run; the page cannot be written; or a cluster was lost.
        KeyboardInterrupt: Ctrl-C; the same call continues from there.
    """
    if find_spec("papermill") is None:
        raise SemnerfError(
            "reproduce: papermill is not installed, expected the extras: pip install 'semnerf[notebooks]'"
        )
    chosen = find_notebooks(notebooks, only)
    pick_executor(workers, dask, 0)  # refuses bad input before the scene is opened
    spec, n_failed = spec_of(scene_spec), 0
    if only and scale != "smoke":
        n_failed = make_answers(chosen, Store(out), partial(pick_executor, workers, dask))
    reproduction = Reproduction(scale, spec, chosen, out)
    executor = pick_executor(workers, dask, len(reproduction.sweep.missing))
    reproduction.announce(executor)
    reproduction.make_runs(executor)
    reproduction.judge()
    reproduction.keep_scores()
    return max(reproduction.finish(), min(n_failed, 1))


class Reproduction:
    """The notebooks of one call, the runs that they need, and the page; its methods are the steps, in their order.

    Args:
        scale: one of `presets.SCALES`.
        spec: of the scene, see `scenes.loading.spec_of`.
        notebooks: to execute.
        out: see `reproduce`.

    Attributes:
        store: where runs are.
        sweep: the runs that the notebooks need.
        folder: of the page.
        report: what the page says.
    """

    def __init__(self, scale: str, spec: str, notebooks: Sequence[Path], out: Path | None):
        self.notebooks, self.store, start, self.written = notebooks, Store(out), time.monotonic(), -math.inf
        scene = open_scene(spec, scale)
        scene_seconds, plans = time.monotonic() - start, plans_for(notebooks, scene, scale)
        self.sweep = Sweep(self.store, spec, scale, plans, notebooks)
        root, name = (
            self.store.root.resolve(),
            scene.name if spec in MADE_SCENES else f"{scene.name}-{scene.digest[:6]}",
        )
        self.folder = root / f"{name}-{scale}" if out is None else root
        self.parameters, self.inputs = {"scale": scale, "scene": spec}, [scene.digest, library_digest()]
        self.report = Report(
            scene=scene,
            scale=scale,
            plans=plans,
            n_runs=self.sweep.n_runs,
            notebooks={path.stem: None for path in notebooks},
            scene_seconds=scene_seconds,
            setup_seconds=seconds_of_setup(),
            runs=self.sweep.runs,
        )

    def write_page(self) -> None:
        """Writes the page as it is now."""
        write_report(self.report, self.folder)
        self.written = time.monotonic()

    def update_page(self) -> None:
        """Writes the page, unless it was written within `PAGE_SECONDS`."""
        if time.monotonic() - self.written >= PAGE_SECONDS:
            self.write_page()

    def announce(self, executor: Executor) -> None:
        """Writes the first page, and prints what there is and what is missing."""
        self.write_page()
        (self.folder / "notebooks").mkdir(exist_ok=True)
        scene, missing = self.report.scene, len(self.sweep.missing)
        made_by = f", {missing} to be made by {executor.name}" if missing else ""
        say(f"{scene.name} at {self.report.scale} scale: {self.sweep.n_runs} runs, {len(self.notebooks)} notebooks")
        say(f"runs there already: {len(self.sweep.runs)}{made_by}")
        say(f"the page so far: {self.folder / 'index.html'}")

    def make_runs(self, executor: Executor) -> None:
        """Makes the missing runs, and executes each notebook as soon as its runs are there.

        However it ends, the page then says what was done.
        """
        try:
            self.make_missing(executor)
        finally:
            self.write_page()

    def make_missing(self, executor: Executor) -> None:
        """`make_runs` without the last page."""
        left = len(self.sweep.missing)
        with executor.outcomes(self.sweep.missing) as outcomes, Progress("runs", left, every=math.inf) as bar:
            self.execute_ready(executor.threads if left else None)
            for outcome in outcomes:
                left -= 1
                self.report.runs_made += outcome.state == "made"
                say(self.sweep.take(outcome))
                bar.update()
                self.update_page()
                self.execute_ready(executor.threads if left else None)

    def execute_ready(self, threads: int | None) -> None:
        """Executes the notebooks whose runs are there and that were not executed yet.

        Args:
            threads: of a notebook while runs are being made, None if none is; a notebook that measures time waits.
        """
        for notebook in self.notebooks:
            waits = threads is not None and notebook.name[:2] in TIMED
            if self.report.notebooks[notebook.stem] is None and self.sweep.is_ready(notebook) and not waits:
                self.report.notebooks[notebook.stem] = self.execute(notebook, threads)
                self.update_page()

    def execute(self, notebook: Path, threads: int | None) -> dict[str, Any]:
        """The result of a notebook (see `execute.execute`): kept from an earlier call, new, or a failure."""
        folder, root = self.folder / "notebooks", self.store.root.resolve()
        try:
            if fault := self.sweep.fault_of(notebook):
                raise SemnerfError(fault)
            inputs = [*self.inputs, *own_answers(notebook, self.store)]
            if notebook.name[:2] in ACROSS_SCENES:
                inputs += sorted(path.parent.name for path in self.store.root.glob("runs/*/result.json"))
            key = notebook_key(notebook, self.parameters, self.sweep.needed[notebook], inputs)
            result, said = kept_result(notebook, folder, key), "unchanged since it was executed"
            if result is None:  # the folder of a kept one may be somebody else's, whose lock is not to be had
                # another process may be writing the same page, and has written it when this one has waited
                with locked(folder / f".{notebook.stem}", what=f"notebook {notebook.stem}"):
                    result = kept_result(notebook, folder, key)
                    if result is None:
                        result = execute_apart(notebook.resolve(), self.parameters, folder, root, key, threads)
                        said = describe(result)
        except SemnerfError as fault:
            result = failed(notebook, str(fault))
            said = describe(result)
        say(f"notebook {notebook.stem}: {said}")
        return result

    def judge(self) -> None:
        """Writes the verdict into the folder of the page; if a run or a file of scores is damaged, there is none."""
        key = key_of(self.parameters, self.inputs, files_key(self.store.root))
        if self.report.plans:
            try:
                scene, scale = self.report.scene, self.report.scale
                self.report.verdict = kept_verdict(scene, scale, self.store, self.folder, key)
            except SemnerfError as fault:
                say(f"no verdict: {fault}")
        self.write_page()

    def keep_scores(self) -> None:
        """Writes the scores of the finished runs, a file an experiment, for `data/reference`: see `study.published`.

        At smoke scale there are none to keep.
        """
        scale, scene = self.report.scale, self.report.scene
        if scale == "smoke":
            return
        for name, planned in self.report.plans.items():
            if runs := [self.sweep.runs[one.id] for one in planned if one.id in self.sweep.runs]:
                steps = " and ".join(f"{n:,}" for n in sorted({run.config.iterations for run in runs}))
                note = f"{scale} scale, {steps} steps, {len(runs)} of {len(planned)} planned runs"
                path = self.folder / "scores" / f"{scene.name}-{scale}-{name}.json"
                try:
                    export_reference(path, name, runs, note)
                except SemnerfError as fault:
                    say(f"scores of {name} are not kept: {fault}")

    def finish(self) -> int:
        """Prints how many notebooks ran without an error; returns 0 if all did, else 1."""
        n_ok, n = sum(result["ok"] for result in self.report.notebooks.values()), len(self.notebooks)
        say(f"{n_ok} of {n} notebooks went well; open {self.folder / 'index.html'}")
        return 0 if n_ok == n else 1


def describe(result: dict[str, Any]) -> str:
    """How an execution ended, in one line; the page has the cell and the traceback of a failure."""
    if result["ok"]:
        return f"executed in {duration(result['seconds'])}"
    failure = result["failure"]
    where = "" if failure["cell"] is None else f" in cell {failure['cell']}"
    more = "; the page shows where" if failure["traceback"] else ""
    return f"FAILED{where}: {one_line(failure['error'])}{more}"
