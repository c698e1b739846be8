"""changed.py: which pixels have changed and how, whether an old field finds them, and how it is trained on."""

from __future__ import annotations

import inspect
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tiny import make_tiny_scene

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments.presets import preset
from semnerf_lib.models import build_model
from semnerf_lib.questions import changed as module
from semnerf_lib.questions.changed import change_scores, changes, label_agreement, learning_curve, repair_scores
from semnerf_lib.questions.ray_views import RayView, frames_that_show
from semnerf_lib.training import Trainer

SPHERE, CEILING, FLOOR = 6, 5, 4
BEFORE = make_tiny_scene()
BEFORE = replace(BEFORE, instances=(BEFORE.labels.astype(np.uint16) + 1) * (BEFORE.labels != 255))
CONFIG = preset("smoke", iterations=20, preview_every=0)
MODEL = build_model(CONFIG, BEFORE)


def with_block() -> tuple:
    """The tiny scene without its sphere, in whose place the wall is; with a block in a corner of each frame."""
    labels, depth, instances = BEFORE.labels.copy(), BEFORE.depth.copy(), BEFORE.instances.copy()
    sphere = labels == SPHERE
    labels[sphere], depth[sphere], instances[sphere] = FLOOR, depth[sphere] + 1, FLOOR + 1
    labels[:, -3:, -3:], depth[:, -3:, -3:], instances[:, -3:, -3:] = CEILING, 0.5, 99
    return replace(BEFORE, labels=labels, depth=depth, instances=instances), sphere


def test_what_is_there_no_more_was_removed_and_what_is_new_was_added():
    after, sphere = with_block()
    parts = changes(BEFORE, after)
    block = np.zeros_like(sphere)
    block[:, -3:, -3:] = True
    assert np.array_equal(parts["added"], block) and np.array_equal(parts["removed"], sphere & ~block)
    assert not parts["moved"].any()


def test_what_is_elsewhere_was_moved():
    depth = BEFORE.depth.copy()
    depth[BEFORE.labels == SPHERE] += 0.03
    depth[BEFORE.labels == FLOOR] += 0.01
    parts = changes(BEFORE, replace(BEFORE, depth=depth))
    assert np.array_equal(parts["moved"], BEFORE.labels == SPHERE)
    assert not parts["added"].any() and not parts["removed"].any()


def test_other_poses_cannot_be_compared():
    other = BEFORE.c2w.copy()
    other[0, :3, 3] += 1
    with pytest.raises(SemnerfError, match="other poses, expected the same ones"):
        changes(BEFORE, replace(BEFORE, c2w=other))
    with pytest.raises(SemnerfError, match="no depth or no instances"):
        changes(BEFORE, replace(BEFORE, instances=None))


def test_a_perfect_field_of_the_old_room_finds_every_change(monkeypatch):
    """Entropy, the same everywhere, finds none."""
    after, _ = with_block()

    def old(model, scene, frame):
        wrong = BEFORE.labels[frame] != after.labels[frame]
        ones = np.ones(wrong.shape, np.float32)
        return RayView(BEFORE.labels[frame], ones, 1 - wrong.astype(np.float32), ones, ones, np.dstack([ones] * 3))

    monkeypatch.setattr(module, "open_scene", lambda spec, scale: after)
    monkeypatch.setattr(module, "ray_view", old)
    run = SimpleNamespace(load=lambda scene: MODEL)
    scores = inspect.unwrap(change_scores)(SimpleNamespace(scene=BEFORE), run)
    assert scores["disagreement auroc"] == scores["doubt auroc"] == 1 and scores["entropy auroc"] == 0.5
    assert scores["added detected"] == scores["removed detected"] == 1 and scores["moved detected"] is None
    assert scores["false alarms"] == 0


def test_the_agreement_of_labels(monkeypatch):
    changed = BEFORE.labels == SPHERE
    ones = {key: np.ones(BEFORE.labels.shape[1:], np.float32) for key in ("entropy", "depth")}

    def floor(model, intrinsics, c2w, near, far):
        return SimpleNamespace(labels=np.full(BEFORE.labels.shape[1:], FLOOR, np.uint8), **ones)

    monkeypatch.setattr(module, "render_view", floor)
    scores = label_agreement(MODEL, BEFORE, [0, 4, 8], changed)
    assert scores["right"] == 0 and 0 < scores["miou"] < 0.5
    assert label_agreement(MODEL, BEFORE, [0, 4, 8], BEFORE.labels == FLOOR)["right"] == 1


def test_a_curve_begins_before_the_first_step(monkeypatch):
    monkeypatch.setattr(module, "AT_STEPS", (10, 20))
    trainer = Trainer(BEFORE, CONFIG, torch.device("cpu"))
    first = label_agreement(trainer.model, BEFORE, [0, 4], BEFORE.labels == SPHERE)
    curve = learning_curve(trainer, BEFORE, [0, 4], BEFORE.labels == SPHERE)
    assert list(curve) == [0, 10, 20] and curve[0] == first and curve[20]["miou"] > first["miou"]


def test_a_warm_start_has_the_old_weights(monkeypatch):
    """And its field learns further, on the new scene; the old model stays as it was."""
    monkeypatch.setattr(module, "AT_STEPS", (10,))
    trainer = Trainer(BEFORE, CONFIG, torch.device("cpu"))
    trainer.train()
    after, _ = with_block()
    changed = np.any(list(changes(BEFORE, after).values()), axis=0)
    weights = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    monkeypatch.setattr(module, "open_scene", lambda spec, scale: after)
    run = SimpleNamespace(load=lambda scene: trainer.model, config=CONFIG)
    scores = inspect.unwrap(repair_scores)(SimpleNamespace(scene=BEFORE), run)
    frames = frames_that_show(changed, list(after.test_ids), module.N_REPAIR_VIEWS)
    assert scores["warm miou 0"] == label_agreement(trainer.model, after, frames, changed)["miou"]
    assert scores["cold miou 0"] < scores["warm miou 0"]
    assert set(scores) == {f"{start} {key} {step}" for start in ("warm", "cold") for key in ("miou", "right")
                           for step in (0, 10)}  # fmt: skip
    assert all(torch.equal(value, weights[name]) for name, value in trainer.model.state_dict().items())
