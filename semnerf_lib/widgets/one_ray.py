"""One ray under the lens: click a pixel, and see how the field's answers along its ray become that pixel."""

from __future__ import annotations

from html import escape
from typing import TypeVar

import ipywidgets as widgets
import numpy as np
import torch
from jaxtyping import UInt8
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from semnerf_lib.cameras import rays_from_pixels
from semnerf_lib.errors import SemnerfError
from semnerf_lib.lessons.tracing import Pass, Trace
from semnerf_lib.plots.images import _picture
from semnerf_lib.plots.one_ray import ALL, BRIEF, RayPanels, draw_ray, span_of
from semnerf_lib.plots.steps import Steps
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.widgets.explorer import Explorer
from semnerf_lib.widgets.marks import mark_pixel
from semnerf_lib.widgets.picture import Picture

WIDTH, HEIGHTS = 7.0, {BRIEF: 4.2, ALL: 6.6}
"""Of the picture of the ray with few and with all strips, inches at 100 pixels."""
PICTURE = 320
"""Width of the label image on the page, pixels, about."""
COLUMNS = 12
"""Pixels of a row whose rays a page shows."""
COUNTS = (8, 16, 32, 64, 128, 256)
WIDTHS = {"whole ray": None, "1 m": 1.0, "20 cm": 0.2}
"""Stretches of the ray to show; those with a number lie around where most light ends."""


def one_ray(
    trace: Trace,
    scene: Scene,
    samples: tuple[int, int] = (64, 128),
    frame: int | None = None,
    pixel: tuple[int, int] | None = None,
) -> Explorer:
    """A view's labels; click a pixel to see its ray: samples, density, alpha, transmittance, weights, classes.

    Click the picture of the ray to read one sample's numbers, put into the equations.

    Args:
        trace: renders a ray (see `tracing.trace_field`, `tracing.trace_model`).
        scene: the views, and their true depth where they have some.
        samples: of the first pass, and drawn for the second (P2: 64 and 128).
        frame: shown first; None takes a training frame.
        pixel: (u, v) shown first; None takes one where the depth jumps, so that more than one surface is near.

    Raises:
        SemnerfError: a frame or a pixel that the scene does not have.
    """
    frame = scene.train_ids[len(scene.train_ids) // 3] if frame is None else frame
    if not 0 <= frame < scene.n_frames:
        raise SemnerfError(f"one_ray: frame {frame}, expected 0 ... {scene.n_frames - 1} of scene {scene.name}")
    u, v = pixel or telling_pixel(scene, frame)
    if not (0 <= u < scene.intrinsics.width and 0 <= v < scene.intrinsics.height):
        size = f"{scene.intrinsics.width}x{scene.intrinsics.height}"
        raise SemnerfError(f"one_ray: pixel ({u}, {v}), expected column and row of an image of {size}")
    lens = _Lens(trace, scene, samples, frame, (u, v))
    return Explorer(lambda: lens.widget, lens.figure, lens.steps)


def telling_pixel(scene: Scene, frame: int) -> tuple[int, int]:
    """A pixel (u, v) of a near thing just beside a far one, off the image's rim; the middle where depth is unknown."""
    height, width = scene.labels.shape[1:]
    if scene.depth is None:
        return width // 2, height // 2
    depth = scene.depth[frame]
    jump = np.zeros(depth.shape)
    jump[:, :-1] = np.where((depth[:, :-1] > 0) & (depth[:, 1:] > 0), np.diff(depth, axis=1), 0)
    rim = np.ones_like(jump, dtype=bool)
    rim[height // 6 : -(height // 6), width // 6 : -(width // 6)] = False
    v, u = np.unravel_index(np.argmax(np.where(rim, -1, jump)), jump.shape)
    return int(u), int(v)


class _Lens:
    """What the explorer shows and what its controls do."""

    def __init__(
        self, trace: Trace, scene: Scene, samples: tuple[int, int], frame: int, pixel: tuple[int, int]
    ) -> None:
        self.trace, self.scene, self.pixel, self.picked = trace, scene, pixel, None

        def counts(name: str, value: int, tip: str) -> widgets.SelectionSlider:
            return _slider(widgets.SelectionSlider, name, value, tip, options=sorted({*COUNTS, value}))

        self.frame = _slider(widgets.IntSlider, "frame", frame, "which view", min=0, max=scene.n_frames - 1)
        self.first = counts("even", samples[0], "samples of the first pass")
        self.second = counts("drawn", samples[1], "samples drawn where the first pass found weight")
        self.density = _slider(
            widgets.FloatLogSlider, "density ×", 1.0, "multiplies every density of the field: walls become fog",
            min=-3, max=1, step=0.25, readout_format=".3g",
        )  # fmt: skip
        self.width = widgets.ToggleButtons(options=WIDTHS, tooltips=["", *2 * ["around where most light ends"]])
        self.width.style.button_width = "96px"
        self.message, self.sum = widgets.HTML(), widgets.HTML()
        self.more = widgets.ToggleButton(False, description="more strips", tooltip="samples, alpha, transmittance")
        self._make_panels()
        self.passes = self._traced()
        self.view = Picture(
            view := mark_pixel(scene.labels[frame], pixel, PICTURE)[0], width=view.shape[1], name="labels"
        )
        self.profile = Picture(self._drawn(), width=int(100 * WIDTH), name="ray")
        self.write()
        self.view.on_click(self.choose)
        self.profile.on_click(self.pick)
        for control in (self.frame, self.first, self.second, self.density, self.width):
            control.observe(lambda _: self.show(), "value")
        self.more.observe(lambda _: self._make_panels() or self.show(), "value")
        hint = widgets.HTML("Click a <b>pixel</b> for its ray, the <b>ray</b> for a sample.")
        controls = (self.frame, self.first, self.second, self.density, self.width, self.more)
        left = widgets.VBox([hint, self.view, *controls, self.message, self.sum], layout={"width": "345px"})
        self.widget = widgets.HBox([left, self.profile])

    def _make_panels(self) -> None:
        rows = ALL if self.more.value else BRIEF
        self.canvas = FigureCanvasAgg(Figure(figsize=(WIDTH, HEIGHTS[rows]), dpi=100, layout="none"))
        self.panels = RayPanels(self.canvas.figure, self.scene.class_names, HEIGHTS[rows], rows)

    def choose(self, u: int, v: int) -> None:
        """Shows the ray of pixel (u, v) of the view, which is drawn enlarged."""
        rows, columns = self.view.size
        height, width = self.scene.labels.shape[1:]
        self.pixel, self.picked = (u * width // columns, v * height // rows), None
        self.show()

    def pick(self, u: int, v: int) -> None:
        """Points at the sample whose interval holds column u of the ray's picture."""
        ax = self.panels.axes[-1]
        left, right = (ax.transAxes.transform([[0, 0], [1, 0]])).T[0]
        start, end = ax.get_xlim()
        z = start + (u - left) / (right - left) * (end - start)
        self.picked = int(np.clip(np.searchsorted(self.passes[1].z_vals, z, side="right") - 1, 0, None))
        self.show()

    def show(self) -> None:
        """Traces and draws anew; what goes wrong is told in the explorer."""
        try:
            self.passes = self._traced()
            if self.picked is not None:
                self.picked = min(self.picked, len(self.passes[1].z_vals) - 1)
            self.view.show(mark_pixel(self.scene.labels[self.frame.value], self.pixel, PICTURE)[0])
            self.profile.show(self._drawn())
            self.write()
        except SemnerfError as fault:
            self.message.value = f"<b style='color:#d55e00'>{escape(str(fault))}</b>"

    def figure(self) -> Figure:
        """The view and its ray as one figure."""
        height = HEIGHTS[BRIEF]
        figure = Figure(figsize=(9.6, height), layout="none")
        left, right = figure.subfigures(1, 2, width_ratios=(1, 2.5))  # ty: ignore[not-iterable]: an array of two
        ax = left.add_axes((0.03, 0.52, 0.94, 0.4))
        _picture(ax, mark_pixel(self.scene.labels[self.frame.value], self.pixel, PICTURE)[0])
        message = [self._name(), *self._facts(), "", *self._sum()]
        left.text(0.03, 0.48, "\n".join(message), fontsize=8, va="top", linespacing=1.6)
        span = span_of(self.passes, self._depths(), 1.0)
        draw_ray(right, self.passes, self.scene.class_names, self._depths(), span, height, BRIEF, self._picked())
        return figure

    def steps(self) -> Steps:
        """The figure, and that of other pixels of its row."""
        figure, (chosen, v) = self.figure(), self.pixel
        columns = sorted(
            {chosen, *np.linspace(0, self.scene.intrinsics.width - 1, COLUMNS + 2).astype(int).tolist()[1:-1]}
        )

        def of(u: int) -> Figure:
            self.pixel = (u, v)
            self.passes = self._traced()
            return self.figure()

        return Steps(figure, f"column of the pixel, in row {v}", ((u, of(u)) for u in columns), columns.index(chosen))

    def write(self) -> None:
        """Writes what the pixel comes to and, for the picked sample, the equations with its numbers."""
        text = "<br>".join([f"<b>{self._name()}</b>", *map(escape, self._facts())])
        self.message.value = f"<div style='line-height:1.45'>{text}</div>"
        sum_ = "<br>".join(map(escape, self._sum()))
        look = "border-left:4px solid #8a8a8a;padding-left:8px;line-height:1.45"
        self.sum.value = f"<div style='{look}'>{sum_}</div>"

    def _sum(self) -> list[str]:
        second, i = self.passes[1], self._picked()
        delta = "∞" if i == len(second.deltas) - 1 else f"{second.deltas[i]:.3g} m"
        best = int(second.probabilities[i].argmax())
        return [
            f"sample {i + 1} of {len(second.z_vals)} (grey), z = {second.z_vals[i]:.3f} m:",
            f"α = 1 − exp(−{second.sigma[i]:.3g}/m × {delta}) = {second.alphas[i]:.3f}",
            f"w = T α = {second.transmittance[i]:.3f} × {second.alphas[i]:.3f} = {second.weights[i]:.4f}",
            f"says {self.scene.class_names[best]} ({second.probabilities[i, best]:.0%})",
        ]

    def _traced(self) -> tuple[Pass, Pass]:
        c2w = torch.tensor(self.scene.c2w[self.frame.value], dtype=torch.float32)
        u, v = (torch.tensor([float(x)]) for x in self.pixel)
        rays = rays_from_pixels(self.scene.intrinsics, c2w[None], u, v)
        return self.trace(*rays, self.first.value, self.second.value, self.density.value)

    def _drawn(self) -> UInt8[np.ndarray, "rows columns 3"]:
        self.panels.show(self.passes, self._depths(), self._span(), self._picked())
        self.canvas.draw()
        return np.asarray(self.canvas.buffer_rgba())[..., :3].copy()

    def _picked(self) -> int:
        return int(self.passes[1].weights.argmax()) if self.picked is None else self.picked

    def _span(self) -> tuple[float, float]:
        return span_of(self.passes, self._depths(), self.width.value)

    def _depths(self) -> dict[str, float]:
        depths, (u, v) = {}, self.pixel
        if self.scene.depth is not None and (true := float(self.scene.depth[self.frame.value, v, u])) > 0:
            depths["true depth"] = true
        return depths | {"rendered depth Σ w z": self.passes[1].depth}

    def _name(self) -> str:
        return f"frame {self.frame.value}, pixel ({self.pixel[0]}, {self.pixel[1]})"

    def _facts(self) -> list[str]:
        (u, v), names, second = self.pixel, self.scene.class_names, self.passes[1]
        label, best = int(self.scene.labels[self.frame.value, v, u]), int(second.pixel.argmax())
        depths = self._depths()
        true = f" (true: {depths['true depth']:.2f} m)" if "true depth" in depths else ""
        return [
            f"labelled {'void' if label == VOID else names[label]}",
            f"rendered {names[best]} ({second.pixel[best]:.0%})",
            f"depth Σ w z = {second.depth:.2f} m{true}",
            f"light left over: {second.transmittance[-1]:.1%}",
        ]


Slider = TypeVar("Slider", bound=widgets.Widget)


def _slider(kind: type[Slider], name: str, value: float, tip: str, **traits) -> Slider:
    look = {"layout": {"width": "325px"}, "style": {"description_width": "72px"}}
    return kind(value=value, description=name, tooltip=tip, continuous_update=False, **traits, **look)
