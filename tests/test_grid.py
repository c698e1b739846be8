"""grid: what its levels hold, and the box that maps a room into it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from semnerf_lib.grid import THIN, Box, DensityGrid, FeatureGrid, GridField, density

SIZES = [(2, 3, 4), (5, 5, 5), (9, 4, 7)]


def test_linear_functions_are_reproduced():
    grid = FeatureGrid(SIZES, 2)
    slope = np.array([[1.0, -2.0], [0.5, 3.0], [-1.0, 0.25]])
    rows = []
    for size in SIZES:
        points = np.stack(np.meshgrid(*(np.linspace(0, 1, n) for n in size), indexing="ij"), -1)
        rows.append((points @ slope + [0.5, -1]).reshape(-1, 2))
    with torch.no_grad():
        grid.table.copy_(torch.tensor(np.concatenate(rows)))
    x = np.random.default_rng(1).random((100, 3))
    np.testing.assert_allclose(
        grid(torch.tensor(x, dtype=torch.float32)).detach(), np.tile(x @ slope + [0.5, -1], 3), atol=2e-6
    )


BOUNDS = torch.tensor([[-2.0, -1.0, 0.0], [2.0, 3.0, 2.5]])


def test_box_maps_corners_to_zero_and_one():
    box = Box(BOUNDS, 0.0)
    assert torch.equal(box(BOUNDS), torch.tensor([[0.0] * 3, [1.0] * 3]))
    torch.testing.assert_close(box(BOUNDS.mean(0)), torch.full((3,), 0.5))
    assert torch.equal(box(torch.tensor([[9.0, 1.0, -4.0]])), torch.tensor([[1.0, 0.5, 0.0]]))


def test_shell_keeps_the_inside_linear_and_the_outside_below_one():
    box = Box(BOUNDS, 0.25)
    torch.testing.assert_close(box(BOUNDS), torch.tensor([[0.125] * 3, [0.875] * 3]))
    centre, half = BOUNDS.mean(0), (BOUNDS[1] - BOUNDS[0]) / 2
    for u in (-0.9, -0.2, 0.4, 1.0):
        torch.testing.assert_close(box(centre + u * half), torch.full((3,), (0.75 * u + 1) / 2))
    for u in (1.5, 10.0, 1e3):
        mapped = box(centre + u * half)
        torch.testing.assert_close(mapped, torch.full((3,), (1 - 0.25 / (1 + (u - 1) * 3) + 1) / 2))
        assert (mapped > 0.875).all() and (mapped < 1).all()
    far = box(torch.tensor([[1e12, -1e12, 0.0]]))
    assert (far >= 0).all() and (far <= 1).all()


@pytest.mark.parametrize("sign", [-1, 1])
def test_shell_is_continuous_and_smooth_at_the_face(sign):
    box = Box(BOUNDS.double(), 0.25)
    centre, half = BOUNDS.mean(0).double(), ((BOUNDS[1] - BOUNDS[0]) / 2).double()
    at, eps = 1.0, 1e-4
    below, face, above = (box((centre + sign * (at + e) * half)[None])[0] for e in (-eps, 0, eps))
    slope_in, slope_out = (face - below) / eps, (above - face) / eps
    torch.testing.assert_close(slope_in, torch.full((3,), sign * 0.375, dtype=torch.float64), atol=1e-5, rtol=0)
    torch.testing.assert_close(slope_out, slope_in, atol=1e-3, rtol=0)


def test_shell_is_monotonous():
    u = torch.linspace(-30, 30, 2001)[:, None].expand(-1, 3)
    assert (Box(BOUNDS, 0.25)(u).diff(dim=0) > 0).all()


def test_exit_is_where_a_march_leaves_the_box():
    g = torch.Generator().manual_seed(0)
    rays_o = BOUNDS[0] + torch.rand(40, 3, generator=g) * (BOUNDS[1] - BOUNDS[0])
    rays_d = torch.randn(40, 3, generator=g)
    rays_d[:3] = torch.eye(3)
    rays_d[3:6] = -torch.eye(3)
    z = torch.linspace(0, 40, 40_001)[:, None, None]
    points = rays_o + z * rays_d
    inside = ((points >= BOUNDS[0]) & (points <= BOUNDS[1])).all(-1)
    last_inside = inside.float().cumprod(0).sum(0) * 1e-3 - 1e-3
    got = Box(BOUNDS, 0.0).exit(rays_o, rays_d)
    assert got.shape == (40, 1)
    shorter = last_inside < 39
    assert shorter.sum() > 35
    torch.testing.assert_close(got[shorter, 0], last_inside[shorter] + 5e-4, atol=1.5e-3, rtol=0)


def test_resolution_gives_about_as_many_cubes_as_wanted():
    for n_cells in (1_000, 60_000, 1_600_000):
        cells = np.array(Box(BOUNDS, 0.0).resolution(n_cells)) - 1
        assert abs(cells.prod() / n_cells - 1) < 0.1
        sides = (BOUNDS[1] - BOUNDS[0]).numpy() / cells
        assert sides.max() / sides.min() < 1.1
    assert Box(BOUNDS, 0.0).resolution(4 * 4 * 2.5 * 8) == (9, 9, 6)
    assert Box(BOUNDS, 0.0).resolution(0.001) == (2, 2, 2)


def test_density_is_positive_and_bounded():
    raw = torch.tensor([-1e30, -3.0, 0.0, 5.0, 12.0, 1e30], requires_grad=True)
    sigma = density(raw)
    sigma.sum().backward()
    torch.testing.assert_close(sigma[1:4], torch.exp(raw[1:4] + THIN))
    assert (sigma >= 0).all() and sigma.isfinite().all() and raw.grad.isfinite().all()
    assert density(torch.zeros(1, dtype=torch.bfloat16)).dtype == torch.float32


def test_a_new_field_lets_light_reach_the_far_side():
    box = Box(BOUNDS, 0.0)
    points = torch.rand(500, 1, 3) * (BOUNDS[1] - BOUNDS[0]) + BOUNDS[0]
    for field in (GridField(4, box, 30, 2000, 3), DensityGrid(box, 500)):
        left = torch.exp(-3 * field(points, torch.ones(500, 3)).sigma)
        assert 0.4 < left.min() and left.max() < 0.65


def test_grid_field_shapes_and_colour_head():
    box = Box(BOUNDS, 0.0)
    points, viewdirs = torch.rand(5, 7, 3), torch.randn(5, 3)
    plain, coloured = GridField(4, box, 30, 200, 2, width=16), GridField(4, box, 30, 200, 2, width=16, rgb=True)
    out = plain(points, viewdirs)
    assert out.sigma.shape == (5, 7) and out.sem_logits.shape == (5, 7, 4) and out.rgb is None
    a, b = coloured(points, viewdirs), coloured(points, -viewdirs)
    assert a.rgb.shape == (5, 7, 3) and not torch.equal(a.rgb, b.rgb)
    assert torch.equal(a.sigma, b.sigma) and torch.equal(a.sem_logits, b.sem_logits)


def test_levels_are_a_geometric_series_from_coarsest_to_finest():
    box = Box(BOUNDS, 0.0)
    field = GridField(4, box, 40, 40 * 64**2, 3)
    sizes = [tuple(size) for size in field.grid.sizes.tolist()]
    assert sizes == [box.resolution(n) for n in (40, 40 * 64, 40 * 64**2)] == [(5, 5, 3), (17, 17, 11), (65, 65, 41)]
    assert len(field.grid.table) == sum(np.prod(size) for size in sizes)


def test_density_grid_reads_its_own_grid():
    grid = DensityGrid(Box(BOUNDS, 0.0), 300)
    with torch.no_grad():
        grid.grid.table.fill_(1.5)
    out = grid(torch.rand(3, 4, 3), torch.randn(3, 3))
    torch.testing.assert_close(out.sigma, torch.full((3, 4), float(np.exp(1.5 + THIN))))
    assert out.sem_logits is None and out.rgb is None


def test_nan_and_infinity_come_out_as_such_and_break_no_index():
    grid = FeatureGrid(SIZES, 2)
    x = torch.tensor([[torch.nan, 0.5, 0.5], [0.2, torch.inf, 0.1], [0.2, 0.1, -torch.inf], [0.1, 0.2, 0.3]])
    out = grid(x)
    assert not out[:3].isfinite().any() and out[3].isfinite().all()


@pytest.mark.parametrize("shell", [0.0, 0.25])
def test_inverse_of_the_box_is_its_inverse(shell):
    box = Box(torch.tensor([[-1.0, 0.0, 2.0], [3.0, 4.0, 5.0]]), shell)
    x = torch.rand(500, 3, generator=torch.Generator().manual_seed(0)) * 0.996 + 0.002
    torch.testing.assert_close(box(box.inverse(x)), x, atol=1e-4, rtol=0)
    assert box.inverse(torch.tensor([[0.0, 1.0, 0.5]])).isfinite().all()
