"""plots.renders: the path of a flight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.cameras import pose_fault
from semnerf_lib.errors import SemnerfError
from semnerf_lib.models import build_model
from semnerf_lib.plots.renders import (
    MAX_DEPTH,
    camera_path,
    depth_picture,
    farthest_of,
    nearest_chain,
    resized_camera,
    telling_frames,
    write_video,
)


def some_pose(seed: int = 0) -> np.ndarray:
    c2w = np.eye(4)
    c2w[:3, :3] = Rotation.random(random_state=seed).as_matrix()
    c2w[:3, 3] = np.random.default_rng(seed).normal(size=3)
    return c2w


def test_camera_path_passes_its_keys_and_stays_rigid():
    keys = np.stack([some_pose(s) for s in range(4)])
    path = camera_path(keys, 31)
    np.testing.assert_allclose(path[::10], keys, atol=1e-9)
    assert all(pose_fault(pose, 1e-9) is None for pose in path)
    for keys_, n in ((keys[:1], 5), (keys, 1)):
        with pytest.raises(SemnerfError, match="camera_path"):
            camera_path(keys_, n)


@pytest.mark.parametrize("width", [15, 8193, 10**9])
def test_a_width_that_no_picture_has(width):
    with pytest.raises(SemnerfError, match=f"width {width}, expected"):
        resized_camera(make_tiny_scene(4), width)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf"), 1e9])
def test_a_length_that_no_video_has(seconds, tmp_path):
    scene = make_tiny_scene(4)
    with pytest.raises(SemnerfError, match="seconds .*expected more than 0 and at most 3600"):
        write_video(build_model(tiny_config(), scene), scene, tmp_path / "a.mp4", seconds, None, "labels")


def test_nearest_chain_visits_all_by_nearness():
    c2w = np.tile(np.eye(4), (5, 1, 1))
    c2w[:, 0, 3] = [0, 10, 1, 3, -2.5]
    assert nearest_chain(c2w).tolist() == [0, 2, 3, 4, 1]
    assert sorted(nearest_chain(c2w, 3).tolist()) == [0, 1, 2, 3, 4]


def test_the_frames_that_tell_most_have_many_classes_and_a_long_span_of_depth():
    scene = make_tiny_scene(12)
    labels, depth = scene.labels.copy(), scene.depth.copy()
    labels[:], depth[:] = 0, 1.0
    rows = np.arange(labels.shape[1])[:, None]
    labels[4] = labels[8] = np.minimum(rows, 6)
    depth[8] = 1.0 + rows
    flat = replace(scene, labels=labels, depth=depth, test_ids=(0, 4, 8))
    assert telling_frames(flat, 1) == [8]
    assert telling_frames(flat, 3) == telling_frames(flat, 9) == [0, 4, 8]
    assert telling_frames(replace(flat, depth=None), 1) == [4]


def test_depth_is_bright_where_hardly_anything_is_farther():
    scene = make_tiny_scene(12)
    depth = np.full_like(scene.depth, 2.2)
    depth[0, 0, 0], depth[:, 1] = 50.0, 0.0
    farthest = farthest_of(replace(scene, depth=depth))
    assert farthest == 2.5 and farthest_of(replace(scene, depth=None)) == MAX_DEPTH
    dark, bright, brighter = depth_picture(np.array([[0.0, 2.5, 9.0]]), farthest)[0].sum(-1, dtype=int)
    assert dark < bright == brighter
