"""Furniture put where a room has a place for it: nothing overlaps, nothing leaves the room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from semnerf_lib.scenes.rooms.plan import SIDES, Furnishing, Opening, Side
from semnerf_lib.scenes.rooms.shapes import Part, Point, place
from semnerf_lib.scenes.rooms.stock import HEADROOM, Piece, Strip, corners

TRIES = 300
"""Random places that are tried for an object."""
GAP = 0.06
"""Metres between any two objects side by side."""
WALL_GAP = 0.3
"""Metres from a wall to what stands free, so that it touches nothing that hangs there."""
FLOOR_SHARE = 0.4
"""Of the floor that furniture may cover, so that a camera has a way between."""
Rectangle = tuple[float, float, float, float]
"""Lower and upper x, lower and upper y, metres."""


@dataclass
class Surface:
    """A strip in the room: the piece that it belongs to stands at `at`, turned by `turn` degrees."""

    strip: Strip
    at: Point
    turn: float


def _apart(rectangle: Rectangle, others: Sequence[Rectangle]) -> bool:
    a, b, c, d = rectangle
    return all(b + GAP <= x0 or x1 + GAP <= a or d + GAP <= y0 or y1 + GAP <= c for x0, x1, y0, y1 in others)


class Layout(Furnishing):
    """A furnishing that knows where it has a place left.

    Attributes:
        floor: what is taken of the floor.
        walls: what is taken of each wall: along it (x or y of the room) and upwards.
        surfaces: what is left of the strips on furniture.
        full: kind of place -> how many surfaces there were when no object had a place of that kind any more.
        covered: square metres of floor that furniture covers.
    """

    def __init__(self, size: Point, rng: np.random.Generator, openings: Sequence[Opening]):
        super().__init__(size, rng)
        self.floor: list[Rectangle] = []
        self.walls: dict[Side, list[Rectangle]] = {side: [] for side in SIDES}
        self.surfaces: list[Surface] = []
        self.full: dict[str, int] = {}
        self.covered = 0.0
        for o in openings:
            self.walls[o.side].append((o.start - 0.1, o.stop + 0.1, o.low - 0.08, o.high + 0.1))
            if o.low == 0:
                self.floor.append(self._before(o.side, o.start, o.stop, 0.8))

    def first(self, way: Callable[[Piece], bool], pieces: Sequence[Piece], start: int) -> bool:
        """Puts the first of some pieces, from `start` on and round, for which there is a place; False if none."""
        return any(way(pieces[(start + i) % len(pieces)]) for i in range(len(pieces)))

    def stand_at_wall(self, piece: Piece) -> bool:
        parts = piece.build(self)
        (x0, _, _), (x1, deep, high) = corners(parts)
        strips = piece.strips(parts)
        reach = max(high, HEADROOM) if strips and high < HEADROOM else high
        for _ in range(TRIES):
            side = SIDES[self.rng.integers(4)]
            along = self._along(side, x1 - x0)
            if along is None:
                continue
            rectangle = self._before(side, along - (x1 - x0) / 2, along + (x1 - x0) / 2, deep)
            on_wall = (along - (x1 - x0) / 2, along + (x1 - x0) / 2, 0.0, reach)
            if self._fits(rectangle) and _apart(on_wall, self.walls[side]):
                self._take(rectangle)
                self.walls[side].append(on_wall)
                self._keep(parts, strips, *self.place_at(side, along))
                return True
        return False

    def stand_free(self, piece: Piece) -> bool:
        """Turned by about a multiple of 90 degrees; its box on the floor touches no other."""
        parts = piece.build(self)
        strips = piece.strips(parts)
        for _ in range(TRIES):
            turn = 90.0 * self.rng.integers(4) + float(self.rng.uniform(-8, 8))
            (x0, y0, _), (x1, y1, _) = corners(place(parts, (0, 0, 0), turn))
            span = np.array([x1 - x0, y1 - y0])
            free = np.array(self.size[:2]) - span - 2 * WALL_GAP
            low = WALL_GAP + free * self.rng.uniform(size=2)
            rectangle = (low[0], low[0] + span[0], low[1], low[1] + span[1])
            if (free > 0).all() and self._fits(rectangle):
                self._take(rectangle)
                self._keep(parts, strips, (low[0] - x0, low[1] - y0, 0.0), turn)
                return True
        return False

    def lay(self, piece: Piece) -> bool:
        """On a strip of some furniture."""
        parts = piece.build(self)
        (x0, y0, _), (x1, y1, tall) = corners(parts)
        soft = {p.label for p in parts} <= {"cushion", "pillow"}
        for i in self.rng.permutation(len(self.surfaces)).tolist():
            surface = self.surfaces[i]
            strip = surface.strip
            fits = x1 - x0 + GAP <= strip.stop - strip.start and y1 - y0 <= strip.deep and tall <= strip.headroom
            if fits and soft == strip.soft:
                at = (strip.start - x0 + GAP / 2, strip.y - (y0 + y1) / 2, strip.z + 0.001)
                self.put(place(parts, at), surface.at, surface.turn)
                surface.strip = replace(strip, start=strip.start + x1 - x0 + GAP)
                return True
        return False

    def hang(self, piece: Piece) -> bool:
        parts = piece.build(self)
        (x0, _, z0), (x1, _, z1) = corners(parts)
        strips = piece.strips(parts)
        above = max([z1, *(s.z + s.headroom for s in strips)])
        for attempt in range(TRIES):
            side = SIDES[self.rng.integers(4)]
            along = self._along(side, x1 - x0)
            if along is None:
                continue
            lowest = 0.9 if attempt < TRIES / 2 else 0.3
            z = float(self.rng.uniform(lowest - z0, self.size[2] - 0.15 - above))
            on_wall = (along + x0, along + x1, z + z0, z + above)
            if _apart(on_wall, self.walls[side]):
                self.walls[side].append(on_wall)
                self._keep(parts, strips, *self.place_at(side, along, z))
                return True
        return False

    def _along(self, side: Side, width: float) -> float | None:
        """A random middle along a wall of an object so wide; None if the wall is too short."""
        margin = 0.05 + width / 2
        length = self._length(side)
        return None if length < 2 * margin else float(self.rng.uniform(margin, length - margin))

    def _before(self, side: Side, start: float, stop: float, deep: float) -> Rectangle:
        """The floor up to `deep` metres before a part of a wall."""
        width, depth, _ = self.size
        rectangles: dict[Side, Rectangle] = {
            "south": (start, stop, 0.0, deep),
            "north": (start, stop, depth - deep, depth),
            "west": (0.0, deep, start, stop),
            "east": (width - deep, width, start, stop),
        }
        return rectangles[side]

    def _fits(self, rectangle: Rectangle) -> bool:
        a, b, c, d = rectangle
        width, depth, _ = self.size
        return a >= 0 and c >= 0 and b <= width and d <= depth and _apart(rectangle, self.floor)

    def _take(self, rectangle: Rectangle) -> None:
        self.floor.append(rectangle)
        self.covered += (rectangle[1] - rectangle[0]) * (rectangle[3] - rectangle[2])

    def _keep(self, parts: list[Part], strips: tuple[Strip, ...], at: Point, turn: float) -> None:
        self.put(parts, at, turn)
        self.surfaces += [Surface(strip, at, turn) for strip in strips]
