"""judging.py: from finished runs to verdicts, on runs whose scores the test chooses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_runs import furnished_scene, make_run, make_runs

from semnerf_lib.evaluation import scored_frames
from semnerf_lib.experiments import plan
from semnerf_lib.labels import Corruption, corrupt
from semnerf_lib.runs.store import Store
from semnerf_lib.study import judging
from semnerf_lib.study.baselines import baseline_scores
from semnerf_lib.study.claim_verdicts import verdict_on
from semnerf_lib.study.claims import BEST, CLAIMS, INPUT, WITH_RGB
from semnerf_lib.study.judging import judge, other_scenes, reference_row
from semnerf_lib.study.published import Reference
from semnerf_lib.study.results import Results, finished, planned_results
from semnerf_lib.study.verdicts import INCONCLUSIVE, NO_VERDICT, NOT_RUN, NOT_SUPPORTED, SUPPORTED, compare_folds

COMPARABLE, DENOISES, DENOISES_AS_WELL, SUPER_RESOLVES, SUPER_RESOLVES_AS_WELL, _, PROPAGATES_AS_WELL, SPARSE = CLAIMS


@pytest.fixture(scope="module")
def scene():
    return furnished_scene()


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.fixture(autouse=True)
def nothing_learnt(monkeypatch):
    """The depth of an untrained field costs seconds and has tests of its own: here it is the number of runs."""
    monkeypatch.setattr(judging, "untrained_depth", lambda made, store, views: float(len(made)) or None)


def wobble(config, lead=0.0):
    """0.85 and a little for each seed and fold; the model with RGB has `lead` on top, and a wobble of its own."""
    rgb = config.supervision == WITH_RGB
    own = [config.seed, config.fold or 0, int(rgb)]
    return 0.85 + 0.002 * np.random.default_rng(own).normal() + lead * rgb


def fill(store, scene, claim, score=wobble, scale="laptop"):
    return make_runs(store, plan(claim.experiment, scene, scale), score)


def rows_of(rows, claim, against, beyond_clean=False):
    wanted = claim, against, beyond_clean
    return [row for row in rows if (row.claim, row.statement.against, row.statement.beyond_clean) == wanted]


def test_without_runs_everything_is_not_run_and_nothing_is_made(scene, store):
    rows = judge(scene, "laptop", store)
    assert {row.verdict for row in rows} == {NOT_RUN}
    assert {row.finished for row in rows} == {0} and all(row.wanted > 0 and row.comparison is None for row in rows)
    assert [verdict_on(claim, rows) for claim in CLAIMS] == [NOT_RUN] * len(CLAIMS)
    assert not list(store.root.iterdir())


def test_clean_labels_are_judged_over_folds(scene, store):
    runs = fill(store, scene, COMPARABLE)
    [row] = rows_of(judge(scene, "laptop", store), COMPARABLE, WITH_RGB)
    a, b = ([100 * r.metrics["miou"] for r in runs if r.config.supervision == s] for s in ("labels", WITH_RGB))
    assert row.a.scores == pytest.approx(a) and row.b.scores == pytest.approx(b)
    assert row.comparison == compare_folds(list(row.a.scores), list(row.b.scores), 2.0)
    assert (row.repeats, row.finished, row.wanted, row.verdict) == ("folds", 10, 10, SUPPORTED)
    assert set(row.a.runs) | set(row.b.runs) == {run.id for run in runs}
    assert row.a.depth == pytest.approx([0.1] * 5)


def test_a_clear_lead_of_rgb_refutes_and_a_missing_run_decides_nothing(scene, store):
    runs = fill(store, scene, COMPARABLE, lambda config: wobble(config, 0.05))
    rows = judge(scene, "laptop", store)
    assert verdict_on(COMPARABLE, rows) == NOT_SUPPORTED
    (runs[3].folder / "result.json").unlink()
    rows = judge(scene, "laptop", store)
    [row] = rows_of(rows, COMPARABLE, WITH_RGB)
    assert (row.finished, row.wanted, row.verdict, row.comparison) == (9, 10, NOT_RUN, None)


def test_noise_is_judged_at_training_poses_against_input_rgb_and_the_best_filter(scene, store):
    runs = fill(store, scene, DENOISES)
    rows = [row for row in judge(scene, "laptop", store) if row.claim == DENOISES]
    wanted = ["pixel-noise:0.5", "pixel-noise:0.9", "region-sort:0.5:chair", "region-even:0.5:chair"]
    assert list(dict.fromkeys(str(row.corruption) for row in rows)) == wanted
    assert {row.repeats for row in rows} == {"seeds"} and {len(row.a.scores) for row in rows} == {3}
    [row] = [row for row in rows_of(rows, DENOISES, INPUT) if row.corruption == Corruption("pixel-noise", 0.9)]
    by_seed = []
    for run in runs:
        if (run.config.corruption, run.config.supervision) == (Corruption("pixel-noise", 0.9), "labels"):
            ids = scored_frames(scene, run.config)["train"]
            given = corrupt(scene, run.config.corruption, run.config.seed)[ids]
            by_seed.append(100 * baseline_scores(given, scene, ids)["miou"])
    assert len(by_seed) == 3 and row.b.scores == pytest.approx(by_seed)
    assert row.comparison.differences == pytest.approx(np.subtract(row.a.scores, by_seed))
    assert row.verdict == SUPPORTED and not row.b.runs
    best = [row for row in rows_of(rows, DENOISES, BEST) if row.corruption == Corruption("pixel-noise", 0.5)]
    assert best[0].b.name.startswith("majority of")


def test_a_baseline_that_wins_refutes_no_claim(scene, store):
    fill(store, scene, SUPER_RESOLVES, lambda config: 0.3 + 0.001 * config.seed)
    rows = judge(scene, "laptop", store)
    assert NOT_SUPPORTED in {row.verdict for row in rows_of(rows, SUPER_RESOLVES, BEST)}
    assert not any(row.decides for row in rows_of(rows, SUPER_RESOLVES, BEST))


def test_both_parts_of_a_claim_read_the_same_runs_and_may_differ(scene, store):
    fill(store, scene, SUPER_RESOLVES, lambda config: wobble(config, 0.1))
    rows = judge(scene, "laptop", store)
    assert (verdict_on(SUPER_RESOLVES, rows), verdict_on(SUPER_RESOLVES_AS_WELL, rows)) == (SUPPORTED, NOT_SUPPORTED)


def test_a_gap_that_is_there_on_clean_labels_is_not_the_corruptions(scene, store):
    """RGB is 10 points ahead on clean labels and 7 on noisy ones: the noise took 3 points more of it."""
    runs = fill(
        store,
        scene,
        DENOISES,
        lambda c: 0.8 + 0.001 * c.seed + (c.supervision == WITH_RGB) * (0.1 if str(c.corruption) == "none" else 0.07),
    )
    rows = judge(scene, "laptop", store)
    assert {row.verdict for row in rows_of(rows, DENOISES_AS_WELL, WITH_RGB)} == {NOT_SUPPORTED}
    beyond = rows_of(rows, DENOISES_AS_WELL, WITH_RGB, beyond_clean=True)
    assert {row.verdict for row in beyond} == {SUPPORTED} and not any(row.decides for row in beyond)
    for row in beyond:
        assert row.comparison.differences == pytest.approx([3.0] * 3)
        assert row.a.compared == pytest.approx([0.0] * 3) and row.b.compared == pytest.approx([-3.0] * 3)
        assert (row.finished, row.wanted, len(set(row.a.runs))) == (12, 12, 6)
    clean = [run for run in runs if str(run.config.corruption) == "none"]
    (clean[0].folder / "result.json").unlink()
    beyond = rows_of(judge(scene, "laptop", store), DENOISES_AS_WELL, WITH_RGB, beyond_clean=True)
    assert {(row.verdict, row.finished, row.comparison) for row in beyond} == {(NOT_RUN, 11, None)}


def test_region_noise_stands_beside_the_claim(scene, store):
    fill(store, scene, DENOISES)
    rows = judge(scene, "laptop", store)
    chairs = [row for row in rows if row.corruption.class_name]
    assert {row.claim for row in chairs} == {DENOISES, DENOISES_AS_WELL} and not any(row.decides for row in chairs)
    assert {row.statement.beyond_clean for row in chairs if row.claim == DENOISES_AS_WELL} == {True}


def test_a_model_that_repairs_nothing_does_not_denoise(scene, store):
    fill(store, scene, DENOISES, lambda config: 0.02 + 0.001 * config.seed)
    rows = judge(scene, "laptop", store)
    assert verdict_on(DENOISES, rows) == NOT_SUPPORTED
    assert {row.verdict for row in rows_of(rows, DENOISES_AS_WELL, WITH_RGB)} == {SUPPORTED}


def test_every_row_has_the_depth_of_nothing_learnt_where_runs_are(scene, store):
    runs = fill(store, scene, DENOISES)
    rows = judge(scene, "laptop", store)
    assert {row.untrained for row in rows if row.claim in (DENOISES, DENOISES_AS_WELL)} == {float(len(runs))}
    assert {row.untrained for row in rows if row.claim == COMPARABLE} == {None}


def test_few_and_scattered_seeds_are_inconclusive(scene, store):
    fill(store, scene, PROPAGATES_AS_WELL, lambda config: 0.8 + 0.05 * config.seed * (config.supervision == WITH_RGB))
    rows = judge(scene, "laptop", store)
    assert {row.verdict for row in rows_of(rows, PROPAGATES_AS_WELL, WITH_RGB)} == {INCONCLUSIVE}


def test_a_scene_without_rgb_is_still_judged_on_what_it_has(scene, store):
    bare = replace(scene, rgb=None)
    fill(store, bare, SUPER_RESOLVES)
    rows = judge(bare, "laptop", store)
    assert {(row.verdict, row.wanted) for row in rows_of(rows, SUPER_RESOLVES_AS_WELL, WITH_RGB)} == {(NOT_RUN, 0)}
    assert {row.verdict for row in rows_of(rows, SUPER_RESOLVES, INPUT)} == {SUPPORTED}
    assert (verdict_on(SUPER_RESOLVES, rows), verdict_on(SUPER_RESOLVES_AS_WELL, rows)) == (SUPPORTED, NOT_RUN)


def test_smoke_scale_gives_no_verdict(scene, store):
    for claim in CLAIMS:
        fill(store, scene, claim, scale="smoke")
    rows = judge(scene, "smoke", store)
    assert {row.verdict for row in rows} == {NO_VERDICT}
    assert [verdict_on(claim, rows) for claim in CLAIMS] == [NO_VERDICT] * len(CLAIMS)


def test_paper_scale_is_judged_over_folds_of_corrupted_labels(scene, store):
    fill(store, scene, SUPER_RESOLVES, scale="paper")
    rows = rows_of(judge(scene, "paper", store), SUPER_RESOLVES_AS_WELL, WITH_RGB)
    assert {(row.repeats, row.finished, len(row.comparison.differences)) for row in rows} == {("folds", 10, 5)}
    assert {row.a.name for row in rows} == {"semantic-only NeRF"}


def test_a_run_that_is_planned_twice_counts_once(scene, store, monkeypatch):
    planned = plan("sparse_labels", scene, "laptop")
    monkeypatch.setattr(judging, "plan", lambda *_: 2 * planned)
    rows = rows_of(judge(scene, "laptop", store), SPARSE, WITH_RGB)
    assert {row.wanted for row in rows} == {6}


def test_a_corrupted_class_that_no_scored_frame_shows_is_inconclusive(scene, store):
    fill(store, scene, DENOISES)
    planned = plan("label_noise", scene, "laptop")
    own = [one for one in planned if one.config.corruption.kind == "region-sort"]
    results = planned_results(own, finished(own, store))
    statement, corruption = DENOISES_AS_WELL.statements[0], own[0].config.corruption
    configs = [one.config for one in own]
    assert judging.judged(DENOISES_AS_WELL, statement, corruption, configs, results, "laptop").verdict == SUPPORTED
    unknown = replace(results.rows[1], scores={**results.rows[1].scores, "class_iou": None})
    results = Results((results.rows[0], unknown, *results.rows[2:]))
    row = judging.judged(DENOISES_AS_WELL, statement, corruption, configs, results, "laptop")
    assert unknown.views == "train" and (row.comparison, row.verdict) == (None, INCONCLUSIVE)


def test_reference_runs_are_judged_by_themselves(scene, store):
    fill(store, scene, SUPER_RESOLVES)

    def at_an_eighth(**statement):  # the laptop's factors are 4 and 8, the paper's 8 and 16
        rows = rows_of(judge(scene, "laptop", store), SUPER_RESOLVES_AS_WELL, WITH_RGB, **statement)
        return next(row for row in rows if row.corruption.amount == 8)

    row = at_an_eighth()
    elsewhere = Store(store.root / "elsewhere")
    runs = fill(elsewhere, scene, SUPER_RESOLVES, lambda config: wobble(config, 0.1), "paper")
    reference = Reference(scene.name, "super_resolution", "on another machine", tuple(reversed(runs)))
    far = reference_row(row, [reference])
    assert far.verdict == NOT_SUPPORTED and far.a.name == "semantic-only NeRF" and row.verdict == SUPPORTED
    assert far.comparison.mean == pytest.approx(-10, abs=1)
    one_model = Reference(
        scene.name, "super_resolution", "", tuple(r for r in runs if r.config.supervision == "labels")
    )
    assert reference_row(row, [one_model]) is None and reference_row(row, []) is None
    beyond = at_an_eighth(beyond_clean=True)
    assert reference_row(beyond, [reference]).comparison.mean == pytest.approx(0, abs=1)
    corrupted_only = replace(reference, runs=tuple(r for r in runs if str(r.config.corruption) != "none"))
    assert reference_row(beyond, [corrupted_only]) is None and reference_row(row, [corrupted_only])


def test_other_scenes_are_opened_only_if_they_have_runs(scene, store, monkeypatch):
    opened = []
    monkeypatch.setattr(judging, "MADE_SCENES", ("room", "bedroom", "kitchen"))
    monkeypatch.setattr(judging, "open_scene", lambda name, scale: opened.append((name, scale)) or scene)
    room, kitchen = replace(scene, name="room"), replace(scene, name="kitchen")
    assert not list(other_scenes(room, "laptop", store))
    for one in (room, kitchen):
        make_run(store, plan("label_noise", one, "smoke")[0], 0.9)
    (store.root / "runs" / "of-somebody-else").mkdir()
    for name in ("result.json", "config.json"):
        (store.root / "runs" / "of-somebody-else" / name).write_text("[]")
    assert not list(other_scenes(room, "laptop", store))  # at another scale
    make_run(store, plan("label_noise", kitchen, "laptop")[0], 0.9)
    assert len(list(other_scenes(room, "laptop", store))) == 1
    assert set(opened) == {("kitchen", "laptop")}
