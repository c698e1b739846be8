"""A gradient step: Adam, and a gradient that is larger than a CPU's caches, computed in micro-batches.

One layer of the papers' MLP takes 268 MB for the 262,144 samples of a step. If a step is computed whole, each operation
reads them from memory again, and all cores wait for the slowest one. A micro-batch of a few rays stays in the caches
from its first layer to its gradient.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from semnerf_lib.machine.cores import on_cores

Terms = dict[str, Tensor]
"""What a loss is made of, by name; each a mean over a batch."""
Shares = dict[str, float | Tensor]
"""For each term the share of the whole batch that a micro-batch's mean is taken over."""


def gradients(
    loss: Callable[[Terms], Tensor],
    micro_batches: Sequence[tuple[Callable[[], Terms], Shares]],
    parameters: Sequence[Tensor],
) -> tuple[Tensor, Terms, Sequence[Tensor]]:
    """The gradient of a loss L that is linear in its terms, over a batch that is split into micro-batches.

        T_k = sum_i s_ik T_ik,   L = L(T_1, T_2, ...),   dL/dp = sum_i d/dp L(s_i1 T_i1, s_i2 T_i2, ...)

    A single micro-batch is computed by all cores together. Several are computed by one core each and added up in their
    order: the sums have the same bits for any number of cores.

    Args:
        loss: L, from the terms.
        micro_batches: for each a function that computes its terms T_ik, and its shares s_ik.
        parameters: p, on all of which the loss depends.

    Returns:
        The loss, its terms, and the gradient for each parameter.
    """

    def differentiated(micro_batch: tuple[Callable[[], Terms], Shares]) -> tuple[Terms, Sequence[Tensor]]:
        compute, shares = micro_batch
        terms = {name: shares[name] * term for name, term in compute().items()}
        total = loss(terms)
        gradient = torch.autograd.grad(total, parameters)
        return {name: value.detach() for name, value in ({"": total} | terms).items()}, gradient

    with on_cores(differentiated, micro_batches, parameters[0].device) as results:
        sums, gradient = next(results)
        for values, more in results:
            sums = {name: sums[name] + value for name, value in values.items()}
            gradient = [a + b for a, b in zip(gradient, more, strict=True)]
    return sums.pop(""), sums, gradient


class Adam(torch.optim.Adam):
    """PyTorch's Adam with its methods unwrapped.

    The wrappers load PyTorch's compiler only to disable it, which takes 1.4 s in each process.
    """

    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))
    add_param_group = inspect.unwrap(torch.optim.Adam.add_param_group)
    zero_grad = inspect.unwrap(torch.optim.Adam.zero_grad)
    state_dict = inspect.unwrap(torch.optim.Adam.state_dict)
    load_state_dict = inspect.unwrap(torch.optim.Adam.load_state_dict)


def adam(model: nn.Module, lr: float) -> Adam:
    """Adam over all parameters of a model, fused into one pass over memory (not on MPS, which lacks it)."""
    parameters = list(model.parameters())
    return Adam(parameters, lr=lr, fused=parameters[0].device.type != "mps")


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
