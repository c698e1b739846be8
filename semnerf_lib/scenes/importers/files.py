"""Which files of a folder belong together: label images, pictures, pose matrices."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
from jaxtyping import Float

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import decimal
from semnerf_lib.scenes.importers.names import read_text, spaced

LABEL_FOLDERS = (
    "semantics", "semantic", "semantic_class", "masks", "labels", "SegmentationClass", "segmentations", "segmentation",
)  # fmt: skip


def number_of(path: Path) -> tuple[int, str]:
    """Sorts by the last number in a file's name, then by the name."""
    digits = re.findall(r"\d+", path.stem)
    return (int(digits[-1]) if digits else -1), path.name


def images_in(folder: Path) -> list[Path]:
    """Its images, in numeric order."""
    if not folder.is_dir():
        return []
    suffixes = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
    return sorted((f for f in folder.iterdir() if f.suffix.lower() in suffixes), key=number_of)


def label_folder(folder: Path) -> Path | None:
    """The first of `LABEL_FOLDERS` that is there."""
    return next((folder / name for name in LABEL_FOLDERS if (folder / name).is_dir()), None)


def within(folder: Path, path: str) -> Path | None:
    """The file of a folder that a text file names; None if that lies outside the folder."""
    root = os.path.abspath(folder)
    file = os.path.normpath(os.path.join(root, path))
    return folder / os.path.relpath(file, root) if file.startswith(root + os.sep) and "\0" not in path else None


def below(folder: Path, path: str, where: str) -> Path:
    """The same, where a file outside is refused; `where` says who names it."""
    if (file := within(folder, path)) is None:
        raise SemnerfError(f"{where} is {path[:80]!r}, expected a path below {folder}")
    return file


class Matcher:
    """Finds the image of a folder that belongs to a name: the same stem, else the same number."""

    def __init__(self, folder: Path | None):
        images = [] if folder is None else images_in(folder)
        self.stems = {image.stem: image for image in images}
        self.numbers = {number_of(image)[0]: image for image in images}

    def __call__(self, name: str) -> Path | None:
        path = Path(name)
        same = self.stems.get(path.stem) or self.stems.get(path.name)
        return same or (None if number_of(path)[0] < 0 else self.numbers.get(number_of(path)[0]))


def read_matrix(path: Path) -> Float[np.ndarray, "4 4"]:
    """A 4x4 matrix from a text file; infinities, which mark lost poses, stay.

    Raises:
        SemnerfError: it is not 16 numbers.
    """
    return read_matrices(path, 1)[0]


def read_matrices(path: Path, expected: int | None = None) -> Float[np.ndarray, "poses 4 4"]:
    """4x4 matrices from a text file of 16 numbers each, separated as `names.spaced` knows it.

    Raises:
        SemnerfError: a word that is no number, no whole matrix, or another count than expected.
    """
    words = spaced(read_text(path)).split()
    try:
        matrices = np.array([decimal(word) for word in words]).reshape(-1, 4, 4)
    except ValueError as fault:
        reason = f"{len(words)} words" if "reshape" in str(fault) else str(fault)
        raise SemnerfError(f"{path}: {reason}, expected 16 numbers for each 4x4 matrix") from None
    if not len(matrices) or (expected is not None and len(matrices) != expected):
        raise SemnerfError(f"{path}: {len(matrices)} matrices, expected {expected or 'at least one'}")
    return matrices
