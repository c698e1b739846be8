"""Adam over networks and tables, where a step's gradient touches a part of each table."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from semnerf_lib.machine.cores import in_threads

BLOCK = 16
"""Numbers that the compiled loop skips at once where all of their gradients are 0."""


class Adam(torch.optim.Adam):
    """Adam that leaves the numbers of a table as they are, and their moments, where their gradient is exactly 0.

    Instant-NGP does the same for its tables [Mueller et al. 2022, sec. 4]. All other parameters move in one pass over
    memory (`fused`), which MPS does not have.

    Args:
        parameters: all of them, in the order of the gradients.
        tables: those of them that are tables.
        lr: learning rate.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], tables: Iterable[nn.Parameter], lr: float):
        parameters = list(parameters)
        super().__init__(parameters, lr=lr, fused=parameters[0].device.type != "mps")
        self.tables = list(tables)

    def step(self) -> None:
        gradients = [table.grad for table in self.tables]
        for table in self.tables:
            table.grad = None
        super().step()
        for table, gradient in zip(self.tables, gradients, strict=True):
            if gradient is not None:
                self._move(table, gradient)

    @torch.no_grad()
    def _move(self, table: nn.Parameter, gradient: Tensor) -> None:
        state, group = self.state[table], self.param_groups[0]
        if not state:
            state |= {"step": torch.zeros(()), "exp_avg": torch.zeros_like(table), "exp_avg_sq": torch.zeros_like(table)}
        state["step"] += 1
        (beta1, beta2), steps = group["betas"], state["step"].item()
        mean, square = 1 - beta1**steps, math.sqrt(1 - beta2**steps)
        numbers = group["lr"] * square / mean, beta1, beta2, group["eps"] * square
        move = compiled_move if table.device.type == "cpu" else move_touched
        move(table.data, gradient, state["exp_avg"], state["exp_avg_sq"], *numbers)


def move_touched(
    values: Float[Tensor, "*table"],
    gradient: Float[Tensor, "*table"],
    mean: Float[Tensor, "*table"],
    square: Float[Tensor, "*table"],
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> None:
    """A step of Adam, in place, where the gradient g is not 0:

        m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2,   x <- x - lr m / (sqrt(v) + eps)

    Args:
        values, gradient, mean, square: x, g, m, v.
        lr, eps: with the corrections for moments that began at 0.
    """
    touched = gradient != 0
    torch.where(touched, torch.lerp(mean, gradient, 1 - beta1), mean, out=mean)
    torch.where(touched, torch.lerp(square, gradient**2, 1 - beta2), square, out=square)
    values -= torch.where(touched, lr * mean / (square.sqrt() + eps), 0.0)


def compiled_move(
    values: Float[Tensor, "*table"],
    gradient: Float[Tensor, "*table"],
    mean: Float[Tensor, "*table"],
    square: Float[Tensor, "*table"],
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> None:
    """`move_touched` in one loop on a CPU."""
    from semnerf_lib.machine.ray_kernels import move  # Numba takes a while to import, and a GPU needs none

    arrays = [tensor.contiguous().view(-1).numpy() for tensor in (values, gradient, mean, square)]
    numbers = torch.tensor([lr, beta1, beta2, eps]).numpy()
    in_threads(-(-values.numel() // BLOCK), lambda start, stop: move(*arrays, *numbers, start, stop))
