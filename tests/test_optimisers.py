"""optimisers: what Adam holds, and what a step does with its rate and its gradients."""

import pytest
import torch
from torch import nn

from semnerf_lib.optimisers import adam, descend


def test_adam_holds_every_parameter_once_and_steps_in_one_kernel():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    (group,) = adam(model, 0.25).param_groups
    assert [id(p) for p in group["params"]] == [id(p) for p in model.parameters()]
    assert group["lr"] == 0.25 and group["fused"]


def test_a_step_takes_this_rate_and_this_gradient_alone():
    weight = nn.Parameter(torch.tensor([1.0, 2.0]))
    optimiser = torch.optim.SGD([weight], lr=9.0)
    for _ in range(2):
        (weight * torch.tensor([1.0, -1.0])).sum().backward()
        descend(optimiser, 0.5)
    assert weight.tolist() == [0.0, 3.0]
    assert optimiser.param_groups[0]["lr"] == pytest.approx(0.5)
