"""What a room with dials is furnished with, from the furniture of all made rooms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from semnerf_lib.scenes.rooms import bedding as b
from semnerf_lib.scenes.rooms import furniture as f
from semnerf_lib.scenes.rooms import kitchenware as k
from semnerf_lib.scenes.rooms import ornaments as o
from semnerf_lib.scenes.rooms.plan import Furnishing
from semnerf_lib.scenes.rooms.shapes import Part, box, part, place, rounded_box

HEADROOM = 1.4
"""Metres above the floor up to which what stands on furniture may reach."""
ROW = 0.30
"""Metres from one row of things on a table to the next."""
FABRIC = ((92, 112, 132), (134, 122, 108), (88, 116, 108), (184, 128, 60), (160, 76, 62))
WOOD = (f.OAK, f.WALNUT, f.PINE, f.WHITE)
PAINT = ((58, 92, 128), (172, 84, 62), (206, 196, 176), (176, 120, 70), (64, 120, 140), (224, 184, 84), (86, 130, 90))


@dataclass(frozen=True)
class Strip:
    """Where things stand side by side on a piece of furniture, in its own axes, metres.

    Attributes:
        start, stop: along x.
        y, z: of the strip's middle, and of the surface.
        deep: how deep a thing may be.
        headroom: how high it may be.
        soft: for cushions and pillows alone.
    """

    start: float
    stop: float
    y: float
    z: float
    deep: float
    headroom: float
    soft: bool = False


def _no_strips(parts: list[Part]) -> tuple[Strip, ...]:
    return ()


@dataclass(frozen=True)
class Piece:
    """One kind of object.

    Attributes:
        build: makes one, in the axes of `furniture`, from a furnishing's random numbers.
        strips: the finished parts -> where things may stand on it.
    """

    build: Callable[[Furnishing], list[Part]]
    strips: Callable[[list[Part]], tuple[Strip, ...]] = _no_strips


def corners(parts: list[Part]) -> np.ndarray:
    """(2, 3) lower and upper corner of the box around some parts."""
    vertices = np.concatenate([p.vertices for p in parts])
    return np.stack([vertices.min(0), vertices.max(0)])


def _top(parts: list[Part]) -> tuple[Strip, ...]:
    """Rows on the upper side of a table or a low cupboard."""
    (x0, y0, _), (x1, y1, z) = corners(parts)
    rows = max(1, int((y1 - y0) / ROW))
    deep = float(y1 - y0) / rows
    middles = y0 + (np.arange(rows) + 0.5) * deep
    return tuple(Strip(x0 + 0.04, x1 - 0.04, float(y), float(z), deep, HEADROOM - float(z)) for y in middles)


def _boards(parts: list[Part]) -> tuple[Strip, ...]:
    """The compartments of `furniture.bookcase`."""
    heights = np.linspace(0.06, 1.98, 6)[:-1] + 0.0175
    return tuple(Strip(x, x + 0.72, 0.19, float(z), 0.36, 0.34) for z in heights for x in (-0.75, 0.03))


def _board(parts: list[Part]) -> tuple[Strip, ...]:
    """The upper side of a board on the wall."""
    (x0, _, _), (x1, _, _) = corners(parts)
    return (Strip(x0 + 0.02, x1 - 0.02, 0.15, 0.0, 0.29, 0.36),)


def _seat(width: float, y: float, z: float) -> Callable[[list[Part]], tuple[Strip, ...]]:
    return lambda parts: (Strip(-width / 2, width / 2, y, z, 0.3, 0.6, soft=True),)


def _one(objects: list[list[Part]], label: str) -> list[Part]:
    """Several objects as one of a class."""
    return [replace(p, label=label) for parts in objects for p in parts]


def _books(r: Furnishing) -> list[Part]:
    row = o.book_row(r.rng, r.rng.uniform(0.16, 0.5), 0.31)
    (x0, y0, _), (x1, y1, _) = corners(row)
    return place(row, (-(x0 + x1) / 2, -(y0 + y1) / 2, 0))


def folding_screen(colour) -> list[Part]:
    """Three panels of 0.46 m, 1.75 m high, set in a zigzag."""
    panel = box(0.46, 0.03, 1.72)
    return [
        part(panel, "screen", colour, (x, 0, 0.89), "stripes", turn=turn)
        for x, turn in ((-0.44, 20), (0.0, -20), (0.44, 20))
    ]


def crates(rng: np.random.Generator, colour) -> list[Part]:
    """Three boxes piled up, 1.4 m high."""
    crate = rounded_box(0.52, 0.42, 0.46, 0.01)
    return [part(crate, "crate", colour, (0, 0, 0.23 + 0.465 * i), "wood", turn=rng.uniform(-12, 12)) for i in range(3)]


AT_WALL: tuple[Piece, ...] = (
    Piece(lambda r: f.sofa(r.pick(*FABRIC)), _seat(1.7, 0.36, 0.485)),
    Piece(lambda r: f.bookcase(r.pick(*WOOD), r.rng)[0], _boards),
    Piece(lambda r: f.cabinet(r.pick(*WOOD)), _top),
    Piece(lambda r: b.desk(r.pick(*WOOD)), _top),
    Piece(lambda r: b.bed(r.pick(*FABRIC), (240, 238, 232)), _seat(1.5, 0.3, b.MATTRESS)),
    Piece(lambda r: f.tv_stand(r.pick(*WOOD)), _top),
    Piece(lambda r: k.refrigerator(r.pick((226, 228, 230), (150, 60, 56)))),
    Piece(lambda r: b.chest_of_drawers(r.pick(*WOOD)), _top),
    Piece(lambda r: f.bookcase(r.pick(*WOOD), r.rng)[0], _boards),
    Piece(lambda r: f.radiator()),
    Piece(lambda r: b.nightstand(r.pick(*WOOD)), _top),
    Piece(lambda r: b.wardrobe(r.pick(*WOOD), 1.6)),
    Piece(lambda r: f.speaker()),
    Piece(lambda r: k.stove()),
)
"""What stands with its back at a wall."""

FREE: tuple[Piece, ...] = (
    Piece(lambda r: f.dining_table(r.pick(*WOOD)), _top),
    Piece(lambda r: f.chair(r.pick(f.PINE, (120, 140, 128)))),
    Piece(lambda r: f.armchair(r.pick(*FABRIC)), _seat(0.46, 0.33, 0.47)),
    Piece(lambda r: _one(o.plant(r.rng, r.pick(*PAINT), r.rng.uniform(1.1, 1.5), 14), "plant")),
    Piece(lambda r: f.stool(r.pick(*FABRIC))),
    Piece(lambda r: f.coffee_table(r.pick(*WOOD)), _top),
    Piece(lambda r: b.desk_chair(r.pick(*FABRIC))),
    Piece(lambda r: f.padded_chair(r.pick(*FABRIC))),
    Piece(lambda r: o.floor_lamp((250, 222, 170))),
    Piece(lambda r: o.basket((192, 146, 92))),
    Piece(lambda r: b.bench(r.pick(*FABRIC))),
    Piece(lambda r: k.island(r.pick(*PAINT)), _top),
    Piece(lambda r: k.bin_()),
)
"""What stands anywhere, turned by about a multiple of 90 degrees."""

ON_TOP: tuple[Piece, ...] = (
    Piece(lambda r: o.vase(r.pick(*PAINT), r.rng.uniform(0.24, 0.33), 0.10)),
    Piece(_books),
    Piece(lambda r: o.cushion(r.pick(*FABRIC), "checks", 0.40)),
    Piece(lambda r: b.table_lamp(r.pick(*PAINT), (250, 226, 182))),
    Piece(lambda r: o.bowl(r.pick(*PAINT), 0.14)),
    Piece(lambda r: b.monitor()),
    Piece(lambda r: f.television()),
    Piece(lambda r: k.jar(r.pick(*PAINT))),
    Piece(lambda r: b.pillow(r.pick(*FABRIC), "stripes")),
    Piece(lambda r: k.microwave()),
    Piece(lambda r: k.bottle(r.pick(*PAINT), 0.31)),
    Piece(lambda r: o.book_stack(r.rng, 4)),
    Piece(lambda r: k.coffee_machine(r.pick(*PAINT))),
    Piece(lambda r: k.cooking_pot(r.pick(*PAINT))),
    Piece(lambda r: o.jug(r.pick(*PAINT))),
    Piece(lambda r: k.plate(r.pick(*PAINT))),
)
"""What stands on furniture, or lies there."""

HUNG: tuple[Piece, ...] = (
    Piece(lambda r: o.picture(r.rng.uniform(0.5, 0.9), 0.7, "landscape", r.pick(*PAINT), f.OAK)),
    Piece(lambda r: b.board(r.pick(*WOOD), 0.9), _board),
    Piece(lambda r: o.clock(0.2)),
    Piece(lambda r: b.mirror(0.6, 0.8)),
    Piece(lambda r: b.board(r.pick(*WOOD), 0.9), _board),
    Piece(lambda r: o.plug()),
    Piece(lambda r: o.picture(r.rng.uniform(0.4, 0.6), 0.5, "abstract", r.pick(*PAINT), f.BLACK)),
    Piece(lambda r: k.towel(r.pick(*PAINT))),
)
"""What hangs on a wall."""

HIDING: tuple[Piece, ...] = (
    Piece(lambda r: folding_screen(r.pick(*PAINT))),
    Piece(lambda r: crates(r.rng, r.pick(*WOOD))),
)
"""Clutter: it stands free and hides what is behind it."""
