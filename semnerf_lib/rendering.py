"""Volume rendering: from densities and logits along a ray to one pixel's logits, depth and colour.

A field is any function of points and directions (see `Field`): the renderer knows no network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from semnerf_lib.sampling import even_or_random_u, sample_pdf, stratified

LAST_DELTA = 1e10
"""Length of the last interval in metres: all light that is left at the last sample ends there [P2, code]."""


class FieldOutput(NamedTuple):
    """A field's values at points: density before its ReLU in 1/m, class logits, colour in [0, 1]; None for none."""

    sigma: Float[Tensor, "rays samples"]
    sem_logits: Float[Tensor, "rays samples classes"] | None = None
    rgb: Float[Tensor, "rays samples 3"] | None = None


Field = Callable[[Tensor, Tensor], FieldOutput]
"""(points (rays, samples, 3) in metres, unit directions (rays, 3)) -> FieldOutput."""


class Rendered(NamedTuple):
    """Rays, rendered. Lengths in metres along the optical axis.

    Attributes:
        sem_logits: sum_i w_i s_i; the softmax comes after compositing [P2 eq. 3 and code]. None for a bare density.
        depth_map: sum_i w_i z_i.
        acc_map: sum_i w_i, 1 where the ray ends in something.
        rgb_map: sum_i w_i c_i, or None.
        weights, z_vals: what the sums ran over.
    """

    sem_logits: Float[Tensor, "rays classes"] | None
    depth_map: Float[Tensor, "rays"]
    acc_map: Float[Tensor, "rays"]
    rgb_map: Float[Tensor, "rays 3"] | None
    weights: Float[Tensor, "rays samples"]
    z_vals: Float[Tensor, "rays samples"]


def compute_weights(
    sigma: Float[Tensor, "*rays samples"], deltas: Float[Tensor, "*rays samples"]
) -> tuple[Float[Tensor, "*rays samples"], Float[Tensor, "*rays samples+1"]]:
    """The share of a ray's light that each sample sends to the camera [NeRF eq. 3].

        alpha_i = 1 - exp(-sigma_i delta_i)
        T_i = prod_{j<i} (1 - alpha_j) = exp(-sum_{j<i} sigma_j delta_j)
        w_i = T_i alpha_i

    The sum form of T stays finite, with its gradient, over any range of densities.

    Args:
        sigma: density >= 0, 1/m.
        deltas: interval lengths, m.

    Returns:
        weights, and transmittance with one entry more: T before each sample and after the last. The weights and the
        last transmittance sum to 1.

    >>> w, T = compute_weights(torch.tensor([0.0, 0.6931472]), torch.tensor([1.0, 1.0]))
    >>> w, T
    (tensor([0.0000, 0.5000]), tensor([1.0000, 1.0000, 0.5000]))
    """
    optical = sigma * deltas
    depth = torch.cumsum(optical, dim=-1)
    depth = torch.cat([torch.zeros_like(depth[..., :1]), depth], dim=-1)
    transmittance = torch.exp(-depth)
    return -torch.expm1(-optical) * transmittance[..., :-1], transmittance


def composite(
    out: FieldOutput,
    z_vals: Float[Tensor, "rays samples"],
    rays_d: Float[Tensor, "rays 3"],
    noise: Float[Tensor, "rays samples"] | float = 0.0,
) -> Rendered:
    """Composites what a field returns along rays to one value for each ray.

    sigma_i = relu(raw_i + noise_i), delta_i = (z_{i+1} - z_i) |d|, the last delta 1e10 m [P2, code]; weights by
    `compute_weights`; then weighted sums. All in float32, whatever the field computed in.
    """
    deltas = torch.diff(z_vals, dim=-1)
    deltas = torch.cat([deltas, torch.full_like(z_vals[:, :1], LAST_DELTA)], dim=-1)
    deltas = deltas * rays_d.norm(dim=-1, keepdim=True)
    weights, _ = compute_weights(torch.relu(out.sigma.float() + noise), deltas)

    def weighted(values):
        return None if values is None else (weights[:, None] @ values.float())[:, 0]

    return Rendered(
        sem_logits=weighted(out.sem_logits),
        depth_map=(weights * z_vals).sum(-1),
        acc_map=weights.sum(-1),
        rgb_map=weighted(out.rgb),
        weights=weights,
        z_vals=z_vals,
    )


def render_samples(
    field: Field,
    rays_o: Float[Tensor, "rays 3"],
    rays_d: Float[Tensor, "rays 3"],
    z_vals: Float[Tensor, "rays samples"],
    noise: Float[Tensor, "rays samples"] | float = 0.0,
) -> Rendered:
    """Evaluates the field at rays_o + z rays_d and composites [P2, code]."""
    points = rays_o[:, None] + z_vals[..., None] * rays_d[:, None]
    viewdirs = rays_d / rays_d.norm(dim=-1, keepdim=True)
    out = field(points, viewdirs)
    with torch.autocast(rays_o.device.type, enabled=False):
        return composite(out, z_vals, rays_d, noise)


def first_samples(
    near: Float[Tensor, "rays 1"], far: Float[Tensor, "rays 1"], n_samples: int, generator: torch.Generator | None
) -> Float[Tensor, "rays samples"]:
    """Stratified z_vals, random with a generator, even without."""
    if generator is None:
        return stratified(near, far, n_samples)
    jitter = torch.rand(len(near), n_samples, device=near.device, generator=generator)
    return stratified(near, far, n_samples, jitter)


def render_hierarchical(
    coarse: Field,
    fine: Field,
    rays_o: Float[Tensor, "rays 3"],
    rays_d: Float[Tensor, "rays 3"],
    near: Float[Tensor, "rays 1"],
    far: Float[Tensor, "rays 1"],
    n_samples: int,
    n_importance: int,
    generator: torch.Generator | None = None,
    noise_std: float = 0.0,
) -> tuple[Rendered, Rendered]:
    """P2's two passes: stratified samples for the coarse field, those and importance samples together for the fine.

    Args:
        near, far: of each ray, metres along the optical axis (P2: 0.1 and 10 for all).
        n_samples, n_importance: P2: 64 and 128; the fine field sees all 192.
        generator: source of jitter and noise in training; None renders without either.
        noise_std: of the noise on the raw density (P2: 1 in training).

    Returns:
        The coarse and the fine rendering.
    """
    device, n_rays = rays_o.device, len(rays_o)

    def noise(n):
        if generator is None or noise_std == 0:
            return 0.0
        return noise_std * torch.randn(n_rays, n, device=device, generator=generator)

    z_vals = first_samples(near, far, n_samples, generator)
    first = render_samples(coarse, rays_o, rays_d, z_vals, noise(n_samples))
    mids = (z_vals[:, 1:] + z_vals[:, :-1]) / 2
    u = even_or_random_u(n_rays, n_importance, device, generator)
    z_fine = sample_pdf(mids, first.weights[:, 1:-1], u)
    z_all = torch.sort(torch.cat([z_vals, z_fine], dim=-1), dim=-1).values
    return first, render_samples(fine, rays_o, rays_d, z_all, noise(n_samples + n_importance))


def render_proposal(
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
    """Two passes in which the first is a cheap density that only proposes where to look [Mip-NeRF 360 sec. 3].

    The field sees the importance samples alone. Arguments as in `render_hierarchical`.

    Returns:
        The proposal's rendering (without logits) and the field's.
    """
    n_rays = len(rays_o)
    z_vals = first_samples(near, far, n_samples, generator)
    first = render_samples(proposal, rays_o, rays_d, z_vals)
    edges = torch.cat([z_vals, far], dim=-1)
    u = even_or_random_u(n_rays, n_importance, rays_o.device, generator)
    return first, render_samples(field, rays_o, rays_d, sample_pdf(edges, first.weights, u))
