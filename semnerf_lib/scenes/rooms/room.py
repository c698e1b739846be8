"""The made rooms: their meshes, and their frames."""

from __future__ import annotations

from functools import partial

import numpy as np
from jaxtyping import Float

from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.raycast import LabelledMesh
from semnerf_lib.scenes.render import rendered_scene
from semnerf_lib.scenes.rooms import CHANGED, ROOMS
from semnerf_lib.scenes.rooms.lighting import light_mesh
from semnerf_lib.scenes.rooms.plan import Room
from semnerf_lib.scenes.rooms.shapes import Part

MADE_SCENES: tuple[str, ...] = tuple(ROOMS)
"""Names of the made rooms, the room of the series first."""
CHANGED_SCENES: tuple[str, ...] = tuple(CHANGED)
"""Names of those rooms after a change."""


def assemble(objects: list[list[Part]], class_names: tuple[str, ...]) -> LabelledMesh:
    """One mesh of all objects; object ids count from 1 in their order."""
    parts = [(i, p) for i, parts in enumerate(objects, start=1) for p in parts]
    starts = np.cumsum([0] + [len(p.vertices) for _, p in parts])
    counts = [len(p.faces) for _, p in parts]

    def per_face(values, dtype):
        return np.repeat(np.array(values, dtype=dtype), counts, axis=0)

    return LabelledMesh(
        vertices=np.concatenate([p.vertices for _, p in parts]).astype(np.float32),
        local=np.concatenate([p.local for _, p in parts]).astype(np.float32),
        faces=np.concatenate([p.faces + start for (_, p), start in zip(parts, starts, strict=False)]).astype(np.int32),
        face_labels=per_face([VOID if p.label is None else class_names.index(p.label) for _, p in parts], np.uint8),
        face_colours=per_face([p.colour for _, p in parts], np.uint8),
        face_objects=per_face([i for i, _ in parts], np.int32),
        face_patterns=per_face([p.pattern for _, p in parts], np.uint8),
        face_emission=per_face([p.emission for _, p in parts], np.float32),
        class_names=class_names,
    )


def _room(name: str) -> Room:
    rooms = ROOMS | CHANGED
    if name not in rooms:
        raise SemnerfError(f"{name}: no such made room, expected one of: {', '.join(rooms)}")
    return rooms[name]


def make_room(seed: int = 0, lit: bool = True, name: str = "room") -> LabelledMesh:
    """A room's mesh; the same seed gives the same room.

    Args:
        seed: moves loose things a little, picks colours and books. The plan of the room stays.
        lit: compute the light (some seconds); only pictures need it.
        name: one of MADE_SCENES or of CHANGED_SCENES.

    Raises:
        SemnerfError: unknown name.
    """
    return meshed(_room(name), seed, lit)


def meshed(room: Room, seed: int, lit: bool = True) -> LabelledMesh:
    """The mesh of a room that is there as data, see `make_room`."""
    mesh = assemble(room.objects(object_numbers(seed)), room.class_names)
    return light_mesh(mesh, room.lamps, room.skylights) if lit else mesh


def object_numbers(seed: int) -> np.random.Generator:
    """The random numbers that the objects of a room take."""
    return np.random.default_rng([seed, 6043])


def box_around(room: Room) -> Float[np.ndarray, "2 3"]:
    """Lower and upper corner, in metres, of a box that holds a room with its walls."""
    return np.array([[-0.2, -0.2, -0.1], np.add(room.size, (0.2, 0.2, 0.1))])


def room_scene(
    width: int = 160, height: int = 120, seed: int = 0, every: int = 1, cache: bool = True, name: str = "room"
) -> Scene:
    """Frames of a made room: class, object, depth and RGB at hfov 90 degrees, along a 900-frame trajectory.

    See `rendered_scene` for which frames are kept and for the arguments. The trajectory is the same at any size;
    `seed` is that of the room and of the trajectory, which differ from room to room also for the same seed. A room
    after a change is seen along the trajectory of the room before it.

    Raises:
        SemnerfError: unknown name; a size or `every` below 1, `every` above 180, a negative seed.
    """
    room = _room(name)
    before, called = name.partition("-")[0], name if seed == 0 else f"{name}-{seed}"
    flown = None if before == name else partial(make_room, seed, lit=False, name=before)
    return rendered_scene(
        called, (), lambda: make_room(seed, name=name), room.class_names, box_around(room), width, height, seed, every,
        cache, flown, stream=room.stream,
    )  # fmt: skip
