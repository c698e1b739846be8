"""Runs: trained once, found again by what they are made of.

A run's id is a hash of its config and of its scene's data. Its folder `<results>/runs/<id>/` holds

    config.json          the config and the scene's digest
    checkpoint.safetensors   while it is being trained
    weights.safetensors  the trained model
    history.json         loss over steps
    result.json          scores, provenance, the weights' sha256: written last, so that a run with it is whole
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from semnerf_lib.config import Config
from semnerf_lib.devices import device_name, peak_memory_gib, pick_device, uses_bfloat16
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import evaluate
from semnerf_lib.files import opened, read_json, sha256_of, write_aside, write_json
from semnerf_lib.models import Model, build_model
from semnerf_lib.scenes.scene import Scene
from semnerf_lib.training import Trainer


def results_root() -> Path:
    """Where runs and reports go: $SEMNERF_RESULTS, else `results` in the project (the current folder if installed)."""
    if root := os.environ.get("SEMNERF_RESULTS"):
        return Path(root)
    project = Path(__file__).resolve().parent.parent
    return (project if (project / "notebooks").is_dir() else Path.cwd()) / "results"


def run_id(scene: Scene, config: Config) -> str:
    """A readable head and the first 12 digits of sha256(config, scene data)."""
    digest = hashlib.sha256(f"{config.to_json()}\n{scene.digest}".encode()).hexdigest()[:12]
    head = f"{config.field}-{config.supervision.replace('+', '-')}"
    return f"{head}-{digest}" if config.fold is None else f"{head}-fold{config.fold}-{digest}"


@dataclass(frozen=True)
class Run:
    """A finished run, as its folder tells it.

    Attributes:
        id, folder: see the module.
        config: what it was made with.
        scene_name: on what.
        metrics: scores at the scene's test frames (see `evaluation.evaluate`) and seconds_training.
        train_metrics: scores at the training frames, against the labels before the corruption; None if not asked for.
        history: entries every 10 steps: step, seconds, loss, its parts, and where previewed miou and depth_mae.
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
        if run_id(scene, self.config) != self.id:
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
    """Raises SemnerfError unless the file is there and has this hash."""
    if not path.is_file():
        raise SemnerfError(
            f"{path}: missing, expected the weights of a finished run; move its folder away to train anew"
        )
    if sha256_of(path) != sha256:
        raise SemnerfError(f"{path}: damaged, expected sha256 {sha256[:12]}...; move its folder away to train anew")


def read_run(folder: Path) -> Run:
    """The finished run in a folder.

    Raises:
        SemnerfError: a file is missing or damaged.
    """
    result, facts, history = (read_json(folder / f"{name}.json") for name in ("result", "config", "history"))
    if not isinstance(history, list):
        raise SemnerfError(f"{folder / 'history.json'}: it holds no list, expected the entries of a run's history")
    try:
        return Run(
            folder.name,
            folder,
            Config().replace(**facts["config"]),
            facts["scene"],
            result["metrics"],
            result["train_metrics"],
            history,
            result["provenance"],
            result["weights_sha256"],
        )
    except SemnerfError as fault:
        raise SemnerfError(f"{folder / 'config.json'}: {fault}") from fault
    except (KeyError, TypeError) as fault:
        raise SemnerfError(f"{folder}: {fault} is missing or misplaced, expected a run's config and result") from fault


class Store:
    """The runs below a results folder.

    Raises:
        SemnerfError: the folder is a file.
    """

    def __init__(self, root: Path | str | None = None):
        self.root = Path(root) if root is not None else results_root()
        if self.root.exists() and not self.root.is_dir():
            raise SemnerfError(f"{self.root}: is a file, expected a folder for results")

    def folder(self, scene: Scene, config: Config) -> Path:
        return self.root / "runs" / run_id(scene, config)

    def find(self, scene: Scene, config: Config) -> Run | None:
        """The finished run, or None; its weights are checked."""
        folder = self.folder(scene, config)
        if not (folder / "result.json").is_file():
            return None
        run = read_run(folder)
        check_weights(folder / "weights.safetensors", run.weights_sha256)
        return run

    def get(
        self,
        scene: Scene,
        config: Config,
        device: torch.device | None = None,
        on_step: Callable[[Trainer], None] | None = None,
    ) -> Run:
        """The run: found if it is finished, continued from its checkpoint if it was begun, else trained and scored.

        Raises:
            SemnerfError: see `Trainer`, `read_run`; or no room on the disk.
            KeyboardInterrupt: Ctrl-C; asking again continues.
        """
        if run := self.find(scene, config):
            return run
        folder, device = self.folder(scene, config), device or pick_device()
        checkpoint = folder / "checkpoint.safetensors"
        write_json(
            folder / "config.json", {"config": asdict(config), "scene": scene.name, "scene_digest": scene.digest}
        )
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        trainer = Trainer(scene, config, device)
        if checkpoint.exists():
            trainer.restore(checkpoint)
        trainer.train(checkpoint, on_step=on_step)
        trainer.model.eval()
        scores = {views: evaluate(trainer.model, scene, ids) for views, ids in scored_frames(scene, config).items()}
        weights = {name: value.detach().cpu().contiguous() for name, value in trainer.model.state_dict().items()}
        path = folder / "weights.safetensors"
        write_aside(path, lambda aside: save_file(weights, aside))
        write_json(folder / "history.json", trainer.history)
        result = {
            "metrics": scores["test"] | {"seconds_training": trainer.seconds},
            "train_metrics": scores.get("train"),
            "provenance": provenance(device, trainer),
            "weights_sha256": sha256_of(path),
        }
        write_json(folder / "result.json", result)
        checkpoint.unlink(missing_ok=True)
        return read_run(folder)


def scored_frames(scene: Scene, config: Config) -> dict[str, list[int]]:
    """The frames at which a run is scored: "test", and "train" where the config asks for it."""
    wanted = {"test": scene.test_ids, "train": scene.train_ids}
    chosen = {}
    for views in config.score_views.split("+"):
        ids = wanted[views]
        count = min(config.score_frames or len(ids), len(ids))
        chosen[views] = [ids[i * len(ids) // count] for i in range(count)]
    return chosen


def provenance(device: torch.device, trainer: Trainer) -> dict[str, Any]:
    """Where and with what a run was made."""
    names = ("semnerf", "torch", "numpy")
    return {
        "revision": revision(),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in names}},
        "device": device_name(device),
        "precision": "bfloat16" if uses_bfloat16(device, trainer.config.precision) else "float32",
        "threads": torch.get_num_threads(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "parameters": sum(p.numel() for p in trainer.model.parameters()),
        "seconds_a_step": trainer.seconds / max(1, trainer.step_count),
        "peak_memory_gib": peak_memory_gib(device),
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def revision() -> str:
    """The project's git revision, with "+changes" if files differ from it; "unknown" outside a checkout."""
    git, project = shutil.which("git"), Path(__file__).resolve().parent.parent
    if git is None or not (project / ".git").exists():
        return "unknown"

    def ask(*words):
        return subprocess.run([git, "-C", project, *words], capture_output=True, text=True, check=False).stdout.strip()

    head = ask("rev-parse", "--short", "HEAD")
    if not head:
        return "unknown"
    return head + ("+changes" if ask("status", "--porcelain", "--untracked-files=no") else "")
