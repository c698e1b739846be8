"""Rays through grids on a CPU, one after the other: the proposal and the field that they meet, and the gradient.

`rendering.render_proposal` says what is computed, and any other device computes it that way; PyTorch makes some two
hundred passes over memory for it. Here a ray is followed to where less than `LEAST` of its light is left, and what lies
behind is neither read nor computed. The tests hold the one against the other. The loops are in
`proposal_kernels` and `field_kernels`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from semnerf_lib.machine.cores import in_threads

LEAST = 1e-4
"""Transmittance below which a ray is not followed."""
RAYS = 96
"""Rays of one piece of work. Sums over rays are made by pieces, in order: they have the same bits for any number of
cores."""
PARTS = 4
"""Pieces that the proposal's gradient is added up in, each with a table of its own."""


class Grids(NamedTuple):
    """Stacked dense grids (see `interpolation.trilinear`), where they lie, and how raw values become densities.

    Attributes:
        table, sizes, offsets: of all levels.
        bounds, shell: of the box (see `grid.Box`).
        thin, most: sigma = exp(min(raw + thin, most)).
        last: length of a ray's last interval, m.
    """

    table: Float[Tensor, "rows features"]
    sizes: Int[Tensor, "levels 3"]
    offsets: Int[Tensor, "levels"]
    bounds: Float[Tensor, "2 3"]
    shell: float
    thin: float
    most: float
    last: float


class Rays(NamedTuple):
    """Origins, m, directions, and depths along them, m."""

    o: Float[Tensor, "rays 3"]
    d: Float[Tensor, "rays 3"]
    z: Float[Tensor, "rays samples"]


def _arrays(*tensors: Tensor) -> list:
    return [tensor.detach().contiguous().numpy() for tensor in tensors]


def propose(
    grids: Grids, rays: Rays, far: Float[Tensor, "rays 1"], u: Float[Tensor, "rays fine"], floor: float
) -> tuple[Float[Tensor, "rays samples"], Float[Tensor, "rays fine"]]:
    """Weights of the samples of a grid of raw densities, and from them further depths by inverse-CDF sampling.

    Args:
        grids: one level of one feature.
        far: where rays end, m.
        u: ascending numbers in [0, 1] (see `sampling.sample_pdf`).
        floor: mass that every interval keeps.
    """
    return _Propose.apply(grids.table, grids, rays, far, u, floor)


def march(
    grids: Grids,
    rays: Rays,
    matrix: Float[Tensor, "width features"],
    bias: Float[Tensor, "width"],
    density: Float[Tensor, "1 width"],
    density_bias: Float[Tensor, "1"],
    hidden: bool,
) -> tuple[Float[Tensor, "rays samples"], Float[Tensor, "rays width"], Float[Tensor, "points width"]]:
    """Weights w_i of the samples of grids with a hidden layer, and its composited values.

        h_i = relu(matrix f(x_i) + bias),   raw_i = density h_i + density_bias,   H = sum_i w_i h_i

    Args:
        grids: of two features a level.
        hidden: whether h is asked for.

    Returns:
        w, H and h, which is 0 at samples that no light reaches, and empty where neither it nor a gradient is asked for.
    """
    inputs = grids.table, matrix, bias, torch.cat([density[0], density_bias])
    keeps = hidden or (torch.is_grad_enabled() and any(one.requires_grad for one in inputs))
    return _March.apply(*inputs, grids, rays, keeps)


class _Propose(torch.autograd.Function):
    @staticmethod
    def forward(ctx, table, grids, rays, far, u, floor):
        from semnerf_lib.machine.proposal_kernels import proposal_forward

        n_rays, n_samples = rays.z.shape
        outs = [torch.empty(n_rays, n) for n in (n_samples, n_samples, u.shape[1])]
        loop = proposal_forward(LEAST, grids.most)
        space, lit = _arrays(grids.table, grids.sizes, grids.offsets, grids.bounds), _arrays(*rays, far, u)
        numbers, results = (torch.tensor([grids.shell, grids.thin, grids.last, floor]).numpy(), tuple(_arrays(*outs)))
        shell, thin, last, least = numbers

        in_threads(n_rays, lambda start, stop: loop(*space, shell, thin, *lit, last, least, results, start, stop), RAYS)
        weights, opticals, fine = outs
        ctx.save_for_backward(weights, opticals)
        ctx.grids, ctx.rays = grids, rays
        ctx.mark_non_differentiable(fine)
        return weights, fine

    @staticmethod
    def backward(ctx, grad, _):
        from semnerf_lib.machine.proposal_kernels import proposal_backward as loop

        grids, rays = ctx.grids, ctx.rays
        totals = torch.empty(PARTS, *grids.table.shape)
        space, lit = _arrays(grids.sizes, grids.offsets, grids.bounds), _arrays(*rays, *ctx.saved_tensors, grad)
        shell, sums, n_rays = torch.tensor([grids.shell]).numpy()[0], totals.numpy(), -(-len(rays.z) // PARTS)

        in_threads(PARTS, lambda start, stop: loop(*space, shell, *lit, sums, n_rays, start, stop), size=1)
        return totals.sum(0), None, None, None, None, None


class _March(torch.autograd.Function):
    @staticmethod
    def forward(ctx, table, matrix, bias, out, grids, rays, keeps):
        from semnerf_lib.machine.field_kernels import field_forward

        (n_rays, n_samples), (width, n_in) = rays.z.shape, matrix.shape
        points = n_rays * n_samples if keeps else n_rays
        weights, opticals = torch.empty(n_rays, n_samples), torch.empty(n_rays, n_samples)
        live, x = torch.empty(n_rays, dtype=torch.int64), torch.empty(n_rays, 3, n_samples)
        features, hidden = torch.empty(points, n_in), torch.empty(points if keeps else 0, width)
        summed = torch.empty(n_rays, width)
        loop = field_forward(n_in, width, keeps, LEAST, grids.most)
        space, lit = _arrays(grids.table, grids.sizes, grids.offsets, grids.bounds), _arrays(*rays)
        shell, thin, last = torch.tensor([grids.shell, grids.thin, grids.last]).numpy()
        layer = _arrays(matrix.t(), bias, out)
        results = tuple(_arrays(weights, opticals, live, x, features, hidden, summed))

        in_threads(
            n_rays, lambda start, stop: loop(*space, shell, thin, *lit, last, *layer, results, start, stop), RAYS
        )
        ctx.save_for_backward(matrix, out, weights, opticals, live, x, features, hidden)
        ctx.grids, ctx.colours = grids, False
        ctx.set_materialize_grads(False)
        return weights, summed, hidden

    @staticmethod
    def backward(ctx, grad_weights, grad_summed, grad_hidden):
        from semnerf_lib.machine.field_kernels import field_backward, scatter

        matrix, out, weights, opticals, live, x, features, hidden = ctx.saved_tensors
        n_rays, (width, n_in), grids = len(weights), matrix.shape, ctx.grids
        loop = field_backward(n_in, width)
        colours = grad_hidden is not None
        grad_weights = torch.zeros_like(weights) if grad_weights is None else grad_weights
        grad_summed = torch.zeros(n_rays, width) if grad_summed is None else grad_summed
        grad_hidden = grad_hidden if colours else torch.empty(0, width)
        grad_features = torch.empty_like(features)
        n_parts = -(-n_rays // RAYS)
        sums = [torch.empty(n_parts, n_in, width), torch.empty(n_parts, width), torch.empty(n_parts, width + 1)]
        layer, saved = _arrays(matrix.t(), out), tuple(_arrays(weights, opticals, live, features, hidden))
        grads = tuple(_arrays(grad_weights, grad_summed, grad_hidden, grad_features))
        totals = tuple(_arrays(*sums))

        in_threads(n_parts, lambda start, stop: loop(*layer, saved, grads, colours, totals, RAYS, start, stop), size=1)
        table = torch.empty_like(grids.table)
        arrays = _arrays(grad_features, x, live, grids.sizes, grids.offsets, table)
        # a level a thread: no two threads add to the same row
        in_threads(len(grids.sizes), lambda start, stop: scatter(*arrays, start, stop), size=1)
        of_matrix, of_bias, of_out = (part.sum(0) for part in sums)
        return table, of_matrix.t().contiguous(), of_bias, of_out, None, None, None


class _Cover(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z_coarse, w_coarse, z_fine, w_fine):
        from semnerf_lib.machine.proposal_kernels import cover

        losses, grad = torch.empty(len(z_coarse)), torch.empty_like(w_coarse)
        arrays = _arrays(z_coarse, w_coarse, z_fine, w_fine, losses, grad)
        in_threads(len(z_coarse), lambda start, stop: cover(*arrays, start, stop))
        ctx.save_for_backward(grad)
        return losses.mean()

    @staticmethod
    def backward(ctx, slope):
        (grad,) = ctx.saved_tensors
        return None, grad * (slope / len(grad)), None, None


def cover_loss(
    z_coarse: Float[Tensor, "rays coarse"],
    w_coarse: Float[Tensor, "rays coarse"],
    z_fine: Float[Tensor, "rays fine"],
    w_fine: Float[Tensor, "rays fine"],
) -> Float[Tensor, ""]:
    """`losses.proposal_loss` for ascending depths."""
    return _Cover.apply(z_coarse, w_coarse, z_fine, w_fine)
