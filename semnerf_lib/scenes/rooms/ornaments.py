"""Small things of a room: what lies, hangs, stands on furniture, grows or shines. Same axes as `furniture`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from semnerf_lib.scenes.rooms.shapes import Part, box, cylinder, ellipsoid, lathe, part, rounded_box, wavy_sheet

BLACK, WOOD_STEM = (38, 38, 42), (104, 84, 56)
BOOK_COLOURS = (
    (150, 44, 40), (32, 70, 112), (52, 98, 66), (198, 152, 52), (96, 58, 104), (66, 72, 80), (206, 196, 172),
    (176, 92, 44), (40, 118, 126),
)  # fmt: skip


def cushion(colour, pattern="plain", size=0.46) -> list[Part]:
    """Square, standing on an edge."""
    return [part(ellipsoid(size, 0.19, size, 0.45, 12, 24), "cushion", colour, (0, 0, size / 2), pattern)]


def blanket(colour) -> list[Part]:
    """Thrown over a sofa's arm 0.24 m wide whose top lies at z = 0: down its outside (-x) and over the seat (+x)."""
    return [
        part(rounded_box(0.28, 0.62, 0.035, 0.016), "blanket", colour, (0, 0, 0.012), "checks"),
        part(rounded_box(0.035, 0.62, 0.44, 0.016), "blanket", colour, (-0.125, 0, -0.20), "checks"),
        part(rounded_box(0.035, 0.62, 0.14, 0.016), "blanket", colour, (0.125, 0, -0.06), "checks"),
        part(rounded_box(0.42, 0.60, 0.035, 0.016), "blanket", colour, (0.33, 0.02, -0.112), "checks"),
    ]


def floor_lamp(colour) -> list[Part]:
    """A disc, a thin stem and an open shade; its bulb hangs at z = 1.5."""
    shade = [(0.26, 1.32), (0.18, 1.66), (0.172, 1.66), (0.252, 1.32), (0.26, 1.32)]
    return [
        part(lathe([(0, 0), (0.17, 0), (0.17, 0.02), (0.03, 0.035), (0, 0.035)]), "lamp", BLACK),
        part(cylinder(0.018, 1.42, 8), "lamp", BLACK, (0, 0, 0.03)),
        part(lathe(shade, 28), "lamp", colour, emission=1.5),
    ]


def pendant(colour, cord=0.62) -> list[Part]:
    """A dome lamp on a cord; z = 0 is the ceiling, its bulb hangs 0.21 m below the cord's end."""
    low = 0.62 - cord
    dome = [(0.30, -0.88), (0.27, -0.76), (0.19, -0.67), (0.07, -0.62), (0.0, -0.62)]
    inside = [(0.0, -0.64), (0.06, -0.64), (0.18, -0.685), (0.255, -0.77), (0.285, -0.88), (0.30, -0.88)]
    return [
        part(lathe(dome, 32), "ceiling-lamp", colour, (0, 0, low)),
        part(lathe(inside, 32), "ceiling-lamp", (255, 236, 196), (0, 0, low), emission=1.6),
        part(cylinder(0.012, cord, 6), "ceiling-lamp", BLACK, (0, 0, -cord)),
        part(lathe([(0, -0.04), (0.07, -0.03), (0.08, 0), (0, 0)]), "ceiling-lamp", colour),
    ]


def ceiling_disc() -> list[Part]:
    """A flat shining disc below z = 0."""
    body = [(0, -0.09), (0.20, -0.085), (0.29, -0.055), (0.31, 0), (0, 0)]
    return [part(lathe(body, 32), "ceiling-lamp", (255, 244, 220), emission=2.4)]


def book_row(rng: np.random.Generator, length: float, height: float) -> list[Part]:
    """Upright books from x = 0 to at most `length`, backs at y = 0 facing +y; one now and then leans."""
    out, x = [], 0.0
    while True:
        wide, tall = rng.uniform(0.03, 0.062), height * rng.uniform(0.72, 0.98)
        if x + wide > length:
            return out
        colour = BOOK_COLOURS[rng.integers(len(BOOK_COLOURS))]
        shape = box(wide - 0.003, 0.2 + rng.uniform(-0.02, 0.02), tall, 0.3)
        out.append(part(shape, "book", colour, (x + wide / 2, -0.1, tall / 2), "spine"))
        x += wide


def book_stack(rng: np.random.Generator, count: int) -> list[Part]:
    """Lying books, each turned a little."""
    out, z = [], 0.0
    for i in range(count):
        thick = rng.uniform(0.035, 0.055)
        shape = box(0.30 - 0.02 * i, 0.22 - 0.012 * i, thick, 0.15)
        colour = BOOK_COLOURS[rng.integers(len(BOOK_COLOURS))]
        out.append(part(shape, "book", colour, (0, 0, z + thick / 2), turn=rng.uniform(-18, 18)))
        z += thick
    return out


def plant(rng: np.random.Generator, pot_colour, height=1.45, leaves=20) -> list[list[Part]]:
    """A rubber plant: the pot, and the plant with large leaves around a stem."""
    pot = [(0, 0), (0.15, 0), (0.21, 0.36), (0.225, 0.37), (0.20, 0.38), (0.19, 0.33), (0, 0.33)]
    green = [part(cylinder(0.022, height - 0.45, 8), "plant", WOOD_STEM, (0, 0, 0.33))]
    for i in range(leaves):
        up, angle = 0.55 + (height - 0.6) * i / (leaves - 1), 137.5 * i + rng.uniform(-12, 12)
        size = 0.36 - 0.12 * i / leaves
        shape = ellipsoid(size, 0.62 * size, 0.022, 0.9, 6, 12)
        pitch = -22 - 30 * i / leaves + rng.uniform(-10, 10)
        reach = 0.5 * size * np.cos(np.radians(pitch)) + 0.015
        colour = (44 + int(rng.integers(24)), 104 + int(rng.integers(36)), 52)
        made = part(shape, "plant", colour, (reach, 0, -0.5 * size * np.sin(np.radians(pitch))), "leaf", lean=pitch)
        green.append(made.moved((0, 0, up), angle))
    return [[part(lathe(pot, 28), "pot", pot_colour)], green]


def vase(colour, height=0.36, radius=0.11) -> list[Part]:
    shares = (
        (0, 0),
        (0.55, 0),
        (0.9, 0.2),
        (1, 0.4),
        (0.85, 0.65),
        (0.4, 0.85),
        (0.42, 0.93),
        (0.55, 1),
        (0.45, 1),
        (0, 0.9),
    )
    return [part(lathe([(radius * r, height * z) for r, z in shares]), "vase", colour)]


def bowl(colour, radius=0.17) -> list[Part]:
    outer = [(0, 0), (0.45, 0), (0.5, 0.06), (0.8, 0.25), (1, 0.55)]
    inner = [(0.95, 0.55), (0.75, 0.29), (0.4, 0.12), (0, 0.1)]
    return [part(lathe([(radius * r, radius * z) for r, z in outer + inner], 28), "bowl", colour)]


def jug(colour) -> list[Part]:
    body = [(0, 0), (0.085, 0), (0.105, 0.08), (0.095, 0.16), (0.065, 0.23), (0.078, 0.28), (0.066, 0.28), (0, 0.2)]
    return [
        part(lathe(body), "jug", colour),
        part(rounded_box(0.03, 0.07, 0.15, 0.012), "jug", colour, (0, 0.115, 0.16)),
    ]


def basket(colour) -> list[Part]:
    body = [
        (0, 0),
        (0.19, 0),
        (0.23, 0.20),
        (0.25, 0.42),
        (0.265, 0.43),
        (0.25, 0.445),
        (0.235, 0.43),
        (0.18, 0.03),
        (0, 0.03),
    ]
    return [part(lathe(body, 32), "basket", colour, pattern="wicker")]


def curtain(colour, width=0.62, height=2.28) -> list[Part]:
    return [part(wavy_sheet(width, height, 4.5, 0.045), "curtain", colour, (0, 0.10, 0), "stripes")]


def picture(width, height, pattern, colour, frame) -> list[Part]:
    """Hung with its middle on the origin."""
    return [
        part(box(width, 0.03, height), "picture", frame, (0, 0.016, 0)),
        part(box(width - 0.09, 0.006, height - 0.09), "picture", colour, (0, 0.033, 0), pattern),
    ]


def clock(radius=0.2) -> list[Part]:
    face = lathe([(0, 0), (0.2, 0), (0.2, 0.04), (0, 0.04)], 32)
    turned = part(face, "clock", (244, 240, 228), tilt=-90)
    drawn = part((turned.vertices, turned.faces), "clock", (244, 240, 228), pattern="clock_face")
    return [replace(drawn, vertices=drawn.vertices * radius / 0.2)]


def plug(count=3) -> list[Part]:
    """A panel of wall sockets, its middle on the origin."""
    return [part(rounded_box(0.11 * count + 0.02, 0.03, 0.13, 0.01), "plug", (250, 250, 246), (0, 0.012, 0), "sockets")]
