"""Arrays from npz files that anybody may have written: their sizes are known before they are read."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from semnerf_lib.errors import SemnerfError

PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Ways to pack a member of an archive that give no more than was asked for."""
HEADER_BYTES = 4096
"""More than numpy writes before an array."""


def read_arrays(path: Path, largest: Mapping[str, int], wanted: str = "an npz file") -> dict[str, np.ndarray]:
    """Arrays of an npz file, by name.

    Args:
        path: the file.
        wanted: what the file should be, for messages.
        largest: the names of the arrays wanted, and how many bytes each may have.

    Raises:
        SemnerfError: no regular file, no npz, damaged, an array that is missing, larger, or of Python's objects.
    """
    try:
        if not path.is_file() and path.exists():
            raise ValueError("no regular file")
        with zipfile.ZipFile(path) as archive:
            for name, limit in largest.items():
                member = archive.getinfo(f"{name}.npy")
                size = member.file_size
                if member.compress_type not in PACKED:
                    raise ValueError(f"{name} is packed in another way than numpy's")
                if size > limit + HEADER_BYTES:
                    raise ValueError(f"{name} has {size} bytes, expected at most {limit}")
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in largest}
        if other := [name for name, value in arrays.items() if not isinstance(value, np.ndarray)]:
            raise ValueError(f"{other[0]} is no array")  # numpy gives a member without its header as bytes
        return arrays
    except (zipfile.BadZipFile, zlib.error) as fault:
        raise SemnerfError(f"{path}: damaged ({fault}), expected {wanted}") from fault
    except Exception as fault:  # numpy parses headers as Python: TokenError, SyntaxError, MemoryError and others
        reason = getattr(fault, "strerror", None) or str(fault).partition("\n")[0] or type(fault).__name__
        raise SemnerfError(f"{path}: {reason}, expected {wanted}") from fault
