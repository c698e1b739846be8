"""The loops of `interpolation.trilinear` and of its gradient, compiled by Numba for a CPU.

Rows and points are unsigned numbers, since Numba looks twice at an index that may be negative. What is compiled is kept
on disk for the next process, which takes closures over numbers alone: one over another compiled function has a new name
in each process.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any
from zlib import crc32

import numpy as np
from numba import float32, njit, uint64
from numba.core.caching import FunctionCache

ONE, STEP = np.float32(1), np.uint64(1)
SOURCES = crc32(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*kernels.py"))))
"""Of the modules of all loops: what is kept on disk is named by it. Numba itself looks at the module of a loop alone,
and would go on with what was compiled before another module changed that the loop calls."""


@njit(inline="always")
def _along(x, size):
    """The cell of x along an axis, and the share of the way through it."""
    position = x * float32(size - STEP)
    cell = uint64(0)
    if position > float32(0):  # which NaN is not, so that it never becomes an index
        cell = uint64(min(position, float32(size - uint64(2))))
    return cell, position - float32(cell)


@njit(inline="always")
def cell_edges(x, p, sizes, offsets, level):
    """The first rows of the four edges along z of point p's cell, their weights, and the share of the way along z.

    An axis is a row of x.
    """
    ny, nz = uint64(sizes[level, 1]), uint64(sizes[level, 2])
    i, tx = _along(x[0, p], uint64(sizes[level, 0]))
    j, ty = _along(x[1, p], ny)
    k, tz = _along(x[2, p], nz)
    a = uint64(offsets[level]) + (i * ny + j) * nz + k
    rows = (a, a + nz, a + ny * nz, a + (ny + STEP) * nz)
    return rows, ((ONE - tx) * (ONE - ty), (ONE - tx) * ty, tx * (ONE - ty), tx * ty), tz


class KeptLoops(FunctionCache):
    """Numba's cache of a loop on disk, where a file that is damaged or cannot be written is no error.

    The loop is then compiled anew; Numba itself raises whatever the disk or a file that was cut short makes it raise.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except OSError:
            return None
        except Exception:  # of pickle, which has many
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(OSError):
            super().save_overload(sig, data)


def compiled_loop(**options: Any) -> Callable[[FunctionType], Callable]:
    """A decorator: the loop compiled, free of Python's lock, and kept on disk where Numba finds a place for it."""

    def compile_one(loop: FunctionType) -> Callable:
        loop.__qualname__ += f"_{SOURCES:08x}"
        fast = njit(nogil=True, error_model="numpy", **options)(loop)
        with suppress(RuntimeError):  # the library's folder is read-only, and there is no home
            fast._cache = KeptLoops(loop)
        return fast

    return compile_one


@cache
def compiled(n: int) -> tuple[Callable, Callable]:
    """The two loops for grids of n features, a constant that unrolls them.

    Returns:
        read(table, x, sizes, offsets, out, start, stop): interpolates at points start ... stop - 1 into `out`.
        accumulate(grad, x, sizes, offsets, total, start, stop): from the gradient of `out` at all points that of the
        table, into `total`, for levels start ... stop - 1.
    """

    @compiled_loop()
    def read(table, x, sizes, offsets, out, start, stop):
        for level in range(uint64(len(sizes))):
            for p in range(uint64(start), uint64(stop)):
                (a, b, c, d), (wa, wb, wc, wd), t = cell_edges(x.T, p, sizes, offsets, level)
                for f in range(n):
                    lower = wa * table[a, f] + wb * table[b, f] + wc * table[c, f] + wd * table[d, f]
                    upper = wa * table[a + STEP, f] + wb * table[b + STEP, f]
                    upper += wc * table[c + STEP, f] + wd * table[d + STEP, f]
                    out[p, level * uint64(n) + uint64(f)] = (ONE - t) * lower + t * upper

    @compiled_loop()
    def accumulate(grad, x, sizes, offsets, total, start, stop):
        for level in range(uint64(start), uint64(stop)):
            first, size = uint64(offsets[level]), uint64(sizes[level, 0] * sizes[level, 1] * sizes[level, 2])
            total[first : first + size] = 0
            for p in range(uint64(len(x))):
                (a, b, c, d), (wa, wb, wc, wd), t = cell_edges(x.T, p, sizes, offsets, level)
                for f in range(n):
                    g = grad[p, level * uint64(n) + uint64(f)]
                    for row, weight in ((a, wa * g), (b, wb * g), (c, wc * g), (d, wd * g)):
                        total[row, f] += weight * (ONE - t)
                        total[row + STEP, f] += weight * t

    return read, accumulate
