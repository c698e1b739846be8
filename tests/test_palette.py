"""One palette."""

from __future__ import annotations

import numpy as np
import pytest

from semnerf_lib.errors import SemnerfError
from semnerf_lib.palette import colourise, palette, seen
from semnerf_lib.scene import VOID


def nearest(n):
    """How near the most similar two colours lie for each of the three readers, in Oklab; black is among them."""
    looks = seen(np.concatenate([palette(n), [[0, 0, 0]]]))
    apart = np.linalg.norm(looks[:, None] - looks[None], axis=-1)
    apart[np.arange(n + 1), np.arange(n + 1)] = np.inf
    return apart.min((0, 1))


@pytest.mark.parametrize("n, least", [(7, 0.07), (20, 0.07), (34, 0.045)])
def test_colours_are_told_apart_also_without_red_or_green_cones(n, least):
    assert nearest(n).min() > least


def test_a_class_keeps_its_colour():
    assert (palette(255)[:12] == palette(12)).all()
    assert len(np.unique(palette(255), axis=0)) == 255 and palette(3).dtype == np.uint8


def test_it_cannot_be_spoilt():
    palette(5)[:] = 0
    assert palette(1).tolist() == [[0, 114, 178]]


def test_void_is_black():
    out = colourise(np.array([[0, VOID], [1, 254]], dtype=np.uint8))
    assert out.shape == (2, 2, 3) and out[0, 1].tolist() == [0, 0, 0]
    assert (out[0, 0] == palette(1)[0]).all() and (out[1, 1] == palette(255)[254]).all()


@pytest.mark.parametrize("n", [0, 256])
def test_no_such_number_of_classes(n):
    with pytest.raises(SemnerfError, match="expected 1 to 255"):
        palette(n)
