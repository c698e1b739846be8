"""Furniture. Everything stands on z = 0, is centred in x, has its back at y = 0 and faces +y, unless it is round."""

from __future__ import annotations

import numpy as np

from semnerf_lib.scenes.rooms.ornaments import book_row
from semnerf_lib.scenes.rooms.shapes import Part, box, cylinder, ellipsoid, lathe, part, place, rounded_box

OAK, WALNUT, PINE, BLACK, STEEL, WHITE = (
    (186, 140, 92), (112, 74, 48), (214, 178, 126), (38, 38, 42), (168, 172, 178), (236, 234, 228),
)  # fmt: skip


def _legs(label, colour, xs, ys, height, radius, pattern="plain") -> list[Part]:
    return [part(cylinder(radius, height, 10), label, colour, (x, y, 0), pattern) for x in xs for y in ys]


def sofa(colour) -> list[Part]:
    """2.15 m wide, 0.92 m deep, for three."""
    out = [
        part(box(1.95, 0.82, 0.22), "sofa", colour, (0, 0.47, 0.22), "fabric"),
        part(rounded_box(2.1, 0.24, 0.72, 0.09), "sofa", colour, (0, 0.13, 0.48), "fabric", tilt=4),
    ]
    for x in (-1, 1):
        out.append(part(rounded_box(0.22, 0.9, 0.52, 0.08), "sofa", colour, (0.98 * x, 0.46, 0.36), "fabric"))
        out.append(part(rounded_box(0.86, 0.68, 0.18, 0.06), "sofa", colour, (0.435 * x, 0.57, 0.40), "fabric"))
    return out + _legs("sofa", WALNUT, (-0.95, 0.95), (0.1, 0.82), 0.13, 0.03)


def armchair(colour) -> list[Part]:
    out = [
        part(box(0.70, 0.70, 0.14), "armchair", colour, (0, 0.43, 0.27), "fabric"),
        part(rounded_box(0.58, 0.64, 0.16, 0.06), "armchair", colour, (0, 0.50, 0.40), "fabric"),
        part(rounded_box(0.80, 0.20, 0.74, 0.09), "armchair", colour, (0, 0.14, 0.56), "fabric", tilt=8),
    ]
    out += [
        part(rounded_box(0.15, 0.74, 0.40, 0.06), "armchair", colour, (x, 0.43, 0.40), "fabric") for x in (-0.36, 0.36)
    ]
    return out + _legs("armchair", WALNUT, (-0.33, 0.33), (0.12, 0.74), 0.22, 0.025)


def chair(colour) -> list[Part]:
    """A dining chair."""
    out = [part(rounded_box(0.46, 0.46, 0.06, 0.02), "chair", colour, (0, 0.25, 0.46), "wood")]
    out += [part(rounded_box(0.045, 0.045, 0.46, 0.012), "chair", colour, (x, 0.45, 0.23), "wood") for x in (-0.2, 0.2)]
    out += [part(rounded_box(0.045, 0.045, 0.92, 0.012), "chair", colour, (x, 0.05, 0.46), "wood") for x in (-0.2, 0.2)]
    out.append(part(rounded_box(0.43, 0.035, 0.24, 0.015), "chair", colour, (0, 0.05, 0.79), "wood"))
    out.append(part(rounded_box(0.40, 0.03, 0.05, 0.012), "chair", colour, (0, 0.05, 0.60), "wood"))
    return out


def padded_chair(colour) -> list[Part]:
    """A dining chair with cushioned seat and back."""
    out = [
        part(rounded_box(0.46, 0.44, 0.09, 0.035), "chair", colour, (0, 0.26, 0.45), "fabric"),
        part(rounded_box(0.44, 0.07, 0.46, 0.03), "chair", colour, (0, 0.05, 0.74), "fabric", tilt=5),
        part(box(0.42, 0.40, 0.05), "chair", OAK, (0, 0.25, 0.39), "wood"),
    ]
    return out + _legs("chair", OAK, (-0.19, 0.19), (0.06, 0.43), 0.39, 0.02)


def dining_table(colour, length=1.5, width=0.85) -> list[Part]:
    """Centred on the origin, its long side along x, 0.755 m high."""
    out = [part(rounded_box(length, width, 0.045, 0.018), "table", colour, (0, 0, 0.7325), "wood")]
    x, y = length / 2 - 0.07, width / 2 - 0.07
    out += [part(box(2 * x, 0.022, 0.08), "table", colour, (0, s * y, 0.67), "wood") for s in (-1, 1)]
    out += [part(box(0.022, 2 * y, 0.08), "table", colour, (s * x, 0, 0.67), "wood") for s in (-1, 1)]
    out += [
        part(rounded_box(0.065, 0.065, 0.71, 0.012), "table", colour, (a * x, b * y, 0.355), "wood")
        for a in (-1, 1)
        for b in (-1, 1)
    ]
    return out


def places_around(length: float, width: float, beside: int, gap=0.36) -> list[tuple[float, float, float]]:
    """Where chairs stand around a table: x, y and turn of each, one at either head and `beside` at either side.

    `gap` metres lie between a chair's back and the table's edge.
    """
    heads = [(-length / 2 - gap, 0.0, -90.0), (length / 2 + gap, 0.0, 90.0)]
    along = (np.arange(beside) - (beside - 1) / 2) * (length - 0.1) / beside
    y = width / 2 + gap
    return heads + [(float(x), s * y, turn) for s, turn in ((-1, 0.0), (1, 180.0)) for x in along]


def coffee_table(colour) -> list[Part]:
    """1.15 m long, centred on the origin."""
    out = [
        part(rounded_box(1.15, 0.62, 0.055, 0.02, 0.08), "coffee-table", colour, (0, 0, 0.41), "wood"),
        part(box(1.0, 0.48, 0.03), "coffee-table", colour, (0, 0, 0.15), "wood"),
    ]
    return out + [
        part(rounded_box(0.06, 0.06, 0.39, 0.015), "coffee-table", colour, (x, y, 0.195), "wood")
        for x in (-0.50, 0.50)
        for y in (-0.24, 0.24)
    ]


def bookcase(colour, rng: np.random.Generator) -> list[list[Part]]:
    """1.6 m wide, 2.0 m high, 0.34 m deep: the case, then each row of books as an object."""
    case = [part(box(1.6, 0.02, 2.0), "shelf", colour, (0, 0.01, 1.0), "wood")]
    case += [part(box(0.035, 0.34, 2.0), "shelf", colour, (x, 0.17, 1.0), "wood") for x in (-0.7825, 0, 0.7825)]
    boards = np.linspace(0.06, 1.98, 6)
    case += [part(box(1.6, 0.34, 0.035), "shelf", colour, (0, 0.17, z), "wood") for z in boards]
    rows = []
    for level, z in enumerate(boards[:-1]):
        for side, x in ((0, -0.75), (1, 0.03)):
            if (level, side) in ((1, 1), (3, 0)):
                continue
            books = book_row(rng, rng.uniform(0.50, 0.72), 0.33)
            rows.append(place(books, (x, 0.30, z + 0.0175)))
    return [case, *rows]


def cabinet(colour) -> list[Part]:
    """A sideboard 1.25 m wide and 0.82 m high with three doors."""
    out = [part(box(1.25, 0.40, 0.70), "cabinet", colour, (0, 0.20, 0.45), "wood")]
    out.append(part(box(1.29, 0.44, 0.03), "cabinet", colour, (0, 0.22, 0.815), "wood"))
    for x in (-0.41, 0, 0.41):
        out.append(part(rounded_box(0.39, 0.025, 0.64, 0.008), "cabinet", WHITE, (x, 0.405, 0.45)))
        out.append(part(ellipsoid(0.04, 0.04, 0.04, rings=6, sections=8), "cabinet", BLACK, (x + 0.13, 0.43, 0.5)))
    return out + _legs("cabinet", WALNUT, (-0.55, 0.55), (0.05, 0.36), 0.10, 0.025)


def tv_stand(colour) -> list[Part]:
    """A low board 1.7 m wide, 0.48 m high, with an open middle."""
    out = [part(box(1.7, 0.42, 0.04), "tv-stand", colour, (0, 0.21, z), "wood") for z in (0.46, 0.10)]
    out += [part(box(0.04, 0.42, 0.34), "tv-stand", colour, (x, 0.21, 0.27), "wood") for x in (-0.83, -0.3, 0.3, 0.83)]
    out.append(part(box(1.7, 0.02, 0.36), "tv-stand", colour, (0, 0.01, 0.27), "wood"))
    out += [part(box(0.49, 0.02, 0.31), "tv-stand", WHITE, (x, 0.405, 0.28)) for x in (-0.565, 0.565)]
    return out + _legs("tv-stand", BLACK, (-0.75, 0.75), (0.06, 0.36), 0.09, 0.02)


def television() -> list[Part]:
    """1.32 m wide, on a foot; z = 0 is what it stands on."""
    return [
        part(rounded_box(1.32, 0.05, 0.77, 0.015), "tv-screen", BLACK, (0, 0, 0.45)),
        part(box(1.27, 0.004, 0.72), "tv-screen", (30, 40, 60), (0, 0.027, 0.45), "screen", emission=0.9),
        part(box(0.09, 0.04, 0.08), "tv-screen", BLACK, (0, 0, 0.05)),
        part(rounded_box(0.50, 0.22, 0.02, 0.008), "tv-screen", BLACK, (0, 0, 0.01)),
    ]


def speaker() -> list[Part]:
    out = [part(rounded_box(0.25, 0.28, 0.92, 0.02), "speaker", WALNUT, (0, 0.16, 0.46), "wood")]
    for z, r in ((0.74, 0.075), (0.50, 0.095), (0.26, 0.095)):
        cone = lathe([(0, -0.01), (r * 0.4, 0.0), (r, 0.012), (r, 0.0), (0, 0.0)])
        out.append(part(cone, "speaker", BLACK, (0, 0.302, z), tilt=-90))
    return out


def stool(colour) -> list[Part]:
    """A round padded stool."""
    seat = [(0, 0.30), (0.22, 0.30), (0.24, 0.34), (0.24, 0.42), (0.21, 0.455), (0, 0.46)]
    legs = [
        part(cylinder(0.026, 0.31, 10), "stool", PINE, (0.16 * np.cos(a), 0.16 * np.sin(a), 0))
        for a in (0.5, 2.1, 3.6, 5.2)
    ]
    return [part(lathe(seat, 32), "stool", colour, pattern="fabric"), *legs]


def radiator(width=1.3) -> list[Part]:
    """Flat columns between two pipes; the wall is at y = 0."""
    count = int(width / 0.085)
    xs = (np.arange(count) - (count - 1) / 2) * 0.085
    out = [part(rounded_box(0.066, 0.10, 0.58, 0.03), "radiator", WHITE, (x, 0.09, 0.43)) for x in xs]
    return out + [part(box(width - 0.04, 0.06, 0.06), "radiator", WHITE, (0, 0.09, z)) for z in (0.2, 0.66)]
