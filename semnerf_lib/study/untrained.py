"""What a field scores that has learnt nothing: a depth error near it is the box's, not the labels'."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import torch

from semnerf_lib.config import Config
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import evaluate, scored_frames
from semnerf_lib.experiments import Plan, Planned
from semnerf_lib.labels import CLEAN
from semnerf_lib.machine.files import kept_json
from semnerf_lib.machine.jsons import is_number
from semnerf_lib.models import build_model
from semnerf_lib.runs.store import Store
from semnerf_lib.scene import Scene


def untrained_scores(
    scene: Scene, config: Config, ids: Sequence[int] | None = None, device: torch.device | None = None
) -> dict[str, Any]:
    """Scores of a run's model before its first step, without carving: `evaluate`'s keys.

    In a known box rays end at its walls, whatever the field; so a depth table needs this line.

    Args:
        scene: truth.
        config: of the run that it stands beside.
        ids: frames; None takes the scene's test frames.
        device: where; None for the CPU.
    """
    return evaluate(build_model(config, scene).to(device or torch.device("cpu")).eval(), scene, ids)


def untrained_depth(planned: Plan, store: Store, views: str) -> float | None:
    """The mean depth error (metres) of an untrained field in the box of planned runs, at the frames they are scored at.

    One field a fold, or one for all seeds. Each is computed once and kept in `<results>/untrained/<id>.json`; a missing
    or damaged file is written again.

    Args:
        planned: runs of one experiment.
        views: "test" or "train".

    Returns:
        None without runs of the labels-only model, without true depth, or where no box ends the rays (hierarchical
        sampling).

    Raises:
        SemnerfError: the file cannot be written.
    """
    alone = [one for one in planned if one.config.supervision == "labels" and one.config.sampler == "proposal"]
    first = {one.config.fold: one for one in reversed(alone)}
    if not first or any(one.scene.depth is None for one in first.values()):
        return None
    depths = [_kept_depth(one, store, views) for one in first.values()]
    return None if None in depths else fmean(depths)


def _kept_depth(planned: Planned, store: Store, views: str) -> float | None:
    scene, config = planned.scene, planned.config.replace(corruption=CLEAN, seed=0)
    ids = scored_frames(scene, config)[views]
    key = hashlib.sha256("\n".join([Planned(scene, config).id, *map(str, ids)]).encode()).hexdigest()[:12]

    def check(value: Any) -> None:
        depth = value["depth_mae"]
        if depth is not None and not (is_number(depth) and depth > 0):
            raise SemnerfError(f"{path}: depth_mae = {depth!r}, expected metres above 0")

    def make() -> dict[str, Any]:
        depth = untrained_scores(scene, config, ids)["depth_mae"]
        return {"scene": scene.name, "bounds": config.bounds, "views": views, "depth_mae": depth}

    path = store.root / "untrained" / f"{key}.json"
    return kept_json(path, check, make)["depth_mae"]
