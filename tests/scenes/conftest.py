"""What tests of scenes share: a cache of their own, small frames, a box as a room."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import numpy as np
import pytest

from semnerf_lib.scenes import render
from semnerf_lib.scenes.raycast import LabelledMesh
from semnerf_lib.scenes.rooms import room
from semnerf_lib.scenes.rooms.shapes import box


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """No test reads or fills the person's cache."""
    monkeypatch.setenv("SEMNERF_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session", autouse=True)
def one_lit_room():
    """A made room is built, lit and flown through once in a session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render, "fly_through", functools.cache(render.fly_through))
        patch.setattr(room, "make_room", functools.cache(room.make_room))
        yield


@pytest.fixture(scope="session")
def small_room(one_lit_room):
    """A few frames of the made room."""
    return room.room_scene(40, 30, every=12, cache=False)


@pytest.fixture(scope="session")
def box_room() -> LabelledMesh:
    """A cube of side 4 m around the origin, each side a class, seen from inside; in it a small box at x = 1."""
    vertices, faces = box(4.0, 4.0, 4.0, 4.0)
    inner, inner_faces = box(0.4, 0.4, 0.4, 4.0)
    labels = np.repeat(np.arange(6), 2)
    return LabelledMesh(
        vertices=np.concatenate([vertices, inner + [1.0, 0, 0]]).astype(np.float32),
        faces=np.concatenate([faces, inner_faces + len(vertices)]).astype(np.int32),
        face_labels=np.concatenate([labels, np.full(12, 6)]).astype(np.uint8),
        class_names=("x-", "x+", "y-", "y+", "z-", "z+", "box"),
        face_colours=np.full((24, 3), 200, dtype=np.uint8),
        face_objects=np.repeat([1, 2], 12).astype(np.int32),
    )


@pytest.fixture
def real_data() -> Path:
    """The folder of real frames, where there is one."""
    given = os.environ.get("SEMNERF_REAL_DATA")
    if not given or not Path(given).is_dir():
        pytest.skip("SEMNERF_REAL_DATA is not set")
    return Path(given)
