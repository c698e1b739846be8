"""GridField: features stored in space instead of in the weights of a network, so that a laptop is fast enough.

The grids are dense, of several cell sizes, trilinearly interpolated; a small MLP reads them. (Instant-NGP hashes its
finest grids; a room of 4 cm cells needs no hash.)
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from semnerf_lib.encoding import encoded_size, positional_encoding
from semnerf_lib.machine.interpolation import interpolate
from semnerf_lib.machine.raymarching import Grids, Rays, march, propose
from semnerf_lib.rendering import LAST_DELTA, Field, FieldOutput, Rendered, first_samples, render_proposal
from semnerf_lib.sampling import PDF_FLOOR, even_or_random_u


class FeatureGrid(nn.Module):
    """Dense grids of several resolutions over the unit cube, read by trilinear interpolation (`interpolation`).

    Args:
        resolutions: grid points along x, y, z of each level, at least 2.
        n_features: numbers stored a grid point; 2 in Instant-NGP.
        spread: initial values are uniform in +-spread.
    """

    sizes: Tensor
    offsets: Tensor

    def __init__(self, resolutions: list[tuple[int, int, int]], n_features: int, spread: float = 1e-2):
        super().__init__()
        sizes = torch.tensor(resolutions)
        counts = sizes.prod(-1)
        self.table = nn.Parameter(torch.empty(int(counts.sum()), n_features).uniform_(-spread, spread))
        self.register_buffer("sizes", sizes, persistent=False)
        self.register_buffer("offsets", counts.cumsum(0) - counts, persistent=False)

    @property
    def n_out(self) -> int:
        return len(self.sizes) * self.table.shape[1]

    def forward(self, x: Float[Tensor, "points 3"]) -> Float[Tensor, "points features"]:
        return interpolate(self.table, x, self.sizes, self.offsets)


class Box(nn.Module):
    """Maps metres to the unit cube of a grid; what lies outside is squeezed into a shell.

    With u = (x - centre) / half-size of the box, along each axis
        u' = (1 - s) u                                            where |u| <= 1
        u' = sign(u) (1 - s / (1 + (|u| - 1) (1 - s) / s))        beyond,
    smooth at |u| = 1, and below 1 for any distance: Mip-NeRF 360's contraction (eq. 10) for each axis. With s = 0 there
    is nothing outside the box: points beyond are moved to its faces.

    Args:
        bounds: lower and upper corner, metres.
        shell: s, the share of each half-axis that holds the outside.
    """

    bounds: Tensor

    def __init__(self, bounds: Float[Tensor, "2 3"], shell: float):
        super().__init__()
        self.shell = shell
        self.register_buffer("bounds", bounds.float(), persistent=False)

    def forward(self, points: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        lower, upper = self.bounds
        if self.shell == 0:
            return ((points - lower) / (upper - lower)).clamp(0, 1)
        u = (points - (lower + upper) / 2) / ((upper - lower) / 2)
        s, inside = self.shell, 1 - self.shell
        beyond = (u.abs() - 1).clamp_min(0)
        squeezed = torch.where(beyond > 0, u.sign() * (1 - s / (1 + beyond * inside / s)), inside * u)
        return (squeezed + 1) / 2

    def inverse(self, x: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        """Metres of points of the unit cube. Where there is a shell its faces are infinitely far: taken just before."""
        lower, upper = self.bounds
        s, u = self.shell, 2 * x - 1
        if s > 0:
            far = u.abs().clamp(max=0.999)
            beyond = 1 + (s / (1 - far) - 1) * s / (1 - s)
            u = torch.where(far > 1 - s, u.sign() * beyond, u / (1 - s))
        return (lower + upper) / 2 + u * (upper - lower) / 2

    def exit(self, rays_o: Float[Tensor, "rays 3"], rays_d: Float[Tensor, "rays 3"]) -> Float[Tensor, "rays 1"]:
        """The z at which rays leave the box: min over axes of max((lower - o) / d, (upper - o) / d)."""
        d = torch.where(rays_d.abs() < 1e-9, 1e-9, rays_d)
        lower, upper = (self.bounds - rays_o[:, None]).div(d[:, None]).unbind(1)
        return torch.maximum(lower, upper).amin(-1, keepdim=True)

    def resolution(self, n_cells: float) -> tuple[int, int, int]:
        """Grid points along x, y, z for about `n_cells` cells, cubes inside the box."""
        sides = (self.bounds[1] - self.bounds[0]).tolist()
        per_metre = (n_cells / math.prod(sides)) ** (1 / 3)
        x, y, z = (max(2, round(side * per_metre) + 1) for side in sides)
        return x, y, z


class DensityGrid(nn.Module):
    """A density alone, on one coarse grid: it proposes where the field is evaluated [Mip-NeRF 360 sec. 3]."""

    def __init__(self, box: Box, n_cells: float):
        super().__init__()
        self.box = box
        self.grid = FeatureGrid([box.resolution(n_cells)], n_features=1)

    def forward(self, points: Float[Tensor, "rays samples 3"], viewdirs: Float[Tensor, "rays 3"]) -> FieldOutput:
        raw = self.grid(self.box(points).flatten(0, -2)).view(points.shape[:-1])
        return FieldOutput(density(raw))


THIN = -1.5
"""Log of the density, in 1/m, with which a field begins: half of the light is left after 3 m. With a density of 1/m
little light would reach the surfaces, and with few labelled frames a field would put each camera's labels into the air
just in front of it."""


MOST = 12.0
"""The largest exponent of a density, far beyond any wall."""


def density(raw: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """sigma = exp(raw + THIN), in 1/m [Instant-NGP: exp]; the exponent is kept below `MOST`."""
    return torch.exp((raw.float() + THIN).clamp(max=MOST))


class GridField(nn.Module):
    """A multi-resolution feature grid read by a small MLP; the colour head is there when `rgb` is.

        h = relu(W f(x) + b),   sigma = exp(w h),   s = V h,   c = sigmoid(head([h, gamma(d)]))

    with biases. The logits are linear in h: a hidden layer more costs a quarter of a step and gains nothing.

    Args:
        n_classes: C.
        box: where the grid lies.
        coarsest, finest: numbers of cells; `n_levels` grids from one to the other in geometric steps.
        width: of h, and of the colour head's hidden layer.
        rgb: whether the field has a colour head (for the baseline, P2's supervision).
    """

    def __init__(
        self,
        n_classes: int,
        box: Box,
        coarsest: float = 1e3,
        finest: float = 1.6e6,
        n_levels: int = 8,
        width: int = 64,
        rgb: bool = False,
    ):
        super().__init__()
        self.box = box
        counts = [coarsest * (finest / coarsest) ** (i / max(1, n_levels - 1)) for i in range(n_levels)]
        self.grid = FeatureGrid([box.resolution(n) for n in counts], n_features=2)
        self.trunk = nn.Linear(self.grid.n_out, width)
        self.density = nn.Linear(width, 1)
        self.semantic = nn.Linear(width, n_classes)
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
        return FieldOutput(sigma, sem_logits, self.colours(h, viewdirs))

    def colours(
        self, h: Float[Tensor, "rays samples width"], viewdirs: Float[Tensor, "rays 3"]
    ) -> Float[Tensor, "rays samples 3"]:
        """Colours in [0, 1] of what the trunk says of points."""
        d = positional_encoding(viewdirs, 4)[:, None].expand(*h.shape[:-1], -1)
        return torch.sigmoid(self.colour(torch.cat([h, d], dim=-1)))


def render_grids(
    proposal: Field,
    field: Field,
    rays_o: Float[Tensor, "rays 3"],
    rays_d: Float[Tensor, "rays 3"],
    near: Float[Tensor, "rays 1"],
    far: Float[Tensor, "rays 1"],
    n_samples: int,
    n_importance: int,
    generator: torch.Generator | None = None,
) -> tuple[Rendered, Rendered]:
    """`render_proposal`; two grids on a CPU by compiled loops (see `raymarching`).

    As the logits are linear in h, sum_i w_i (V h_i + b) = V (sum_i w_i h_i) + b sum_i w_i: one product a ray.
    """
    both_grids = isinstance(proposal, DensityGrid) and isinstance(field, GridField)
    if rays_o.device.type != "cpu" or not both_grids:
        return render_proposal(proposal, field, rays_o, rays_d, near, far, n_samples, n_importance, generator)

    def grids(part: DensityGrid | GridField) -> Grids:
        grid, box = part.grid, part.box
        return Grids(grid.table, grid.sizes, grid.offsets, box.bounds, box.shell, THIN, MOST, LAST_DELTA)

    z_vals = first_samples(near, far, n_samples, generator)
    u = even_or_random_u(len(rays_o), n_importance, rays_o.device, generator)
    weights, z_fine = propose(grids(proposal), Rays(rays_o, rays_d, z_vals), far, u, PDF_FLOOR)
    first = Rendered(None, (weights * z_vals).sum(-1), weights.sum(-1), None, weights, z_vals)
    layers = (field.trunk.weight, field.trunk.bias, field.density.weight, field.density.bias)
    weights, summed, h = march(grids(field), Rays(rays_o, rays_d, z_fine), *layers, hidden=field.colour is not None)
    accumulated, rgb = weights.sum(-1), None
    sem_logits = summed @ field.semantic.weight.t() + accumulated[:, None] * field.semantic.bias
    if field.colour is not None:
        colours = field.colours(h.view(*z_fine.shape, -1), rays_d / rays_d.norm(dim=-1, keepdim=True))
        rgb = (weights[:, None] @ colours)[:, 0]
    return first, Rendered(sem_logits, (weights * z_fine).sum(-1), accumulated, rgb, weights, z_fine)
