"""inversion.py: what is read out of fields whose contents are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.errors import SemnerfError
from semnerf_lib.lessons import inversion
from semnerf_lib.lessons.inversion import guessed_colours, relief_agreement, surface_features
from semnerf_lib.models import build_model

SCENE = make_tiny_scene(width=32, height=24)


@pytest.fixture(scope="module")
def model():
    return build_model(tiny_config(), SCENE).eval()


def test_features_are_those_of_the_trunk_and_places_lie_along_the_rays(model):
    frames, u, v = torch.tensor([0, 3]), torch.tensor([4, 9]), torch.tensor([5, 7])
    features, places = surface_features(model, SCENE, frames, u, v)
    assert features.shape == (2, model.field.trunk.out_features) and (features >= 0).all()
    for k, (i, column, row) in enumerate(zip(frames.tolist(), u.tolist(), v.tolist(), strict=True)):
        away = SCENE.c2w[i][:3, :3].T @ (places[k].numpy() - SCENE.c2w[i][:3, 3])
        camera = SCENE.intrinsics
        assert away[0] / away[2] * camera.fx + camera.cx == pytest.approx(column, abs=1e-3)
        assert away[1] / away[2] * camera.fy + camera.cy == pytest.approx(row, abs=1e-3)


def colours_from(scene, values):
    return replace(scene, rgb=np.repeat((values * 255).round().astype(np.uint8)[..., None], 3, axis=-1))


def test_colours_that_the_features_hold_are_guessed_and_random_ones_are_not(model, monkeypatch):
    """The features are replaced by the pixel's place in the image; only one of the two rooms is painted by it."""
    rng = np.random.default_rng(0)

    def features(model, scene, frames, u, v):
        places = torch.stack([torch.from_numpy(rng.normal(size=len(u))).float(), *[torch.zeros(len(u))] * 2], dim=1)
        return torch.stack([u / 32, v / 24], dim=1), places

    monkeypatch.setattr(inversion, "surface_features", features)
    shape = SCENE.labels.shape
    by_place = colours_from(SCENE, np.broadcast_to(np.linspace(0, 1, shape[2]), shape))
    assert guessed_colours(model, by_place, 2_000)["explained"] > 0.9
    assert guessed_colours(model, colours_from(SCENE, rng.random(shape)), 2_000)["explained"] < 0.1


def test_relief_that_is_there_agrees_and_relief_that_is_not_does_not():
    rng = np.random.default_rng(0)
    labels, truth = np.zeros((2, 40, 60), np.uint8), (2 + rng.random((2, 40, 60))).astype(np.float32)
    assert relief_agreement(truth, truth, labels) == pytest.approx(1)
    assert relief_agreement(2 * truth + 5, truth, labels) == pytest.approx(1)  # only its shape counts
    other = (2 + rng.random(truth.shape)).astype(np.float32)
    assert abs(relief_agreement(other, truth, labels)) < 0.1


def test_boundaries_and_unknown_depth_are_left_out():
    rng = np.random.default_rng(0)
    labels, truth = np.zeros((1, 60, 80), np.uint8), (2 + rng.random((1, 60, 80))).astype(np.float32)
    labels[:, :, 40:] = 1
    wrong = truth.copy()
    wrong[:, :, 36:44] += 9 * rng.random((1, 60, 8)).astype(np.float32)  # beside the boundary
    assert relief_agreement(wrong, truth, labels) > 0.95
    unknown = truth.copy()
    unknown[:, :20] = 0
    wrong = truth.copy()
    wrong[:, :10] = rng.random((1, 10, 80)).astype(np.float32)
    assert relief_agreement(wrong, unknown, labels) > 0.95


def test_a_field_without_a_grid_is_refused():
    network = build_model(tiny_config("mlp", sampler="proposal"), SCENE)
    one = torch.tensor([1])
    with pytest.raises(SemnerfError, match="kind 'mlp', expected 'grid'"):
        surface_features(network, SCENE, one, one, one)
