"""annotation.py: so many frames and pixels as asked for, and so many errors, of either kind."""

from __future__ import annotations

import numpy as np
import pytest

from semnerf_lib.corruptions.annotation import annotated
from semnerf_lib.corruptions.rules import drop_frames
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID

CLASSES = np.array([0, 2, 3, 6])


@pytest.fixture
def labels():
    """Twelve frames of 30x40 pixels: four quarters, each a class, and a void stripe between; read-only."""
    frame = np.full((30, 40), VOID, dtype=np.uint8)
    frame[:14, :19], frame[:14, 21:], frame[16:, :19], frame[16:, 21:] = CLASSES
    frames = np.repeat(frame[None], 12, axis=0)
    frames.setflags(write=False)
    return frames


def make(labels, frames=12, share=1.0, wrong_pixels=0.0, wrong_segments=0.0, seed=0):
    return annotated(labels, frames, share, wrong_pixels, wrong_segments, CLASSES, np.random.default_rng(seed))


def test_all_of_it_without_an_error_is_the_truth(labels):
    assert (make(labels) == labels).all()


@pytest.mark.parametrize("frames", [1, 2, 5, 11])
def test_so_many_frames_are_kept_evenly(labels, frames):
    kept = make(labels, frames)
    assert (kept == drop_frames(labels, 1 - frames / 12)).all()
    assert (kept != VOID).any((1, 2)).sum() == frames


def test_no_share_is_a_click_a_class(labels):
    clicks = make(labels, share=0.0)
    for frame in clicks:
        assert sorted(frame[frame != VOID]) == CLASSES.tolist()
    assert len({tuple(np.flatnonzero(frame != VOID)) for frame in clicks}) == 12  # other pixels in each frame


def test_a_share_is_one_of_each_class(labels):
    some = make(labels, share=0.25)
    for c in CLASSES:
        assert ((some == c).sum((1, 2)) == round(0.25 * (labels[0] == c).sum())).all()
    assert (some[some != VOID] == labels[some != VOID]).all()


def test_wrong_clicks_are_single_pixels_in_another_class(labels):
    noisy = make(labels, wrong_pixels=0.3)
    given = labels != VOID
    assert (noisy[~given] == VOID).all() and np.isin(noisy[given], CLASSES).all()
    assert abs((noisy[given] != labels[given]).mean() - 0.3) < 0.02
    wrong = noisy[given & (labels == 3) & (noisy != 3)]
    assert np.bincount(wrong, minlength=7)[[0, 2, 6]].min() > 0.25 * wrong.size  # each other class as often


def test_wrong_names_fill_whole_segments(labels):
    named = make(np.concatenate([labels] * 10), 120, wrong_segments=0.3)
    whole, quarters = np.concatenate([labels] * 10), []
    for frame, true in zip(named, whole, strict=True):
        for c in CLASSES:
            [name] = np.unique(frame[true == c])
            assert name in CLASSES
            quarters.append(name != c)
    assert abs(np.mean(quarters) - 0.3) < 0.06


def test_clicks_inside_a_wrong_name_repeat_it(labels):
    clicks, outlines = (make(labels, share=share, wrong_segments=0.5, seed=3) for share in (0.1, 1.0))
    given = clicks != VOID
    assert (outlines != labels).any()
    for frame, true in zip(clicks, labels, strict=True):
        for c in CLASSES:
            assert len(np.unique(frame[(true == c) & (frame != VOID)])) == 1
    assert (clicks[given] != labels[given]).any()


def test_the_seed_decides(labels):
    once, again, other = (make(labels, 3, 0.1, 0.2, 0.2, seed) for seed in (1, 1, 2))
    assert (once == again).all() and (once != other).any()


def test_more_frames_than_there_are_raise(labels):
    with pytest.raises(SemnerfError, match="annotated: frames 13, expected at most the 12 training frames"):
        make(labels, 13)
