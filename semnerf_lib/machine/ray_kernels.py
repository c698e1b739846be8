"""The loops of `raymarching`, compiled by Numba for a CPU: one ray after the other, all of it in the caches.

What is kept on disk for the next process, and why rows are unsigned, is said in `kernels`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from numba import float32, njit, uint64

from semnerf_lib.machine.kernels import ONE, STEP, _edges, compiled_loop

ZERO = np.float32(0)
SUMS = {"contract", "reassoc"}
"""What the compiler may do to sums: add in another order, which lets it use wide registers. NaN stays NaN."""


@njit(inline="always")
def _unit(value, lower, upper, shell):
    """One coordinate of `grid.Box`: metres to the unit cube."""
    if shell == ZERO:
        x = (value - lower) / (upper - lower)
        if x < ZERO:
            x = ZERO
        elif x > ONE:
            x = ONE
        return x
    u = (value - (lower + upper) / float32(2)) / ((upper - lower) / float32(2))
    inside = ONE - shell
    if abs(u) > ONE:
        squeezed = ONE - shell / (ONE + (abs(u) - ONE) * inside / shell)
        u = squeezed if u > ZERO else -squeezed
    else:
        u = inside * u
    return (u + ONE) / float32(2)


@njit(inline="always")
def _place(x, p, r, z, rays_o, rays_d, bounds, shell):
    """Writes the place in the unit cube of ray r at depth z into x[p]."""
    for axis in range(3):
        x[p, axis] = _unit(rays_o[r, axis] + z * rays_d[r, axis], bounds[0, axis], bounds[1, axis], shell)


@njit(inline="always")
def _length(rays_d, r):
    return math.sqrt(rays_d[r, 0] ** 2 + rays_d[r, 1] ** 2 + rays_d[r, 2] ** 2)


@njit(inline="always")
def _to_exponents(grad, weights, opticals, r, n, out):
    """From the gradient of ray r's first n weights that of the exponents of its densities, into `out`.

    An optical depth sigma delta whose exponent was held at its limit is kept with a minus.
    """
    left = ONE
    for s in range(n):
        left *= math.exp(-abs(opticals[r, s]))
        out[s] = left
    behind = ZERO
    for s in range(n - 1, -1, -1):
        out[s] = (grad[s] * out[s] - behind) * max(opticals[r, s], ZERO)
        behind += grad[s] * weights[r, s]


@cache
def proposal_loops(least: float, most: float) -> tuple[Callable, Callable]:
    """The two loops of `raymarching.propose`.

    Args:
        least: transmittance below which a ray is not followed.
        most: the largest exponent of a density.
    """
    least, most = np.float32(least), np.float32(most)

    @compiled_loop(fastmath=SUMS)
    def forward(table, sizes, offsets, bounds, shell, thin, rays_o, rays_d, z, far, u, last, floor, outs, start, stop):
        weights, opticals, fine = outs
        n_samples = z.shape[1]
        x, cdf = np.empty((1, 3), np.float32), np.empty(n_samples + 1, np.float32)
        for r in range(start, stop):
            length, left = float32(_length(rays_d, r)), ONE
            for s in range(n_samples):
                weights[r, s] = ZERO
                opticals[r, s] = ZERO
                if left < least:
                    continue
                _place(x, 0, r, z[r, s], rays_o, rays_d, bounds, shell)
                (a, b, c, d), (wa, wb, wc, wd), t = _edges(x, uint64(0), sizes, offsets, uint64(0))
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

    @compiled_loop(fastmath=SUMS)
    def backward(
        sizes, offsets, bounds, shell, rays_o, rays_d, z, weights, opticals, grad, totals, n_rays, start, stop
    ):
        n_samples = z.shape[1]
        x, raw = np.empty((1, 3), np.float32), np.empty(n_samples, np.float32)
        for part in range(start, stop):
            total = totals[part]
            total[:] = ZERO
            for r in range(part * n_rays, min((part + 1) * n_rays, len(z))):
                _to_exponents(grad[r], weights, opticals, r, n_samples, raw)
                for s in range(n_samples):
                    g = raw[s]
                    if g == ZERO:
                        continue
                    _place(x, 0, r, z[r, s], rays_o, rays_d, bounds, shell)
                    (a, b, c, d), (wa, wb, wc, wd), t = _edges(x, uint64(0), sizes, offsets, uint64(0))
                    for row, weight in ((a, wa * g), (b, wb * g), (c, wc * g), (d, wd * g)):
                        total[row, 0] += weight * (ONE - t)
                        total[row + STEP, 0] += weight * t

    return forward, backward


@cache
def field_loops(n_in: int, width: int, keeps: bool, least: float, most: float) -> tuple[Callable, ...]:
    """The loops of `raymarching.march`: forward, backward, and the gradient's way into the grids.

    Args:
        n_in: numbers that are read of the grids for a point, two a level.
        width: of the hidden layer.
        keeps: whether what the way back needs is kept.
        least, most: see `proposal_loops`.
    """
    least, most = np.float32(least), np.float32(most)
    n_levels = n_in // 2

    @compiled_loop(fastmath=SUMS)
    def forward(
        table, sizes, offsets, bounds, shell, thin, rays_o, rays_d, z, last, matrix, bias, out, outs, start, stop
    ):
        weights, opticals, live, x, features, hidden, summed = outs
        n_samples, h = z.shape[1], np.empty(width, np.float32)
        for r in range(start, stop):
            length, left = float32(_length(rays_d, r)), ONE
            live[r] = n_samples
            for j in range(width):
                summed[r, j] = ZERO
            for s in range(n_samples):
                p = r * n_samples + s if keeps else start
                if left < least:
                    live[r] = min(live[r], s)
                    weights[r, s] = ZERO
                    if keeps:
                        for j in range(width):
                            hidden[p, j] = ZERO
                    continue
                _place(x, p, r, z[r, s], rays_o, rays_d, bounds, shell)
                for level in range(n_levels):
                    (a, b, c, d), (wa, wb, wc, wd), t = _edges(x, uint64(p), sizes, offsets, uint64(level))
                    for f in range(2):
                        lower = wa * table[a, f] + wb * table[b, f] + wc * table[c, f] + wd * table[d, f]
                        upper = wa * table[a + STEP, f] + wb * table[b + STEP, f]
                        upper += wc * table[c + STEP, f] + wd * table[d + STEP, f]
                        features[p, level * 2 + f] = (ONE - t) * lower + t * upper
                exponent = out[width] + thin
                for j in range(width):
                    value = bias[j]
                    for i in range(n_in):
                        value += features[p, i] * matrix[i, j]
                    h[j] = ZERO if value < ZERO else value
                    exponent += h[j] * out[j]
                delta = (z[r, s + 1] - z[r, s] if s < n_samples - 1 else last) * length
                optical = math.exp(most if exponent > most else exponent) * delta
                passed = left * math.exp(-optical)
                w, left = left - passed, passed
                weights[r, s] = w
                for j in range(width):
                    summed[r, j] += w * h[j]
                if keeps:
                    opticals[r, s] = -optical if exponent > most else optical
                    for j in range(width):
                        hidden[p, j] = h[j]

    @compiled_loop(fastmath=SUMS)
    def backward(matrix, out, saved, grads, colours, totals, n_rays, start, stop):
        weights, opticals, live, features, hidden = saved
        grad_weights, grad_summed, grad_hidden, grad_features = grads
        n_samples = weights.shape[1]
        g, raw, dh = np.empty(n_samples, np.float32), np.empty(n_samples, np.float32), np.empty(width, np.float32)
        for part in range(start, stop):
            of_matrix, of_bias, of_out = totals[0][part], totals[1][part], totals[2][part]
            of_matrix[:] = ZERO
            of_bias[:] = ZERO
            of_out[:] = ZERO
            for r in range(part * n_rays, min((part + 1) * n_rays, len(weights))):
                n, summed = live[r], grad_summed[r]
                for s in range(n):
                    h, dot = hidden[r * n_samples + s], ZERO
                    for j in range(width):
                        dot += summed[j] * h[j]
                    g[s] = dot + grad_weights[r, s]
                _to_exponents(g, weights, opticals, r, n, raw)
                for s in range(n):
                    p, w, slope = r * n_samples + s, weights[r, s], raw[s]
                    h = hidden[p]
                    for j in range(width):
                        dh[j] = w * summed[j] + slope * out[j]
                    if colours:
                        for j in range(width):
                            dh[j] += grad_hidden[p, j]
                    for j in range(width):
                        dh[j] = dh[j] if h[j] > ZERO else ZERO
                        of_bias[j] += dh[j]
                        of_out[j] += slope * h[j]
                    of_out[width] += slope
                    for i in range(n_in):
                        f, dot, row, sums = features[p, i], ZERO, matrix[i], of_matrix[i]
                        for j in range(width):
                            sums[j] += f * dh[j]
                            dot += row[j] * dh[j]
                        grad_features[p, i] = dot

    @compiled_loop()
    def scatter(grad, x, live, sizes, offsets, total, start, stop):
        n_samples = len(x) // len(live)
        for level in range(uint64(start), uint64(stop)):
            first, size = uint64(offsets[level]), uint64(sizes[level, 0] * sizes[level, 1] * sizes[level, 2])
            total[first : first + size] = 0
            for r in range(len(live)):
                for s in range(live[r]):
                    p = uint64(r * n_samples + s)
                    (a, b, c, d), (wa, wb, wc, wd), t = _edges(x, p, sizes, offsets, level)
                    for f in range(2):
                        g = grad[p, level * uint64(2) + uint64(f)]
                        for row, weight in ((a, wa * g), (b, wb * g), (c, wc * g), (d, wd * g)):
                            total[row, f] += weight * (ONE - t)
                            total[row + STEP, f] += weight * t

    return forward, backward, scatter


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
                pull = float32(-2) * short / (w + float32(1e-7))
                change[first] += pull
                change[last] -= pull
        losses[r] = loss
        pull = ZERO
        for k in range(n):
            pull += change[k]
            grad[r, k] = pull
