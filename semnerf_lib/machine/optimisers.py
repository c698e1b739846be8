"""Adam, and one step of it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def adam(model: nn.Module, lr: float) -> torch.optim.Adam:
    """Adam over all of a model, fused into one pass over memory, which MPS does not have."""
    parameters = list(model.parameters())
    return torch.optim.Adam(parameters, lr=lr, fused=parameters[0].device.type != "mps")


def descend(optimiser: torch.optim.Optimizer, gradient: Sequence[Tensor | None], lr: float) -> None:
    """One step down a gradient at this learning rate.

    Args:
        gradient: for each of the optimiser's parameters; None for one that the loss does not depend on.
    """
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    for parameter, its in zip(parameters, gradient, strict=True):
        parameter.grad = its
    for group in optimiser.param_groups:
        group["lr"] = lr
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
