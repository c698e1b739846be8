"""What a bedroom with a desk is made of. Same axes as `furniture`."""

from __future__ import annotations

import numpy as np

from semnerf_lib.scenes.rooms.furniture import BLACK, OAK, STEEL, WHITE
from semnerf_lib.scenes.rooms.shapes import Part, box, cylinder, ellipsoid, lathe, part, rounded_box

BED_WIDTH, BED_LENGTH = 1.64, 2.08
MATTRESS = 0.52
"""Metres from the floor to the mattress's upper side."""
DESK = 0.74
"""Metres from the floor to the desk's upper side."""


def bed(colour, sheet) -> list[Part]:
    """A double bed with its head at the wall."""
    out = [
        part(rounded_box(BED_WIDTH + 0.10, 0.09, 1.08, 0.03), "bed", colour, (0, 0.05, 0.58), "fabric"),
        part(rounded_box(BED_WIDTH + 0.06, BED_LENGTH - 0.06, 0.20, 0.03), "bed", colour, (0, 1.10, 0.24), "fabric"),
        part(rounded_box(BED_WIDTH - 0.04, BED_LENGTH - 0.14, 0.24, 0.07), "bed", sheet, (0, 1.10, MATTRESS - 0.12)),
    ]
    for x in (-0.72, 0.72):
        out += [part(cylinder(0.035, 0.16, 10), "bed", BLACK, (x, y, 0)) for y in (0.16, 2.02)]
    return out


def comforter(colour, pattern: str) -> list[Part]:
    """Spread over the bed of `bed` from y = 0.93 on, hanging down at both sides and at the foot."""
    top, z = BED_WIDTH + 0.06, MATTRESS + 0.035
    out = [part(rounded_box(top, 1.21, 0.09, 0.04), "comforter", colour, (0, 1.525, z), pattern)]
    for s in (-1, 1):
        hang = rounded_box(0.05, 1.19, 0.34, 0.022)
        out.append(part(hang, "comforter", colour, (s * (top / 2 - 0.012), 1.525, z - 0.14), pattern))
    out.append(part(rounded_box(top - 0.02, 0.05, 0.34, 0.022), "comforter", colour, (0, 2.125, z - 0.14), pattern))
    return out + [part(rounded_box(top - 0.02, 0.30, 0.05, 0.022), "comforter", WHITE, (0, 1.05, z + 0.045))]


def throw(colour) -> list[Part]:
    """A blanket across the bed's foot, on the comforter."""
    wide, z = BED_WIDTH + 0.14, MATTRESS + 0.09
    out = [part(rounded_box(wide, 0.50, 0.03, 0.013), "blanket", colour, (0, 1.70, z), "checks")]
    return out + [
        part(
            rounded_box(0.03, 0.50, 0.36, 0.013), "blanket", colour, (s * (wide / 2 - 0.006), 1.70, z - 0.17), "checks"
        )
        for s in (-1, 1)
    ]


def pillow(colour, pattern: str = "plain") -> list[Part]:
    """0.66 m wide, standing on its long edge."""
    return [part(ellipsoid(0.66, 0.20, 0.44, 0.5, 12, 24), "pillow", colour, (0, 0, 0.22), pattern)]


def nightstand(colour) -> list[Part]:
    """0.46 m wide, 0.52 m high, two drawers."""
    out = [part(box(0.46, 0.38, 0.36), "nightstand", colour, (0, 0.19, 0.33), "wood")]
    out.append(part(rounded_box(0.48, 0.40, 0.025, 0.008), "nightstand", colour, (0, 0.20, 0.5225), "wood"))
    for z in (0.245, 0.415):
        out.append(part(rounded_box(0.43, 0.02, 0.155, 0.006), "nightstand", WHITE, (0, 0.385, z)))
        out.append(part(ellipsoid(0.035, 0.035, 0.035, rings=6, sections=8), "nightstand", BLACK, (0, 0.405, z)))
    return out + [
        part(cylinder(0.018, 0.16, 8), "nightstand", BLACK, (x, y, 0)) for x in (-0.19, 0.19) for y in (0.05, 0.33)
    ]


def table_lamp(foot, shade) -> list[Part]:
    """0.46 m high; its bulb is at z = 0.34."""
    base = [(0, 0), (0.085, 0), (0.09, 0.02), (0.055, 0.06), (0.075, 0.13), (0.05, 0.21), (0.015, 0.25), (0, 0.25)]
    cone = [(0.165, 0.22), (0.11, 0.46), (0.105, 0.46), (0.160, 0.22), (0.165, 0.22)]
    return [part(lathe(base, 20), "lamp", foot), part(lathe(cone, 24), "lamp", shade, emission=1.3)]


def desk_lamp(colour) -> list[Part]:
    """A jointed arm on a disc that shines to +y; 0.5 m high."""
    head = [(0.085, 0), (0.035, 0.11), (0, 0.12), (0, 0.10), (0.03, 0.095), (0.078, 0), (0.085, 0)]
    return [
        part(cylinder(0.085, 0.02, 20), "lamp", colour),
        part(cylinder(0.010, 0.34, 8), "lamp", colour, (0, 0, 0.02), tilt=14),
        part(cylinder(0.010, 0.30, 8), "lamp", colour, (0, -0.08, 0.34), tilt=-62),
        part(lathe(head, 20), "lamp", colour, (0, 0.19, 0.40), tilt=12),
    ]


def wardrobe(colour, width: float = 2.0) -> list[Part]:
    """2.15 m high, 0.60 m deep, with four doors."""
    out = [part(box(width, 0.56, 2.05), "wardrobe", colour, (0, 0.28, 1.10), "wood")]
    out.append(part(box(width - 0.04, 0.50, 0.08), "wardrobe", BLACK, (0, 0.25, 0.04)))
    out.append(part(box(width + 0.03, 0.60, 0.03), "wardrobe", colour, (0, 0.30, 2.135), "wood"))
    each = width / 4
    for i in range(4):
        x = (i - 1.5) * each
        out.append(part(rounded_box(each - 0.014, 0.026, 1.98, 0.006), "wardrobe", WHITE, (x, 0.572, 1.10)))
        handle = x + (0.18 if i % 2 == 0 else -0.18)
        out.append(part(cylinder(0.010, 0.24, 8), "wardrobe", STEEL, (handle, 0.605, 1.0)))
    return out


def chest_of_drawers(colour) -> list[Part]:
    """1.1 m wide, 0.84 m high, three rows of two drawers."""
    out = [part(box(1.1, 0.42, 0.70), "chest-of-drawers", colour, (0, 0.21, 0.46), "wood")]
    out.append(part(rounded_box(1.14, 0.46, 0.03, 0.01), "chest-of-drawers", colour, (0, 0.23, 0.825), "wood"))
    for z in (0.225, 0.46, 0.695):
        for x in (-0.27, 0.27):
            out.append(part(rounded_box(0.52, 0.022, 0.22, 0.006), "chest-of-drawers", colour, (x, 0.425, z), "wood"))
            out.append(part(cylinder(0.009, 0.18, 6), "chest-of-drawers", BLACK, (x - 0.09, 0.452, z), lean=90))
    return out + [
        part(cylinder(0.025, 0.12, 8), "chest-of-drawers", BLACK, (x, y, 0))
        for x in (-0.48, 0.48)
        for y in (0.06, 0.38)
    ]


def mirror(width: float, height: float) -> list[Part]:
    """Hung with its middle on the origin."""
    return [
        part(rounded_box(width, 0.035, height, 0.015), "mirror", OAK, (0, 0.018, 0), "wood"),
        part(box(width - 0.08, 0.006, height - 0.08), "mirror", (152, 172, 190), (0, 0.037, 0), "mirrored"),
    ]


def bench(colour) -> list[Part]:
    """A padded bench 1.2 m long, centred on the origin."""
    out = [part(rounded_box(1.2, 0.40, 0.12, 0.05), "bench", colour, (0, 0, 0.42), "fabric")]
    out.append(part(box(1.12, 0.32, 0.05), "bench", OAK, (0, 0, 0.345), "wood"))
    legs = [(x, y) for x in (-0.50, 0.50) for y in (-0.12, 0.12)]
    return out + [part(cylinder(0.022, 0.33, 8), "bench", OAK, (x, y, 0)) for x, y in legs]


def desk(colour) -> list[Part]:
    """1.4 m wide, 0.65 m deep, with drawers at its right end as one sits."""
    out = [part(rounded_box(1.4, 0.65, 0.035, 0.012), "desk", colour, (0, 0.325, DESK - 0.0175), "wood")]
    out.append(part(box(0.42, 0.56, 0.62), "desk", WHITE, (-0.45, 0.30, 0.39)))
    for z in (0.18, 0.39, 0.60):
        out.append(part(rounded_box(0.40, 0.02, 0.195, 0.006), "desk", WHITE, (-0.45, 0.588, z)))
        out.append(part(cylinder(0.009, 0.16, 6), "desk", BLACK, (-0.53, 0.61, z + 0.04), lean=90))
    return out + [
        part(rounded_box(0.05, 0.05, 0.72, 0.012), "desk", colour, (x, y, 0.36), "wood")
        for x, y in ((0.65, 0.06), (0.65, 0.59), (-0.45, 0.06))
    ]


def desk_chair(colour) -> list[Part]:
    """On five castors, round about the origin, facing +y."""
    out = [
        part(rounded_box(0.50, 0.50, 0.09, 0.035), "desk-chair", colour, (0, 0, 0.47), "fabric"),
        part(rounded_box(0.46, 0.07, 0.54, 0.03), "desk-chair", colour, (0, -0.25, 0.82), "fabric", tilt=6),
        part(rounded_box(0.06, 0.03, 0.34, 0.01), "desk-chair", BLACK, (0, -0.27, 0.55)),
        part(cylinder(0.03, 0.32, 10), "desk-chair", STEEL, (0, 0, 0.11)),
    ]
    for s in (-1, 1):
        out.append(part(rounded_box(0.05, 0.26, 0.035, 0.012), "desk-chair", BLACK, (s * 0.28, -0.02, 0.68)))
        out.append(part(rounded_box(0.035, 0.05, 0.24, 0.012), "desk-chair", BLACK, (s * 0.28, -0.02, 0.57)))
        out.append(part(rounded_box(0.10, 0.05, 0.03, 0.01), "desk-chair", BLACK, (s * 0.25, -0.02, 0.455)))
    for k in range(5):
        foot = part(rounded_box(0.05, 0.28, 0.035, 0.012), "desk-chair", BLACK, (0, 0.14, 0.085))
        castor = part(ellipsoid(0.06, 0.06, 0.06, rings=6, sections=10), "desk-chair", BLACK, (0, 0.27, 0.03))
        out += [p.moved((0, 0, 0), 72 * k + 18) for p in (foot, castor)]
    return out


def monitor() -> list[Part]:
    """0.62 m wide; z = 0 is what it stands on, it faces +y."""
    return [
        part(rounded_box(0.62, 0.035, 0.37, 0.01), "monitor", BLACK, (0, 0, 0.33)),
        part(box(0.59, 0.004, 0.34), "monitor", (40, 66, 96), (0, 0.019, 0.33), "abstract", emission=0.8),
        part(box(0.05, 0.03, 0.18), "monitor", STEEL, (0, -0.025, 0.10)),
        part(rounded_box(0.24, 0.17, 0.015, 0.006), "monitor", STEEL, (0, -0.01, 0.0075)),
    ]


def board(colour, width: float) -> list[Part]:
    """One shelf on the wall, z = 0 its upper side."""
    out = [part(box(width, 0.24, 0.035), "shelf", colour, (0, 0.12, -0.0175), "wood")]
    return out + [part(box(0.025, 0.20, 0.10), "shelf", BLACK, (x, 0.10, -0.085)) for x in (-width / 3, width / 3)]


def suitcase(colour) -> list[Part]:
    """Lying, 0.7 m wide: unlabelled."""
    return [
        part(rounded_box(0.70, 0.46, 0.24, 0.05), None, colour, (0, 0.26, 0.12)),
        part(rounded_box(0.20, 0.03, 0.05, 0.012), None, BLACK, (0, 0.50, 0.13)),
    ]


def slippers(rng: np.random.Generator, colour) -> list[Part]:
    """Unlabelled."""
    return [
        part(rounded_box(0.11, 0.28, 0.07, 0.03), None, colour, (x, 0, 0.035), turn=rng.uniform(-20, 20))
        for x in (-0.09, 0.09)
    ]
