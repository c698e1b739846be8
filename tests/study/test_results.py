"""results.py: the table of scores, and the scores of baselines that are computed once."""

from __future__ import annotations

import numpy as np
import pytest
from made_runs import furnished_scene, make_run, make_runs

from semnerf_lib.evaluation import scored_frames
from semnerf_lib.experiments import Planned, plan
from semnerf_lib.labels import CLEAN, Corruption
from semnerf_lib.runs.store import Store
from semnerf_lib.study.claims import INPUT
from semnerf_lib.study.results import Result, Results, baseline_results, finished, planned_results, scored_baselines
from semnerf_lib.study.voting import VotedCells

NOISE = Corruption("pixel-noise", 0.5)


def row(role, miou, seed=0, views="train", corruption=NOISE):
    return Result(corruption, role, f"the {role}", (None, seed), views, {"miou": miou})


TABLE = Results(
    (
        row("labels", 0.9),
        row("labels", 0.8, 1),
        row("labels", 0.7, views="test"),
        row("input", 0.99),
        row("baseline 1", 0.1),
        row("baseline 1", 0.45, 1),
        row("baseline 2", 0.3),
        row("baseline 2", None, 1),
        row("baseline 3", None),
    )
)


def test_select_and_values():
    assert TABLE.select(role="labels", views="train").values("miou").tolist() == [0.9, 0.8]
    assert TABLE.select(role="labels", repeat=(None, 1)).distinct("name") == ["the labels"]
    values = TABLE.select(role="baseline 2").values("miou")
    assert values[0] == 0.3 and np.isnan(values[1]) and np.isnan(TABLE.values("depth_mae")).all()


def test_the_best_baseline_has_the_highest_mean_and_is_never_the_input():
    assert TABLE.best_baseline(NOISE) == "baseline 2"
    assert TABLE.best_baseline(NOISE, "class_iou") is None and TABLE.best_baseline(CLEAN) is None


def test_by_poses_holds_the_scores_of_each_repeat():
    tree = TABLE.by_poses("train", "test")
    assert list(tree) == ["training poses", "test poses"]
    assert tree["test poses"] == {"labels": {NOISE: [{"miou": 0.7}]}}
    assert [scores["miou"] for scores in tree["training poses"]["labels"][NOISE]] == [0.9, 0.8]


def test_finished_runs_have_rows_at_both_poses_and_the_others_none(tmp_path):
    store, planned = Store(tmp_path), plan("label_noise", furnished_scene(), "smoke")
    made = make_run(store, planned[0], 0.5)
    runs = finished(planned, store)
    assert list(runs) == [made.id]
    results = planned_results(planned, runs)
    assert [(r.views, r.run, r.name) for r in results.rows] == [
        ("test", made.id, "grid, labels only"),
        ("train", made.id, "grid, labels only"),
    ]


def test_variants_are_called_by_their_labels(tmp_path):
    store, planned = Store(tmp_path), plan("geometry", furnished_scene(), "smoke")
    make_runs(store, planned, lambda config: 0.5)
    assert planned_results(planned, finished(planned, store)).distinct("name") == [one.label for one in planned]


def test_baselines_are_scored_once_and_kept(tmp_path, monkeypatch):
    store, planned = Store(tmp_path), plan("label_noise", furnished_scene(), "laptop")
    results = baseline_results(planned, store, "train")
    files = sorted((tmp_path / "baselines").iterdir())
    corruptions = {one.config.corruption for one in planned}
    assert len(files) == 3 * (len(corruptions) - 1)  # one a seed and corruption, for both supervisions; none on clean
    assert {row.role for row in results.rows} == {"input", *(f"baseline {k}" for k in range(1, 5))}
    assert {row.name for row in results.rows if "depth_mae" in row.scores} == {"labels voted in 3D"}
    [one, *_] = [one for one in planned if one.config.corruption != CLEAN]
    wanted = scored_baselines(store, one)["train"]
    monkeypatch.setattr("semnerf_lib.study.results.baseline_scores", None)
    rgb = Planned(one.scene, one.config.replace(supervision="labels+rgb"))
    assert scored_baselines(store, rgb)["train"] == wanted and list(wanted)[0] == INPUT
    assert baseline_results(planned, store, "train") == results
    assert wanted[INPUT]["n_frames"] == len(scored_frames(one.scene, one.config)["train"])


def test_cells_are_voted_once_for_both_poses_and_models(tmp_path, monkeypatch):
    built = []
    monkeypatch.setattr(
        "semnerf_lib.study.baselines.VotedCells", lambda *given: built.append(given) or VotedCells(*given)
    )
    store, planned = Store(tmp_path), plan("super_resolution", furnished_scene(), "smoke")
    results = baseline_results(planned, store, "train", "test")
    corruptions = {one.config.corruption for one in planned}
    assert len(built) == len(corruptions) < len(planned)
    voted = results.select(name="labels voted in 3D")
    assert len(voted.distinct("role")) == 1
    assert set(voted.select(views="test").distinct("corruption")) == corruptions
    assert set(voted.select(views="train").distinct("corruption")) == corruptions - {CLEAN}


@pytest.mark.parametrize(
    "damage", ["", "[]", '{"scores": []}', '{"scores": {"test": 1}}', '{"scores": {"another": {}}}']
)
def test_damaged_scores_of_baselines_are_made_again(tmp_path, damage):
    scene = furnished_scene()
    planned = next(p for p in plan("super_resolution", scene, "smoke") if p.config.corruption.kind == "super-dense")
    wanted = scored_baselines(Store(tmp_path), planned)
    [file] = (tmp_path / "baselines").iterdir()
    text = file.read_text()
    file.write_text(damage)
    assert scored_baselines(Store(tmp_path), planned) == wanted and file.read_text() == text
