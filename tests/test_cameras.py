"""cameras: rays, projections and poses agree with each other and with P2's conventions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from semnerf_lib.cameras import (
    Intrinsics,
    get_rays,
    look_at,
    pose_fault,
    project,
    rays_from_pixels,
    unproject,
)
from semnerf_lib.errors import SemnerfError


def some_pose(seed: int = 0) -> np.ndarray:
    c2w = np.eye(4)
    c2w[:3, :3] = Rotation.random(random_state=seed).as_matrix()
    c2w[:3, 3] = np.random.default_rng(seed).normal(size=3)
    return c2w


CAMERA = Intrinsics(17, 11, 9.0, 7.5, 8.3, 4.9)


def test_project_after_unproject_is_identity():
    c2w = torch.tensor(some_pose())
    depth = torch.rand(11, 17, dtype=torch.float64) * 5 + 0.1
    rays_o, rays_d = get_rays(CAMERA, c2w.float())
    u, v, z = project(unproject(depth.float(), CAMERA, c2w.float()), CAMERA, c2w.float())
    rows, cols = np.mgrid[:11, :17]
    np.testing.assert_allclose(u, cols, atol=1e-4)
    np.testing.assert_allclose(v, rows, atol=1e-4)
    np.testing.assert_allclose(z, depth, rtol=1e-5)
    assert rays_o.shape == rays_d.shape == (11, 17, 3)


def test_unproject_by_hand_in_float64():
    c2w = some_pose(3)
    depth = np.random.default_rng(1).uniform(0.5, 4, (11, 17))
    points = unproject(torch.tensor(depth, dtype=torch.float32), CAMERA, torch.tensor(c2w, dtype=torch.float32))
    for v in range(11):
        for u in range(17):
            in_camera = depth[v, u] * np.array([(u - 8.3) / 9.0, (v - 4.9) / 7.5, 1])
            np.testing.assert_allclose(points[v, u], c2w[:3, :3] @ in_camera + c2w[:3, 3], atol=1e-5)


def test_principal_point_looks_along_the_axis_and_directions_have_z_one():
    c2w = torch.tensor(some_pose(1), dtype=torch.float32)
    o, d = rays_from_pixels(CAMERA, c2w[None], torch.tensor([8.3]), torch.tensor([4.9]))
    torch.testing.assert_close(d[0], c2w[:3, 2])
    torch.testing.assert_close(o[0], c2w[:3, 3])
    _, rays_d = get_rays(CAMERA, c2w)
    torch.testing.assert_close(rays_d @ c2w[:3, 2], torch.ones(11, 17))


def test_rays_of_single_pixels_are_those_of_the_view_each_with_its_own_pose():
    poses = torch.tensor(np.stack([some_pose(s) for s in range(4)]), dtype=torch.float32)
    u, v = torch.tensor([0.0, 16.0, 3.0, 9.0]), torch.tensor([0.0, 10.0, 7.0, 2.0])
    rays_o, rays_d = rays_from_pixels(CAMERA, poses, u, v)
    for i in range(4):
        o, d = get_rays(CAMERA, poses[i])
        torch.testing.assert_close(rays_o[i], o[int(v[i]), int(u[i])])
        torch.testing.assert_close(rays_d[i], d[int(v[i]), int(u[i])])


def test_p2s_intrinsics():
    camera = Intrinsics.from_hfov(320, 240)
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (160, 160, 159.5, 119.5)
    narrow = Intrinsics.from_hfov(100, 50, 60.0)
    edge = np.arctan((99.5 - narrow.cx) / narrow.fx)
    assert np.degrees(edge) == pytest.approx(30)


@pytest.mark.parametrize("size", [(640, 480), (37, 19), (1, 1)])
def test_resized_keeps_every_world_point_at_its_relative_position(size):
    small = CAMERA.resized(*size)
    c2w = torch.eye(4, dtype=torch.float64)
    points = torch.randn(50, 3, dtype=torch.float64) + torch.tensor([0.0, 0.0, 5.0])
    u, v, _ = project(points, CAMERA, c2w)
    u2, v2, _ = project(points, small, c2w)
    torch.testing.assert_close((u2 + 0.5) / size[0], (u + 0.5) / 17)
    torch.testing.assert_close((v2 + 0.5) / size[1], (v + 0.5) / 11)


def test_resized_half_of_hfov_90_is_hfov_90():
    assert Intrinsics.from_hfov(640, 480).resized(320, 240) == Intrinsics.from_hfov(320, 240)


@pytest.mark.parametrize(
    "fault",
    [dict(width=0), dict(height=-1), dict(fx=0.0), dict(fy=-1.0), dict(fx=np.nan), dict(cx=np.inf), dict(cy=np.nan)],
)
def test_impossible_intrinsics_raise(fault):
    good = dict(width=4, height=3, fx=2.0, fy=2.0, cx=1.5, cy=1.0)
    Intrinsics(**good)
    with pytest.raises(SemnerfError, match="intrinsics: "):
        Intrinsics(**(good | fault))


@pytest.mark.parametrize("hfov", [0.0, 180.0, -10.0, np.nan])
def test_impossible_hfov_raises(hfov):
    with pytest.raises(SemnerfError, match="hfov"):
        Intrinsics.from_hfov(4, 3, hfov)


def test_look_at_has_x_right_y_down_z_forward():
    c2w = look_at((0, 0, 0), (5, 0, 0))  # along world x, up is world z: right is -y, down is -z
    np.testing.assert_allclose(c2w[:3, :3], np.array([[0, -1, 0], [0, 0, -1], [1, 0, 0]]).T, atol=1e-12)


def test_look_at_is_rigid_and_centres_its_target():
    rng = np.random.default_rng(0)
    for _ in range(50):
        eye, target, up = rng.normal(size=(3, 3))
        c2w = look_at(eye, target, up)
        assert pose_fault(c2w, 1e-9) is None
        u, v, z = project(torch.tensor(target), CAMERA, torch.tensor(c2w))
        assert (float(u), float(v)) == (pytest.approx(8.3), pytest.approx(4.9))
        assert float(z) == pytest.approx(np.linalg.norm(target - eye))
        assert c2w[:3, 1] @ up < 0  # y points down
        assert c2w[:3, 0] @ up == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("eye", "target"), [((1, 2, 3), (1, 2, 3)), ((0, 0, 0), (0, 0, 2)), ((0, 0, 5), (0, 0, 2))])
def test_look_at_without_a_direction_raises(eye, target):
    with pytest.raises(SemnerfError, match="look_at: from"):
        look_at(eye, target)


def test_pose_fault_names_what_is_wrong():
    good = some_pose()
    assert pose_fault(good) is None

    def changed(where, value):
        bad = good.copy()
        bad[where] = value
        return pose_fault(bad)

    assert "NaN" in changed((1, 2), np.nan)
    assert "infinity" in changed((0, 3), np.inf)
    assert "last row" in changed((3, 0), 0.5)
    assert "last row" in changed((3, 3), 2.0)
    assert "no rotation" in changed((slice(3), slice(3)), 1.01 * good[:3, :3])
    assert "no rotation" in changed((slice(3), slice(3)), np.zeros((3, 3)))
    assert "reflection" in changed((slice(3), 0), -good[:3, 0])
    assert "shape" in pose_fault(good[:3])
