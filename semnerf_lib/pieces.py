"""The gradient of a step that is larger than a CPU's caches: in pieces, each on a core of its own, added up.

One layer of the papers' MLP holds 268 MB of the 262,144 samples of a step. Taken whole, each operation fetches them
from memory again, and the cores wait for the slowest of them. A piece of eight rays stays in the caches from its first
layer to its gradient.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait
from contextlib import contextmanager

import torch
from torch import Tensor

from semnerf_lib.devices import core_pool, one_core

Parts = dict[str, Tensor]
"""What a loss is made of, by name."""


def backward(
    losses: Sequence[Callable[[], tuple[Tensor, Parts]]], parameters: Sequence[Tensor]
) -> tuple[Tensor, Parts]:
    """Fills the gradients of parameters with those of a sum of losses.

    A single loss is computed by all cores together. Of several each is computed by one core, and they are added up in
    their order: the sums have the same bits for any number of cores.

    Args:
        losses: each a function that computes a loss and its parts.

    Returns:
        The sum of the losses, and of each part.
    """
    if len(losses) == 1:
        loss, parts = losses[0]()
        loss.backward()
        return loss.detach(), {name: part.detach() for name, part in parts.items()}

    def differentiated(compute: Callable[[], tuple[Tensor, Parts]]) -> tuple[Parts, Sequence[Tensor]]:
        loss, parts = compute()
        values = {name: value.detach() for name, value in ({"": loss} | parts).items()}
        return values, torch.autograd.grad(loss, parameters)

    with on_cores(differentiated, losses, parameters[0].device) as results:
        sums, gradients = next(results)
        for values, more in results:
            for name, value in values.items():
                sums[name] += value
            for gradient, further in zip(gradients, more, strict=True):
                gradient += further
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    return sums.pop(""), sums


@contextmanager
def on_cores(work: Callable, items: Sequence, device: torch.device) -> Iterator[Iterator]:
    """work(item) of each item, in order; on a CPU as many at once as PyTorch has threads, each on one core."""
    cores = torch.get_num_threads()
    if device.type != "cpu" or cores == 1:
        yield map(work, items)
        return
    running = deque(core_pool(os.getpid(), cores).submit(work, item) for item in items)
    try:
        with one_core():
            yield (running.popleft().result() for _ in items)
    finally:  # whatever happens, nobody works on when this thread goes on
        wait(future for future in running if not future.cancel())


def generators(source: torch.Generator, n: int) -> list[torch.Generator]:
    """So many generators, each seeded with a number that `source` draws."""
    seeds = torch.randint(2**31, (n,), generator=source, device=source.device)
    return [torch.Generator(source.device).manual_seed(seed) for seed in seeds.tolist()]
