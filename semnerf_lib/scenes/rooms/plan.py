"""What every made room has: walls with openings, floor and ceiling, and a way to put things into it.

Rooms are rectangular, z points up, and the origin is the south-west corner of the floor. Walls are called by the
compass: west at x = 0, south at y = 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from semnerf_lib.scenes.rooms.furniture import STEEL, WHITE
from semnerf_lib.scenes.rooms.lighting import Lamp, Skylight
from semnerf_lib.scenes.rooms.shapes import Number, Part, Point, box, cylinder, part, place, rounded_box

THICK = 0.15
"""Metres of wall."""

Side = Literal["south", "north", "west", "east"]
SIDES: tuple[Side, ...] = ("south", "north", "west", "east")
TURNS: dict[Side, Number] = {"south": 0, "north": 180, "west": -90, "east": 90}
"""Degrees about z that turn what stands at the south wall to another one."""
Colour = tuple[int, int, int]
Hole = tuple[float, float, float, float]
"""A hole in a wall, along the wall's own x: from, to, lower and upper edge."""


@dataclass(frozen=True)
class Opening:
    """A hole for a window or a door: `start` to `stop` metres along x (south, north) or y (west, east) of the room."""

    side: Side
    start: float
    stop: float
    low: float
    high: float


@dataclass(frozen=True)
class Room:
    """A made room as data.

    Attributes:
        name: what a person calls it.
        size: metres along x, y and z.
        class_names: its classes.
        objects: every object of the room where it stands, each of one class (or unlabelled), from random numbers that
            move loose things a little and pick colours.
        lamps, skylights: its lights.
        stream: sets its trajectory apart from those of other rooms.
    """

    name: str
    size: Point
    class_names: tuple[str, ...]
    objects: Callable[[np.random.Generator], list[list[Part]]]
    lamps: tuple[Lamp, ...]
    skylights: tuple[Skylight, ...]
    stream: int


def skylight(size: Point, opening: Opening, radiance: Point, covered: float = 0.0) -> Skylight:
    """The light that a window lets in; its upper `covered` metres are behind blinds."""
    a, b, tall = opening.start, opening.stop, opening.high - opening.low - covered
    width, depth, low = size[0], size[1], opening.low
    corners: dict[Side, tuple[Point, Point]] = {
        "south": ((a, 0, low), (b - a, 0, 0)),
        "north": ((b, depth, low), (a - b, 0, 0)),
        "west": ((0, b, low), (0, a - b, 0)),
        "east": ((width, a, low), (0, b - a, 0)),
    }
    corner, along = corners[opening.side]
    return Skylight(corner, ((0, 0, tall), along), radiance)


class Furnishing:
    """The objects of a room as they are put into it.

    Attributes:
        objects: those that stand there already; each is a list of parts, all of one class or unlabelled.
    """

    def __init__(self, size: Point, rng: np.random.Generator):
        self.size, self.rng = size, rng
        self.objects: list[list[Part]] = []

    def pick(self, *colours: Colour) -> Colour:
        return colours[self.rng.integers(len(colours))]

    def put(self, parts: list[Part], at: Point, turn: Number = 0.0) -> None:
        """An object turned about z by `turn` degrees, its origin at `at`."""
        self.objects.append(place(parts, at, turn))

    def loose(self, parts, x, y, z=0.0, turn=0.0, shift=0.04, swing=5.0) -> None:
        """As `put`, but nobody aligned it: moved by at most `shift` metres and turned by at most `swing` degrees."""
        dx, dy = self.rng.uniform(-shift, shift, 2)
        self.put(parts, (x + dx, y + dy, z), turn + self.rng.uniform(-swing, swing))

    def against(self, side: Side, parts: list[Part], along: Number, z: Number = 0.0, off: Number = 0.0) -> None:
        """An object with its back at a wall or `off` metres before it; `along` is the x or y of its middle."""
        self.put(parts, *self.place_at(side, along, z, off))

    def place_at(self, side: Side, along: Number, z: Number = 0.0, off: Number = 0.0) -> tuple[Point, Number]:
        """Where `against` puts an object, and by how many degrees it turns it."""
        width, depth, _ = self.size
        spots = {
            "south": (along, off),
            "north": (along, depth - off),
            "west": (off, along),
            "east": (width - off, along),
        }
        return (*spots[side], z), TURNS[side]

    def shell(
        self,
        openings: tuple[Opening, ...],
        paints: dict[Side, Colour],
        floor: Colour,
        floor_pattern: str = "planks",
    ) -> None:
        """Floor, ceiling, walls, and their unlabelled skirting."""
        width, depth, height = self.size
        middle = (width / 2, depth / 2)
        ground = part(box(width + 0.3, depth + 0.3, 0.1, 0.09), "floor", floor, (*middle, -0.05), floor_pattern)
        self.objects.append([ground])
        self.objects.append(
            [part(box(width + 0.3, depth + 0.3, 0.1), "ceiling", (246, 245, 241), (*middle, height + 0.05))]
        )
        for build in (_wall, _skirting):
            for side in SIDES:
                holes = [self._hole(o) for o in openings if o.side == side]
                self._in_wall(side, build(self._length(side), height, sorted(holes), paints[side]))

    def window(self, opening: Opening) -> None:
        self._in_wall(opening.side, _window(self._hole(opening)))

    def door(self, opening: Opening, colour: Colour) -> None:
        self._in_wall(opening.side, _door(self._hole(opening), colour))

    def blinds(self, opening: Opening, tall: float, colour: Colour) -> None:
        """Lowered by `tall` metres before a window."""
        self._in_wall(opening.side, _blinds(self._hole(opening), tall, colour))

    def _length(self, side: Side) -> float:
        return self.size[0] if side in ("south", "north") else self.size[1]

    def _hole(self, opening: Opening) -> Hole:
        """The opening along its wall's own x, which runs against the room's at the north and the west wall."""
        a, b = opening.start, opening.stop
        if opening.side in ("north", "west"):
            a, b = self._length(opening.side) - b, self._length(opening.side) - a
        return (a, b, opening.low, opening.high)

    def _in_wall(self, side: Side, parts: list[Part]) -> None:
        """Parts in a wall's own axes: x along it from its left end as seen from inside, its face at y = 0."""
        start = {"south": 0.0, "north": self.size[0], "west": self.size[1], "east": 0.0}
        self.against(side, parts, start[side])


def _wall(length: float, height: float, holes: list[Hole], colour: Colour) -> list[Part]:
    """A wall along x from 0, its inner face at y = 0 towards +y."""
    pieces, x = [], -THICK
    for a, b, low, high in holes:
        pieces += [(x, a, 0.0, height), (a, b, high, height), (a, b, 0.0, low)]
        x = b
    pieces.append((x, length + THICK, 0.0, height))
    return [
        part(box(b - a, THICK, t - s), "wall", colour, ((a + b) / 2, -THICK / 2, (s + t) / 2), "plaster")
        for a, b, s, t in pieces
        if t > s
    ]


def _skirting(length: float, height: float, holes: list[Hole], colour: Colour) -> list[Part]:
    """The strip along the foot of a wall, up to the frames of its doors: unlabelled."""
    gaps, x = [], 0.0
    for a, b, low, _ in holes:
        if low == 0:
            gaps.append((x, a - 0.07))
            x = b + 0.07
    gaps.append((x, length))
    return [part(box(b - a, 0.02, 0.12), None, WHITE, ((a + b) / 2, 0.01, 0.06)) for a, b in gaps]


def _window(hole: Hole) -> list[Part]:
    """Frame, glazing bars, sill and the bright pane."""
    a, b, low, high = hole
    wide, tall, middle = b - a, high - low, (a + b) / 2
    pane = part(box(wide, 0.01, tall, 0.3), "window", (235, 242, 250), (0, -0.11, 0), "daylight", emission=3.2)
    out = [pane.moved((middle, 0, low + tall / 2))]
    out[0].local[:, 2] += tall / 2
    uprights = np.linspace(0.03 - wide / 2, wide / 2 - 0.03, max(2, round(wide / 0.9)) + 1)
    bars = [(wide, 0.06, 0, 0.03), (wide, 0.06, 0, tall - 0.03), *((0.06, tall, x, tall / 2) for x in uprights)]
    out += [part(box(x, 0.05, z), "window", WHITE, (middle + at, -0.08, low + up)) for x, z, at, up in bars]
    out.append(part(rounded_box(wide + 0.16, 0.22, 0.035, 0.012), "window", WHITE, (middle, 0.0, low - 0.018)))
    return out


def _door(hole: Hole, colour: Colour) -> list[Part]:
    a, b, _, high = hole
    middle, wide = (a + b) / 2, b - a
    out = [part(box(wide, 0.05, high), "door", colour, (middle, -0.06, high / 2), "panels")]
    out[0].local[:, 2] += high / 2
    out += [
        part(box(0.07, 0.03, high + 0.07), "door", WHITE, (x, 0.015, high / 2 + 0.035)) for x in (a - 0.035, b + 0.035)
    ]
    out.append(part(box(wide + 0.14, 0.03, 0.07), "door", WHITE, (middle, 0.015, high + 0.035)))
    out.append(part(cylinder(0.016, 0.14, 8), "door", STEEL, (a + 0.08, 0.02, 1.02), lean=90))
    return out


def _blinds(hole: Hole, tall: float, colour: Colour) -> list[Part]:
    a, b, _, high = hole
    sheet = part(box(b - a + 0.10, 0.03, tall), "blinds", colour, ((a + b) / 2, 0.02, high - tall / 2), "slats")
    return [sheet, part(box(b - a + 0.12, 0.07, 0.07), "blinds", colour, ((a + b) / 2, 0.035, high + 0.03))]
