"""Notebook 19: ten seeds where three decide nothing, in the made room, judged as notebook 10 judges three."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from semnerf_lib.experiments import Planned, open_scene
from semnerf_lib.experiments.plans import N_SEEDS, REGION_CLASS, corrupted
from semnerf_lib.labels import CLEAN, Corruption
from semnerf_lib.questions.claims_elsewhere import SCALE, Judged
from semnerf_lib.questions.question import Case, Question
from semnerf_lib.questions.rows import Row, select
from semnerf_lib.runs.store import Run, Store
from semnerf_lib.study.baselines import baseline_for
from semnerf_lib.study.claims import CLAIMS, INPUT, LABELS, MARGIN, WITH_RGB, Claim, Statement
from semnerf_lib.study.results import scored_baselines
from semnerf_lib.study.verdicts import INCONCLUSIVE, compare_seeds

SCENE = "room"
SEEDS = 10
FIRST, NEW = range(N_SEEDS[SCALE]), range(N_SEEDS[SCALE], SEEDS)
"""The seeds that chose what is repeated, and those that did not."""
OPEN: dict[str, tuple[str, ...]] = {
    "label_noise": ("region-sort:0.5:chair", "region-even:0.5:chair"),
    "super_resolution": ("super-dense:4", "super-dense:8"),
    "label_propagation": ("propagation:10",),
    "sparse_labels": ("sparse:0.9", "sparse:0.988889"),
}
"""Labels under which at least one statement of notebook 10 was inconclusive with three seeds, by experiment."""


def cases() -> Iterator[Case]:
    """The experiments' own runs under `OPEN`, and on clean labels, with ten seeds instead of three."""
    scene = open_scene(SCENE, SCALE)
    chosen = [CLEAN, *(Corruption.parse(text) for texts in OPEN.values() for text in texts)]
    for planned in corrupted(scene, SCALE, chosen, range(SEEDS)):
        yield Case(SCENE, SCALE, planned, {"corruption": str(planned.config.corruption)})


def measure(planned: Planned, run: Run) -> dict[str, Any]:
    """mIoU at both poses, and the chairs' IoU at training poses; of labels alone also those of each baseline."""
    row = _scores(LABELS, "test", run.metrics) | _scores(LABELS, "train", run.train_metrics)
    if run.config.supervision == LABELS:
        for views, by_name in scored_baselines(Store(run.folder.parents[1]), planned).items():
            for name, scores in by_name.items():
                row |= _scores(name, views, scores)
    return row


def _scores(name: str, views: str, scores: Mapping[str, Any]) -> dict[str, Any]:
    chair = {score_name(name, views, REGION_CLASS): scores["per_class_iou"][REGION_CLASS]} if views == "train" else {}
    return {score_name(name, views): scores["miou"]} | chair


def score_name(name: str, views: str, class_name: str | None = None) -> str:
    """Where a row has a score: of the run itself under the name "labels", whatever it learnt from.

    >>> score_name("labels", "test"), score_name("majority filter", "train", "chair")
    ('labels: mIoU, test', 'majority filter: IoU of chair, train')
    """
    return f"{name}: {'mIoU' if class_name is None else f'IoU of {class_name}'}, {views}"


def judged(rows: Sequence[Row], seeds: Sequence[int] = range(SEEDS)) -> list[Judged]:
    """Each statement of notebook 10 under each of `OPEN`, over some seeds."""
    found = []
    for claim in CLAIMS:
        for corruption in map(Corruption.parse, OPEN.get(claim.experiment, ())):
            for statement in claim.statements_under(corruption):
                ours, theirs = _compared(rows, seeds, claim, statement, corruption)
                found.append(Judged(SCENE, claim, statement, corruption, compare_seeds(ours, theirs, MARGIN)))
    return found


def _compared(
    rows: Sequence[Row], seeds: Sequence[int], claim: Claim, statement: Statement, corruption: Corruption
) -> tuple[list[float], list[float]]:
    """Points of labels alone and of the other, seed by seed; the best baseline is that with the highest mean."""

    def points(name: str, supervision: str = LABELS, under: Corruption = corruption) -> list[float]:
        by_seed = {row["seed"]: row for row in select(rows, supervision=supervision, corruption=str(under))}
        key = score_name(name, claim.views, corruption.class_name)
        # a baseline that these poses do not have is never the best
        return [100 * by_seed[seed].get(key, -np.inf) for seed in seeds]

    if statement.against == WITH_RGB:
        ours, theirs = points(LABELS), points(LABELS, WITH_RGB)
        if statement.beyond_clean:
            ours = np.subtract(ours, points(LABELS, under=CLEAN)).tolist()
            theirs = np.subtract(theirs, points(LABELS, WITH_RGB, CLEAN)).tolist()
        return ours, theirs
    names = [INPUT] if statement.against == INPUT else sorted(baseline_for(corruption).keys() - {INPUT})
    return points(LABELS), max(map(points, names), key=np.mean)


def left_open(rows: Sequence[Row], seeds: Sequence[int] = range(SEEDS)) -> list[Judged]:
    """The statements that the first three seeds left open, judged over some seeds."""
    three = judged(rows, FIRST)
    return [one for one, few in zip(judged(rows, seeds), three, strict=True) if few.verdict == INCONCLUSIVE]


def conclude(rows: Sequence[Row]) -> str:
    """How many statements three seeds left open, what ten say of them, and whether the seven new seeds agree."""
    ten, new = left_open(rows), left_open(rows, NEW)
    said = [one.verdict for one in ten]
    parts = ", ".join(f"{said.count(verdict)} {verdict}" for verdict in dict.fromkeys(said))
    agree = sum(one.verdict == other.verdict for one, other in zip(ten, new, strict=True))
    return (
        f"{len(ten)} of {len(judged(rows, FIRST))} statements were inconclusive with three seeds. With ten: {parts}. "
        f"The {len(NEW)} new seeds alone, which did not choose what is repeated, say the same of {agree}."
    )


QUESTION = Question("more_seeds", "Ten seeds where three decide nothing", "19", cases, measure, conclude)
