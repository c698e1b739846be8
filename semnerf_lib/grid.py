"""GridField: features stored in space instead of in a network's weights, which is what makes a laptop enough.

The grids are dense, of several cell sizes, trilinearly interpolated; a small MLP reads them. (Instant-NGP hashes its
finest grids; a room of 4 cm cells needs no hash.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from semnerf_lib.encoding import encoded_size, positional_encoding
from semnerf_lib.rendering import FieldOutput

CORNERS = tuple(product((0, 1), repeat=3))
"""The corners of a cell: 0 for its lower face, 1 for its upper, along x, y, z."""


class _Interpolate(torch.autograd.Function):
    """sum over the 8 corners k of w_k table[index_k], w_k = prod over axes of (share or 1 - share).

    Written out because autograd's own way keeps all corners of all points and adds them back a row at a time, which
    costs a CPU about five times as much; the tests hold it against that way. Points get no gradient.
    """

    @staticmethod
    def forward(ctx, table, base, strides, share):
        ctx.save_for_backward(base, strides, share)
        ctx.shape = table.shape
        packed, total = pack(table), 0.0
        for index, weight in corners(base, strides, share):
            total = total + weight * packed.index_select(0, index.flatten()).view(*index.shape, *packed.shape[1:])
        return unpack(total, table.shape[1])

    @staticmethod
    def backward(ctx, grad):
        packed = pack(grad.contiguous())
        total = torch.zeros(ctx.shape[0], *packed.shape[2:], dtype=packed.dtype, device=grad.device)
        for index, weight in corners(*ctx.saved_tensors):
            values = (weight * packed).flatten(0, 1)
            if packed.ndim == 2:
                total.scatter_add_(0, index.flatten(), values)
            else:
                total.index_add_(0, index.flatten(), values)
        return unpack(total, ctx.shape[1]), None, None, None


def corners(
    base: Int[Tensor, "levels points"], strides: Int[Tensor, "3 levels 1"], share: Float[Tensor, "3 levels points ..."]
) -> Iterator[tuple[Int[Tensor, "levels points"], Tensor]]:
    """Table row and weight of each corner of each point's cell."""
    sides = torch.stack([1 - share, share])
    for i, j, k in CORNERS:
        yield base + (i * strides[0] + j * strides[1] + k * strides[2]), sides[i, 0] * sides[j, 1] * sides[k, 2]


def pack(rows: Float[Tensor, "*batch features"]) -> Tensor:
    """Rows of one or two numbers as real or complex scalars on a CPU, where scalars are gathered and added fastest.

    Elsewhere rows stay rows.
    """
    if rows.device.type != "cpu":
        return rows
    return torch.view_as_complex(rows) if rows.shape[-1] == 2 else rows[..., 0]


def unpack(scalars: Tensor, n_features: int) -> Float[Tensor, "*batch features"]:
    """Undoes `pack`."""
    if scalars.device.type != "cpu":
        return scalars
    return torch.view_as_real(scalars) if n_features == 2 else scalars[..., None]


class FeatureGrid(nn.Module):
    """Dense grids of several resolutions over the unit cube, read by trilinear interpolation.

        f(x) = concat_l sum_{corners k of the cell of x in grid l} w_k(x) F_l[k]

    Args:
        resolutions: grid points along x, y, z of each level, at least 2.
        n_features: numbers stored a grid point: 1, or 2 as in Instant-NGP.
        spread: initial values are uniform in +-spread.
    """

    def __init__(self, resolutions: list[tuple[int, int, int]], n_features: int, spread: float = 1e-2):
        super().__init__()
        sizes = torch.tensor(resolutions)
        counts = sizes.prod(-1)
        self.n_features = n_features
        self.table = nn.Parameter(torch.empty(int(counts.sum()), n_features).uniform_(-spread, spread))
        strides = torch.stack([sizes[:, 1] * sizes[:, 2], sizes[:, 2], torch.ones_like(sizes[:, 0])])
        self.register_buffer("sizes", sizes.T[..., None].float(), persistent=False)
        self.register_buffer("strides", strides[..., None], persistent=False)
        self.register_buffer("offsets", (counts.cumsum(0) - counts)[:, None], persistent=False)

    @property
    def n_out(self) -> int:
        return self.sizes.shape[1] * self.n_features

    def forward(self, x: Float[Tensor, "points 3"]) -> Float[Tensor, "points features"]:
        position = (self.sizes - 1) * x.T[:, None]
        # fmin keeps NaN out of the index, so that it comes out as a value, where training looks for it
        cell = torch.fmin(position.floor(), self.sizes - 2).clamp_min(0)
        base = (cell.long() * self.strides).sum(0) + self.offsets
        share = position - cell
        if x.device.type != "cpu":
            share = share[..., None]
        features = _Interpolate.apply(self.table, base, self.strides, share)
        return features.transpose(0, 1).flatten(1)


class Box(nn.Module):
    """Maps metres to the unit cube of a grid; what lies outside is squeezed into a shell.

    With u = (x - centre) / half-size of the box, along each axis
        u' = (1 - s) u                                            where |u| <= 1
        u' = sign(u) (1 - s / (1 + (|u| - 1) (1 - s) / s))        beyond,
    smooth at |u| = 1, and below 1 for any distance: Mip-NeRF 360's contraction (eq. 10), an axis at a time. With s = 0
    the box is all there is, and points beyond lie on its faces.

    Args:
        bounds: lower and upper corner, metres.
        shell: s, the share of each half-axis that holds the outside.
    """

    def __init__(self, bounds: Float[Tensor, "2 3"], shell: float):
        super().__init__()
        self.shell = shell
        self.register_buffer("bounds", bounds.float(), persistent=False)

    def forward(self, points: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        lower, upper = self.bounds
        u = (points - (lower + upper) / 2) / ((upper - lower) / 2)
        if self.shell == 0:
            return (u.clamp(-1, 1) + 1) / 2
        s, inside = self.shell, 1 - self.shell
        beyond = (u.abs() - 1).clamp_min(0)
        squeezed = torch.where(beyond > 0, u.sign() * (1 - s / (1 + beyond * inside / s)), inside * u)
        return (squeezed + 1) / 2

    def exit(self, rays_o: Float[Tensor, "rays 3"], rays_d: Float[Tensor, "rays 3"]) -> Float[Tensor, "rays 1"]:
        """The z at which rays leave the box: min over axes of max((lower - o) / d, (upper - o) / d)."""
        d = torch.where(rays_d.abs() < 1e-9, 1e-9, rays_d)
        lower, upper = (self.bounds - rays_o[:, None]).div(d[:, None]).unbind(1)
        return torch.maximum(lower, upper).amin(-1, keepdim=True)

    def resolution(self, n_cells: float) -> tuple[int, int, int]:
        """Grid points along x, y, z for about `n_cells` cells, cubes inside the box."""
        sides = (self.bounds[1] - self.bounds[0]).tolist()
        per_metre = (n_cells / math.prod(sides)) ** (1 / 3)
        return tuple(max(2, round(side * per_metre) + 1) for side in sides)


class DensityGrid(nn.Module):
    """A density and nothing else, on one coarse grid: proposes where along a ray the field is worth asking."""

    def __init__(self, box: Box, n_cells: float):
        super().__init__()
        self.box = box
        self.grid = FeatureGrid([box.resolution(n_cells)], n_features=1)

    def forward(self, points: Float[Tensor, "rays samples 3"], viewdirs: Float[Tensor, "rays 3"]) -> FieldOutput:
        raw = self.grid(self.box(points).flatten(0, -2)).view(points.shape[:-1])
        return FieldOutput(density(raw))


def density(raw: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """sigma = exp(raw), in 1/m; the exponent is kept below 12, far beyond any wall."""
    return torch.exp(raw.float().clamp(max=12))


class GridField(nn.Module):
    """A multi-resolution feature grid read by a small MLP; the colour head is there when `rgb` is.

        h = relu(W f(x) + b),   sigma = exp(w h),   s = head(h),   c = sigmoid(head([h, gamma(d)]))

    Args:
        n_classes: C.
        box: where the grid lies.
        coarsest, finest: numbers of cells; `n_levels` grids from one to the other in geometric steps.
        width: of the hidden layers.
        rgb: whether the field has a colour head (for the baseline, P2's supervision).
    """

    def __init__(
        self,
        n_classes: int,
        box: Box,
        coarsest: float = 1e3,
        finest: float = 1.6e6,
        n_levels: int = 6,
        width: int = 64,
        rgb: bool = False,
    ):
        super().__init__()
        self.box = box
        counts = [coarsest * (finest / coarsest) ** (i / max(1, n_levels - 1)) for i in range(n_levels)]
        self.grid = FeatureGrid([box.resolution(n) for n in counts], n_features=2)
        self.trunk = nn.Linear(self.grid.n_out, width)
        self.density = nn.Linear(width, 1)
        self.semantic = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, n_classes))
        self.colour = None
        if rgb:
            n_in = width + encoded_size(3, 4)
            self.colour = nn.Sequential(nn.Linear(n_in, width), nn.ReLU(), nn.Linear(width, 3))

    def forward(self, points: Float[Tensor, "rays samples 3"], viewdirs: Float[Tensor, "rays 3"]) -> FieldOutput:
        features = self.grid(self.box(points).flatten(0, -2)).view(*points.shape[:-1], -1)
        h = F.relu(self.trunk(features))
        sigma, sem_logits = density(self.density(h)[..., 0]), self.semantic(h)
        if self.colour is None:
            return FieldOutput(sigma, sem_logits)
        d = positional_encoding(viewdirs, 4)[:, None].expand(*h.shape[:-1], -1)
        return FieldOutput(sigma, sem_logits, torch.sigmoid(self.colour(torch.cat([h, d], dim=-1))))
