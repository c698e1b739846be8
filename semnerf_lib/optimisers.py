"""Adam, and one step of it."""

from __future__ import annotations

import torch
from torch import nn


def adam(model: nn.Module, lr: float) -> torch.optim.Adam:
    """Adam over all of a model, fused into one pass over memory, which MPS does not have."""
    parameters = list(model.parameters())
    return torch.optim.Adam(parameters, lr=lr, fused=parameters[0].device.type != "mps")


def descend(optimiser: torch.optim.Optimizer, lr: float) -> None:
    """One step down the gradients that the parameters hold, at this learning rate; then they hold none."""
    for group in optimiser.param_groups:
        group["lr"] = lr
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
