"""Adam, and one step of it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def adam(model: nn.Module, lr: float) -> torch.optim.Adam:
    """Adam over all of a model, fused into one pass over memory, which MPS does not have."""
    parameters = list(model.parameters())
    return torch.optim.Adam(parameters, lr=lr, fused=parameters[0].device.type != "mps")


def descend(optimiser: torch.optim.Optimizer, loss: Tensor, lr: float) -> None:
    """One step down the loss's gradient, at this learning rate."""
    for group in optimiser.param_groups:
        group["lr"] = lr
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
