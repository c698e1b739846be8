"""Jobs on a tiny scene that workers open from disk, and eyes on what they are doing; for tests with real processes."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tiny import make_tiny_scene, tiny_config

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import Planned, open_scene
from semnerf_lib.machine.files import read_json
from semnerf_lib.runs.jobs import Job, job_for
from semnerf_lib.runs.store import Store
from semnerf_lib.runs.underway import read_progress
from semnerf_lib.scenes.replica import save_replica
from semnerf_lib.training import read_step

SCALE = "laptop"
"""At which a stored scene of 16x12 pixels is taken as it is."""


def stored_scene(folder: Path) -> str:
    save_replica(make_tiny_scene(), folder)
    return str(folder)


def tiny_jobs(root: Path, spec: str, seeds: int, checkpoint_seconds: float = 30.0, **changes) -> list[Job]:
    """A job a seed."""
    scene, made = open_scene(spec, SCALE), []
    for seed in range(seeds):
        job = job_for(Store(root), spec, SCALE, Planned(scene, tiny_config(seed=seed, **changes)))
        made.append(Job(job.root, job.scene, job.scale, job.config, job.run, checkpoint_seconds))
    return made


def results(jobs: list[Job]) -> dict[str, tuple]:
    """What must be the same wherever runs are made: weights, scores and losses."""
    found = {}
    for job in jobs:
        result, history = read_json(job.folder / "result.json"), read_json(job.folder / "history.json")
        scores = {key: value for key, value in result["metrics"].items() if not key.startswith("seconds")}
        found[job.run] = (result["weights_sha256"], scores, [entry["loss"] for entry in history])
    return found


def is_whole(job: Job) -> bool:
    """Whether a finished run's folder holds its four files and nothing else."""
    names = {"config.json", "history.json", "result.json", "weights.safetensors"}
    return {path.name for path in job.folder.iterdir()} == names


def step_of(job: Job) -> int:
    """The step of the run's checkpoint; -1 while there is none."""
    try:
        return read_step(job.folder / "checkpoint.safetensors")
    except SemnerfError:
        return -1


class Killer:
    """Kills, with signal 9, the process that makes a run, once `when` holds; up to `times` processes.

    Attributes:
        killed: their ids.
        steps: the run's checkpoints that were seen after the first kill, in order.
    """

    def __init__(self, job: Job, when: Callable[[], bool], times: int = 1):
        self.job, self.when, self.times = job, when, times
        self.killed, self.steps, self.over = [], [], threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self.over.is_set():
            maker = read_progress(self.job.folder)
            if len(self.killed) < self.times and maker and maker["pid"] not in self.killed and self.when():
                if not self.killed:
                    self.steps.append(step_of(self.job))
                os.kill(maker["pid"], signal.SIGKILL)
                self.killed.append(maker["pid"])
            if self.killed and (step := step_of(self.job)) >= 0:
                self.steps.append(step)
            time.sleep(0.03)

    def __enter__(self) -> Killer:
        self.thread.start()
        return self

    def __exit__(self, *exc) -> None:
        self.over.set()
        self.thread.join()
