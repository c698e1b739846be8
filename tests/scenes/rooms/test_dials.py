"""Rooms with dials: what each dial changes, and what it leaves as it is."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.loading import load_scene
from semnerf_lib.scenes.rooms.dials import Dials, dialled_room, dialled_scene
from semnerf_lib.scenes.rooms.room import meshed, object_numbers
from semnerf_lib.scenes.rooms.stock import corners
from semnerf_lib.scenes.trajectory import CLEARANCE, FreeSpace, fly_through

SMALL = {"width": 12, "height": 9, "every": 60}


@functools.cache
def objects_of(seed=0, **dials):
    return dialled_room(Dials(**dials)).objects(object_numbers(seed))


def same(a, b):
    return len(a) == len(b) and all((p.vertices == q.vertices).all() for p, q in zip(a, b, strict=True))


def test_a_spec_names_the_dials():
    assert Dials.parse("room:classes=40,objects=60,size=30,clutter=2") == Dials(40, 60, 30.0, 2.0)
    assert Dials.parse("room:size=17.5").spec == "room:classes=20,objects=60,size=17.5,clutter=0"
    assert Dials.parse("room:") == Dials()


@pytest.mark.parametrize(
    "spec, expected",
    [
        ("room:chairs=3", "'chairs=3', expected each of classes, objects, size, clutter"),
        ("room:size=20,size=30", "'size=30'.*expected each of .* once"),
        ("room:size=wide", "size.*, expected a number"),
        ("room:size", "size.*, expected a number"),
        ("room:size=nan", "size = nan, expected 15 to 150"),
        ("room:size=200", "size = 200, expected 15 to 150"),
        ("room:objects=20.5", "objects=20.5', expected a whole number"),
        ("room:objects=2_0", "objects=2_0', expected a whole number"),
        ("room:classes=4", "classes = 4, expected 5 to 254"),
        ("room:classes=80,objects=10", "classes = 80, expected 5 to .* labelled objects"),
        ("room:objects=200,size=15", "objects = 200, expected at most the .* that have a place"),
    ],
)
def test_a_wrong_spec_is_refused_in_one_line(spec, expected):
    with pytest.raises(SemnerfError, match=expected) as caught:
        load_scene(spec)
    assert str(caught.value).startswith(spec) and "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def relabelled(tmp_path_factory):
    """One furnishing with few, many and as many classes as objects; frames are kept in a folder of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEMNERF_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield {n: dialled_scene(f"room:classes={n},objects=20,size=15", **SMALL) for n in (5, 12, 30)}


def test_classes_leave_the_geometry_as_it_is(relabelled):
    few, *others = relabelled.values()
    for scene in others:
        for array in ("depth", "instances", "rgb", "c2w"):
            assert (getattr(scene, array) == getattr(few, array)).all()
        assert scene.digest != few.digest


def test_there_are_as_many_classes_as_asked_for(relabelled):
    for n, scene in relabelled.items():
        assert scene.n_classes == len(set(scene.class_names)) == n
        assert f"-{n}-classes-" in scene.name


def test_more_classes_split_fewer(relabelled):
    """Two pixels of one class among many are of one class among few; void stays void."""
    scenes = list(relabelled.values())
    for coarse, fine in zip(scenes[:-1], scenes[1:], strict=True):
        pairs = np.unique(np.stack([fine.labels.reshape(-1), coarse.labels.reshape(-1)]), axis=1)
        assert len(set(pairs[0])) == pairs.shape[1]
        assert ((fine.labels == VOID) == (coarse.labels == VOID)).all()


def test_an_object_has_one_class(relabelled):
    for scene in relabelled.values():
        pairs = np.unique(np.stack([scene.instances.reshape(-1), scene.labels.reshape(-1)]), axis=1)
        assert len(set(pairs[0])) == pairs.shape[1]


@pytest.mark.parametrize("dials", [{}, {"size": 100.0}, {"size": 15.0, "clutter": 2.0}])
def test_objects_are_counted_beside_what_every_room_has(dials):
    few, more = (objects_of(objects=n, **dials) for n in (12, 31))
    assert len(more) - len(few) == 31 - 12


def test_more_objects_leave_the_others_where_they_are():
    few, more = objects_of(objects=12), objects_of(objects=31)
    assert all(same(a, b) for a, b in zip(few, more, strict=False))


def test_clutter_leaves_the_furniture_where_it_is():
    tidy, full = objects_of(objects=31), objects_of(objects=31, clutter=2.0)
    assert all(same(a, b) for a, b in zip(tidy, full, strict=False))
    hiding = full[len(tidy) :]
    assert len(hiding) == round(2.0 * 30 / 10)
    assert {parts[0].label for parts in hiding} == {"screen", "crate"}
    assert min(corners(parts)[1, 2] for parts in hiding) > 1.3


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("dials", [{"objects": 60, "size": 15.0, "clutter": 2.0}, {"objects": 90, "size": 70.0}])
def test_nothing_leaves_the_room_and_nothing_stands_in_something_else(dials, seed):
    """Boxes of what stands on the floor touch no other; what hangs on a wall may be let into it by 2 cm."""
    objects = objects_of(seed, **dials)
    within = objects_of(seed, objects=10, size=dials["size"])
    room, n = np.array(dialled_room(Dials(**dials)).size), len(within) - 10
    boxes = np.array([corners(parts) for parts in objects[n:]])
    assert (boxes[:, 0] > -0.02).all() and (boxes[:, 1] < room + 0.02).all()
    standing = boxes[boxes[:, 0, 2] < 0.01]
    apart = (standing[:, None, 0, :2] >= standing[None, :, 1, :2] - 1e-6).any(-1)
    apart |= apart.T
    assert apart[~np.eye(len(standing), dtype=bool)].all()
    assert len(standing) > 5


def test_another_seed_makes_another_room():
    assert not all(same(a, b) for a, b in zip(objects_of(0, objects=20), objects_of(1, objects=20), strict=False))


@pytest.mark.parametrize("dials", [{"size": 15.0, "clutter": 2.0}, {"size": 150.0, "objects": 40}])
def test_cameras_stand_free(dials):
    room = dialled_room(Dials(**dials))
    mesh = meshed(room, 0, lit=False)
    path = fly_through(mesh, 300, n_waypoints=20, stream=room.stream)
    distance = FreeSpace(mesh, mesh.bounds, CLEARANCE, np.random.default_rng(1)).distance(path[:, :3, 3])
    assert distance.min() > CLEARANCE - 0.02
    assert (path[:, :3, 3] > 0).all() and (path[:, :3, 3] < room.size).all()
    assert (np.ptp(path[:, :2, 3], axis=0) > 0.4 * np.array(room.size[:2])).all()
