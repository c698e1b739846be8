"""Checks of notebook 15: how wide a thing is that covers some pixels, and how many pixels it needs."""

from __future__ import annotations

from math import radians, tan

from semnerf_lib.teaching.checking import Check, Mistake


def seen_things() -> list[tuple]:
    """A leg nearby, a cable far away, a table."""
    return [(3.0, 1.5, 80.0), (1.0, 4.0, 160.0), (24.0, 2.2, 110.0)]


def width_in_cm(pixels: float, depth: float, focal: float) -> float:
    """The right answer: 100 w z / f."""
    return 100 * pixels * depth / focal


check_width_in_cm = Check(
    "width_in_cm",
    width_in_cm,
    seen_things,
    (
        Mistake("that is metres; the task asks for centimetres", lambda w, z, f: w * z / f),
        Mistake("upside down: what is farther away must be wider to cover the same pixels",
                lambda w, z, f: 100 * w * f / z),
        Mistake("the focal length is missing: it says how many pixels a metre at one metre covers",
                lambda w, z, f: 100 * w * z),
        Mistake("the depth is missing: the same pixels far away are a wider thing", lambda w, z, f: 100 * w / f),
        Mistake("that is millimetres; the task asks for centimetres", lambda w, z, f: 1000 * w * z / f),
    ),
    "A pixel of the laptop's images is nearly 3 cm wide at the depth where most of the room is.",
)  # fmt: skip


def cameras() -> list[tuple]:
    """A cable, a leg, a book."""
    return [(0.02, 2.2, 80.0, 2.0), (0.04, 3.0, 60.0, 3.0), (0.2, 1.0, 120.0, 1.0)]


def image_width(width: float, depth: float, angle: float, wanted: float) -> float:
    """The right answer: wanted 2 z tan(angle / 2) / w pixels."""
    return wanted * 2 * depth * tan(radians(angle) / 2) / width


check_image_width = Check(
    "image_width",
    image_width,
    cameras,
    (
        Mistake("that is half of the image: the angle goes to both sides of the axis",
                lambda w, z, a, n: image_width(w, z, a, n) / 2),
        Mistake("each side of the axis has half of the angle: tan(angle / 2)",
                lambda w, z, a, n: n * 2 * z * tan(radians(a)) / w),
        Mistake("the angle is given in degrees, tan wants radians", lambda w, z, a, n: n * 2 * z * tan(a / 2) / w),
        Mistake("upside down: a thinner thing needs more pixels",
                lambda w, z, a, n: n * w / (2 * z * tan(radians(a) / 2))),
        Mistake("that is an arc; an image is flat: 2 z tan(angle / 2) metres across",
                lambda w, z, a, n: n * z * radians(a) / w),
        Mistake("with one pixel across yours is right: multiply by the pixels that are wanted",
                lambda w, z, a, n: image_width(w, z, a, 1.0)),
    ),
    "Few cameras have so many pixels for a cable across the room; walking closer is cheaper.",
)  # fmt: skip
