"""A made room as a scene: which frames, which cameras, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from semnerf_lib.errors import SemnerfError
from semnerf_lib.scenes.render import p2_split
from semnerf_lib.scenes.rooms import ROOMS, room
from semnerf_lib.scenes.rooms.room import make_room, room_scene
from semnerf_lib.scenes.trajectory import fly_through

ROOM = ROOMS["room"]


def test_scene_holds_p2s_frames_in_order(small_room):
    train, test = p2_split()
    path = fly_through(make_room(lit=False), stream=ROOM.stream)
    assert (train[:2], train[-1], test[:2], test[-1]) == ([0, 5], 895, [2, 7], 897)
    assert len(small_room.train_ids) == len(small_room.test_ids) == 15
    ids = sorted(train[::12] + test[::12])
    np.testing.assert_array_equal(small_room.c2w, path[ids])
    assert [ids[i] for i in small_room.train_ids] == train[::12]
    assert [ids[i] for i in small_room.test_ids] == test[::12]
    assert small_room.bounds[0].max() < 0 and (small_room.bounds[1] > ROOM.size).all()


def test_instances_come_with_the_labels(small_room):
    chairs = small_room.instances[small_room.labels == small_room.class_names.index("chair")]
    assert small_room.instances.dtype == np.uint16 and len(np.unique(chairs)) == 8 and chairs.min() > 0


def test_size_does_not_move_the_cameras(small_room):
    wide = room_scene(20, 11, every=60, cache=False)
    assert wide.labels.shape[1:] == (11, 20)
    np.testing.assert_array_equal(wide.c2w[0], small_room.c2w[0])


def test_a_seed_is_in_the_name(small_room, monkeypatch):
    monkeypatch.setattr(room, "light_mesh", lambda mesh, *lights: mesh)
    assert small_room.name == "room"
    other = room_scene(8, 6, seed=5, every=90, cache=False)
    assert other.name == "room-5" and not np.allclose(other.c2w[0], small_room.c2w[0])


@pytest.mark.parametrize("wrong", [{"every": 0}, {"every": 181}, {"width": 0}, {"seed": -1}])
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(SemnerfError, match="expected"):
        room_scene(**{"width": 8, "height": 6, "cache": False} | wrong)
