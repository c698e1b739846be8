"""Depth errors by their distance from a class boundary: labels fix depth there and leave it free elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from scipy.ndimage import distance_transform_edt

from semnerf_lib.rays import boundary_pixels
from semnerf_lib.scene import VOID


def boundary_distance(labels: UInt8[np.ndarray, "height width"]) -> Float[np.ndarray, "height width"]:
    """The distance to the nearest pixel beside another class, in pixels; infinity where there is none.

    D(p) = min_{b in B} |p - b|,   B = labelled pixels beside another class (see `rays.boundary_pixels`)
    """
    beside = boundary_pixels(torch.tensor(labels)[None])[0].numpy()
    if not beside.any():
        return np.full(labels.shape, np.inf)
    return distance_transform_edt(~beside)


def depth_error_by_distance(
    depth: Float[np.ndarray, "frames height width"],
    truth: Float[np.ndarray, "frames height width"],
    labels: UInt8[np.ndarray, "frames height width"],
    starts: Sequence[float],
) -> Float[np.ndarray, "rings"]:
    """The mean depth error of pixels in rings around the boundaries between classes.

        e_k = mean |z(p) - t(p)| over p with starts_k <= D(p) < starts_{k+1};   the last ring has no end

    Args:
        depth: z, rendered, metres.
        truth: t, metres, 0 where unknown: such pixels are left out, and those without a class.
        labels: true ones, whose boundaries count.
        starts: of the rings, pixels, ascending.

    Returns:
        Metres; NaN for a ring without a pixel.
    """
    away = np.stack([boundary_distance(one) for one in labels])
    valid = (truth > 0) & (labels != VOID) & (away >= starts[0])
    ring = np.searchsorted(starts, away[valid], side="right") - 1
    error = np.abs(depth[valid].astype(np.float64) - truth[valid])
    counts = np.bincount(ring, minlength=len(starts)).astype(float)
    return np.bincount(ring, error, len(starts)) / np.where(counts > 0, counts, np.nan)
