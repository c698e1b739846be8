"""Checks of notebook 03: compositing along a ray, where softmax belongs, and samples drawn from weights."""

from __future__ import annotations

import torch
from torch import Tensor

from semnerf_lib.rendering import LAST_DELTA, FieldOutput, composite, compute_weights
from semnerf_lib.sampling import sample_pdf
from semnerf_lib.teaching.checking import Check, Mistake


def ray() -> list[tuple]:
    """Mist and a wall, on uneven samples; then a ray that meets next to nothing. Directions longer than 1."""
    z_vals = torch.tensor([0.3, 0.9, 1.4, 2.2, 2.5, 3.1])
    rays_d = torch.tensor([0.6, -0.4, 1.0])
    return [(torch.tensor([0.0, 0.2, 0.1, 0.9, 2.0, 3.0]), z_vals, rays_d), (torch.full((6,), 0.05), z_vals, rays_d)]


def ray_depth(sigma: Tensor, z_vals: Tensor, rays_d: Tensor) -> tuple[Tensor, Tensor]:
    """The right answer: weights and depth of one ray, the last interval endless."""
    rendered = composite(FieldOutput(sigma[None]), z_vals[None], rays_d[None])
    return rendered.weights[0], rendered.depth_map[0]


def _lengths(z_vals, rays_d, last=LAST_DELTA):
    return torch.cat([z_vals.diff(), torch.tensor([last])]) * rays_d.norm()


def _by_deltas(deltas):
    """ray_depth with other lengths of the intervals."""

    def depth(sigma, z_vals, rays_d):
        weights, _ = compute_weights(sigma, deltas(z_vals, rays_d))
        return weights, (weights * z_vals).sum()

    return depth


def _by_weights(weigh):
    """ray_depth with weights of another formula, from alphas."""

    def depth(sigma, z_vals, rays_d):
        weights = weigh(1 - torch.exp(-sigma * _lengths(z_vals, rays_d)))
        return weights, (weights * z_vals).sum()

    return depth


def _without_last(sigma, z_vals, rays_d):
    weights, _ = compute_weights(sigma[:-1], z_vals.diff() * rays_d.norm())
    return weights, (weights * z_vals[:-1]).sum()


def _linear_alpha(sigma, z_vals, rays_d):
    alphas = (sigma * _lengths(z_vals, rays_d)).clamp(max=1)
    weights = alphas * torch.cat([torch.ones(1), torch.cumprod(1 - alphas, 0)[:-1]])
    return weights, (weights * z_vals).sum()


def _middles(sigma, z_vals, rays_d):
    weights, _ = ray_depth(sigma, z_vals, rays_d)
    middles = torch.cat([(z_vals[1:] + z_vals[:-1]) / 2, z_vals[-1:]])
    return weights, (weights * middles).sum()


def _deepest(sigma, z_vals, rays_d):
    weights, _ = ray_depth(sigma, z_vals, rays_d)
    return weights, z_vals[weights.argmax()]


def _distance(sigma, z_vals, rays_d):
    weights, depth = ray_depth(sigma, z_vals, rays_d)
    return weights, depth * rays_d.norm()


check_depth_of_ray = Check(
    "ray_depth",
    ray_depth,
    ray,
    (
        Mistake("the last delta is missing: n samples have n intervals, the last one endless (1e10)",
                _without_last),
        Mistake("your last delta is 0: what reaches the last sample must end there; make it endless (1e10)",
                _by_deltas(lambda z, d: _lengths(z, d, 0.0))),
        Mistake("your last delta repeats the one before: light is lost behind it; P2 makes it endless (1e10)",
                _by_deltas(lambda z, d: _lengths(z, d, float(z[-1] - z[-2])))),
        Mistake("your deltas are differences of z; in metres they are |d| times that, d being longer than 1",
                _by_deltas(lambda z, d: torch.cat([z.diff(), torch.tensor([LAST_DELTA])]))),
        Mistake("your deltas look back; sample i stands for the piece up to the NEXT sample",
                _by_deltas(lambda z, d: torch.cat([z[:1], z.diff()]) * d.norm())),
        Mistake("alpha is not sigma * delta: a piece stops 1 - exp(-sigma delta) of the light", _linear_alpha),
        Mistake("your transmittance holds the sample's own alpha: T_i is what arrives BEFORE sample i",
                _by_weights(lambda a: a * torch.cumprod(1 - a, 0))),
        Mistake("there is no transmittance in it: a sample behind a wall is lit as if the wall were not there",
                _by_weights(lambda a: a)),
        Mistake("those are densities' shares, not weights: w_i = T_i alpha_i",
                lambda s, z, d: (s / s.sum(), (s / s.sum() * z).sum())),
        Mistake("weights are right, but the depth is of the heaviest sample; it is the sum of w z", _deepest),
        Mistake("weights are right, but the depth is taken at the intervals' middles; P2 takes z_i", _middles),
        Mistake("weights are right, but that is the distance along the ray; depth is along the axis, without |d|",
                _distance),
    ),
    "Even a ray that meets nothing has a depth: through the endless interval, that of its last sample.",
)  # fmt: skip


def logits() -> list[tuple]:
    """One ray through a little of class 1, then more of class 0, and air that is sure of class 2 without weight."""
    weights = torch.tensor([0.25, 0.5, 0.1, 0.0])
    return [(weights, torch.tensor([[0.0, 6.0, 1.0], [3.0, 0.5, 0.0], [2.0, 0.0, 1.0], [0.0, 0.0, 30.0]]))]


def pixel_classes(weights: Tensor, sem_logits: Tensor) -> Tensor:
    """The right answer: a pixel's class distribution; logits are averaged, the softmax comes last."""
    return torch.softmax(weights @ sem_logits, dim=-1)


check_softmax = Check(
    "pixel_classes",
    pixel_classes,
    logits,
    (
        Mistake("softmax before compositing: that averages probabilities; the papers average logits, softmax last",
                lambda w, s: w @ torch.softmax(s, -1)),
        Mistake("softmax before compositing (and then made to sum to 1); the papers average logits, softmax last",
                lambda w, s: w @ torch.softmax(s, -1) / w.sum()),
        Mistake("softmax before and after compositing: once is enough, after",
                lambda w, s: torch.softmax(w @ torch.softmax(s, -1), -1)),
        Mistake("no softmax yet: those are the pixel's logits", lambda w, s: w @ s),
        Mistake("you divided by the sum of the weights: light that is left over just adds no logits, so do not divide",
                lambda w, s: torch.softmax(w @ s / w.sum(), -1)),
        Mistake("every sample counts the same in yours: weigh the logits first",
                lambda w, s: torch.softmax(s.mean(0), -1)),
        Mistake("every sample counts the same in that sum: weigh the logits first",
                lambda w, s: torch.softmax(s.sum(0), -1)),
        Mistake("that is the heaviest sample's answer alone; all samples speak, by their weights",
                lambda w, s: torch.softmax(s[w.argmax()], -1)),
        Mistake("softmax went over the samples; it goes over the classes, the last axis",
                lambda w, s: w @ torch.softmax(s, 0)),
        Mistake("those are logarithms of probabilities: softmax, not log_softmax",
                lambda w, s: torch.log_softmax(w @ s, -1)),
    ),
    "Averaged logits decide; averaged probabilities mix.",
)  # fmt: skip


def place_samples(edges: Tensor, weights: Tensor, u: Tensor) -> Tensor:
    """The right answer: the z at which the running sum of the weights reaches u, linear within an interval."""
    return sample_pdf(edges[None], weights[None], u[None])[0]


def histogram() -> list[tuple]:
    return [
        (torch.tensor([0.0, 1.0, 1.5, 3.0, 4.0]), torch.tensor([0.2, 0.8, 0.1, 0.5]), torch.linspace(0.05, 0.95, 10))
    ]


def _cdf(weights, start=True, normalised=True):
    total = torch.cumsum(weights / weights.sum() if normalised else weights, 0)
    return torch.cat([torch.zeros(1), total]) if start else total


def _interval(edges, weights, u):
    return (torch.searchsorted(_cdf(weights), u, right=True) - 1).clamp(0, len(weights) - 1)


def _interpolated(cdf, z, u):
    upper = torch.searchsorted(cdf, u).clamp(1, len(cdf) - 1)
    share = ((u - cdf[upper - 1]) / (cdf[upper] - cdf[upper - 1])).clamp(0, 1)
    return z[upper - 1] + share * (z[upper] - z[upper - 1])


def _gaussian(edges, weights, u):
    middles, w = (edges[1:] + edges[:-1]) / 2, weights / weights.sum()
    mean = (w * middles).sum()
    return mean + (w * (middles - mean) ** 2).sum().sqrt() * torch.special.ndtri(u)


check_samples = Check(
    "place_samples",
    place_samples,
    histogram,
    (
        Mistake("your running sum does not start at 0: put a 0 in front, so that it has one entry an edge",
                lambda e, w, u: _interpolated(_cdf(w, start=False), e[1:], u)),
        Mistake("your running sum has no 0 in front, and its entries stand at the intervals' lower edges",
                lambda e, w, u: _interpolated(_cdf(w, start=False), e[:-1], u)),
        Mistake("your running sum does not end at 1: divide the weights by their sum",
                lambda e, w, u: _interpolated(_cdf(w, normalised=False), e, u)),
        Mistake("samples sit at the lower edge of their interval: go into it by how far u is between the two sums",
                lambda e, w, u: e[_interval(e, w, u)]),
        Mistake("samples sit in the middle of their interval: go into it by how far u is between the two sums",
                lambda e, w, u: (e[_interval(e, w, u)] + e[_interval(e, w, u) + 1]) / 2),
        Mistake("the weights have no part in it: those samples are even", lambda e, w, u: e[0] + u * (e[-1] - e[0])),
        Mistake("your weights are taken for densities: their intervals' lengths do not enter again",
                lambda e, w, u: _interpolated(_cdf(w * e.diff()), e, u)),
        Mistake("a Gaussian around the mean: where a ray has two surfaces, its samples lie in the air between",
                _gaussian),
    ),
    "Where the sum is steep, many samples land.",
    tolerance=1e-3,
)  # fmt: skip
