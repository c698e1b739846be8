"""How long a person labels images, by published measurements.

Bearman et al. (ECCV 2016, arXiv 1506.02106) measured crowd workers on PASCAL VOC: 1 s for each class that an image may
show, 2.4 s for the first click on a class that it shows, 0.9 s for each further click; an outline takes 79 s (Lin et
al., ECCV 2014, COCO). For an image with 1.5 of 20 classes and 2.8 objects they count, in seconds:

    clicks    (20 - 1.5) 1 + 1.5 * 2.4 = 22.1
    outlines  (20 - 1.5) 1 + 2.8 * 79  = 239.7

For comparison: a finely outlined street of Cityscapes takes more than 90 minutes (Cordts et al., CVPR 2016, arXiv
1604.01685).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

ABSENT, FIRST, FURTHER, OUTLINE = 1.0, 2.4, 0.9, 79.0
"""Seconds for a class that an image does not show, the first click on a class, a further one, and an outline."""
MINUTES_OF_A_STREET = 90
"""What Cordts et al. report for one image, outlines and their check."""

Number = float | Float[np.ndarray, "*shape"]


def seconds_of_clicks(absent: float, classes: float, points: Number) -> Number:
    """A click for each labelled pixel: 1.0 absent + 2.4 classes + 0.9 (points - classes).

    Args:
        absent: classes that an image does not show, summed over the images.
        classes: those that it shows, summed.
        points: labelled pixels of all images, at least one for each class.

    >>> round(seconds_of_clicks(18.5, 1.5, 1.5), 1)
    22.1
    """
    return ABSENT * absent + FIRST * classes + FURTHER * (points - classes)


def seconds_of_outlines(absent: float, segments: float) -> float:
    """An outline around each segment, which labels every pixel: 1.0 absent + 79 segments.

    >>> round(seconds_of_outlines(18.5, 2.8), 1)
    239.7
    """
    return ABSENT * absent + OUTLINE * segments


def minutes(counts: Mapping[str, float]) -> float:
    """Minutes of the quicker way: a click for each point, or an outline around each segment.

    Args:
        counts: absent, classes, points and segments, see the functions above.
    """
    clicks = seconds_of_clicks(counts["absent"], counts["classes"], counts["points"])
    return min(clicks, seconds_of_outlines(counts["absent"], counts["segments"])) / 60


def expected_minutes(
    rows: Sequence[Mapping[str, Any]], frames: Float[np.ndarray, "*shape"], pixels: Float[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape"]:
    """Minutes for any number of frames and share of pixels, with as many classes and segments a frame as some runs had.

    Points a frame are interpolated between the runs, in the logarithm of both.

    Args:
        rows: with labelled_frames, pixels, and the keys that `minutes` reads.
        frames, pixels: how many frames are labelled, and which share of the pixels in each.
    """
    total = sum(row["labelled_frames"] for row in rows)
    mean = {key: sum(row[key] for row in rows) / total for key in ("absent", "classes", "segments")}
    measured = sorted((np.log(row["pixels"]), np.log(row["points"] / row["labelled_frames"])) for row in rows)
    points = np.exp(np.interp(np.log(pixels), *np.transpose(measured)))
    clicks = seconds_of_clicks(mean["absent"], mean["classes"], points)
    return frames * np.minimum(clicks, seconds_of_outlines(mean["absent"], mean["segments"])) / 60
