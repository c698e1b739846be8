"""Cameras of JSON files and of matrices K. The kit knows pinhole cameras alone: a lens or a skew is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from semnerf_lib.cameras import Intrinsics
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import numbers

LENS = ("k1", "k2", "k3", "k4", "k5", "k6", "p1", "p2", "distortion", "distortion_params", "dist_coeffs", "skew")
"""Keys that are 0, or lists of 0, for a pinhole camera."""
MODELS = ("PINHOLE", "SIMPLE_PINHOLE", "OPENCV", "SIMPLE_RADIAL", "RADIAL", "PERSPECTIVE")
"""Camera models that are pinhole cameras where all of `LENS` are 0."""
MAX_SKEW = 0.1
"""Of a matrix K, pixels."""


def check_pinhole(given: Mapping[str, Any], file: Path) -> None:
    """Raises SemnerfError where a camera's keys say that it is no pinhole camera."""
    values = {key: given[key] for key in LENS if given.get(key) is not None}
    bent = [f"{key} {str(value)[:20]}" for key, value in values.items() if not _is_zero(value)]
    if (model := given.get("camera_model")) not in (None, *MODELS):
        bent.append(f"camera_model {str(model)[:40]}")
    if bent:
        raise SemnerfError(
            f"{file}: lens distortion ({', '.join(bent)}), expected a pinhole camera; `colmap image_undistorter "
            "--image_path images --input_path sparse/0 --output_path undistorted` removes it"
        )


def _is_zero(value: Any) -> bool:
    try:
        return bool((np.abs(numbers(value, -1)) <= 1e-8).all())
    except ValueError:
        return False


def camera_of(given: Mapping[str, Any], file: Path) -> Intrinsics:
    """The camera of `intrinsics.json`: width, height, fx, fy, cx and cy, pixel centres at whole numbers.

    Raises:
        SemnerfError: a value that is no number, a camera that cannot be, or no pinhole camera.
    """
    check_pinhole(given, file)
    try:
        return Intrinsics.from_numbers([given.get(key) for key in ("width", "height", "fx", "fy", "cx", "cy")])
    except SemnerfError as error:
        raise SemnerfError(f"{file}: {error}") from None


def camera_of_matrix(
    k: Float[np.ndarray, "rows columns"], width: int, height: int, half: float, file: Path | str
) -> Intrinsics:
    """The camera of a matrix K, 3x3 or the upper left of 4x4.

    Args:
        half: where the centre of pixel 0 is: 0 or 0.5.
        file: for messages.

    Raises:
        SemnerfError: K has a skew, is no camera's matrix, or a camera cannot be so.
    """
    others = [abs(k[1, 0]), abs(k[2, 0]), abs(k[2, 1]), abs(k[2, 2] - 1)]
    if abs(k[0, 1]) > MAX_SKEW or max(others) > 1e-6:
        raise SemnerfError(f"{file}: K is {k[:3, :3].tolist()}, expected [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]")
    try:
        return Intrinsics(width, height, *map(float, (k[0, 0], k[1, 1], k[0, 2] - half, k[1, 2] - half)))
    except SemnerfError as error:
        raise SemnerfError(f"{file}: {error}") from None
