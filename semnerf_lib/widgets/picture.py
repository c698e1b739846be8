"""A picture that tells where it is clicked, how it is dragged and which keys are held over it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from jaxtyping import UInt8
from PIL import Image


class Picture(anywidget.AnyWidget):
    """An image in a notebook, pixels kept sharp where it is enlarged, that reports clicks, drags, keys and the wheel.

    Args:
        image: (H, W, 3) what it shows first.
        width: of the picture on the page, CSS pixels.
        name: what a screen reader and a test call it.

    A click calls back with the pixel (u, v); a drag with how far the pointer has gone since it was pressed, in widths
    and heights of the picture: `on_drag` while it moves, `on_drop` once when it is released. While something moves, the
    next move is sent when the answer to the last one is on screen: calls never queue up behind a slow renderer.
    """

    _esm = Path(__file__).with_name("picture.js")
    png = traitlets.Bytes().tag(sync=True)
    width = traitlets.Int(480).tag(sync=True)
    cursor = traitlets.Unicode("crosshair").tag(sync=True)
    name = traitlets.Unicode("picture").tag(sync=True)
    listens = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, image: UInt8[np.ndarray, "height width 3"], width: int = 480, name: str = "picture", **traits):
        super().__init__(png=as_png(image), width=width, name=name, **traits)
        self.size = image.shape[:2]
        self._calls: dict[str, list[Callable]] = {"click": [], "drag": [], "drop": [], "fly": []}
        self.on_msg(self._receive)

    def show(self, image: UInt8[np.ndarray, "height width 3"]) -> None:
        """Shows another image, of any size."""
        self.size = image.shape[:2]
        self.png = as_png(image)

    def on_click(self, call: Callable[[int, int], None]) -> None:
        """call(u, v) with the column and row of the pixel."""
        self._calls["click"].append(call)

    def on_drag(self, call: Callable[[float, float, bool], None]) -> None:
        """call(dx, dy, shift) while the pointer moves."""
        self._calls["drag"].append(call)

    def on_drop(self, call: Callable[[float, float, bool], None]) -> None:
        """call(dx, dy, shift) when the pointer is released."""
        self._calls["drop"].append(call)

    def on_fly(self, keys: Sequence[str], call: Callable[[dict[str, float], bool], None]) -> None:
        """call(amounts, resting) while keys are held over the picture, after a click on it or Tab to it.

        Args:
            keys: the browser's names of keys ("w", "ArrowUp"), and "wheel" for the mouse wheel.
            call: `amounts` holds the seconds that each key has been held since the last call, and notches of the wheel
                (away from the person is positive); `resting` is true once when all keys are up and the wheel rests.
        """
        self.listens = [*self.listens, *(key for key in keys if key not in self.listens)]
        self._calls["fly"].append(call)

    def _receive(self, _, message: dict, __) -> None:
        try:
            for call in self._calls.get(message.get("kind"), ()):
                call(*self._arguments(message))
        finally:
            self.send({"answered": message.get("id")})

    def _arguments(self, message: dict) -> tuple:
        """What a message of the front end tells a call."""
        if message["kind"] == "click":
            height, width = self.size
            u = min(max(int(message["x"] * width), 0), width - 1)
            v = min(max(int(message["y"] * height), 0), height - 1)
            return u, v
        if message["kind"] == "fly":
            return {key: float(amount) for key, amount in message["amounts"].items()}, bool(message["resting"])
        return float(message["dx"]), float(message["dy"]), bool(message.get("shift"))


def as_png(image: UInt8[np.ndarray, "height width 3"]) -> bytes:
    """The image as PNG, quickly rather than small."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="PNG", compress_level=1)
    return file.getvalue()
