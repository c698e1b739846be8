"""An experiment's outcome: every role gets the scores of its own labels and frames, level by level."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_runs import furnished_scene, make_runs
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.evaluation import scored_frames
from semnerf_lib.experiments import Planned, plan
from semnerf_lib.labels import CLEAN, Corruption, corrupt
from semnerf_lib.runs.store import Store
from semnerf_lib.study.baselines import baseline_scores, majority_filter, nearest_fill
from semnerf_lib.study.claims import INPUT
from semnerf_lib.study.published import Reference
from semnerf_lib.study.results import BASELINE_ROLES, TEST, TRAIN, gather, scored_baselines

LEVELS = [
    CLEAN,
    Corruption("pixel-noise", 0.5),
    Corruption("pixel-noise", 0.9),
    Corruption("region-sort", 0.5, "chair"),
    Corruption("region-even", 0.5, "chair"),
]


def score(config):
    """Falls with noise, rises with the seed; RGB helps."""
    lost = config.corruption.amount or 0.0
    return 0.9 - 0.5 * lost + 0.01 * config.seed + (0.02 if config.supervision == "labels+rgb" else 0)


def made(tmp_path, name="label_noise", scene=None, **keys):
    scene = scene or furnished_scene()
    planned = plan(name, scene, "laptop")
    store = Store(tmp_path)
    make_runs(store, planned, score)
    return scene, gather(planned, store, **keys)


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    return made(tmp_path_factory.mktemp("noise"))


def test_levels_and_models_keep_the_plans_order(noise):
    _, outcome = noise
    assert outcome.levels == LEVELS and outcome.models == ["labels", "labels+rgb"]
    assert outcome.names["labels"] == "grid, labels only" and outcome.corrupted_class == "chair"


def test_models_scores_are_their_runs(noise):
    _, outcome = noise
    found = [s["miou"] for s in outcome.scores[TEST]["labels+rgb"][LEVELS[1]]]
    assert found == pytest.approx([0.67, 0.68, 0.69])
    assert all(s["class_iou"] == s["miou"] for s in outcome.scores[TRAIN]["labels"][CLEAN])


def test_input_and_baselines_are_scored_on_each_repeats_own_labels(noise):
    scene, outcome = noise
    assert outcome.names["input"] == INPUT and outcome.names["baseline 1"].startswith("majority")
    runs = [run for s, run in outcome.runs if run.config.corruption == LEVELS[1] and run.config.supervision == "labels"]
    for seed, run in enumerate(runs):
        ids = scored_frames(scene, run.config)["train"]
        given = corrupt(scene, LEVELS[1], seed)[ids]
        filtered = nearest_fill(majority_filter(given, scene.n_classes, 3))
        for role, labels in {"input": given, "baseline 1": filtered}.items():
            wanted = baseline_scores(labels, scene, ids)
            found = outcome.scores[TRAIN][role][LEVELS[1]][seed]
            assert found["miou"] == wanted["miou"]
            assert found["class_iou"] == wanted["per_class_iou"]["chair"]


def test_clean_labels_and_test_poses_have_no_baseline_here(noise):
    _, outcome = noise
    assert CLEAN not in outcome.scores[TRAIN]["input"]
    assert set(outcome.scores[TEST]) == {"labels", "labels+rgb"}


def test_learnt_labels_are_those_of_the_first_repeat(noise):
    scene, outcome = noise
    assert np.array_equal(outcome.learnt(LEVELS[1]), corrupt(scene, LEVELS[1], 0))
    found, run = outcome.first(LEVELS[2], "labels+rgb")
    assert found is outcome.runs[0][0]
    assert (run.config.seed, run.config.corruption, run.config.supervision) == (0, LEVELS[2], "labels+rgb")


def test_best_baseline_has_the_highest_mean_and_predicts_the_pictures(noise):
    scene, outcome = noise
    level, scores = LEVELS[2], outcome.scores[TRAIN]
    means = {role: np.mean([s["miou"] for s in scores[role][level]]) for role in BASELINE_ROLES}
    best = outcome.best_baseline(level)
    assert means[best] == max(means.values()) and min(means.values()) < max(means.values())
    size = int(outcome.names[best].split("x")[-1])
    ids = list(scene.train_ids[:2])
    wanted = nearest_fill(majority_filter(corrupt(scene, level, 0)[ids], scene.n_classes, size))
    assert np.array_equal(outcome.simple(level, ids), wanted)
    assert outcome.best_baseline(CLEAN) is None


def test_contests_pair_the_repeats_of_model_and_rival(noise):
    _, outcome = noise
    contests = outcome.contests(TRAIN, rival="input")
    assert [(c.level, c.model) for c in contests] == [(n, outcome.names[m]) for n in LEVELS[1:] for m in outcome.models]
    one = contests[0]
    assert one.rival == INPUT and one.scores == pytest.approx((0.65, 0.66, 0.67))
    assert one.rival_scores == tuple(s["miou"] for s in outcome.scores[TRAIN]["input"][LEVELS[1]])
    best = outcome.contests(TRAIN)
    assert [c.rival for c in best[::2]] == [outcome.names[outcome.best_baseline(level)] for level in LEVELS[1:]]


def test_contests_of_one_class_choose_the_best_baseline_for_it(noise):
    _, outcome = noise
    [contest] = [c for c in outcome.contests(TRAIN, key="class_iou") if c.level == LEVELS[3]][:1]
    role = outcome.best_baseline(LEVELS[3], "class_iou")
    assert contest.rival_scores == tuple(s["class_iou"] for s in outcome.scores[TRAIN][role][LEVELS[3]])


def test_losses_are_clean_minus_corrupted_in_the_same_repeat(noise):
    scene, outcome = noise
    losses = outcome.losses(LEVELS[2], TRAIN)
    assert losses["labels"].shape == (3, scene.n_classes)
    assert losses["labels"] == pytest.approx(np.full((3, scene.n_classes), 0.45))


def test_rows_have_a_dash_where_nothing_was_measured(noise):
    _, outcome = noise
    columns = {"mIoU": (TRAIN, "miou"), "depth": (TEST, "depth_mae")}
    rows = outcome.rows(columns, {LEVELS[1]: "half", CLEAN: "clean"})
    assert [row["what"] for row in rows[-2:]] == ["grid, labels only", "grid, labels + RGB"]
    scores = {"mIoU": "0.660 ± 0.010 (n = 3)", "depth": "0.100 ± 0.000 (n = 3)"}
    assert rows[0] == {"labels": "half", "what": "grid, labels only", **scores}
    assert rows[2]["what"] == INPUT and rows[2]["depth"] == "–"


def test_reference_runs_stand_in_a_column_of_their_own(noise):
    _, outcome = noise
    runs = [replace(run, train_metrics=run.train_metrics | {"miou": 0.5}) for _, run in outcome.runs]
    reference = Reference("tiny", "label_noise", "MLP, 9 steps", tuple(runs))
    rows = outcome.rows({"mIoU": (TRAIN, "miou")}, {LEVELS[1]: "half"}, [reference])
    assert rows[0]["mIoU"] == "0.660 ± 0.010 (n = 3)"
    assert rows[0]["mIoU, reference: MLP, 9 steps"] == "0.500 ± 0.000 (n = 3)"
    assert rows[2]["mIoU, reference: MLP, 9 steps"] == "–"


def test_sparse_labels_have_their_baseline_at_test_poses(tmp_path):
    scene, outcome = made(tmp_path, "sparse_labels", baselines_at=TEST)
    assert outcome.corrupted_class is None and "input" not in outcome.names
    assert outcome.names["baseline 1"] == "nearest labelled frame"
    assert set(outcome.scores[TEST]["baseline 1"]) == set(outcome.levels)
    assert {c.level for c in outcome.contests(TEST)} == set(outcome.levels)


def test_two_kinds_of_one_experiment_share_the_roles_of_their_baselines(tmp_path):
    _, outcome = made(tmp_path, "super_resolution")
    assert [outcome.names[role] for role in BASELINE_ROLES[:2]] == ["nearest label", "bilinear probabilities"]
    assert {level for level in outcome.scores[TRAIN]["baseline 2"]} == set(outcome.levels) - {CLEAN}


def test_a_scene_without_rgb_and_depth_has_one_model_and_no_depth_score(tmp_path):
    bare = replace(make_tiny_scene(n_frames=8), rgb=None, depth=None)
    small = tiny_config(iterations=4, score_views="test+train", score_frames=1)
    planned = [Planned(bare, small), Planned(bare, small.replace(corruption="pixel-noise:0.5"))]
    outcome = gather(planned, Store(tmp_path))
    assert outcome.models == ["labels"] and outcome.corrupted_class is None
    [row, *_] = outcome.rows({"depth": (TEST, "depth_mae"), "mIoU": (TEST, "miou")}, {CLEAN: "clean"})
    assert row["depth"] == "–" and row["mIoU"] != "–"
    [view] = outcome.views(Corruption("pixel-noise", 0.5), [bare.train_ids[0]])["labels"]
    assert view.labels.shape == bare.labels.shape[1:]


def test_baselines_are_scored_once_and_kept(tmp_path, monkeypatch):
    scene, outcome = made(tmp_path)
    store, [config, *_] = Store(tmp_path), [run.config for _, run in outcome.runs if run.config.corruption == LEVELS[1]]
    wanted = scored_baselines(store, Planned(scene, config), "train")
    files = sorted((tmp_path / "baselines").iterdir())
    assert len(files) == 3 * (len(LEVELS) - 1)  # one a seed and corruption, for both supervisions
    monkeypatch.setattr("semnerf_lib.study.results.baseline_scores", None)
    assert scored_baselines(store, Planned(scene, config.replace(supervision="labels+rgb")), "train") == wanted
    assert gather(plan("label_noise", scene, "laptop"), store).scores == outcome.scores


@pytest.mark.parametrize("damage", ["", "[]", '{"scores": {"another": {}}}'])
def test_damaged_scores_of_baselines_are_made_again(tmp_path, damage):
    scene = furnished_scene()
    planned = next(p for p in plan("super_resolution", scene, "smoke") if p.config.corruption.kind == "super-dense")
    wanted = scored_baselines(Store(tmp_path), planned, "train")
    [file] = (tmp_path / "baselines").iterdir()
    text = file.read_text()
    file.write_text(damage)
    assert scored_baselines(Store(tmp_path), planned, "train") == wanted and file.read_text() == text
