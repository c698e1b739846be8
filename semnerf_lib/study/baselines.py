"""Baselines without a NeRF: image processing, and votes in 3D. A NeRF that is not better is not worth its time.

Each reads only the corrupted labels of the training frames. `nearest_frame` and `voted_in_3d` predict any view. The
others work on one frame at a time, so they cannot predict test views.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt8
from scipy.ndimage import convolve1d, distance_transform_edt

from semnerf_lib.corruptions.rules import Labels, nearest_positions
from semnerf_lib.errors import SemnerfError
from semnerf_lib.labels import Corruption
from semnerf_lib.metrics import DepthErrors, confusion_matrix, label_scores
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.study.voting import VotedCells


class Predicted(NamedTuple):
    """What a baseline predicts of the given frames.

    Attributes:
        labels: class ids, VOID where it predicts none.
        depth: metres along the optical axis; None for a baseline that knows no geometry.
    """

    labels: UInt8[np.ndarray, "ids height width"]
    depth: Float[np.ndarray, "ids height width"] | None = None


Baseline = Callable[[Scene, Labels, Sequence[int]], Predicted]
"""Predicts frames of a scene from `labels.corrupt`'s labels of all frames: (scene, labels, ids) -> maps, one an id."""


def majority_filter(labels: Labels, n_classes: int, size: int = 5) -> Labels:
    """Each pixel takes the class that most pixels of a window around it have.

        out(p) = argmax_c #{q in window(p): labels(q) = c}

    Void does not vote; a pixel without a vote stays void. Of classes with the same count the pixel's own wins, else
    the lowest.

    Args:
        n_classes: classes 0 ... n_classes - 1 may occur.
        size: width of the window, pixels, odd.

    Raises:
        SemnerfError: an even width, or one below 1.
    """
    if size < 1 or size % 2 == 0:
        raise SemnerfError(f"majority_filter: size {size}, expected an odd number of pixels")
    window, filtered = np.ones(size, dtype=np.int32), np.empty_like(labels)
    for frame, out in zip(labels, filtered, strict=True):
        own = (frame == np.arange(n_classes)[:, None, None]).astype(np.int32)
        votes = convolve1d(convolve1d(own, window, 1, mode="constant"), window, 2, mode="constant")
        out[:] = np.where(votes.any(0), (2 * votes + own).argmax(0), VOID)
    return filtered


def nearest_fill(labels: Labels) -> Labels:
    """Each void pixel takes the label of the nearest labelled pixel of its own frame; an all-void frame stays so."""
    filled = labels.copy()
    for frame in filled:
        void = frame == VOID
        if void.any() and not void.all():
            frame[:] = frame[tuple(distance_transform_edt(void, return_distances=False, return_indices=True))]
    return filled


def grid_samples(
    labels: Labels, factor: int, dense: bool
) -> tuple[UInt8[np.ndarray, "frames rows cols"], Int[np.ndarray, "rows"], Int[np.ndarray, "cols"]]:
    """The pixels whose label a super-resolution corruption kept, and the rows and columns where they were.

    Args:
        labels: coarse ones, of `coarse_dense` or `coarse_sparse`.
        factor: S of the corruption.
        dense: which of the two.

    Returns:
        samples (frames, rows, cols), rows and cols in pixels of the image.
    """
    if not dense:
        rows, cols = (np.arange(0, n, factor) for n in labels.shape[1:])
        return labels[:, ::factor, ::factor], rows, cols
    rows, cols = (nearest_positions(n, n // factor) for n in labels.shape[1:])
    # if S does not divide the size, a sample is not at its own pixel but at the first pixel that was read from it
    seen = (np.searchsorted(nearest_positions(n // factor, n), np.arange(n // factor)) for n in labels.shape[1:])
    return labels[np.ix_(np.arange(len(labels)), *seen)], rows, cols


def upsample_nearest(labels: Labels, factor: int, dense: bool) -> Labels:
    """Super-resolution: each pixel takes the label of the nearest kept pixel (see `grid_samples`).

    P2's resize gives a whole block the label of the pixel at its corner; this function puts each label back at its own
    pixel.
    """
    samples, rows, cols = grid_samples(labels, factor, dense)
    sparse = np.full_like(labels, VOID)
    sparse[np.ix_(np.arange(len(labels)), rows, cols)] = samples
    return nearest_fill(sparse)


def upsample_probabilities(labels: Labels, factor: int, dense: bool, n_classes: int) -> Labels:
    """Super-resolution: bilinear interpolation of the kept pixels' class probabilities, then the most probable class.

        P_c(y, x) = sum_ij h_i(y) h_j(x) [sample_ij = c],    out = argmax_c P_c

    where h are the hat functions of the kept rows and columns. A kept void pixel has no probability for any class;
    where nothing has any, the nearest label is taken.
    """
    samples, rows, cols = grid_samples(labels, factor, dense)
    at_rows, at_cols = (_hats(n, kept) for n, kept in zip(labels.shape[1:], (rows, cols), strict=True))
    out = np.empty_like(labels)
    for k, coarse in enumerate(samples):
        one_hot = (coarse == np.arange(n_classes)[:, None, None]).astype(np.float32)
        p = at_rows @ one_hot @ at_cols.T
        out[k] = np.where(p.any(0), p.argmax(0), VOID)
    return nearest_fill(out)


def _hats(size: int, kept: np.ndarray) -> Float[np.ndarray, "size kept"]:
    """h_i(y): 1 at the i-th kept position, 0 at the others, linear between, constant beyond the outermost."""
    return np.stack([np.interp(np.arange(size), kept, row) for row in np.eye(len(kept))], axis=1).astype(np.float32)


def nearest_frame(scene: Scene, labels: Labels, ids: Sequence[int], reach: float = 2.0) -> Predicted:
    """Sparse labels: a view is predicted by the labels of the labelled training frame whose pose is nearest, as it is.

        distance(a, b) = |o_a - o_b| + reach * angle(R_a, R_b)

    with the camera centres o in metres and the angle in radians of the turn from one camera to the other. Void is
    filled (see `nearest_fill`).

    Args:
        labels: of all frames, see `labels.corrupt`.
        ids: frames to predict.
        reach: metres at which a turn moves what is seen as far as the same step of the camera does.

    Raises:
        SemnerfError: no labelled training frame.
    """
    labelled = [i for i in scene.train_ids if (labels[i] != VOID).any()]
    if not labelled:
        raise SemnerfError(f"scene {scene.name}: no training frame with a label, expected one to predict views by")
    centres, turns = scene.c2w[labelled, :3, 3], scene.c2w[labelled, :3, :3]
    nearest = []
    for pose in scene.c2w[list(ids)]:
        cosine = (np.einsum("kij,ij->k", turns, pose[:3, :3]) - 1) / 2
        distance = np.linalg.norm(centres - pose[:3, 3], axis=1) + reach * np.arccos(np.clip(cosine, -1, 1))
        nearest.append(labelled[int(distance.argmin())])
    return Predicted(nearest_fill(labels[nearest]))


def voted_in_3d(scene: Scene, labels: Labels, ids: Sequence[int]) -> Predicted:
    """Labels and depth of views, ray-cast through cells in which the training views vote (see `VotedCells`)."""
    return Predicted(*VotedCells(scene, labels).render_frames(ids))


Repair = Callable[[Labels, int, float | None], Labels]
"""(corrupted labels, number of classes, amount of the corruption) -> better ones, each frame by itself."""


def _majority(size: int) -> Repair:
    return lambda labels, n_classes, _: nearest_fill(majority_filter(labels, n_classes, size))


ANY_VIEW: dict[str, Baseline] = {"nearest labelled frame": nearest_frame, "labels voted in 3D": voted_in_3d}
"""The baselines that predict any frame, by what tables call them."""
BASELINES: dict[str, tuple[str, Repair | None]] = {
    "nearest frame": ("nearest labelled frame", None),
    "voted": ("labels voted in 3D", None),
    "given": ("labels as given", lambda labels, n_classes, _: labels),
    "majority 3": ("majority of 3x3", _majority(3)),
    "majority 5": ("majority of 5x5", _majority(5)),
    "majority 15": ("majority of 15x15", _majority(15)),
    "nearest label": ("nearest label", lambda labels, n_classes, _: nearest_fill(labels)),
    "nearest block": ("nearest label", lambda labels, n_classes, s: upsample_nearest(labels, int(s), True)),
    "bilinear blocks": (
        "bilinear probabilities",
        lambda labels, n_classes, s: upsample_probabilities(labels, int(s), True, n_classes),
    ),
    "bilinear pixels": (
        "bilinear probabilities",
        lambda labels, n_classes, s: upsample_probabilities(labels, int(s), False, n_classes),
    ),
}
"""What `kinds.KINDS` calls a baseline -> what tables call it, and its rule (None for those of `ANY_VIEW`). The
majority filters are as wide as was best on the made room at 10, 50 and 90 % of noise."""


def baseline_for(corruption: Corruption) -> dict[str, Baseline]:
    """The baselines that a corruption allows, by what tables call them.

    Those of `ANY_VIEW` predict any frame. The others need the corrupted labels of the frame itself, so they predict
    training frames and raise SemnerfError for other frames.
    """
    chosen = (BASELINES[key] for key in corruption.entry.baselines)
    return {name: _by_frame(repair, corruption.amount) if repair else ANY_VIEW[name] for name, repair in chosen}


def _by_frame(repair: Repair, amount: float | None) -> Baseline:
    """A baseline that needs the corrupted labels of the frame itself: only training frames have them."""

    def baseline(scene: Scene, labels: Labels, ids: Sequence[int]) -> Predicted:
        if unknown := sorted(set(ids) - set(scene.train_ids)):
            raise SemnerfError(f"scene {scene.name}: frame {unknown[0]} is not for training, expected training frames")
        return Predicted(repair(labels[list(ids)], scene.n_classes, amount))

    return baseline


def baseline_scores(
    predictions: UInt8[np.ndarray, "ids height width"],
    scene: Scene,
    ids: Sequence[int],
    depth: Float[np.ndarray, "ids height width"] | None = None,
) -> dict[str, Any]:
    """Scores of predicted labels, under the names that `evaluation.evaluate` uses for them.

    A pixel predicted as void counts as missed.

    Args:
        predictions: (len(ids), H, W).
        ids: the frames that they are of.
        depth: predicted metres along the optical axis, where the baseline predicts them.

    Returns:
        miou, average_accuracy, total_accuracy, per_class_iou (name -> IoU or None), n_frames; with predicted and true
        depth also the depth scores of `evaluate`.

    Raises:
        SemnerfError: not one prediction a frame.
    """
    if predictions.shape != (len(ids), *scene.labels.shape[1:]):
        expected = [len(ids), *scene.labels.shape[1:]]
        raise SemnerfError(f"baseline_scores: predictions {list(predictions.shape)}, expected {expected}")
    n = scene.n_classes + 1  # the last stands for void
    confusion, errors = np.zeros((n, n), dtype=np.int64), DepthErrors()
    for predicted, i in zip(predictions, ids, strict=True):
        confusion += confusion_matrix(np.where(predicted == VOID, np.uint8(n - 1), predicted), scene.labels[i], n)
    if depth is not None and scene.depth is not None:
        for estimate, i in zip(depth, ids, strict=True):
            errors.add(estimate, scene.depth[i])
    scores = label_scores(confusion)
    ious = (None if np.isnan(v) else float(v) for v in scores.per_class_iou[:-1])
    return {
        "miou": scores.miou,
        "average_accuracy": scores.average_accuracy,
        "total_accuracy": scores.total_accuracy,
        "per_class_iou": dict(zip(scene.class_names, ious, strict=True)),
        "n_frames": len(ids),
        **(errors.scores() if errors.count else {}),
    }
