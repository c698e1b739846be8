"""The runs that notebooks need: which are finished, missing or failed, and which notebooks can start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import Plan, Planned
from semnerf_lib.machine.files import Damaged
from semnerf_lib.runs.jobs import Job, Outcome, job_for
from semnerf_lib.runs.notebooks import needs
from semnerf_lib.runs.store import Run, Store, read_run, title_of


class Sweep:
    """The state of all runs that some notebooks need.

    Args:
        store: the results folder.
        spec, scale: of the scene, as in `experiments.open_scene`.
        plans: of experiments, see `plans_for`.
        notebooks: those that need the runs.

    Attributes:
        runs: finished ones by id.
        faults: id of a run that could not be made -> why.
        missing: jobs of the runs that were not finished at the start, each once, in the order of need.
    """

    def __init__(self, store: Store, spec: str, scale: str, plans: Mapping[str, Plan], notebooks: Sequence[Path]):
        self.runs: dict[str, Run] = {}
        self.faults: dict[str, str] = {}
        self.missing: list[Job] = []
        ids: dict[str, list[str]] = {}
        for name, planned in plans.items():
            ids[name] = [one.id for one in planned]
            for one, run in zip(planned, ids[name], strict=True):
                if run not in self.runs and run not in self.faults and run not in {job.run for job in self.missing}:
                    self._look(store, job_for(store, spec, scale, one), one)
        self.needed = {path: [run for name in needs(path) for run in ids[name]] for path in notebooks}
        self.n_runs = len({run for runs in ids.values() for run in runs})

    def _look(self, store: Store, job: Job, planned: Planned) -> None:
        try:
            if run := store.find(planned):
                self.runs[job.run] = run
            else:
                self.missing.append(job)
        except Damaged:  # the process that makes the run renames the damaged files
            self.missing.append(job)
        except SemnerfError as fault:
            self.faults[job.run] = str(fault)

    def take(self, outcome: Outcome) -> str:
        """Records the outcome of a job; returns a line that reports it."""
        run, error = outcome.job.run, outcome.error
        if outcome.state == "made":
            try:
                self.runs[run] = read_run(outcome.job.folder)
            except SemnerfError as fault:  # damaged, or not visible from this machine
                error = str(fault)
        if run in self.runs:
            metrics = self.runs[run].metrics
            summary = f"mIoU {metrics['miou']:.3f}, {metrics['seconds_training']:.0f} s"
        else:
            self.faults[run] = error
            summary = f"FAILED: {error}"
        title = title_of(outcome.job.config)
        return f"run {len(self.runs) + len(self.faults)} of {self.n_runs}: {title}: {summary}"

    def is_ready(self, notebook: Path) -> bool:
        """Whether all runs that a notebook needs are finished or failed."""
        return all(run in self.runs or run in self.faults for run in self.needed[notebook])

    def fault_of(self, notebook: Path) -> str | None:
        """Why a run that a notebook needs could not be made; None if none failed."""
        return next((self.faults[run] for run in self.needed[notebook] if run in self.faults), None)
