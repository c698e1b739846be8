"""The results of an experiment: every role has the scores of its own labels and frames, under every corruption."""

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
from semnerf_lib.study.baselines import baseline_for, baseline_scores, majority_filter, nearest_fill
from semnerf_lib.study.claims import INPUT
from semnerf_lib.study.experiment_results import Comparison, always_behind, comparison_rows, gather, greatest_losses
from semnerf_lib.study.published import Reference

CORRUPTIONS = [
    CLEAN,
    Corruption("pixel-noise", 0.5),
    Corruption("pixel-noise", 0.9),
    Corruption("region-sort", 0.5, "chair"),
    Corruption("region-even", 0.5, "chair"),
]
HALF, MOST, REGIONS = CORRUPTIONS[1:4]
TITLES = {HALF: "half", MOST: "most"}
AHEAD = Comparison(HALF, "grid", "filter", (10.0, 30.0))
MIXED = Comparison(MOST, "grid", "filter", (10.0, -10.0))
BEHIND = Comparison(MOST, "mlp", "filter", (-10.0, -20.0))


def score(config):
    """Falls with noise, rises with the seed; RGB helps."""
    lost = min(config.corruption.amount or 0.0, 1.0)
    return 0.9 - 0.5 * lost + 0.01 * config.seed + (0.02 if config.supervision == "labels+rgb" else 0)


def made(tmp_path, name="label_noise", **keys):
    scene = furnished_scene()
    planned, store = plan(name, scene, "laptop"), Store(tmp_path)
    make_runs(store, planned, score)
    return scene, gather(planned, store, **keys)


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    return made(tmp_path_factory.mktemp("noise"))


def test_corruptions_and_models_keep_the_order_of_the_plan(noise):
    _, results = noise
    assert results.distinct("corruption") == CORRUPTIONS and results.models == ["labels", "labels+rgb"]
    assert results.names["labels"] == "grid, labels only" and results.corrupted_class == "chair"
    assert results.scored_frames.startswith("9 of ") and " test poses and 9 of " in results.scored_frames


def test_scores_of_a_model_are_those_of_its_runs(noise):
    _, results = noise
    rgb = results.select(role="labels+rgb", corruption=HALF, views="test")
    assert rgb.values("miou") == pytest.approx([0.67, 0.68, 0.69])
    assert [row.run for row in rgb.rows] == [
        run.id for _, run in results.runs if (run.config.supervision, run.config.corruption) == ("labels+rgb", HALF)
    ]
    clean = results.select(role="labels", corruption=CLEAN, views="train")
    assert (clean.values("class_iou") == clean.values("miou")).all() and len(clean.rows) == 3


def test_input_and_baselines_are_scored_on_the_labels_of_each_repeat(noise):
    scene, results = noise
    assert results.names["input"] == INPUT and results.names["baseline 1"].startswith("majority")
    runs = [r for _, r in results.runs if r.config.corruption == HALF and r.config.supervision == "labels"]
    for seed, run in enumerate(runs):
        ids = scored_frames(scene, run.config)["train"]
        noisy = corrupt(scene, HALF, seed)[ids]
        filtered = nearest_fill(majority_filter(noisy, scene.n_classes, 3))
        for role, labels in {"input": noisy, "baseline 1": filtered}.items():
            wanted = baseline_scores(labels, scene, ids)
            [row] = results.select(role=role, corruption=HALF, repeat=(None, seed)).rows
            assert row.scores["miou"] == wanted["miou"] and not row.run
            assert row.scores["class_iou"] == wanted["per_class_iou"]["chair"]


def test_at_test_poses_and_on_clean_labels_stand_those_that_predict_any_frame(noise):
    _, results = noise
    assert not results.select(role="input", corruption=CLEAN).rows
    rivals = [row for row in results.select(views="test").rows if not row.run]
    by_name = {name: {row.corruption for row in rivals if row.name == name} for name in {row.name for row in rivals}}
    assert by_name == {"labels voted in 3D": set(CORRUPTIONS), "nearest labelled frame": {CLEAN}}


def test_input_labels_are_those_of_the_first_repeat(noise):
    scene, results = noise
    assert np.array_equal(results.input_labels(HALF), corrupt(scene, HALF, 0))
    first_scene, run = results.first(MOST, "labels+rgb")
    assert first_scene is results.runs[0][0]
    assert (run.config.seed, run.config.corruption, run.config.supervision) == (0, MOST, "labels+rgb")


def test_the_best_baseline_predicts_the_pictures(noise):
    scene, results = noise
    labels = corrupt(scene, MOST, 0)
    for views, ids in {"train": list(scene.train_ids[:2]), "test": list(scene.test_ids[:2])}.items():
        name = results.names[results.select(views=views).best_baseline(MOST)]
        wanted = baseline_for(MOST)[name](scene, labels, ids).labels
        assert np.array_equal(results.baseline_labels(MOST, ids), wanted)


def test_a_comparison_pairs_the_repeats(noise):
    _, results = noise
    comparisons = results.compare("train", "input")
    assert [(c.corruption, c.model) for c in comparisons] == [
        (corruption, results.names[model]) for corruption in CORRUPTIONS[1:] for model in results.models
    ]
    inputs = results.select(role="input", corruption=HALF).values("miou")
    assert comparisons[0].baseline == INPUT
    assert comparisons[0].differences == pytest.approx(100 * (np.array([0.65, 0.66, 0.67]) - inputs))
    best, train = results.compare("train"), results.select(views="train")
    assert [c.baseline for c in best[::2]] == [train.names[train.best_baseline(c)] for c in CORRUPTIONS[1:]]


def test_comparisons_of_one_class_choose_the_best_baseline_for_it(noise):
    _, results = noise
    comparison = next(c for c in results.compare("train", key="class_iou") if c.corruption == REGIONS)
    train = results.select(views="train")
    baseline = train.select(role=train.best_baseline(REGIONS, "class_iou"), corruption=REGIONS)
    model = results.select(role="labels", corruption=REGIONS, views="train")
    assert comparison.differences == pytest.approx(100 * (model.values("class_iou") - baseline.values("class_iou")))


def test_repeats_with_an_unknown_score_are_not_compared(noise):
    _, results = noise
    rows = tuple(
        replace(row, scores={**row.scores, "miou": None}) if row.run and row.repeat == (None, 1) else row
        for row in results.rows
    )
    comparison = replace(results, rows=rows).compare("train", "input")[0]
    assert comparison.differences == pytest.approx(np.delete(results.compare("train", "input")[0].differences, 1))


def test_losses_are_clean_minus_corrupted_in_the_same_repeat(noise):
    scene, results = noise
    losses = results.losses(MOST, "train")["labels"]
    assert losses == pytest.approx(np.full((3, scene.n_classes), 0.45))


def test_table_rows_have_a_dash_where_nothing_was_measured(noise):
    _, results = noise
    columns = {"mIoU": ("train", "miou"), "depth": ("test", "depth_mae")}
    rows = results.table_rows(columns, {HALF: "half", CLEAN: "clean"})
    names = ["grid, labels only", "grid, labels + RGB", "labels voted in 3D"]
    assert [row["what"] for row in rows[-3:]] == names and rows[-1]["mIoU"] == "–" != rows[-1]["depth"]
    scores = {"mIoU": "0.660 ± 0.010 (n = 3)", "depth": "0.100 ± 0.000 (n = 3)"}
    assert rows[0] == {"labels": "half", "what": "grid, labels only", **scores}
    assert rows[2]["what"] == INPUT and rows[2]["depth"] == "–"


def test_reference_runs_have_a_column_of_their_own(noise):
    _, results = noise
    runs = [replace(run, train_metrics=run.train_metrics | {"miou": 0.5}) for _, run in results.runs]
    reference = Reference("tiny", "label_noise", "MLP, 9 steps", tuple(runs))
    rows = results.table_rows({"mIoU": ("train", "miou")}, {HALF: "half"}, [reference])
    assert rows[0]["mIoU"] == "0.660 ± 0.010 (n = 3)"
    assert rows[0]["mIoU, reference: MLP, 9 steps"] == "0.500 ± 0.000 (n = 3)"
    assert rows[2]["mIoU, reference: MLP, 9 steps"] == "–"


def test_sparse_labels_have_their_baseline_at_test_poses(tmp_path):
    _, results = made(tmp_path, "sparse_labels", baselines_at="test")
    assert results.corrupted_class is None and "input" not in results.names
    assert results.names["baseline 1"] == "nearest labelled frame"
    corruptions = results.distinct("corruption")
    assert results.select(role="baseline 1", views="test").distinct("corruption") == corruptions
    assert {c.corruption for c in results.compare("test")} == set(corruptions)
    assert results.compare("train") == []


def test_two_kinds_of_one_experiment_share_the_roles_of_their_baselines(tmp_path):
    _, results = made(tmp_path, "super_resolution")
    names = [results.names[f"baseline {k}"] for k in (1, 2, 3, 4)]
    assert names[:2] == ["nearest label", "bilinear probabilities"]
    assert names[2:] == ["labels voted in 3D", "nearest labelled frame"] and "baseline 5" not in results.names
    bilinear = results.select(role="baseline 2").distinct("corruption")
    assert set(bilinear) == set(results.distinct("corruption")) - {CLEAN}


def test_a_scene_without_rgb_and_depth_has_one_model_and_no_depth_score(tmp_path):
    bare = replace(make_tiny_scene(n_frames=8), rgb=None, depth=None)
    small = tiny_config(iterations=4, score_views="test+train", score_frames=1)
    planned = [Planned(bare, small), Planned(bare, small.replace(corruption=HALF))]
    results = gather(planned, Store(tmp_path))
    assert results.models == ["labels"] and results.corrupted_class is None
    assert results.scored_frames == "1 of 2 test poses and 1 of 6 training poses"
    [row, *_] = results.table_rows({"depth": ("test", "depth_mae"), "mIoU": ("test", "miou")}, {CLEAN: "clean"})
    assert row["depth"] == "–" and row["mIoU"] != "–"
    [view] = results.views(HALF, [bare.train_ids[0]])["labels"]
    assert view.labels.shape == bare.labels.shape[1:]


def test_a_model_is_ahead_or_behind_only_if_it_is_so_in_every_repeat():
    assert [c.outcome for c in (AHEAD, MIXED, BEHIND)] == ["ahead", "mixed", "behind"]
    assert replace(AHEAD, differences=(0.0, 10.0)).outcome == "mixed"


def test_comparison_rows_carry_mean_spread_count_and_outcome():
    assert comparison_rows([AHEAD], TITLES) == [
        {
            "labels": "half",
            "model": "grid",
            "against": "filter",
            "lead (points)": "20.0 ± 14.1 (n = 2)",
            "in every repeat": "ahead",
        }
    ]


def test_always_behind_names_models_and_corruptions():
    also = Comparison(HALF, "mlp", "filter", (-10.0,))
    assert always_behind([AHEAD, MIXED, BEHIND, also], TITLES, "the filter") == (
        "behind the filter in every repeat:\n  mlp: most; half"
    )
    assert always_behind([AHEAD, MIXED], TITLES, "the filter").endswith("no model under any corruption")


def test_greatest_losses_are_named_with_their_shares_and_rank():
    losses = np.array([[0.0, 0.5, 0.3, np.nan], [0.2, 0.5, np.nan, np.nan]])
    text = greatest_losses(losses, ["wall", "vase", "chair", "door"], np.array([0.7, 0.1, 0.2, 0.0]), most=2)
    assert text.startswith("greatest losses: vase (+0.50 of IoU; 10.00% of the pixels), chair (+0.30 of IoU")
    assert "3 classes: -1.00" in text and "wall" not in text and "door" not in text


def test_equal_losses_have_no_rank():
    assert "2 classes: +0.00" in greatest_losses(np.array([[0.2, 0.2]]), ["wall", "vase"], np.array([0.7, 0.3]))
