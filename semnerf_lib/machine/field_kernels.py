"""The loops of `raymarching.march`, compiled for the shape of a field: one ray after the other, all in the caches."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from numba import float32, uint64

from semnerf_lib.machine.kernels import ONE, STEP, cell_edges, compiled_loop
from semnerf_lib.machine.ray_kernels import SUMS, ZERO, length_of, place, to_exponents


@cache
def field_forward(n_in: int, width: int, keeps: bool, least: float, most: float) -> Callable:
    """The loop of a field's weights and composited hidden values.

    Args:
        n_in: numbers that are read of the grids for a point, two a level.
        width: of the hidden layer.
        keeps: whether what the way back needs is kept.
        least, most: see `proposal_kernels.proposal_forward`.
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
            length, left = float32(length_of(rays_d, r)), ONE
            live[r] = n_samples
            place(x[r], r, z, rays_o, rays_d, bounds, shell)
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
                for level in range(n_levels):
                    (a, b, c, d), (wa, wb, wc, wd), t = cell_edges(x[r], s, sizes, offsets, uint64(level))
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

    return forward


@cache
def field_backward(n_in: int, width: int) -> Callable:
    """The loop of the gradients of the field's layers and of what it read of the grids (see `field_forward`)."""

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
                to_exponents(g, weights, opticals, r, n, raw)
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

    return backward


@compiled_loop()
def scatter(grad, x, live, sizes, offsets, total, start, stop):
    n_samples = x.shape[2]
    for level in range(uint64(start), uint64(stop)):
        first, size = uint64(offsets[level]), uint64(sizes[level, 0] * sizes[level, 1] * sizes[level, 2])
        total[first : first + size] = 0
        for r in range(len(live)):
            for s in range(live[r]):
                p = uint64(r * n_samples + s)
                (a, b, c, d), (wa, wb, wc, wd), t = cell_edges(x[r], s, sizes, offsets, level)
                for f in range(2):
                    g = grad[p, level * uint64(2) + uint64(f)]
                    for row, weight in ((a, wa * g), (b, wb * g), (c, wc * g), (d, wd * g)):
                        total[row, f] += weight * (ONE - t)
                        total[row + STEP, f] += weight * t
