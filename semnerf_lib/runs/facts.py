"""What the JSON files of a finished run must be: scores that are shares, steps of the run, where it was made."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import datetime
from typing import Any

from semnerf_lib.config import Config
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import is_number

SHARES = ("miou", "average_accuracy", "total_accuracy", "miou_predicted")
AMOUNTS = ("entropy", "seconds_evaluation")
DEPTH = ("depth_abs_rel", "depth_rmse", "depth_mae", "depth_within_25")
TEXTS = ("revision", "device", "device_type", "precision", "date")
ROUNDED = ("steps_a_deviation", "miou_before")
"""Numbers that a pack which rounded a run's weights says of it."""
NUMBERS = ("threads", "parameters", "seconds_a_step")


def checked_config(facts: Any) -> Config:
    """The config in a run's config.json.

    Raises:
        SemnerfError: not what `store.make` writes.
    """
    if not isinstance(facts, dict) or not isinstance(facts.get("config"), dict):
        raise SemnerfError("config.json: no config in it, expected the config of a run")
    if not all(isinstance(facts.get(key), str) for key in ("scene", "scene_digest")):
        raise SemnerfError("config.json: scene or scene_digest is no text, expected what the run was made on")
    try:
        return Config().replace(**facts["config"])
    except (SemnerfError, TypeError, AttributeError, ValueError, OverflowError) as fault:
        raise SemnerfError(f"config.json: {fault}") from fault


def check_history(history: Any, config: Config) -> None:
    """Raises SemnerfError unless a history is a list of entries whose steps grow up to the run's last."""
    if not isinstance(history, list) or not all(_is_entry(entry, config.iterations) for entry in history):
        raise SemnerfError("history.json: expected a list of entries with step, seconds and loss as numbers")
    steps = [entry["step"] for entry in history]
    if steps != sorted(set(steps)):
        raise SemnerfError("history.json: its steps do not grow, expected the entries of a run in order")


def check_result(result: Any, hashed: str) -> None:
    """Raises SemnerfError unless a result is of the kind that `store.make` writes.

    Args:
        hashed: the key of the hash of its weights.
    """
    if not isinstance(result, dict) or not isinstance(result.get(hashed), str):
        raise SemnerfError(f"result.json: no {hashed} in it, expected the result of a run")
    check_metrics("result.json: ", result)
    _check_provenance(result.get("provenance"))


def check_metrics(name: str, made: dict[str, Any]) -> None:
    """Raises SemnerfError unless metrics and train_metrics are those of a run.

    Args:
        name: what messages begin with.
        made: an object with these keys; train_metrics may be null or missing.
    """
    check_scores(f"{name}metrics", made.get("metrics"))
    if not _is_amount(made["metrics"].get("seconds_training")):
        raise SemnerfError(f"{name}metrics: seconds_training is no number, expected seconds")
    if made.get("train_metrics") is not None:
        check_scores(f"{name}train_metrics", made["train_metrics"])


def check_labels(name: str, scores: Any, class_names: Collection[str] | None = None) -> None:
    """Raises SemnerfError unless scores of labels are shares, one for each class, and depth errors amounts.

    Args:
        name: of the scores, for messages.
        scores: see `baselines.baseline_scores`.
        class_names: of the scene; None: any.
    """
    if not isinstance(scores, dict):
        raise SemnerfError(f"{name} is missing, expected scores")
    for key in ("miou", "average_accuracy", "total_accuracy"):
        if not _is_amount(scores.get(key), 1.0):
            raise SemnerfError(f"{name}: {key} {str(scores.get(key))[:40]!r}, expected a number from 0 to 1")
    if type(scores.get("n_frames")) is not int or scores["n_frames"] < 0:
        raise SemnerfError(f"{name}: n_frames, expected a whole number")
    ious = scores.get("per_class_iou")
    if not isinstance(ious, dict) or (class_names is not None and set(ious) != set(class_names)):
        raise SemnerfError(f"{name}: per_class_iou, expected the classes of the scene")
    if not all(iou is None or _is_amount(iou, 1.0) for iou in ious.values()):
        raise SemnerfError(f"{name}: per_class_iou, expected numbers from 0 to 1, or null")
    for key in DEPTH:
        if scores.get(key) is not None and not _is_amount(scores[key]):
            raise SemnerfError(f"{name}: {key} {str(scores[key])[:40]!r}, expected a number or null")


def check_scores(name: str, scores: Any) -> None:
    """Raises SemnerfError unless scores of a run are numbers of the right size (see `evaluation.evaluate`)."""
    check_labels(name, scores)
    for key in SHARES + AMOUNTS:
        if not _is_amount(scores.get(key), 1.0 if key in SHARES else math.inf):
            raise SemnerfError(f"{name}: {key} {str(scores.get(key))[:40]!r}, expected a number from 0")


def _check_provenance(facts: Any) -> None:
    if not isinstance(facts, dict) or not isinstance(facts.get("versions"), dict):
        raise SemnerfError("result.json: provenance is missing, expected where and with what the run was made")
    if not all(
        isinstance(text, str) and text.isprintable() for text in (*map(facts.get, TEXTS), *facts["versions"].values())
    ):
        raise SemnerfError(f"result.json: provenance: expected printable texts for {', '.join(TEXTS)} and versions")
    if not all(_is_amount(facts.get(key)) for key in NUMBERS):
        raise SemnerfError(f"result.json: provenance: expected numbers for {', '.join(NUMBERS)}")
    memory = facts.get("peak_memory_gib")
    if memory is not None and not _is_amount(memory):
        raise SemnerfError("result.json: provenance: peak_memory_gib, expected a number or null")
    rounded = facts.get("rounded", dict.fromkeys(ROUNDED, 0))
    if not isinstance(rounded, dict) or not all(_is_amount(rounded.get(key)) for key in ROUNDED):
        raise SemnerfError(
            f"result.json: provenance: rounded is {str(facts['rounded'])[:40]!r}, expected what a pack rounded"
        )
    try:
        datetime.fromisoformat(facts["date"])
    except ValueError as fault:
        raise SemnerfError(f"result.json: provenance: date {facts['date'][:40]!r}, expected an ISO date") from fault


def _is_amount(value: Any, high: float = 1e300) -> bool:
    return is_number(value) and 0 <= value <= high


def _is_entry(entry: Any, iterations: int) -> bool:
    """An entry of a history: a step of the run; finite numbers, or None where something was not measured."""
    if not isinstance(entry, dict) or type(entry.get("step")) is not int or not 0 <= entry["step"] <= iterations:
        return False
    return all(value is None or (is_number(value) and abs(value) < 1e300) for value in entry.values())
