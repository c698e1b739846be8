"""The loops of `interpolation.trilinear` and of its gradient, compiled by Numba for a CPU."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np


@cache
def compiled(n_features: int) -> tuple[Callable, Callable]:
    """The two loops for grids of so many features; compiled once, and kept on disk.

    Unsigned numbers throughout, since Numba looks twice at an index that may be negative.

    Returns:
        read(table, x, sizes, offsets, out, start, stop): interpolates at points start ... stop - 1 into `out`.
        pull(grad, x, sizes, offsets, total, start, stop): from the gradient of `out` at all points that of the table,
        into `total`, for levels start ... stop - 1.
    """
    from numba import float32, njit, uint64

    one, step = np.float32(1), np.uint64(1)
    n = n_features  # a constant of the compiled loops, which unrolls them

    @njit(inline="always")
    def locate(x, size):
        position = x * float32(size - step)
        cell = uint64(0)
        if position > float32(0):  # which NaN is not, so that it never becomes an index
            cell = uint64(min(position, float32(size - uint64(2))))
        return cell, position - float32(cell)

    @njit(nogil=True, error_model="numpy", cache=True)
    def read(table, x, sizes, offsets, out, start, stop):
        for level in range(uint64(len(sizes))):
            first, ny, nz = uint64(offsets[level]), uint64(sizes[level, 1]), uint64(sizes[level, 2])
            for p in range(uint64(start), uint64(stop)):
                i, tx = locate(x[p, 0], uint64(sizes[level, 0]))
                j, ty = locate(x[p, 1], ny)
                k, tz = locate(x[p, 2], nz)
                a = first + (i * ny + j) * nz + k
                b, c, d = a + nz, a + ny * nz, a + (ny + step) * nz
                wa, wb, wc, wd = (one - tx) * (one - ty), (one - tx) * ty, tx * (one - ty), tx * ty
                for f in range(n):
                    lower = wa * table[a, f] + wb * table[b, f] + wc * table[c, f] + wd * table[d, f]
                    upper = wa * table[a + step, f] + wb * table[b + step, f]
                    upper += wc * table[c + step, f] + wd * table[d + step, f]
                    out[p, level * uint64(n) + uint64(f)] = (one - tz) * lower + tz * upper

    @njit(nogil=True, error_model="numpy", cache=True)
    def pull(grad, x, sizes, offsets, total, start, stop):
        for level in range(uint64(start), uint64(stop)):
            first, ny, nz = uint64(offsets[level]), uint64(sizes[level, 1]), uint64(sizes[level, 2])
            total[first : first + uint64(sizes[level, 0]) * ny * nz] = 0
            for p in range(uint64(len(x))):
                i, tx = locate(x[p, 0], uint64(sizes[level, 0]))
                j, ty = locate(x[p, 1], ny)
                k, tz = locate(x[p, 2], nz)
                a = first + (i * ny + j) * nz + k
                b, c, d = a + nz, a + ny * nz, a + (ny + step) * nz
                wa, wb, wc, wd = (one - tx) * (one - ty), (one - tx) * ty, tx * (one - ty), tx * ty
                for f in range(n):
                    g = grad[p, level * uint64(n) + uint64(f)]
                    for row, weight in ((a, wa * g), (b, wb * g), (c, wc * g), (d, wd * g)):
                        total[row, f] += weight * (one - tz)
                        total[row + step, f] += weight * tz

    return read, pull
