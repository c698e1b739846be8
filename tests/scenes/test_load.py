"""One way to get any scene."""

from __future__ import annotations

import pytest

from semnerf_lib.errors import SemnerfError
from semnerf_lib.scenes import check_scene, load_scene, room_scene
from semnerf_lib.scenes.replica import save_replica


def test_room_by_name():
    scene = load_scene("room", width=12, every=90)
    assert scene.digest == room_scene(12, 9, every=90).digest


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
        assert (scene.c2w[list(ids)] == small_room.c2w[list(all_ids)[::4]]).all()


def test_check_describes(small_room, tmp_path):
    save_replica(small_room, tmp_path / "frames")
    text = check_scene(tmp_path / "frames")
    assert "30 frames of 40x30 pixels, hfov 90.0" in text and "15 training and 15 test" in text and "wall " in text


@pytest.mark.parametrize("spec", ["nowhere", "nowhere.ply"])
def test_no_such_scene(tmp_path, spec):
    with pytest.raises(SemnerfError, match="no such"):
        load_scene(tmp_path / spec)


@pytest.mark.parametrize("wrong", [{"width": 3}, {"every": 0}])
def test_wrong_arguments(small_room, tmp_path, wrong):
    save_replica(small_room, tmp_path / "frames")
    with pytest.raises(SemnerfError, match="expected"):
        load_scene(tmp_path / "frames", **wrong)
