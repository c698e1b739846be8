"""segmenter: errors of whole segments, ragged boundaries, missing masks."""

from __future__ import annotations

import numpy as np
import pytest

from semnerf_lib.scene import VOID
from semnerf_lib.scenes.segmenter import (
    missing_masks,
    ragged_boundaries,
    segmenter_noise,
    segments,
    wrong_segments,
)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture
def labels():
    """40 frames: floor 0, two apart segments of class 1, one of class 2, a void corner."""
    frames = np.zeros((40, 12, 16), dtype=np.uint8)
    frames[:, 2:5, 2:5], frames[:, 2:5, 10:14], frames[:, 8:11, 4:9], frames[:, :2, :2] = 1, 1, 2, VOID
    return frames


def test_segments_are_connected_regions_of_one_class(labels):
    found = segments(labels[0])
    assert found.max() == 4 and found[0, 0] == 0
    assert found[3, 3] != found[3, 11] and labels[0][found == found[3, 3]].tolist() == [1] * 9


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_wrong_segments_get_another_class_of_their_frame_as_a_whole(labels, share):
    before, wrong = labels.copy(), wrong_segments(labels, share, rng())
    struck = 0
    for old, new in zip(labels, wrong, strict=True):
        parts = segments(old)
        for k in range(1, parts.max() + 1):
            own, given = old[parts == k][0], np.unique(new[parts == k])
            assert len(given) == 1 and given[0] in (0, 1, 2)
            struck += given[0] != own
    assert (labels == before).all() and (wrong[labels == VOID] == VOID).all()
    assert abs(struck / 160 - share) < 0.12


def test_a_frame_of_one_class_has_no_other_class_to_take():
    one = np.full((1, 4, 4), 3, dtype=np.uint8)
    assert (wrong_segments(one, 1.0, rng()) == one).all()


def test_missing_masks_are_void_as_a_whole(labels):
    missing = missing_masks(labels, 0.4, rng())
    assert ((missing == labels) | (missing == VOID)).all()
    gone = [len(np.unique(missing[f][segments(labels[f]) == k])) for f in range(40) for k in range(1, 5)]
    assert set(gone) == {1}
    assert 0.2 < np.mean([(missing[f][segments(labels[f]) == 1] == VOID).all() for f in range(40)]) < 0.6


def test_ragged_boundaries_change_pixels_near_boundaries_alone(labels):
    ragged = ragged_boundaries(labels, 1.0, rng())
    changed = ragged != labels
    assert 0.02 < changed.mean() < 0.3
    near = np.zeros_like(changed)
    for dy in range(-4, 5):
        for dx in range(-4, 5):
            near |= np.roll(labels, (dy, dx), (1, 2)) != labels
    assert not changed[~near].any()
    assert (ragged_boundaries(labels, 0.0, rng()) == labels).all()


def test_noise_depends_on_its_seed_alone(labels):
    first, again, other = segmenter_noise(labels, 1), segmenter_noise(labels, 1), segmenter_noise(labels, 2)
    assert (first == again).all() and (first != other).any()
    assert (segmenter_noise(labels, 1, 0.0, 0.0, 0.0) == labels).all()
    assert not (first[0] == first[1]).all()
