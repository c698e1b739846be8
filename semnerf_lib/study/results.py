"""The scores of runs and of baselines as one table, which notebooks, verdicts, costs and reports all read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float

from semnerf_lib.config import Config
from semnerf_lib.corruptions.rules import Labels
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import scored_frames
from semnerf_lib.experiments import Plan, Planned
from semnerf_lib.labels import CLEAN, Corruption, corrupt
from semnerf_lib.machine.files import kept_json
from semnerf_lib.runs.facts import check_labels
from semnerf_lib.runs.store import Run, Store, read_run
from semnerf_lib.scene import Scene
from semnerf_lib.study.baselines import ANY_VIEW, Baseline, Predicted, baseline_for, baseline_scores
from semnerf_lib.study.claims import INPUT, LABELS

POSES = {"test": "test poses", "train": "training poses"}
"""What tables and figures call the views at which a run is scored."""
BASELINE_RULE = "2"
"""Version of the baselines. Raise it when the scores of one change, so that kept scores are computed again."""

ByRole = dict[str, dict[Corruption, list[Mapping[str, Any]]]]
"""Role to corruption to the scores of each repeat."""


@dataclass(frozen=True)
class Result:
    """The scores of a run, or of a baseline on the labels of that run, at the test or at the training poses.

    Attributes:
        corruption: of the labels.
        role: "labels" or "labels+rgb" for a model (its supervision), "input" for the labels that training sees, and
            "baseline 1", "baseline 2" and so on for the others.
        name: what tables call it: a model, a variant or a baseline.
        repeat: fold and seed.
        views: "test" or "train".
        scores: as `evaluation.evaluate` names them. If a corruption of the experiment changes one class, there is
            "class_iou" too, the IoU of that class.
        run: id; empty for a baseline.
    """

    corruption: Corruption
    role: str
    name: str
    repeat: tuple[int | None, int]
    views: str
    scores: Mapping[str, Any]
    run: str = ""


@dataclass(frozen=True)
class Results:
    """A table of results.

    Attributes:
        rows: those of models first, in the order of the plan.
    """

    rows: tuple[Result, ...]

    def select(self, **fields: Any) -> Results:
        """The rows with these values, such as `select(role="labels", views="test")`."""
        return Results(tuple(row for row in self.rows if all(getattr(row, k) == v for k, v in fields.items())))

    def values(self, key: str) -> Float[np.ndarray, "rows"]:
        """One score of every row, NaN where it is unknown."""
        values = (row.scores.get(key) for row in self.rows)
        return np.array([np.nan if value is None else value for value in values], dtype=float)

    def distinct(self, field: str) -> list[Any]:
        """The values of a field, each once, in the order of the rows."""
        return list(dict.fromkeys(getattr(row, field) for row in self.rows))

    @property
    def names(self) -> dict[str, str]:
        """Role to what tables call it."""
        return {row.role: row.name for row in self.rows}

    def by_poses(self, *views: str) -> dict[str, ByRole]:
        """The scores at some poses (see `POSES`), for `plots.curves_with_spread`."""
        tree: dict[str, ByRole] = {POSES[v]: {} for v in views}
        for row in self.rows:
            if row.views in views:
                tree[POSES[row.views]].setdefault(row.role, {}).setdefault(row.corruption, []).append(row.scores)
        return tree

    def best_baseline(self, corruption: Corruption, key: str = "miou") -> str | None:
        """The role of the baseline with the highest mean score, None without one.

        The true labels choose it, which is an advantage for the baselines.
        """
        rows, means = self.select(corruption=corruption), {}
        for role in rows.distinct("role"):
            values = rows.select(role=role).values(key)
            if role.startswith("baseline") and np.isfinite(values).any():
                means[role] = np.nanmean(values)
        return max(means, key=means.__getitem__) if means else None


def results_of(labelled_runs: Iterable[tuple[str, Run]]) -> Results:
    """The results of finished runs.

    Args:
        labelled_runs: each with what tables call it, see `experiments.Planned`.
    """
    labelled_runs, rows = list(labelled_runs), []
    name = corrupted_class(run.config for _, run in labelled_runs)
    for label, run in labelled_runs:
        for views, scores in (("test", run.metrics), ("train", run.train_metrics)):
            if scores is not None:
                rows.append(_row(run.config, run.config.supervision, label, views, scores, name, run.id))
    return Results(tuple(rows))


def planned_results(planned: Plan, runs: Mapping[str, Run]) -> Results:
    """The results of those planned runs that are among `runs` (id to run)."""
    return results_of((one.label, runs[one.id]) for one in planned if one.id in runs)


def baseline_results(planned: Plan, store: Store, *poses: str) -> Results:
    """The results of the baselines on the labels of planned runs, once for both supervisions.

    At the training poses clean labels leave nothing to improve, so no baseline is scored on them. At the test poses
    there are those that predict any frame.

    Args:
        poses: "test", "train", or both in any order.

    Raises:
        SemnerfError: see `scored_baselines`.
    """
    rows, roles = [], {INPUT: "input"}
    name = corrupted_class(one.config for one in planned)
    for views, one in product(poses, planned):
        if one.config.supervision == LABELS and (views == "test" or one.config.corruption != CLEAN):
            for baseline, scores in scored_baselines(store, one)[views].items():
                role = roles.setdefault(baseline, f"baseline {len(roles)}")
                rows.append(_row(one.config, role, baseline, views, scores, name))
    return Results(tuple(rows))


def corrupted_class(configs: Iterable[Config]) -> str | None:
    """The class that a corruption of the configs changes; None if none changes a single class."""
    return next(filter(None, (config.corruption.class_name for config in configs)), None)


def _row(
    config: Config, role: str, name: str, views: str, scores: Mapping[str, Any], class_name: str | None, run: str = ""
) -> Result:
    if class_name is not None:
        scores = {**scores, "class_iou": scores["per_class_iou"][class_name]}
    return Result(config.corruption, role, name, (config.fold, config.seed), views, scores, run)


def finished(planned: Plan, store: Store) -> dict[str, Run]:
    """Id to run of those planned runs that are finished, in the order of the plan. Their weights are not read.

    Raises:
        SemnerfError: a file of a finished run is damaged.
    """
    return {one.id: read_run(store.folder(one)) for one in planned if store.has(one)}


def scored_baselines(store: Store, planned: Planned) -> dict[str, dict[str, dict[str, Any]]]:
    """The scores of the baselines on the corrupted labels of a run, at the frames where the run is scored.

    They are computed once and kept in `<results>/baselines/<id>.json`. The id is a hash of all that they depend on, so
    both supervisions, the notebooks and the verdict read the same file. A missing or damaged file is written again.

    Args:
        planned: the run.

    Returns:
        Poses ("test", and "train" where the run is scored there) -> name -> scores (see `baselines.baseline_scores`).
        At test poses there are the baselines that predict any frame. At training poses the first is `claims.INPUT`:
        the labels that training sees, as they are.

    Raises:
        SemnerfError: a corruption that this scene cannot have, or the file cannot be written.
    """
    scene, config = planned.scene, planned.config
    frames, corruption = scored_frames(scene, config), config.corruption
    depends = (BASELINE_RULE, scene.digest, str(corruption), corruption.fingerprint(), config.seed, frames)
    key = hashlib.sha256("\n".join(map(str, depends)).encode()).hexdigest()[:12]
    path, baselines = store.root / "baselines" / f"{key}.json", baseline_for(corruption)
    names = {"test": [n for n in baselines if n in ANY_VIEW], "train": list(dict.fromkeys([INPUT, *baselines]))}

    def check(value: Any) -> None:
        scores = value["scores"]
        if {views: list(scores) for views, scores in scores.items()} != {views: names[views] for views in frames}:
            raise SemnerfError(f"{path}: other baselines or poses, expected {names}")
        for name, own in (item for by_name in scores.values() for item in by_name.items()):
            check_labels(name, own, scene.class_names)

    def make() -> dict[str, Any]:
        predicted = predictions(scene, corrupt(scene, corruption, config.seed), frames, baselines)
        scores = {
            views: {
                name: baseline_scores(predicted[views][name].labels, scene, ids, predicted[views][name].depth)
                for name in names[views]
            }
            for views, ids in frames.items()
        }
        return {"scene": scene.name, "corruption": str(corruption), "seed": config.seed, "scores": scores}

    return kept_json(path, check, make)["scores"]


def predictions(
    scene: Scene, labels: Labels, frames: Mapping[str, list[int]], baselines: Mapping[str, Baseline]
) -> dict[str, dict[str, Predicted]]:
    """Poses -> name -> what a baseline predicts there, and at training poses `claims.INPUT`, the labels as they are.

    A baseline that predicts any frame is called once for all poses, as votes in 3D take seconds.

    Args:
        frames: poses -> ids.
    """
    predicted: dict[str, dict[str, Predicted]] = {views: {} for views in frames}
    for name, baseline in baselines.items():
        asked = frames if name in ANY_VIEW else {views: ids for views, ids in frames.items() if views == "train"}
        if not asked:
            continue
        everything, start = baseline(scene, labels, [i for ids in asked.values() for i in ids]), 0
        for views, ids in asked.items():
            part = slice(start, start := start + len(ids))
            predicted[views][name] = Predicted(*(array if array is None else array[part] for array in everything))
    if "train" in frames:
        predicted["train"][INPUT] = Predicted(labels[frames["train"]])
    return predicted
