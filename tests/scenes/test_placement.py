"""Units, boxes and poses that are found: a sphere in a room from inside, a box from outside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from semnerf_lib.cameras import Intrinsics, look_at
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.coding import CodedFrame, Coding
from semnerf_lib.scenes.outside import meeting_point
from semnerf_lib.scenes.placement import placed, pose_warning, unit_by_depth

CAMERA = Intrinsics(40, 30, 20.0, 20.0, 19.5, 14.5)


def with_coding(scene: Scene) -> Scene:
    frames = tuple(CodedFrame(f"{i}.png", scene.intrinsics) for i in range(scene.n_frames))
    return replace(scene, bounds=None, coding=Coding("test", "/", "L", tuple(range(scene.n_classes)), 255, frames))


@pytest.fixture
def room(small_room):
    return with_coding(small_room)


def moved(scene: Scene, factor: float) -> Scene:
    c2w = scene.c2w.copy()
    c2w[:, :3, 3] *= factor
    return replace(scene, c2w=c2w)


@pytest.mark.parametrize("factor", [1000.0, 100.0, 5.0, 0.1])
def test_positions_in_other_units_come_back_to_metres(room, factor):
    found = placed(moved(room, factor))
    np.testing.assert_allclose(found.c2w, room.c2w, rtol=0.05, atol=0.05)
    assert found.coding.unit == pytest.approx(factor, rel=0.1)


def test_metres_stay_as_they_are(room):
    assert unit_by_depth(room) == 1 and pose_warning(room) is None
    assert placed(room) is room


@pytest.mark.parametrize(
    ("turn", "cure"),
    [(lambda c2w: c2w @ np.diag([1.0, -1, -1, 1]), "--axes opengl"), (np.linalg.inv, "--invert")],
)
def test_wrong_poses_are_told_with_the_cure(room, turn, cure):
    wrong = replace(room, c2w=turn(room.c2w))
    found = placed(wrong)
    assert cure in found.coding.assumed[-1] and found.coding.assumed[-1].startswith("warning")
    np.testing.assert_array_equal(found.c2w, wrong.c2w)


def test_surfaces_beyond_far_are_told(room):
    big = moved(replace(room, depth=room.depth * 8), 8.0)
    assert "set `far`" in placed(big).coding.assumed[-1]


def outside(distance: float) -> Scene:
    """A cube of side distance / 5 around (1, 2, 3), cameras around it."""
    centre, half = np.array([1.0, 2.0, 3.0]), distance / 10
    poses = np.stack(
        [look_at(centre + distance * np.array([np.cos(a), np.sin(a), 0.3]), centre) for a in np.arange(12) * np.pi / 6]
    )
    labels = np.full((12, 30, 40), VOID, dtype=np.uint8)
    v, u = np.mgrid[:30, :40]
    rays = np.stack([(u - CAMERA.cx) / CAMERA.fx, (v - CAMERA.cy) / CAMERA.fy, np.ones(u.shape)], -1)
    for pose, image in zip(poses, labels, strict=True):
        d = rays @ pose[:3, :3].T
        lower, upper = ((centre + sign * half - pose[:3, 3]) / d for sign in (-1, 1))
        enter, leave = np.minimum(lower, upper).max(-1), np.maximum(lower, upper).min(-1)
        image[enter < leave] = 0
        image[(enter < leave) & (v > 14)] = 1
    names, ids = ("top", "bottom"), tuple(range(12))
    return with_coding(Scene("box", labels, poses, CAMERA, names, ids[:10], ids[10:]))


def test_a_scene_seen_from_outside_gets_a_size_and_a_box():
    scene = outside(20.0)
    point, distance = meeting_point(scene.c2w)
    np.testing.assert_allclose(point, [1, 2, 3], atol=1e-6)
    found = placed(scene)
    scale = found.coding.unit
    assert scale == pytest.approx(distance / 3)
    truth = np.array([[-1.0, 0, 1], [3, 4, 5]]) / scale
    assert (found.bounds[0] < truth[0]).all() and (found.bounds[1] > truth[1]).all()
    assert np.abs(found.bounds - truth).max() < 0.5


def test_cameras_that_look_away_from_each_other_meet_nowhere(room):
    assert meeting_point(room.c2w) is None
