"""The frozen, validated scene that the rest of the library sees."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from semnerf_lib.cameras import Intrinsics, pose_fault
from semnerf_lib.errors import SemnerfError

VOID = 255
"""The label of a pixel without a class: ignored by the loss and by the metrics (P1)."""
MAX_NAME = 200
"""Characters in the name of a class: tables and pages show it."""


@dataclass(frozen=True, eq=False)
class Scene:
    """Posed label images of one place, with RGB and depth for the baseline and for evaluation only.

    Arrays are made read-only. Frames are addressed by their position 0 ... N - 1.

    Attributes:
        name: for people.
        labels: (N, H, W) uint8, class 0 ... C - 1 or VOID.
        c2w: (N, 4, 4) float64, camera to world, OpenCV axes, metres.
        intrinsics: one camera for all frames.
        class_names: C names, one a class.
        train_ids, test_ids: positions of the frames to train on and to test on; disjoint.
        rgb: (N, H, W, 3) uint8 or None.
        depth: (N, H, W) float32, metres along the optical axis, 0 where unknown, or None.
        instances: (N, H, W) uint16 object ids, one id an object in all frames, 0 where unknown, or
            None; only region noise reads them.
        coding: how the labels were coded where the scene came from (`scenes.coding.Coding`), or None; no part of
            the digest.
        bounds: (2, 3) float64 lower and upper corner of a box that holds all surfaces, or None if unknown.
        near, far: metres along the optical axis between which surfaces are searched (P2: 0.1 and 10).

    Raises:
        SemnerfError: an array of the wrong shape or type, a pose that is no rigid motion, a class without a name,
            no labelled pixel, one class only, a split that overlaps or leaves the range, a depth or bounds that
            cannot be.
    """

    name: str
    labels: np.ndarray
    c2w: np.ndarray
    intrinsics: Intrinsics
    class_names: tuple[str, ...]
    train_ids: tuple[int, ...]
    test_ids: tuple[int, ...]
    rgb: np.ndarray | None = None
    depth: np.ndarray | None = None
    instances: np.ndarray | None = field(default=None, kw_only=True)
    bounds: np.ndarray | None = field(default=None)
    near: float = 0.1
    far: float = 10.0
    coding: Any = field(default=None, kw_only=True)

    def __post_init__(self):
        n, hw = len(self.labels), (self.intrinsics.height, self.intrinsics.width)
        wanted = {
            "labels": (self.labels, (n, *hw), np.uint8),
            "c2w": (self.c2w, (n, 4, 4), np.float64),
            "rgb": (self.rgb, (n, *hw, 3), np.uint8),
            "depth": (self.depth, (n, *hw), np.float32),
            "instances": (self.instances, (n, *hw), np.uint16),
            "bounds": (self.bounds, (2, 3), np.float64),
        }
        for key, (array, shape, dtype) in wanted.items():
            if array is None:
                continue
            if array.shape != shape or array.dtype != dtype:
                raise SemnerfError(
                    f"scene {self.name}: {key} is {array.dtype}{list(array.shape)}, expected "
                    f"{np.dtype(dtype)}{list(shape)}"
                )
            array.setflags(write=False)
        if odd := [name for name in self.class_names if not 0 < len(name) <= MAX_NAME or not name.isprintable()]:
            raise SemnerfError(
                f"scene {self.name}: a class is called {odd[0][:80]!r}, expected a printable name of at most "
                f"{MAX_NAME} characters"
            )
        for i, pose in enumerate(self.c2w):
            if fault := pose_fault(pose):
                raise SemnerfError(f"scene {self.name}: pose of frame {i}: {fault}")
        present = self.present_classes
        if present.size == 0:
            raise SemnerfError(f"scene {self.name}: no labelled pixel in {n} frames, expected at least two classes")
        if present.size == 1:
            named = f" ('{self.class_names[present[0]]}')" if present[0] < self.n_classes else ""
            raise SemnerfError(
                f"scene {self.name}: only class {present[0]}{named} occurs, expected at least two classes"
            )
        if present[-1] >= self.n_classes:
            raise SemnerfError(
                f"scene {self.name}: label {present[-1]} occurs, expected 0 ... {self.n_classes - 1} or VOID ({VOID})"
            )
        ids = (*self.train_ids, *self.test_ids)
        if not self.train_ids or not self.test_ids or len(set(ids)) < len(ids) or not set(ids) <= set(range(n)):
            raise SemnerfError(
                f"scene {self.name}: {len(self.train_ids)} training and {len(self.test_ids)} test frames of {n}, "
                "expected both non-empty, disjoint and within the frames"
            )
        if self.bounds is not None and not (np.isfinite(self.bounds).all() and (self.bounds[0] < self.bounds[1]).all()):
            raise SemnerfError(
                f"scene {self.name}: bounds {self.bounds.tolist()}, expected a lower and then an upper corner"
            )
        if self.depth is not None and not (np.isfinite(self.depth).all() and (self.depth >= 0).all()):
            raise SemnerfError(f"scene {self.name}: depth holds NaN, infinity or less than 0, expected metres or 0")
        if not 0 < self.near < self.far:
            raise SemnerfError(f"scene {self.name}: near {self.near}, far {self.far}, expected 0 < near < far")

    @property
    def n_frames(self) -> int:
        return len(self.labels)

    @property
    def n_classes(self) -> int:
        return len(self.class_names)

    @cached_property
    def present_classes(self) -> np.ndarray:
        """The class ids that occur in some frame, ascending."""
        counts = np.zeros(256, dtype=np.int64)
        for image in self.labels:
            counts += np.bincount(image.reshape(-1), minlength=256)
        counts[VOID] = 0
        return np.flatnonzero(counts)

    @cached_property
    def digest(self) -> str:
        """sha256 over everything that training or evaluation can see, hexadecimal."""
        h = hashlib.sha256()
        h.update(repr((self.intrinsics, self.class_names, self.train_ids, self.test_ids, self.near, self.far)).encode())
        for array in (self.labels, self.c2w, self.rgb, self.depth, self.instances, self.bounds):
            h.update(b"none" if array is None else np.ascontiguousarray(array).data)
        return h.hexdigest()

    def resized(self, width: int, height: int) -> Scene:
        """Every image resized by nearest neighbour (P2: labels nearest, so that no class is invented).

        Pixel (u, v) of the result takes source pixel (floor((u + 1/2) W / width), floor((v + 1/2) H / height)).
        RGB is averaged over whole blocks where the size divides, since its values may be mixed; labels and depth
        may not.
        """
        rows = ((np.arange(height) + 0.5) * self.intrinsics.height / height).astype(int)
        cols = ((np.arange(width) + 0.5) * self.intrinsics.width / width).astype(int)

        def nearest(a):
            return None if a is None else np.ascontiguousarray(a[:, rows][:, :, cols])

        rgb = nearest(self.rgb)
        sy, sx = self.intrinsics.height // height, self.intrinsics.width // width
        if self.rgb is not None and (sy * height, sx * width) == (self.intrinsics.height, self.intrinsics.width):
            blocks = self.rgb.reshape(self.n_frames, height, sy, width, sx, 3)
            rgb = np.stack([b.mean((1, 3)).round().astype(np.uint8) for b in blocks])
        return replace(
            self,
            labels=nearest(self.labels),
            depth=nearest(self.depth),
            instances=nearest(self.instances),
            rgb=rgb,
            intrinsics=self.intrinsics.resized(width, height),
        )

    def with_split(self, train_ids, test_ids) -> Scene:
        """The same frames, split otherwise."""
        return replace(self, train_ids=tuple(map(int, train_ids)), test_ids=tuple(map(int, test_ids)))

    def folds(self, n_folds: int = 5, seed: int = 0) -> list[Scene]:
        """P1's cross-validation: the training frames in `n_folds` shuffled parts, each the test set of one scene.

        P1 does not say how its folds are drawn; here scikit-learn's `KFold(shuffle=True, random_state=seed)` on
        `train_ids`. The scene's own test frames stay out of every fold.

        Raises:
            SemnerfError: fewer training frames than folds, or fewer than two folds.
        """
        from sklearn.model_selection import KFold

        if not 2 <= n_folds <= len(self.train_ids):
            raise SemnerfError(
                f"folds: {n_folds} folds of {len(self.train_ids)} training frames, expected 2 to {len(self.train_ids)}"
            )
        ids = np.array(self.train_ids)
        parts = KFold(n_folds, shuffle=True, random_state=seed).split(ids)
        return [self.with_split(np.sort(ids[train]), np.sort(ids[test])) for train, test in parts]
