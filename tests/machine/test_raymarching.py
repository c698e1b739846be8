"""raymarching: the compiled loops against the plain renderer and its gradient, for any number of cores."""

from __future__ import annotations

import pytest
import torch

from semnerf_lib.grid import Box, DensityGrid, GridField, render_grids
from semnerf_lib.losses import photometric_loss, proposal_loss, semantic_loss
from semnerf_lib.machine import field_kernels
from semnerf_lib.machine.raymarching import LEAST
from semnerf_lib.rendering import Rendered, render_proposal

BOUNDS = torch.tensor([[-2.0, -1.0, 0.0], [2.0, 3.0, 2.5]])
N_RAYS, N_CLASSES = 230, 7


def some_grids(shell: float, rgb: bool, spread: float = 0.5) -> tuple[DensityGrid, GridField]:
    torch.manual_seed(0)
    box = Box(BOUNDS, shell)
    proposal, field = DensityGrid(box, 2_000), GridField(N_CLASSES, box, 1e2, 1e4, 3, 16, rgb=rgb)
    with torch.no_grad():
        proposal.grid.table.normal_(1, 1)
        field.grid.table.normal_(0, spread)
        field.density.bias += 1
    return proposal, field


def some_rays() -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(1)
    inside = torch.rand(N_RAYS, 3, generator=generator)
    rays_o, rays_d = BOUNDS[0] + inside * (BOUNDS[1] - BOUNDS[0]), torch.randn(N_RAYS, 3, generator=generator)
    return rays_o, rays_d, torch.full((N_RAYS, 1), 0.1), torch.full((N_RAYS, 1), 4.0)


def rendered(way, grids, seed: int | None = 2) -> tuple[Rendered, Rendered]:
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    return way(*grids, *some_rays(), 24, 8, generator)


def gradients(grids, renderings: tuple[Rendered, Rendered]) -> list[torch.Tensor]:
    first, last = renderings
    labels = torch.randint(N_CLASSES, (N_RAYS,), generator=torch.Generator().manual_seed(3))
    loss = semantic_loss(last.sem_logits, labels) + last.depth_map.mean()
    loss = loss + proposal_loss(first.z_vals, first.weights, last.z_vals, last.weights)
    if last.rgb_map is not None:
        loss = loss + photometric_loss(last.rgb_map, torch.full((N_RAYS, 3), 0.2))
    return list(torch.autograd.grad(loss, [p for module in grids for p in module.parameters()]))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("shell, rgb", [(0.0, False), (0.25, True)])
def test_loops_render_and_learn_as_the_plain_renderer(cores, shell, rgb, threads):
    cores(threads)
    grids = some_grids(shell, rgb)
    plain, compiled = (rendered(way, grids) for way in (render_proposal, render_grids))
    for expected, got in zip(plain, compiled, strict=True):
        for a, b in zip(expected, got, strict=True):
            assert (a is None) == (b is None)
            if a is not None:
                torch.testing.assert_close(b, a, atol=20 * LEAST, rtol=1e-3)
    for a, b in zip(gradients(grids, plain), gradients(grids, compiled), strict=True):
        assert (a - b).norm() <= 2e-3 * a.norm()
        assert b.is_contiguous()  # PyTorch's fused Adam takes it for granted


def test_views_are_those_that_training_sees():
    grids = some_grids(0.25, False)
    with_gradient = rendered(render_grids, grids, None)[1]
    with torch.no_grad():
        without = rendered(render_grids, grids, None)[1]
    assert torch.equal(with_gradient.sem_logits, without.sem_logits)
    assert torch.equal(with_gradient.weights, without.weights)


@pytest.mark.parametrize("rgb", [False, True])
def test_a_view_keeps_nothing_for_a_way_back_that_it_does_not_go(monkeypatch, rgb):
    grids, kept, forward = some_grids(0.25, rgb), [], field_kernels.field_forward

    def recorded(n_in, width, keeps, *limits):
        kept.append(keeps)
        return forward(n_in, width, keeps, *limits)

    monkeypatch.setattr(field_kernels, "field_forward", recorded)
    rendered(render_grids, grids, None)
    with torch.inference_mode():
        rendered(render_grids, grids, None)
    assert kept == [True, rgb]  # colours are made of what each sample has


def test_sums_have_the_same_bits_for_any_number_of_cores(cores):
    grids, found = some_grids(0.0, False), []
    parameters = [grids[0].grid.table, grids[1].grid.table, grids[1].trunk.weight, grids[1].density.weight]
    for threads in (1, 2, 3):
        cores(threads)
        first, last = rendered(render_grids, grids)
        pull = [torch.linspace(-1, 1, a.numel()).view(a.shape) for a in (first.weights, last.weights)]
        found.append(torch.autograd.grad([first.weights, last.weights], parameters, pull))
    for some in found[1:]:
        for a, b in zip(found[0], some, strict=True):
            assert torch.equal(a, b)


def test_what_lies_behind_a_wall_gets_no_weight():
    grids = some_grids(0.0, True)
    with torch.no_grad():
        grids[1].density.bias += 8
    renderings = rendered(render_grids, grids)
    weights = renderings[1].weights
    assert (weights[:, -1] == 0).float().mean() > 0.5
    torch.testing.assert_close(weights.sum(-1), torch.ones(N_RAYS), atol=LEAST, rtol=0)
    assert all(gradient.isfinite().all() for gradient in gradients(grids, renderings))


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf, 1e30, -1e30])
def test_no_value_of_the_grids_breaks_an_index(value):
    grids = some_grids(0.0, False)
    with torch.no_grad():
        grids[0].grid.table[::3] = value
        grids[1].grid.table[::3] = value
    renderings = rendered(render_grids, grids)
    assert len(gradients(grids, renderings)[0]) == len(grids[0].grid.table)
    if value != value:
        assert renderings[1].sem_logits.isnan().any()
