"""Rendered frames kept between runs."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path


def cache_dir() -> Path:
    """Where rendered frames are kept: $SEMNERF_CACHE, else `semnerf` in the platform's cache folder."""
    given = os.environ.get("SEMNERF_CACHE")
    return Path(given).expanduser() if given else user_cache_path("semnerf", appauthor=False)


def _renderer_digest() -> str:
    """sha256 of this package's source: what another version rendered is never taken for this one's."""
    h = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        h.update(path.read_bytes())
    return h.hexdigest()


def cached_arrays(
    name: str,
    parameters: tuple,
    shapes: dict[str, tuple[int, ...]],
    make: Callable[[], dict[str, np.ndarray]],
    cache: bool = True,
) -> dict[str, np.ndarray]:
    """Arrays from the cache, or made and then kept there.

    Args:
        name: how the file's name begins; a hash of `name`, `parameters` and the package's source follows.
        parameters: everything that `make` depends on.
        shapes: names and shapes of the arrays; a file that holds others is damaged. A damaged file is made anew,
            with a line on stderr. A cache that can't be written is no error either: a line says so.
        make: makes the arrays.
        cache: False: always make, and keep nothing.
    """
    if not cache:
        return make()
    key = hashlib.sha256(repr((name, parameters, _renderer_digest())).encode()).hexdigest()
    path = cache_dir() / f"{name}-{key[:16]}.npz"
    if path.exists():
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = {k: stored[k] for k in shapes}
            if all(arrays[k].shape == shape for k, shape in shapes.items()):
                return arrays
            fault = "arrays of another shape"
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            fault = str(error) or type(error).__name__
        print(f"{path}: damaged ({fault.splitlines()[0]}), made anew", file=sys.stderr)
    arrays = make()
    try:
        _write(path, arrays)
    except OSError as error:
        print(f"{path}: not kept ({error.strerror or error})", file=sys.stderr)
    return arrays


def _write(path: Path, arrays: dict[str, np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, **arrays)
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
