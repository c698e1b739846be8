"""baselines: what simple image processing gives, against loops over pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tiny import tiny_config

from semnerf_lib.cameras import look_at
from semnerf_lib.corruptions.kinds import KINDS
from semnerf_lib.corruptions.rules import coarse_dense, coarse_sparse
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import evaluate, render_view
from semnerf_lib.labels import Corruption, corrupt
from semnerf_lib.models import build_model
from semnerf_lib.scene import VOID
from semnerf_lib.study.baselines import (
    ANY_VIEW,
    baseline_for,
    baseline_scores,
    majority_filter,
    nearest_fill,
    nearest_frame,
    upsample_nearest,
    upsample_probabilities,
)


def noise(shape, ids=(0, 1, 2, 3, VOID), seed=0):
    return np.random.default_rng(seed).choice(np.uint8(ids), shape)


# --- majority filter


@pytest.mark.parametrize("size", [1, 3, 5, 9])
def test_majority_is_that_of_a_count(size):
    labels = noise((3, 11, 8), (0, 1, 2, 3, VOID, VOID, VOID))
    filtered, r = majority_filter(labels, 4, size), size // 2
    for f, y, x in np.ndindex(labels.shape):
        window = labels[f, max(y - r, 0) : y + r + 1, max(x - r, 0) : x + r + 1].reshape(-1).tolist()
        votes = [window.count(c) for c in range(4)]
        best = [c for c in range(4) if votes[c] == max(votes)]
        own = int(labels[f, y, x])
        expected = VOID if max(votes) == 0 else own if own in best else best[0]
        assert filtered[f, y, x] == expected


def test_majority_removes_a_speck_and_keeps_an_edge():
    labels = np.zeros((1, 9, 9), dtype=np.uint8)
    labels[:, :, 5:] = 1
    clean = labels.copy()
    labels[0, 4, 1], labels[0, 4, 2] = 1, VOID
    assert (majority_filter(labels, 2) == clean).all()


def test_void_beyond_the_window_stays_void():
    labels = np.full((1, 9, 9), VOID, dtype=np.uint8)
    labels[0, 0, 0] = 200
    filtered = majority_filter(labels, 201)
    assert (filtered[0, :3, :3] == 200).all() and (filtered == 200).sum() == 9


@pytest.mark.parametrize("size", [-1, 0, 4])
def test_windows_without_a_middle_raise(size):
    with pytest.raises(SemnerfError, match=f"majority_filter: size {size}, expected an odd number"):
        majority_filter(noise((1, 4, 4)), 4, size)


# --- nearest label


@pytest.mark.parametrize("seed", range(3))
def test_void_takes_a_nearest_label(seed):
    labels = noise((2, 9, 14), (0, 1, 2, *[VOID] * 20), seed)
    filled = nearest_fill(labels)
    for frame, out in zip(labels, filled, strict=True):
        known = np.argwhere(frame != VOID)
        for y, x in np.ndindex(frame.shape):
            distance = ((known - (y, x)) ** 2).sum(1)
            nearest = {int(frame[tuple(p)]) for p in known[distance == distance.min()]}
            assert out[y, x] in nearest


def test_fill_leaves_labels_and_frames_without_any():
    labels = noise((3, 6, 5))
    labels[1] = VOID
    before = labels.copy()
    filled = nearest_fill(labels)
    assert (filled[1] == VOID).all() and (filled[[0, 2]] != VOID).all() and (labels == before).all()
    assert (filled[labels != VOID] == labels[labels != VOID]).all()


# --- upsampling


def positions(n, factor, dense):
    """Where the kept pixels were, by the rule of the corruption."""
    return [int(i * n / (n // factor)) for i in range(n // factor)] if dense else list(range(0, n, factor))


@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("factor", [1, 2, 3, 4, 5])
def test_upsampling_puts_kept_labels_back_in_their_place(factor, dense):
    """Also where the factor does not divide the size; a label that stands beside its place returns to it."""
    labels = noise((2, 12, 17), (0, 1, 2, 3))
    coarse = (coarse_dense if dense else coarse_sparse)(labels, factor)
    kept = np.ix_([0, 1], positions(12, factor, dense), positions(17, factor, dense))
    for upsampled in (upsample_nearest(coarse, factor, dense), upsample_probabilities(coarse, factor, dense, 4)):
        assert (upsampled[kept] == labels[kept]).all() and upsampled.shape == labels.shape


@pytest.mark.parametrize("dense", [True, False])
def test_nearest_upsampling_takes_the_nearest_kept_label(dense):
    labels = noise((1, 12, 17), (0, 1, 2, 3))
    coarse = (coarse_dense if dense else coarse_sparse)(labels, 5)
    upsampled = upsample_nearest(coarse, 5, dense)
    rows, cols = positions(12, 5, dense), positions(17, 5, dense)
    for y, x in np.ndindex(12, 17):
        near_rows = [r for r in rows if abs(r - y) == min(abs(q - y) for q in rows)]
        near_cols = [c for c in cols if abs(c - x) == min(abs(q - x) for q in cols)]
        assert upsampled[0, y, x] in {labels[0, r, c] for r in near_rows for c in near_cols}


@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("factor", [2, 3, 5])
def test_probabilities_are_interpolated_in_both_directions(factor, dense):
    labels = noise((2, 12, 17))
    coarse = (coarse_dense if dense else coarse_sparse)(labels, factor)
    upsampled = upsample_probabilities(coarse, factor, dense, 4)
    rows, cols = positions(12, factor, dense), positions(17, factor, dense)

    def between(at, kept):
        """The two kept positions around a pixel, and the weight of the second."""
        i = max(k for k in range(len(kept)) if kept[k] <= at)
        j = min(i + 1, len(kept) - 1)
        return kept[i], kept[j], (at - kept[i]) / (kept[j] - kept[i]) if j > i else 0.0

    for f, y, x in np.ndindex(labels.shape):
        (r0, r1, b), (c0, c1, a) = between(y, rows), between(x, cols)
        p = np.zeros(256)
        for r, c, w in ((r0, c0, (1 - b) * (1 - a)), (r0, c1, (1 - b) * a), (r1, c0, b * (1 - a)), (r1, c1, b * a)):
            p[labels[f, r, c]] += w
        p[VOID] = 0
        assert upsampled[f, y, x] != VOID
        if p.any():
            assert p[upsampled[f, y, x]] > p.max() - 1e-6


def test_probabilities_draw_a_smoother_edge_than_the_nearest_label():
    """Of a diagonal edge."""
    y, x = np.mgrid[:64, :64]
    truth = (x + 0.6 * y > 45).astype(np.uint8)[None]
    coarse = coarse_sparse(truth, 8)
    nearest, bilinear = upsample_nearest(coarse, 8, False), upsample_probabilities(coarse, 8, False, 2)
    given = coarse_dense(truth, 8)
    assert (bilinear != truth).sum() < (nearest != truth).sum() < (given != truth).sum()


# --- nearest labelled frame


def test_nearest_frame_weighs_steps_and_turns(tiny_scene):
    """Candidates: 1 m aside; turned by 0.6 rad about the vertical. With reach r the turn counts r * 0.6 m."""
    at = np.array([0.0, 0.0, 1.0])
    view = look_at(at, at + [1.0, 0.0, 0.0])
    aside = look_at(at + [0.0, 1.0, 0.0], at + [1.0, 1.0, 0.0])
    turned = look_at(at, at + [np.cos(0.6), np.sin(0.6), 0.0])
    c2w = tiny_scene.c2w.copy()
    c2w[[0, 1, 2]] = view, aside, turned
    scene = replace(tiny_scene, c2w=c2w, train_ids=(1, 2), test_ids=(0,))
    for reach, nearest in ((1.0, 2), (1.6, 2), (1.7, 1), (2.0, 1)):
        assert (nearest_frame(scene, scene.labels, [0], reach).labels == nearest_fill(scene.labels[[nearest]])).all()


def test_only_labelled_training_frames_are_looked_at(tiny_scene):
    labels = corrupt(tiny_scene, Corruption("sparse", 0.777778), 0)
    kept = [i for i in tiny_scene.train_ids if (labels[i] != VOID).any()]
    predicted = nearest_frame(tiny_scene, labels, list(range(12))).labels
    frames = nearest_fill(tiny_scene.labels[kept])
    assert all(any((p == frame).all() for frame in frames) for p in predicted)
    assert (predicted[kept] == frames).all()
    with pytest.raises(SemnerfError, match="scene tiny: no training frame with a label"):
        nearest_frame(tiny_scene, np.full_like(labels, VOID), [0])


# --- all


WINDOWS = (3, 5, 15)
TEXTS = {
    "none": ["nearest labelled frame"],
    "sparse:0.5": ["nearest labelled frame"],
    "pixel-noise:0.5": ["labels as given", *(f"majority of {n}x{n}" for n in WINDOWS)],
    "pixel-noise-other:0.5": ["labels as given", *(f"majority of {n}x{n}" for n in WINDOWS)],
    "region-sort:0.5:sphere": ["labels as given", *(f"majority of {n}x{n}" for n in WINDOWS)],
    "region-even:0.5:sphere": ["labels as given", *(f"majority of {n}x{n}" for n in WINDOWS)],
    "unlabelled:1:sphere": [],
    "renamed:0.5:sphere": ["labels as given", *(f"majority of {n}x{n}" for n in WINDOWS)],
    "super-dense:3": ["labels as given", "nearest label", "bilinear probabilities"],
    "super-sparse:3": ["nearest label", "bilinear probabilities"],
    "propagation:5": ["nearest label"],
    "annotated:frames=2,pixels=1,wrong-pixels=0,wrong-segments=0": ["nearest labelled frame"],
    "stored:file": [],
}
VOTED = "labels voted in 3D"


def test_every_kind_has_its_baselines():
    assert {Corruption.parse(text).kind for text in TEXTS} == set(KINDS)
    for text, names in TEXTS.items():
        assert list(baseline_for(Corruption.parse(text))) == [*names, VOTED]


def test_baselines_are_their_functions(tiny_scene):
    """Each on the corrupted labels of the frames asked for, in their order."""
    ids, n = [5, 2, 11], tiny_scene.n_classes
    expected = {
        "pixel-noise:0.5": [lambda x: x]
        + [lambda x, size=size: nearest_fill(majority_filter(x, n, size)) for size in WINDOWS],
        "super-dense:3": [
            lambda x: x,
            lambda x: upsample_nearest(x, 3, True),
            lambda x: upsample_probabilities(x, 3, True, n),
        ],
        "super-sparse:3": [lambda x: upsample_nearest(x, 3, False), lambda x: upsample_probabilities(x, 3, False, n)],
        "propagation:5": [nearest_fill],
    }
    for text, functions in expected.items():
        labels = corrupt(tiny_scene, Corruption.parse(text), 0)
        before = labels.copy()
        by_frame = {name: b for name, b in baseline_for(Corruption.parse(text)).items() if name not in ANY_VIEW}
        for (name, baseline), function in zip(by_frame.items(), functions, strict=True):
            predicted = baseline(tiny_scene, labels, ids)
            assert (predicted.labels == function(labels[ids])).all() and predicted.depth is None, (text, name)
        assert (labels == before).all()


@pytest.mark.parametrize("text", [text for text, names in TEXTS.items() if "nearest labelled frame" not in names])
def test_test_frames_whose_labels_are_true_are_refused(tiny_scene, text):
    for name, baseline in baseline_for(Corruption.parse(text)).items():
        if name in ANY_VIEW:
            continue
        with pytest.raises(SemnerfError, match="scene tiny: frame 4 is not for training") as caught:
            baseline(tiny_scene, tiny_scene.labels.copy(), [1, 8, 4])
        assert "\n" not in str(caught.value), name


@pytest.mark.parametrize("text", ["none", "sparse:0.5", "pixel-noise:0.5"])
def test_any_view_is_predicted_from_training_frames_alone(tiny_scene, text):
    labels, ids = corrupt(tiny_scene, Corruption.parse(text), 0), list(tiny_scene.test_ids)
    chosen = {name: b for name, b in baseline_for(Corruption.parse(text)).items() if name in ANY_VIEW}
    before = {name: baseline(tiny_scene, labels, ids) for name, baseline in chosen.items()}
    labels[ids] = VOID
    for name, baseline in chosen.items():
        after = baseline(tiny_scene, labels, ids)
        assert (after.labels == before[name].labels).all() and after.labels.shape == (3, 12, 16)
        assert (after.depth is not None) == (name == VOTED)
    assert VOTED in chosen and ("nearest labelled frame" in chosen) == (not text.startswith("pixel"))


@pytest.mark.parametrize("text", ["pixel-noise:0.4", "super-dense:4", "propagation:5"])
def test_a_baseline_is_better_than_its_input(tiny_scene, text):
    labels, ids = corrupt(tiny_scene, Corruption.parse(text), 0), list(tiny_scene.train_ids)
    baselines = baseline_for(Corruption.parse(text))
    name = "majority of 3x3" if text.startswith("pixel") else list(baselines)[-2]
    predicted = baselines[name](tiny_scene, labels, ids).labels
    scores = [baseline_scores(p, tiny_scene, ids)["total_accuracy"] for p in (labels[ids], predicted)]
    assert scores[0] + 0.02 < scores[1]


# --- scores


def test_scores_have_the_names_and_values_of_evaluate(tiny_scene):
    """For the views of an untrained model, right here and there."""
    scene, ids = tiny_scene, list(tiny_scene.test_ids)
    model = build_model(tiny_config("grid"), scene)
    views = [render_view(model, scene.intrinsics, scene.c2w[i], scene.near, scene.far) for i in ids]
    known, scores = evaluate(model, scene, ids), baseline_scores(np.stack([v.labels for v in views]), scene, ids)
    assert set(scores) == {"miou", "average_accuracy", "total_accuracy", "per_class_iou", "n_frames"}
    assert scores == {name: known[name] for name in scores} and 0 < scores["total_accuracy"] < 1


def test_scores_by_hand(tiny_scene):
    """Truth 0 0 1 1 1 and void; predicted 0 void 1 1 0 and anything: void is a miss and nothing else."""
    labels = np.full_like(tiny_scene.labels, VOID)
    labels[3, 0, :5] = [0, 0, 1, 1, 1]
    scene = replace(tiny_scene, labels=labels)
    predicted = noise((1, 12, 16))
    predicted[0, 0, :5] = [0, VOID, 1, 1, 0]
    scores = baseline_scores(predicted, scene, [3])
    assert scores["per_class_iou"]["wall x-"] == pytest.approx(1 / 3)
    assert scores["per_class_iou"]["wall x+"] == pytest.approx(2 / 3)
    assert scores["per_class_iou"]["sphere"] is None and len(scores["per_class_iou"]) == 7
    assert scores["miou"] == pytest.approx(0.5) and scores["total_accuracy"] == pytest.approx(3 / 5)
    assert scores["average_accuracy"] == pytest.approx((1 / 2 + 2 / 3) / 2) and scores["n_frames"] == 1


def test_depth_is_scored_where_it_is_predicted_and_known(tiny_scene):
    ids, labels = [3, 5], tiny_scene.labels[[3, 5]]
    scores = baseline_scores(labels, tiny_scene, ids, tiny_scene.depth[ids] + 0.25)
    assert scores["depth_mae"] == pytest.approx(0.25)
    assert "depth_mae" not in baseline_scores(labels, tiny_scene, ids)
    assert "depth_mae" not in baseline_scores(labels, replace(tiny_scene, depth=None), ids, tiny_scene.depth[ids])


def test_scores_need_one_prediction_a_frame(tiny_scene):
    with pytest.raises(SemnerfError, match=r"predictions \[2, 12, 16\], expected \[3, 12, 16\]"):
        baseline_scores(tiny_scene.labels[:2], tiny_scene, [1, 2, 3])
