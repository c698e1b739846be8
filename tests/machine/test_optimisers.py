"""optimisers: PyTorch's Adam where every gradient is there; what no gradient touches stays; compiled as plain."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from semnerf_lib.machine.optimisers import Adam, compiled_move, move_touched


def steps(optimiser: torch.optim.Optimizer, parameters: list[nn.Parameter], gradients: list[torch.Tensor]) -> None:
    for values in gradients:
        for parameter in parameters:
            parameter.grad = values.clone()
        optimiser.step()


def test_it_holds_every_parameter_once_and_is_pytorchs_where_every_gradient_is_there():
    gradients = list(torch.randn(20, 37, 2, generator=torch.Generator().manual_seed(0)))
    mine, theirs = ([nn.Parameter(torch.ones(37, 2)) for _ in range(2)] for _ in range(2))
    optimiser, reference = Adam(mine, mine[1:], 0.25), torch.optim.Adam(theirs, 0.25)
    (group,) = optimiser.param_groups
    assert [id(p) for p in group["params"]] == [id(p) for p in mine]
    steps(optimiser, mine, gradients)
    steps(reference, theirs, gradients)
    for parameter, expected in zip(mine, theirs, strict=True):
        torch.testing.assert_close(parameter, expected)
    kept = optimiser.state_dict()["state"]
    assert set(kept) == {0, 1} and set(kept[0]) == set(kept[1]) == {"step", "exp_avg", "exp_avg_sq"}


def test_numbers_without_a_gradient_stay_and_keep_their_moments():
    table = nn.Parameter(torch.ones(50))
    optimiser = Adam([table], [table], 0.1)
    touched = torch.zeros(50)
    touched[[3, 20]] = 1.0
    steps(optimiser, [table], [torch.ones(50), touched])
    moments = optimiser.state[table]["exp_avg"]
    moved = table != table[0]
    assert moved.nonzero().flatten().tolist() == [3, 20]
    torch.testing.assert_close(moments[0].item(), 0.1)
    torch.testing.assert_close(moments[3].item(), 0.19)


def test_nan_reaches_the_values():
    table = nn.Parameter(torch.ones(5))
    steps(Adam([table], [table], 0.1), [table], [torch.tensor([0.0, torch.nan, 1.0, 0.0, 0.0])])
    assert table.isnan().tolist() == [False, True, False, False, False]


@pytest.mark.parametrize("threads", [1, 2])
def test_compiled_is_plain(cores, threads):
    cores(threads)
    generator = torch.Generator().manual_seed(1)
    start = [torch.randn(101, 2, generator=generator) for _ in range(4)]
    start[3].abs_()
    start[1][torch.rand(101, 2, generator=generator) < 0.8] = 0
    plain, compiled = ([a.clone() for a in start] for _ in range(2))
    move_touched(*plain, 0.1, 0.9, 0.999, 1e-8)
    compiled_move(*compiled, 0.1, 0.9, 0.999, 1e-8)
    for a, b in zip(plain, compiled, strict=True):
        torch.testing.assert_close(a, b)
