"""Patterns of the made room: a colour as a function of a point in the object's own axes.

A pattern fades to its mean where a pixel covers more than half a period, so that it neither flickers nor aliases.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Pattern = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def _fade(footprint: np.ndarray, period: float) -> np.ndarray:
    """1 where a pixel is much smaller than the period (metres), 0 where it covers half of it."""
    return np.clip(2 - 4 * footprint / period, 0, 1)


def _noise(p: np.ndarray, scale: float) -> np.ndarray:
    """A smooth, repeatable noise of about -1 ... 1 with features of `scale` metres: a sum of oblique waves."""
    x, y, z = (p * (2 * np.pi / scale)).T
    a = np.sin(0.83 * x + 0.41 * y + 0.37 * z + 0.3) + np.sin(-0.52 * x + 0.79 * y + 0.33 * z + 1.7)
    b = np.sin(0.29 * x - 0.61 * y + 0.74 * z + 4.1) + np.sin(1.31 * x + 0.87 * y - 1.13 * z + 2.2 + a)
    return 0.3 * (a + b)


def _tint(colour: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """Brighter (amount > 0) or darker, by a factor 1 + amount."""
    return colour * (1 + amount)[:, None]


def _mix(colour: np.ndarray, other, share: np.ndarray) -> np.ndarray:
    return colour + share[:, None].astype(np.float32) * (np.asarray(other, dtype=np.float32) - colour)


def plain(p, colour, footprint):
    return colour


def plaster(p, colour, footprint):
    return _tint(colour, 0.012 * _noise(p, 1.3) + 0.015 * _noise(p, 0.12) * _fade(footprint, 0.12))


def wood(p, colour, footprint):
    """Grain along the object's x axis."""
    q = p * np.float32([0.12, 1.0, 1.0])
    rings = np.sin(2 * np.pi * (q[:, 1] + 0.7 * q[:, 2] + 0.05 * _noise(q, 0.25)) / 0.045)
    return _tint(colour, 0.055 * rings * _fade(footprint, 0.045) + 0.06 * _noise(q, 0.22))


def planks(p, colour, footprint):
    """Floor boards 0.16 m wide and 1.2 m long, each of its own shade, with dark joints."""
    row = np.floor(p[:, 1] / 0.16)
    along = p[:, 0] / 1.2 + 0.37 * row
    shade = np.sin(12.9898 * row + 78.233 * np.floor(along)) * 43758.5453
    shade = shade - np.floor(shade) - 0.5
    joint = np.minimum((p[:, 1] / 0.16) % 1 * 0.16, along % 1 * 1.2) < 0.007
    board = wood(p + np.float32([0, 0, 0.3]) * row[:, None], colour, footprint)
    fade = _fade(footprint, 0.16)
    return _tint(board, (0.28 * shade - 0.45 * joint * _fade(footprint, 0.05)) * fade)


def tiles(p, colour, footprint):
    """Square floor tiles 0.4 m wide, every other one darker, with light joints."""
    a, b = p[:, 0] / 0.4, p[:, 1] / 0.4
    odd = (np.floor(a) + np.floor(b)) % 2
    out = _tint(colour, (0.5 - odd) * 0.34 * _fade(footprint, 0.4) + 0.03 * _noise(p, 0.5))
    joint = np.minimum(a % 1, b % 1) * 0.4 < 0.010
    return _mix(out, (0.86, 0.85, 0.82), 0.6 * joint * _fade(footprint, 0.05))


def glazed(p, colour, footprint):
    """Wall tiles 0.20 x 0.10 m laid in bond, of slightly different shades, with light joints; x across, z up."""
    row = np.floor(p[:, 2] / 0.10)
    along = p[:, 0] / 0.20 + 0.5 * (row % 2)
    shade = np.sin(12.9898 * row + 78.233 * np.floor(along)) * 43758.5453
    shade = (shade - np.floor(shade) - 0.5) * _fade(footprint, 0.2)
    joint = np.minimum(along % 1 * 0.20, p[:, 2] / 0.10 % 1 * 0.10) < 0.007
    return _mix(_tint(colour, 0.20 * shade), (0.94, 0.94, 0.91), 0.75 * joint * _fade(footprint, 0.05))


def rug(p, colour, footprint):
    """Diamonds inside a bordered field; the object's own axes start at its centre, 2.6 x 1.9 m."""
    inside = np.minimum(1.3 - np.abs(p[:, 0]), 0.95 - np.abs(p[:, 1]))
    diamonds = np.abs((p[:, 0] / 0.52 + 0.5) % 1 - 0.5) + np.abs((p[:, 1] / 0.46 + 0.5) % 1 - 0.5)
    cream, navy, ochre = (0.90, 0.85, 0.74), (0.16, 0.21, 0.36), (0.86, 0.62, 0.26)
    out = _mix(colour, cream, 0.85 * (np.abs(diamonds - 0.5) < 0.07))
    out = _mix(out, ochre, 0.9 * (diamonds < 0.2))
    out = _mix(out, navy, 1.0 * (inside < 0.26))
    out = _mix(out, cream, 1.0 * ((inside > 0.09) & (inside < 0.16)))
    return _tint(out, 0.06 * _noise(p, 0.03) * _fade(footprint, 0.03))


def fabric(p, colour, footprint):
    weave = np.sin(2 * np.pi * p[:, 0] / 0.03) * np.sin(2 * np.pi * (p[:, 1] + p[:, 2]) / 0.03)
    return _tint(colour, 0.08 * weave * _fade(footprint, 0.03) + 0.05 * _noise(p, 0.3))


def checks(p, colour, footprint):
    """A tartan: broad light stripes both ways and thin ones between."""
    a, b = (p[:, 0] / 0.16) % 1, ((p[:, 1] + p[:, 2]) / 0.16) % 1
    broad = 0.5 * (a < 0.4) + 0.5 * (b < 0.4)
    thin = (np.abs(a - 0.7) < 0.06) | (np.abs(b - 0.7) < 0.06)
    out = _mix(colour, (0.95, 0.90, 0.80), 0.55 * broad * _fade(footprint, 0.16))
    return _mix(out, (0.10, 0.10, 0.14), 0.6 * thin * _fade(footprint, 0.05))


def stripes(p, colour, footprint):
    return _mix(colour, (0.96, 0.94, 0.90), 0.75 * ((p[:, 0] / 0.09) % 1 < 0.5) * _fade(footprint, 0.09))


def wicker(p, colour, footprint):
    angle = np.arctan2(p[:, 1], p[:, 0])
    weave = np.sin(20 * angle) * np.sin(2 * np.pi * p[:, 2] / 0.06)
    return _tint(colour, 0.35 * np.tanh(3 * weave) * _fade(footprint, 0.05))


def spine(p, colour, footprint):
    """A book's back: two light bands and a title; z runs along the book, whose middle is 0."""
    band = (np.abs(np.abs(p[:, 2]) - 0.085) < 0.008) | ((np.abs(p[:, 2]) < 0.045) & (np.abs(p[:, 0]) < 0.006))
    return _mix(colour, (0.93, 0.86, 0.62), 0.8 * band * _fade(footprint, 0.03))


def landscape(p, colour, footprint):
    """A painted hillside: x across, z up, both from -1/2 to 1/2 of about a metre."""
    x, z = p[:, 0], p[:, 2]
    sky = np.stack([0.93 - 0.5 * z, 0.76 + 0.1 * z, 0.58 + 0.7 * z], axis=-1).astype(np.float32)
    sun = (x - 0.12) ** 2 + (z - 0.14) ** 2 < 0.006
    out = _mix(sky, (0.98, 0.88, 0.50), 1.0 * sun)
    out = _mix(out, (0.35, 0.45, 0.58), 1.0 * (z < 0.06 + 0.05 * np.sin(9 * x + 1)))
    out = _mix(out, (0.33, 0.48, 0.30), 1.0 * (z < -0.04 + 0.04 * np.sin(7 * x + 3)))
    return _mix(out, colour, 1.0 * (z < -0.13 + 0.03 * np.sin(11 * x)))


def abstract(p, colour, footprint):
    """Overlapping coloured discs and a bar on the base colour."""
    x, z = p[:, 0], p[:, 2]
    out = _mix(colour, (0.85, 0.33, 0.18), 1.0 * ((x + 0.10) ** 2 + (z - 0.05) ** 2 < 0.016))
    out = _mix(out, (0.13, 0.25, 0.42), 1.0 * ((x - 0.09) ** 2 + (z + 0.08) ** 2 < 0.011))
    return _mix(out, (0.93, 0.72, 0.22), 1.0 * (np.abs(x - 0.6 * z) < 0.025))


def daylight(p, colour, footprint):
    """What is outside: bright sky above hedges and a lawn; z is 0 at the sill."""
    x, z = p[:, 0], p[:, 2]
    sky = np.stack([0.78 - 0.18 * z, 0.88 - 0.08 * z, np.ones_like(z)], axis=-1).astype(np.float32)
    hedge = 0.34 + 0.10 * np.sin(4.1 * x + 0.5) + 0.05 * np.sin(11 * x)
    out = _mix(sky, (0.40, 0.55, 0.30), 1.0 * (z < hedge))
    return _mix(out, (0.60, 0.72, 0.38), 1.0 * (z < 0.14 + 0.02 * np.sin(3 * x)))


def screen(p, colour, footprint):
    """A film: dusk over the sea."""
    x, z = p[:, 0], p[:, 2]
    out = np.stack([0.95 - 1.3 * np.abs(z + 0.05), 0.45 - 0.6 * z, 0.35 + 0.9 * z], axis=-1).astype(np.float32)
    out = np.clip(out, 0.05, 1)
    sea = z < -0.05
    out = _mix(out, (0.10, 0.22, 0.38), 0.85 * sea)
    out = _mix(out, (0.98, 0.75, 0.45), 0.7 * (sea & (np.abs(x - 0.2) < 0.05 + 0.2 * (-0.05 - z))))
    return _mix(out, (1.0, 0.9, 0.6), 1.0 * ((x - 0.2) ** 2 + (z - 0.02) ** 2 < 0.008))


def clock_face(p, colour, footprint):
    """Hour marks and two hands at ten past ten, on a face in the x-z plane of radius 0.2."""
    radius, angle = np.hypot(p[:, 0], p[:, 2]), np.arctan2(p[:, 0], p[:, 2])
    mark = (radius > 0.135) & (radius < 0.165) & (np.abs((angle / (np.pi / 6) + 0.5) % 1 - 0.5) < 0.10)
    rim = radius > 0.178
    hour = (radius < 0.085) & (np.abs(angle + np.pi / 3.1) * radius < 0.011)
    minute = (radius < 0.13) & (np.abs(angle - np.pi / 3) * radius < 0.009)
    return _mix(colour, (0.10, 0.10, 0.12), 1.0 * (mark | rim | hour | minute))


def leaf(p, colour, footprint):
    return _tint(colour, 0.18 * _noise(p, 0.16) + 0.25 * p[:, 2].clip(-0.3, 0.6))


def mirrored(p, colour, footprint):
    """A mirror as a painter would hint at it: what it shows is not traced, since a field without view direction could
    not learn it. Slanted bright bands on a blue grey that fades upwards."""
    slant = (p[:, 0] + 0.55 * p[:, 2]) % 0.9
    bright = (slant < 0.16) | ((slant > 0.22) & (slant < 0.27))
    return _mix(_tint(colour, 0.14 * p[:, 2]), (0.93, 0.96, 0.98), 0.5 * bright)


def slats(p, colour, footprint):
    return _tint(colour, -0.25 * ((p[:, 2] / 0.05) % 1 < 0.22) * _fade(footprint, 0.05))


def panels(p, colour, footprint):
    """A door leaf with two framed panels; x across from its middle, z up from the floor."""
    x, z = np.abs(p[:, 0]), p[:, 2]
    inside = np.minimum(0.30 - x, np.where(z < 1.0, np.minimum(z - 0.18, 0.92 - z), np.minimum(z - 1.06, 1.88 - z)))
    return _tint(colour, -0.22 * ((inside > 0) & (inside < 0.03)) * _fade(footprint, 0.06) + 0.03 * (inside > 0.03))


def sockets(p, colour, footprint):
    """Dark holes 0.11 m apart along x; the object's y axis leaves the wall."""
    x = (p[:, 0] + 0.055) % 0.11 - 0.055
    return _mix(colour, (0.25, 0.25, 0.27), 0.8 * (np.hypot(x, p[:, 2]) < 0.034))


PATTERNS: tuple[Pattern, ...] = (
    plain, plaster, wood, planks, rug, fabric, checks, stripes, wicker, spine, landscape, abstract, daylight, screen,
    clock_face, leaf, slats, panels, sockets, tiles, glazed, mirrored,
)  # fmt: skip
"""A face's pattern is its position here."""


def pattern_id(name: str) -> int:
    """Position in PATTERNS of the pattern with this name."""
    return [p.__name__ for p in PATTERNS].index(name)  # ty: ignore[missing-attribute]: they are functions


def textured(patterns: np.ndarray, points: np.ndarray, colours: np.ndarray, footprint: np.ndarray) -> np.ndarray:
    """Colours of surface points.

    Args:
        patterns: (R,) position in PATTERNS.
        points: (R, 3) metres in the object's axes.
        colours: (R, 3) base colour, sRGB 0 ... 1.
        footprint: (R,) metres that a pixel covers there.

    Returns:
        (R, 3) float32, sRGB 0 ... 1.
    """
    out = colours.astype(np.float32)
    for i in np.unique(patterns):
        if i:
            chosen = np.flatnonzero(patterns == i)
            out[chosen] = PATTERNS[i](points[chosen], colours[chosen], footprint[chosen])
    return np.clip(out, 0, 1)
