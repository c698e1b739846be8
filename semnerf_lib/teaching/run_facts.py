"""What the JSON files of a packed run must be, checked before anything of the run is written."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from semnerf_lib.config import Config
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import Scene

SHARES = ("miou", "average_accuracy", "total_accuracy", "miou_predicted")
AMOUNTS = ("entropy", "seconds_evaluation")
DEPTH = ("depth_abs_rel", "depth_rmse", "depth_mae", "depth_within_25")
TEXTS = ("revision", "device", "device_type", "precision", "date")
NUMBERS = ("threads", "parameters", "seconds_a_step")


def checked_config(facts: Any) -> Config:
    """The config in a run's config.json.

    Raises:
        SemnerfError: not what `store.make` writes; or a corruption that reads a file of the reader's.
    """
    if not isinstance(facts, dict) or not isinstance(facts.get("config"), dict):
        raise SemnerfError("config.json: no config in it, expected the config of a run")
    try:
        config = Config().replace(**facts["config"])
    except (TypeError, ValueError, OverflowError) as fault:
        raise SemnerfError(f"config.json: {fault}") from fault
    if config.corruption.file:
        raise SemnerfError(f"config.json: corruption {str(config.corruption)[:60]!r}, expected one that names no file")
    return config


def check_facts(facts: dict[str, Any], config: Config, scene: Scene) -> None:
    """Raises SemnerfError unless config, history and result are of the kind that a finished run of the scene has."""
    kept, history, result = facts["config"], facts["history"], facts["result"]
    if kept.get("scene") != scene.name or kept.get("scene_digest") != scene.digest:
        raise SemnerfError(f"config.json: another scene, expected {scene.name} with digest {scene.digest[:12]}")
    if not isinstance(history, list) or not all(_is_entry(entry, config.iterations) for entry in history):
        raise SemnerfError("history.json: expected a list of entries with step, seconds and loss as numbers")
    if not isinstance(result, dict) or not isinstance(result.get("weights_digest"), str):
        raise SemnerfError("result.json: no weights_digest in it, expected the result of a packed run")
    _check_scores("metrics", result.get("metrics"), scene)
    if not _is_number(result["metrics"].get("seconds_training")):
        raise SemnerfError("result.json: metrics: seconds_training is no number, expected seconds")
    if result.get("train_metrics") is not None:
        _check_scores("train_metrics", result["train_metrics"], scene)
    _check_provenance(result.get("provenance"))


def _is_number(value: Any, high: float = math.inf) -> bool:
    return type(value) in (int, float) and abs(value) < 1e300 and 0 <= value <= high


def _is_entry(entry: Any, iterations: int) -> bool:
    """An entry of a history: a step of the run; finite numbers, or None where something was not measured."""
    if not isinstance(entry, dict) or type(entry.get("step")) is not int or not 0 <= entry["step"] <= iterations:
        return False
    others = (value for value in entry.values() if value is not None)
    return all(type(value) in (int, float) and abs(value) < 1e300 for value in others)


def _check_scores(name: str, scores: Any, scene: Scene) -> None:
    if not isinstance(scores, dict):
        raise SemnerfError(f"result.json: {name} is missing, expected scores")
    for key in SHARES + AMOUNTS:
        if not _is_number(scores.get(key), 1.0 if key in SHARES else math.inf):
            raise SemnerfError(f"result.json: {name}: {key} {str(scores.get(key))[:40]!r}, expected a number from 0")
    for key in DEPTH:
        if scores.get(key) is not None and not _is_number(scores[key]):
            raise SemnerfError(f"result.json: {name}: {key} {str(scores[key])[:40]!r}, expected a number or null")
    if type(scores.get("n_frames")) is not int or not 0 <= scores["n_frames"] <= scene.n_frames:
        raise SemnerfError(f"result.json: {name}: n_frames, expected a whole number up to {scene.n_frames}")
    ious = scores.get("per_class_iou")
    if not isinstance(ious, dict) or set(ious) != set(scene.class_names):
        raise SemnerfError(f"result.json: {name}: per_class_iou, expected the {scene.n_classes} classes of the scene")
    if not all(iou is None or _is_number(iou, 1.0) for iou in ious.values()):
        raise SemnerfError(f"result.json: {name}: per_class_iou, expected numbers from 0 to 1, or null")


def _check_provenance(facts: Any) -> None:
    if not isinstance(facts, dict) or not isinstance(facts.get("versions"), dict):
        raise SemnerfError("result.json: provenance is missing, expected where and with what the run was made")
    if not all(isinstance(facts.get(key), str) for key in TEXTS):
        raise SemnerfError(f"result.json: provenance: expected texts for {', '.join(TEXTS)}")
    if not all(_is_number(facts.get(key)) for key in NUMBERS):
        raise SemnerfError(f"result.json: provenance: expected numbers for {', '.join(NUMBERS)}")
    memory = facts.get("peak_memory_gib")
    if memory is not None and not _is_number(memory):
        raise SemnerfError("result.json: provenance: peak_memory_gib, expected a number or null")
    try:
        datetime.fromisoformat(facts["date"])
    except ValueError as fault:
        raise SemnerfError(f"result.json: provenance: date {facts['date'][:40]!r}, expected an ISO date") from fault
