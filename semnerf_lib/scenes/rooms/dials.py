"""A made room with dials: how many classes and objects, how large, and how much stands in the way.

`room:classes=40,objects=60,size=30,clutter=2` names one; what is left out has its default.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import decimal, integer
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.render import rendered_scene
from semnerf_lib.scenes.rooms import ornaments as o
from semnerf_lib.scenes.rooms.class_tree import ANCESTORS, FEWEST, grouped
from semnerf_lib.scenes.rooms.layout import FLOOR_SHARE, Layout
from semnerf_lib.scenes.rooms.lighting import Lamp
from semnerf_lib.scenes.rooms.plan import SIDES, Opening, Room, skylight
from semnerf_lib.scenes.rooms.room import box_around, meshed, object_numbers
from semnerf_lib.scenes.rooms.shapes import Part, Point, part, rounded_box
from semnerf_lib.scenes.rooms.stock import AT_WALL, FREE, HIDING, HUNG, ON_TOP

PREFIX = "room:"
HEIGHT = 2.7
"""Metres from floor to ceiling."""
ASPECT = 1.2
"""Width over depth, as in the room of the series."""
LAMP_AREA = 12.0
"""Square metres a ceiling lamp lights."""
HIDING_AREA = 10.0
"""Square metres of floor on which `clutter` hiding things stand."""
TURN = ("floor", "top", "floor", "wall", "top", "floor", "top", "wall", "top", "top")
"""Where one object after another goes, over and over; if there is no place left, then to the next kind of place."""
ELSEWHERE = {"floor": ("floor", "top", "wall"), "top": ("top", "wall", "floor"), "wall": ("wall", "top", "floor")}
LIMITS: dict[str, tuple[int, int]] = {
    "classes": (FEWEST, VOID - 1),
    "objects": (10, 200),
    "size": (15, 150),
    "clutter": (0, 3),
}


@dataclass(frozen=True)
class Dials:
    """Where the dials of a room stand.

    Attributes:
        classes: how many there are (see `class_tree.grouped`); walls, frames and lamps have classes too.
        objects: put into the room beside walls, floor, ceiling, windows, door, rugs and ceiling lamps. n + 1 objects
            are n objects and one more.
        size: square metres of floor.
        clutter: folding screens and piles of crates, so many on each 10 m2, beside the other objects.

    Raises:
        SemnerfError: a dial outside `LIMITS`.
    """

    classes: int = 20
    objects: int = 60
    size: float = 30.0
    clutter: float = 0.0

    def __post_init__(self):
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise SemnerfError(f"{name} = {value:g}, expected {low} to {high}")

    @classmethod
    def parse(cls, spec: str) -> Dials:
        """The dials of "room:NAME=NUMBER,...".

        Raises:
            SemnerfError: an unknown dial, one that is there twice, or a value that it cannot have.
        """
        kinds = {"classes": integer, "objects": integer, "size": decimal, "clutter": decimal}
        values: dict[str, Any] = {}
        for item in filter(None, spec.removeprefix(PREFIX).split(",")):
            name, _, text = item.partition("=")
            if name not in LIMITS or name in values:
                raise SemnerfError(f"{spec}: {item!r}, expected each of {', '.join(LIMITS)} once, as NAME=NUMBER")
            try:
                values[name] = kinds[name](text)
            except ValueError:
                number = "a whole number" if kinds[name] is integer else "a number"
                raise SemnerfError(f"{spec}: {item!r}, expected {number}") from None
        try:
            return cls(**values)
        except SemnerfError as error:
            raise SemnerfError(f"{spec}: {error}") from None

    @property
    def spec(self) -> str:
        """What `parse` reads, with all dials."""
        return PREFIX + ",".join(f"{name}={getattr(self, name):g}" for name in LIMITS)

    @property
    def title(self) -> str:
        """What the scene is called, as a file may be, too."""
        return f"room-{self.classes}-classes-{self.objects}-objects-{self.size:g}-m2-clutter-{self.clutter:g}"

    @property
    def extent(self) -> Point:
        """Metres along x, y and z."""
        width = math.sqrt(ASPECT * self.size)
        return (width, self.size / width, HEIGHT)


def is_dialled(spec: str) -> bool:
    """Whether a scene's name is that of a room with dials."""
    return spec.startswith(PREFIX)


def dialled_room(dials: Dials) -> Room:
    """The room of some dials, each object under its usual name: the number of classes changes nothing here."""
    extent = dials.extent
    openings, lamps = _openings(extent), _lamp_places(extent)
    windows = [opening for opening in openings if opening.low > 0]
    return Room(
        name="dialled-room",
        size=extent,
        class_names=tuple(ANCESTORS),
        objects=lambda rng: _objects(dials, rng),
        lamps=tuple(Lamp((x, y, HEIGHT - 0.18), (13.0, 11.8, 10.0)) for x, y in lamps),
        skylights=tuple(skylight(extent, window, (5.2, 5.8, 6.6)) for window in windows),
        stream=29,
    )


def dialled_scene(
    spec: str, width: int = 160, height: int = 120, seed: int = 0, every: int = 1, cache: bool = True
) -> Scene:
    """Frames of a room with dials (see `room.room_scene`). Rooms that differ in `classes` alone share their frames.

    Raises:
        SemnerfError: what `Dials.parse` raises; more objects than the room has places for, or more classes than it has
            objects; what `room.room_scene` raises.
    """
    dials = Dials.parse(spec)
    room = dialled_room(dials)
    try:
        objects = room.objects(object_numbers(seed))
        named = [(i, parts[0].label) for i, parts in enumerate(objects, start=1) if parts[0].label is not None]
        names, of_object = grouped([name for _, name in named], dials.classes)
    except SemnerfError as error:
        raise SemnerfError(f"{spec}: {error}") from None
    geometry = (dials.objects, dials.size, dials.clutter)
    scene = rendered_scene(
        room.name, geometry, lambda: meshed(room, seed), room.class_names, box_around(room), width, height, seed, every,
        cache, stream=room.stream,
    )  # fmt: skip
    class_of = np.full(len(objects) + 1, VOID, dtype=np.uint8)
    class_of[[i for i, _ in named]] = of_object
    return replace(scene, name=dials.title, class_names=names, labels=class_of[scene.instances])


def _openings(extent: Point) -> tuple[Opening, ...]:
    """A door, and a window in each 5 m of the north and the east wall."""
    width, depth, _ = extent
    out = [Opening("south", 0.72 * width, 0.72 * width + 0.92, 0.0, 2.06)]
    for side, length in (("north", width), ("east", depth)):
        count = max(1, round(length / 5))
        for middle in (np.arange(count) + 0.5) * length / count:
            out.append(Opening(side, float(middle) - 0.8, float(middle) + 0.8, 0.92, 2.17))
    return tuple(out)


def _lamp_places(extent: Point) -> list[tuple[float, float]]:
    """x and y of the ceiling lamps, on an even grid."""
    width, depth, _ = extent
    columns = max(1, round(width / math.sqrt(ASPECT * LAMP_AREA)))
    rows = max(1, round(depth / math.sqrt(LAMP_AREA / ASPECT)))
    return [((i + 0.5) * width / columns, (j + 0.5) * depth / rows) for i in range(columns) for j in range(rows)]


def _objects(dials: Dials, rng: np.random.Generator) -> list[list[Part]]:
    extent = dials.extent
    layout = Layout(extent, rng, _openings(extent))
    _fixtures(layout)
    furniture, hiding = rng.spawn(2)
    turns: dict[str, int] = dict.fromkeys(ELSEWHERE, 0)
    for i, stream in enumerate(furniture.spawn(dials.objects)):
        layout.rng = stream
        kind = TURN[i % len(TURN)]
        if not any(_put(layout, place, turns[kind]) for place in ELSEWHERE[kind]):
            raise SemnerfError(f"objects = {dials.objects}, expected at most the {i} that have a place in this room")
        turns[kind] += 1
    count = round(dials.clutter * dials.size / HIDING_AREA)
    for i, stream in enumerate(hiding.spawn(count)):
        layout.rng = stream
        if not layout.first(layout.stand_free, HIDING, i):
            raise SemnerfError(
                f"clutter = {dials.clutter:g}, expected less: there is a place for {i} of {count} things"
            )
    return layout.objects


def _put(layout: Layout, where: str, turn: int) -> bool:
    """One object on the floor, on furniture or at a wall; False if there is no place."""
    if layout.full.get(where) == len(layout.surfaces):
        return False
    if where == "top":
        done = layout.first(layout.lay, ON_TOP, turn)
    elif where == "wall":
        done = layout.first(layout.hang, HUNG, turn)
    elif layout.covered > FLOOR_SHARE * layout.size[0] * layout.size[1]:
        done = False
    elif turn % 2:
        done = layout.first(layout.stand_at_wall, AT_WALL, turn // 2)
    else:
        done = layout.first(layout.stand_free, FREE, turn // 2)
    if not done:
        layout.full[where] = len(layout.surfaces)
    return done


def _fixtures(layout: Layout) -> None:
    """What the number of objects does not count."""
    width, depth, _ = layout.size
    openings = _openings(layout.size)
    accent, paint = layout.pick((150, 168, 150), (150, 166, 182), (196, 162, 140)), (236, 230, 216)
    layout.shell(openings, dict.fromkeys(SIDES, paint) | {"west": accent}, layout.pick((196, 152, 104), (176, 128, 84)))
    for opening in openings:
        if opening.low > 0:
            layout.window(opening)
        else:
            layout.door(opening, (214, 200, 176))
    rugs = max(1, round(width / 5))
    for middle in (np.arange(rugs) + 0.5) * width / rugs:
        rug = part(rounded_box(2.2, 1.6, 0.02, 0.008, 0.1), "rug", (178, 74, 58), (0, 0, 0.01), "rug")
        layout.put([rug], (float(middle), depth / 2, 0), 90)
    for x, y in _lamp_places(layout.size):
        layout.put(o.ceiling_disc(), (x, y, HEIGHT))
