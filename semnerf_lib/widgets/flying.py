"""The controls and the state of a free view: a camera that a person leads through a scene, and the truth beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from html import escape

import ipywidgets
import numpy as np
from jaxtyping import Float

from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import Render
from semnerf_lib.plots.renders import farthest_of
from semnerf_lib.scene import Scene
from semnerf_lib.widgets.layers import (
    LAYERS,
    TrueView,
    depth_text,
    error_text,
    layer_legend,
    layer_picture,
    layers_of,
    true_picture,
)
from semnerf_lib.widgets.motion import bearings, middle_distance, moved, orbited, roaming_box, turned, upward
from semnerf_lib.widgets.picture import Picture

Truth = Callable[[Float[np.ndarray, "4 4"], int], TrueView]
"""truth(c2w, width): what a camera would truly see."""

SECONDS_MOVING = 0.06
"""What a picture may cost while the camera moves."""
COARSER = (2, 4, 8)
"""Shares of the full width, of which a moving camera gets the first that is quick enough."""
WIDTH = 440
"""Width of a picture on the page, CSS pixels: two of them fit beside JupyterLab's side bar."""
NARROWEST = 16
"""Pixels a row of the coarsest picture."""
ORBIT, TURN = np.pi, np.pi / 2
"""Radians that a drag over the whole width orbits by, and turns by: the latter is the camera's field of view."""
STEPS = 20
"""Clicks of a button that lead through the whole box of the camera; a key held gets as far in four seconds."""
SECONDS_THROUGH = 4.0
FLIGHT = {
    "up": ("E", ("e", "PageUp"), (0, 1, 0)),
    "ahead": ("W", ("w", "ArrowUp"), (0, 0, 1)),
    "down": ("Q", ("q", "PageDown"), (0, -1, 0)),
    "left": ("A", ("a", "ArrowLeft"), (-1, 0, 0)),
    "back": ("S", ("s", "ArrowDown"), (0, 0, -1)),
    "right": ("D", ("d", "ArrowRight"), (1, 0, 0)),
}
"""Ways to fly: the key on its button, its keys, and where it leads (right, up, ahead); a pad of two rows of three."""
HELP = """<div style="line-height:1.4">Keys: click the picture, then hold W A S D or the arrows, E and Q. The wheel
flies ahead and back. A drag with Shift held does the other.</div>"""


class FlyingCamera:
    """A camera, what it sees, and the controls that lead it.

    Attributes:
        c2w: where it is.
        frame: the frame of the scene that it stands at; None between frames.
        view: what was rendered last.
        widget: the controls.
    """

    def __init__(self, render: Render, scene: Scene, truth: Truth | None, start: int):
        self.render, self.scene, self.truth = render, scene, truth
        self.up, self.box = upward(scene.c2w), roaming_box(scene)
        self.c2w, self.frame, self.view = scene.c2w[start], start, None
        self._farthest = farthest_of(scene)
        self._pressed = None  # pose and distance to the middle when a drag began
        self._timing = ""  # size and time of the last picture
        self._width = scene.intrinsics.width
        self._moving_width = max(min(NARROWEST, self._width), self._width // COARSER[0])
        self._build(start)
        self._draw(self._width)

    def _build(self, start: int) -> None:
        box, layout = ipywidgets.Box, ipywidgets.Layout
        blank = np.zeros((self.scene.intrinsics.height, self._width, 3), np.uint8)
        self.picture = Picture(blank, WIDTH, "free view", cursor="grab")
        self.picture.on_drag(lambda dx, dy, shift: self._drag(dx, dy, shift, self._moving_width))
        self.picture.on_drop(self._drop)
        self.picture.on_fly([*(key for _, keys, _ in FLIGHT.values() for key in keys), "wheel"], self._hold)
        self.beside = Picture(blank, WIDTH, "truth", cursor="default")
        self.layer = ipywidgets.ToggleButtons(options=LAYERS, style={"button_width": "6em"})
        self.layer.observe(lambda _: self._show(), "value")
        self.dragging = ipywidgets.ToggleButtons(options=("orbit", "look around"), style={"button_width": "10em"})
        last = self.scene.n_frames - 1
        self.slider = ipywidgets.IntSlider(
            start, 0, last, description="frame", continuous_update=False, layout=layout(width="330px")
        )
        self.slider.observe(lambda _: self._to_frame(), "value")
        self.reset = ipywidgets.Button(description="back to the frame", icon="undo", layout=layout(width="auto"))
        self.reset.on_click(lambda _: self._to_frame())
        self.pose, self.legend, self.status, self.caption = (ipywidgets.HTML() for _ in range(4))
        self.status.add_class("semnerf-status")
        pad = ipywidgets.GridBox(
            [self._button(way) for way in FLIGHT],
            layout=layout(grid_template_columns="repeat(3, 7.6em)", grid_gap="2px"),
        )
        learnt = ipywidgets.VBox([ipywidgets.HTML("<b>Learnt</b>"), self.picture])
        self.true = ipywidgets.VBox([self.caption, self.beside])
        headings = [ipywidgets.HTML(f"<b>{text}</b>") for text in ("Drag the picture to", "Fly", "Camera")]
        controls = [
            ipywidgets.VBox([headings[0], self.dragging]),
            ipywidgets.VBox([headings[1], pad, ipywidgets.HTML(HELP)], layout=layout(width="25em")),
            ipywidgets.VBox([headings[2], self.pose]),
        ]
        self.widget = ipywidgets.VBox(
            [
                box([ipywidgets.HTML("<b>Show</b>"), self.layer], layout=layout(grid_gap="8px")),
                box([learnt, self.true], layout=layout(flex_flow="row wrap", grid_gap="16px")),
                box([self.slider, self.reset], layout=layout(flex_flow="row wrap")),
                self.status,
                self.legend,
                box(controls, layout=layout(flex_flow="row wrap", grid_gap="24px")),
            ]
        )

    def _button(self, way: str) -> ipywidgets.Button:
        key, _, direction = FLIGHT[way]
        button = ipywidgets.Button(description=f"{way} ({key})", layout=ipywidgets.Layout(width="auto"))
        button.on_click(lambda _: self._fly(np.array(direction) / STEPS, self._width))
        return button

    def _to_frame(self) -> None:
        self.frame, self._pressed = self.slider.value, None
        self.c2w = self.scene.c2w[self.frame]
        self._draw(self._width)

    def _drag(self, dx: float, dy: float, shift: bool, width: int) -> None:
        if self._pressed is None:
            self._pressed = self.c2w, self.scene.near if self.view is None else middle_distance(self.view.depth)
        c2w, distance = self._pressed
        if (self.dragging.value == "orbit") != shift:
            self.c2w = orbited(c2w, distance, -dx * ORBIT, -dy * ORBIT / 2, self.up, self.box)
        else:
            self.c2w = turned(c2w, dx * TURN, dy * TURN * self.scene.intrinsics.height / self._width, self.up)
        self.frame = None
        self._draw(width)

    def _drop(self, dx: float, dy: float, shift: bool) -> None:
        self._drag(dx, dy, shift, self._width)
        self._pressed = None

    def _hold(self, amounts: Mapping[str, float], resting: bool) -> None:
        share = np.array([0.0, 0.0, amounts.get("wheel", 0.0) / STEPS])
        for _, keys, direction in FLIGHT.values():
            share += np.array(direction) * sum(amounts.get(key, 0.0) for key in keys) / SECONDS_THROUGH
        self._fly(share, self._width if resting else self._moving_width)

    def _fly(self, share: Float[np.ndarray, "3"], width: int) -> None:
        """Flies right, up and ahead, in shares of the longest side of the camera's box."""
        if share.any():
            right, rise, ahead = (share * (self.box[1] - self.box[0]).max()).tolist()
            self.c2w, self.frame = moved(self.c2w, right, rise, ahead, self.up, self.box), None
        self._draw(width)

    def _draw(self, width: int) -> None:
        """Renders and shows; what goes wrong stands in the status line, and the camera can be led on."""
        start = time.perf_counter()
        try:
            self.view = self.render(self.c2w, width)
        except (SemnerfError, RuntimeError, MemoryError) as fault:
            self.status.value = f'<b style="color:#d55e00">No picture: {escape(str(fault))}</b>'
            return
        seconds = time.perf_counter() - start
        affordable = (self._width // n for n in COARSER if seconds * (self._width / n / width) ** 2 <= SECONDS_MOVING)
        self._moving_width = max(min(NARROWEST, self._width), next(affordable, self._width // COARSER[-1]))
        self._timing = f"{width}x{len(self.view.labels)} pixels, {1000 * seconds:.0f} ms a picture"
        self._show()

    def _show(self) -> None:
        if self.view is None:
            return
        if self.layer.options != layers_of(self.view):
            self.layer.options = layers_of(self.view)
        layer, truth = self.layer.value, self._truth()
        labels = None if truth is None else truth.labels
        self.picture.show(layer_picture(layer, self.view, self.scene.n_classes, labels, self._farthest))
        self._show_truth(layer, truth)
        split = {**dict.fromkeys(self.scene.train_ids, "training"), **dict.fromkeys(self.scene.test_ids, "test")}
        where = "between frames" if self.frame is None else f"frame {self.frame} ({split.get(self.frame, 'unused')})"
        self.status.value = f"{layer}, {where}: {self._timing}"
        self.pose.value = self._pose()
        if self.view.labels.shape[1] == self._width:
            self.legend.value = layer_legend(layer, self.view, self.scene.class_names, labels, self._farthest)

    def _show_truth(self, layer: str, truth: TrueView | None) -> None:
        """The truth at the right of a picture of labels, depth or error; nothing where it is not known."""
        image = None if truth is None else true_picture(layer, truth, self._farthest)
        self.true.layout.display = "none" if image is None else ""
        if image is not None:
            self.beside.show(image)
            depth = layer == "depth"
            off = depth_text(self.view, truth.depth) if depth else error_text(self.view, truth.labels)
            self.caption.value = f"<b>True</b> (learnt {'depth ' if depth else 'labels: '}{off})"

    def _truth(self) -> TrueView | None:
        """What is truly seen of the last view, at its size; None if unknown."""
        width = self.view.labels.shape[1]
        if self.frame is not None and width == self._width:
            depth = self.scene.depth
            return TrueView(self.scene.labels[self.frame], None if depth is None else depth[self.frame])
        return None if self.truth is None else self.truth(self.c2w, width)

    def _pose(self) -> str:
        """Where the camera is, for a person and to be copied."""
        heading, elevation = np.degrees(bearings(self.c2w, self.up)).round()
        x, y, z = self.c2w[:3, 3]
        rows = ",\n ".join("[" + ", ".join(f"{value:.3f}" for value in row) + "]" for row in self.c2w)
        steep = f"{abs(elevation):.0f}° {'up' if elevation > 0 else 'down'}"
        place = f"x {x:.2f}, y {y:.2f}, z {z:.2f} m, heading {heading:.0f}°, {steep}"
        block = '<pre style="font-size:0.85em;line-height:1.3;margin:0">'
        return f'<span style="white-space:nowrap">{place}</span>{block}c2w =\n[{rows}]</pre>'
