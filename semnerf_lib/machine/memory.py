"""Freed memory that a process keeps for its next allocation."""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Parameters of mallopt(3)."""


def keep_freed_memory() -> None:
    """Lets this process keep what it frees, up to 256 MiB, for its next allocation. glibc only.

    A training step allocates and frees the same tensors again and again, the gradient of a grid (20 MB) among them. By
    its own rules glibc returns such a tensor to the system in some processes and not in others, as their memory
    happens to lie; Dask's nanny makes its workers return all at once. Each step then waits for the system to hand out
    the same pages, filled with zeros.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        for parameter, value in ((M_TRIM_THRESHOLD, 2**28), (M_MMAP_THRESHOLD, 2**25)):
            libc.mallopt(parameter, value)
