"""Packs of finished runs, for a room of laptops that have no time to train: one file, handed around, checked by hash.

`archive` knows the file. Weights are rounded there, so a run's scores in the pack are measured anew with the rounded
weights, and its provenance says so. An unpacked run is a run like any other: it is found by its id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from semnerf_lib.config import Config
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import evaluate, scored_frames
from semnerf_lib.experiments import N_FOLDS, Plan, Planned, open_scene, plan
from semnerf_lib.machine.devices import pick_device
from semnerf_lib.machine.files import digest, sha256_of, write_aside, write_json
from semnerf_lib.machine.progress import Progress, progress
from semnerf_lib.machine.provenance import revision
from semnerf_lib.models import build_model
from semnerf_lib.runs.facts import check_history, check_labels, check_result, checked_config
from semnerf_lib.runs.notebooks import NEEDS
from semnerf_lib.runs.store import Run, Store
from semnerf_lib.runs.underway import forget, locked
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.loading import MADE_SCENES
from semnerf_lib.teaching.archive import (
    FACTS,
    STEPS,
    WEIGHTS,
    Pack,
    as_json,
    check_weights,
    open_pack,
    pack_weights,
    unpack_weights,
    write_archive,
)

TIMES = ("seconds_training", "seconds_evaluation")
"""What stays of a run's scores as it was measured when the run was made."""
TOLERANCE = 0.001
"""How much mIoU may change by rounding: a tenth of a point."""


@dataclass(frozen=True)
class Packed:
    """A pack that was written: its file, how many runs, bytes, sha256, and the largest change of a test mIoU."""

    path: Path
    n_runs: int
    n_bytes: int
    sha256: str
    change: float


@dataclass(frozen=True)
class Unpacked:
    """What became of a pack: runs put into the store, and runs that were there before and are as they were."""

    made: tuple[str, ...]
    kept: tuple[str, ...]


def runs_of(notebooks: Sequence[str], scene: Scene, scale: str) -> Plan:
    """The runs that some notebooks ask for, each once.

    Raises:
        SemnerfError: a notebook that asks for none.
    """
    planned = {}
    for number in notebooks:
        if number.zfill(2) not in NEEDS:
            raise SemnerfError(f"notebook {number}: it asks for no run, expected some of: {', '.join(NEEDS)}")
        for name in NEEDS[number.zfill(2)]:
            planned |= {one.id: one for one in plan(name, scene, scale)}
    return list(planned.values())


def pack(path: Path, scene: Scene, scale: str, planned: Plan, store: Store) -> Packed:
    """Writes finished runs into a new file, their weights rounded and scored anew.

    Args:
        path: of the pack; must not exist.
        scene, scale: what the runs were made on.
        planned: the runs, see `runs_of`.

    Raises:
        SemnerfError: a file that exists, a run that is not finished or damaged, a score that rounding changes by more
            than TOLERANCE.
    """
    if path.exists():
        raise SemnerfError(f"{path}: exists, expected a new file: nothing is overwritten")
    missing = sum(not store.has(one) for one in planned)
    if missing or not planned:
        raise SemnerfError(
            f"{store.root}: {missing} of {len(planned)} runs are not finished, expected all: `semnerf reproduce` first"
        )
    members, changes = {}, []
    views = sum(len(ids) for one in planned for ids in scored_frames(one.scene, one.config).values())
    with Progress(f"scoring views of {len(planned)} runs", views) as bar:
        for one in planned:
            run = store.find(one)
            parts, change = _rounded(run, one.scene, bar.update)
            members |= {f"runs/{run.id}/{name}": data for name, data in parts.items()}
            changes.append(change)
    facts = {"scene": scene.name, "scale": scale, "revision": revision(), "runs": [one.id for one in planned]}
    write_archive(path, facts, members)
    return Packed(path, len(planned), path.stat().st_size, sha256_of(path), max(changes, key=abs))


def _rounded(run: Run, scene: Scene, on_view: Callable[[], object]) -> tuple[dict[str, bytes], float]:
    """The members of a run, and how much rounding changed its mIoU at the test frames; calls back after each view."""
    model = run.load(scene, pick_device())
    packed = pack_weights(model.state_dict())
    weights = unpack_weights(packed)
    model.load_state_dict(weights)
    before = {"test": run.metrics, "train": run.train_metrics}
    scores = {
        views: evaluate(model, scene, ids, on_view) | {key: before[views][key] for key in TIMES if key in before[views]}
        for views, ids in scored_frames(scene, run.config).items()
    }
    change = scores["test"]["miou"] - run.metrics["miou"]
    if not abs(change) <= TOLERANCE:
        raise SemnerfError(
            f"run {run.id}: rounding changes its mIoU by {100 * change:+.2f} points, expected at most 0.1"
        )
    note = {"steps_a_deviation": STEPS, "miou_before": run.metrics["miou"], "scores": "of the rounded weights"}
    result = {
        "metrics": scores["test"],
        "train_metrics": scores.get("train"),
        "provenance": run.provenance | {"rounded": note},
        "weights_digest": digest(weights),
    }
    config = {"config": run.config.values(), "scene": scene.name, "scene_digest": scene.digest}
    facts = {"config": config, "history": run.history, "result": result}
    return {WEIGHTS: packed} | {f"{name}.json": as_json(value) for name, value in facts.items()}, change


def unpack(path: Path, store: Store, spec: str | None = None, sha256: str | None = None) -> Unpacked:
    """Puts the runs of a pack into a store. A run that is there already stays as it is.

    The whole file is checked before anything is written. A run goes where its config and the scene say, and only if
    that is what the pack says, too.

    Args:
        path: of the pack.
        spec: the scene, see `experiments.open_scene`; None for the made one that the pack names.
        sha256: of the file, or its first 8 digits or more; None does not ask.

    Raises:
        SemnerfError: a file that is missing, damaged, no pack, of another scene or version, or not the one announced.
    """
    if sha256 is not None and not re.fullmatch("[0-9a-f]{8,64}", sha256.lower()):
        raise SemnerfError(f"sha256 {sha256[:70]!r}, expected 8 to 64 hexadecimal digits")
    with open_pack(path) as opened:
        if sha256 is not None and not opened.sha256.startswith(sha256.lower()):
            raise SemnerfError(f"{path}: sha256 {opened.sha256[:12]}..., expected {sha256[:12]}...")
        scene_name, scale = opened.manifest["scene"], opened.manifest["scale"]
        spec = spec or (scene_name if scene_name in MADE_SCENES else None)
        if spec is None:
            raise SemnerfError(f"{path}: scene {scene_name[:60]!r} is not made, expected the path of the scene")
        scene = open_scene(spec, scale)
        runs = [_checked(opened, name, scene) for name in progress(opened.manifest["runs"], "checking runs")]
        made, kept = [], []
        for run in runs:
            if store.has(run.planned):
                kept.append(run.planned.id)
            else:
                _place(opened, store, run)
                made.append(run.planned.id)
    return Unpacked(tuple(made), tuple(kept))


@dataclass(frozen=True)
class _PackedRun:
    """A run of a pack that passed every check, and the JSON of its files."""

    planned: Planned
    facts: dict[str, Any]


def _checked(opened: Pack, name: str, scene: Scene) -> _PackedRun:
    """A run of a pack, if its files are what its id stands for.

    Raises:
        SemnerfError: naming the pack, the run and what is wrong with it.
    """
    try:
        facts = {fact: opened.json(f"runs/{name}/{fact}.json") for fact in FACTS}
        config = checked_config(facts["config"])
        if config.corruption.file:
            raise SemnerfError(f"config.json: corruption {config.corruption}, expected one that names no file")
        if config.fold is not None and config.fold >= N_FOLDS:
            raise SemnerfError(f"config.json: fold {config.fold}, expected 0 to {N_FOLDS - 1}")
        split = scene if config.fold is None else scene.folds(N_FOLDS)[config.fold]
        planned = Planned(split, config)
        expected = planned.id
    except (SemnerfError, MemoryError) as fault:
        raise SemnerfError(f"{opened.path}: run {name}: {fault}; expected a pack of this version of semnerf") from fault
    if expected != name:
        raise SemnerfError(
            f"{opened.path}: run {name} was not made on scene {scene.name} as it is here, expected {expected}: "
            "another scene, other frames of it, or another version of semnerf"
        )
    try:
        _check_facts(facts, config, split)
        weights = _weights(opened, name)
        if digest(weights) != facts["result"]["weights_digest"]:
            raise SemnerfError(f"{WEIGHTS}: others than its result names")
        check_weights(weights, build_model(config, split).state_dict())
    except (SemnerfError, RuntimeError, MemoryError) as fault:
        reason = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        raise SemnerfError(
            f"{opened.path}: run {name}: {reason}; expected weights and scores of this version of semnerf"
        ) from fault
    return _PackedRun(planned, facts)


def _check_facts(facts: dict[str, Any], config: Config, scene: Scene) -> None:
    """Raises SemnerfError unless config, history and result are those of a finished run of the scene."""
    kept, result = facts["config"], facts["result"]
    if (kept["scene"], kept["scene_digest"]) != (scene.name, scene.digest):
        raise SemnerfError(f"config.json: another scene, expected {scene.name} with digest {scene.digest[:12]}")
    check_history(facts["history"], config)
    check_result(result, "weights_digest")
    for name in ("metrics", "train_metrics"):
        if (scores := result.get(name)) is not None:
            check_labels(f"result.json: {name}", scores, scene.class_names)


def _weights(opened: Pack, name: str) -> dict[str, Tensor]:
    return unpack_weights(opened.read(f"runs/{name}/{WEIGHTS}"))


def _place(opened: Pack, store: Store, run: _PackedRun) -> None:
    """Writes a run as `store.make` does, its result last."""
    folder, weights = store.folder(run.planned), _weights(opened, run.planned.id)
    result = {key: value for key, value in run.facts["result"].items() if key != "weights_digest"}
    with locked(folder, wait=False):
        write_json(folder / "config.json", run.facts["config"])
        write_aside(folder / WEIGHTS, lambda aside: save_file(weights, aside))
        write_json(folder / "history.json", run.facts["history"])
        write_json(folder / "result.json", result | {"weights_sha256": sha256_of(folder / WEIGHTS)})
        (folder / "checkpoint.safetensors").unlink(missing_ok=True)
        forget(folder)
