"""optimisers: LazyAdam's two ways against each other, PyTorch's SparseAdam and Adam; which parameters it gets."""

from __future__ import annotations

import pytest
import torch
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.models import build_model
from semnerf_lib.optimisers import LazyAdam, optimisers_for

EPS = 1e-20
"""So small that it does not matter that SparseAdam adds it elsewhere."""


def gradients(n_rows: int, n: int, steps: int, share: float = 0.4) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    met = [torch.rand(n_rows, 1, generator=generator) < share for _ in range(steps)]
    return [torch.randn(n_rows, n, generator=generator) * m for m in met]


def moved(optimiser, steps: list[torch.Tensor], sparse: bool) -> torch.Tensor:
    table = torch.nn.Parameter(torch.ones(steps[0].shape))
    optimiser = optimiser([table])
    for grad in steps:
        table.grad = grad.to_sparse(1) if sparse else grad
        optimiser.step()
    return table.detach()


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("sparse", [True, False])
def test_its_rule_is_sparse_adams(n, sparse):
    steps = gradients(50, n, 12)
    expected = moved(lambda p: torch.optim.SparseAdam(p, lr=0.1, eps=EPS), steps, sparse=True)
    got = moved(lambda p: LazyAdam(p, lr=0.1, eps=EPS), steps, sparse)
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("sparse", [True, False])
def test_it_is_adam_where_every_row_is_met(sparse):
    steps = gradients(50, 2, 12, share=1.1)
    expected = moved(lambda p: torch.optim.Adam(p, lr=0.1), steps, sparse=False)
    torch.testing.assert_close(moved(lambda p: LazyAdam(p, lr=0.1), steps, sparse), expected, atol=1e-5, rtol=1e-5)


def test_rows_without_a_gradient_stay_where_adam_would_move_them_on():
    first, second = torch.zeros(4, 2), torch.zeros(4, 2)
    first[:3], second[2:] = 1.0, 1.0
    lazy = moved(lambda p: LazyAdam(p, lr=0.1), [first, second], sparse=True)
    once = moved(lambda p: LazyAdam(p, lr=0.1), [first], sparse=True)
    assert torch.equal(lazy[:2], once[:2]) and (lazy[2:] != once[2:]).all()
    assert (moved(lambda p: torch.optim.Adam(p, lr=0.1), [first, second], sparse=False)[:2] != once[:2]).all()


def test_rows_that_come_twice_are_added():
    rows, values = torch.tensor([[3, 0, 3]]), torch.tensor([[1.0, 0.0], [2.0, 2.0], [1.0, 4.0]])
    dense = torch.zeros(5, 2).index_add(0, rows[0], values)
    results = []
    for grad in (torch.sparse_coo_tensor(rows, values, (5, 2), check_invariants=True), dense):
        table = torch.nn.Parameter(torch.ones(5, 2))
        table.grad = grad
        LazyAdam([table], lr=0.1).step()
        results.append(table.detach())
    torch.testing.assert_close(*results, atol=1e-6, rtol=1e-6)


def test_tables_are_its_and_everything_else_is_adams():
    scene = make_tiny_scene()
    grid = build_model(tiny_config("grid"), scene)
    adam, lazy = optimisers_for(grid, 0.1)
    tables = {id(p) for p in lazy.param_groups[0]["params"]}
    assert tables == {id(grid.field.grid.table), id(grid.proposal.grid.table)}
    assert {id(p) for p in adam.param_groups[0]["params"]} | tables == {id(p) for p in grid.parameters()}
    (adam,) = optimisers_for(build_model(tiny_config("mlp"), scene), 0.1)
    assert isinstance(adam, torch.optim.Adam)
