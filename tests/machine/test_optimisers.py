"""optimisers: what Adam holds, and what a step does with its rate and its gradients."""

import pytest
import torch
from torch import nn

from semnerf_lib.machine.optimisers import adam, descend


def test_adam_holds_every_parameter_once_and_steps_in_one_kernel():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    (group,) = adam(model, 0.25).param_groups
    assert [id(p) for p in group["params"]] == [id(p) for p in model.parameters()]
    assert group["lr"] == 0.25 and group["fused"]


def test_a_step_takes_this_rate_and_this_gradient_alone():
    weight, idle = nn.Parameter(torch.tensor([1.0, 2.0])), nn.Parameter(torch.tensor([7.0]))
    weight.grad, idle.grad = torch.tensor([100.0, 100.0]), torch.tensor([100.0])
    optimiser = torch.optim.SGD([weight, idle], lr=9.0)
    descend(optimiser, [torch.tensor([1.0, -1.0]), None], 0.5)
    assert weight.tolist() == [0.5, 2.5] and idle.tolist() == [7.0]
    assert weight.grad is None
    assert optimiser.param_groups[0]["lr"] == pytest.approx(0.5)
