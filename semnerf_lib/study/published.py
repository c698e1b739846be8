"""Scores from elsewhere: those of a paper, and those of earlier runs at a larger scale.

Both are data with their source (`published.json` here, `data/reference/*.json` in the project). Tables give them
columns of their own and never mix them with the scores of the runs in the store.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from semnerf_lib.config import Config
from semnerf_lib.errors import SemnerfError
from semnerf_lib.labels import Corruption
from semnerf_lib.machine.files import write_aside
from semnerf_lib.machine.jsons import is_number, read_json
from semnerf_lib.machine.processes import LIBRARY, PROJECT
from semnerf_lib.runs.facts import TEXTS, check_metrics
from semnerf_lib.runs.store import Run

PUBLISHED_WIDTH = 320
"""Pixels: the width of P2's images."""
REFERENCES = PROJECT / "data" / "reference"
REFERENCE_FORMAT, PUBLISHED_FORMAT = "semnerf-reference-1", "semnerf-published-1"
KEPT_PROVENANCE = (
    "revision", "device", "device_type", "precision", "date", "parameters", "seconds_a_step", "peak_memory_gib",
)  # fmt: skip
"""What of a run's provenance a reference keeps."""


@dataclass(frozen=True)
class Reference:
    """Runs of one experiment that were made elsewhere: scores and provenance, without weights and histories.

    Attributes:
        scene: its name.
        experiment: one of `experiments.EXPERIMENTS`.
        note: how the runs differ from what a reader's own would be, as "20,000 of P1's 200,000 iterations".
        runs: as `runs.Run`, with an empty history and no weights to load.
    """

    scene: str
    experiment: str
    note: str
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Published:
    """Published scores of one paper.

    Attributes:
        source: the paper.
        model, scenes, views, note: of what, at which poses ("train" or "test"), and how sure the numbers are.
        scores: corruption to scores (miou, average_accuracy, total_accuracy), unknown ones left out.
    """

    source: str
    model: str
    scenes: str
    views: str
    note: str
    scores: dict[Corruption, dict[str, float]]

    def at_width(self, width: int) -> Published:
        """The same beside images of `width` pixels: S becomes S width / 320, as coarse in angle, or goes."""
        scores = {}
        for corruption, cells in self.scores.items():
            factor = corruption.amount * width / PUBLISHED_WIDTH
            if factor >= 1 and factor % 1 == 0:
                scores[replace(corruption, amount=factor)] = cells
        return replace(self, scores=scores)


def read_published(path: Path = LIBRARY / "study" / "published.json") -> Published:
    """The published scores.

    Raises:
        SemnerfError: the file is missing, or not as expected.
    """
    facts = _facts(path, PUBLISHED_FORMAT, ("source", "model", "scenes", "views", "note", "scores"))
    scores = {}
    for entry in facts["scores"]:
        if not isinstance(entry, dict) or not isinstance(entry.get("corruption"), str):
            raise SemnerfError(f"{path}: score {entry}, expected a corruption and scores between 0 and 1")
        values = {key: value for key, value in entry.items() if key != "corruption"}
        if not all(_is_share(value) for value in values.values()):
            raise SemnerfError(f"{path}: score {entry}, expected a corruption and scores between 0 and 1")
        scores[Corruption.parse(entry["corruption"])] = values
    texts = {key: facts[key] for key in ("source", "model", "scenes", "views", "note")}
    return Published(**texts, scores=scores)


def export_reference(path: Path, experiment: str, runs: Sequence[Run], note: str) -> None:
    """Writes the scores and the provenance of finished runs of one experiment on one scene, a line a run.

    Args:
        path: such as `data/reference/room-label_noise.json`.
        experiment: one of `experiments.EXPERIMENTS`.
        runs: of one scene.
        note: see `Reference`.

    Raises:
        SemnerfError: no run, or runs of several scenes; or the file cannot be written.
    """
    names = sorted({run.scene_name for run in runs})
    if len(names) != 1:
        raise SemnerfError(f"{path}: runs on {len(names)} scenes {names}, expected runs on one")
    head = {"format": REFERENCE_FORMAT, "scene": names[0], "experiment": experiment, "note": note}
    lines = [json.dumps(_entry(run)) for run in runs]
    text = json.dumps(head, indent=1)[:-2] + ',\n "runs": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"
    write_aside(path, lambda aside: aside.write_text(text))


def read_reference(path: Path) -> Reference:
    """One file of reference runs.

    Raises:
        SemnerfError: the file is missing, or not as expected.
    """
    facts = _facts(path, REFERENCE_FORMAT, ("scene", "experiment", "note", "runs"))
    runs = []
    for place, entry in enumerate(facts["runs"]):
        try:
            config = Config().replace(**entry["config"])
            check_metrics("", entry)
            _check_provenance(entry["provenance"])
            metrics = entry["metrics"], entry["train_metrics"]
            runs.append(Run(entry["id"], path, config, facts["scene"], *metrics, [], entry["provenance"], ""))
        except (SemnerfError, KeyError, TypeError) as fault:
            raise SemnerfError(f"{path}: run {place}: {fault}, expected what `export_reference` writes") from fault
    return Reference(facts["scene"], facts["experiment"], facts["note"], tuple(runs))


def find_references(scene: str, experiment: str, folder: Path = REFERENCES) -> list[Reference]:
    """The reference runs of an experiment on a scene, by the scene's name; none if there is no such file.

    Raises:
        SemnerfError: a file in the folder is not as expected.
    """
    references = map(read_reference, sorted(folder.glob("*.json")))
    return [reference for reference in references if (reference.scene, reference.experiment) == (scene, experiment)]


def _entry(run: Run) -> dict[str, Any]:
    defaults = Config().values()
    changed = {key: value for key, value in run.config.values().items() if value != defaults[key]}
    return {
        "id": run.id,
        "config": changed,
        "metrics": _rounded(run.metrics),
        "train_metrics": _rounded(run.train_metrics),
        "provenance": _rounded({key: run.provenance.get(key) for key in KEPT_PROVENANCE}),
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return round(value, 5) if isinstance(value, float) else value


def _check_provenance(facts: Any) -> None:
    if not isinstance(facts, dict):
        raise SemnerfError("provenance is no object")
    for key in KEPT_PROVENANCE:
        value, text = facts.get(key), key in TEXTS
        if value is not None and not (isinstance(value, str) if text else is_number(value)):
            raise SemnerfError(f"provenance: {key} is {str(value)[:40]!r}")


def _is_share(value: Any) -> bool:
    return is_number(value) and 0 <= value <= 1


def _facts(path: Path, name: str, keys: Sequence[str]) -> dict[str, Any]:
    facts = read_json(path)
    if facts.get("format") != name:
        raise SemnerfError(f"{path}: it is not in the format {name!r}, expected that")
    for key in keys:
        kind = list if key in ("runs", "scores") else str
        if not isinstance(facts.get(key), kind):
            raise SemnerfError(f"{path}: {key} = {facts.get(key)!r}, expected a {kind.__name__}")
    return facts
