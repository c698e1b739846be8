"""The made room: what is in it, who sees it, and that it is always the same."""

from __future__ import annotations

import numpy as np
import pytest

from semnerf_lib.errors import SemnerfError
from semnerf_lib.scenes.layout import CLASS_NAMES, SIZE
from semnerf_lib.scenes.raycast import RayCaster, raycast_frames
from semnerf_lib.scenes.render import p2_split
from semnerf_lib.scenes.room import make_room, room_scene
from semnerf_lib.scenes.scene import VOID
from semnerf_lib.scenes.trajectory import CLEARANCE, FreeSpace, fly_through


@pytest.fixture(scope="module")
def room():
    return make_room(lit=False)


@pytest.fixture(scope="module")
def path(room):
    return fly_through(room)


def test_every_class_of_at_least_29_is_well_seen(room, path):
    """mIoU is a mean over classes: one that covers a few pixels only would decide it."""
    from semnerf_lib.cameras import Intrinsics

    labels, depth, _ = raycast_frames(room, Intrinsics.from_hfov(80, 60), path[::10], rgb_samples=0)
    counts = np.bincount(labels.reshape(-1), minlength=256)
    share = counts / counts.sum()
    views = [(labels == c).any((1, 2)).sum() for c in range(len(CLASS_NAMES))]
    assert len(CLASS_NAMES) == len(set(CLASS_NAMES)) >= 29
    assert share[: len(CLASS_NAMES)].min() > 0.0012
    assert min(views) >= 8
    assert 0.005 < share[VOID] < 0.03
    assert (depth > 0).all()


@pytest.mark.parametrize("seed", [0, 3])
def test_cameras_keep_their_distance_and_stay_inside(seed):
    room = make_room(seed, lit=False)
    centres = fly_through(room, seed=seed)[:, :3, 3]
    space = FreeSpace(room, room.bounds, CLEARANCE, np.random.default_rng(99))
    assert space.distance(centres).min() > 0.25
    assert (centres > 0).all() and (centres < SIZE).all()
    to_ceiling = np.tile([0, 0, 1.0], (len(centres), 1))
    above = RayCaster(room).hits(centres, to_ceiling)["face"]
    names = {CLASS_NAMES[i] for i in room.face_labels[above] if i != VOID}
    assert names <= {"ceiling", "ceiling-lamp"}


def test_the_path_is_smooth_and_looks_up_and_down(path):
    steps = np.linalg.norm(np.diff(path[:, :3, 3], axis=0), axis=-1)
    cosines = (np.einsum("nij,nij->n", path[1:, :3, :3], path[:-1, :3, :3]) - 1) / 2
    pitch = np.degrees(np.arcsin(path[:, 2, 2]))
    assert steps.max() < 0.3 and np.degrees(np.arccos(cosines.clip(-1, 1))).max() < 12
    assert pitch.min() < -30 and pitch.max() > 15
    assert np.ptp(path[:, 0, 3]) > 3 and np.ptp(path[:, 1, 3]) > 2.5


def test_same_seed_same_room_other_seed_other_room(room):
    again, other = make_room(lit=False), make_room(1, lit=False)
    assert (again.vertices == room.vertices).all() and (again.face_colours == room.face_colours).all()
    assert other.class_names == room.class_names
    assert other.vertices.shape != room.vertices.shape or (other.vertices != room.vertices).any()


def test_objects_have_ids(room):
    """Instances: chairs share a class and have ids of their own."""
    chairs = room.face_objects[room.face_labels == CLASS_NAMES.index("chair")]
    assert len(np.unique(chairs)) == 3


def test_scene_holds_p2s_frames_in_order(small_room, path):
    train, test = p2_split()
    assert (train[:2], train[-1], test[:2], test[-1]) == ([0, 5], 895, [2, 7], 897)
    assert len(small_room.train_ids) == len(small_room.test_ids) == 15
    ids = sorted(train[::12] + test[::12])
    np.testing.assert_array_equal(small_room.c2w, path[ids])
    assert [ids[i] for i in small_room.train_ids] == train[::12]
    assert [ids[i] for i in small_room.test_ids] == test[::12]
    assert small_room.bounds[0].max() < 0 and (small_room.bounds[1] > SIZE).all()


def test_rgb_is_lit(small_room):
    """Neither dark nor blown out, and in colour."""
    assert 70 < small_room.rgb.mean() < 200
    assert (small_room.rgb.min(-1) > 250).mean() < 0.1 and (small_room.rgb.max(-1) < 8).mean() < 0.1
    assert np.ptp(small_room.rgb.astype(int), axis=-1).mean() > 15


def test_size_does_not_move_the_cameras(small_room):
    wide = room_scene(20, 11, every=60, cache=False)
    assert wide.labels.shape[1:] == (11, 20)
    np.testing.assert_array_equal(wide.c2w[0], small_room.c2w[0])


@pytest.mark.parametrize("wrong", [{"every": 0}, {"every": 181}, {"width": 0}, {"seed": -1}])
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(SemnerfError, match="expected"):
        room_scene(**{"width": 8, "height": 6, "cache": False} | wrong)
