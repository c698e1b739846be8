"""The loops of `interpolation.trilinear`, of its gradient and of `optimisers.LazyAdam`, compiled by Numba for a CPU.

A row of a grid is one number or two. Sums of two that are written out one by one become vector instructions, which
takes LLVM's SLP vectoriser: Numba leaves it off, and `compiled` turns it on for the process. All indices are unsigned,
since Numba looks twice at one that may be negative.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

ROW_SIZES = (1, 2)
"""Numbers a row for which there are loops."""


class Kernels(NamedTuple):
    """Loops over a table (rows, n) of stacked grids; `start ... stop - 1` is a thread's part.

    Attributes:
        read(table, x, sizes, offsets, out, start, stop): interpolates at points start ... stop - 1 into `out` (points *
            levels, n).
        add(grad, x, sizes, offsets, total, touched, start, stop): adds the gradient of `out` at all points to that of
            the table, `total`, for levels start ... stop - 1, and marks the rows it adds to.
        take(total, touched, eights, rows, values, start, stop): moves the marked rows out of `total`, which is left
            zero and unmarked; returns how many. `eights` are the marks, eight to a number: most of them are zero, and
            are passed over at once. Of them, start ... stop - 1 are looked at.
        adam(table, moment, square, rows, values, beta1, beta2, lr, scale, eps, start, stop): for the rows listed at
            start ... stop - 1, m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2, and the table's row moves
            by -lr m / (scale sqrt(v) + eps).
    """

    read: Callable
    add: Callable
    take: Callable
    adam: Callable


class Row(NamedTuple):
    """What loops do with one row as a whole.

    Attributes:
        load(table, row), store(table, row, a): a row out of a table and into it.
        scaled(w, a): w a.
        plus(a, w, b): a + w b.
        squared(a): a^2, number by number.
        over_root(a, b, scale, eps): a / (scale sqrt(b) + eps), number by number.
    """

    load: Callable
    store: Callable
    scaled: Callable
    plus: Callable
    squared: Callable
    over_root: Callable


def _one() -> Row:
    from numba import njit

    @njit(inline="always")
    def load(table, row):
        return table[row, 0]

    @njit(inline="always")
    def store(table, row, a):
        table[row, 0] = a

    @njit(inline="always")
    def scaled(w, a):
        return w * a

    @njit(inline="always")
    def plus(a, w, b):
        return a + w * b

    @njit(inline="always")
    def squared(a):
        return a * a

    @njit(inline="always")
    def over_root(a, b, scale, eps):
        return a / (scale * np.sqrt(b) + eps)

    return Row(load, store, scaled, plus, squared, over_root)


def _two() -> Row:
    from numba import njit

    @njit(inline="always")
    def load(table, row):
        return table[row, 0], table[row, 1]

    @njit(inline="always")
    def store(table, row, a):
        table[row, 0], table[row, 1] = a

    @njit(inline="always")
    def scaled(w, a):
        return w * a[0], w * a[1]

    @njit(inline="always")
    def plus(a, w, b):
        return a[0] + w * b[0], a[1] + w * b[1]

    @njit(inline="always")
    def squared(a):
        return a[0] * a[0], a[1] * a[1]

    @njit(inline="always")
    def over_root(a, b, scale, eps):
        c, d = scale * np.sqrt(b[0]) + eps, scale * np.sqrt(b[1]) + eps
        return a[0] / c, a[1] / d

    return Row(load, store, scaled, plus, squared, over_root)


@cache
def compiled(n: int) -> Kernels:
    """The loops for rows of n numbers, one of `ROW_SIZES`; compiled at their first call, and kept on disk."""
    import numba
    from numba import float32, njit, uint64

    numba.config.SLP_VECTORIZE = 1
    one, zero, step = np.float32(1), np.float32(0), np.uint64(1)
    load, store, scaled, plus, squared, over_root = {1: _one, 2: _two}[n]()
    options = dict(nogil=True, error_model="numpy", fastmath={"contract"}, cache=True)

    @njit(inline="always")
    def along(x, points):
        position = x * float32(points - step)
        cell = uint64(0)
        if position > zero:  # which NaN is not, so that it never becomes an index
            cell = uint64(min(position, float32(points - uint64(2))))
        return cell, position - float32(cell)

    @njit(inline="always")
    def locate(x, p, sizes, offsets, level):
        """The first rows of the cell's four edges along z, their weights, and the share of the way along z."""
        ny, nz = uint64(sizes[level, 1]), uint64(sizes[level, 2])
        i, tx = along(x[p, 0], uint64(sizes[level, 0]))
        j, ty = along(x[p, 1], ny)
        k, tz = along(x[p, 2], nz)
        a = uint64(offsets[level]) + (i * ny + j) * nz + k
        rows = (a, a + nz, a + ny * nz, a + (ny + step) * nz)
        return rows, ((one - tx) * (one - ty), (one - tx) * ty, tx * (one - ty), tx * ty), tz

    @njit(inline="always")
    def edge(table, row, w, t, v):
        v = plus(v, w * (one - t), load(table, row))
        return plus(v, w * t, load(table, row + step))

    @njit(**options)
    def read(table, x, sizes, offsets, out, start, stop):
        levels = uint64(len(sizes))
        for level in range(levels):
            for p in range(uint64(start), uint64(stop)):
                (a, b, c, d), (wa, wb, wc, wd), t = locate(x, p, sizes, offsets, level)
                v = scaled(wa * (one - t), load(table, a))
                v = plus(v, wa * t, load(table, a + step))
                v = edge(table, b, wb, t, v)
                v = edge(table, c, wc, t, v)
                v = edge(table, d, wd, t, v)
                store(out, p * levels + level, v)

    @njit(inline="always")
    def put(total, touched, row, w, t, g):
        store(total, row, plus(load(total, row), w * (one - t), g))
        store(total, row + step, plus(load(total, row + step), w * t, g))
        touched[row] = touched[row + step] = True

    @njit(**options)
    def add(grad, x, sizes, offsets, total, touched, start, stop):
        levels = uint64(len(sizes))
        for level in range(uint64(start), uint64(stop)):
            for p in range(uint64(len(x))):
                (a, b, c, d), (wa, wb, wc, wd), t = locate(x, p, sizes, offsets, level)
                g = load(grad, p * levels + level)
                put(total, touched, a, wa, t, g)
                put(total, touched, b, wb, t, g)
                put(total, touched, c, wc, t, g)
                put(total, touched, d, wd, t, g)

    @njit(**options)
    def take(total, touched, eights, rows, values, start, stop):
        count = uint64(0)
        for eight in range(uint64(start), uint64(stop)):
            if eights[eight] != uint64(0):
                for row in range(uint64(8) * eight, uint64(8) * (eight + step)):
                    if touched[row]:
                        rows[count] = row
                        store(values, count, load(total, row))
                        store(total, row, scaled(zero, load(total, row)))
                        count += step
                eights[eight] = uint64(0)
        return count

    @njit(**options)
    def adam(table, moment, square, rows, values, beta1, beta2, lr, scale, eps, start, stop):
        for i in range(uint64(start), uint64(stop)):
            row, g = uint64(rows[i]), load(values, i)
            m = plus(scaled(beta1, load(moment, row)), one - beta1, g)
            v = plus(scaled(beta2, load(square, row)), one - beta2, squared(g))
            moved = plus(load(table, row), -lr, over_root(m, v, scale, eps))
            store(moment, row, m)
            store(square, row, v)
            store(table, row, moved)

    return Kernels(read, add, take, adam)
