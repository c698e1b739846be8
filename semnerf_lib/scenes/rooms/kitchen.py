"""A kitchen with an island and a long table for eight: 7.4 x 4.4 x 2.6 m."""

from __future__ import annotations

import numpy as np

from semnerf_lib.scenes.rooms import furniture as f
from semnerf_lib.scenes.rooms import kitchenware as k
from semnerf_lib.scenes.rooms import ornaments as o
from semnerf_lib.scenes.rooms.lighting import Lamp
from semnerf_lib.scenes.rooms.plan import Furnishing, Opening, Room, skylight
from semnerf_lib.scenes.rooms.shapes import Part, part, place, rounded_box

SIZE = (7.4, 4.4, 2.6)

CLASS_NAMES = (
    "wall", "floor", "ceiling", "window", "door", "blinds", "radiator", "rug", "chair", "stool", "table", "island",
    "base-cabinet", "wall-cabinet", "counter", "backsplash", "sink", "stove", "range-hood", "refrigerator",
    "microwave", "coffee-machine", "cooking-pot", "shelf", "cabinet", "bin", "towel", "ceiling-lamp", "picture",
    "clock", "plug", "book", "plant", "pot", "vase", "bowl", "plate", "bottle", "jar", "basket",
)  # fmt: skip

DOOR = Opening("south", 0.60, 1.52, 0.0, 2.06)
WEST_WINDOW = Opening("west", 1.85, 3.15, 1.24, 2.16)
EAST_WINDOW = Opening("east", 1.05, 3.35, 0.86, 2.16)
BLINDS = 0.42
TABLE, LENGTH, WIDTH = (5.35, 2.20), 2.2, 0.95
ISLAND = (2.25, 2.10)
STOVE = 1.80


def _objects(rng: np.random.Generator) -> list[list[Part]]:
    r = Furnishing(SIZE, rng)
    accent, paint = r.pick((206, 168, 112), (158, 172, 150), (196, 150, 128)), (240, 236, 226)
    paints = {"south": paint, "north": paint, "west": paint, "east": accent}
    r.shell((DOOR, WEST_WINDOW, EAST_WINDOW), paints, r.pick((176, 170, 160), (186, 166, 146)), "tiles")
    r.door(DOOR, r.pick((176, 190, 180), (210, 196, 170)))
    r.window(WEST_WINDOW)
    r.window(EAST_WINDOW)
    r.blinds(EAST_WINDOW, BLINDS, (232, 222, 200))
    r.against("east", f.radiator(1.6), 2.20)
    front = r.pick((92, 118, 112), (78, 98, 124), (208, 204, 192))
    _north(r, front)
    _west(r, front)
    _island(r)
    _dining(r)
    _walls(r)
    return r.objects


def _north(r: Furnishing, front) -> None:
    """From the corner: cabinets, stove under its hood, cabinets, refrigerator."""
    for x, width, doors in ((0.75, 1.5, 3), (2.5, 0.8, 2)):
        r.against("north", k.base_cabinet(front, width, doors), x)
        r.against("north", k.counter(f.OAK, width), x)
    for x, width, doors in ((0.725, 1.45, 3), (2.525, 0.75, 2)):
        r.against("north", k.wall_cabinet(front, width, doors), x)
    r.against("north", k.backsplash((170, 196, 190), 2.9), 1.45)
    r.against("north", k.stove(), STOVE)
    r.against("north", k.range_hood(SIZE[2]), STOVE)
    r.against("north", k.towel((196, 72, 60)), STOVE + 0.02, 0.665, off=0.625)
    r.against("north", k.refrigerator(r.pick((214, 218, 222), (186, 62, 52))), 3.28, off=0.02)
    r.put(o.basket((190, 142, 88)), (3.28, 4.05, 1.88))
    r.against("north", k.microwave(), 0.98, k.COUNTER, off=0.06)
    r.against("north", k.coffee_machine((60, 62, 68)), 2.52, k.COUNTER, off=0.10)
    r.put(k.cooking_pot(r.pick((196, 74, 58), (70, 100, 130))), (STOVE + 0.14, 4.21, k.COUNTER + 0.015), 30)
    r.put(k.cooking_pot((204, 206, 210), 0.11), (STOVE - 0.14, 3.96, k.COUNTER + 0.015), -20)
    r.loose([part(rounded_box(2.3, 0.75, 0.016, 0.006, 0.1), "rug", (176, 92, 72), (0, 0, 0.008), "stripes")],
            2.05, 3.15, swing=2)  # fmt: skip


def _west(r: Furnishing, front) -> None:
    """The sink below the window."""
    for y, width, doors, below in ((1.675, 0.75, 2, False), (2.5, 0.9, 2, True), (3.365, 0.83, 2, False)):
        r.against("west", k.base_cabinet(front, width, doors, below), y)
    r.against("west", k.counter(f.OAK, 2.47, (-0.28, 0.36)), 2.535)
    r.against("west", k.backsplash((170, 196, 190), 2.47, high=1.19), 2.535)
    r.against("west", k.sink(0.64), 2.495)
    for i, colour in enumerate(((64, 104, 72), (150, 96, 40), (222, 214, 190))):
        r.put(k.bottle(colour, 0.30 + 0.03 * i), (0.16 + 0.05 * i, 1.42 + 0.12 * i, k.COUNTER))
    for i, colour in enumerate(((214, 170, 96), (150, 72, 52), (226, 214, 180))):
        r.put(k.jar(colour, 0.24 - 0.03 * i), (0.16, 3.26 + 0.17 * i, k.COUNTER))
    r.loose(k.bin_(), 0.30, 0.88, turn=-90, shift=0.02)


def _island(r: Furnishing) -> None:
    x, y = ISLAND
    r.put(k.island(r.pick((232, 228, 218), (72, 92, 108))), (x, y, 0))
    r.put(place(k.counter(f.WALNUT, 1.5, depth=0.80), (0, -0.40, 0)), (x, y, 0))
    seat = r.pick((196, 140, 60), (170, 84, 66))
    for along in (-0.50, 0.0, 0.50):
        r.loose(k.bar_stool(seat), x + along, y - 0.62, turn=20, shift=0.03, swing=20)
    r.put(o.bowl(r.pick((70, 120, 150), (226, 222, 208)), 0.21), (x - 0.35, y + 0.05, k.COUNTER))
    r.put(k.fruit(r.rng), (x - 0.35, y + 0.05, k.COUNTER + 0.04))
    for i in range(4):
        r.put(k.plate((236, 234, 228)), (x + 0.45, y + 0.12, k.COUNTER + 0.012 * i))
    r.put(o.book_stack(r.rng, 3), (x + 0.10, y - 0.12, k.COUNTER), 15)
    r.put(k.bottle((56, 92, 70), 0.33), (x + 0.08, y + 0.20, k.COUNTER))


def _dining(r: Furnishing) -> None:
    """A table laid for six of its eight chairs, a sideboard, a bookcase."""
    x, y = TABLE[0] + r.rng.uniform(-0.03, 0.03), TABLE[1] + r.rng.uniform(-0.03, 0.03)
    r.put(f.dining_table(f.OAK, LENGTH, WIDTH), (x, y, 0))
    cloth = r.pick((176, 88, 64), (70, 104, 120), (112, 124, 84))
    for along, side, turn in f.places_around(LENGTH, WIDTH, 3, gap=0.38):
        r.loose(f.padded_chair(cloth), x + along, y + side, turn=turn, shift=0.03, swing=7)
    for along in (-0.7, 0.0, 0.7):
        for s in (-1, 1):
            r.loose(k.plate((238, 236, 230)), x + along, y + s * 0.29, 0.755, shift=0.02)
    r.put(o.vase(r.pick((66, 100, 140), (196, 150, 70)), 0.34, 0.12), (x + 0.05, y, 0.755))
    r.put(o.bowl((206, 110, 70), 0.17), (x - 0.62, y + 0.02, 0.755))
    for dx in (0.42, 0.55):
        r.put(k.bottle((60, 84, 60) if dx < 0.5 else (120, 40, 50), 0.33), (x + dx, y + 0.02, 0.755))
    r.against("south", f.cabinet(f.WALNUT), 4.30)
    r.put(o.vase((214, 204, 184), 0.40, 0.13), (3.90, 0.22, 0.83))
    r.put(o.bowl((72, 124, 130), 0.18), (4.36, 0.22, 0.83))
    r.put(o.vase(r.pick((176, 80, 62), (90, 110, 150)), 0.28, 0.10), (4.72, 0.22, 0.83))
    for parts in f.bookcase(f.PINE, r.rng):
        r.against("north", parts, 5.40)
    r.put(o.bowl((196, 150, 96), 0.15), (5.75, SIZE[1] - 0.18, 1.2295))
    r.put(o.vase((86, 110, 96), 0.27, 0.10), (5.10, SIZE[1] - 0.18, 0.4615))
    for parts in o.plant(r.rng, (186, 110, 76), 1.5, 22):
        r.put(parts, (6.92, 3.92, 0))
    for parts in o.plant(r.rng, (206, 200, 188), 1.2, 15):
        r.put(parts, (6.95, 0.46, 0))
    r.loose([part(rounded_box(0.52, 0.36, 0.30, 0.008), None, (176, 132, 88), (0, 0, 0.15))], 4.15, 4.08, turn=8)
    r.loose([part(rounded_box(0.34, 0.22, 0.42, 0.07), None, (60, 110, 150), (0, 0, 0.21))], 5.55, 0.30, turn=10)


def _walls(r: Furnishing) -> None:
    for x in (TABLE[0] - 0.72, TABLE[0], TABLE[0] + 0.72):
        r.put(o.pendant((196, 92, 60)), (x, TABLE[1], SIZE[2]))
    r.put(o.ceiling_disc(), (2.0, 2.75, SIZE[2]))
    r.against("south", k.open_shelf(f.OAK, 1.3), 2.55, 1.30)
    for i, colour in enumerate(((206, 160, 90), (120, 68, 48), (222, 208, 170), (170, 60, 50), (96, 110, 70))):
        r.put(k.jar(colour, 0.20 + 0.03 * (i % 3)), (2.05 + 0.19 * i, 0.12, 1.30))
    for i in range(3):
        r.put(o.bowl(((232, 230, 222), (86, 130, 140), (214, 150, 80))[i], 0.115), (2.08 + 0.26 * i, 0.12, 1.66))
    r.put(k.cooking_pot((206, 120, 60), 0.10), (2.98, 0.12, 1.66), 90)
    r.against("south", o.picture(0.9, 0.66, "landscape", (92, 80, 60), f.WALNUT), 4.30, 1.62)
    r.against("south", o.picture(0.56, 0.74, "abstract", (230, 220, 200), f.BLACK), 5.80, 1.55)
    r.against("west", o.clock(0.26), 1.30, 1.80)
    r.against("north", o.picture(0.50, 0.66, "landscape", (70, 100, 84), f.OAK), 6.66, 1.60)
    r.against("east", o.picture(0.44, 0.60, "abstract", (216, 222, 214), f.WHITE), 0.55, 1.60)
    for side, along, z in (
        ("south", 1.80, 1.10), ("south", 3.40, 0.36), ("south", 6.30, 0.36), ("north", 4.30, 1.10),
        ("north", 6.50, 0.36), ("east", 3.85, 1.10), ("west", 0.50, 1.10),
    ):  # fmt: skip
        r.against(side, o.plug(), along, z)


ROOM = Room(
    name="kitchen",
    size=SIZE,
    class_names=CLASS_NAMES,
    objects=_objects,
    lamps=(
        Lamp((2.0, 2.75, 2.42), (16.0, 14.4, 12.2)),
        *(Lamp((TABLE[0] + dx, TABLE[1], 1.72), (4.4, 3.6, 2.6)) for dx in (-0.72, 0.0, 0.72)),
    ),
    skylights=(
        skylight(SIZE, WEST_WINDOW, (5.0, 5.6, 6.4)),
        skylight(SIZE, EAST_WINDOW, (5.0, 5.6, 6.4), covered=BLINDS),
    ),
    stream=6,
)
