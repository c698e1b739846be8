"""Scores of label maps and depth maps, exactly as in P2's code: one confusion matrix over all evaluated frames."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from semnerf_lib.scene import VOID


def confusion_matrix(
    predicted: UInt8[np.ndarray, "*shape"], truth: UInt8[np.ndarray, "*shape"], n_classes: int
) -> Int[np.ndarray, "classes classes"]:
    """Counts of pixels by true class (rows) and predicted class (columns); pixels whose truth is VOID are dropped.

    >>> confusion_matrix(np.uint8([0, 1, 1, 1]), np.uint8([0, 0, 1, 255]), 2)
    array([[1, 1],
           [0, 1]])
    """
    labelled = truth != VOID
    pairs = truth[labelled].astype(np.int64) * n_classes + predicted[labelled]
    return np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)


@dataclass(frozen=True)
class LabelScores:
    """Scores from a confusion matrix M (rows: truth) [P2, code].

    Attributes:
        miou: mean of IoU_c = M_cc / (sum_j M_cj + sum_i M_ic - M_cc) over classes present in the truth.
        average_accuracy: mean recall M_cc / sum_j M_cj over the same classes.
        total_accuracy: trace M / sum M.
        per_class_iou: IoU of each class; NaN where the class is absent from the truth.
        miou_predicted: the other convention, with classes predicted but absent from the truth counted as 0.
    """

    miou: float
    average_accuracy: float
    total_accuracy: float
    per_class_iou: Float[np.ndarray, "classes"]
    miou_predicted: float


def label_scores(confusion: Int[np.ndarray, "classes classes"]) -> LabelScores:
    """See `LabelScores`. Without one labelled pixel every score is NaN."""
    hits = np.diag(confusion).astype(float)
    in_truth, predicted = confusion.sum(1), confusion.sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        iou = np.where(in_truth > 0, hits / (in_truth + predicted - hits), np.nan)
        recall = hits / in_truth
        total = hits.sum() / confusion.sum()
    present, either = in_truth > 0, (in_truth + predicted) > 0
    if not present.any():
        return LabelScores(np.nan, np.nan, np.nan, iou, np.nan)
    return LabelScores(
        miou=float(iou[present].mean()),
        average_accuracy=float(recall[present].mean()),
        total_accuracy=float(total),
        per_class_iou=iou,
        miou_predicted=float(np.nan_to_num(iou[either]).mean()),
    )


@dataclass
class DepthErrors:
    """Depth scores over the pixels of all frames whose true depth is known (above 0), collected a frame at a time.

    With estimate z and truth t in metres: AbsRel = mean |z - t| / t, RMSE = sqrt(mean (z - t)^2), MAE = mean |z - t|,
    within 25 % = share of pixels with max(z / t, t / z) < 1.25 [Eigen et al. 2014].
    """

    count: int = 0
    sums: Float[np.ndarray, "4"] = field(default_factory=lambda: np.zeros(4))

    def add(self, estimate: Float[np.ndarray, "*shape"], truth: Float[np.ndarray, "*shape"]) -> None:
        valid = truth > 0
        z, t = estimate[valid].astype(np.float64), truth[valid].astype(np.float64)
        error, ratio = np.abs(z - t), np.maximum(z / t, t / np.maximum(z, 1e-9))
        self.count += len(t)
        self.sums += [(error / t).sum(), (error**2).sum(), error.sum(), (ratio < 1.25).sum()]

    def scores(self) -> dict[str, float | None]:
        """depth_abs_rel, depth_rmse (m), depth_mae (m), depth_within_25; all None where no depth is known."""
        names = ("depth_abs_rel", "depth_rmse", "depth_mae", "depth_within_25")
        if not self.count:
            return dict.fromkeys(names)
        means = self.sums / self.count
        means[1] = np.sqrt(means[1])
        return dict(zip(names, means.tolist(), strict=True))


def label_entropy(sem_logits: Float[Tensor, "*pixels classes"]) -> Float[Tensor, "*pixels"]:
    """H = -sum_c p_c ln p_c with p = softmax(logits): nats, from 0 (certain) to ln C (no idea)."""
    log_p = torch.log_softmax(sem_logits, dim=-1)
    return -(log_p.exp() * log_p).sum(-1)
