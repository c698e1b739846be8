"""The runs that notebooks need: which are finished, missing or failed, and which notebooks can start."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import Plan, Planned
from semnerf_lib.machine.files import Damaged
from semnerf_lib.runs.jobs import Outcome, job_for
from semnerf_lib.runs.notebooks import needs
from semnerf_lib.runs.store import Run, Store, read_run, title_of


def run_or_fault(store: Store, planned: Planned) -> Run | str | None:
    """The finished run; None if it is missing or damaged and is to be made; or why it cannot be read."""
    try:
        return store.find(planned)
    except Damaged:
        return None
    except SemnerfError as fault:
        return str(fault)


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
        ids = {name: [one.id for one in planned] for name, planned in plans.items()}
        wanted = {run: one for name in plans for run, one in zip(ids[name], plans[name], strict=True)}
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # the sha256 of the weights takes most of the time
            states = dict(zip(wanted, pool.map(partial(run_or_fault, store), wanted.values()), strict=True))
        self.runs = {run: one for run, one in states.items() if isinstance(one, Run)}
        self.faults = {run: one for run, one in states.items() if isinstance(one, str)}
        self.missing = [job_for(store, spec, scale, one) for run, one in wanted.items() if states[run] is None]
        self.needed = {path: [run for name in needs(path) for run in ids[name]] for path in notebooks}
        self.n_runs = len(wanted)

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
