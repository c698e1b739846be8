"""What a kitchen is made of. Same axes as `furniture`; tops of counters lie at `COUNTER` metres."""

from __future__ import annotations

import numpy as np

from semnerf_lib.scenes.rooms.furniture import BLACK, OAK, PINE, STEEL
from semnerf_lib.scenes.rooms.shapes import Part, box, cylinder, ellipsoid, lathe, part, place, rounded_box

COUNTER = 0.90
DEPTH = 0.60
GLASS = (24, 26, 30)


def base_cabinet(colour, width: float, doors: int, below_sink: bool = False) -> list[Part]:
    """A row of `doors` doors under a counter, on a recessed foot; under a sink the body is open above."""
    top = 0.66 if below_sink else 0.86
    out = [
        part(box(width, DEPTH - 0.04, top - 0.10), "base-cabinet", colour, (0, 0.28, (top + 0.10) / 2)),
        part(box(width, DEPTH - 0.10, 0.10), "base-cabinet", BLACK, (0, 0.25, 0.05)),
    ]
    each = width / doors
    for i in range(doors):
        x = (i + 0.5) * each - width / 2
        out.append(part(rounded_box(each - 0.012, 0.024, 0.74, 0.006), "base-cabinet", colour, (x, 0.572, 0.485)))
        out.append(part(cylinder(0.009, 0.16, 6), "base-cabinet", STEEL, (x - 0.08, 0.60, 0.80), lean=90))
    return out


def counter(colour, width: float, hole: tuple[float, float] | None = None, depth=0.63) -> list[Part]:
    """A worktop; `hole` (from, to along x) leaves room for a sink."""
    z, tall = COUNTER - 0.02, 0.04
    if hole is None:
        return [part(box(width, depth, tall), "counter", colour, (0, depth / 2, z), "wood")]
    a, b = hole
    pieces = [(-width / 2, a, 0.0, depth), (b, width / 2, 0.0, depth), (a, b, 0.0, 0.12), (a, b, 0.53, depth)]
    return [
        part(box(x1 - x0, y1 - y0, tall), "counter", colour, ((x0 + x1) / 2, (y0 + y1) / 2, z), "wood")
        for x0, x1, y0, y1 in pieces
    ]


def sink(wide: float = 0.62) -> list[Part]:
    """A steel basin that hangs in a counter's hole from y = 0.12 to 0.53, with its tap."""
    y0, y1, low = 0.12, 0.53, COUNTER - 0.20
    middle, deep = (y0 + y1) / 2, COUNTER + 0.006 - low
    out = [part(box(wide, y1 - y0, 0.012), "sink", STEEL, (0, middle, low))]
    sides = [(x, middle, 0.014, y1 - y0) for x in (0.007 - wide / 2, wide / 2 - 0.007)]
    sides += [(0, y, wide, 0.014) for y in (y0 + 0.007, y1 - 0.007)]
    out += [part(box(a, b, deep), "sink", STEEL, (x, y, low + deep / 2)) for x, y, a, b in sides]
    tap = [part(cylinder(0.022, 0.26, 10), "sink", (214, 218, 224), (0, 0.07, COUNTER))]
    tap.append(part(cylinder(0.016, 0.22, 8), "sink", (214, 218, 224), (0, 0.06, COUNTER + 0.25), tilt=-90))
    tap.append(part(cylinder(0.014, 0.06, 8), "sink", (214, 218, 224), (0, 0.265, COUNTER + 0.20)))
    return out + tap


def backsplash(colour, width: float, low: float = COUNTER, high: float = 1.45) -> list[Part]:
    """Tiles on the wall."""
    return [part(box(width, 0.02, high - low), "backsplash", colour, (0, 0.01, (low + high) / 2), "glazed")]


def stove() -> list[Part]:
    """0.60 m wide: an oven below, four rings on a glass plate above."""
    out = [
        part(box(0.60, 0.56, 0.80), "stove", STEEL, (0, 0.28, 0.47)),
        part(box(0.60, 0.50, 0.07), "stove", BLACK, (0, 0.25, 0.035)),
        part(rounded_box(0.58, 0.03, 0.56, 0.008), "stove", (150, 154, 160), (0, 0.575, 0.40)),
        part(box(0.44, 0.006, 0.34), "stove", GLASS, (0, 0.592, 0.38)),
        part(box(0.58, 0.025, 0.13), "stove", (206, 208, 210), (0, 0.575, 0.78)),
        part(cylinder(0.013, 0.46, 8), "stove", (220, 222, 226), (-0.23, 0.625, 0.645), lean=90),
        part(rounded_box(0.60, 0.60, 0.035, 0.01), "stove", GLASS, (0, 0.31, COUNTER - 0.008)),
    ]
    for x in (-0.21, -0.07, 0.07, 0.21):
        out.append(part(cylinder(0.022, 0.03, 10), "stove", BLACK, (x, 0.585, 0.78), tilt=-90))
    for x, y, radius in ((-0.14, 0.19, 0.09), (0.14, 0.19, 0.075), (-0.14, 0.44, 0.075), (0.14, 0.44, 0.09)):
        ring = [(radius - 0.02, 0), (radius, 0), (radius, 0.005), (radius - 0.02, 0.005), (radius - 0.02, 0)]
        out.append(part(lathe(ring, 24), "stove", (168, 62, 52), (x, y, COUNTER + 0.009)))
    return out


def range_hood(ceiling: float) -> list[Part]:
    """A canopy 1.60 m above the floor and its duct up to the ceiling."""
    canopy = [(0, 1.60), (0.40, 1.60), (0.40, 1.66), (0.17, 1.88), (0, 1.88)]
    shape = lathe(canopy, 4)
    out = [part(shape, "range-hood", STEEL, (0, 0.29, 0), turn=45)]
    return out + [part(box(0.23, 0.23, ceiling - 1.86), "range-hood", STEEL, (0, 0.29, (ceiling + 1.86) / 2))]


def wall_cabinet(colour, width: float, doors: int, low: float = 1.45, high: float = 2.18) -> list[Part]:
    out = [part(box(width, 0.32, high - low), "wall-cabinet", colour, (0, 0.16, (low + high) / 2))]
    each = width / doors
    for i in range(doors):
        x = (i + 0.5) * each - width / 2
        door = rounded_box(each - 0.012, 0.024, high - low - 0.012, 0.006)
        out.append(part(door, "wall-cabinet", colour, (x, 0.332, (low + high) / 2)))
        out.append(part(cylinder(0.009, 0.14, 6), "wall-cabinet", STEEL, (x + each / 2 - 0.05, 0.36, low + 0.05)))
    return out


def refrigerator(colour) -> list[Part]:
    """0.70 m wide, 1.9 m high, the freezer below."""
    out = [part(box(0.70, 0.62, 1.86), "refrigerator", colour, (0, 0.31, 0.95))]
    for low, high in ((0.05, 0.66), (0.68, 1.88)):
        door = rounded_box(0.69, 0.06, high - low, 0.02)
        out.append(part(door, "refrigerator", colour, (0, 0.65, (low + high) / 2)))
    out += [part(cylinder(0.014, 0.42, 8), "refrigerator", STEEL, (-0.28, 0.70, z)) for z in (0.20, 0.86)]
    return out


def microwave() -> list[Part]:
    return [
        part(rounded_box(0.50, 0.34, 0.29, 0.015), "microwave", (206, 208, 212), (0, 0.19, 0.145)),
        part(box(0.34, 0.006, 0.21), "microwave", GLASS, (-0.06, 0.361, 0.15)),
        part(box(0.09, 0.006, 0.21), "microwave", (70, 74, 80), (0.18, 0.361, 0.15)),
    ]


def coffee_machine(colour) -> list[Part]:
    """0.28 m wide, 0.38 m high, its jug in the middle."""
    jug = [(0, 0), (0.065, 0), (0.078, 0.05), (0.06, 0.12), (0.062, 0.14), (0, 0.14)]
    return [
        part(rounded_box(0.26, 0.30, 0.05, 0.012), "coffee-machine", colour, (0, 0.17, 0.025)),
        part(rounded_box(0.26, 0.12, 0.38, 0.02), "coffee-machine", colour, (0, 0.08, 0.19)),
        part(rounded_box(0.26, 0.28, 0.13, 0.02), "coffee-machine", colour, (0, 0.16, 0.32)),
        part(lathe(jug), "coffee-machine", (92, 60, 40), (0, 0.23, 0.05)),
    ]


def island(colour, length: float = 1.4, width: float = 0.70) -> list[Part]:
    """A block with its long side along x, centred on the origin; its top is a `counter` of its own."""
    out = [part(box(length, width - 0.06, 0.78), "island", colour, (0, 0, 0.47))]
    out.append(part(box(length - 0.08, width - 0.16, 0.08), "island", BLACK, (0, 0, 0.04)))
    step = length / 3
    for side in (-1, 1):
        for i in range(3):
            at = ((i - 1) * step, side * (width / 2 - 0.025), 0.47)
            out.append(part(rounded_box(step - 0.03, 0.02, 0.70, 0.006), "island", colour, at))
    return out


def bar_stool(colour) -> list[Part]:
    """A round seat 0.66 m above the floor on four slanted legs with a ring."""
    seat = [(0, 0.61), (0.16, 0.61), (0.185, 0.63), (0.185, 0.66), (0.16, 0.675), (0, 0.67)]
    ring = [(0.185, 0.24), (0.205, 0.24), (0.205, 0.265), (0.185, 0.265), (0.185, 0.24)]
    out = [part(lathe(seat, 28), "stool", colour, pattern="fabric"), part(lathe(ring, 24), "stool", STEEL)]
    leg = part(cylinder(0.016, 0.63, 8), "stool", OAK, (0.21, 0, 0), lean=-8)
    return out + [leg.moved((0, 0, 0), 45 + 90 * k) for k in range(4)]


def open_shelf(colour, width: float = 1.2) -> list[Part]:
    """Two boards on the wall, z = 0 and 0.36 m their upper sides."""
    out = []
    for z in (0.0, 0.36):
        out.append(part(box(width, 0.24, 0.035), "shelf", colour, (0, 0.12, z - 0.0175), "wood"))
        out += [part(box(0.025, 0.20, 0.10), "shelf", BLACK, (x, 0.10, z - 0.085)) for x in (-width / 3, width / 3)]
    return out


def jar(colour, height: float = 0.22) -> list[Part]:
    """Filled with something of that colour, under a lid."""
    body = [(0, 0), (0.068, 0), (0.075, 0.02), (0.075, height - 0.05), (0.06, height - 0.03), (0, height - 0.03)]
    lid = [(0, height - 0.03), (0.064, height - 0.03), (0.064, height), (0, height)]
    return [part(lathe(body, 20), "jar", colour), part(lathe(lid, 20), "jar", PINE)]


def bottle(colour, height: float = 0.32) -> list[Part]:
    shape = [(0, 0), (0.042, 0), (0.045, 0.02), (0.045, 0.58), (0.016, 0.76), (0.014, 0.97), (0.018, 1.0), (0, 1.0)]
    return [part(lathe([(r, height * z if z > 0.02 else z) for r, z in shape], 18), "bottle", colour)]


def plate(colour, radius: float = 0.145) -> list[Part]:
    shape = [(0, 0), (0.6, 0), (1, 0.14), (1, 0.17), (0.62, 0.05), (0, 0.05)]
    return [part(lathe([(radius * r, radius * z) for r, z in shape], 28), "plate", colour)]


def cooking_pot(colour, radius: float = 0.13) -> list[Part]:
    """With its lid and two handles."""
    body = [(0, 0), (radius, 0), (radius, 0.15), (radius + 0.008, 0.155), (0.6 * radius, 0.185), (0, 0.19)]
    out = [part(lathe(body, 28), "cooking-pot", colour)]
    out.append(part(ellipsoid(0.04, 0.04, 0.04, rings=6, sections=8), "cooking-pot", BLACK, (0, 0, 0.205)))
    return out + [
        part(rounded_box(0.05, 0.09, 0.02, 0.008), "cooking-pot", BLACK, (s * (radius + 0.02), 0, 0.12))
        for s in (-1, 1)
    ]


def bin_() -> list[Part]:
    """A pedal bin."""
    body = [(0, 0), (0.17, 0), (0.175, 0.02), (0.175, 0.58), (0.18, 0.59), (0.17, 0.66), (0.08, 0.70), (0, 0.705)]
    return [part(lathe(body, 28), "bin", (196, 84, 62)), part(box(0.09, 0.08, 0.02), "bin", BLACK, (0, 0.20, 0.03))]


def towel(colour, width: float = 0.36, height: float = 0.52) -> list[Part]:
    """Hung over a bar: z = 0 is its upper edge."""
    out = [part(rounded_box(width, 0.022, height, 0.008), "towel", colour, (0, 0.022, -height / 2), "stripes")]
    out.append(part(rounded_box(width, 0.05, 0.03, 0.012), "towel", colour, (0, 0.010, 0.0), "stripes"))
    return out


def fruit(rng: np.random.Generator, count: int = 6) -> list[Part]:
    """What lies in a bowl: unlabelled."""
    colours = ((206, 60, 44), (232, 178, 48), (120, 168, 60))
    out = [part(ellipsoid(0.085, 0.085, 0.08, rings=8, sections=12), None, colours[0], (0, 0, 0.06))]
    for i in range(count - 1):
        a = 2 * np.pi * i / (count - 1) + rng.uniform(-0.1, 0.1)
        ball = part(ellipsoid(0.085, 0.085, 0.08, rings=8, sections=12), None, colours[i % 3])
        out += place([ball], (0.085 * np.cos(a), 0.085 * np.sin(a), 0.035))
    return out
