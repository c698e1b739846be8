"""The visible width of things: how wide a segment is at each of its pixels; and the IoU of each object in a view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt8
from scipy.ndimage import distance_transform_edt, find_objects

from semnerf_lib.scene import VOID

RADII = 2 ** (np.arange(13) / 2)
"""Radii of the discs that are tried, pixels: widths of 1, 1.8, 3, 4.7, 7 ... 127 pixels."""


def visible_width(segments: Int[np.ndarray, "height width"]) -> Float[np.ndarray, "height width"]:
    """The width of a segment at each of its pixels: that of the widest disc inside it that reaches the pixel.

        D(q) = distance to the nearest pixel of another segment
        w(p) = 2 max {r in RADII: |p - q| < sqrt(2) r, r <= D(q) for some q of the same segment} - 1

    Without the root, this is the local thickness of Hildebrand and Rueegsegger (1997), and every corner of a box would
    be thin. With it a disc reaches into corners of 90 degrees, and a little way into a leg.

    A segment does not end where the image ends, so that a thing which is cut off does not count as thin.

    Args:
        segments: ids above 0; 0 stands for no segment and gets the width 0.

    Returns:
        Pixels.
    """
    width = np.zeros(segments.shape)
    for k, place in enumerate(find_objects(segments), start=1):
        if place is None:
            continue
        wider = tuple(slice(max(0, s.start - 1), s.stop + 1) for s in place)  # the neighbours that end it
        inside = segments[wider] == k
        away = distance_transform_edt(inside) if not inside.all() else np.full(inside.shape, RADII[-1])
        width_here = np.zeros(inside.shape)
        for radius in RADII:
            centres = away >= radius
            if not centres.any():
                break
            covered = inside & (distance_transform_edt(~centres) < 2**0.5 * radius)
            width_here[covered] = 2 * radius - 1
        width[wider][inside] = width_here[inside]
    return width


class Seen(NamedTuple):
    """An object in a view.

    Attributes:
        instance: its id.
        area: its visible pixels.
        iou: of its pixels and those that were rendered as its class beside it.
    """

    instance: int
    area: int
    iou: float


def object_scores(
    rendered: UInt8[np.ndarray, "height width"],
    labels: UInt8[np.ndarray, "height width"],
    instances: Int[np.ndarray, "height width"],
) -> Iterator[Seen]:
    """The IoU of each object that a view shows.

        IoU_o = |R_c and o| / (|o| + |F_o|),   R_c: pixels rendered as the class c of o
        F_o: pixels of R_c whose true class is another, and whose nearest pixel of class c is one of o

    Args:
        rendered: predicted classes.
        labels: true classes; void pixels are left out.
        instances: object ids, 0 where unknown.
    """
    for c in np.unique(labels[(labels != VOID) & (instances > 0)]):
        of_class = labels == c
        owner = instances[tuple(distance_transform_edt(~of_class, return_distances=False, return_indices=True))]
        for k in np.unique(instances[of_class & (instances > 0)]):
            mine = of_class & (instances == k)
            right = np.count_nonzero(mine & (rendered == c))
            false = np.count_nonzero((rendered == c) & ~of_class & (labels != VOID) & (owner == k))
            yield Seen(int(k), int(mine.sum()), right / (int(mine.sum()) + false))
