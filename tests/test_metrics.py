"""metrics: against scikit-learn, and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from semnerf_lib.metrics import DepthErrors, confusion_matrix, label_entropy, label_scores
from semnerf_lib.scene import VOID


def random_labels(seed: int, n_classes: int = 7, absent: tuple[int, ...] = ()):
    rng = np.random.default_rng(seed)
    truth = rng.choice([c for c in range(n_classes) if c not in absent], (3, 9, 11)).astype(np.uint8)
    predicted = np.where(rng.random(truth.shape) < 0.6, truth, rng.integers(0, n_classes, truth.shape)).astype(np.uint8)
    truth[rng.random(truth.shape) < 0.2] = VOID
    return predicted, truth


@pytest.mark.parametrize("seed", range(4))
def test_confusion_matrix_is_scikit_learns_without_void(seed):
    predicted, truth = random_labels(seed)
    known = truth != VOID
    assert 0 < known.sum() < truth.size
    expected = sk.confusion_matrix(truth[known], predicted[known], labels=range(7))
    assert np.array_equal(confusion_matrix(predicted, truth, 7), expected)


@pytest.mark.parametrize("seed", range(4))
def test_scores_are_scikit_learns(seed):
    predicted, truth = random_labels(seed, absent=(2,))
    known = truth != VOID
    t, p = truth[known], predicted[known]
    scores = label_scores(confusion_matrix(predicted, truth, 7))
    present = [0, 1, 3, 4, 5, 6]
    assert (p == 2).any()  # predicted though absent: where the two conventions differ
    iou = sk.jaccard_score(t, p, labels=range(7), average=None)
    assert scores.miou == pytest.approx(iou[present].mean())
    assert scores.miou_predicted == pytest.approx(iou.mean()) and iou[2] == 0
    np.testing.assert_allclose(scores.per_class_iou[present], iou[present])
    assert np.isnan(scores.per_class_iou[2])
    assert scores.average_accuracy == pytest.approx(sk.recall_score(t, p, labels=present, average="macro"))
    assert scores.total_accuracy == pytest.approx(sk.accuracy_score(t, p))


def test_two_conventions_by_hand():
    truth, predicted = np.uint8([0, 0, 0, 1, VOID]), np.uint8([0, 0, 2, 1, 1])
    scores = label_scores(confusion_matrix(predicted, truth, 4))
    assert scores.miou == pytest.approx((2 / 3 + 1) / 2)
    assert scores.miou_predicted == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert scores.average_accuracy == pytest.approx((2 / 3 + 1) / 2)
    assert scores.total_accuracy == pytest.approx(3 / 4)


def test_frames_add_up_to_one_matrix():
    predicted, truth = random_labels(5)
    parts = sum(confusion_matrix(p, t, 7) for p, t in zip(predicted, truth, strict=True))
    assert np.array_equal(parts, confusion_matrix(predicted, truth, 7))


def test_without_known_pixels_scores_are_nan():
    scores = label_scores(confusion_matrix(np.uint8([1, 0]), np.uint8([VOID, VOID]), 3))
    values = (scores.miou, scores.average_accuracy, scores.total_accuracy, scores.miou_predicted)
    assert all(math.isnan(v) for v in values)


def test_depth_errors_by_hand():
    errors = DepthErrors()
    errors.add(np.float32([[1.0, 2.5]]), np.float32([[2.0, 2.0]]))
    errors.add(np.float32([[4.0, 9.0]]), np.float32([[5.0, 0.0]]))  # 0: not known
    scores = errors.scores()
    assert scores["depth_abs_rel"] == pytest.approx((0.5 + 0.25 + 0.2) / 3)
    assert scores["depth_rmse"] == pytest.approx(math.sqrt((1 + 0.25 + 1) / 3))
    assert scores["depth_mae"] == pytest.approx((1 + 0.5 + 1) / 3)
    assert scores["depth_within_25"] == pytest.approx(0)  # ratios 2, 1.25, 1.25: none below 1.25


def test_depth_within_25_counts_both_sides():
    errors = DepthErrors()
    errors.add(np.float32([1.2, 0.85, 1.3, 0.7, 0.0]), np.ones(5, np.float32))
    assert errors.scores()["depth_within_25"] == pytest.approx(2 / 5)


def test_no_known_depth_is_none():
    errors = DepthErrors()
    errors.add(np.ones(3, np.float32), np.zeros(3, np.float32))
    assert set(errors.scores().values()) == {None}


def test_entropy_from_certain_to_no_idea():
    for n in (2, 29):
        assert label_entropy(torch.zeros(1, n)).item() == pytest.approx(math.log(n), rel=1e-6)
    certain = torch.zeros(1, 29)
    certain[0, 3] = 1e4
    assert label_entropy(certain).item() == 0
    p = np.array([0.5, 0.25, 0.25])
    assert label_entropy(torch.tensor(np.log(p))[None]).item() == pytest.approx(1.5 * math.log(2))
