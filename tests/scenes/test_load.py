"""One way to get any scene."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.loading import MADE_SCENES, check_scene, load_scene, room_scene
from semnerf_lib.scenes.replica import save_replica


@pytest.mark.parametrize("name", MADE_SCENES)
def test_made_rooms_by_name(name):
    scene = load_scene(name, width=12, every=90)
    assert scene.name == name and scene.instances is not None
    assert scene.digest == room_scene(12, 9, every=90, name=name).digest


def test_a_changed_room_by_name():
    scene = load_scene("room-moved", width=12, every=90)
    assert scene.digest == room_scene(12, 9, every=90, name="room-moved").digest
    assert scene.digest != load_scene("room", width=12, every=90).digest


@pytest.mark.parametrize("spec", ["room-burnt", "bedroom-moved"])
def test_a_change_that_nobody_made_is_one_line(spec):
    with pytest.raises(SemnerfError, match=f"{spec}: no such scene, expected a made one .*room-moved") as caught:
        load_scene(spec)
    assert "\n" not in str(caught.value)


def test_the_names_of_made_rooms():
    assert MADE_SCENES[0] == "room" and len(MADE_SCENES) >= 3


@pytest.mark.parametrize(
    "width, found", [(None, 40), (40, 40), (32, 40), (31, 20), (16, 20), (11, 13), (10, 10), (400, 40)]
)
def test_frames_are_shrunk_by_the_smallest_whole_factor(small_room, tmp_path, width, found):
    save_replica(small_room, tmp_path / "frames")
    scene = load_scene(tmp_path / "frames", width=width)
    assert scene.intrinsics.width == found and scene.labels.shape[1:] == (scene.intrinsics.height, found)


def test_every_thins_both_parts(small_room, tmp_path):
    save_replica(small_room, tmp_path / "frames")
    scene = load_scene(tmp_path / "frames", every=4)
    assert len(scene.train_ids) == len(scene.test_ids) == 4
    for ids, all_ids in ((scene.train_ids, small_room.train_ids), (scene.test_ids, small_room.test_ids)):
        for key in ("c2w", "labels", "instances", "rgb"):
            assert (getattr(scene, key)[list(ids)] == kept(small_room, key)[list(all_ids)[::4]]).all()


def kept(scene, key):
    """What a round trip through files leaves of an array: classes that occur are numbered anew."""
    array = getattr(scene, key)
    if key != "labels":
        return array
    number = np.full(256, VOID, dtype=np.uint8)
    number[scene.present_classes] = np.arange(len(scene.present_classes))
    return number[array]


def test_check_describes(small_room, tmp_path):
    save_replica(small_room, tmp_path / "frames")
    text = check_scene(tmp_path / "frames")
    assert "30 frames of 40x30 pixels, hfov 90.0" in text and "15 training and 15 test" in text and "wall " in text
    assert "instances yes" in text and re.search(r"\bchair +[\d.]+% +8 objects\n", text)
    assert re.search(r"\bsofa +[\d.]+% +1 object\n", text)


def test_check_tells_where_nobody_knows_objects(small_room, tmp_path):
    save_replica(replace(small_room, instances=None), tmp_path / "frames")
    text = check_scene(tmp_path / "frames")
    assert "instances no" in text and "object" not in text


@pytest.mark.parametrize("spec", ["nowhere", "nowhere.ply"])
def test_no_such_scene(tmp_path, spec):
    with pytest.raises(SemnerfError, match="no such"):
        load_scene(tmp_path / spec)


def test_no_such_scene_names_the_made_ones():
    with pytest.raises(SemnerfError, match="bathroom: no such scene") as caught:
        load_scene("bathroom")
    assert ", ".join(MADE_SCENES) in str(caught.value) and "\n" not in str(caught.value)


def test_no_such_made_room():
    with pytest.raises(SemnerfError, match="cellar: no such made room, expected one of: room"):
        room_scene(12, 9, name="cellar")


@pytest.mark.parametrize("wrong", [{"width": 3}, {"every": 0}])
def test_wrong_arguments(small_room, tmp_path, wrong):
    save_replica(small_room, tmp_path / "frames")
    with pytest.raises(SemnerfError, match="expected"):
        load_scene(tmp_path / "frames", **wrong)


def test_frames_far_from_the_origin_are_refused(small_room, tmp_path):
    poses = small_room.c2w.copy()
    poses[:, :3, 3] += [4e5, 5e6, 0]
    save_replica(replace(small_room, c2w=poses), tmp_path / "far")
    with pytest.raises(SemnerfError, match=r"far: a camera 5e\+06 m from the origin"):
        load_scene(tmp_path / "far")
