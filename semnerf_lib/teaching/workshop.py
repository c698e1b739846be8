"""Packs of finished runs, for a room of laptops that have no time to train: one file, handed around, checked by hash.

The file itself is `archive`'s. Weights are rounded (see `weights`), so a run's scores in the pack are those of rounded
weights, measured anew, and its provenance says so. An unpacked run is a run like any other: found by its id, and its
weights have the hash that its result names.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from safetensors.torch import save_file

from semnerf_lib.config import Config
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import evaluate, scored_frames
from semnerf_lib.experiments import N_FOLDS, Plan, open_scene, plan
from semnerf_lib.machine.devices import pick_device
from semnerf_lib.machine.files import digest, sha256_of, write_aside, write_json
from semnerf_lib.machine.progress import progress
from semnerf_lib.machine.provenance import revision
from semnerf_lib.models import build_model
from semnerf_lib.runs.notebooks import NEEDS
from semnerf_lib.runs.store import Run, Store, run_id
from semnerf_lib.runs.underway import claim, forget
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.loading import MADE_SCENES
from semnerf_lib.teaching.archive import as_json, checked_manifest, facts_of, member, opened, write_archive
from semnerf_lib.teaching.weights import STEPS, pack_weights, unpack_weights

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
    found = {}
    for number in notebooks:
        if number.zfill(2) not in NEEDS:
            raise SemnerfError(f"only {number}: it asks for no run, expected some of: {', '.join(NEEDS)}")
        for name in NEEDS[number.zfill(2)]:
            found |= {run_id(*pair): pair for pair in plan(name, scene, scale)}
    return list(found.values())


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
    missing = sum(not store.has(*pair) for pair in planned)
    if missing or not planned:
        raise SemnerfError(
            f"{store.root}: {missing} of {len(planned)} runs are not finished, expected all: `semnerf reproduce` first"
        )
    members, changes = {}, []
    for split, config in progress(planned, "packing runs"):
        run = store.find(split, config)
        parts, change = _rounded(run, split)
        members |= {f"runs/{run.id}/{name}": data for name, data in parts.items()}
        changes.append(change)
    ids = [run_id(*pair) for pair in planned]
    facts = {"scene": scene.name, "scale": scale, "revision": revision(), "runs": ids}
    write_archive(path, facts, members)
    return Packed(path, len(planned), path.stat().st_size, sha256_of(path), max(changes, key=abs))


def _rounded(run: Run, scene: Scene) -> tuple[dict[str, bytes], float]:
    """The members of a run, and how much rounding changed its mIoU at the test frames."""
    model = run.load(scene, pick_device())
    packed = pack_weights(model.state_dict())
    weights = unpack_weights(packed)
    model.load_state_dict(weights)
    before = {"test": run.metrics, "train": run.train_metrics}
    scores = {
        views: evaluate(model, scene, ids) | {key: before[views][key] for key in TIMES if key in before[views]}
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
    config = {"config": asdict(run.config), "scene": scene.name, "scene_digest": scene.digest}
    facts = {"config": config, "history": run.history, "result": result}
    return {"weights.bin": packed} | {f"{name}.json": as_json(value) for name, value in facts.items()}, change


def unpack(path: Path, store: Store, spec: str | None = None, sha256: str | None = None) -> Unpacked:
    """Puts the runs of a pack into a store. A run that is there already stays as it is.

    Nothing is written before the whole file was checked. No member's name becomes a path: a run goes where its
    config and the scene say, and only if that is what the pack says, too.

    Args:
        path: of the pack.
        spec: the scene, see `experiments.open_scene`; None for the made one that the pack names.
        sha256: that the file must have, or how it begins; None does not ask.

    Raises:
        SemnerfError: a file that is missing, damaged, no pack, of another scene or version, or not the one announced.
    """
    with opened(path) as archive:
        if sha256 and not sha256_of(path).startswith(sha256.lower()):
            raise SemnerfError(f"{path}: sha256 {sha256_of(path)[:12]}..., expected {sha256[:12]}...")
        manifest = checked_manifest(path, archive)
        spec = spec or (manifest["scene"] if manifest["scene"] in MADE_SCENES else None)
        if spec is None:
            raise SemnerfError(
                f"{path}: of scene {manifest['scene']!r}, expected the path of that scene as the argument scene"
            )
        scene = open_scene(spec, manifest["scale"])
        pairs = {name: _pair(path, archive, name, scene) for name in manifest["runs"]}
        made, kept = [], []
        for name, (split, config) in progress(pairs.items(), "unpacking runs"):
            if store.has(split, config):
                kept.append(name)
            else:
                _place(path, archive, store, split, config)
                made.append(name)
    return Unpacked(tuple(made), tuple(kept))


def _pair(path: Path, archive: zipfile.ZipFile, name: str, scene: Scene) -> tuple[Scene, Config]:
    """The scene and config of a run, if they are what its id stands for."""
    try:
        config = Config().replace(**facts_of(path, archive, name)["config"]["config"])
    except (KeyError, TypeError, ValueError, SemnerfError) as fault:
        raise SemnerfError(f"{path}: run {name}: {fault}; expected a pack of this version of semnerf") from fault
    split = scene if config.fold is None else scene.folds(N_FOLDS)[config.fold]
    if run_id(split, config) != name:
        raise SemnerfError(
            f"{path}: run {name} was not made on scene {scene.name} as it is here, expected {run_id(split, config)}: "
            "another scene, other frames of it, or another version of semnerf"
        )
    return split, config


def _place(path: Path, archive: zipfile.ZipFile, store: Store, scene: Scene, config: Config) -> None:
    """Writes a run as `runs.make` does, its result last."""
    folder = store.folder(scene, config)
    facts = facts_of(path, archive, folder.name)
    weights = unpack_weights(member(path, archive, f"runs/{folder.name}/weights.bin"))
    try:
        build_model(config, scene).load_state_dict(weights)
        expected = facts["result"].pop("weights_digest")
    except (RuntimeError, KeyError, AttributeError) as fault:
        reason = str(fault).splitlines()[0]
        raise SemnerfError(
            f"{path}: run {folder.name}: {reason}; expected weights of this version of semnerf"
        ) from fault
    if digest(weights) != expected:
        raise SemnerfError(
            f"{path}: run {folder.name}: its weights unpack to others, expected digest {expected[:12]}..."
        )
    with claim(folder, wait=False):
        write_json(folder / "config.json", facts["config"])
        write_aside(folder / "weights.safetensors", lambda aside: save_file(weights, aside))
        write_json(folder / "history.json", facts["history"])
        sha256 = sha256_of(folder / "weights.safetensors")
        write_json(folder / "result.json", facts["result"] | {"weights_sha256": sha256})
        (folder / "checkpoint.safetensors").unlink(missing_ok=True)
        forget(folder)
