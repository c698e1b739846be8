"""Labels of a scene's training frames kept in a file, so that any run may learn from the very same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.arrays import read_arrays
from semnerf_lib.machine.files import sha256_of, write_aside
from semnerf_lib.scene import VOID, Scene

Labels = UInt8[np.ndarray, "frames height width"]


def store_labels(path: Path, scene: Scene, labels: Labels, corruption: str, seed: int) -> None:
    """Keeps the labels of a scene's training frames, so that "stored:path" gives any model the very same.

    The file is an npz of labels (T, H, W), the scene's digest, and, for people, the corruption and the seed.

    Args:
        labels: of all frames, as `corrupt` returns them; or anybody's own, say of a segmentation network.
        corruption, seed: what made them; any text and number.

    Raises:
        SemnerfError: labels that this scene cannot have; see `write_aside`.
    """
    if labels.shape != scene.labels.shape:
        raise SemnerfError(f"{path}: labels {list(labels.shape)} to store, expected {list(scene.labels.shape)}")
    learnt = _checked(path, labels[list(scene.train_ids)], scene)

    def write(aside: Path) -> None:
        with aside.open("wb") as file:
            np.savez_compressed(file, labels=learnt, scene=scene.digest, corruption=corruption, seed=seed)

    write_aside(path, write)


def load_labels(path: Path, scene: Scene) -> Labels:
    """The stored labels of a scene's training frames, in their order.

    Raises:
        SemnerfError: the file is missing or damaged, or holds labels of another scene or split.
    """
    largest = {"labels": 8 * scene.labels.nbytes, "scene": 1000}
    stored = read_arrays(path, largest, "labels kept by store_labels")
    labels, digest = stored["labels"], str(stored["scene"])
    if digest != scene.digest:
        raise SemnerfError(
            f"{path}: labels of scene {digest[:12]}, expected those of {scene.name} as it is split here, "
            f"{scene.digest[:12]}"
        )
    return _checked(path, labels, scene)


def sha256_of_stored(path: Path) -> str:
    """The hash of a file of stored labels.

    Raises:
        SemnerfError: it is missing.
    """
    try:
        return sha256_of(path)
    except OSError as fault:
        raise SemnerfError(f"{path}: {fault.strerror}, expected a file of stored labels") from fault


def _checked(path: Path, labels: np.ndarray, scene: Scene) -> Labels:
    shape = [len(scene.train_ids), *scene.labels.shape[1:]]
    if labels.dtype != np.uint8 or list(labels.shape) != shape:
        raise SemnerfError(f"{path}: labels are {labels.dtype}{list(labels.shape)}, expected uint8{shape}")
    unknown = np.setdiff1d(labels, [*range(scene.n_classes), VOID])
    if unknown.size:
        raise SemnerfError(f"{path}: label {unknown[0]}, expected 0 ... {scene.n_classes - 1} or VOID ({VOID})")
    return labels
