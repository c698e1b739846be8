"""costs.py: what runs cost, from their provenance; nothing is compared that was not measured alike."""

from __future__ import annotations

import pytest
from made_runs import furnished_scene, make_run

from semnerf_lib.experiments import plan
from semnerf_lib.runs.store import Store
from semnerf_lib.study.claims import WITH_RGB
from semnerf_lib.study.costs import cost, ratios


@pytest.fixture
def runs(tmp_path):
    """Five folds a supervision, 20 ms a step and twice that with RGB, there fold 4 on another device."""
    scene, found = furnished_scene(), {}
    for planned in plan("view_synthesis", scene, "laptop"):
        config = planned.config
        rgb = config.supervision == WITH_RGB
        device = "other" if rgb and config.fold == 4 else "one"
        seconds = 0.02 * (1 + rgb) * (1 + config.fold / 10)
        run = make_run(Store(tmp_path), planned, 0.9, device, seconds_a_step=seconds, parameters=1000 + rgb)
        found.setdefault(config.supervision, []).append(run)
    return found


def test_cost_of_a_model(runs):
    found = cost(runs["labels"])
    assert (found.model, found.runs, found.parameters, found.devices) == ("grid, labels only", 5, 1000, ("one",))
    assert found.seconds == pytest.approx([0.02, 0.022, 0.024, 0.026, 0.028])
    assert cost(runs[WITH_RGB]).devices == ("one", "other")


def test_peak_memory_counts_only_where_it_is_a_runs_own(runs, tmp_path):
    assert cost(runs["labels"]).memory == ()
    facts = dict(device_type="cuda", peak_memory_gib=2.5)
    [planned] = plan("training", furnished_scene(), "laptop")
    assert cost([make_run(Store(tmp_path / "gpu"), planned, 0.9, "GPU", **facts)]).memory == (2.5,)


def test_times_are_compared_on_one_device_and_fold_by_fold(runs):
    assert ratios(runs["labels"], runs[WITH_RGB], "seconds_a_step") == pytest.approx([0.5] * 4)
    assert ratios(runs["labels"], [], "seconds_a_step") == []
