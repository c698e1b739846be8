"""What the compiled loops over rays have in common (`proposal_kernels`, `field_kernels`): places, lengths, exponents.

What is kept on disk for the next process, and why rows are unsigned, is said in `kernels`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import float32, njit

from semnerf_lib.machine.kernels import ONE

ZERO = np.float32(0)
SUMS = {"contract", "reassoc"}
"""What the compiler may do to sums: add in another order, which lets it use wide registers. NaN stays NaN."""


@njit(inline="always")
def _unit(value, lower, upper, shell):
    """One coordinate of `grid.Box`: metres to the unit cube."""
    if shell == ZERO:
        x = (value - lower) / (upper - lower)
        if x < ZERO:
            x = ZERO
        elif x > ONE:
            x = ONE
        return x
    u = (value - (lower + upper) / float32(2)) / ((upper - lower) / float32(2))
    inside = ONE - shell
    if abs(u) > ONE:
        squeezed = ONE - shell / (ONE + (abs(u) - ONE) * inside / shell)
        u = squeezed if u > ZERO else -squeezed
    else:
        u = inside * u
    return (u + ONE) / float32(2)


@njit(inline="always")
def place(x, r, z, rays_o, rays_d, bounds, shell):
    """Writes the places in the unit cube of ray r at all its depths z[r] into x, an axis a row.

    All at once, since a processor divides eight numbers in the time of one.
    """
    for axis in range(3):
        o, d, lower, upper = rays_o[r, axis], rays_d[r, axis], bounds[0, axis], bounds[1, axis]
        for s in range(z.shape[1]):
            x[axis, s] = _unit(o + z[r, s] * d, lower, upper, shell)


@njit(inline="always")
def length_of(rays_d, r):
    return math.sqrt(rays_d[r, 0] ** 2 + rays_d[r, 1] ** 2 + rays_d[r, 2] ** 2)


@njit(inline="always")
def to_exponents(grad, weights, opticals, r, n, out):
    """From the gradient of ray r's first n weights that of the exponents of its densities, into `out`.

    An optical depth sigma delta whose exponent was held at its limit is kept with a minus.
    """
    left = ONE
    for s in range(n):
        left *= math.exp(-abs(opticals[r, s]))
        out[s] = left
    behind = ZERO
    for s in range(n - 1, -1, -1):
        out[s] = (grad[s] * out[s] - behind) * max(opticals[r, s], ZERO)
        behind += grad[s] * weights[r, s]
