"""The gradient of a step that is larger than a CPU's caches: in pieces, each on a core of its own, added up.

One layer of the papers' MLP holds 268 MB of the 262,144 samples of a step. Taken whole, each operation fetches them
from memory again, and the cores wait for the slowest of them. A piece of a few rays stays in the caches from its first
layer to its gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from semnerf_lib.machine.cores import on_cores

Parts = dict[str, Tensor]
"""What a loss is made of, by name."""


def gradients(
    losses: Sequence[Callable[[], tuple[Tensor, Parts]]], parameters: Sequence[Tensor]
) -> tuple[Tensor, Parts, Sequence[Tensor]]:
    """The gradient of a sum of losses.

        d/dp sum_i L_i = sum_i dL_i/dp

    A single loss is computed by all cores together. Of several each is computed by one core, and they are added up in
    their order: the sums have the same bits for any number of cores.

    Args:
        losses: each a function that computes a loss L_i and its parts.
        parameters: p, on all of which each loss depends.

    Returns:
        The sum of the losses, that of each part, and the gradient for each parameter.
    """

    def differentiated(compute: Callable[[], tuple[Tensor, Parts]]) -> tuple[Parts, Sequence[Tensor]]:
        loss, parts = compute()
        gradient = torch.autograd.grad(loss, parameters)
        return {name: value.detach() for name, value in ({"": loss} | parts).items()}, gradient

    with on_cores(differentiated, losses, parameters[0].device) as results:
        sums, gradient = next(results)
        for values, more in results:
            sums = {name: sums[name] + value for name, value in values.items()}
            gradient = [a + b for a, b in zip(gradient, more, strict=True)]
    return sums.pop(""), sums, gradient
