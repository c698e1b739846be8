"""Adam for tables of which a step reads few rows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn

from semnerf_lib.grid import FeatureGrid
from semnerf_lib.interpolation import in_threads
from semnerf_lib.kernels import compiled


def optimisers_for(model: nn.Module, lr: float) -> list[torch.optim.Optimizer]:
    """What moves a model: Adam, and `LazyAdam` for the tables of its feature grids, where it has some."""
    tables = [module.table for module in model.modules() if isinstance(module, FeatureGrid)]
    others = [p for p in model.parameters() if not any(p is table for table in tables)]
    fused = others[0].device.type != "mps"
    return [torch.optim.Adam(others, lr=lr, fused=fused), *([LazyAdam(tables, lr=lr)] if tables else [])]


def descend(optimisers: Iterable[torch.optim.Optimizer], loss: Tensor, lr: float) -> None:
    """One step of all of them down the loss's gradient, at this learning rate."""
    for optimiser in optimisers:
        optimiser.zero_grad(set_to_none=True)
    loss.backward()
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = lr
        optimiser.step()


class LazyAdam(torch.optim.Optimizer):
    """Adam that leaves alone the rows without a gradient, their moments too.

        m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2
        theta <- theta - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)

    for rows of which g is not 0, t being the number of all steps: PyTorch's `SparseAdam`; Instant-NGP (Mueller et al.
    2022, sec. 4) does so with its tables. A step of a grid meets one row in ten. Plain Adam moves the other nine on by
    what is left of their momentum, and moves 32 bytes of memory a number to do it.

    Sparse gradients, as `interpolation.interpolate` makes them on a CPU, are met row by row in a compiled loop; dense
    ones, on any other device, by the same sums with the rows without a gradient masked.

    Args:
        params: tables (rows, n).
        lr: learning rate.
        betas, eps: Adam's.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps))

    @torch.no_grad()
    def step(self) -> None:
        """One step of all tables that have a gradient."""
        for group in self.param_groups:
            for table in group["params"]:
                if table.grad is None:
                    continue
                state = self.state[table]
                if not state:
                    state["step"] = torch.zeros(())
                    state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(table), torch.zeros_like(table)
                state["step"] += 1
                update = step_rows if table.grad.is_sparse else step_masked
                t = state["step"].item()
                corrections = [1 - beta**t for beta in group["betas"]]
                update(
                    table, state["exp_avg"], state["exp_avg_sq"], group["lr"], group["eps"], group["betas"], corrections
                )


def step_masked(table: nn.Parameter, moment: Tensor, square: Tensor, lr, eps, betas, corrections) -> None:
    """The rule of `LazyAdam` for a dense gradient, on any device, without waiting for it."""
    grad = table.grad
    met = (grad != 0).any(-1, keepdim=True)
    moment.copy_(torch.where(met, moment.lerp(grad, 1 - betas[0]), moment))
    square.copy_(torch.where(met, betas[1] * square + (1 - betas[1]) * grad**2, square))
    change = (moment / corrections[0]) / ((square / corrections[1]).sqrt() + eps)
    table.sub_(torch.where(met, lr * change, 0.0))


def step_rows(table: nn.Parameter, moment: Tensor, square: Tensor, lr, eps, betas, corrections) -> None:
    """The rule of `LazyAdam` for a sparse gradient on a CPU, row by row."""
    grad = table.grad
    # autograd forgets that a gradient is coalesced; to do that again would take as long as the rest of a step
    if not (grad._indices()[0].diff() > 0).all():
        grad = grad.coalesce()
    rows, values = grad._indices()[0], grad._values()
    arrays = [a.numpy() for a in (table.detach(), moment, square, rows, values)]
    numbers = [np.float32(x) for x in (*betas, lr / corrections[0], corrections[1] ** -0.5, eps)]
    adam = compiled(table.shape[1]).adam
    in_threads(len(rows), lambda start, stop: adam(*arrays, *numbers, start, stop))
