"""costs.py: what leaving RGB out saves, to equal scores."""

from __future__ import annotations

import pytest
from made_runs import furnished_scene

from semnerf_lib.experiments import Planned
from semnerf_lib.experiments.presets import config_of
from semnerf_lib.questions import costs
from semnerf_lib.questions.costs import conclude, core_seconds, first_step, measure
from semnerf_lib.runs.store import Store


@pytest.mark.parametrize(
    ("curve", "level", "rising", "step"),
    [
        ([(100, 0.5), (200, 0.9)], 0.8, True, 175.0),
        ([(100, 0.9), (200, 0.95)], 0.8, True, 100.0),
        ([(100, 0.5), (200, 0.4), (300, 0.6)], 0.5, True, 100.0),
        ([(100, 0.5), (200, 0.7)], 0.8, True, None),
        ([(100, 0.6), (200, 0.2)], 0.3, False, 175.0),
        ([], 0.3, False, None),
    ],
)
def test_a_level_is_passed_between_two_previews(curve, level, rising, step):
    assert first_step(curve, level, rising) == (None if step is None else pytest.approx(step))


def test_seconds_are_those_of_the_processor(monkeypatch):
    ticks, calls = iter([10.0, 16.0]), []
    monkeypatch.setattr(costs.time, "process_time", lambda: next(ticks))
    assert costs.seconds_of(calls.append, 3) == 2.0 and calls == [0, 1, 2, 3, 4, 5]


def test_a_run_is_measured_on_one_core(tmp_path):
    scene = furnished_scene()
    planned = Planned(scene, config_of(scene, "smoke", "labels+rgb", "grid", iterations=20, preview_every=10))
    run = Store(tmp_path).get(planned)
    row = measure(planned, run)
    assert row["step_seconds"] > 0 and row["view_seconds"] > 0
    assert row["megabytes"] == pytest.approx(4 * row["parameters"] / 1e6, rel=0.1)
    for key in ("miou", "depth_mae"):
        assert row[key] == run.metrics[key]
    scored = [entry for entry in run.history if "miou" in entry]
    assert [entry["step"] for entry in scored] == [10, 20]
    assert row["steps to miou 0.8"] == first_step([(e["step"], e["miou"]) for e in scored], 0.8, True)


def of(supervision, seed, steps, seconds):
    reached = {"steps to miou 0.9": steps, "steps to depth_mae 0.3": None}
    sizes = {"step_seconds": seconds, "view_seconds": seconds, "parameters": 10, "megabytes": seconds}
    return {"field": "grid", "supervision": supervision, "seed": seed} | reached | sizes


def test_the_conclusion_has_both_models_and_what_neither_reaches():
    rows = [of("labels", seed, 100 + 100 * seed, 0.1) for seed in range(3)]
    rows += [of("labels+rgb", seed, 100, 0.2) for seed in range(3)]
    text = conclude(rows)
    assert "labels alone: 20 s (10 to 30), labels + RGB: 20 s (20 to 20)" in text
    assert "labels alone: not reached by all" in text
    assert "a step 2.00, a view 2.00, parameters 1.00, storage 2.00 times" in text
    assert core_seconds(rows[0], "miou", 0.9) == 10.0 and core_seconds(rows[0], "depth_mae", 0.3) is None
