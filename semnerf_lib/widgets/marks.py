"""Marks on a picture: what was clicked, and where to click next."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from semnerf_lib.palette import colourise, palette
from semnerf_lib.studio.clicks import Click

PIXELS = 480
"""Least width of a marked picture: marks are finer than the pixels of a small view."""


def enlargement(width: int) -> int:
    """By what whole number a view of this width is enlarged before marks are drawn on it."""
    return max(1, -(-PIXELS // width))


def mark_clicks(
    image: UInt8[np.ndarray, "height width 3"], clicks: Iterable[Click], wanted: tuple[int, int] | None = None
) -> UInt8[np.ndarray, "rows columns 3"]:
    """The image enlarged, each click a dot in the colour of its class, the wanted pixel (u, v) a ring."""
    scale = enlargement(image.shape[1])
    drawn = Image.fromarray(image.repeat(scale, axis=0).repeat(scale, axis=1))
    draw = ImageDraw.Draw(drawn)

    def circle(u, v, radius, **look):
        x, y = (u + 0.5) * scale, (v + 0.5) * scale
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), **look)

    if wanted is not None:
        for radius, colour in ((13, "black"), (12, "white"), (9, "black")):
            circle(*wanted, radius, outline=colour, width=3 if colour == "white" else 1)
    for click in clicks:
        circle(click.u, click.v, 6, fill="black")
        circle(click.u, click.v, 5, fill="white")
        circle(click.u, click.v, 4, fill=tuple(palette(click.label + 1)[click.label].tolist()))
    return np.asarray(drawn)


def mark_pixel(
    labels: UInt8[np.ndarray, "height width"], pixel: tuple[int, int], width: int
) -> tuple[UInt8[np.ndarray, "rows columns 3"], int]:
    """A label image enlarged to about `width`, a cross around pixel (u, v); and how many times it is enlarged."""
    times = max(1, width // labels.shape[1])
    image = colourise(labels).repeat(times, axis=0).repeat(times, axis=1)
    rows, columns = np.ogrid[: image.shape[0], : image.shape[1]]
    u, v = (times * p + times // 2 for p in pixel)
    down, along = np.abs(rows - v), np.abs(columns - u)
    away, near = np.maximum(down, along), times // 2 + 4
    for wide, colour in ((3, 0), (1, 255)):
        image[(np.minimum(down, along) <= wide) & (away >= near) & (away <= near + 12 + wide)] = colour
    return image, times
