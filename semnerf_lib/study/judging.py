"""The verdicts that finished runs allow on P1's claims (see `claims`).

Nothing here trains: runs are read from the store, and what is missing there is told as not run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import Plan, open_scene, plan
from semnerf_lib.labels import CLEAN, Corruption
from semnerf_lib.machine.files import read_json
from semnerf_lib.runs.store import Run, Store, read_run
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.rooms.room import MADE_SCENES
from semnerf_lib.study.claims import BEST, CLAIMS, INPUT, LABELS, MARGIN, WITH_RGB, Claim, Statement
from semnerf_lib.study.published import Reference
from semnerf_lib.study.results import scored_baselines
from semnerf_lib.study.verdicts import (
    INCONCLUSIVE,
    NO_VERDICT,
    NOT_RUN,
    PairedComparison,
    compare_folds,
    compare_seeds,
    of_all,
)


@dataclass(frozen=True)
class Side:
    """One of the two that are compared, with a value a repeat (seed or fold).

    Attributes:
        name: of the model or the baseline.
        scores: points (see `measured`).
        depth: mean depth errors in metres at the same frames, None where the scene has no depth.
        runs: ids; none for what needs no NeRF.
        frames: how many frames a run was scored at; 0 without runs.
    """

    name: str
    scores: tuple[float, ...] = ()
    depth: tuple[float | None, ...] = ()
    runs: tuple[str, ...] = ()
    frames: int = 0


@dataclass(frozen=True)
class Row:
    """A statement under one corruption: what was measured, and what follows.

    Attributes:
        corruption: of the labels that both learnt from.
        repeats: what the repeats are: "folds" or "seeds".
        a: the labels-only model.
        b: what it is compared with.
        there, wanted: runs that are finished, and that the row needs; wanted is 0 if this scene cannot have them.
        comparison: a - b in points; None where runs are missing, or with one repeat.
        verdict: of `verdicts`.
    """

    claim: Claim
    statement: Statement
    corruption: Corruption
    repeats: str
    a: Side
    b: Side
    there: int
    wanted: int
    comparison: PairedComparison | None
    verdict: str


def judge(scene: Scene, scale: str, store: Store) -> list[Row]:
    """Every statement of every claim under every corruption, from the finished runs in the store.

    At smoke scale differences are computed and no verdict is given. A row with runs missing is "not run".

    Args:
        scene: as the scale sees it (see `experiments.open_scene`).
        scale: one of `config.SCALES`.

    Raises:
        SemnerfError: a finished run is damaged, or a corruption that this scene cannot have.
    """
    return [row for claim in CLAIMS for row in _rows(claim, plan(claim.experiment, scene, scale), scale, store)]


def _rows(claim: Claim, planned: Plan, scale: str, store: Store) -> Iterator[Row]:
    for corruption, models in by_corruption(claim, planned).items():
        own, other = models[LABELS], models.get(WITH_RGB, [])
        a, b = (model_side(claim, finished(store, planned)) for planned in (own, other))
        kept = [scored_baselines(store, one, claim.views) for one in own] if len(a.runs) == len(own) else []
        simple = [{name: points(found, corruption) for name, found in scores.items()} for scores in kept]
        for statement in claim.statements:
            if statement.against == WITH_RGB:
                rival, there, wanted = b, len(a.runs) + len(b.runs), (len(own) + len(other)) if other else 0
            else:
                rival, there, wanted = baseline_side(statement.against, simple), len(a.runs), len(own)
            repeats = "seeds" if own[0].config.fold is None else "folds"
            yield judged(claim, statement, corruption, repeats, a, rival, there, wanted, scale)


def judged(
    claim: Claim, statement: Statement, corruption: Corruption, repeats: str, a: Side, b: Side, there: int, wanted: int,
    scale: str,
) -> Row:  # fmt: skip
    """The row of two sides (see `Row` for the arguments): their paired difference and the verdict.

    There is no difference while runs are missing, with one repeat, or where a score is unknown.
    """
    comparison, verdict = None, NOT_RUN
    if there == wanted > 0:
        if len(a.scores) > 1 and np.isfinite([*a.scores, *b.scores]).all():
            scores = list(a.scores), list(b.scores)
            folds = repeats == "folds"
            comparison = compare_folds(*scores, MARGIN, claim.views) if folds else compare_seeds(*scores, MARGIN)
        verdict = NO_VERDICT if scale == "smoke" else getattr(comparison, statement.relation, INCONCLUSIVE)
    return Row(claim, statement, corruption, repeats, a, b, there, wanted, comparison, verdict)


def by_corruption(claim: Claim, planned: Plan) -> dict[Corruption, dict[str, Plan]]:
    """A claim's planned runs: corruption -> supervision -> runs, one a repeat, each once.

    With clean labels there is nothing to repair at the poses that had them, so such a claim leaves them out.
    """
    groups: dict[Corruption, dict[str, Plan]] = {}
    for one in dict.fromkeys(planned):
        config = one.config
        if claim.views == "test" or config.corruption != CLEAN:
            groups.setdefault(config.corruption, {}).setdefault(config.supervision, []).append(one)
    return groups


def finished(store: Store, planned: Plan) -> list[Run]:
    """Those of the planned runs that are finished, in the plan's order. Their weights are not looked at.

    Raises:
        SemnerfError: a file of a finished run is damaged.
    """
    folders = [store.folder(one) for one in planned]
    return [read_run(folder) for folder in folders if (folder / "result.json").is_file()]


def baseline_side(name: str, simple: Sequence[dict[str, float]]) -> Side:
    """One baseline's scores, one a repeat. The best is chosen by its mean, knowing the truth, to its advantage."""
    if name == BEST and simple:
        name = max((n for n in simple[0] if n != INPUT), key=lambda n: np.mean([values[n] for values in simple]))
    return Side(name, tuple(values[name] for values in simple))


def points(scores: dict, corruption: Corruption) -> float:
    """The score of `measured`, times 100; NaN if the corrupted class is in no scored frame."""
    name = corruption.class_name
    value = scores["miou"] if name is None else scores["per_class_iou"][name]
    return math.nan if value is None else 100 * value


def model_side(claim: Claim, runs: Sequence[Run]) -> Side:
    """The scores that a claim reads from one model's runs under one corruption."""
    found = [run.metrics if claim.views == "test" else run.train_metrics for run in runs]
    scores = tuple(points(metrics, run.config.corruption) for metrics, run in zip(found, runs, strict=True))
    name = runs[0].config.model_name if runs else ""
    depth, ids = tuple(metrics["depth_mae"] for metrics in found), tuple(run.id for run in runs)
    return Side(name, scores, depth, ids, found[0]["n_frames"] if found else 0)


def verdict_on(claim: Claim, rows: Sequence[Row]) -> str:
    """The verdict on a claim: `verdicts.of_all` over the statements that it makes, under every corruption."""
    return of_all(row.verdict for row in rows if row.claim == claim and row.statement.claimed)


def reference_row(row: Row, references: Sequence[Reference]) -> Row | None:
    """The same statement judged on reference runs: None where there are none, or they are compared with no model.

    Args:
        row: of the runs at hand.
        references: of the row's experiment and scene (see `reference.find_references`); the first that has both
            models under this corruption is taken.
    """
    for reference in references:
        runs = {LABELS: {}, WITH_RGB: {}}
        for run in reference.runs:
            if run.config.corruption == row.corruption:
                runs[run.config.supervision][run.config.fold, run.config.seed] = run
        a, b = runs.values()
        if row.statement.against == WITH_RGB and a and a.keys() == b.keys():
            repeats = "seeds" if next(iter(a.values())).config.fold is None else "folds"
            sides = [model_side(row.claim, [found[key] for key in a]) for found in (a, b)]
            count = 2 * len(a)
            return judged(row.claim, row.statement, row.corruption, repeats, *sides, count, count, "paper")
    return None


def other_scenes(scene: Scene, scale: str, store: Store) -> Iterator[Scene]:
    """The other made scenes of which the store holds finished runs, as this scale sees them.

    Opening a scene may mean to render it, so only those are opened that a run's folder names.
    """
    folders = [path.parent for path in store.root.glob("runs/*/result.json")]
    names = {scene_named_in(folder) for folder in folders}
    for name in MADE_SCENES:
        if name in names and name != scene.name:
            other = open_scene(name, scale)
            if any(store.has(one) for claim in CLAIMS for one in plan(claim.experiment, other, scale)):
                yield other


def scene_named_in(folder: Path) -> str | None:
    """The scene that a run's folder names; None if it cannot be read: it is a run that nobody asked for here."""
    try:
        return read_json(folder / "config.json")["scene"]
    except (SemnerfError, KeyError, TypeError):
        return None
