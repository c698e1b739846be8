"""plots.renders: the path of a flight."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from semnerf_lib.cameras import pose_fault
from semnerf_lib.errors import SemnerfError
from semnerf_lib.plots.renders import camera_path, nearest_chain


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


def test_nearest_chain_visits_all_by_nearness():
    c2w = np.tile(np.eye(4), (5, 1, 1))
    c2w[:, 0, 3] = [0, 10, 1, 3, -2.5]
    assert nearest_chain(c2w).tolist() == [0, 2, 3, 4, 1]
    assert sorted(nearest_chain(c2w, 3).tolist()) == [0, 1, 2, 3, 4]
