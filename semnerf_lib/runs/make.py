"""How a run is made: trained, scored, and written into its folder."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from semnerf_lib.evaluation import evaluate, scored_frames
from semnerf_lib.experiments import Planned
from semnerf_lib.machine.files import Damaged, put_aside, sha256_of, write_aside, write_json
from semnerf_lib.machine.progress import Progress
from semnerf_lib.machine.provenance import provenance
from semnerf_lib.runs.underway import Heartbeat
from semnerf_lib.training import Trainer

SCORING = "scoring"
"""The stage after the last step, by the name of its `Progress`."""


def make(
    folder: Path,
    planned: Planned,
    device: torch.device,
    on_step: Callable[[Trainer], None] | None,
    checkpoint_seconds: float,
) -> None:
    """Trains and scores a run in its folder, from its checkpoint if there is one. The caller holds its lock."""
    scene, config = planned.scene, planned.config
    checkpoint, heartbeat = folder / "checkpoint.safetensors", Heartbeat(folder, config.iterations)
    write_json(folder / "config.json", {"config": config.values(), "scene": scene.name, "scene_digest": scene.digest})
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    trainer = Trainer(scene, config, device)
    if checkpoint.exists():
        try:
            trainer.restore(checkpoint)
        except Damaged as fault:
            put_aside(checkpoint)
            trainer = Trainer(scene, config, device)  # some of its tensors may have been read
            print(f"{fault}; put aside as {checkpoint.name}.damaged, trained anew", file=sys.stderr, flush=True)

    def report(trainer: Trainer, stage: str = "training") -> None:
        loss = trainer.history[-1]["loss"] if trainer.history else None
        heartbeat.update(trainer.step_count, trainer.seconds, loss, stage)

    def stepped(trainer: Trainer) -> None:
        report(trainer)
        if on_step is not None:
            on_step(trainer)

    report(trainer)
    trainer.train(checkpoint, checkpoint_seconds, stepped)
    report(trainer, SCORING)
    scores = scored(trainer)
    weights = {name: value.detach().cpu().contiguous() for name, value in trainer.model.state_dict().items()}
    path = folder / "weights.safetensors"
    write_aside(path, lambda aside: save_file(weights, aside))
    write_json(folder / "history.json", trainer.history)
    result = {
        "metrics": scores["test"] | {"seconds_training": trainer.seconds},
        "train_metrics": scores.get("train"),
        "provenance": provenance(
            device,
            config.precision,
            sum(p.numel() for p in trainer.model.parameters()),
            trainer.seconds / max(1, trainer.step_count),
        ),
        "weights_sha256": sha256_of(path),
    }
    write_json(folder / "result.json", result)


def scored(trainer: Trainer) -> dict[str, dict[str, Any]]:
    """The scores of a trained model at the frames that its config names, see `scored_frames`."""
    chosen = scored_frames(trainer.scene, trainer.config)
    model = trainer.model.eval()
    with Progress(SCORING, sum(map(len, chosen.values()))) as bar:
        return {views: evaluate(model, trainer.scene, ids, bar.update) for views, ids in chosen.items()}
