"""budget.py: ever longer runs of the experiments, and what is kept of them."""

from __future__ import annotations

from collections import Counter

import pytest
from made_runs import furnished_scene, make_run

from semnerf_lib.experiments import Planned, plan
from semnerf_lib.questions import budget
from semnerf_lib.questions.budget import budget_cases, curve, lead_from, network_cases, scores_at_training_poses
from semnerf_lib.runs.store import Store


@pytest.fixture
def scene(monkeypatch):
    scene = furnished_scene()
    monkeypatch.setattr(budget, "open_scene", lambda spec, scale: scene)
    return scene


@pytest.mark.parametrize(
    ("ours", "first"), [([3, 3, 3], 10), ([1, 2, 3], 20), ([3, 1, 3], 40), ([3, 3, 1], None), ([1, 1, 1], None)]
)
def test_a_lead_counts_from_where_it_lasts(ours, first):
    assert lead_from([10, 20, 40], ours, [2, 2, 2]) == first


def test_the_shortest_and_the_reference_runs_are_those_of_the_experiments(scene):
    ids = {(case.dials["corruption"], case.dials["times"]): set() for case in budget_cases()}
    for case in budget_cases():
        ids[case.dials["corruption"], case.dials["times"]].add(case.planned.id)
    for scale, times in (("laptop", 1), ("reference", 4)):
        planned = [one for one in plan("label_noise", scene, scale) if str(one.config.corruption) == "pixel-noise:0.5"]
        assert ids["pixel-noise:0.5", times] == {one.id for one in planned}


def test_each_length_has_both_supervisions_and_its_own_decay(scene):
    cases = list(budget_cases())
    count = Counter((case.dials["corruption"], case.dials["times"]) for case in cases)
    assert set(count.values()) == {2, 6} and len(count) == len(budget.CORRUPTIONS) * len(budget.TIMES)
    assert len({case.planned.id for case in cases}) == len(cases)
    for case in cases:
        config = case.planned.config
        assert (config.iterations, config.lr_decay_steps) == (400 * case.dials["times"], 300 * case.dials["times"])


def test_labels_alone_stand_beside_what_needs_no_field(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(budget, "untrained_depth", lambda planned, store, views: 0.9)
    alone, rgb = [
        case.planned for case in budget_cases() if case.dials == {"corruption": "pixel-noise:0.5", "times": 2}
    ]
    store = Store(tmp_path)
    row = scores_at_training_poses(alone, make_run(store, alone, 0.7))
    assert (row["train_miou"], row["miou"], row["depth"], row["untrained_depth"]) == (0.7, 0.7, 0.1, 0.9)
    assert 0 < row["input"] < row["baseline"] <= 1 and "majority" in row["baseline_name"]
    assert scores_at_training_poses(rgb, make_run(store, rgb, 0.7)).keys() == {"train_miou", "miou", "depth"}


def test_the_networks_curve_has_every_preview(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(budget, "untrained_depth", lambda planned, store, views: 0.9)
    cases = [case.planned for case in network_cases()]
    assert [one.config.supervision for one in cases] == ["labels", "labels+rgb"]
    assert {one.config.field for one in cases} == {"mlp"}
    run = make_run(Store(tmp_path), Planned(scene, cases[0].config), 0.7)
    run.history[:] = [{"step": 10, "loss": 1.0}, {"step": 20, "loss": 1.0, "miou": 0.5, "depth_mae": 0.2}]
    assert curve(cases[0], run)["curve"] == [[20, 0.5, 0.2]]
