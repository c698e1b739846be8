"""What a corruption did to label images, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, UInt8

from semnerf_lib.scene import VOID


@dataclass(frozen=True)
class LabelStatistics:
    """Label images beside the truth. Shares are of the pixels whose true class is known, but for `labelled`.

    Attributes:
        labelled: share of all pixels that have a label.
        right, wrong, lost: share with the true label, with another one, with none. They sum to 1.
        frames: images with at least one label.
        classes: classes that are left.
        entropy: of the shares of the classes, nats: 0 for labels of one class, ln C for equally many of each.
        given, hits: (C,) pixels that have a class as their label, and those of them that truly are of it.
    """

    labelled: float
    right: float
    wrong: float
    lost: float
    frames: int
    classes: int
    entropy: float
    given: Int[np.ndarray, "classes"]
    hits: Int[np.ndarray, "classes"]


def label_statistics(
    truth: UInt8[np.ndarray, "frames height width"], given: UInt8[np.ndarray, "frames height width"], n_classes: int
) -> LabelStatistics:
    """Compares the labels that are given with the true ones (see `LabelStatistics`); shares of nothing are 0."""
    pairs = np.bincount(truth.ravel().astype(np.intp) * 256 + given.ravel(), minlength=256 * 256).reshape(256, 256)
    n_true, hits = max(1, pairs[:VOID].sum()), np.diag(pairs)[:n_classes]
    counts = pairs.sum(0)[:n_classes]
    shares = counts[counts > 0] / max(1, counts.sum())
    lost, right = pairs[:VOID, VOID].sum(), hits.sum()
    return LabelStatistics(
        labelled=float(counts.sum() / given.size),
        right=float(right / n_true),
        wrong=float((pairs[:VOID].sum() - right - lost) / n_true),
        lost=float(lost / n_true),
        frames=int((given != VOID).any((1, 2)).sum()),
        classes=len(shares),
        entropy=float(abs((shares * np.log(shares)).sum())),
        given=counts,
        hits=hits,
    )
