"""boundary_fits: what a fit claims of pixels, of places between them, and of its waves."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from semnerf_lib.errors import SemnerfError
from semnerf_lib.lessons.boundary_fits import FINE, between, boundary_patch, fit_patch, learnt_pixels, shortest_wave
from semnerf_lib.scene import VOID


@pytest.fixture(scope="module")
def stripes():
    """12x12: class 7 with stripes of class 3, one pixel wide, every third column; a void corner."""
    piece = np.full((12, 12), 7, np.uint8)
    piece[:, 1::3] = 3
    piece[0, 0] = VOID
    return piece


def last(piece, learnt, n_octaves, **named):
    return list(fit_patch(piece, learnt, n_octaves, **named))[-1]


def test_octaves_are_what_thin_stripes_need(stripes):
    stripes = np.tile(stripes, (3, 3))
    every = learnt_pixels(stripes.shape, 1)
    without, with_waves = (last(stripes, every, n).wrong(stripes, every) for n in (0, 6))
    assert without > 0.2 and with_waves < 0.02


def test_pixels_left_out_are_not_followed(stripes):
    learnt = learnt_pixels(stripes.shape, 2)
    fit = last(stripes, learnt, 9)
    assert fit.wrong(stripes, learnt) < 0.02 < 0.1 < fit.wrong(stripes, ~learnt)


def test_a_fit_gets_better_and_has_its_shapes(stripes):
    fits = list(fit_patch(stripes, learnt_pixels(stripes.shape, 1), 4, n_fits=3))
    assert len(fits) == 3 and fits[0].loss > fits[1].loss > fits[2].loss and fits[2].step == 200
    fit = fits[-1]
    assert fit.between.shape == (12 * FINE, 12 * FINE) and fit.lines.shape == (12, 12 * FINE, 2)
    assert fit.classes.tolist() == [3, 7] and np.allclose(fit.lines.sum(-1), 1, atol=1e-5)


def test_lines_and_pixels_are_the_same_network(stripes):
    fit = last(stripes, learnt_pixels(stripes.shape, 1), 5)
    beside = fit.lines[:, 1::FINE] + fit.lines[:, 2::FINE]  # an eighth of a pixel left and right of its middle
    agree = fit.classes[beside.argmax(-1)] == fit.labels
    assert agree.mean() > 0.95


def test_the_same_arguments_give_the_same_fit(stripes):
    a, b = (last(stripes, learnt_pixels(stripes.shape, 2), 3, steps=20) for _ in range(2))
    assert a.loss == b.loss and np.array_equal(a.lines, b.lines)


def test_a_fit_computes_on_one_core_takes_none_from_others_and_gives_them_back(stripes, monkeypatch):
    own, others, cross_entropy, threads = set(), set(), torch.nn.functional.cross_entropy, torch.get_num_threads()

    def recorded(*arguments):
        own.add(torch.get_num_threads())
        other = threading.Thread(target=lambda: others.add(torch.get_num_threads()))
        other.start()
        other.join()
        return cross_entropy(*arguments)

    monkeypatch.setattr(torch.nn.functional, "cross_entropy", recorded)
    torch.set_num_threads(threads + 1)
    try:
        fits = fit_patch(stripes, learnt_pixels(stripes.shape, 2), 3, steps=20)
        assert {torch.get_num_threads() for _ in fits} == {threads + 1}
        assert own == {1} and others == {threads + 1}
    finally:
        torch.set_num_threads(threads)


def test_nothing_to_learn_from_is_refused(stripes):
    with pytest.raises(SemnerfError, match="no labelled pixel in 12x12"):
        last(stripes, np.zeros(stripes.shape, bool), 3)


def test_nothing_left_out_has_no_share(stripes):
    every = learnt_pixels(stripes.shape, 1)
    assert last(stripes, every, 0, steps=4).wrong(stripes, ~every) is None


def test_waves_halve_with_each_octave():
    assert shortest_wave(1, 40) == pytest.approx(2 * np.pi * 20) and shortest_wave(0, 40) == np.inf
    assert shortest_wave(6, 40) == pytest.approx(shortest_wave(5, 40) / 2)


def test_places_between_lie_evenly_in_each_pixel():
    places = between(3)
    assert places.reshape(3, FINE).mean(1) == pytest.approx([0, 1, 2]) and np.ptp(np.diff(places)) < 1e-12


def test_the_piece_is_where_the_edges_are():
    labels = np.zeros((30, 40), np.uint8)
    labels[20:28:2, 30:38] = 1
    top, left, size = boundary_patch(labels, 10)
    assert size == 10 and top <= 20 and left <= 30 and top + size >= 27 and left + size >= 38
    assert boundary_patch(labels, 99) == (0, 0, 30) or boundary_patch(labels, 99)[2] == 30
