"""localisation.py: poses moved, compared, and found again in a field that is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from tiny import CENTRE, LOWER, RADIUS, UPPER, make_tiny_scene, tiny_config
from torch import nn

from semnerf_lib.cameras import pose_fault
from semnerf_lib.lessons.localisation import colours_loss, labels_loss, moved, perturbed, pose_error, refine_pose
from semnerf_lib.models import build_model
from semnerf_lib.rendering import FieldOutput

SCENE = make_tiny_scene(width=48, height=36)
COLOURS = torch.from_numpy(np.array([SCENE.rgb[SCENE.labels == k][0] for k in range(7)])).float() / 255


class Room(nn.Module):
    """The tiny room as a field: dense behind its surfaces, each of the class of the nearest one."""

    def forward(self, points, viewdirs):
        lower, upper, centre = (torch.tensor(a).float() for a in (LOWER, UPPER, CENTRE))
        walls = torch.stack([points - lower, upper - points], dim=-1).flatten(-2)  # x-, x+, y-, y+, z-, z+
        sphere = (points - centre).norm(dim=-1, keepdim=True) - RADIUS
        distances = torch.cat([walls, sphere], dim=-1)
        sigma = 1000 * torch.sigmoid(-distances.amin(-1) / 0.01)
        logits = -40 * distances.abs()
        return FieldOutput(sigma, logits, torch.softmax(logits, -1) @ COLOURS)


@pytest.fixture(scope="module")
def model():
    model = build_model(tiny_config(n_samples=64, n_importance=64), SCENE)
    model.proposal, model.field = Room(), Room()
    return model


def test_a_pose_is_turned_about_its_own_axes_and_shifted_in_the_room():
    c2w = torch.from_numpy(SCENE.c2w[1].copy()).float()
    pose = moved(c2w, torch.tensor([0.1, -0.2, 0.3, 1.0, 2.0, 3.0])).numpy()
    turn = Rotation.from_rotvec([0.1, -0.2, 0.3]).as_matrix()
    assert np.allclose(pose[:3, :3], SCENE.c2w[1, :3, :3] @ turn, atol=1e-5)
    assert np.allclose(pose[:3, 3], SCENE.c2w[1, :3, 3] + (1, 2, 3), atol=1e-5) and pose_fault(pose) is None
    assert torch.equal(moved(c2w, torch.zeros(6)), c2w)


def test_the_error_of_a_pose_is_in_metres_and_degrees():
    off = perturbed(SCENE.c2w[2], 0.3, 20.0, np.random.default_rng(0))
    assert pose_error(off, SCENE.c2w[2]) == pytest.approx((0.3, 20.0), rel=1e-6)
    assert pose_error(SCENE.c2w[2], SCENE.c2w[2]) == pytest.approx((0, 0), abs=1e-5)


@pytest.mark.parametrize("signal", ["labels", "colours"])
def test_a_camera_is_found_again(model, signal):
    truth, labels = SCENE.c2w[6], SCENE.labels[6]
    loss = labels_loss(labels) if signal == "labels" else colours_loss(SCENE.rgb[6])
    start = perturbed(truth, 0.1, 5.0, np.random.default_rng(1))
    before = [p.clone() for p in model.parameters()]
    poses = refine_pose(model, SCENE.intrinsics, start, labels, loss, SCENE.near, SCENE.far, steps=60, n_rays=256)
    assert len(poses) == 61 and np.array_equal(poses[0], start)
    metres, degrees = pose_error(poses[-1], truth)
    assert metres < 0.06 and degrees < 1.0
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_an_image_of_one_class_has_no_boundary_and_still_gives_rays(model):
    labels = np.zeros_like(SCENE.labels[0])
    loss = labels_loss(labels)
    poses = refine_pose(model, SCENE.intrinsics, SCENE.c2w[0], labels, loss, SCENE.near, SCENE.far, steps=2, n_rays=16)
    assert np.isfinite(poses).all()
