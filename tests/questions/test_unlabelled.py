"""unlabelled.py: the planned runs, and what is measured of the pixels of one class."""

from __future__ import annotations

import inspect
from types import SimpleNamespace

import numpy as np
import pytest
from tiny import make_tiny_scene

from semnerf_lib.experiments.presets import preset
from semnerf_lib.labels import CLEAN, Corruption
from semnerf_lib.models import build_model
from semnerf_lib.questions import unlabelled as module
from semnerf_lib.questions.ray_views import RayView
from semnerf_lib.questions.unlabelled import class_scores, pixel_scores, short_runs

SCENE = make_tiny_scene()
MODEL = build_model(preset("smoke"), SCENE)
SPHERE, FLOOR = 6, 4


def hole(model, scene, frame):
    """The sphere is missing: floor 0.5 m behind it, some fog before; all else is right."""
    labels, depth = scene.labels[frame].copy(), scene.depth[frame].copy()
    sphere = labels == SPHERE
    labels[sphere], depth[sphere] = FLOOR, depth[sphere] + 0.5
    opacity = np.where(sphere[..., None], np.float32([0.2, 0.1, 0.7]), np.float32([0, 1, 0]))
    entropy, spread = sphere.astype(np.float32), np.zeros(sphere.shape, np.float32)
    return RayView(labels, entropy, np.ones_like(depth), depth, spread, opacity)


@pytest.fixture(autouse=True)
def rendered(monkeypatch):
    monkeypatch.setattr(module, "ray_view", hole)


def test_the_scores_of_a_hole():
    scores = pixel_scores(MODEL, SCENE, SPHERE)
    assert scores["as floor"] == 1 and scores["entropy"] == 1 and scores["entropy elsewhere"] == 0
    assert scores["entropy auroc"] == 1 and scores["spread auroc"] == 0.5
    assert [scores[key] for key in ("before", "at", "behind")] == pytest.approx([0.2, 0.1, 0.7])
    assert [scores[key] for key in ("depth error", "depth bias")] == pytest.approx([0.5, 0.5])


def test_a_class_that_is_there_has_no_hole():
    scores = pixel_scores(MODEL, SCENE, FLOOR)
    assert scores["as floor"] == scores["at"] == 1 and scores["depth error"] == 0


@pytest.mark.parametrize(("corruption", "classes"), [("unlabelled:1:floor", ["floor"]), ("none", ["sphere", "floor"])])
def test_a_run_is_scored_for_the_class_it_goes_without(monkeypatch, corruption, classes):
    monkeypatch.setattr(module, "NEVER", (Corruption("unlabelled", 1, "sphere"),))
    monkeypatch.setattr(module, "DRIFT", (Corruption("renamed", 0.5, "floor"),))
    metrics = {"per_class_iou": {"floor": 0.5, "sphere": 0.25}, "miou": 0.6, "depth_mae": 0.1}
    config = SimpleNamespace(corruption=Corruption.parse(corruption))
    run = SimpleNamespace(config=config, metrics=metrics, load=lambda scene: MODEL)
    scores = inspect.unwrap(class_scores)(SimpleNamespace(scene=SCENE), run)
    assert [name for name in ("sphere", "floor") if f"{name} before" in scores] == classes
    assert scores["floor iou"] == 0.5 and scores["miou"] == 0.6


def test_runs_are_paired():
    planned = short_runs(SCENE, (CLEAN, Corruption("unlabelled", 1, "sphere")))
    assert len({one.id for one in planned}) == len(planned) == 2 * 3 * 2
    for a, b in zip(planned[::2], planned[1::2], strict=True):
        assert (a.config.supervision, b.config.supervision) == ("labels", "labels+rgb")
        assert (a.config.seed, a.config.corruption) == (b.config.seed, b.config.corruption)
