"""A picture that tells where it is clicked and how it is dragged."""

from __future__ import annotations

import io
from collections.abc import Callable

import anywidget
import numpy as np
import traitlets
from jaxtyping import UInt8
from PIL import Image

FRONT_END = """
function render({ model, el }) {
  const image = document.createElement("img");
  image.className = "semnerf-picture";
  image.draggable = false;
  Object.assign(image.style, { imageRendering: "pixelated", touchAction: "none", userSelect: "none", maxWidth: "100%" });
  el.appendChild(image);
  let address = null, shown = 0, waiting = false, next = null, start = null;

  function show() {
    if (address) URL.revokeObjectURL(address);
    address = URL.createObjectURL(new Blob([model.get("png")], { type: "image/png" }));
    image.src = address;
    image.style.width = model.get("width") + "px";
    image.style.cursor = model.get("cursor");
    image.alt = model.get("name");
    image.dataset.name = model.get("name");
  }
  image.addEventListener("load", () => {
    image.dataset.shown = ++shown;
    waiting = false;
    if (next) { const message = next; next = null; tell(message); }
  });
  function tell(message) {
    // one drag is answered before the next is sent: a slow renderer is never more than one picture behind
    if (message.kind === "drag" && waiting) { next = message; return; }
    if (message.kind === "drag") { waiting = true; } else { next = null; }
    model.send(message);
  }
  function place(event) {
    const box = image.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }
  image.addEventListener("pointerdown", (event) => {
    start = place(event); start.moved = false;
    try { image.setPointerCapture(event.pointerId); } catch (fault) { /* a synthetic event has no pointer to capture */ }
    event.preventDefault();
  });
  image.addEventListener("pointermove", (event) => {
    if (!start) return;
    const [x, y] = place(event);
    if (Math.hypot(x - start[0], y - start[1]) > 0.01) start.moved = true;
    if (start.moved) tell({ kind: "drag", dx: x - start[0], dy: y - start[1], shift: event.shiftKey });
  });
  image.addEventListener("pointerup", (event) => {
    if (!start) return;
    const [x, y] = place(event);
    tell(start.moved ? { kind: "drop", dx: x - start[0], dy: y - start[1], shift: event.shiftKey }
                     : { kind: "click", x, y, shift: event.shiftKey });
    start = null;
  });
  image.addEventListener("pointercancel", () => { start = null; });
  for (const trait of ["png", "width", "cursor", "name"]) model.on("change:" + trait, show);
  show();
  return () => { if (address) URL.revokeObjectURL(address); };
}
export default { render };
"""


class Picture(anywidget.AnyWidget):
    """An image in a notebook, pixels kept sharp, that reports clicks and drags.

    Args:
        image: (H, W, 3) what it shows first.
        width: of the picture on the page, CSS pixels.
        name: what a screen reader and a test call it.

    A click calls back with the pixel (u, v); a drag with how far the pointer has gone since it was pressed, in widths and
    heights of the picture: `on_drag` while it moves (the next is sent when the answer to the last one is on screen),
    `on_drop` once when it is released.
    """

    _esm = FRONT_END
    png = traitlets.Bytes().tag(sync=True)
    width = traitlets.Int(480).tag(sync=True)
    cursor = traitlets.Unicode("crosshair").tag(sync=True)
    name = traitlets.Unicode("picture").tag(sync=True)

    def __init__(self, image: UInt8[np.ndarray, "height width 3"], width: int = 480, name: str = "picture", **traits):
        super().__init__(png=as_png(image), width=width, name=name, **traits)
        self.size = image.shape[:2]
        self._calls: dict[str, list[Callable]] = {"click": [], "drag": [], "drop": []}
        self.on_msg(self._heard)

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

    def _heard(self, _, message: dict, __) -> None:
        kind = message.get("kind")
        if kind == "click":
            height, width = self.size
            u = min(max(int(message["x"] * width), 0), width - 1)
            v = min(max(int(message["y"] * height), 0), height - 1)
            arguments = (u, v)
        else:
            arguments = (message.get("dx"), message.get("dy"), bool(message.get("shift")))
        for call in self._calls.get(kind, ()):
            call(*arguments)


def as_png(image: UInt8[np.ndarray, "height width 3"]) -> bytes:
    """The image as PNG, quickly rather than small."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="PNG", compress_level=1)
    return file.getvalue()
