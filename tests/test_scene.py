"""scenes.scene: what a scene refuses, its folds, its other sizes, its digest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import make_tiny_scene

from semnerf_lib.cameras import Intrinsics, project, unproject
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID


@pytest.fixture
def scene():
    return make_tiny_scene()


def changed(array, where, value):
    array = array.copy()
    array[where] = value
    return array


FAULTS = {
    "labels are int64": (lambda s: dict(labels=s.labels.astype(np.int64)), "labels is int64"),
    "labels of another size": (lambda s: dict(labels=s.labels[:, :-1]), r"labels is uint8\[12, 11, 16\], expected"),
    "labels with colours": (lambda s: dict(labels=np.stack([s.labels] * 3, -1)), "labels is"),
    "a pose too few": (lambda s: dict(c2w=s.c2w[:-1]), r"c2w is float64\[11, 4, 4\], expected float64\[12, 4, 4\]"),
    "a pose too many": (lambda s: dict(c2w=np.concatenate([s.c2w, s.c2w[:1]])), "c2w is"),
    "poses in float32": (lambda s: dict(c2w=s.c2w.astype(np.float32)), "c2w is float32"),
    "rgb a frame short": (lambda s: dict(rgb=s.rgb[:-1]), "rgb is"),
    "rgb as floats": (lambda s: dict(rgb=s.rgb / 255), "rgb is float64"),
    "instances in 8 bits": (lambda s: dict(instances=np.zeros_like(s.labels)), "instances is uint8.*expected uint16"),
    "instances a frame short": (
        lambda s: dict(instances=np.zeros(s.labels[1:].shape, dtype=np.uint16)),
        r"instances is uint16\[11, 12, 16\], expected",
    ),
    "depth in millimetres": (lambda s: dict(depth=(s.depth * 1000).astype(np.uint16)), "depth is uint16"),
    "depth is NaN": (lambda s: dict(depth=changed(s.depth, (3, 1, 1), np.nan)), "depth holds NaN"),
    "depth is negative": (lambda s: dict(depth=changed(s.depth, (3, 1, 1), -1)), "depth holds"),
    "bounds of a plane": (lambda s: dict(bounds=np.zeros((2, 2))), "bounds is"),
    "bounds upside down": (lambda s: dict(bounds=s.bounds[::-1].copy()), "expected a lower and then an upper"),
    "bounds are infinite": (lambda s: dict(bounds=changed(s.bounds, (1, 2), np.inf)), "bounds .* expected a lower"),
    "NaN pose": (lambda s: dict(c2w=changed(s.c2w, (5, 0, 0), np.nan)), "pose of frame 5: it holds NaN"),
    "scaled pose": (
        lambda s: dict(c2w=changed(s.c2w, (2, slice(3), slice(3)), np.eye(3) * 2)),
        "frame 2: .*no rotation",
    ),
    "mirrored pose": (
        lambda s: dict(c2w=changed(s.c2w, (2, slice(3), slice(3)), np.diag([1, 1, -1.0]))),
        "frame 2: .*reflection",
    ),
    "projective pose": (lambda s: dict(c2w=changed(s.c2w, (0, 3, 1), 0.3)), "frame 0: last row"),
    "a class without a name": (
        lambda s: dict(class_names=s.class_names[:-1]),
        r"label 6 occurs, expected 0 \.\.\. 5 or",
    ),
    "no labelled pixel": (lambda s: dict(labels=np.full_like(s.labels, VOID)), "no labelled pixel"),
    "no frame": (
        lambda s: dict(labels=s.labels[:0], c2w=s.c2w[:0], rgb=None, depth=None, train_ids=(), test_ids=()),
        "no labelled pixel in 0 frames",
    ),
    "one class only": (lambda s: dict(labels=np.full_like(s.labels, 3)), r"only class 3 \('.*'\) occurs"),
    "one class and void": (lambda s: dict(labels=np.where(s.labels == VOID, VOID, 3).astype(np.uint8)), "only class 3"),
    "no training frame": (lambda s: dict(train_ids=()), "0 training and 3 test"),
    "no test frame": (lambda s: dict(test_ids=()), "9 training and 0 test"),
    "a frame in both": (lambda s: dict(test_ids=(*s.test_ids, 1)), "disjoint"),
    "a frame twice": (lambda s: dict(train_ids=(1, 1, 2)), "disjoint"),
    "a frame beyond": (lambda s: dict(test_ids=(0, 12)), "within the frames"),
    "a frame before": (lambda s: dict(test_ids=(0, -1)), "within the frames"),
    "near at the camera": (lambda s: dict(near=0.0), "near 0.0"),
    "near beyond far": (lambda s: dict(near=11.0), "expected 0 < near < far"),
    "far is NaN": (lambda s: dict(far=np.nan), "far nan"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_raise_one_line(scene, name):
    make, text = FAULTS[name]
    with pytest.raises(SemnerfError, match=text) as caught:
        replace(scene, **make(scene))
    assert "\n" not in str(caught.value) and str(caught.value).startswith("scene tiny: ")


def test_camera_of_another_size_raises(scene):
    with pytest.raises(SemnerfError, match="labels is"):
        replace(scene, intrinsics=Intrinsics.from_hfov(12, 16))


def test_rgb_depth_and_bounds_may_be_absent(scene):
    bare = replace(scene, rgb=None, depth=None, bounds=None)
    assert bare.rgb is None and bare.n_frames == 12 and bare.n_classes == 7


def test_arrays_are_read_only_and_the_scene_is_frozen(scene):
    for array in (scene.labels, scene.c2w, scene.rgb, scene.depth, scene.bounds):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(AttributeError):
        scene.near = 1.0


def test_present_classes_leave_void_out(scene):
    assert (scene.labels == VOID).any()
    assert scene.present_classes.tolist() == sorted(set(np.unique(scene.labels).tolist()) - {VOID})


@pytest.mark.parametrize("n_folds", [2, 5, 9])
def test_folds_partition_the_training_frames(scene, n_folds):
    folds = scene.folds(n_folds)
    assert len(folds) == n_folds
    assert sorted(i for fold in folds for i in fold.test_ids) == sorted(scene.train_ids)
    for fold in folds:
        assert sorted((*fold.train_ids, *fold.test_ids)) == sorted(scene.train_ids)
        assert not set(fold.test_ids) & set(fold.train_ids)
        assert not set(scene.test_ids) & {*fold.train_ids, *fold.test_ids}  # the scene's own test frames stay out
        assert fold.labels is scene.labels
    sizes = [len(fold.test_ids) for fold in folds]
    assert max(sizes) - min(sizes) <= 1


def test_folds_are_deterministic_and_shuffled(scene):
    def parts(seed):
        return [fold.test_ids for fold in scene.folds(5, seed)]

    assert parts(0) == parts(0) != parts(1)
    assert parts(0) == [fold.test_ids for fold in make_tiny_scene().folds(5)]
    in_order = np.array_split(scene.train_ids, 5)
    assert parts(0) != [tuple(part.tolist()) for part in in_order]


@pytest.mark.parametrize("n_folds", [-1, 0, 1, 10])
def test_impossible_folds_raise(scene, n_folds):
    with pytest.raises(SemnerfError, match=f"folds: {n_folds} folds of 9 training frames"):
        scene.folds(n_folds)


@pytest.mark.parametrize("size", [(8, 6), (5, 7), (32, 24), (1, 1)])
def test_resized_takes_the_nearest_pixel_and_invents_no_class(scene, size):
    width, height = size
    small = scene.resized(width, height)
    assert small.labels.shape == (12, height, width) and small.rgb.shape == (12, height, width, 3)
    assert (small.intrinsics.width, small.intrinsics.height) == size
    for v in range(height):
        for u in range(width):
            source = int((v + 0.5) * 12 / height), int((u + 0.5) * 16 / width)
            assert np.array_equal(small.labels[:, v, u], scene.labels[:, *source])
            assert np.array_equal(small.depth[:, v, u], scene.depth[:, *source])


def test_resized_takes_labels_and_objects_of_the_same_pixel(scene):
    known = replace(scene, instances=(scene.labels.astype(np.uint16) + 300))
    small = known.resized(5, 7)
    assert (small.instances == small.labels.astype(np.uint16) + 300).all()
    assert known.folds(3)[0].instances is known.instances


def test_resized_by_whole_factors_averages_rgb(scene):
    small = scene.resized(8, 6)
    block = scene.rgb[4, 2:4, 6:8].reshape(4, 3).mean(0)
    assert np.abs(small.rgb[4, 1, 3] - block).max() <= 0.5


def test_resized_keeps_the_projection_of_points(scene):
    small, pose = scene.resized(8, 6), torch.tensor(scene.c2w[3], dtype=torch.float32)
    points = unproject(torch.tensor(scene.depth[3]), scene.intrinsics, pose)
    u, v, _ = project(points, scene.intrinsics, pose)
    u2, v2, _ = project(points, small.intrinsics, pose)
    torch.testing.assert_close((u2 + 0.5) / 8, (u + 0.5) / 16, atol=1e-4, rtol=0)
    torch.testing.assert_close((v2 + 0.5) / 6, (v + 0.5) / 12, atol=1e-4, rtol=0)


DATA = {
    "a label": lambda s: dict(labels=changed(s.labels, (1, 5, 5), (s.labels[1, 5, 5] + 1) % 7)),
    "a pose": lambda s: dict(c2w=changed(s.c2w, (1, 0, 3), s.c2w[1, 0, 3] + 1e-9)),
    "a colour": lambda s: dict(rgb=changed(s.rgb, (1, 5, 5, 0), s.rgb[1, 5, 5, 0] ^ 1)),
    "a depth": lambda s: dict(depth=changed(s.depth, (1, 5, 5), 0)),
    "an object id": lambda s: dict(instances=np.ones(s.labels.shape, dtype=np.uint16)),
    "no rgb": lambda s: dict(rgb=None),
    "no depth": lambda s: dict(depth=None),
    "no bounds": lambda s: dict(bounds=None),
    "other bounds": lambda s: dict(bounds=s.bounds + 0.1),
    "a class name": lambda s: dict(class_names=("wall", *s.class_names[1:])),
    "the split": lambda s: dict(train_ids=s.train_ids[:-1]),
    "the test frames": lambda s: dict(test_ids=s.test_ids[:-1]),
    "near": lambda s: dict(near=0.2),
    "far": lambda s: dict(far=11.0),
    "the camera": lambda s: dict(intrinsics=replace(s.intrinsics, cx=7.0)),
}


@pytest.mark.parametrize("name", DATA)
def test_digest_changes_with_any_data(scene, name):
    assert replace(scene, **DATA[name](scene)).digest != scene.digest


def test_digest_is_that_of_the_data_alone(scene):
    assert scene.digest == make_tiny_scene().digest
    assert scene.digest == replace(scene, name="another").digest
