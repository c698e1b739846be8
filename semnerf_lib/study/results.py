"""What came out of an experiment on corrupted labels: its runs and what they are compared with, level by level."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from semnerf_lib.corruptions import Labels
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import View, render_view, scored_frames
from semnerf_lib.experiments import Plan, Planned
from semnerf_lib.labels import CLEAN, Corruption, corrupt
from semnerf_lib.machine.files import read_json, write_json
from semnerf_lib.runs.store import Run, Store
from semnerf_lib.scene import Scene
from semnerf_lib.study.baselines import baseline_for, baseline_scores
from semnerf_lib.study.claims import INPUT
from semnerf_lib.study.contests import Contest
from semnerf_lib.study.published import Reference
from semnerf_lib.tables import spread

TRAIN, TEST = "training poses", "test poses"
VIEWS = {TRAIN: "train", TEST: "test"}
"""What `evaluation.scored_frames` and claims call them."""
BASELINE_RULE = "1"
"""Of the baselines: raise it when one of them comes to other scores, so that kept scores are made again."""
BASELINE_ROLES = ("baseline 1", "baseline 2", "baseline 3")
"""Roles of what needs no NeRF, in the order in which `baselines.baseline_for` names it."""

Scores = dict[str, dict[Corruption, list[dict[str, Any]]]]
"""Role -> level -> scores, one a repeat (seed or fold)."""


@dataclass(frozen=True)
class Outcome:
    """The runs of one experiment, and the scores of all that is compared.

    Attributes:
        runs: each with the scene that it was trained on, in the plan's order.
        names: role -> what tables call it. Roles: a model's supervision, "input" (`claims.INPUT`), BASELINE_ROLES.
        scores: TRAIN and TEST -> scores there, as `evaluation.evaluate` names them. Where a level changes the
            instances of one class, all scores hold "class_iou" too, that class's IoU.
        corrupted_class: that class, else None.
        baselines_at: where baselines are scored, TRAIN or TEST.
    """

    runs: list[tuple[Scene, Run]]
    names: dict[str, str]
    scores: dict[str, Scores]
    corrupted_class: str | None
    baselines_at: str

    @property
    def levels(self) -> list[Corruption]:
        """The corruptions, in the plan's order."""
        return list(dict.fromkeys(run.config.corruption for _, run in self.runs))

    @property
    def models(self) -> list[str]:
        """The supervisions, labels alone first."""
        return list(dict.fromkeys(run.config.supervision for _, run in self.runs))

    @property
    def scored(self) -> str:
        """At how many of which poses the runs are scored, for a person."""
        scene, run = self.runs[0]
        there = {"test": (run.metrics, scene.test_ids), "training": (run.train_metrics, scene.train_ids)}
        return " and ".join(f"{m['n_frames']} of {len(ids)} {views} poses" for views, (m, ids) in there.items() if m)

    def first(self, level: Corruption, supervision: str = "labels") -> tuple[Scene, Run]:
        """The first repeat at a level, with its scene."""
        wanted = level, supervision
        return next((s, run) for s, run in self.runs if (run.config.corruption, run.config.supervision) == wanted)

    def learnt(self, level: Corruption) -> Labels:
        """The labels that the first repeat at a level learnt from, with those of the other frames of its scene."""
        scene, run = self.first(level)
        return corrupt(scene, level, run.config.seed)

    def views(self, level: Corruption, ids: Sequence[int]) -> dict[str, list[View]]:
        """Frames rendered by the models of the first repeat at a level: supervision -> views."""
        rendered = {}
        for supervision in self.models:
            scene, run = self.first(level, supervision)
            model = run.load(scene)
            rendered[supervision] = [
                render_view(model, scene.intrinsics, scene.c2w[i], scene.near, scene.far) for i in ids
            ]
        return rendered

    def best_baseline(self, level: Corruption, key: str = "miou") -> str | None:
        """The role of the baseline with the highest mean score at a level, knowing the truth; None without one."""
        scores = self.scores[self.baselines_at]
        means = {role: np.mean(known) for role in BASELINE_ROLES if (known := at(scores, role, level, key))}
        return max(means, key=means.__getitem__) if means else None

    def simple(self, level: Corruption, ids: Sequence[int]) -> Labels:
        """Frames as the best baseline predicts them from the labels of the first repeat at a level."""
        scene, _ = self.first(level)
        baselines = baseline_for(level)
        return baselines[self.names[self.best_baseline(level)]](scene, self.learnt(level), ids)

    def contests(self, views: str, rival: str | None = None, key: str = "miou") -> list[Contest]:
        """Each model at each level against a rival, where there is one.

        Args:
            views: TRAIN or TEST.
            rival: a role; None takes the best baseline of the level.
            key: of the scores.
        """
        found = []
        for level in self.levels:
            role = rival or self.best_baseline(level, key)
            theirs = at(self.scores[views], role, level, key)
            for model in self.models:
                own = at(self.scores[views], model, level, key)
                if own and len(own) == len(theirs):  # a class may be in no scored frame of a fold
                    found.append(Contest(level, self.names[model], self.names[role], own, theirs))
        return found

    def losses(self, level: Corruption, views: str) -> dict[str, Float[np.ndarray, "repeats classes"]]:
        """Supervision -> IoU of each class on clean labels minus IoU at a level; NaN where a class is absent."""

        def iou(model, corruption):
            found = [r["per_class_iou"].values() for r in self.scores[views][model][corruption]]
            return np.array([[np.nan if v is None else v for v in row] for row in found], dtype=float)

        return {model: iou(model, CLEAN) - iou(model, level) for model in self.models}

    def rows(
        self,
        columns: Mapping[str, tuple[str, str]],
        titles: Mapping[Corruption, str],
        references: Sequence[Reference] = (),
    ) -> list[dict[str, str]]:
        """The results as rows for `notebook.table`: mean, sample standard deviation and count; a dash if unknown.

        Args:
            columns: head -> (TRAIN or TEST, key of the scores).
            titles: level -> what the table calls it; levels without a title are left out.
            references: earlier runs of the experiment; each gets a column of its own for the first of `columns`.
        """
        shown = []
        for level, title in titles.items():
            for role, name in self.names.items():
                cells = {
                    head: spread(at(self.scores[views], role, level, key)) for head, (views, key) in columns.items()
                }
                if any(cell != spread([]) for cell in cells.values()):
                    head, (views, key) = next(iter(columns.items()))
                    theirs = {
                        f"{head}, reference: {r.note}": spread(referred(r, level, role, views, key)) for r in references
                    }
                    shown.append({"labels": title, "what": name, **cells, **theirs})
        return shown


def at(scores: Scores, role: str | None, level: Corruption, key: str) -> tuple[float, ...]:
    """The known values of a score, one a repeat; none if nobody has them."""
    return known(scores.get(role, {}).get(level, ()), key)


def known(repeats: Sequence[Mapping[str, Any]], key: str) -> tuple[float, ...]:
    """The values of a score that are there and finite."""
    return tuple(float(r[key]) for r in repeats if r.get(key) is not None and np.isfinite(r[key]))


def referred(reference: Reference, level: Corruption, supervision: str, views: str, key: str) -> tuple[float, ...]:
    """A score of a reference's runs under one corruption."""
    runs = [r for r in reference.runs if (r.config.corruption, r.config.supervision) == (level, supervision)]
    return known([(r.train_metrics or {}) if views == TRAIN else r.metrics for r in runs], key)


def gather(planned: Plan, store: Store, baselines_at: str = TRAIN) -> Outcome:
    """Asks the store for the runs of an experiment, made now or before, and scores what needs no NeRF beside them.

    Args:
        planned: see `experiments.plan`.
        baselines_at: TRAIN, where the corrupted labels of the frames themselves are known, or TEST. At the training
            poses clean labels leave nothing to do, and no baseline is scored on them.

    Raises:
        SemnerfError: see `Store.get`.
    """
    names = (one.config.corruption.class_name for one in planned)
    corrupted_class = next(filter(None, names), None)
    runs, names, scores = [], {}, {TRAIN: {}, TEST: {}}

    def add(views, role, level, found):
        if found is not None:
            more = {"class_iou": found["per_class_iou"][corrupted_class]} if corrupted_class else {}
            scores[views].setdefault(role, {}).setdefault(level, []).append(found | more)

    for one in planned:
        config, run = one.config, store.get(one)
        runs.append((one.scene, run))
        names[config.supervision] = config.model_name
        add(TEST, config.supervision, config.corruption, run.metrics)
        add(TRAIN, config.supervision, config.corruption, run.train_metrics)
    roles = {INPUT: "input"}
    for scene, run in runs:
        level = run.config.corruption
        if run.config.supervision != "labels" or (level == CLEAN and baselines_at == TRAIN):
            continue
        for name, found in scored_baselines(store, Planned(scene, run.config), VIEWS[baselines_at]).items():
            if name not in roles:
                roles[name] = BASELINE_ROLES[len(roles) - 1]
            names[roles[name]] = name
            add(baselines_at, roles[name], level, found)
    return Outcome(runs, names, scores, corrupted_class, baselines_at)


def scored_baselines(store: Store, planned: Planned, views: str) -> dict[str, dict[str, Any]]:
    """The scores of what needs no NeRF, on the corrupted labels and at the scored frames of a run.

    They are computed once and kept in `<results>/baselines/<id>.json`. The id is a hash of all that they depend on, so
    both supervisions, the notebooks and the verdict read the same file. A missing or damaged file is written again.

    Args:
        planned: the run.
        views: "train" or "test".

    Returns:
        Name -> scores (see `baselines.baseline_scores`). At training poses the first is `claims.INPUT`: the labels that
        training sees, as they are.

    Raises:
        SemnerfError: a corruption that this scene cannot have, or the file cannot be written.
    """
    scene, config = planned.scene, planned.config
    ids, corruption = scored_frames(scene, config)[views], config.corruption
    depends = (BASELINE_RULE, scene.digest, str(corruption), corruption.fingerprint(), config.seed, views, ids)
    key = hashlib.sha256("\n".join(map(str, depends)).encode()).hexdigest()[:12]
    path, baselines = store.root / "baselines" / f"{key}.json", baseline_for(corruption)
    names = list(dict.fromkeys([*([INPUT] if views == "train" else []), *baselines]))
    try:
        kept = read_json(path)["scores"]
        if list(kept) == names:
            return kept
    except (SemnerfError, KeyError, TypeError):
        pass
    labels = corrupt(scene, corruption, config.seed)
    predictions = {name: labels[ids] if name == INPUT else baselines[name](scene, labels, ids) for name in names}
    scores = {name: baseline_scores(predicted, scene, ids) for name, predicted in predictions.items()}
    facts = {"scene": scene.name, "corruption": str(corruption), "seed": config.seed, "views": views}
    write_json(path, facts | {"scores": scores})
    return scores
