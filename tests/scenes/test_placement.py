"""Units, boxes and poses that are found: a sphere in a room from inside, a box from outside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from semnerf_lib.cameras import Intrinsics, look_at
from semnerf_lib.cli.main import main
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.coding import CodedFrame, Coding
from semnerf_lib.scenes.exporters import write_nerfstudio
from semnerf_lib.scenes.loading import load_scene
from semnerf_lib.scenes.outside import meeting_point, seen_from_outside
from semnerf_lib.scenes.placement import OPENGL, ROOM, placed, pose_warning, unit_by_depth
from semnerf_lib.scenes.sweep import sweep

CAMERA = Intrinsics(40, 30, 20.0, 20.0, 19.5, 14.5)


def with_coding(scene: Scene) -> Scene:
    frames = tuple(CodedFrame(f"{i}.png", scene.intrinsics) for i in range(scene.n_frames))
    return replace(scene, bounds=None, coding=Coding("test", "/", "L", tuple(range(scene.n_classes)), 255, frames))


RAYS = np.stack([*np.meshgrid((np.arange(40) - 19.5) / 20, (np.arange(30) - 14.5) / 20), np.ones((30, 40))], axis=-1)


@pytest.fixture(scope="module")
def room() -> Scene:
    """A room of 5 x 4 x 2.6 m with fields of 0.8 m of seven classes on its walls, seen from inside, with depth."""
    low, high = np.array([-2.5, -2.0, 0.0]), np.array([2.5, 2.0, 2.6])
    poses, labels, depth = [], [], []
    for i in range(24):
        a = i * np.pi / 6
        eye = np.array([0.9 * np.cos(2.3 * i), 0.7 * np.sin(1.7 * i), 1.3 + 0.3 * np.sin(i)])
        pose = look_at(eye, eye + [np.cos(a), np.sin(a), 0.2 * np.cos(2 * a)])
        d = RAYS @ pose[:3, :3].T
        distances = np.maximum((low - eye) / d, (high - eye) / d)
        z, side = distances.min(-1), distances.argmin(-1)
        cells = np.floor((eye + z[..., None] * d - 0.11) / 0.8).astype(int)
        np.put_along_axis(cells, side[..., None], 0, axis=-1)
        positive = np.take_along_axis(d, side[..., None], axis=-1)[..., 0] > 0
        labels.append(((cells @ [3, 5, 11]) + 2 * side + positive) ** 2 % 7)
        poses.append(pose)
        depth.append(z)
    return with_coding(
        Scene(
            "room", np.stack(labels).astype(np.uint8), np.stack(poses), CAMERA, tuple("abcdefg"),
            tuple(range(20)), (20, 21, 22, 23), depth=np.stack(depth).astype(np.float32),
        )
    )  # fmt: skip


def moved(scene: Scene, factor: float) -> Scene:
    c2w = scene.c2w.copy()
    c2w[:, :3, 3] *= factor
    return replace(scene, c2w=c2w)


@pytest.mark.parametrize("factor", [5.0, 6.5535])
def test_depth_of_another_scale_than_the_camera_has_follows_a_room_in_metres(room, factor):
    """TUM's 5,000 and NICE-SLAM's 6,553.5 units a metre, read as millimetres."""
    scene = placed(replace(room, depth=room.depth * np.float32(factor)))
    assert scene.coding.unit == 1 and np.array_equal(scene.c2w, room.c2w)
    assert any("depths multiplied by" in line for line in scene.coding.assumed)
    np.testing.assert_allclose(scene.depth, room.depth, rtol=0.01)


@pytest.mark.parametrize("factor", [1000.0, 100.0, 5.0, 0.1])
def test_positions_in_other_units_come_back_to_metres_by_depth(room, factor):
    found = placed(moved(room, factor))
    np.testing.assert_allclose(found.c2w, room.c2w, rtol=0.1, atol=0.1)
    assert found.coding.unit == pytest.approx(factor, rel=0.1)


def test_without_depth_labels_tell_the_unit(room):
    bare = replace(room, depth=None)
    distance = sweep(bare, bare.c2w).distance
    assert distance == pytest.approx(float(np.median(room.depth)), rel=0.5)
    for factor in (1000.0, 100.0):
        np.testing.assert_allclose(placed(moved(bare, factor)).c2w, bare.c2w, atol=1e-9)
    small, large = placed(moved(bare, 0.1)), placed(moved(bare, 7.0))
    np.testing.assert_allclose(small.c2w, large.c2w, rtol=1e-6)
    assert small.coding.unit * ROOM == pytest.approx(0.1 * distance)
    assert np.array_equal(small.labels, bare.labels)


def test_metres_stay_as_they_are(room):
    assert unit_by_depth(room, None) == 1 and pose_warning(room, sweep(room, room.c2w)) is None
    assert placed(room) is room and placed(replace(room, depth=None)).coding.assumed == ()


def test_depth_in_another_unit_follows_the_positions(room):
    wrong = replace(room, depth=room.depth * np.float32(50))
    np.testing.assert_allclose(placed(wrong).depth, room.depth, rtol=0.1)
    given = placed(replace(room, depth=room.depth * np.float32(2)), unit_given=True)
    np.testing.assert_allclose(given.depth, room.depth, rtol=0.1)
    np.testing.assert_array_equal(given.c2w, room.c2w)


@pytest.mark.parametrize("depth", [True, False])
@pytest.mark.parametrize(
    ("turn", "cure"),
    [(lambda c2w: c2w @ OPENGL, "--axes opengl"), (np.linalg.inv, "--invert")],
)
def test_wrong_poses_are_told_with_the_cure(room, turn, cure, depth):
    wrong = replace(room, c2w=turn(room.c2w), depth=room.depth if depth else None)
    found = placed(wrong)
    assert found.coding.assumed[-1].startswith("warning") and found.coding.assumed[-1].endswith(f"import {cure}`")
    np.testing.assert_array_equal(found.c2w, wrong.c2w)


def test_the_cure_is_told_from_where_the_source_stands(room):
    coding = replace(room.coding, axes="opengl")  # read as OpenGL although it was OpenCV
    found = placed(replace(room, c2w=room.c2w @ OPENGL, coding=coding))
    assert found.coding.assumed[-1].endswith("import --axes opencv`")


def test_a_hall_is_scaled_with_its_depth(room):
    hall = placed(moved(replace(room, depth=room.depth * 8), 8.0))
    middle = float(np.median(hall.depth))
    assert middle == pytest.approx(ROOM, rel=1e-3)
    np.testing.assert_allclose(hall.c2w[:, :3, 3] * hall.coding.unit, room.c2w[:, :3, 3] * 8, atol=1e-9)


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
    assert found.class_names[-1] == "background" and not (found.labels == VOID).any()
    assert found.coding.ids[-1] == found.coding.void
    kept = placed(scene, unit_given=True, void_given=True)
    assert np.array_equal(kept.labels, scene.labels) and np.array_equal(kept.c2w, scene.c2w)
    np.testing.assert_allclose(kept.bounds, found.bounds * scale)
    assert kept.near < distance - 5 and distance + 2 < kept.far
    assert "the background stays void" in kept.coding.assumed[-1]


def test_void_inside_stays_void_where_void_outside_is_background():
    scene = outside(20.0)
    labels = scene.labels.copy()
    labels[:, 14:16, 19:21] = VOID
    found = placed(replace(scene, labels=labels))
    assert (found.labels[:, 14:16, 19:21] == VOID).all() and (found.labels == VOID).sum() == 12 * 4


def test_cameras_in_a_room_that_look_at_one_place_are_not_outside(room):
    wall = replace(room, depth=None, c2w=outside(2.0).c2w[[0] * room.n_frames])
    assert seen_from_outside(wall) is None
    filled = outside(20.0)
    labels = np.where(filled.labels == VOID, np.arange(30)[:, None] % 2, filled.labels).astype(np.uint8)
    assert seen_from_outside(replace(filled, labels=labels)) is None


def test_cameras_that_look_away_from_each_other_meet_nowhere(room):
    assert meeting_point(room.c2w) is None


@pytest.mark.parametrize(
    ("option", "kept"), [(["--background", "void"], False), (["--ignore", "0"], True), ([], False)]
)
def test_void_around_is_background_unless_it_is_said_to_be_unknown(option, kept, tmp_path):
    write_nerfstudio(outside(20.0), tmp_path / "source")
    assert main(["scene", "import", str(tmp_path / "source"), str(tmp_path / "own"), *option]) == 0
    scene = load_scene(str(tmp_path / "own"), width=40)
    assert ("background" in scene.class_names, (scene.labels == VOID).any()) == (not kept, kept)
