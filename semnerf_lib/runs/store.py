"""Runs: trained once, then found by a hash of what they are made of.

A run's id is a hash of its config and of its scene's data. Its folder `<results>/runs/<id>/` holds

    config.json          the config and the scene's digest
    checkpoint.safetensors   while it is being trained, beside what `underway` keeps there
    weights.safetensors  the trained model
    history.json         loss over steps
    result.json          scores, provenance, the weights' sha256: written last, so a run that has it is complete
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from semnerf_lib.config import Config
from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import Planned
from semnerf_lib.labels import CLEAN
from semnerf_lib.machine.devices import pick_device
from semnerf_lib.machine.files import Damaged, is_there, opened, read_json, sha256_of
from semnerf_lib.machine.processes import PROJECT
from semnerf_lib.models import Model, build_model
from semnerf_lib.runs.facts import check_history, check_result, checked_config
from semnerf_lib.runs.make import make
from semnerf_lib.runs.underway import clear, failures_kept, forget, locked, put_run_aside, sweep_up
from semnerf_lib.scene import Scene
from semnerf_lib.training import Trainer


def results_root() -> Path:
    """Where runs and reports go: $SEMNERF_RESULTS, else `results` in the project (the current folder if installed)."""
    if root := os.environ.get("SEMNERF_RESULTS"):
        return Path(root)
    return (PROJECT if (PROJECT / "notebooks").is_dir() else Path.cwd()) / "results"


def title_of(config: Config) -> str:
    """What lists of runs call a run: its model, its corruption, and its fold or seed.

    >>> title_of(Config(corruption="pixel-noise:0.5"))
    'semantic-only NeRF, 50 % of pixels random, seed 0'
    """
    corruption = "" if config.corruption == CLEAN else f", {config.corruption.title}"
    repeat = f"seed {config.seed}" if config.fold is None else f"fold {config.fold}"
    return f"{config.model_name}{corruption}, {repeat}"


@dataclass(frozen=True)
class Run:
    """A finished run, read from its folder.

    Attributes:
        id, folder: see the module.
        config: what it was made with.
        scene_name: the scene that it was trained on.
        metrics: scores at the scene's test frames (see `evaluation.evaluate`) and seconds_training.
        train_metrics: scores at the training frames, against the labels before the corruption; None if not asked for.
        history: an entry every 10 steps: step, seconds, loss and its terms; with a preview also miou and depth_mae.
        provenance: revision, versions, device, precision, date, seconds a step; peak memory of the run on CUDA, of the
            whole process so far elsewhere.
    """

    id: str
    folder: Path
    config: Config
    scene_name: str
    metrics: dict[str, Any]
    train_metrics: dict[str, Any] | None
    history: list[dict[str, float]] = field(repr=False)
    provenance: dict[str, Any] = field(repr=False)
    weights_sha256: str = field(repr=False)

    def load(self, scene: Scene, device: torch.device | None = None) -> Model:
        """The trained model, ready to render.

        Raises:
            SemnerfError: the weights are missing or not those of the run, or the scene is another.
        """
        if Planned(scene, self.config).id != self.id:
            raise SemnerfError(
                f"run {self.id} was not trained on this scene ({scene.name}), expected {self.scene_name}"
            )
        path = self.folder / "weights.safetensors"
        check_weights(path, self.weights_sha256)
        model = build_model(self.config, scene)
        with opened(path) as file:
            model.load_state_dict({name: file.get_tensor(name) for name in file.keys()})
        return model.to(device or pick_device()).eval()


def check_weights(path: Path, sha256: str) -> None:
    """Raises Damaged unless the file exists and has this hash; SemnerfError if it cannot be read."""
    if not path.is_file():
        raise Damaged(f"{path}: missing, expected the weights of a finished run")
    try:
        same = sha256_of(path) == sha256
    except OSError as fault:
        raise SemnerfError(f"{path}: cannot be read ({fault.strerror or fault})") from fault
    if not same:
        raise Damaged(f"{path}: damaged, expected sha256 {sha256[:12]}...")


def read_run(folder: Path) -> Run:
    """The finished run in a folder.

    Raises:
        Damaged: a file is missing or has other contents.
        SemnerfError: a file cannot be read.
    """
    result, facts, history = (read_json(folder / f"{name}.json") for name in ("result", "config", "history"))
    try:
        config = checked_config(facts)
        check_history(history, config)
        check_result(result, "weights_sha256")
    except SemnerfError as fault:
        raise Damaged(f"{folder}: {fault}") from fault
    scores, made = (result["metrics"], result.get("train_metrics")), (result["provenance"], result["weights_sha256"])
    return Run(folder.name, folder, config, facts["scene"], *scores, history, *made)


class Store:
    """The runs of a results folder.

    Raises:
        SemnerfError: the folder is a file.
    """

    def __init__(self, root: Path | str | None = None):
        self.root = Path(root) if root is not None else results_root()
        if self.root.exists() and not self.root.is_dir():
            raise SemnerfError(f"{self.root}: is a file, expected a folder for results")

    def folder(self, planned: Planned) -> Path:
        return self.root / "runs" / planned.id

    def has(self, planned: Planned) -> bool:
        """Whether the run is finished; its files are not read.

        Raises:
            SemnerfError: its folder cannot be read.
        """
        return is_there(self.folder(planned) / "result.json")

    def find(self, planned: Planned) -> Run | None:
        """The finished run, or None; its weights are checked."""
        if not self.has(planned):
            return None
        folder = self.folder(planned)
        run = read_run(folder)
        check_weights(folder / "weights.safetensors", run.weights_sha256)
        return run

    def get(
        self,
        planned: Planned,
        device: torch.device | None = None,
        on_step: Callable[[Trainer], None] | None = None,
        wait: bool = True,
        checkpoint_seconds: float = 30.0,
    ) -> Run:
        """The run: read if it is finished, continued from its checkpoint if there is one, else trained and scored.

        Damaged files are renamed to `*.damaged`, with a line on stderr, and made again.

        Args:
            on_step: called every ten steps; it may raise KeyboardInterrupt (see `Trainer.train`).
            wait: wait for another process that is making the same run.
            checkpoint_seconds: time between two checkpoints.

        Raises:
            Held: another process is making the run, and `wait` is False.
            SemnerfError: see `Trainer`; or a full disk, too little memory, or a file that cannot be read. The run's
                folder keeps the reason (see `underway`).
            KeyboardInterrupt: Ctrl-C, or `on_step`; the next call continues the run.
        """
        with suppress(Damaged):  # looked at again under the lock
            if run := self.find(planned):
                sweep_up(run.folder)
                return run
        folder = self.folder(planned)
        with locked(folder, wait):
            try:
                if run := self.find(planned):  # made while this process waited
                    forget(folder)
                    return run
            except Damaged as fault:
                put_run_aside(folder, fault)
            clear(folder)
            with failures_kept(folder):
                make(folder, planned, device or pick_device(), on_step, checkpoint_seconds)
            forget(folder)
        return read_run(folder)
