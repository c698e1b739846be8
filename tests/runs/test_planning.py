"""planning: what a sweep would cost, without doing it."""

from __future__ import annotations

import time

import torch
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.experiments import Planned
from semnerf_lib.runs import planning
from semnerf_lib.runs.executors import Executor, in_process
from semnerf_lib.runs.planning import Cost, describe_plan, kind_of, measure
from semnerf_lib.runs.store import Store

CPU = torch.device("cpu")
COST = Cost(step=0.5, view=2.0, memory=1.25, weights=2**20, scaled=False)


def test_cost_of_a_run_counts_steps_previews_and_scored_views(tiny_scene):
    config = tiny_config(iterations=100, preview_every=0)
    assert COST.of(Planned(tiny_scene, config)) == 100 * 0.5 + 3 * 2.0
    assert COST.of(Planned(tiny_scene, config.replace(score_views="test+train"))) == 100 * 0.5 + 12 * 2.0
    assert COST.of(Planned(tiny_scene, config.replace(score_views="test+train", score_frames=2))) == 100 * 0.5 + 4 * 2.0
    assert COST.of(Planned(tiny_scene, config.replace(preview_every=50))) == 100 * 0.5 + (3 + 2 * 4) * 2.0


def test_runs_of_one_kind_cost_the_same_and_others_do_not():
    config = tiny_config()
    for same in (dict(seed=3), dict(fold=1), dict(corruption="sparse:0.5"), dict(iterations=7), dict(lr=0.1)):
        assert kind_of(config.replace(**same)) == kind_of(config)
    for other in (dict(n_rays=9), dict(supervision="labels+rgb"), dict(colour_rays=5), dict(n_samples=9)):
        assert kind_of(config.replace(**other)) != kind_of(config)


def test_a_step_is_measured_whole_or_scaled(tiny_scene, monkeypatch):
    kind = kind_of(tiny_config("mlp", n_rays=512))
    whole = measure(tiny_scene, kind, CPU)
    assert not whole.scaled and 0 < whole.step < 1 and 0 < whole.view < 1 and whole.memory > 0.05
    assert whole.weights == 4 * sum(p.numel() for p in planning.Trainer(tiny_scene, kind, CPU).model.parameters())
    rays = []
    step = planning.Trainer.step
    monkeypatch.setattr(planning.Trainer, "step", lambda self: rays.append(self.config.n_rays) or step(self))
    monkeypatch.setattr(planning, "BEARABLE_SECONDS", 0.0)
    scaled = measure(tiny_scene, kind, CPU)
    assert scaled.scaled and max(rays) == 512 // planning.FEWER and scaled.memory >= whole.memory / 4


def test_scaled_times_are_multiplied(tiny_scene, monkeypatch):
    """A step that takes 1 ms a ray, timed with fewer."""
    kind = kind_of(tiny_config("mlp", n_rays=64))

    class Loss:
        def item(self):
            return 0.0

    def slow(self):
        time.sleep(0.001 * self.config.n_rays)
        return Loss(), {}

    monkeypatch.setattr(planning.Trainer, "step", slow)
    monkeypatch.setattr(planning, "BEARABLE_SECONDS", 0.0)
    assert 0.064 <= measure(tiny_scene, kind, CPU).step < 0.2


def test_table_counts_each_run_once(tmp_path, monkeypatch):
    store, scene, measured = Store(tmp_path), make_tiny_scene(), []
    monkeypatch.setattr(planning, "measure", lambda *args: measured.append(args) or COST)
    first = [Planned(scene, tiny_config(iterations=20, seed=seed, preview_every=0)) for seed in range(3)]
    plans = {"first": first, "second": [first[0], Planned(scene, tiny_config("mlp", iterations=40, preview_every=0))]}
    store.get(first[1], CPU)
    two = Executor("two processes", in_process, at_once=2, threads=1)
    text = describe_plan(plans, store, CPU, two)
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line[:3] in ("fir", "sec", "tog")}
    assert rows["first"] == ["3", "3", "1", "2", "32", "s"]  # 2 x (20 steps + 3 views)
    assert rows["second"] == ["2", "1", "0", "2", "26", "s"]  # the MLP's; the other is in the first
    assert rows["together"] == ["4", "4", "1", "3", "58", "s"]
    assert len(measured) == 2  # a kind each
    assert "Time: about 29 s by two processes" in text
    assert "Memory: about 1.2 GiB a process, 2.5 GiB in all." in text and "Disk: about 3 MiB of weights." in text
    assert torch.get_num_threads() == 1
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [store.folder(first[1]).name]  # nothing was made
    for planned in (first[0], first[2], plans["second"][1]):
        store.get(planned, CPU)
    text = describe_plan(plans, store, CPU, two)
    assert "Time" not in text and len(measured) == 2 and "together       4         4     4        0          –" in text
