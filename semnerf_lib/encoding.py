"""Positional encoding: it lets a small MLP follow a sharp boundary."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def positional_encoding(x: Float[Tensor, "*batch dims"], n_octaves: int) -> Float[Tensor, "*batch encoded"]:
    """gamma(x) = (x, sin(2^0 x), cos(2^0 x), ..., sin(2^(L-1) x), cos(2^(L-1) x)), without pi [NeRF eq. 4; P2, code].

    Args:
        x: values of order 1; P2 divides world metres by 10 first.
        n_octaves: L; P2 takes 10 for positions and 4 for directions.

    Returns:
        (..., dims * (1 + 2 L)): 63 numbers for a position at L = 10, 27 for a direction at L = 4.

    >>> positional_encoding(torch.zeros(1), 2)
    tensor([0., 0., 1., 0., 1.])
    """
    scaled = x[..., None, :] * 2.0 ** torch.arange(n_octaves, device=x.device, dtype=x.dtype)[:, None]
    waves = torch.stack([scaled.sin(), scaled.cos()], dim=-2)
    return torch.cat([x, waves.flatten(-3)], dim=-1)


def encoded_size(dims: int, n_octaves: int) -> int:
    """How many numbers `positional_encoding` makes of `dims` numbers: dims * (1 + 2 L)."""
    return dims * (1 + 2 * n_octaves)
