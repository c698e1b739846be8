"""The statements that finished runs allow, one by one (see `claims`; `claim_verdicts` has what follows for a claim).

Nothing here trains: runs are read from the store, and a row whose runs are missing there is "not run".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby

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
from semnerf_lib.study.untrained import untrained_depth
from semnerf_lib.study.verdicts import (
    INCONCLUSIVE,
    NO_VERDICT,
    NOT_RUN,
    PairedComparison,
    compare_folds,
    compare_seeds,
)


@dataclass(frozen=True)
class Side:
    """A model or a baseline that is compared, with a value a repeat (seed or fold).

    Attributes:
        name: of the model or the baseline; empty for a model without runs.
        scores: points (see `claims.measured`), NaN where the corrupted class is in no scored frame.
        clean: scores of the same repeats on clean labels, where the statement is about what the corruption took.
        depth: mean depth errors in metres at the same frames, None where the scene has no depth; none for a baseline
            that knows no geometry.
        runs: ids, those on clean labels last; none for a baseline.
        frames: how many frames a run was scored at; 0 without runs.
    """

    name: str
    scores: tuple[float, ...] = ()
    clean: tuple[float, ...] = ()
    depth: tuple[float | None, ...] = ()
    runs: tuple[str, ...] = ()
    frames: int = 0

    @property
    def compared(self) -> tuple[float, ...]:
        """The scores, less those on clean labels where there are such."""
        return tuple(np.subtract(self.scores, self.clean).tolist()) if self.clean else self.scores


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
        verdict: of `verdicts`, on this row alone.
        untrained: the depth error (metres) of a field that has learnt nothing (see `untrained.untrained_depth`).
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
    untrained: float | None = None

    @property
    def decides(self) -> bool:
        """Whether the verdict on the claim rests on this row."""
        return self.claim.rests_on(self.statement, self.corruption)

    @property
    def chance(self) -> float | None:
        """See `PairedComparison.chance_to_support`; None without a comparison or a verdict."""
        if self.comparison is None or self.verdict == NO_VERDICT:
            return None
        return self.comparison.chance_to_support(self.statement.relation)


def judge(scene: Scene, scale: str, store: Store) -> list[Row]:
    """Every statement of every claim under every corruption, from the finished runs in the store.

    At smoke scale differences are computed and no verdict is given. A row with runs missing is "not run".

    Args:
        scene: as the scale sees it (see `experiments.open_scene`).
        scale: one of `presets.SCALES`.

    Raises:
        SemnerfError: a finished run is damaged, or a corruption that this scene cannot have.
    """
    rows: list[Row] = []
    for experiment, claims in groupby(CLAIMS, key=lambda claim: claim.experiment):
        rows += _rows(list(claims), plan(experiment, scene, scale), scale, store)
    return rows


def _rows(claims: Sequence[Claim], planned: Plan, scale: str, store: Store) -> Iterator[Row]:
    """The rows of the claims that one experiment decides."""
    planned, views = list(dict.fromkeys(planned)), claims[0].views
    runs = finished(planned, store)
    made = [one for one in planned if one.id in runs]
    results = Results(planned_results(planned, runs).rows + baseline_results(made, store, views).rows)
    untrained = untrained_depth(made, store, views)
    for claim in claims:
        for corruption in dict.fromkeys(one.config.corruption for one in planned):
            for statement in claim.statements_under(corruption):
                needed = _needed(statement, corruption)
                configs = [one.config for one in planned if one.config.corruption in needed]
                row = judged(claim, statement, corruption, configs, results, scale)
                yield replace(row, untrained=untrained)


def _needed(statement: Statement, corruption: Corruption) -> tuple[Corruption, ...]:
    """The corruptions whose runs a statement reads."""
    return (corruption, CLEAN) if statement.beyond_clean else (corruption,)


def judged(
    claim: Claim, statement: Statement, corruption: Corruption, configs: Sequence[Config], results: Results, scale: str
) -> Row:
    """The row of a statement under one corruption: the paired difference and the verdict.

    There is no difference while runs are missing, with one repeat, or where a score is unknown.

    Args:
        configs: of the runs that the row needs, finished or not: both supervisions, if the scene has RGB, under this
            corruption, and on clean labels where the statement is `beyond_clean`.
        results: of the finished runs and of the baselines; those of both models in the same order of repeats.
        scale: at "smoke" no verdict is given.
    """
    repeats = "seeds" if configs[0].fold is None else "folds"
    key = "miou" if corruption.class_name is None else "class_iou"
    results = results.select(views=claim.views)
    role = {INPUT: "input", BEST: results.best_baseline(corruption, key)}.get(statement.against, statement.against)
    a, b = (side_of(results.select(role=one), key, statement, corruption) for one in (LABELS, role))
    n_finished, wanted = len(a.runs), sum(config.supervision == LABELS for config in configs)
    if statement.against == WITH_RGB:
        n_finished, wanted = n_finished + len(b.runs), len(configs) if len(configs) > wanted else 0
    elif n_finished < wanted or not b.name:
        b = Side(statement.against)
    comparison, verdict = None, NOT_RUN
    if n_finished == wanted > 0:
        if len(a.scores) > 1 and np.isfinite([*a.compared, *b.compared]).all():
            scores = list(a.compared), list(b.compared)
            folds = repeats == "folds"
            comparison = compare_folds(*scores, MARGIN, claim.views) if folds else compare_seeds(*scores, MARGIN)
        verdict = NO_VERDICT if scale == "smoke" else getattr(comparison, statement.relation, INCONCLUSIVE)
    return Row(claim, statement, corruption, repeats, a, b, n_finished, wanted, comparison, verdict)


def side_of(results: Results, key: str, statement: Statement, corruption: Corruption) -> Side:
    """One of the two that are compared, from its own results; NaN where a repeat lacks the run on clean labels."""
    own, clean = results.select(corruption=corruption), results.select(corruption=CLEAN)
    before = dict(zip((row.repeat for row in clean.rows), (100 * clean.values(key)).tolist(), strict=True))
    models, depth = [row for row in own.rows if row.run], [row for row in own.rows if "depth_mae" in row.scores]
    return Side(
        own.rows[0].name if own.rows else "",
        tuple((100 * own.values(key)).tolist()),
        tuple(before.get(row.repeat, np.nan) for row in own.rows) if statement.beyond_clean else (),
        tuple(row.scores["depth_mae"] for row in depth),
        tuple(
            row.run for one in _needed(statement, corruption) for row in results.select(corruption=one).rows if row.run
        ),
        models[0].scores["n_frames"] if models else 0,
    )


def reference_row(row: Row, references: Sequence[Reference]) -> Row | None:
    """The same statement judged on reference runs; None without any, or if it does not compare two models.

    Args:
        row: of the runs in the store.
        references: of the experiment and scene of the row (see `published.find_references`). The first is taken that
            has the runs of both models that the statement needs.
    """
    needed = _needed(row.statement, row.corruption)
    for reference in references if row.statement.against == WITH_RGB else ():
        runs = {(c.corruption, c.supervision, c.fold, c.seed): r for r in reference.runs for c in (r.config,)}
        repeats = [key[2:] for key in runs if key[:2] == (row.corruption, LABELS)]
        keys = [(c, s, *repeat) for c in needed for s in (LABELS, WITH_RGB) for repeat in repeats]
        if keys and runs.keys() >= set(keys):
            paired = [runs[key] for key in keys]
            results, configs = results_of((run.config.model_name, run) for run in paired), [r.config for r in paired]
            return judged(row.claim, row.statement, row.corruption, configs, results, "paper")
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
