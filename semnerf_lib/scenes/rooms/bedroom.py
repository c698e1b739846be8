"""A bedroom with a desk: 5.0 x 4.2 x 2.5 m."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from semnerf_lib.scenes.rooms import bedding as b
from semnerf_lib.scenes.rooms import furniture as f
from semnerf_lib.scenes.rooms import ornaments as o
from semnerf_lib.scenes.rooms.lighting import Lamp
from semnerf_lib.scenes.rooms.plan import Furnishing, Opening, Room, skylight
from semnerf_lib.scenes.rooms.shapes import Part, cylinder, part, place, rounded_box

SIZE = (5.0, 4.2, 2.5)

CLASS_NAMES = (
    "wall", "floor", "ceiling", "window", "door", "curtain", "blinds", "radiator", "rug", "bed", "comforter",
    "pillow", "cushion", "blanket", "nightstand", "lamp", "bench", "wardrobe", "chest-of-drawers", "mirror", "desk",
    "desk-chair", "monitor", "shelf", "book", "stool", "ceiling-lamp", "picture", "clock", "plug", "plant", "pot",
    "vase", "basket",
)  # fmt: skip

DOOR = Opening("south", 3.25, 4.15, 0.0, 2.04)
NORTH_WINDOW = Opening("north", 1.15, 2.75, 0.85, 2.10)
EAST_WINDOW = Opening("east", 1.65, 2.75, 1.05, 2.05)
BLINDS = 0.40
BED = 2.52
"""The bed's middle along the west wall."""
STANDS = (BED - 1.16, BED + 1.16)


def _objects(rng: np.random.Generator) -> list[list[Part]]:
    r = Furnishing(SIZE, rng)
    accent, paint = r.pick((118, 142, 160), (146, 158, 132), (184, 150, 152)), (238, 232, 222)
    paints = {"south": paint, "north": paint, "east": paint, "west": accent}
    r.shell((DOOR, NORTH_WINDOW, EAST_WINDOW), paints, r.pick((150, 108, 76), (206, 176, 136)))
    r.door(DOOR, r.pick((222, 214, 198), (186, 196, 206)))
    r.window(NORTH_WINDOW)
    r.window(EAST_WINDOW)
    r.blinds(EAST_WINDOW, BLINDS, (214, 220, 222))
    r.against("north", f.radiator(1.2), 1.95)
    drape = r.pick((70, 92, 128), (150, 120, 92), (118, 84, 112))
    for x in (0.90, 3.00):
        r.against("north", o.curtain(drape, 0.56, 2.12), x, 0.1)
    r.against("north", [part(cylinder(0.016, 2.8, 8), "curtain", f.BLACK, (-1.4, 0.10, 2.24), lean=90)], 1.95)
    _bed(r)
    _storage(r)
    _desk(r)
    _walls(r)
    return r.objects


def _bed(r: Furnishing) -> None:
    at, turn = (0.0, BED, 0.0), -90
    rug = [part(rounded_box(1.9, 2.7, 0.02, 0.008, 0.1), "rug", (176, 158, 134), (0, 0, 0.01), "checks")]
    r.loose(rug, 1.85, BED - 0.1, swing=1.5)
    r.put(b.bed(r.pick((96, 84, 78), (120, 128, 138)), (240, 238, 232)), at, turn)
    cover = r.pick((86, 116, 140), (172, 110, 92), (122, 140, 112))
    r.put(b.comforter(cover, "fabric"), at, turn)
    r.put(b.throw(r.pick((202, 148, 60), (150, 62, 66))), at, turn)
    for x in (-0.41, 0.41):
        for y, tint, pattern, lean in ((0.30, (242, 240, 234), "plain", 14), (0.56, cover, "stripes", 30)):
            tilted = [_leant(p, lean) for p in b.pillow(tint, pattern)]
            r.put(place(tilted, (x, y, b.MATTRESS), r.rng.uniform(-3, 3)), at, turn)
    for x, colour in ((-0.17, (206, 152, 62)), (0.20, (196, 96, 84))):
        tilted = [_leant(p, 30) for p in o.cushion(colour, "plain", 0.36)]
        r.put(place(tilted, (x, 0.80, b.MATTRESS), r.rng.uniform(-8, 8)), at, turn)
    for y in STANDS:
        r.against("west", b.nightstand(f.WALNUT), y, off=0.01)
        r.put(b.table_lamp((196, 140, 96), (250, 226, 182)), (0.16, y + 0.05, 0.535))
    r.put(o.book_stack(r.rng, 3), (0.30, STANDS[0] - 0.12, 0.535), 20)
    r.loose(b.bench(r.pick((150, 96, 72), (88, 104, 112))), 2.42, BED, 0.02, turn=90, swing=2)
    r.loose(b.slippers(r.rng, (120, 70, 90)), 1.35, STANDS[0] - 0.05, 0.02, turn=60)


def _leant(p: Part, degrees: float) -> Part:
    """A cushion or pillow leant back (towards -y) about its lower edge."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    vertices = p.vertices @ turn.T
    return replace(p, vertices=vertices - [0, 0, vertices[:, 2].min()])


def _storage(r: Furnishing) -> None:
    """Wardrobe at the south wall, bookcase at the north wall, drawers under the mirror at the east wall."""
    r.against("south", b.wardrobe(f.OAK, 2.1), 1.75)
    r.put(b.suitcase(r.pick((60, 96, 104), (140, 70, 60))), (1.30, 0.02, 2.15))
    r.loose(o.basket((198, 160, 112)), 3.07, 3.66, shift=0.02)
    for parts in f.bookcase(f.WHITE, r.rng):
        r.against("north", parts, 4.17)
    r.put(o.vase(r.pick((70, 112, 140), (190, 110, 72)), 0.27, 0.10), (3.90, SIZE[1] - 0.18, 0.4615))
    r.put(o.vase((220, 206, 180), 0.26, 0.09), (4.45, SIZE[1] - 0.18, 1.2295))
    r.against("east", b.chest_of_drawers(f.OAK), 0.72)
    r.against("east", b.mirror(0.78, 0.96), 0.72, 1.55)
    r.put(o.vase(r.pick((190, 90, 70), (80, 104, 140)), 0.38, 0.12), (SIZE[0] - 0.22, 0.32, 0.84))
    r.put(o.book_stack(r.rng, 4), (SIZE[0] - 0.24, 1.06, 0.84), 95)


def _desk(r: Furnishing) -> None:
    """Under the east window; the chair in front of it."""
    y = 2.15
    r.against("east", b.desk(f.PINE), y)
    r.put(b.monitor(), (SIZE[0] - 0.26, y + 0.05, b.DESK), 88 + r.rng.uniform(-6, 6))
    r.put(b.desk_lamp(r.pick((196, 84, 60), (60, 96, 120))), (SIZE[0] - 0.20, y + 0.55, b.DESK), 110)
    r.put(o.book_stack(r.rng, 4), (SIZE[0] - 0.24, y - 0.48, b.DESK), 80)
    r.loose(b.desk_chair(r.pick((72, 84, 98), (150, 92, 70))), 4.05, y + 0.18, turn=-70, shift=0.05, swing=15)
    r.loose(f.stool(r.pick((198, 158, 84), (150, 166, 170))), 4.22, 0.74)
    for parts in o.plant(r.rng, (196, 188, 176), 1.35, 18):
        r.put(parts, (4.55, 3.30, 0))
    r.loose([part(rounded_box(0.44, 0.36, 0.32, 0.008), None, (186, 150, 108), (0, 0, 0.16))], 4.66, 2.55, turn=15)


def _walls(r: Furnishing) -> None:
    r.put(o.pendant((214, 190, 150), cord=0.24), (2.5, 2.1, SIZE[2]))
    for y, pattern, colour in ((BED - 0.44, "abstract", (226, 216, 198)), (BED + 0.44, "landscape", (64, 92, 72))):
        r.against("west", o.picture(0.66, 0.66, pattern, colour, f.OAK), y, 1.70)
    r.against("west", b.board(f.OAK, 0.9), 0.62, 1.60)
    r.against("west", place(o.book_row(r.rng, 0.62, 0.28), (-0.34, 0.22, 0)), 0.62, 1.60)
    r.against("south", o.picture(0.32, 0.46, "landscape", (80, 76, 96), f.BLACK), 2.995, 1.62)
    r.against("east", o.clock(0.26), 3.22, 1.85)
    r.against("north", o.picture(0.42, 0.60, "abstract", (208, 220, 222), f.BLACK), 0.36, 1.62)
    for side, along, z in (
        ("south", 2.98, 1.08), ("south", 4.58, 0.36), ("west", 0.55, 0.36),
        ("east", 1.36, 1.10), ("east", 3.05, 0.36), ("east", 3.30, 1.10),
    ):  # fmt: skip
        r.against(side, o.plug(), along, z)
    r.against("west", o.plug(2), STANDS[1] + 0.38, 0.36)


ROOM = Room(
    name="bedroom",
    size=SIZE,
    class_names=CLASS_NAMES,
    objects=_objects,
    lamps=(
        Lamp((2.5, 2.1, 2.05), (12.0, 10.8, 9.0)),
        *(Lamp((0.16, y + 0.05, 0.89), (1.6, 1.25, 0.85)) for y in STANDS),
    ),
    skylights=(
        skylight(SIZE, NORTH_WINDOW, (5.4, 6.0, 6.8)),
        skylight(SIZE, EAST_WINDOW, (4.8, 5.4, 6.2), covered=BLINDS),
    ),
    stream=13,
)
