"""What the hardware allows: rates of this machine that a measurement is held against, measured in the same run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from statistics import median

import torch


def seconds(work: Callable[[], object], device: torch.device, repeats: int = 5) -> float:
    """Median wall time of `work` after one warm-up."""
    times = []
    for _ in range(repeats + 1):
        wait(device)
        start = time.perf_counter()
        work()
        wait(device)
        times.append(time.perf_counter() - start)
    return median(times[1:])


def wait(device: torch.device) -> None:
    """Returns when the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def gemm_rate(device: torch.device, dtype: torch.dtype, width: int = 256) -> float:
    """FLOP/s of (rows, width) x (width, width), the shape of the MLP's hidden layers, at the best number of rows.

    Few rows stay in the cache, many keep a GPU busy: a floor is what the machine can do at its best. But what it can do
    for seconds, as a step takes them: each number of rows is computed for one.
    """
    rates = []
    for rows in (768, 2_048, 8_192, 65_536, 262_144):
        a, b = (torch.randn(n, width, device=device, dtype=dtype) for n in (rows, width))
        out = torch.empty(rows, width, device=device, dtype=dtype)

        def multiply(a=a, b=b, out=out):
            torch.mm(a, b, out=out)

        repeats = math.ceil(1 / seconds(multiply, device))
        rates.append(2 * rows * width**2 / seconds(multiply, device, repeats))
    return max(rates)


def copy_rate(device: torch.device, gib: float = 0.25) -> float:
    """Bytes/s read and written by a copy of a buffer far larger than any cache."""
    source = torch.ones(int(gib * 2**28), device=device)
    target = torch.empty_like(source)
    return 8 * len(source) / seconds(lambda: target.copy_(source), device)


def linear_flops(model: torch.nn.Module, points: int) -> int:
    """FLOPs of the matrix products of a network's linear layers, forward and backward: 3 x 2 x weights x points."""
    layers = (m for m in model.modules() if isinstance(m, torch.nn.Linear))
    return 3 * 2 * points * sum(m.in_features * m.out_features for m in layers)
