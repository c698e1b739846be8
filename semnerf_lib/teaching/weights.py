"""Weights small enough to be handed around: the large tensors in steps of a sixth of their spread, then compressed.

A grid's millions of features are noisy numbers of which no rendered label needs seven digits. A block of rows shares a
step for each column; what is stored are whole numbers of steps, which compress to about 4.5 bits. Small tensors, an
MLP's matrices among them, stay as they are.
"""

from __future__ import annotations

import lzma

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from semnerf_lib.errors import SemnerfError

LARGE = 100_000
"""Numbers from which on a tensor is rounded."""
STEPS = 6
"""Steps in the root mean square of a block's column: the error is at most a twelfth of it."""
BLOCK = 65_536
"""Rows that share their steps."""
MOST_BYTES = 2**30
"""No weights of this kit are larger; a file that claims to be is damaged, or meant to do harm."""
COUNTS, UNITS = "/counts", "/steps"
"""What follows a rounded tensor's name: whole numbers of steps, columns first, and the steps (blocks, columns)."""


def pack_weights(tensors: dict[str, Tensor]) -> bytes:
    """Tensors, the large ones rounded, as compressed bytes; `unpack_weights` gives what is left of them."""
    parts = {}
    for name, value in tensors.items():
        value = value.detach().cpu()
        if value.numel() < LARGE or not value.is_floating_point():
            parts[name] = value.contiguous()
            continue
        units = torch.stack([_step(block) for block in value.float().split(BLOCK)])
        counts = (value / _of_rows(units, len(value))).round().to(torch.int8)
        parts |= {name + COUNTS: counts.movedim(0, -1).contiguous(), name + UNITS: units}
    return lzma.compress(save(parts), preset=6)


def _step(block: Tensor) -> Tensor:
    """The step of each column; larger where its largest number would leave int8, and 1 where all are 0."""
    step = torch.maximum(block.square().mean(0).sqrt() / STEPS, block.abs().amax(0) / 127)
    return torch.where(step > 0, step, 1.0)


def _of_rows(units: Tensor, n_rows: int) -> Tensor:
    return units.repeat_interleave(BLOCK, dim=0)[:n_rows]


def unpack_weights(packed: bytes) -> dict[str, Tensor]:
    """The tensors of `pack_weights`, the same bits on every machine.

    Raises:
        SemnerfError: damaged bytes, or far too many of them.
    """
    try:
        reader = lzma.LZMADecompressor()
        parts = load(reader.decompress(packed, max_length=MOST_BYTES))
        if not reader.eof:
            raise ValueError(f"more than {MOST_BYTES} bytes, or cut short")
        tensors = {}
        for name, value in parts.items():
            if name.endswith(COUNTS):
                counts, name = value.movedim(-1, 0), name.removesuffix(COUNTS)
                value = (counts * _of_rows(parts[name + UNITS], len(counts))).contiguous()
            elif name.endswith(UNITS):
                continue
            tensors[name] = value
    except (lzma.LZMAError, EOFError, SafetensorError, KeyError, ValueError, RuntimeError) as fault:
        raise SemnerfError(f"packed weights: damaged ({fault}), expected those of a workshop pack") from fault
    return tensors
