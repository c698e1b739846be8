"""What stands where in the made room: 6.0 x 5.0 x 2.7 m, z up, the origin in its south-west corner on the floor."""

from __future__ import annotations

import numpy as np

from semnerf_lib.scenes import decor as d
from semnerf_lib.scenes import furniture as f
from semnerf_lib.scenes.lighting import Lamp, Skylight
from semnerf_lib.scenes.shapes import Part, box, cylinder, ellipsoid, part, place, rounded_box

SIZE = (6.0, 5.0, 2.7)
THICK = 0.15

CLASS_NAMES = (
    "wall", "floor", "ceiling", "window", "door", "curtain", "blinds", "radiator", "rug", "sofa", "cushion",
    "blanket", "armchair", "chair", "stool", "table", "coffee-table", "cabinet", "shelf", "tv-stand", "tv-screen",
    "speaker", "lamp", "ceiling-lamp", "picture", "clock", "plug", "book", "plant", "pot", "vase", "bowl", "jug",
    "basket",
)  # fmt: skip

Hole = tuple[float, float, float, float]
"""A hole in a wall: from, to (metres along the wall), lower and upper edge."""

DOOR: Hole = (4.35, 5.27, 0.0, 2.06)
NORTH_WINDOW: Hole = (2.05, 3.95, 0.92, 2.22)
EAST_WINDOW: Hole = (3.05, 4.45, 0.92, 2.12)

LAMPS = (
    Lamp((2.0, 2.3, 2.52), (16.0, 14.2, 11.8)),
    Lamp((4.4, 3.35, 1.80), (6.0, 5.0, 3.8)),
    Lamp((0.45, 3.70, 1.50), (4.0, 3.2, 2.2)),
)
SKYLIGHTS = (
    Skylight((NORTH_WINDOW[0], 5.0, 0.92), ((0, 0, 1.3), (1.9, 0, 0)), (5.4, 6.0, 6.8)),
    Skylight((6.0, EAST_WINDOW[0], 1.35), ((0, 0, 0.77), (0, 1.4, 0)), (4.8, 5.4, 6.2)),
)


def _wall(length: float, hole: Hole | None, colour) -> list[Part]:
    """A wall along x from 0, its inner face at y = 0 towards +y, with at most one hole."""
    height, reach = SIZE[2], length + THICK
    pieces = [(-THICK, reach, 0.0, height)]
    if hole:
        a, b, low, high = hole
        pieces = [(-THICK, a, 0.0, height), (b, reach, 0.0, height), (a, b, high, height), (a, b, 0.0, low)]
    return [
        part(box(b - a, THICK, t - s), "wall", colour, ((a + b) / 2, -THICK / 2, (s + t) / 2), "plaster")
        for a, b, s, t in pieces
        if t > s
    ]


def _skirting(length: float, hole: Hole | None) -> list[Part]:
    """The strip along the foot of a wall: unlabelled."""
    gaps = [(0.0, length)] if hole is None or hole[2] > 0 else [(0.0, hole[0] - 0.07), (hole[1] + 0.07, length)]
    return [part(box(b - a, 0.02, 0.12), None, f.WHITE, ((a + b) / 2, 0.01, 0.06)) for a, b in gaps]


def _window(hole: Hole) -> list[list[Part]]:
    """Frame, glazing bars, sill and the bright pane, in a hole of a `_wall`."""
    a, b, low, high = hole
    wide, tall, middle = b - a, high - low, (a + b) / 2
    out = [part(box(wide, 0.01, tall, 0.3), "window", (235, 242, 250), (0, -0.11, 0), "daylight", emission=3.2)]
    out = [p.moved((middle, 0, low + tall / 2)) for p in out]
    out[0].local[:, 2] += tall / 2
    bars = [(wide, 0.06, 0, 0.03), (wide, 0.06, 0, tall - 0.03), *((0.06, tall, x, tall / 2) for x in _bars(wide))]
    out += [part(box(x, 0.05, z), "window", f.WHITE, (middle + at, -0.08, low + up)) for x, z, at, up in bars]
    out.append(part(rounded_box(wide + 0.16, 0.22, 0.035, 0.012), "window", f.WHITE, (middle, 0.0, low - 0.018)))
    return [out]


def _bars(wide: float) -> tuple[float, ...]:
    return (0.03 - wide / 2, 0.0, wide / 2 - 0.03)


def _door(hole: Hole, colour) -> list[Part]:
    a, b, _, high = hole
    middle, wide = (a + b) / 2, b - a
    out = [part(box(wide, 0.05, high), "door", colour, (middle, -0.06, high / 2), "panels")]
    out[0].local[:, 2] += high / 2
    out += [
        part(box(0.07, 0.03, high + 0.07), "door", f.WHITE, (x, 0.015, high / 2 + 0.035))
        for x in (a - 0.035, b + 0.035)
    ]
    out.append(part(box(wide + 0.14, 0.03, 0.07), "door", f.WHITE, (middle, 0.015, high + 0.035)))
    out.append(part(cylinder(0.016, 0.14, 8), "door", f.STEEL, (a + 0.08, 0.02, 1.02), lean=90))
    return out


def _blinds(hole: Hole) -> list[Part]:
    """Half lowered, before the window."""
    a, b, _, high = hole
    tall = 0.52
    out = [
        part(box(b - a + 0.10, 0.03, tall), "blinds", (226, 214, 190), ((a + b) / 2, 0.02, high - tall / 2), "slats")
    ]
    return out + [part(box(b - a + 0.12, 0.07, 0.07), "blinds", (226, 214, 190), ((a + b) / 2, 0.035, high + 0.03))]


def room_objects(rng: np.random.Generator) -> list[list[Part]]:
    """Every object of the room, where it stands. The seed moves and turns what is loose and picks colours and books."""

    def pick(*colours):
        return colours[rng.integers(len(colours))]

    def loose(parts, x, y, z=0.0, turn=0.0, shift=0.04, swing=5.0):
        dx, dy = rng.uniform(-shift, shift, 2)
        return place(parts, (x + dx, y + dy, z), turn + rng.uniform(-swing, swing))

    def south(parts, x, z=0.0):
        return place(parts, (x, 0, z))

    def north(parts, x, z=0.0):
        return place(parts, (x, SIZE[1], z), 180)

    def west(parts, y, z=0.0):
        return place(parts, (0, y, z), -90)

    def east(parts, y, z=0.0):
        return place(parts, (SIZE[0], y, z), 90)

    width, depth, height = SIZE
    paint, accent = (236, 230, 216), pick((150, 168, 150), (150, 166, 182), (196, 162, 140))
    turned_north, turned_east = (width - NORTH_WINDOW[1], width - NORTH_WINDOW[0], *NORTH_WINDOW[2:]), EAST_WINDOW
    out = [
        [
            part(
                box(width + 0.3, depth + 0.3, 0.1, 0.09),
                "floor",
                pick((196, 152, 104), (176, 128, 84)),
                (3, 2.5, -0.05),
                "planks",
            )
        ],
        [part(box(width + 0.3, depth + 0.3, 0.1), "ceiling", (246, 245, 241), (3, 2.5, height + 0.05))],
        south(_wall(width, DOOR, paint), 0),
        place(_wall(width, turned_north, paint), (width, depth, 0), 180),
        place(_wall(depth, None, accent), (0, depth, 0), -90),
        place(_wall(depth, turned_east, paint), (width, 0, 0), 90),
        south(_skirting(width, DOOR), 0),
        place(_skirting(width, None), (width, depth, 0), 180),
        place(_skirting(depth, None), (0, depth, 0), -90),
        place(_skirting(depth, None), (width, 0, 0), 90),
        south(_door(DOOR, pick((214, 200, 176), (190, 202, 200))), 0),
        *(place(w, (width, depth, 0), 180) for w in _window(turned_north)),
        *(place(w, (width, 0, 0), 90) for w in _window(turned_east)),
        place(_blinds(turned_east), (width, 0, 0), 90),
        north(f.radiator(), 3.0),
    ]
    drape = pick((176, 92, 70), (92, 116, 148), (112, 134, 96))
    out += [north(d.curtain(drape), x, 0.1) for x in (1.75, 4.25)]
    out.append(north([part(cylinder(0.016, 3.3, 8), "curtain", f.BLACK, (-1.65, 0.10, 2.4), lean=90)], 3.0))

    out.append(
        loose(
            [part(rounded_box(2.6, 1.9, 0.02, 0.008, 0.1), "rug", (178, 74, 58), (0, 0, 0.01), "rug")],
            1.95,
            2.25,
            turn=90,
            swing=2,
        )
    )
    cloth = pick((92, 112, 132), (134, 122, 108), (88, 116, 108))
    at = (0.08, 2.25 + rng.uniform(-0.05, 0.05), 0)
    warm = pick((208, 150, 52), (188, 86, 60))
    out.append(place(f.sofa(cloth), at, -90))
    for x, colour, pattern, turn in (
        (-0.46, warm, "plain", 8),
        (-0.02, (228, 220, 204), "stripes", -6),
        (0.6, warm, "checks", -10),
    ):
        leaning = [p.moved((x, 0.36, 0.485), turn + rng.uniform(-5, 5)) for p in d.cushion(colour, pattern)]
        out.append(place(leaning, at, -90))
    out.append(place(place(d.blanket(pick((164, 60, 58), (60, 96, 128))), (-0.98, 0.54, 0.62)), at, -90))
    seat = pick((184, 128, 60), (160, 76, 62))
    chair_at, chair_turn = (0.42, 4.58, 0), -132 + rng.uniform(-6, 6)
    out.append(place(f.armchair(seat), chair_at, chair_turn))
    out.append(
        place([p.moved((0, 0.33, 0.47)) for p in d.cushion((222, 216, 198), "checks", 0.40)], chair_at, chair_turn)
    )
    out.append(loose(f.coffee_table(f.OAK), 1.95, 2.25, 0.02, 90, swing=3))
    out.append(loose(d.bowl(pick((64, 120, 140), (196, 92, 58)), 0.19), 1.95, 2.02, 0.4575))
    out.append(loose(d.book_stack(rng, 4), 1.95, 2.58, 0.4575, 30))
    out.append(loose(d.floor_lamp((250, 222, 170)), 0.45, 3.70, shift=0))

    out += [south(o, 1.15) for o in f.bookcase(f.PINE, rng)]
    out.append(south(place(d.vase((206, 196, 176), 0.27, 0.10), (1.45, 0.18, 0.4615))[:], 0))
    out.append(south(place(d.bowl((176, 120, 70), 0.15), (0.72, 0.18, 1.2295)), 0))
    out.append(loose(d.basket((192, 146, 92)), 2.30, 0.34, shift=0.02))
    out.append(south(f.cabinet(f.WALNUT), 3.30, 0))
    out.append(place(d.vase(pick((58, 92, 128), (172, 84, 62)), 0.42, 0.13), (2.92, 0.22, 0.83)))
    out.append(place(d.book_stack(rng, 5), (3.62, 0.22, 0.83), 8))
    out.append(place(d.vase((226, 222, 210), 0.28, 0.10), (3.20, 0.20, 0.83)))
    out.append(south(place(d.clock(), (3.95, 0, 1.95)), 0))

    out.append(east(f.tv_stand(f.OAK), 1.55))
    out.append(place(f.television(), (width - 0.20, 1.55, 0.48), 90))
    out += [east(f.speaker(), y) for y in (0.50, 2.60)]
    table = (4.4 + rng.uniform(-0.03, 0.03), 3.35 + rng.uniform(-0.03, 0.03))
    out.append(place(f.round_table(f.WALNUT), (*table, 0)))
    paint_chair = pick(f.PINE, (120, 140, 128))
    for angle in (20, 140, 260):
        a = np.radians(angle + rng.uniform(-8, 8))
        spot = (table[0] + 0.82 * np.cos(a), table[1] + 0.82 * np.sin(a), 0)
        out.append(place(f.chair(paint_chair), spot, np.degrees(a) + 90))
    out.append(place(d.jug(pick((236, 232, 222), (86, 128, 150))), (table[0] + 0.16, table[1] + 0.1, 0.755), 40))
    out.append(place(d.bowl((224, 184, 84), 0.16), (table[0] - 0.2, table[1] - 0.08, 0.755)))
    out += [place(o, (5.50, 4.50, 0)) for o in d.plant(rng, (188, 104, 72))]
    out += [place(o, (0.38, 0.72, 0)) for o in d.plant(rng, (90, 104, 116), 1.15, 14)]
    out.append(loose(f.stool(pick((196, 150, 70), (112, 132, 150))), 3.15, 4.05))
    out.append(place(d.pendant((58, 66, 70)), (4.4, 3.35, height)))
    out.append(place(d.ceiling_disc(), (2.0, 2.3, height)))

    out.append(west(d.picture(1.0, 0.72, "landscape", (60, 92, 60), f.OAK), 2.75, 1.62))
    out.append(west(d.picture(0.55, 0.72, "abstract", (232, 224, 206), f.BLACK), 1.70, 1.62))
    out.append(north(d.picture(0.60, 0.80, "abstract", (210, 220, 222), f.OAK), 0.80, 1.62))
    out.append(south(d.picture(0.9, 0.66, "landscape", (88, 72, 60), f.BLACK), 3.15, 1.72))
    out.append(north(d.picture(0.50, 0.66, "landscape", (60, 92, 60), f.WHITE), 5.15, 1.75))
    out += [south(d.plug(), x, z) for x, z in ((4.05, 0.36), (5.62, 0.36), (2.30, 1.10))]
    out += [
        west(d.plug(), 3.98, 0.36),
        west(d.plug(), 0.95, 1.10),
        north(d.plug(), 1.2, 0.36),
        north(d.plug(), 4.85, 0.36),
    ]
    out += [east(d.plug(4), 2.95, 0.36), east(d.plug(), 0.28, 1.1)]

    out.append(
        loose([part(rounded_box(0.50, 0.40, 0.36, 0.008), None, (190, 150, 104), (0, 0, 0.18))], 5.0, 0.75, turn=25)
    )
    out.append([part(ellipsoid(0.32, 0.32, 0.32, rings=12, sections=18), None, (200, 62, 56), (3.2, 1.05, 0.16))])
    return out
