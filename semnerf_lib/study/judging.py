"""The verdicts that finished runs allow on P1's claims (see `claims`).

Nothing here trains: runs are read from the store, and a row whose runs are missing there is "not run".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from semnerf_lib.config import Config
from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import Plan, open_scene, plan
from semnerf_lib.labels import CLEAN, Corruption
from semnerf_lib.machine.files import read_json
from semnerf_lib.runs.store import Store
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.rooms.room import MADE_SCENES
from semnerf_lib.study.claims import BEST, CLAIMS, INPUT, LABELS, MARGIN, WITH_RGB, Claim, Statement
from semnerf_lib.study.published import Reference
from semnerf_lib.study.results import Results, baseline_results, finished, planned_results, results_of
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
    """A model or a baseline that is compared, with a value a repeat (seed or fold).

    Attributes:
        name: of the model or the baseline; empty for a model without runs.
        scores: points (see `claims.measured`), NaN where the corrupted class is in no scored frame.
        depth: mean depth errors in metres at the same frames, None where the scene has no depth; none for a baseline
            that knows no geometry.
        runs: ids; none for a baseline.
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
        repeats: "folds" or "seeds".
        a: the labels-only model.
        b: what it is compared with.
        finished: number of the runs that the row needs and that are finished.
        wanted: number of all runs that the row needs; 0 if this scene cannot have them, for want of RGB.
        comparison: a - b in points; None where runs are missing, or with one repeat.
        verdict: of `verdicts`.
    """

    claim: Claim
    statement: Statement
    corruption: Corruption
    repeats: str
    a: Side
    b: Side
    finished: int
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
    """The rows of one claim; on clean labels nothing can be repaired at training poses, so these rows are left out."""
    planned = [one for one in dict.fromkeys(planned) if claim.views == "test" or one.config.corruption != CLEAN]
    runs = finished(planned, store)
    baselines = baseline_results([one for one in planned if one.id in runs], store, claim.views)
    results = Results(planned_results(planned, runs).rows + baselines.rows)
    for corruption in dict.fromkeys(one.config.corruption for one in planned):
        configs = [one.config for one in planned if one.config.corruption == corruption]
        for statement in claim.statements:
            yield judged(claim, statement, configs, results, scale)


def judged(claim: Claim, statement: Statement, configs: Sequence[Config], results: Results, scale: str) -> Row:
    """The row of a statement under one corruption: the paired difference and the verdict.

    There is no difference while runs are missing, with one repeat, or where a score is unknown.

    Args:
        configs: of the runs that the row needs, finished or not; one corruption and both supervisions, if the scene
            has RGB.
        results: of the finished runs and of the baselines; those of both models in the same order of repeats.
        scale: at "smoke" no verdict is given.
    """
    corruption, repeats = configs[0].corruption, "seeds" if configs[0].fold is None else "folds"
    key = "miou" if corruption.class_name is None else "class_iou"
    results = results.select(corruption=corruption, views=claim.views)
    role = {INPUT: "input", BEST: results.best_baseline(corruption, key)}.get(statement.against, statement.against)
    a, b = (side_of(results.select(role=one), key) for one in (LABELS, role))
    n_finished, wanted = len(a.runs), sum(config.supervision == LABELS for config in configs)
    if statement.against == WITH_RGB:
        n_finished, wanted = n_finished + len(b.runs), len(configs) if len(configs) > wanted else 0
    elif n_finished < wanted or not b.name:
        b = Side(statement.against)
    comparison, verdict = None, NOT_RUN
    if n_finished == wanted > 0:
        if len(a.scores) > 1 and np.isfinite([*a.scores, *b.scores]).all():
            scores = list(a.scores), list(b.scores)
            folds = repeats == "folds"
            comparison = compare_folds(*scores, MARGIN, claim.views) if folds else compare_seeds(*scores, MARGIN)
        verdict = NO_VERDICT if scale == "smoke" else getattr(comparison, statement.relation, INCONCLUSIVE)
    return Row(claim, statement, corruption, repeats, a, b, n_finished, wanted, comparison, verdict)


def side_of(results: Results, key: str) -> Side:
    """One of the two that are compared, from its results under one corruption."""
    models, depth = [row for row in results.rows if row.run], [row for row in results.rows if "depth_mae" in row.scores]
    return Side(
        results.rows[0].name if results.rows else "",
        tuple((100 * results.values(key)).tolist()),
        tuple(row.scores["depth_mae"] for row in depth),
        tuple(row.run for row in models),
        models[0].scores["n_frames"] if models else 0,
    )


def verdict_on(claim: Claim, rows: Sequence[Row]) -> str:
    """The verdict on a claim: `verdicts.of_all` over the statements that it makes, under every corruption."""
    return of_all(row.verdict for row in rows if row.claim == claim and row.statement.claimed)


def reference_row(row: Row, references: Sequence[Reference]) -> Row | None:
    """The same statement judged on reference runs; None without any, or if it does not compare two models.

    Args:
        row: of the runs in the store.
        references: of the experiment and scene of the row (see `published.find_references`). The first that has both
            models under this corruption is taken.
    """
    for reference in references if row.statement.against == WITH_RGB else ():
        runs = [run for run in reference.runs if run.config.corruption == row.corruption]
        a, b = ([run for run in runs if run.config.supervision == supervision] for supervision in (LABELS, WITH_RGB))
        by_repeat = {(run.config.fold, run.config.seed): run for run in b}
        repeats = [(run.config.fold, run.config.seed) for run in a]
        if repeats and set(repeats) == by_repeat.keys():
            paired = [*a, *(by_repeat[repeat] for repeat in repeats)]
            results = results_of((run.config.model_name, run) for run in paired)
            return judged(row.claim, row.statement, [run.config for run in paired], results, "paper")
    return None


def other_scenes(scene: Scene, scale: str, store: Store) -> Iterator[Scene]:
    """The other made scenes of which the store holds finished runs, as this scale sees them.

    Opening a scene can take a minute (it is rendered), so only scenes are opened that the folder of a run names.
    """
    names = set()
    for path in store.root.glob("runs/*/result.json"):
        with suppress(SemnerfError, KeyError, TypeError):  # a folder that names no scene is left out
            names.add(read_json(path.with_name("config.json"))["scene"])
    for name in MADE_SCENES:
        if name in names and name != scene.name:
            other = open_scene(name, scale)
            if any(store.has(one) for claim in CLAIMS for one in plan(claim.experiment, other, scale)):
                yield other
