"""live.py: a run made in a thread is a run like any other, wherever it was paused, stopped or interrupted."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest
import torch
from dummies import until
from tiny import tiny_config

from semnerf_lib.experiments import Planned
from semnerf_lib.machine import progress
from semnerf_lib.machine.checkpoints import read_step
from semnerf_lib.machine.progress import Progress
from semnerf_lib.runs import live
from semnerf_lib.runs.live import LiveRun, live_run, stop_all
from semnerf_lib.runs.store import Store
from semnerf_lib.runs.underway import Held, locked, read_failure
from semnerf_lib.training import Trainer

CPU = torch.device("cpu")
CONFIG = tiny_config(iterations=60)


@pytest.fixture
def store(tmp_path):
    yield Store(tmp_path / "results")
    stop_all(60)


@pytest.fixture
def begun(store, tiny_scene):
    return LiveRun(store, Planned(tiny_scene, CONFIG), CPU)


def at_step(step, act):
    """A `heard` that acts once, in the training thread, when the run trains at a step."""
    return lambda run, trainer: act(run) if run.state == "training" and trainer.step_count == step else None


def test_a_new_run_is_at_its_beginning(begun):
    assert begun.state == "new" and begun.step == 0 and begun.run is None and begun.join(0)


def test_it_ends_as_the_run_that_the_store_makes(begun, store, tiny_scene, tmp_path):
    states = []
    begun.on_change = lambda run, trainer: states.append((run.state, run.step, trainer is None))
    begun.start()
    assert begun.join(120) and begun.state == "finished"
    known = store.find(Planned(tiny_scene, CONFIG))
    assert begun.run == known and begun.history == known.history and begun.step == 60
    assert known.weights_sha256 == Store(tmp_path / "other").get(Planned(tiny_scene, CONFIG), CPU).weights_sha256
    steps = [("training", step, False) for step in range(10, 70, 10)]
    views = [("scoring", 60, True)] * len(tiny_scene.test_ids)
    assert states == [*steps, ("scoring", 60, False), *views, ("finished", 60, True)]
    assert not (known.folder / "progress.json").exists()


def test_stopped_and_continued_it_is_the_same_to_the_bit(begun, store, tiny_scene, tmp_path):
    begun.on_change = at_step(20, LiveRun.stop)
    begun.start()
    assert begun.join(120) and begun.state == "stopped" and begun.run is None and begun.error == ""
    folder = store.folder(Planned(tiny_scene, CONFIG))
    assert read_step(folder / "checkpoint.safetensors") == 20 and read_failure(folder) is None
    with locked(folder, wait=False):  # nobody holds it any more
        pass
    again = LiveRun(store, Planned(tiny_scene, CONFIG), CPU)
    assert again.state == "stopped" and again.step == 20
    again.start()
    assert again.join(120) and again.state == "finished"
    whole = Store(tmp_path / "other").get(Planned(tiny_scene, CONFIG), CPU)
    assert again.run.weights_sha256 == whole.weights_sha256
    losses = [[entry["loss"] for entry in run.history] for run in (again.run, whole)]
    assert losses[0] == losses[1]


def test_what_was_stopped_here_goes_on_here(begun):
    begun.on_change = at_step(20, LiveRun.stop)
    begun.start()
    assert begun.join(120) and begun.state == "stopped"
    begun.on_change = lambda run, trainer: None
    begun.start()
    assert begun.join(120) and begun.state == "finished"


def test_a_pause_holds_between_two_steps_and_start_goes_on(begun, store, tiny_scene, tmp_path):
    begun.on_change = at_step(30, LiveRun.pause)
    begun.start()
    until(lambda: begun.state == "paused")
    time.sleep(0.2)
    assert begun.step == 30 and not begun.join(0)
    with pytest.raises(Held), locked(store.folder(Planned(tiny_scene, CONFIG)), wait=False):
        pass
    begun.start()
    assert begun.join(120) and begun.state == "finished"
    assert begun.run.weights_sha256 == Store(tmp_path / "other").get(Planned(tiny_scene, CONFIG), CPU).weights_sha256
    assert begun.run.metrics["seconds_training"] < 10 and [e["step"] for e in begun.history] == [*range(10, 70, 10)]


def test_a_paused_run_can_be_stopped(begun, store, tiny_scene):
    begun.on_change = at_step(30, LiveRun.pause)
    begun.start()
    until(lambda: begun.state == "paused")
    begun.stop()
    assert begun.join(20) and begun.state == "stopped"
    assert read_step(store.folder(Planned(tiny_scene, CONFIG)) / "checkpoint.safetensors") == 30


def test_starting_twice_trains_once(begun):
    begun.on_change = at_step(10, LiveRun.start)
    begun.start()
    begun.start()
    names = [thread.name for thread in threading.enumerate() if thread.name.startswith("semnerf grid")]
    assert len(names) <= 1
    assert begun.join(120) and begun.state == "finished"
    begun.start()
    assert begun.join(0)


def test_a_run_that_another_process_makes_is_left_to_it(begun, store, tiny_scene):
    with locked(store.folder(Planned(tiny_scene, CONFIG))):
        begun.start()
        assert begun.join(20)
    assert begun.state == "failed" and "is making it" in begun.error


def test_what_a_picture_raises_ends_no_training(begun):
    def heard(run, trainer):
        if trainer is not None:
            raise RuntimeError("no picture")

    begun.on_change = heard
    begun.start()
    assert begun.join(120) and begun.state == "finished" and begun.error == "RuntimeError: no picture"


def test_seconds_left(begun):
    left = []
    begun.on_change = lambda run, trainer: left.append((run.step, run.seconds_left))
    begun.start()
    begun.join(120)
    assert left[0] == (10, None) and left[1][1] > 0
    assert left[-1] == (60, 0)


def test_scoring_is_counted_also_after_a_kill_within_it(begun, store, tiny_scene):
    trainer = Trainer(tiny_scene, CONFIG, CPU)
    trainer.train(store.folder(begun.planned) / "checkpoint.safetensors")
    killed, counts = LiveRun(store, begun.planned, CPU), []
    killed.on_change = lambda run, trainer: counts.append((run.state, run.n_scored, run.n_to_score))
    killed.start()
    assert killed.join(120) and killed.error == ""
    n = len(tiny_scene.test_ids)
    assert counts == [*(("scoring", k, n) for k in range(1, n + 1)), ("finished", n, n)]


def test_a_listener_gets_progress_in_place_of_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(progress, "watched", lambda: pytest.fail("somebody asked who watches"))
    counts = []
    with progress.progress_to(lambda shown: counts.append(shown.count)), Progress("training", 3, every=0) as shown:
        shown.update(3)
    assert capsys.readouterr().err == "" and counts == [3]
    monkeypatch.setattr(progress, "watched", lambda: False)
    with Progress("training", 3, every=0) as shown:
        shown.update(3)
    assert "training: 3/3" in capsys.readouterr().err


def test_the_cell_run_again_finds_its_run_and_another_one_stops_it(store, tiny_scene):
    first = live_run(store, Planned(tiny_scene, CONFIG), CPU)
    first.on_change = at_step(20, LiveRun.pause)
    first.start()
    until(lambda: first.state == "paused")
    assert live_run(store, Planned(tiny_scene, CONFIG), CPU) is first
    second = live_run(store, Planned(tiny_scene, CONFIG.replace(seed=1)), CPU)
    assert second is not first and first.join(20) and first.state == "stopped"
    assert live_run(store, Planned(tiny_scene, CONFIG), CPU) is not first


class Shell:
    """IPython's events, as far as they are used."""

    def __init__(self):
        self.events = SimpleNamespace(
            callbacks={"pre_run_cell": [], "post_run_cell": []},
            register=lambda name, call: self.events.callbacks[name].append(call),
        )

    def runs(self, fault=None):
        for call in self.events.callbacks["pre_run_cell"]:
            call(None)
        for call in self.events.callbacks["post_run_cell"]:
            call(SimpleNamespace(error_in_exec=fault))


@pytest.fixture
def shell(monkeypatch):
    shell = Shell()
    monkeypatch.setitem(live.sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    return shell


def test_another_cell_lets_go_of_a_paused_run_but_not_of_one_that_trains(shell, store, tiny_scene):
    run = live_run(store, Planned(tiny_scene, CONFIG), CPU)
    live_run(store, Planned(tiny_scene, CONFIG), CPU)
    assert len(shell.events.callbacks["pre_run_cell"]) == 1
    seen = []
    run.on_change = at_step(20, lambda run: (shell.runs(), seen.append(run.state), run.pause()))
    run.start()
    until(lambda: run.state == "paused")
    assert seen == ["training"]
    shell.runs()
    assert run.join(0) and run.state == "stopped"


def test_an_interrupted_kernel_trains_no_more(shell, store, tiny_scene):
    run, may_go_on = live_run(store, Planned(tiny_scene, CONFIG), CPU), threading.Event()
    run.on_change = at_step(20, lambda run: may_go_on.wait(20))
    run.start()
    until(lambda: run.step == 20)
    threading.Timer(0.2, may_go_on.set).start()
    shell.runs(KeyboardInterrupt())
    assert run.join(0) and run.state == "stopped" and run.step == 20
