"""Where along a ray the field is evaluated: stratified samples, then more where the first ones have weight.

A sample z_vals[i] stands for the interval from itself to the next one (P2's convention); the last interval has no end.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

PDF_FLOOR = 1e-5
"""Mass that every interval of a histogram keeps when it is sampled, so that none is starved."""


def stratified(
    near: Float[Tensor, "rays 1"],
    far: Float[Tensor, "rays 1"],
    n_samples: int,
    jitter: Float[Tensor, "rays samples"] | None = None,
) -> Float[Tensor, "rays samples"]:
    """Samples between near and far: even, or one at random in each stratum.

    z_i = near + (far - near) i / (n - 1). With jitter u in [0, 1), z_i moves to lower_i + u_i (upper_i - lower_i),
    where the strata end half-way between neighbouring z [P2, code; NeRF eq. 2].

    Args:
        near, far: of each ray, metres along the optical axis.
        n_samples: how many (P2: 64).
        jitter: uniform random numbers, one a sample; None gives the even samples.

    Returns:
        z_vals, ascending, metres.
    """
    share = torch.linspace(0, 1, n_samples, device=near.device)
    if jitter is not None:
        half = 0.5 / (n_samples - 1)
        share = torch.lerp((share - half).clamp_min(0), (share + half).clamp_max(1), jitter)
    return torch.lerp(near, far, share)


def sample_pdf(
    bins: Float[Tensor, "rays edges"],
    weights: Float[Tensor, "rays intervals"],
    u: Float[Tensor, "rays samples"],
    floor: float = PDF_FLOOR,
) -> Float[Tensor, "rays samples"]:
    """Inverse-CDF sampling of a histogram: the z at which the cumulated weight reaches u [NeRF sec. 5.2; P2, code].

    pdf_i = (w_i + floor) / sum_j (w_j + floor), cdf its running sum from 0 to 1, linear within an interval; the result
    solves cdf(z) = u.

    Args:
        bins: edges of the intervals, ascending, metres; one more than there are weights.
        weights: non-negative mass of each interval.
        u: numbers in [0, 1]; random for training, evenly spaced for a picture.
        floor: mass that every interval keeps, so that none is starved.

    Returns:
        Samples between bins[:, 0] and bins[:, -1]; ascending where u is. They carry no gradient.
    """
    weights = weights.detach() + floor
    cdf = torch.cumsum(weights, dim=-1)
    cdf = torch.cat([torch.zeros_like(cdf[:, :1]), cdf / cdf[:, -1:]], dim=-1)
    above = torch.searchsorted(cdf, u.contiguous(), right=True).clamp(1, bins.shape[-1] - 1)
    below = above - 1
    cdf_below, cdf_above = cdf.gather(-1, below), cdf.gather(-1, above)
    z_below, z_above = bins.gather(-1, below), bins.gather(-1, above)
    t = ((u - cdf_below) / (cdf_above - cdf_below).clamp_min(1e-12)).clamp(0, 1)
    return z_below + t * (z_above - z_below)


def even_or_random_u(
    n_rays: int, n_samples: int, device: torch.device | str, generator: torch.Generator | None
) -> Float[Tensor, "rays samples"]:
    """Numbers for `sample_pdf`: random within strata with a generator, the centres of the strata without [P2, code].

    u_i = (i + r_i) / n with r uniform in [0, 1), or 1/2.
    """
    i = torch.arange(n_samples, device=device)
    if generator is None:
        return ((i + 0.5) / n_samples).expand(n_rays, n_samples)
    return (i + torch.rand(n_rays, n_samples, device=device, generator=generator)) / n_samples
