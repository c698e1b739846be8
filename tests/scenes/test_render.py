"""Frames of a mesh, and the cache that keeps them."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from semnerf_lib.cameras import Intrinsics, look_at
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scenes.loading import room_scene
from semnerf_lib.scenes.render import _code, cache_dir, cached_arrays, rendered_scene, scene_at


def make():
    make.calls += 1
    return {"a": np.arange(6).reshape(2, 3)}


@pytest.fixture(autouse=True)
def count_from_zero():
    make.calls = 0


def get(parameters=(1,), shape=(2, 3), cache=True):
    return cached_arrays("thing", parameters, {"a": (shape, np.int64)}, make, cache)["a"].tolist()


def test_second_time_comes_from_the_file():
    assert get() == get() == [[0, 1, 2], [3, 4, 5]]
    assert make.calls == 1 and [p.suffix for p in cache_dir().iterdir()] == [".npz"]


def test_other_parameters_are_another_file():
    get((1,)), get((2,))
    assert make.calls == 2 and len(list(cache_dir().iterdir())) == 2


def test_nothing_is_kept_where_nobody_asks():
    get(cache=False)
    assert not cache_dir().exists()


@pytest.mark.parametrize("harm", ["cut", "noise", "pickle", "shape", "type", "header", "plain", "missing"])
def test_a_damaged_file_is_made_anew_with_a_line(harm, capsys):
    get()
    (file,) = cache_dir().iterdir()
    if harm == "cut":
        file.write_bytes(file.read_bytes()[:-40])
    elif harm == "noise":
        file.write_bytes(b"no archive")
    elif harm == "pickle":
        np.savez(file, a=np.array([{}], dtype=object))
    elif harm == "type":
        np.savez(file, a=np.zeros((2, 3)))
    elif harm == "header":
        file.write_bytes(file.read_bytes().replace(b"(2, 3)", b"(2, 3 "))
    elif harm == "plain":
        with file.open("wb") as stream:
            np.save(stream, np.zeros((2, 3)))
    elif harm == "shape":
        np.savez(file, a=np.zeros(3))
    else:
        np.savez(file, b=np.zeros((2, 3)))
    assert get() == [[0, 1, 2], [3, 4, 5]] and make.calls == 2
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1 and str(file) in shown and "damaged" in shown
    get()
    assert make.calls == 2


def test_a_cache_that_cannot_be_written_costs_a_line_only(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SEMNERF_CACHE", str(tmp_path / "file" / "below"))
    assert get() == [[0, 1, 2], [3, 4, 5]]
    assert "not kept" in capsys.readouterr().err


def test_a_write_that_fails_leaves_nothing(monkeypatch):
    def full(*args, **arrays):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    get()
    assert list(cache_dir().iterdir()) == []


def test_the_room_is_the_same_from_the_cache():
    first, second = (room_scene(12, 9, every=90) for _ in range(2))
    assert first.digest == second.digest and len(list(cache_dir().iterdir())) == 1


def test_the_file_has_the_mode_that_the_umask_says():
    before = os.umask(0o027)
    try:
        get()
    finally:
        os.umask(before)
    assert [p.stat().st_mode & 0o777 for p in cache_dir().iterdir()] == [0o640]


def test_the_key_is_of_code_not_of_docstrings(tmp_path):
    for name, text in (("a", '"""One."""\nx = 1  # one\n'), ("b", '"""Two."""\nx = 1\n'), ("c", "x = 2\n")):
        (tmp_path / name).write_text(text)
    assert _code(tmp_path / "a") == _code(tmp_path / "b") != _code(tmp_path / "c")


def test_a_mesh_seen_at_given_poses(box_room):
    poses = np.stack([look_at((0.0, 0.0, 0.0), (1.0, 0.1 * i, 0.0)) for i in range(6)])
    scene = scene_at("box", box_room, box_room.bounds, Intrinsics(20, 10, 9.0, 9.0, 9.5, 4.5), poses)
    assert scene.train_ids == (0, 1, 2, 3, 5) and scene.test_ids == (4,)
    np.testing.assert_array_equal(scene.c2w, poses)
    with pytest.raises(SemnerfError, match="4 poses, expected at least 5"):
        scene_at("box", box_room, box_room.bounds, Intrinsics.from_hfov(8, 6), poses[:4])


def test_a_mesh_that_encloses_nothing_is_circled(box_room):
    keys = ("faces", "face_labels", "face_colours", "face_objects")
    plates = replace(box_room, **{k: getattr(box_room, k)[[8, 9, *range(12, 24)]] for k in keys})
    names, bounds = plates.class_names, plates.bounds
    scene = rendered_scene("plates", (), lambda: plates, names, bounds, 16, 12, every=60, cache=False)
    outside = np.linalg.norm(scene.c2w[:, :3, 3] - bounds.mean(0), axis=-1)
    np.testing.assert_allclose(outside, outside[0], rtol=1e-6)
    assert outside[0] > 4 and scene.far > scene.depth.max()
    assert scene.class_names == (*names, "background")
    np.testing.assert_array_equal(scene.labels == len(names), scene.depth == 0)


def test_a_mesh_of_one_class_is_seen_from_outside(box_room):
    """From inside it would fill every image; from outside its outline against nothing teaches its form."""
    one = replace(box_room, face_labels=np.zeros_like(box_room.face_labels), class_names=("chair",))
    scene = rendered_scene("chair", (), lambda: one, one.class_names, one.bounds, 16, 12, every=60, cache=False)
    assert scene.class_names == ("chair", "background") and set(np.unique(scene.labels)) == {0, 1}


def test_a_background_that_the_mesh_names_is_taken(box_room):
    keys = ("faces", "face_labels", "face_colours", "face_objects")
    names = ("background", *box_room.class_names[1:])
    plates = replace(box_room, class_names=names, **{k: getattr(box_room, k)[[8, 9, *range(12, 24)]] for k in keys})
    scene = rendered_scene("plates", (), lambda: plates, names, plates.bounds, 16, 12, every=60, cache=False)
    assert scene.class_names == names and (scene.labels[scene.depth == 0] == 0).all()


def test_a_cache_in_the_home_of_nobody_is_one_line(monkeypatch):
    monkeypatch.setenv("SEMNERF_CACHE", "~nobodyofthisname/cache")
    with pytest.raises(SemnerfError, match="SEMNERF_CACHE=~nobodyofthisname/cache: no such user"):
        cache_dir()
