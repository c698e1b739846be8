"""The loops of `raymarching.propose` and of the proposal's loss: one ray after the other, all of it in the caches."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from numba import float32, uint64

from semnerf_lib.machine.kernels import ONE, STEP, cell_edges, compiled_loop
from semnerf_lib.machine.ray_kernels import SUMS, ZERO, length_of, place, to_exponents


@cache
def proposal_forward(least: float, most: float) -> Callable:
    """The loop of a proposal's weights and of the depths that it proposes.

    Args:
        least: transmittance below which a ray is not followed.
        most: the largest exponent of a density.
    """
    least, most = np.float32(least), np.float32(most)

    @compiled_loop(fastmath=SUMS)
    def forward(table, sizes, offsets, bounds, shell, thin, rays_o, rays_d, z, far, u, last, floor, outs, start, stop):
        weights, opticals, fine = outs
        n_samples = z.shape[1]
        x, cdf = np.empty((3, n_samples), np.float32), np.empty(n_samples + 1, np.float32)
        for r in range(start, stop):
            length, left = float32(length_of(rays_d, r)), ONE
            place(x, r, z, rays_o, rays_d, bounds, shell)
            for s in range(n_samples):
                weights[r, s] = ZERO
                opticals[r, s] = ZERO
                if left < least:
                    continue
                (a, b, c, d), (wa, wb, wc, wd), t = cell_edges(x, s, sizes, offsets, uint64(0))
                lower = wa * table[a, 0] + wb * table[b, 0] + wc * table[c, 0] + wd * table[d, 0]
                upper = wa * table[a + STEP, 0] + wb * table[b + STEP, 0]
                upper += wc * table[c + STEP, 0] + wd * table[d + STEP, 0]
                exponent = (ONE - t) * lower + t * upper + thin
                delta = (z[r, s + 1] - z[r, s] if s < n_samples - 1 else last) * length
                optical = math.exp(most if exponent > most else exponent) * delta
                passed = left * math.exp(-optical)
                weights[r, s], left = left - passed, passed
                opticals[r, s] = -optical if exponent > most else optical
            cdf[0] = ZERO
            for s in range(n_samples):
                cdf[s + 1] = cdf[s] + weights[r, s] + floor
            total, k = cdf[n_samples], 0
            for i in range(u.shape[1]):
                wanted = u[r, i] * total
                while k < n_samples - 1 and cdf[k + 1] <= wanted:
                    k += 1
                share = (wanted - cdf[k]) / (cdf[k + 1] - cdf[k])
                above = z[r, k + 1] if k < n_samples - 1 else far[r, 0]
                fine[r, i] = z[r, k] + min(max(share, ZERO), ONE) * (above - z[r, k])

    return forward


@compiled_loop(fastmath=SUMS)
def proposal_backward(
    sizes, offsets, bounds, shell, rays_o, rays_d, z, weights, opticals, grad, totals, n_rays, start, stop
):
    n_samples = z.shape[1]
    x, raw = np.empty((3, n_samples), np.float32), np.empty(n_samples, np.float32)
    for part in range(start, stop):
        total = totals[part]
        total[:] = ZERO
        for r in range(part * n_rays, min((part + 1) * n_rays, len(z))):
            to_exponents(grad[r], weights, opticals, r, n_samples, raw)
            place(x, r, z, rays_o, rays_d, bounds, shell)
            for s in range(n_samples):
                g = raw[s]
                if g == ZERO:
                    continue
                (a, b, c, d), (wa, wb, wc, wd), t = cell_edges(x, s, sizes, offsets, uint64(0))
                for row, weight in ((a, wa * g), (b, wb * g), (c, wc * g), (d, wd * g)):
                    total[row, 0] += weight * (ONE - t)
                    total[row + STEP, 0] += weight * t


@compiled_loop()
def cover(z_coarse, w_coarse, z_fine, w_fine, losses, grad, start, stop):
    """`losses.proposal_loss` of rays start ... stop - 1, each by itself, and its gradient for the coarse weights."""
    n, m = z_coarse.shape[1], z_fine.shape[1]
    total, change = np.empty(n + 1, np.float32), np.empty(n + 1, np.float32)
    for r in range(start, stop):
        total[0] = change[0] = ZERO
        for k in range(n):
            total[k + 1] = total[k] + w_coarse[r, k]
            change[k + 1] = ZERO
        first, last, loss = 0, 0, ZERO
        for i in range(m):
            while first < n - 1 and z_coarse[r, first + 1] <= z_fine[r, i]:
                first += 1
            if i == m - 1:
                last = n
            while last < n and z_coarse[r, last] < z_fine[r, min(i + 1, m - 1)]:
                last += 1
            w = w_fine[r, i]
            short = w - (total[last] - total[first])
            if not short <= ZERO:  # which NaN is not either
                loss += short * short / (w + float32(1e-7))
                slope = float32(-2) * short / (w + float32(1e-7))
                change[first] += slope
                change[last] -= slope
        losses[r] = loss
        slope = ZERO
        for k in range(n):
            slope += change[k]
            grad[r, k] = slope
