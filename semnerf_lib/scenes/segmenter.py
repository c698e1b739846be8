"""What a segmentation network or a person's outlines do to label images: errors of whole segments, not of pixels.

Each function takes label images and a random generator, and returns new ones. A segment is a connected region of one
class in one image (4 neighbours). Machine-made masks err in such units and differently in each view [Siddiqui et al.
2023, Panoptic Lifting]; P2's region noise strikes given objects instead.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Int, UInt8
from scipy import ndimage

from semnerf_lib.scene import VOID

Labels = UInt8[np.ndarray, "frames height width"]
SHARE_WRONG, SHARE_MISSING, REACH = 0.15, 0.1, 1.0
"""What `segmenter_noise` does: shares of the segments, and pixels."""
SMOOTH = 3.0
"""Pixels over which the displacement of a boundary changes."""


def segments(frame: UInt8[np.ndarray, "height width"]) -> Int[np.ndarray, "height width"]:
    """The segment of each pixel, 1 ... n, in ascending order of their classes; 0 where the label is VOID.

    >>> segments(np.uint8([[0, 0, 1], [255, 2, 0]])).tolist()
    [[1, 1, 3], [0, 4, 2]]
    """
    segment_of = np.zeros(frame.shape, dtype=np.int64)
    for c in np.unique(frame[frame != VOID]):
        parts, _ = ndimage.label(frame == c)
        segment_of[parts > 0] = parts[parts > 0] + segment_of.max()
    return segment_of


def _noisy(labels: Labels, share: float, rng: np.random.Generator, instead: Callable[[np.ndarray, int], int]) -> Labels:
    """Each segment gets the class instead(classes of the frame, its class) with probability `share`."""
    new = labels.copy()
    for frame, out in zip(labels, new, strict=True):
        parts, classes = segments(frame), np.unique(frame[frame != VOID])
        for k in np.flatnonzero(rng.random(parts.max()) < share) + 1:
            out[parts == k] = instead(classes, int(frame[parts == k][0]))
    return new


def wrong_segments(labels: Labels, share: float, rng: np.random.Generator) -> Labels:
    """Each segment gets, with probability `share`, another class as a whole: one that its frame shows too.

    A network confuses what it sees with what is likely there. A frame of one class stays as it is.
    """

    def another(classes, own):
        others = classes[classes != own]
        return int(rng.choice(others)) if len(others) else own

    return _noisy(labels, share, rng, another)


def missing_masks(labels: Labels, share: float, rng: np.random.Generator) -> Labels:
    """Each segment becomes void with probability `share`: nobody outlined it, or the network was not sure."""
    return _noisy(labels, share, rng, lambda classes, own: VOID)


def ragged_boundaries(labels: Labels, reach: float, rng: np.random.Generator) -> Labels:
    """Each pixel takes the label a random offset away, so that boundaries become ragged.

        out(y, x) = labels(y + round(dy), x + round(dx))

    The offsets are smooth over `SMOOTH` pixels: white noise, blurred, scaled to a standard deviation of `reach` pixels
    [elastic distortions, Simard et al. 2003]. Beyond the image's edge the nearest pixel counts.
    """
    height, width = labels.shape[1:]
    rows, columns = np.mgrid[:height, :width]
    ragged = np.empty_like(labels)
    for frame, out in zip(labels, ragged, strict=True):
        offsets = ndimage.gaussian_filter(rng.standard_normal((2, height, width)), (0, SMOOTH, SMOOTH))
        dy, dx = np.rint(offsets * reach / offsets.std()).astype(int)
        out[:] = frame[np.clip(rows + dy, 0, height - 1), np.clip(columns + dx, 0, width - 1)]
    return ragged


def segmenter_noise(
    labels: Labels,
    seed: int,
    share_wrong: float = SHARE_WRONG,
    share_missing: float = SHARE_MISSING,
    reach: float = REACH,
) -> Labels:
    """Label images as a segmenter makes them: `wrong_segments`, then `missing_masks`, then `ragged_boundaries`.

    Args:
        seed: the same seed gives the same labels.
    """
    rng = np.random.default_rng(seed)
    noisy = missing_masks(wrong_segments(labels, share_wrong, rng), share_missing, rng)
    return ragged_boundaries(noisy, reach, rng)
