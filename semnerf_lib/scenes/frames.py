"""Frames on disk: numbered images of one kind and size, and the poses beside them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from jaxtyping import Float

from semnerf_lib.cameras import pose_fault
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import decimal
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.importers.names import GREY, read_text, spaced
from semnerf_lib.scenes.importers.pictures import SIXTEEN_BITS, open_image, pixels, read_ids

LABELS, INSTANCES, RGB, DEPTH = "semantic_class", "semantic_instance", "rgb", "depth"
PICTURES = r"(png|jpe?g|tiff?|bmp|webp)"
MAX_STACK = 1 << 29
"""Pixels of all frames of a kind."""
Palette = tuple[tuple[int, int, int], ...]
_CONVERTS = "with labelmap.txt (name:r,g,b:: a line) in it, `semnerf scene import {} NEW` converts"
MODES = {
    LABELS: ("L", "P", "LA", "1", "RGB", "RGBA", *SIXTEEN_BITS),
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


def pose_lines(path: Path) -> dict[int, Float[np.ndarray, "4 4"]]:
    """The 4x4 matrices of a text file with 16 numbers a line, by the number of their line.

    Blank lines and lines that begin with # are skipped.

    Raises:
        SemnerfError: no such file, a line that is not 16 numbers, or no matrix.
    """
    poses = {}
    for number, line in enumerate(read_text(path, "a text file with one 4x4 pose a line").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        words = spaced(line).split()
        try:
            poses[number] = np.array([decimal(w) for w in words]).reshape(4, 4)
        except ValueError:
            raise SemnerfError(
                f"{path}: line {number} is '{line[:40]}' ({len(words)} words), expected 16 numbers"
            ) from None
    if not poses:
        raise SemnerfError(f"{path}: no pose, expected one 4x4 matrix a line")
    return poses


def read_poses(path: Path) -> Float[np.ndarray, "poses 4 4"]:
    """Poses from a text file (see `pose_lines`).

    Raises:
        SemnerfError: what `pose_lines` raises; a pose that is no rigid motion.
    """
    poses = pose_lines(path)
    for number, pose in poses.items():
        if fault := pose_fault(pose):
            raise SemnerfError(f"{path}: line {number}: {fault}, expected a rigid camera-to-world motion")
    return np.stack(list(poses.values()))


def frame_files(path: Path, kind: str, n_poses: int) -> list[Path]:
    """The files of all frames in numeric order."""
    folder = path / kind
    if not folder.is_dir():  # a file, or a link that leads nowhere
        raise SemnerfError(f"{folder}: no folder, expected one of images {kind}_<i>.png")
    files: dict[int, Path] = {}
    for file in folder.iterdir():
        if match := re.fullmatch(rf"{kind}_([0-9]+)\.{PICTURES}", file.name, re.IGNORECASE):
            number = int(match[1])
            if number in files:
                raise SemnerfError(f"{file}: a second file of frame {number} beside {files[number].name}, expected one")
            files[number] = file
    for number in range(n_poses):
        if number not in files:
            raise SemnerfError(
                f"{folder / f'{kind}_{number}.png'}: missing, expected frames numbered from 0 to {n_poses - 1} "
                f"as traj_w_c.txt has {n_poses} poses; {_found(folder, files)}"
            )
    if len(files) > n_poses:
        extra = files[max(files)]
        raise SemnerfError(f"{extra}: no pose for this frame, expected {n_poses} frames as traj_w_c.txt has")
    return [files[i] for i in range(n_poses)]


def _found(folder: Path, files: dict[int, Path]) -> str:
    """What a folder without a frame has instead, in words."""
    if files:
        return f"there are {len(files)}, {files[min(files)].name} to {files[max(files)].name}"
    return f"there is {min((f.name for f in folder.iterdir()), default='nothing')}"


def read_image(file: Path, kind: str) -> tuple[np.ndarray, Palette]:
    """A frame of a kind, and the palette of a label image that has one, of colours.

    Label images are ids (see `importers.pictures.read_ids`); grey ones that an editor has saved as RGB are too.

    Raises:
        SemnerfError: no regular file, damaged, lossy labels, or an image of another mode.
    """
    try:
        with open_image(file) as image:
            if image.mode not in MODES[kind]:
                raise SemnerfError(f"{file}: image of mode {image.mode}, expected {WANTED[kind]} ({MODES[kind][0]})")
            if kind == LABELS:
                return _label_image(file)
            array = pixels(image, file)
            if image.mode == "I" and not (0 <= array.min() and array.max() <= 65535):
                raise SemnerfError(f"{file}: {array.min()} ... {array.max()}, expected {WANTED[kind]}")
            return array[..., :3] if image.mode == "RGBA" else array, ()
    except SemnerfError as error:
        raise SemnerfError(str(error).replace("expected an image", f"expected {WANTED[kind]}")) from None


def _label_image(file: Path) -> tuple[np.ndarray, Palette]:
    ids, mode, palette = read_ids(file)
    if mode == "RGB" and (ids % GREY).any():
        raise SemnerfError(
            f"{file}: image of mode RGB, expected 8-bit class ids; {_CONVERTS.format(file.parent.parent)}"
        )
    ids = ids // GREY if mode == "RGB" else ids
    return np.where(ids == 65535, VOID, ids), palette


def check_stack(path: Path, n_frames: int, width: int, height: int) -> None:
    """Raises SemnerfError where frames have more than `MAX_STACK` pixels together."""
    if n_frames * width * height > MAX_STACK:
        raise SemnerfError(f"{path}: {n_frames} frames of {width}x{height} pixels, expected at most {MAX_STACK} in all")


def read_stack(files: list[Path], kind: str, size: tuple[int, int] | None, finish: Callable, dtype) -> np.ndarray:
    """All images of a kind, each as `finish` makes it. `size` (H, W) is that of the first image where None."""
    first, _ = read_image(files[0], kind)
    size = first.shape[:2] if size is None else size
    check_stack(files[0], len(files), size[1], size[0])
    out = np.empty((len(files), *size, *first.shape[2:]), dtype=dtype)

    def read(i: int) -> dict[int, tuple[int, int, int]]:
        image, palette = read_image(files[i], kind)
        if image.shape[:2] != size:
            raise SemnerfError(
                f"{files[i]}: {image.shape[1]}x{image.shape[0]} pixels, expected {size[1]}x{size[0]} as the first frame"
            )
        finished = finish(image)
        if np.issubdtype(dtype, np.integer) and finished.max() > np.iinfo(dtype).max:
            raise SemnerfError(f"{files[i]}: id {finished.max()}, expected at most {np.iinfo(dtype).max}")
        out[i] = finished
        return {index: palette[index] for index in np.unique(image).tolist()} if palette else {}

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        _check_palettes(files, list(pool.map(read, range(len(files)))))
    return out


def _check_palettes(files: list[Path], palettes: list[dict[int, tuple[int, int, int]]]) -> None:
    """Raises SemnerfError where an index has two colours: image editors number colours anew in each image."""
    seen: dict[int, tuple[int, int, int]] = {}
    for file, palette in zip(files, palettes, strict=True):
        for index, colour in palette.items():
            if seen.setdefault(index, colour) != colour:
                raise SemnerfError(
                    f"{file}: index {index} is {colour}, expected {seen[index]} as in the images before; "
                    + _CONVERTS.format(file.parent.parent)
                )
