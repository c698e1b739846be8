"""Rays through a grid of solid and empty cells on a CPU, one after the other."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor


def trace(
    gap: Float[Tensor, "nx ny nz"],
    rays_o: Float[Tensor, "rays 3"],
    rays_d: Float[Tensor, "rays 3"],
    near: float,
    far: Float[Tensor, "rays"],
) -> tuple[Float[Tensor, "rays"], Int[Tensor, "rays"]]:
    """Where rays o + z d first meet a solid cell [sphere tracing, Hart 1996].

    A ray goes on by the distance to the nearest solid cell, less one, and at least by half a cell, until it is in one.

    Args:
        gap: how many cells away the nearest solid one is, centre to centre; 0 in a solid one.
        rays_o, rays_d: in units of cells, with the grid's corner at 0. Points outside are moved to its faces.
        near, far: the least and the greatest z.

    Returns:
        z, `far` of a ray that meets no solid cell; and the number of the cell there, in the order of `gap`.
    """
    from semnerf_lib.machine.voxel_kernels import trace_rays  # Numba takes a while to load

    z, cells = torch.empty_like(far), torch.empty(len(far), dtype=torch.long)
    arrays = (a.contiguous().numpy() for a in (gap, rays_o, rays_d, far, z, cells))
    trace_rays(*arrays, near)
    return z, cells
