"""sampling: strata, and the inverse CDF against an independent loop."""

from __future__ import annotations

import bisect

import numpy as np
import pytest
import torch

from semnerf_lib.sampling import even_or_random_u, sample_pdf, stratified


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def near_far(n: int, near: float = 0.1, far: float = 10.0):
    return torch.full((n, 1), near), torch.full((n, 1), far)


def looped_inverse_cdf(bins, weights, u, floor=1e-5):
    """The same in Python floats: add up the histogram until its mass reaches u."""
    mass = [w + floor for w in weights]
    total, cdf = sum(mass), [0.0]
    for m in mass:
        cdf.append(cdf[-1] + m / total)
    i = min(max(bisect.bisect_right(cdf, u), 1), len(bins) - 1)
    t = (u - cdf[i - 1]) / (cdf[i] - cdf[i - 1])
    return bins[i - 1] + min(max(t, 0.0), 1.0) * (bins[i] - bins[i - 1])


def test_even_samples():
    z_vals = stratified(*near_far(2, 1.0, 3.0), 5)
    torch.testing.assert_close(z_vals, torch.tensor([[1.0, 1.5, 2.0, 2.5, 3.0]] * 2))


def test_each_ray_has_its_own_near_and_far():
    near, far = torch.tensor([[0.1], [1.0]]), torch.tensor([[10.0], [2.0]])
    z_vals = stratified(near, far, 64, torch.rand(2, 64, generator=generator()))
    assert (z_vals >= near).all() and (z_vals <= far).all()


def test_stratified_stays_in_its_strata_and_fills_them():
    near, far = near_far(2000)
    even = stratified(near[:1], far[:1], 64)[0]
    ends = torch.cat([even[:1], (even[1:] + even[:-1]) / 2, even[-1:]])
    z_vals = stratified(near, far, 64, torch.rand(2000, 64, generator=generator()))
    assert (z_vals >= ends[:-1]).all() and (z_vals <= ends[1:]).all()
    spread = (z_vals - ends[:-1]) / (ends[1:] - ends[:-1])
    assert (spread.min(0).values < 0.01).all() and (spread.max(0).values > 0.99).all()
    low, high = (stratified(near[:1], far[:1], 64, torch.full((1, 64), j))[0] for j in (0.0, 1.0))
    torch.testing.assert_close(low, ends[:-1])
    torch.testing.assert_close(high, ends[1:])


def test_inverse_cdf_agrees_with_an_independent_loop():
    g = generator(1)
    bins = torch.rand(6, 12, generator=g, dtype=torch.float64).sort(-1).values * 9 + 0.1
    weights = torch.rand(6, 11, generator=g, dtype=torch.float64) ** 6
    weights[1, 3:7] = 0
    u = torch.rand(6, 40, generator=g, dtype=torch.float64)
    got = sample_pdf(bins, weights, u)
    for r in range(6):
        b, w = bins[r].tolist(), weights[r].tolist()
        expected = [looped_inverse_cdf(b, w, value) for value in u[r].tolist()]
        np.testing.assert_allclose(got[r], expected, rtol=1e-12)
    single = sample_pdf(bins.float(), weights.float(), u.float())
    cumulated = torch.tensor(
        [[looped_inverse_cdf(bins[r].tolist(), weights[r].tolist(), x) for x in u[r].tolist()] for r in range(6)]
    )
    # in float32 the answer may move, but only where the histogram is thin: compare masses, not places
    for r in range(6):
        mass = np.cumsum(np.r_[0, weights[r].numpy() + 1e-5])
        mass /= mass[-1]
        np.testing.assert_allclose(
            np.interp(single[r], bins[r], mass), np.interp(cumulated[r], bins[r], mass), atol=2e-6
        )


def test_histogram_of_samples_converges_to_the_pdf():
    bins = torch.tensor([[0.0, 1.0, 1.5, 4.0, 5.0]])
    weights = torch.tensor([[0.1, 0.4, 0.0, 0.5]])
    n = 200_000
    z_vals = sample_pdf(bins, weights, torch.rand(1, n, generator=generator()))
    counts = np.histogram(z_vals, bins[0])[0] / n
    np.testing.assert_allclose(counts, weights[0], atol=5 * np.sqrt(0.25 / n) + 1e-4)
    inside = z_vals[(z_vals >= 1.0) & (z_vals < 1.5)]
    assert inside.mean().item() == pytest.approx(1.25, abs=0.005)


def test_delta_like_weight_takes_all_samples():
    weights = torch.zeros(1, 63)
    weights[0, 20] = 1.0
    bins = torch.linspace(0.1, 10, 64)[None]
    z_vals = sample_pdf(bins, weights, even_or_random_u(1, 128, "cpu", None))
    assert ((z_vals >= bins[0, 20]) & (z_vals <= bins[0, 21])).all()


def test_zero_weights_sample_evenly():
    bins = torch.linspace(0, 1, 11)[None]
    u = torch.rand(1, 100, generator=generator())
    torch.testing.assert_close(sample_pdf(bins, torch.zeros(1, 10), u), u, atol=1e-6, rtol=0)


def test_ends_are_reached_and_never_passed():
    bins = torch.tensor([[1.0, 2.0, 2.0, 5.0]])
    for weights in ([[0.0, 0.0, 0.0]], [[1.0, 5.0, 0.0]], [[1e8, 0.0, 1e-8]]):
        z_vals = sample_pdf(bins, torch.tensor(weights), torch.tensor([[0.0, 0.5, 1 - 2**-24, 1.0]]))
        assert z_vals[0, 0] == 1.0 and z_vals[0, -1] <= 5.0
        assert z_vals[0, -1] == 5.0 or weights[0][0] == 1e8  # beside 1e8 a float32 has no room for the floor
        assert (z_vals.diff(dim=-1) >= 0).all() and z_vals.isfinite().all()


def test_samples_ascend_where_u_does():
    g = generator(2)
    bins = torch.rand(500, 64, generator=g).sort(-1).values * 10
    weights = torch.rand(500, 63, generator=g) ** 20
    z_vals = sample_pdf(bins, weights, even_or_random_u(500, 128, "cpu", g))
    assert (z_vals.diff(dim=-1) >= 0).all()


def test_samples_carry_no_gradient():
    weights = torch.rand(2, 9, requires_grad=True)
    assert not sample_pdf(torch.linspace(0, 1, 10).expand(2, 10), weights, torch.rand(2, 5)).requires_grad


def test_u_is_centred_without_generator_and_stratified_with():
    even = even_or_random_u(3, 4, "cpu", None)
    torch.testing.assert_close(even, torch.tensor([[0.125, 0.375, 0.625, 0.875]] * 3))
    u = even_or_random_u(1000, 8, "cpu", generator())
    assert torch.equal((u * 8).floor(), torch.arange(8.0).expand(1000, 8))
    assert not torch.equal(u[0], u[1])
    assert torch.equal(u, even_or_random_u(1000, 8, "cpu", generator()))
