"""interpolation: the plain way against scipy and the numerical gradient, the compiled way against the plain one."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy.interpolate import RegularGridInterpolator

from semnerf_lib.machine.interpolation import interpolate, trilinear

SIZES = torch.tensor([[2, 3, 4], [5, 5, 5], [9, 4, 7]])
COUNTS = SIZES.prod(1)
OFFSETS = COUNTS.cumsum(0) - COUNTS


def a_table(n_features: int, dtype=torch.float32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(int(COUNTS.sum()), n_features, generator=generator, dtype=dtype).requires_grad_()


def some_points(n: int = 400) -> torch.Tensor:
    corners = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 3)
    return torch.cat([torch.rand(n, 3, generator=torch.Generator().manual_seed(1)), corners])


@pytest.mark.parametrize("way", [trilinear, interpolate])
@pytest.mark.parametrize("n_features", [1, 2, 3])
def test_values_are_scipys(way, n_features):
    table, x = a_table(n_features), some_points()
    expected = []
    for part, size in zip(table.detach().split(COUNTS.tolist()), SIZES.tolist(), strict=True):
        axes = [np.linspace(0, 1, n) for n in size]
        values = part.reshape(*size, n_features).double().numpy()
        expected.append(RegularGridInterpolator(axes, values)(x.numpy()))
    got = way(table, x, SIZES, OFFSETS)
    assert got.shape == (len(x), 3 * n_features)
    np.testing.assert_allclose(got.detach(), np.concatenate(expected, -1), atol=1e-5)


def test_plain_gradient_is_the_numerical_one():
    x = some_points(6).double()
    assert torch.autograd.gradcheck(lambda t: trilinear(t, x, SIZES, OFFSETS), a_table(2, torch.float64))


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("n_features", [1, 2, 3])
def test_compiled_values_and_gradients_are_the_plain_ones(cores, n_features, threads):
    cores(threads)
    table, x = a_table(n_features), some_points() * 1.4 - 0.2  # some outside: extrapolated
    plain, compiled = trilinear(table, x, SIZES, OFFSETS), interpolate(table, x, SIZES, OFFSETS)
    torch.testing.assert_close(compiled, plain, atol=1e-5, rtol=1e-5)
    pull = torch.randn_like(plain)
    (expected,) = torch.autograd.grad(plain, table, pull)
    (gradient,) = torch.autograd.grad(compiled, table, pull)
    torch.testing.assert_close(gradient, expected, atol=1e-4, rtol=1e-5)


def test_rows_that_no_point_reads_get_no_gradient():
    table = a_table(2)
    (gradient,) = torch.autograd.grad(interpolate(table, torch.full((1, 3), 0.01), SIZES, OFFSETS).sum(), table)
    assert (gradient != 0).any(-1).sum() == 3 * 8


def test_sums_do_not_depend_on_the_number_of_threads(cores):
    results = []
    table, x = a_table(2), some_points(5_000)
    pull = torch.randn(len(x), 6, generator=torch.Generator().manual_seed(2))
    for threads in (1, 2, 3):
        cores(threads)
        out = interpolate(table, x, SIZES, OFFSETS)
        results.append((out.detach(), *torch.autograd.grad(out, table, pull)))
    assert all(torch.equal(a, b) for other in results[1:] for a, b in zip(results[0], other, strict=True))


@pytest.mark.parametrize("way", [trilinear, interpolate])
def test_a_point_that_is_nan_comes_out_as_nan(way):
    x = torch.full((2, 3), 0.5)
    x[1, 1] = torch.nan
    out = way(a_table(2), x, SIZES, OFFSETS)
    assert out[0].isfinite().all() and out[1].isnan().all()


@pytest.mark.parametrize("way", [trilinear, interpolate])
def test_no_point_is_no_error(way):
    assert way(a_table(2), torch.zeros(0, 3), SIZES, OFFSETS).shape == (0, 6)


def test_a_second_process_compiles_nothing(tmp_path):
    code = """
import torch
from semnerf_lib.machine.interpolation import interpolate
from semnerf_lib.machine.kernels import compiled
table = torch.zeros(8, 2, requires_grad=True)
interpolate(table, torch.rand(5, 3), torch.tensor([[2, 2, 2]]), torch.tensor([0])).sum().backward()
print(*(sum(loop.stats.cache_misses.values()) for loop in compiled(2)))
"""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    said = [
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert [text.split() for text in said] == [["1", "1"], ["0", "0"]]


def test_points_get_the_gradient_of_the_plain_way():
    table, x = a_table(2), some_points(20).requires_grad_()
    wanted = torch.autograd.grad(trilinear(table, x, SIZES, OFFSETS).square().sum(), (table, x))
    gradients = torch.autograd.grad(interpolate(table, x, SIZES, OFFSETS).square().sum(), (table, x))
    for gradient, its in zip(gradients, wanted, strict=True):
        assert its.abs().sum() > 0 and torch.equal(gradient, its)
