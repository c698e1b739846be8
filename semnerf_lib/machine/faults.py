"""What a fault was, in one line."""

from __future__ import annotations

import errno

import torch

from semnerf_lib.errors import SemnerfError

NO_MEMORY = (
    "out of memory",
    "not enough memory",
    "can't allocate memory",
    "Cannot allocate memory",
    "could not create a primitive",  # oneDNN's words
)


def one_line(fault: Exception) -> str:
    """A fault in one line."""
    first = next(iter(str(fault).strip().splitlines()), "")
    if isinstance(fault, SemnerfError):
        return first
    return f"out of memory ({first})" if out_of_memory(fault) else f"{type(fault).__name__}: {first}"


def out_of_memory(fault: Exception) -> bool:
    """Whether memory was short: Python's, numpy's and PyTorch's ways to say so."""
    if isinstance(fault, MemoryError | torch.OutOfMemoryError):
        return True
    if isinstance(fault, OSError):
        return fault.errno == errno.ENOMEM
    return isinstance(fault, RuntimeError) and any(words in str(fault) for words in NO_MEMORY)
