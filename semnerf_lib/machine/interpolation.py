"""Trilinear interpolation in stacked dense grids: plain, and compiled for CPUs.

`trilinear` says what is computed and runs anywhere. On a CPU, PyTorch makes some sixty passes over memory for it and
adds the gradient back a row at a time; `kernels` does the same sums in two loops that Numba compiles. The tests hold
the one against the other.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import torch
from jaxtyping import Float, Int
from torch import Tensor

from semnerf_lib.machine.cores import in_threads


def interpolate(
    table: Float[Tensor, "rows features"],
    x: Float[Tensor, "points 3"],
    sizes: Int[Tensor, "levels 3"],
    offsets: Int[Tensor, "levels"],
) -> Float[Tensor, "points levels*features"]:
    """`trilinear`, the fastest way there is on this device; plain where the points need a gradient too."""
    if table.device.type == "cpu" and not x.requires_grad:
        return _Compiled.apply(table, x, sizes, offsets)
    return trilinear(table, x, sizes, offsets)


def trilinear(
    table: Float[Tensor, "rows features"],
    x: Float[Tensor, "points 3"],
    sizes: Int[Tensor, "levels 3"],
    offsets: Int[Tensor, "levels"],
) -> Float[Tensor, "points levels*features"]:
    """Reads dense grids at points of the unit cube.

        f(x) = concat_l sum_{corners k of the cell of x in grid l} w_k F_l[k],   w_k = prod over axes of (t or 1 - t)

    with t the point's share of the way through its cell.

    Args:
        table: the values at all grid points of all levels, one level after the other, z fastest.
        x: points; those outside [0, 1] are extrapolated from the nearest cell.
        sizes: grid points along x, y, z of each level, at least 2.
        offsets: the row where each level begins.
    """
    position = x[:, None] * (sizes - 1)
    # fmin keeps NaN out of the index, so that it comes out as a value, where training looks for it
    cell = torch.fmin(position.floor(), sizes - 2.0).clamp_min(0)
    t = (position - cell)[..., None]
    cell = cell.long()
    total = 0.0
    for i, j, k in product((0, 1), repeat=3):
        row = offsets + ((cell[..., 0] + i) * sizes[:, 1] + cell[..., 1] + j) * sizes[:, 2] + cell[..., 2] + k
        weight = 1.0
        for axis, upper in enumerate((i, j, k)):
            weight = weight * (t[:, :, axis] if upper else 1 - t[:, :, axis])
        values = table.index_select(0, row.flatten()).view(*row.shape, table.shape[1])
        total = total + weight * values
    return total.flatten(1)


def _loops(table: Tensor) -> tuple[Callable, Callable]:
    from semnerf_lib.machine.kernels import compiled  # Numba takes a while to import, and a GPU needs none

    return compiled(table.shape[1])


class _Compiled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, table, x, sizes, offsets):
        ctx.save_for_backward(x, sizes, offsets)
        ctx.shape = table.shape
        out = torch.empty(len(x), len(sizes) * table.shape[1])
        read, _ = _loops(table)
        arrays = [a.detach().contiguous().numpy() for a in (table, x, sizes, offsets, out)]
        in_threads(len(x), lambda start, stop: read(*arrays, start, stop))
        return out

    @staticmethod
    def backward(ctx, grad):
        total = torch.empty(ctx.shape)
        _, accumulate = _loops(total)
        arrays = [a.contiguous().numpy() for a in (grad, *ctx.saved_tensors, total)]
        # a level a thread: no two threads add to the same row, and the sums are the same for any number of threads
        in_threads(len(ctx.saved_tensors[1]), lambda start, stop: accumulate(*arrays, start, stop), size=1)
        return total, None, None, None
