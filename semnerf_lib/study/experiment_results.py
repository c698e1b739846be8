"""The results of one experiment on corrupted labels, and each model compared with a baseline in every repeat.

This module says what happened in these runs; `verdicts` says what may be concluded from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import spearmanr

from semnerf_lib.corruptions.rules import Labels
from semnerf_lib.evaluation import View, render_view
from semnerf_lib.experiments import Plan
from semnerf_lib.labels import CLEAN, Corruption, corrupt
from semnerf_lib.runs.store import Run, Store
from semnerf_lib.scene import Scene
from semnerf_lib.study.baselines import baseline_for
from semnerf_lib.study.published import Reference
from semnerf_lib.study.results import Results, baseline_results, corrupted_class, planned_results, results_of
from semnerf_lib.tables import spread


@dataclass(frozen=True)
class Comparison:
    """A model compared with a baseline on the same labels.

    Attributes:
        model, baseline: what tables call them.
        differences: model minus baseline in points, one a repeat; more is better for the model.
    """

    corruption: Corruption
    model: str
    baseline: str
    differences: tuple[float, ...]

    @property
    def outcome(self) -> str:
        """The word "ahead" or "behind" where the model is so in every repeat, else "mixed"."""
        return "ahead" if min(self.differences) > 0 else "behind" if max(self.differences) < 0 else "mixed"


@dataclass(frozen=True)
class ExperimentResults(Results):
    """The results of all models and baselines of an experiment, with its runs.

    Attributes:
        runs: each with the scene that it was trained on, in the order of the plan.
    """

    runs: tuple[tuple[Scene, Run], ...]

    @property
    def models(self) -> list[str]:
        """The supervisions, labels alone first."""
        return list(dict.fromkeys(run.config.supervision for _, run in self.runs))

    @property
    def corrupted_class(self) -> str | None:
        """The class whose IoU the scores hold as "class_iou"; None if no corruption changes a single class."""
        return corrupted_class(run.config for _, run in self.runs)

    @property
    def scored_frames(self) -> str:
        """At how many of which poses the runs are scored, in words."""
        scene, run = self.runs[0]
        scores = {"test": (run.metrics, scene.test_ids), "training": (run.train_metrics, scene.train_ids)}
        return " and ".join(f"{s['n_frames']} of {len(ids)} {views} poses" for views, (s, ids) in scores.items() if s)

    def first(self, corruption: Corruption, supervision: str = "labels") -> tuple[Scene, Run]:
        """The first repeat under a corruption, with its scene."""
        wanted = corruption, supervision
        return next((s, run) for s, run in self.runs if (run.config.corruption, run.config.supervision) == wanted)

    def input_labels(self, corruption: Corruption) -> Labels:
        """The labels of all frames as the first repeat under a corruption gets them."""
        scene, run = self.first(corruption)
        return corrupt(scene, corruption, run.config.seed)

    def baseline_labels(self, corruption: Corruption, ids: Sequence[int]) -> Labels:
        """Frames as the baseline that is best at such poses predicts them from the labels of the first repeat."""
        scene, _ = self.first(corruption)
        views = "train" if set(ids) <= set(scene.train_ids) else "test"
        name = self.names[self.select(views=views).best_baseline(corruption)]
        return baseline_for(corruption)[name](scene, self.input_labels(corruption), ids).labels

    def views(self, corruption: Corruption, ids: Sequence[int]) -> dict[str, list[View]]:
        """Frames as the models of the first repeat under a corruption render them: supervision to views."""
        rendered = {}
        for supervision in self.models:
            scene, run = self.first(corruption, supervision)
            model, camera = run.load(scene), scene.intrinsics
            rendered[supervision] = [render_view(model, camera, scene.c2w[i], scene.near, scene.far) for i in ids]
        return rendered

    def compare(self, views: str, role: str | None = None, key: str = "miou") -> list[Comparison]:
        """Each model under each corruption compared with a baseline, where there is one.

        Args:
            views: "test" or "train".
            role: of the baseline; None takes the best one of each corruption.
            key: of the scores. Repeats where it is unknown are left out.
        """
        comparisons = []
        for corruption in self.distinct("corruption"):
            rows = self.select(corruption=corruption, views=views)
            against = role or rows.best_baseline(corruption, key)
            baseline = rows.select(role=against).values(key)
            for model in self.models:
                scores = rows.select(role=model).values(key)
                differences = 100 * (scores - baseline) if scores.size == baseline.size else scores[:0]
                if valid := tuple(differences[np.isfinite(differences)].tolist()):
                    comparisons.append(Comparison(corruption, self.names[model], self.names[against], valid))
        return comparisons

    def losses(self, corruption: Corruption, views: str) -> dict[str, Float[np.ndarray, "repeats classes"]]:
        """Supervision to IoU of each class on clean labels minus that under a corruption; NaN: class absent."""

        def iou(model, corruption):
            rows = self.select(role=model, corruption=corruption, views=views).rows
            return np.array([list(row.scores["per_class_iou"].values()) for row in rows], dtype=float)  # None: NaN

        return {model: iou(model, CLEAN) - iou(model, corruption) for model in self.models}

    def table_rows(
        self,
        columns: Mapping[str, tuple[str, str]],
        titles: Mapping[Corruption, str],
        references: Sequence[Reference] = (),
    ) -> list[dict[str, str]]:
        """Rows for `tables.table`: mean, sample standard deviation and count of scores; a dash where unknown.

        Args:
            columns: head to ("test" or "train", key of the scores).
            titles: corruption to what the table calls it; corruptions without a title are left out.
            references: earlier runs of the experiment; each gets a column of its own for the first of `columns`.
        """
        head, (first_views, first_key) = next(iter(columns.items()))
        tables = {f"{head}, reference: {r.note}": results_of(("", run) for run in r.runs) for r in references}
        rows = []
        for corruption, title in titles.items():
            for role, name in self.names.items():
                own = self.select(corruption=corruption, role=role)
                cells = {head: spread(own.select(views=views).values(key)) for head, (views, key) in columns.items()}
                if set(cells.values()) != {spread([])}:
                    same = {"corruption": corruption, "role": role, "views": first_views}
                    cells |= {head: spread(table.select(**same).values(first_key)) for head, table in tables.items()}
                    rows.append({"labels": title, "what": name, **cells})
        return rows


def gather(planned: Plan, store: Store, baselines_at: str = "train") -> ExperimentResults:
    """The results of an experiment: runs that are missing are made, and the baselines are scored beside them.

    Args:
        planned: see `experiments.plan`.
        baselines_at: "train", where a baseline knows the corrupted labels of the frame itself, and beside it those
            that predict any frame at the test poses; or "test", where there are these alone.

    Raises:
        SemnerfError: see `Store.get`.
    """
    runs = {one.id: store.get(one) for one in planned}
    poses = dict.fromkeys([baselines_at, "test"])
    rows = planned_results(planned, runs).rows + baseline_results(planned, store, *poses).rows
    return ExperimentResults(rows, tuple((one.scene, runs[one.id]) for one in planned))


def comparison_rows(comparisons: Sequence[Comparison], titles: Mapping[Corruption, str]) -> list[dict[str, str]]:
    """Comparisons as rows for `tables.table`.

    Args:
        titles: corruption to what the table calls it.
    """
    return [
        {
            "labels": titles[c.corruption],
            "model": c.model,
            "against": c.baseline,
            "lead (points)": spread(c.differences, 1),
            "in every repeat": c.outcome,
        }
        for c in comparisons
    ]


def always_behind(comparisons: Sequence[Comparison], titles: Mapping[Corruption, str], baseline: str) -> str:
    """The models that are behind in every repeat, and under which corruptions: a line a model.

    Args:
        titles: corruption to what the text calls it.
        baseline: what the text calls the baseline.
    """
    behind: dict[str, list[str]] = {}
    for c in comparisons:
        if c.outcome == "behind":
            behind.setdefault(c.model, []).append(titles[c.corruption])
    lines = [f"  {model}: {'; '.join(names)}" for model, names in behind.items()] or ["  no model under any corruption"]
    return "\n".join([f"behind {baseline} in every repeat:", *lines])


def greatest_losses(
    losses: Float[np.ndarray, "repeats classes"],
    class_names: Sequence[str],
    shares: Float[np.ndarray, "classes"],
    most: int = 3,
) -> str:
    """The classes that lose most IoU, and whether rare classes lose more, in words.

    Args:
        losses: of IoU, see `ExperimentResults.losses`.
        class_names: C names.
        shares: of the labelled pixels, one a class.
        most: how many classes are named.
    """
    loss = np.ma.masked_invalid(losses).mean(axis=0).filled(np.nan)
    order = [int(c) for c in np.argsort(-loss) if np.isfinite(loss[c])]
    named = [f"{class_names[c]} ({loss[c]:+.2f} of IoU; {shares[c]:.2%} of the pixels)" for c in order[:most]]
    rank = spearmanr(shares[order], loss[order]).statistic if len(set(loss[order])) > 1 else 0.0
    return (
        f"greatest losses: {', '.join(named)}\n"
        f"rank correlation of loss and share of the pixels, {len(order)} classes: {rank:+.2f} (negative: the rare pay)"
    )
