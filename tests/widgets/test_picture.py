"""picture.py: what the front end says becomes calls, each of which is answered."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from semnerf_lib.widgets.picture import Picture, as_png

IMAGE = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)


@pytest.fixture
def picture(monkeypatch):
    """A picture whose answers to the front end are kept in `sent`."""
    shown = Picture(IMAGE, 320, "room")
    shown.sent = []
    monkeypatch.setattr(shown, "send", lambda content, buffers=None: shown.sent.append(content))
    return shown


def tell(picture, **message):
    picture._handle_custom_msg(message, [])


def decoded(data):
    return np.asarray(Image.open(io.BytesIO(data)))


def test_a_picture_goes_through_unchanged():
    assert np.array_equal(decoded(as_png(IMAGE)), IMAGE)


def test_another_image_of_another_size_is_shown(picture):
    picture.show(IMAGE[:6, :8])
    assert np.array_equal(decoded(picture.png), IMAGE[:6, :8])
    assert picture.size == (6, 8)


@pytest.mark.parametrize(
    ("place", "pixel"), [((0.0, 0.0), (0, 0)), ((0.5, 0.5), (8, 6)), ((0.999, 0.01), (15, 0)), ((1.0, -0.1), (15, 0))]
)
def test_a_click_tells_the_pixel(picture, place, pixel):
    calls = []
    picture.on_click(lambda u, v: calls.append((u, v)))
    tell(picture, kind="click", x=place[0], y=place[1], id=1)
    assert calls == [pixel]


def test_a_click_is_measured_on_the_image_that_is_shown_now(picture):
    calls = []
    picture.on_click(lambda u, v: calls.append((u, v)))
    picture.show(IMAGE[:6, :8])
    tell(picture, kind="click", x=0.5, y=0.5, id=1)
    assert calls == [(4, 3)]


def test_drags_and_the_drop_reach_their_own_calls(picture):
    calls = []
    picture.on_drag(lambda *way: calls.append(("drag", *way)))
    picture.on_drop(lambda *way: calls.append(("drop", *way)))
    tell(picture, kind="drag", dx=0.1, dy=-0.2, shift=True, id=1)
    tell(picture, kind="drop", dx=0.25, dy=0, shift=False, id=2)
    assert calls == [("drag", 0.1, -0.2, True), ("drop", 0.25, 0.0, False)]


def test_only_the_keys_that_someone_listens_to_are_taken_from_the_page(picture):
    assert picture.listens == []
    calls = []
    picture.on_fly(["w", "wheel"], lambda *held: calls.append(held))
    picture.on_fly(["w", "x"], lambda *held: None)
    assert picture.listens == ["w", "wheel", "x"]
    tell(picture, kind="fly", amounts={"w": 0.2, "wheel": -1}, resting=False, id=1)
    tell(picture, kind="fly", amounts={}, resting=True, id=2)
    assert calls == [({"w": 0.2, "wheel": -1.0}, False), ({}, True)]


def test_every_message_is_answered_even_where_a_call_fails(picture):
    def broken(u, v):
        raise ValueError("no")

    tell(picture, kind="drag", dx=0.1, dy=0, shift=False, id=0.25)
    picture.on_click(broken)
    with pytest.raises(ValueError, match="no"):
        picture._receive(picture, {"kind": "click", "x": 0, "y": 0, "id": 0.5}, [])
    assert picture.sent == [{"answered": 0.25}, {"answered": 0.5}]
