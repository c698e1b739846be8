"""live_training.py and its parts: buttons ask, the run's thread draws, and the run is the store's."""

from __future__ import annotations

import importlib
import io
import threading

import numpy as np
import pytest
import torch
from dummies import until
from PIL import Image
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.evaluation import View, view_renderer
from semnerf_lib.experiments import Planned
from semnerf_lib.runs.live import LiveRun, live_run, stop_all
from semnerf_lib.runs.store import Store
from semnerf_lib.widgets.live_figure import curve_picture, without_outermost
from semnerf_lib.widgets.live_training import LivePanel, live_training
from semnerf_lib.widgets.space import ABOVE_CAMERAS, VIEWS, cloud_layout, cloud_trace, learnt_cloud

module = importlib.import_module("semnerf_lib.widgets.live_training")  # whose function has the same name
CPU = torch.device("cpu")
CONFIG = tiny_config(iterations=60)


class Renderer:
    """Renders the truth of the nearest frame, shaded by how often it was asked, and counts."""

    def __init__(self, scene):
        self.scene, self.calls, self.models = scene, [], []

    def __call__(self, model, scene):
        return lambda c2w, width: self.render(model, c2w, width)

    def render(self, model, c2w, width):
        self.calls.append(width)
        self.models.append(model)
        i = int(np.abs(self.scene.c2w - c2w).sum((1, 2)).argmin())
        labels = self.scene.labels[i].copy()
        labels[labels == 255] = 0
        flat = np.zeros(labels.shape, np.float32)
        return View(labels, flat + 1, flat, self.scene.depth[i] + np.float32(0.5), None)


@pytest.fixture(scope="module")
def scene():
    return make_tiny_scene()


@pytest.fixture
def store(tmp_path):
    yield Store(tmp_path / "results")
    stop_all(60)


@pytest.fixture
def panel(store, scene, monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    return LivePanel(live_run(store, Planned(scene, CONFIG), CPU), Renderer(scene))


def test_before_the_first_step_there_is_something_to_see(panel, scene):
    assert "not begun, 60 steps to go" in panel.status.value
    assert panel.go.description == "start" and not panel.go.disabled and panel.halt.disabled
    assert len(panel.renderer.calls) == 1 + VIEWS
    for name, picture in panel.pictures.items():
        assert picture.size == (12, 16), name
    assert len(panel.cloud.data[0].x) > 100 and "step 0" in panel.cloud.layout.title.text
    assert "sphere" in panel.legend.value
    assert "frame" in panel.captions["truth"].value and "off by 0.50 m" in panel.captions["depth"].value
    assert "wrong 0.0%" in panel.captions["error"].value


def test_start_trains_in_the_background_and_the_store_has_the_run(panel, store, scene):
    panel.go.click()
    assert panel.live.join(120)
    run = store.find(Planned(scene, CONFIG))
    assert run is not None and panel.live.run == run
    assert panel.bar.value == panel.bar.max == 60
    assert f"mIoU {run.metrics['miou']:.3f}" in panel.status.value and run.id in panel.status.value
    assert panel.go.description == "train seed 1 too" and panel.halt.disabled
    assert len(panel.renderer.calls) >= 4 * (1 + VIEWS)
    assert "step 60" in panel.cloud.layout.title.text and panel.fault.value == ""


def test_pause_go_on_and_stop(panel, store, scene):
    panel.live.on_change = act_at(panel, 20, panel.go.click)
    panel.go.click()
    until(lambda: panel.live.state == "paused")
    until(lambda: panel.go.description == "go on")
    assert "paused at step 20 of 60" in panel.status.value and not panel.halt.disabled
    panel.live.on_change = act_at(panel, 30, panel.halt.click)
    panel.go.click()
    assert panel.live.join(120) and panel.live.state == "stopped"
    assert "stopped at step 30 of 60" in panel.status.value and panel.go.description == "go on"
    assert (store.folder(Planned(scene, CONFIG)) / "checkpoint.safetensors").is_file()
    again = LivePanel(LiveRun(store, Planned(scene, CONFIG), CPU), Renderer(scene))
    assert "stopped at step 30" in again.status.value and [e["step"] for e in again.live.history] == [10, 20, 30]
    again.go.click()
    assert again.live.join(120) and again.live.run is not None


def act_at(panel, step, act):
    def acting(live, trainer):
        panel.on_change(live, trainer)
        if live.state == "training" and live.step == step:
            act()

    return acting


def test_a_finished_run_is_shown_and_another_seed_can_be_trained(store, scene):
    run = store.get(Planned(scene, CONFIG), CPU)
    panel = LivePanel(live_run(store, Planned(scene, CONFIG), CPU), Renderer(scene))
    assert run.id in panel.status.value and panel.go.description == "train seed 1 too"
    store.get(Planned(scene, CONFIG.replace(seed=1)), CPU)
    panel._show_status(panel.live)
    assert panel.go.description == "train seed 2 too"
    panel.go.click()
    assert panel.live.planned.config.seed == 2 and list(panel._others) == ["seed 0"]
    assert panel.live.join(120) and store.has(Planned(scene, CONFIG.replace(seed=2)))


def test_a_press_is_answered_before_anything_is_drawn_or_trained(store, scene, monkeypatch):
    store.get(Planned(scene, CONFIG), CPU)
    seen, make, begin = [], LiveRun._make, threading.Event()
    monkeypatch.setattr(LiveRun, "_make", lambda live: (begin.wait(20), make(live)))

    class Watching(Renderer):
        def render(self, model, c2w, width):
            seen.append((panel.go.description, panel.go.disabled))
            return super().render(model, c2w, width)

    panel = LivePanel(live_run(store, Planned(scene, CONFIG), CPU), Renderer(scene))
    panel.renderer = Watching(scene)
    panel.go.click()
    assert seen[0] == ("working ...", True)
    assert "seed 1: making rays and field" in panel.status.value and panel.go.disabled
    begin.set()
    assert panel.live.join(120)


def test_scoring_advances_the_bar_and_draws_once(panel, monkeypatch, scene):
    monkeypatch.setattr(module, "STATUS_SECONDS", 0.0)
    seen = []

    def watching(live, trainer):
        panel.on_change(live, trainer)
        if live.state == "scoring":
            seen.append((panel.bar.value, panel.bar.max, panel.status.value, len(panel.renderer.calls)))

    panel.live.on_change = watching
    panel.go.click()
    assert panel.live.join(120)
    n, drawn = len(scene.test_ids), seen[0][3]
    assert [entry[:2] for entry in seen] == [(60, 60), *((k, n) for k in range(1, n + 1))]
    assert "scoring, the first view" in seen[0][2] and f"scoring, {n} of {n} views" in seen[-1][2]
    assert all(entry[3] == drawn for entry in seen)
    assert panel.bar.value == panel.bar.max == 60


def test_another_view_is_drawn_at_once_while_nothing_trains(panel, scene):
    before, other = len(panel.renderer.calls), (panel.slider.value + 1) % len(scene.test_ids)
    panel.slider.value = other
    assert len(panel.renderer.calls) == before + 1 + VIEWS
    assert f"frame {scene.test_ids[other]}" in panel.captions["truth"].value


def test_while_it_trains_only_its_thread_draws(panel, monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", 1e9)
    seen = []

    def turn_the_slider():
        before = len(panel.renderer.calls)
        panel.slider.value = (panel.slider.value + 1) % (panel.slider.max + 1)
        seen.append(len(panel.renderer.calls) - before)

    panel.live.on_change = act_at(panel, 20, turn_the_slider)
    panel.go.click()
    assert panel.live.join(120) and seen == [0]


def test_pictures_do_not_change_what_is_learnt(panel, store, scene, tmp_path):
    panel.renderer = view_renderer
    monitored = panel.live
    panel.go.click()
    assert monitored.join(120)
    alone = Store(tmp_path / "other").get(Planned(scene, CONFIG), CPU)
    assert store.find(Planned(scene, CONFIG)).weights_sha256 == alone.weights_sha256


def test_a_picture_that_fails_stands_in_the_panel_and_the_run_goes_on(panel):
    def broken(model, scene):
        raise RuntimeError("no <picture>")

    panel.renderer = broken
    panel.go.click()
    assert panel.live.join(120) and panel.live.run is not None
    panel._show_status(panel.live)
    assert "no &lt;picture&gt;" in panel.fault.value


def test_the_cell_run_again_follows_the_same_run(panel, store, scene):
    panel.live.on_change = act_at(panel, 20, panel.go.click)
    panel.go.click()
    until(lambda: panel.live.state == "paused")
    again = LivePanel(live_run(store, Planned(scene, CONFIG), CPU), Renderer(scene))
    assert again.live is panel.live and again.go.description == "go on"
    again.go.click()
    assert again.live.join(120) and "mIoU" in again.status.value


def test_headless_makes_the_run_and_a_small_picture(store, scene):
    explorer = live_training(Planned(scene, CONFIG), store, CPU, Renderer(scene))
    assert not store.has(Planned(scene, CONFIG))
    picture = explorer.static()
    assert store.has(Planned(scene, CONFIG))
    assert len(picture.data) < 100_000
    assert Image.open(io.BytesIO(picture.data)).size[0] > 600


def test_the_cloud_lies_where_the_rays_end(scene):
    render = Renderer(scene)
    xyz, labels = learnt_cloud(lambda c2w, width: exact(render.render(None, c2w, width)), scene)
    assert render.calls == [16] * VIEWS and len(xyz) == len(labels)
    low, high = scene.bounds
    assert (xyz > low - 0.02).all() and (xyz < high + 0.02).all()
    assert xyz[:, 2].max() <= 1.2 + ABOVE_CAMERAS  # the cameras stand at 1.2 m
    floor = xyz[labels == 4]
    assert len(floor) and np.abs(floor[:, 2]).max() < 0.02
    trace = cloud_trace((xyz, labels), scene.class_names)
    assert trace["marker"]["cmin"] == -0.5 and trace["marker"]["colorscale"][0] == (0.0, "rgb(0,114,178)")
    assert cloud_layout(scene, "t").scene.camera.up.z == 1


def test_a_few_points_far_outside_do_not_make_the_room_small():
    room = np.random.default_rng(0).uniform(0, 5, (500, 3)).astype(np.float32)
    far = np.full((5, 3), 80, np.float32)
    xyz, labels = without_outermost(np.concatenate([room, far]), np.zeros(505, np.uint8))
    assert xyz.max() <= 5 and len(labels) == len(xyz) > 480


def exact(view):
    return View(view.labels, view.probability, view.entropy, view.depth - np.float32(0.5), None)


def test_curves_grow():
    history = [{"step": 10 * i, "loss": 1.0 / i, "miou": 0.1 * i} for i in range(1, 5)]
    empty, some, more = (curve_picture(history[:n], 40) for n in (0, 2, 4))
    assert empty.shape == some.shape == (460, 1920, 3) and empty.dtype == np.uint8
    assert (empty != some).any() and (some != more).any()
    assert (more != curve_picture(history, 40, {"seed 0": history[:3]})).any()
    assert curve_picture([{"step": 10, "loss": 0.0}], 40).shape == empty.shape  # no logarithm of nothing
