"""Frames on disk: numbered images of one kind and size, and the poses beside them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from semnerf_lib.cameras import pose_fault
from semnerf_lib.errors import SemnerfError

LABELS, INSTANCES, RGB, DEPTH = "semantic_class", "semantic_instance", "rgb", "depth"
SIXTEEN_BITS = ("I;16", "I;16B", "I")
MODES = {
    LABELS: ("L", "P"),
    INSTANCES: (*SIXTEEN_BITS, "L", "P"),
    RGB: ("RGB", "RGBA"),
    DEPTH: SIXTEEN_BITS,
}
WANTED = {
    LABELS: "8-bit class ids",
    INSTANCES: "16-bit or 8-bit object ids",
    RGB: "8-bit RGB",
    DEPTH: "16-bit millimetres",
}


def read_poses(path: Path) -> np.ndarray:
    """(N, 4, 4) float64 from a text file with 16 numbers a line.

    Raises:
        SemnerfError: no such file, a line that is not 16 numbers, a pose that is no rigid motion.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no text"
        raise SemnerfError(f"{path}: {reason}, expected a text file with one 4x4 pose a line") from None
    while lines and not lines[-1].strip():
        lines.pop()
    poses = []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        try:
            pose = np.array([float(w) for w in words]).reshape(4, 4)
        except ValueError:
            raise SemnerfError(
                f"{path}: line {number} is '{line[:40]}' ({len(words)} words), expected 16 numbers"
            ) from None
        if fault := pose_fault(pose):
            raise SemnerfError(f"{path}: line {number}: {fault}, expected a rigid camera-to-world motion")
        poses.append(pose)
    if not poses:
        raise SemnerfError(f"{path}: no pose, expected one 4x4 matrix a line")
    return np.stack(poses)


def frame_files(path: Path, kind: str, n_poses: int) -> list[Path]:
    """The files of all frames in numeric order."""
    folder = path / kind
    files: dict[int, Path] = {}
    for file in folder.iterdir():
        if match := re.fullmatch(rf"{kind}_(\d+)\.(png|jpg|jpeg)", file.name):
            number = int(match[1])
            if number in files:
                raise SemnerfError(f"{file}: a second file of frame {number} beside {files[number].name}, expected one")
            files[number] = file
    for number in range(n_poses):
        if number not in files:
            raise SemnerfError(
                f"{folder / f'{kind}_{number}.png'}: missing, expected frames 0 ... {n_poses - 1} "
                f"as traj_w_c.txt has {n_poses} poses"
            )
    if len(files) > n_poses:
        extra = files[max(files)]
        raise SemnerfError(f"{extra}: no pose for this frame, expected {n_poses} frames as traj_w_c.txt has")
    return [files[i] for i in range(n_poses)]


def read_image(file: Path, kind: str) -> np.ndarray:
    try:
        with Image.open(file) as image:
            if image.mode not in MODES[kind]:
                raise SemnerfError(f"{file}: image of mode {image.mode}, expected {WANTED[kind]} ({MODES[kind][0]})")
            if image.mode == "RGBA":
                return np.asarray(image)[..., :3]
            return np.asarray(image)
    except UnidentifiedImageError:
        raise SemnerfError(f"{file}: no image, expected {WANTED[kind]}") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise SemnerfError(f"{file}: damaged image ({str(error).splitlines()[0]}), expected {WANTED[kind]}") from None


def read_stack(files: list[Path], kind: str, size: tuple[int, int] | None, finish: Callable, dtype) -> np.ndarray:
    """All images of a kind, each as `finish` makes it. `size` (H, W) is that of the first image where None."""
    first = read_image(files[0], kind)
    size = first.shape[:2] if size is None else size
    out = np.empty((len(files), *size, *first.shape[2:]), dtype=dtype)

    def read(i: int) -> None:
        image = read_image(files[i], kind)
        if image.shape[:2] != size:
            raise SemnerfError(
                f"{files[i]}: {image.shape[1]}x{image.shape[0]} pixels, expected {size[1]}x{size[0]} as the first frame"
            )
        out[i] = finish(image)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(read, range(len(files))))
    return out
