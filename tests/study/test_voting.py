"""voting: labels of several views voted into cells and ray-cast."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import make_tiny_scene

from semnerf_lib.cameras import look_at
from semnerf_lib.carving import votes_by_class
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID
from semnerf_lib.study.voting import VotedCells, gaps


@pytest.fixture(scope="module")
def scene():
    return make_tiny_scene(n_frames=32, width=32, height=24)


@pytest.fixture(scope="module")
def cells(scene):
    return VotedCells(scene, scene.labels)


def accuracy(views, scene, ids):
    known = scene.labels[ids] != VOID
    return float((views == scene.labels[ids])[known].mean())


def test_views_that_never_voted_come_out(scene, cells):
    ids = list(scene.test_ids)
    views = np.stack([cells.render(scene.c2w[i])[0] for i in ids])
    assert accuracy(views, scene, ids) > 0.85


def test_depth_is_where_the_first_solid_cell_begins(scene, cells):
    """Of a wall at x = 1, seen along +x from about (-0.5, -0.3, 1.2)."""
    with pytest.MonkeyPatch.context() as patch:
        solid = cells.centres[:, 0] > 1.0
        patch.setattr(cells, "gap", gaps(solid, cells.size.tolist()))
        pose = look_at((-0.5, -0.3, 1.2), (1.5, -0.3, 1.2))
        depth = cells.render(pose)[1]
    assert np.abs(depth[10:14, 12:20] - 1.5).max() < 2 * cells.cell
    assert depth.min() >= scene.near and depth.max() <= scene.far


def test_test_frames_do_not_vote(scene, cells):
    labels, ids = scene.labels.copy(), list(scene.test_ids)
    labels[ids] = 0
    assert np.array_equal(VotedCells(scene, labels).classes, cells.classes)


def test_wrong_labels_of_single_views_are_outvoted(scene):
    labels, frame = scene.labels.copy(), scene.train_ids[3]
    labels[frame][labels[frame] != VOID] = 6
    view = VotedCells(scene, labels).render(scene.c2w[frame])[0][None]
    assert accuracy(view, scene, [frame]) > 0.7 > accuracy(labels[[frame]], scene, [frame])


def test_any_camera(scene, cells):
    labels, depth = cells.render(scene.c2w[0], scene.intrinsics.resized(20, 10))
    assert labels.shape == depth.shape == (10, 20) and np.isfinite(depth).all()


def test_the_bounds_of_the_scene_are_not_used(scene, cells):
    for bounds in (None, scene.bounds / 2):
        assert np.array_equal(VotedCells(replace(scene, bounds=bounds), scene.labels).gap, cells.gap)


def test_frames_are_their_views(scene, cells):
    labels, depth = cells.render_frames([5, 2])
    assert all(np.array_equal(a[1], b) for a, b in zip((labels, depth), cells.render(scene.c2w[2]), strict=True))


def test_votes_are_those_of_a_loop_and_what_is_hidden_does_not_vote(scene):
    points = torch.tensor([[1.9, 0.3, 1.1], [0.0, 0.2, 1.0]])
    views = [1, 2, 3]
    everyone = votes_by_class(scene, scene.labels, points, views)
    near = {i: torch.full(scene.labels.shape[1:], 0.2) for i in views}
    assert everyone.sum() > 0
    assert votes_by_class(scene, scene.labels, points, views, near).sum() == 0
    assert torch.equal(votes_by_class(scene, scene.labels, points, views, near, 99.0), everyone)


def test_gaps_count_cells():
    solid = torch.zeros(24, dtype=torch.bool)
    assert (gaps(solid, [2, 3, 4]) > 5).all()
    solid[0] = True
    assert gaps(solid, [2, 3, 4]).reshape(2, 3, 4)[1, 2, 2] == 3.0


def test_without_a_label_nobody_votes(scene):
    with pytest.raises(SemnerfError, match="scene tiny: no training frame with a label"):
        VotedCells(scene, np.full_like(scene.labels, VOID))
