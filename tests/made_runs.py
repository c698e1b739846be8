"""Finished runs without training: folders as the store writes them, with scores that a test chooses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from tiny import make_tiny_scene

from semnerf_lib.config import Config
from semnerf_lib.experiments import Plan, Planned
from semnerf_lib.machine.files import sha256_of, write_json
from semnerf_lib.runs.store import Run, Store, read_run
from semnerf_lib.scene import Scene


def furnished_scene(n_frames: int = 36) -> Scene:
    """The tiny scene with its sphere taken for the chair that region noise needs; larger, for the coarsest labels."""
    scene = make_tiny_scene(n_frames, 32, 24)
    names = (*scene.class_names[:-1], "chair")
    return replace(scene, class_names=names, instances=(scene.labels == 6).astype(np.uint16))


def make_run(store: Store, planned: Planned, miou: float, device: str = "CPU, 1 threads", **provenance: object) -> Run:
    """A finished run with one score everywhere: mIoU, every class's IoU, at test and at training poses."""
    scene, config, folder = planned.scene, planned.config, store.folder(planned)
    scores = {
        "miou": miou,
        "average_accuracy": miou,
        "total_accuracy": miou,
        "miou_predicted": miou,
        "per_class_iou": dict.fromkeys(scene.class_names, miou),
        "depth_abs_rel": 0.05,
        "depth_rmse": 0.2,
        "depth_mae": 0.1,
        "depth_within_25": 0.9,
        "entropy": 0.1,
        "n_frames": 9,
        "seconds_evaluation": 1.0,
    }
    facts = {
        "revision": "0000000",
        "versions": {"python": "3.11", "semnerf": "0", "torch": "2", "numpy": "2"},
        "device": device,
        "device_type": "cpu",
        "precision": "float32",
        "threads": 1,
        "date": "2024-01-01T00:00:00+00:00",
        "parameters": 1000,
        "seconds_a_step": 0.02,
        "peak_memory_gib": 1.0,
    }
    write_json(folder / "config.json", {"config": config.values(), "scene": scene.name, "scene_digest": scene.digest})
    (folder / "weights.safetensors").write_bytes(b"weights")
    write_json(folder / "history.json", [{"step": 10, "seconds": 0.2, "loss": 1.0}])
    result = {
        "metrics": scores | {"seconds_training": 2.0},
        "train_metrics": scores if "train" in config.score_views else None,
        "provenance": facts | provenance,
        "weights_sha256": sha256_of(folder / "weights.safetensors"),
    }
    write_json(folder / "result.json", result)
    return read_run(folder)


def make_runs(store: Store, planned: Plan, miou: Callable[[Config], float]) -> list[Run]:
    """`make_run` for every run of a plan, each with the mIoU that its config is given."""
    return [make_run(store, one, miou(one.config)) for one in planned]
