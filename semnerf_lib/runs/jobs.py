"""Jobs (runs to be made) and their outcomes: what the driver and its worker processes send each other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from semnerf_lib.config import Config
from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import N_FOLDS, Planned, open_scene
from semnerf_lib.machine.faults import one_line
from semnerf_lib.runs.store import Store
from semnerf_lib.runs.underway import Held, failures_kept, place
from semnerf_lib.scene import Scene


@dataclass(frozen=True)
class Job:
    """A run to be made, as a worker on any machine understands it.

    Attributes:
        root: results folder; every worker sees it under this path.
        scene, scale: what `experiments.open_scene` opens; the config's fold names the split of it.
        config: what the run is made with.
        run: the id that the driver expects.
        checkpoint_seconds: see `Store.get`.
    """

    root: str
    scene: str
    scale: str
    config: Config
    run: str
    checkpoint_seconds: float = 30.0

    @property
    def folder(self) -> Path:
        return Path(self.root) / "runs" / self.run

    def to_json(self) -> str:
        """One line, for the pipe to a process; `from_json` reads it."""
        return json.dumps(vars(self) | {"config": self.config.values()})

    @classmethod
    def from_json(cls, line: str) -> Job:
        """The job that `to_json` wrote."""
        facts = json.loads(line)
        return cls(**facts | {"config": Config(**facts["config"])})


@dataclass(frozen=True)
class Outcome:
    """How a job ended: made (now or before), failed, or held by another process, which is making it.

    Attributes:
        error: one line, of a failure.
        where: host and process.
    """

    job: Job
    state: Literal["made", "failed", "held"]
    error: str = ""
    where: str = ""


Split = tuple[str, str, int | None]


OPENED: dict[Split, Scene] = {}
"""The splits of a scene that this process has open, by spec, scale and fold."""


def job_for(store: Store, spec: str, scale: str, planned: Planned) -> Job:
    """The job of making a planned run; in this process it takes the scene as it is."""
    remember(planned.scene, (spec, scale, planned.config.fold))
    return Job(str(store.root.resolve()), spec, scale, planned.config, planned.id)


def remember(scene: Scene, split: Split) -> None:
    """Keeps a split open and drops those of another scene."""
    for other in [other for other in OPENED if other[:2] != split[:2]]:
        del OPENED[other]
    OPENED.setdefault(split, scene)


def planned_by(job: Job) -> Planned:
    """The planned run of a job, on its split of the scene, which each process opens once.

    Raises:
        SemnerfError: see `open_scene`; or it is not the driver's scene.
    """
    split = (job.scene, job.scale, job.config.fold)
    if split not in OPENED:
        whole = OPENED.get((*split[:2], None)) or open_scene(job.scene, job.scale)
        remember(whole, (*split[:2], None))
        if job.config.fold is not None:
            remember(whole.folds(N_FOLDS)[job.config.fold], split)
    planned = Planned(OPENED[split], job.config)
    if planned.id != job.run:
        raise SemnerfError(
            f"scene {job.scene} on {place()['host']}: its run is {planned.id}, expected {job.run} as on the driver: "
            "the same files, the same version of semnerf, and a worker that was started after they changed"
        )
    return planned


def attempt(job: Job) -> Outcome:
    """Makes a job's run in this process; a failure is returned, not raised."""
    here = place()
    where = f"{here['host']}:{here['pid']}"
    try:
        with failures_kept(job.folder):
            planned = planned_by(job)
        Store(job.root).get(planned, wait=False, checkpoint_seconds=job.checkpoint_seconds)
    except Held:
        return Outcome(job, "held", where=where)
    except Exception as fault:  # one run's fault is not the next one's
        return Outcome(job, "failed", one_line(fault), where)
    return Outcome(job, "made", where=where)
