"""motion.py: where a camera goes when it is turned, led around and flown."""

from __future__ import annotations

import numpy as np
import pytest

from semnerf_lib.cameras import look_at, pose_fault
from semnerf_lib.widgets.motion import (
    NEAREST,
    STEEPEST,
    bearings,
    middle_distance,
    moved,
    orbited,
    roaming_box,
    turned,
    upward,
)

UP = np.array([0.0, 0.0, 1.0])
WIDE = np.array([[-9.0, -9.0, -9.0], [9.0, 9.0, 9.0]])
CAMERA = look_at((0, 0, 1), (1, 0, 1))  # looks along x


@pytest.mark.parametrize("up", [(0, 0, 1), (0, 1, 0), (0, -1, 0), (1, 0, 0)])
def test_upward_is_found_from_the_cameras(up):
    eyes = np.random.default_rng(0).normal(size=(20, 3))
    targets = np.roll(eyes, 1, axis=0) * 2 + 0.5
    poses = np.stack([look_at(eye, target, up) for eye, target in zip(eyes, targets, strict=True)])
    assert upward(poses).tolist() == list(up)


def test_bearings_are_those_of_a_map():
    assert np.degrees(bearings(CAMERA, UP)) == pytest.approx((0, 0))
    assert np.degrees(bearings(look_at((0, 0, 0), (0, 2, 2)), UP)) == pytest.approx((90, 45))


def test_turning_adds_up_and_stays_on_the_spot():
    pose = turned(turned(CAMERA, 0.3, 0.2, UP), 0.4, -0.5, UP)
    assert bearings(pose, UP) == pytest.approx((0.7, -0.3))
    assert np.allclose(pose[:3, 3], CAMERA[:3, 3])
    assert pose_fault(pose) is None


def test_turning_left_sees_what_was_on_the_left():
    left = -CAMERA[:3, 0]
    assert turned(CAMERA, 0.1, 0, UP)[:3, 2] @ left > 0.09


def test_no_camera_looks_past_straight_up():
    pose = turned(CAMERA, 0, 3.0, UP)
    assert bearings(pose, UP) == pytest.approx((0, STEEPEST))


def test_an_orbit_keeps_its_middle_and_its_distance():
    pose = orbited(CAMERA, 2.0, 0.5, -0.3, UP, WIDE)
    target = CAMERA[:3, 3] + 2.0 * CAMERA[:3, 2]
    assert np.allclose(pose[:3, 3] + 2.0 * pose[:3, 2], target)
    assert bearings(pose, UP) == pytest.approx((0.5, -0.3))


def test_an_orbit_slides_along_the_side_of_the_box_and_still_looks_at_its_middle():
    box = np.array([[-1.0, -0.2, 0.5], [3.0, 3.0, 1.5]])
    pose = orbited(CAMERA, 2.0, 0.5, 0.0, UP, box)
    assert pose[1, 3] == pytest.approx(-0.2)
    way = CAMERA[:3, 3] + 2.0 * CAMERA[:3, 2] - pose[:3, 3]
    assert np.allclose(pose[:3, 2], way / np.linalg.norm(way))


def test_an_orbit_without_room_stays_where_it_is():
    box = np.stack([CAMERA[:3, 3], CAMERA[:3, 3]])
    assert orbited(CAMERA, NEAREST / 2, 0.5, 0, UP, box) is CAMERA
    below = np.array([[0.95, -0.05, 0.0], [1.05, 0.05, 0.1]])  # only straight under the middle is free
    assert orbited(CAMERA, 1.0, 0.5, 0, UP, below) is CAMERA


def test_flying_follows_the_cameras_own_axes_and_the_ceiling():
    steep = turned(CAMERA, np.pi / 2, -0.5, UP)  # looks along y and down
    assert np.allclose(moved(steep, 1, 0, 0, UP, WIDE)[:3, 3], (1, 0, 1))
    assert np.allclose(moved(steep, 0, 1, 0, UP, WIDE)[:3, 3], (0, 0, 2))
    assert np.allclose(moved(steep, 0, 0, 1, UP, WIDE)[:3, 3], (0, np.cos(0.5), 1 - np.sin(0.5)))


def test_a_flight_ends_at_the_side_of_the_box_and_leaves_the_pose_it_had():
    box = np.array([[-1.0, -1.0, 0.0], [0.5, 1.0, 2.0]])
    before = CAMERA.copy()
    assert moved(CAMERA, 0, 0, 7, UP, box)[:3, 3].tolist() == [0.5, 0, 1]
    assert np.array_equal(CAMERA, before)


def test_the_box_holds_all_cameras_and_stays_within_the_bounds(tiny_scene):
    box, centres = roaming_box(tiny_scene), tiny_scene.c2w[:, :3, 3]
    assert (box[0] <= centres.min(0)).all() and (centres.max(0) <= box[1]).all()
    assert (tiny_scene.bounds[0] <= box[0]).all() and (box[1] <= tiny_scene.bounds[1]).all()


def test_the_distance_is_that_of_the_middle():
    depth = np.full((120, 160), 5.0, np.float32)
    depth[50:70, 60:100] = 2.0
    assert middle_distance(depth) == 2.0
    assert middle_distance(np.full((1, 1), 3.0, np.float32)) == 3.0
