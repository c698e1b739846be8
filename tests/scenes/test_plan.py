"""Walls, openings, and things put against walls."""

from __future__ import annotations

import numpy as np
import pytest

from semnerf_lib.scene import VOID
from semnerf_lib.scenes.raycast import RayCaster
from semnerf_lib.scenes.rooms.plan import SIDES, Furnishing, Opening, skylight
from semnerf_lib.scenes.rooms.room import assemble
from semnerf_lib.scenes.rooms.shapes import box, part

SIZE = (4.0, 3.0, 2.5)
NAMES = ("wall", "floor", "ceiling", "window", "door", "blinds", "thing")
OUTWARDS = {"south": (0, -1, 0), "north": (0, 1, 0), "west": (-1, 0, 0), "east": (1, 0, 0)}
PAINTS = dict.fromkeys(SIDES, (200, 200, 200))


def furnished():
    return Furnishing(SIZE, np.random.default_rng(0))


def seen(r, side, along, z):
    """Name of what a look straight at a wall from the room's middle line meets, None for unlabelled, "" for nothing."""
    mesh = assemble(r.objects, NAMES)
    origin = (along, SIZE[1] / 2, z) if side in ("south", "north") else (SIZE[0] / 2, along, z)
    face = RayCaster(mesh).hits(np.array([origin]), np.array([OUTWARDS[side]], dtype=float))["face"][0]
    if face < 0:
        return ""
    return None if mesh.face_labels[face] == VOID else NAMES[mesh.face_labels[face]]


@pytest.mark.parametrize("side", SIDES)
def test_an_opening_is_where_it_was_said_to_be(side):
    r, hole = furnished(), Opening(side, 0.5, 1.3, 0.9, 2.0)
    r.shell((hole, Opening(side, 1.8, 2.2, 1.5, 2.1)), PAINTS, (120, 100, 80))
    inside = [(0.55, 0.95), (1.25, 1.95), (0.9, 1.4), (1.85, 1.55), (2.15, 2.05)]
    outside = [(0.45, 1.4), (1.35, 1.4), (0.9, 0.85), (0.9, 2.05), (1.75, 1.8), (2.25, 1.8), (2.0, 1.45)]
    assert {seen(r, side, a, z) for a, z in inside} == {""}
    assert {seen(r, side, a, z) for a, z in outside} == {"wall"}
    r.window(hole)
    assert {seen(r, side, a, z) for a, z in inside[:3]} == {"window"}
    r.blinds(hole, 0.5, (220, 210, 190))
    assert (seen(r, side, 0.9, 1.9), seen(r, side, 0.9, 1.45)) == ("blinds", "window")


@pytest.mark.parametrize("side", SIDES)
def test_skirting_is_unlabelled_and_leaves_out_doors(side):
    r, hole = furnished(), Opening(side, 1.0, 1.9, 0.0, 2.05)
    r.shell((hole,), PAINTS, (120, 100, 80))
    assert [seen(r, side, a, 0.06) for a in (0.5, 1.45, 2.4)] == [None, "", None]
    r.door(hole, (210, 200, 180))
    assert seen(r, side, 1.45, 0.06) == seen(r, side, 1.2, 1.5) == "door"


@pytest.mark.parametrize("side", SIDES)
def test_things_stand_with_their_backs_to_the_wall(side):
    """A box 0.6 m wide and 0.2 m deep, its back at y = 0."""
    r = furnished()
    r.against(side, [part(box(0.6, 0.2, 1.0), "thing", (90, 90, 90), (0, 0.1, 0.5))], 1.2, off=0.3)
    vertices = r.objects[0][0].vertices
    along, across = (0, 1) if side in ("south", "north") else (1, 0)
    np.testing.assert_allclose([vertices[:, along].min(), vertices[:, along].max()], [0.9, 1.5])
    low, high = (0.3, 0.5) if side in ("south", "west") else (SIZE[across] - 0.5, SIZE[across] - 0.3)
    np.testing.assert_allclose([vertices[:, across].min(), vertices[:, across].max()], [low, high])


@pytest.mark.parametrize("side", SIDES)
def test_a_skylight_fills_its_window_and_faces_the_room(side):
    sky = skylight(SIZE, Opening(side, 0.5, 1.3, 0.9, 2.0), (5.0, 5.0, 5.0), covered=0.3)
    inwards = np.cross(*sky.edges)
    np.testing.assert_allclose(inwards, -0.8 * 0.8 * np.array(OUTWARDS[side]), atol=1e-9)
    corners = np.array([np.add(sky.corner, e) for e in ((0, 0, 0), *sky.edges)])
    along = 0 if side in ("south", "north") else 1
    assert {round(float(c), 6) for c in corners[:, along]} == {0.5, 1.3}
    assert {round(float(c), 6) for c in corners[:, 2]} == {0.9, 1.7}
    assert {round(float(c), 6) for c in corners[:, 1 - along]} == {(0.0, SIZE[1 - along])[side in ("north", "east")]}
