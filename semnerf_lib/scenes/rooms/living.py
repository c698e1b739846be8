"""The room of the series: living and dining, 6.0 x 5.0 x 2.7 m, eight chairs."""

from __future__ import annotations

import numpy as np

from semnerf_lib.scenes.rooms import furniture as f
from semnerf_lib.scenes.rooms import ornaments as o
from semnerf_lib.scenes.rooms.lighting import Lamp
from semnerf_lib.scenes.rooms.plan import Furnishing, Opening, Room, skylight
from semnerf_lib.scenes.rooms.shapes import Part, cylinder, ellipsoid, part, place, rounded_box

SIZE = (6.0, 5.0, 2.7)

CLASS_NAMES = (
    "wall", "floor", "ceiling", "window", "door", "curtain", "blinds", "radiator", "rug", "sofa", "cushion",
    "blanket", "armchair", "chair", "stool", "table", "coffee-table", "cabinet", "shelf", "tv-stand", "tv-screen",
    "speaker", "lamp", "ceiling-lamp", "picture", "clock", "plug", "book", "plant", "pot", "vase", "bowl", "jug",
    "basket",
)  # fmt: skip

DOOR = Opening("south", 4.35, 5.27, 0.0, 2.06)
NORTH_WINDOW = Opening("north", 2.05, 3.95, 0.92, 2.22)
EAST_WINDOW = Opening("east", 3.05, 4.45, 0.92, 2.12)
BLINDS = 0.52
TABLE = (4.45, 3.72)


def _objects(rng: np.random.Generator) -> list[list[Part]]:
    r = Furnishing(SIZE, rng)
    accent = r.pick((150, 168, 150), (150, 166, 182), (196, 162, 140))
    paint = (236, 230, 216)
    paints = {"south": paint, "north": paint, "east": paint, "west": accent}
    r.shell((DOOR, NORTH_WINDOW, EAST_WINDOW), paints, r.pick((196, 152, 104), (176, 128, 84)))
    r.door(DOOR, r.pick((214, 200, 176), (190, 202, 200)))
    r.window(NORTH_WINDOW)
    r.window(EAST_WINDOW)
    r.blinds(EAST_WINDOW, BLINDS, (226, 214, 190))
    r.against("north", f.radiator(), 3.0)
    drape = r.pick((176, 92, 70), (92, 116, 148), (112, 134, 96))
    for x in (1.75, 4.25):
        r.against("north", o.curtain(drape), x, 0.1)
    r.against("north", [part(cylinder(0.016, 3.3, 8), "curtain", f.BLACK, (-1.65, 0.10, 2.4), lean=90)], 3.0)
    _seats(r)
    _storage(r)
    _dining(r)
    _walls(r)
    r.loose([part(rounded_box(0.50, 0.40, 0.36, 0.008), None, (190, 150, 104), (0, 0, 0.18))], 4.75, 0.75, turn=25)
    r.put([part(ellipsoid(0.32, 0.32, 0.32, rings=12, sections=18), None, (200, 62, 56))], (3.2, 1.05, 0.16))
    return r.objects


def _seats(r: Furnishing) -> None:
    """Sofa, armchair and coffee table around the rug."""
    rug = [part(rounded_box(2.6, 1.9, 0.02, 0.008, 0.1), "rug", (178, 74, 58), (0, 0, 0.01), "rug")]
    r.loose(rug, 1.95, 2.25, turn=90, swing=2)
    cloth = r.pick((92, 112, 132), (134, 122, 108), (88, 116, 108))
    at = (0.08, 2.25 + r.rng.uniform(-0.05, 0.05), 0)
    warm = r.pick((208, 150, 52), (188, 86, 60))
    r.put(f.sofa(cloth), at, -90)
    for x, colour, pattern, turn in (
        (-0.46, warm, "plain", 8), (-0.02, (228, 220, 204), "stripes", -6), (0.6, warm, "checks", -10),
    ):  # fmt: skip
        r.put(place(o.cushion(colour, pattern), (x, 0.36, 0.485), turn + r.rng.uniform(-5, 5)), at, -90)
    r.put(place(o.blanket(r.pick((164, 60, 58), (60, 96, 128))), (-0.98, 0.54, 0.62)), at, -90)
    seat = r.pick((184, 128, 60), (160, 76, 62))
    at, turn = (0.42, 4.58, 0), -132 + r.rng.uniform(-6, 6)
    r.put(f.armchair(seat), at, turn)
    r.put(place(o.cushion((222, 216, 198), "checks", 0.40), (0, 0.33, 0.47)), at, turn)
    r.loose(f.coffee_table(f.OAK), 1.95, 2.25, 0.02, 90, swing=3)
    r.loose(o.bowl(r.pick((64, 120, 140), (196, 92, 58)), 0.19), 1.95, 2.02, 0.4575)
    r.loose(o.book_stack(r.rng, 4), 1.95, 2.58, 0.4575, 30)
    r.loose(o.floor_lamp((250, 222, 170)), 0.45, 3.70, shift=0)
    r.loose(f.stool(r.pick((196, 150, 70), (112, 132, 150))), 2.35, 4.20)


def _storage(r: Furnishing) -> None:
    """Bookcase and cabinet at the south wall, television at the east wall."""
    for parts in f.bookcase(f.PINE, r.rng):
        r.against("south", parts, 1.15)
    r.put(o.vase((206, 196, 176), 0.27, 0.10), (1.45, 0.18, 0.4615))
    r.put(o.bowl((176, 120, 70), 0.15), (0.72, 0.18, 1.2295))
    r.loose(o.basket((192, 146, 92)), 1.56, 4.46, shift=0.02)
    r.against("south", f.cabinet(f.WALNUT), 2.75)
    r.put(o.vase(r.pick((58, 92, 128), (172, 84, 62)), 0.42, 0.13), (2.37, 0.22, 0.83))
    r.put(o.book_stack(r.rng, 5), (3.07, 0.22, 0.83), 8)
    r.put(o.vase((226, 222, 210), 0.28, 0.10), (2.65, 0.20, 0.83))
    r.against("east", f.tv_stand(f.OAK), 1.70)
    r.put(f.television(), (SIZE[0] - 0.20, 1.70, 0.48), 90)
    for y in (0.68, 2.70):
        r.against("east", f.speaker(), y)


def _dining(r: Furnishing) -> None:
    """Six chairs around the table, two more at the wall on either side of the door."""
    x, y = TABLE[0] + r.rng.uniform(-0.03, 0.03), TABLE[1] + r.rng.uniform(-0.03, 0.03)
    r.put(f.dining_table(f.WALNUT), (x, y, 0))
    paint = r.pick(f.PINE, (120, 140, 128))
    for along, side, turn in f.places_around(1.5, 0.85, 2):
        r.loose(f.chair(paint), x + along, y + side, turn=turn, shift=0.03, swing=6)
    for at, turn in (((3.78, 0.06), 0), ((5.64, 0.06), 0)):
        r.loose(f.chair(paint), *at, turn=turn, shift=0.02, swing=3)
    r.put(o.jug(r.pick((236, 232, 222), (86, 128, 150))), (x + 0.18, y + 0.08, 0.755), 40)
    r.put(o.bowl((224, 184, 84), 0.16), (x - 0.22, y - 0.06, 0.755))
    for parts in o.plant(r.rng, (188, 104, 72)):
        r.put(parts, (5.50, 4.50, 0))
    for parts in o.plant(r.rng, (90, 104, 116), 1.15, 14):
        r.put(parts, (0.38, 0.72, 0))
    r.put(o.pendant((58, 66, 70)), (*TABLE, SIZE[2]))
    r.put(o.ceiling_disc(), (2.0, 2.3, SIZE[2]))


def _walls(r: Furnishing) -> None:
    r.against("south", o.clock(0.24), 3.86, 1.92)
    r.against("west", o.picture(1.0, 0.72, "landscape", (60, 92, 60), f.OAK), 2.75, 1.62)
    r.against("west", o.picture(0.55, 0.72, "abstract", (232, 224, 206), f.BLACK), 1.70, 1.62)
    r.against("north", o.picture(0.60, 0.80, "abstract", (210, 220, 222), f.OAK), 0.80, 1.62)
    r.against("south", o.picture(0.9, 0.66, "landscape", (88, 72, 60), f.BLACK), 2.75, 1.72)
    r.against("north", o.picture(0.50, 0.66, "landscape", (60, 92, 60), f.WHITE), 5.15, 1.75)
    for x, z in ((3.55, 0.36), (5.55, 1.10), (2.20, 1.10)):
        r.against("south", o.plug(), x, z)
    for y, z in ((3.98, 0.36), (0.95, 1.10)):
        r.against("west", o.plug(), y, z)
    for x in (1.2, 4.85):
        r.against("north", o.plug(), x, 0.36)
    r.against("east", o.plug(4), 2.95, 0.36)
    r.against("east", o.plug(), 0.28, 1.1)


ROOM = Room(
    name="room",
    size=SIZE,
    class_names=CLASS_NAMES,
    objects=_objects,
    lamps=(
        Lamp((2.0, 2.3, 2.52), (16.0, 14.2, 11.8)),
        Lamp((*TABLE, 1.80), (6.0, 5.0, 3.8)),
        Lamp((0.45, 3.70, 1.50), (4.0, 3.2, 2.2)),
    ),
    skylights=(
        skylight(SIZE, NORTH_WINDOW, (5.4, 6.0, 6.8)),
        skylight(SIZE, EAST_WINDOW, (4.8, 5.4, 6.2), covered=BLINDS),
    ),
    stream=17,
)
