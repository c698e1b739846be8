"""The positional encoding: how many octaves a small network needs at a boundary, and what too many of them do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape

import ipywidgets as widgets
import numpy as np
from jaxtyping import Bool, UInt8
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from semnerf_lib.errors import SemnerfError
from semnerf_lib.lessons.boundary_fits import Fit, boundary_patch, fit_patch, learnt_pixels, shortest_wave
from semnerf_lib.palette import colourise
from semnerf_lib.plots.boundary_fits import draw_fit, draw_fits, draw_row, patch_title
from semnerf_lib.plots.images import RIGHT, UNKNOWN, WRONG, class_legend, error_picture
from semnerf_lib.plots.steps import Steps
from semnerf_lib.scene import Scene
from semnerf_lib.widgets.explorer import Explorer
from semnerf_lib.widgets.layers import colour_key
from semnerf_lib.widgets.picture import Picture

FitPatch = Callable[[UInt8[np.ndarray, "height width"], Bool[np.ndarray, "height width"], int], Iterator[Fit]]
"""(patch, pixels to learn from, octaves) -> fits, the last one the best (see `boundary_fits.fit_patch`)."""
MOST = 10
LEARNT = {"every pixel": 1, "1 pixel in 4": 2, "1 pixel in 9": 3}
IN_FIGURE = (0, 4, 10)
ON_PAGE = (0, 2, 4, 6, 8, 10)
"""Octaves in the figure without a kernel, and those whose fits are scored there and shown one by one on a page."""
SIDE = 300
"""Of a picture, about, pixels on the page."""


def encoding(scene: Scene, fit: FitPatch = fit_patch, frame: int | None = None, n_octaves: int = 4) -> Explorer:
    """A patch of a label image, and a small network's fit to it with as many octaves as one likes.

    The fit is looked at between the pixels too; leave pixels out to see what it makes of places it was not taught.

    Args:
        scene: whose labels are fitted: the part of a frame with the longest boundaries.
        fit: fits a patch; a fit that was made once is kept.
        frame: None takes the training frame with the most classes.
        n_octaves: shown first, 0 to 10.

    Raises:
        SemnerfError: a frame that the scene does not have, or too many octaves.
    """
    if frame is None:
        frame = max(scene.train_ids, key=lambda i: len(np.unique(scene.labels[i])))
    if not 0 <= frame < scene.n_frames:
        raise SemnerfError(f"encoding: frame {frame}, expected 0 ... {scene.n_frames - 1} of scene {scene.name}")
    if not 0 <= n_octaves <= MOST:
        raise SemnerfError(f"encoding: {n_octaves} octaves, expected 0 to {MOST}")
    bench = _Bench(scene, fit, frame, n_octaves)
    return Explorer(lambda: bench.widget, bench.figure, bench.steps)


class _Bench:
    """What the explorer shows and what its controls do."""

    def __init__(self, scene: Scene, fit: FitPatch, frame: int, n_octaves: int) -> None:
        self.scene, self.fit, self.frame = scene, fit, frame
        top, left, size = boundary_patch(scene.labels[frame])
        self.patch = scene.labels[frame, top : top + size, left : left + size]
        self.fits: dict[tuple[int, int], Fit] = {}
        look = {"layout": {"width": "300px"}, "style": {"description_width": "80px"}, "continuous_update": False}
        self.octaves = widgets.IntSlider(n_octaves, 0, MOST, description="octaves", **look)
        self.every = widgets.Dropdown(options=LEARNT, value=2, description="learns from")
        changes = np.count_nonzero(np.diff(self.patch[::6].astype(int)), axis=1)  # each 6th: learnt from in any case
        self.row = widgets.IntSlider(6 * int(changes.argmax()), 0, size - 1, description="row", **look)
        self.message = widgets.HTML()
        blank, width = np.full((size, size, 3), 255, dtype=np.uint8), size * max(1, SIDE // size)
        self.pictures = {name: Picture(blank, width=width, name=name) for name in ("patch", "fit", "error")}
        self.profile = Picture(np.full((320, 920, 3), 255, dtype=np.uint8), width=920, name="row")
        self.pictures["patch"].on_click(self.choose_row)
        for control in (self.octaves, self.every):
            control.observe(lambda _: self.show(), "value")
        self.row.observe(lambda _: self.draw(), "value")
        titles = (
            "true labels; white: left out (click: a row)",
            "fit, at 4 x 4 places a pixel",
            "error at the pixels",
        )
        columns = [
            widgets.VBox([widgets.HTML(f"<b>{title}</b>"), picture])
            for title, picture in zip(titles, self.pictures.values(), strict=True)
        ]
        key = widgets.HTML(colour_key({"right": RIGHT, "wrong": WRONG, "truth is void": UNKNOWN}))
        controls = widgets.HBox([self.octaves, self.every, self.row])
        self.widget = widgets.VBox(
            [controls, self.message, widgets.HBox(columns, layout={"grid_gap": "12px"}), key, self.profile]
        )
        self.show()

    @property
    def learnt(self) -> Bool[np.ndarray, "height width"]:
        return learnt_pixels(self.patch.shape, self.every.value)

    def choose_row(self, _: int, v: int) -> None:
        """Draws the row that was clicked."""
        self.row.value = min(v * len(self.patch) // self.pictures["patch"].size[0], len(self.patch) - 1)

    def show(self) -> None:
        """Fits, if that is still to be done, showing how far it is; then draws. What goes wrong is told."""
        try:
            self.fitted(self.octaves.value, self.every.value, self._so_far)
        except SemnerfError as fault:
            self.message.value = f"<b style='color:#d55e00'>{escape(str(fault))}</b>"
            return
        self.draw()

    def fitted(self, n_octaves: int, every: int, tell: Callable[[Fit], None] = lambda _: None) -> Fit:
        """The fit of so many octaves, from the kept ones or made now."""
        if (n_octaves, every) not in self.fits:
            for fit in self.fit(self.patch, learnt_pixels(self.patch.shape, every), n_octaves):
                tell(fit)
            self.fits[n_octaves, every] = fit
        return self.fits[n_octaves, every]

    def draw(self) -> None:
        """Draws the fit at hand and the row at hand."""
        fit = self.fits[self.octaves.value, self.every.value]
        self._so_far(fit)
        truth = np.where(self.learnt[..., None], colourise(self.patch), 255).astype(np.uint8)
        truth = truth.repeat(4, axis=0).repeat(4, axis=1)
        truth[4 * self.row.value + 1 : 4 * self.row.value + 3, ::2] = 0
        self.pictures["patch"].show(truth)
        figure = Figure(figsize=(9.2, 3.2), dpi=100, layout="none")
        canvas = FigureCanvasAgg(figure)
        scores = self._scores()
        draw_row(figure, self.patch, self.learnt, fit, self.octaves.value, self.row.value, scores)
        canvas.draw()
        self.profile.show(np.asarray(canvas.buffer_rgba())[..., :3].copy())

    def steps(self) -> Steps:
        """The figure, and each of its fits alone."""
        figure = self.figure()
        fits = ((n, self.fits[n, self.every.value]) for n in ON_PAGE)
        steps = ((n, self._page_of(n, fit)) for n, fit in fits)
        return Steps(figure, "octaves", steps, ON_PAGE.index(IN_FIGURE[1]))

    def _page_of(self, n_octaves: int, fit: Fit) -> Figure:
        figure = Figure(figsize=(9.0, 6.2), layout="none")
        above, below = figure.subfigures(2, 1, height_ratios=(1, 1.1))  # ty: ignore[not-iterable]: an array of two
        draw_fit(above, self.patch, self.learnt, fit)
        draw_row(below, self.patch, self.learnt, fit, n_octaves, self.row.value, self._scores())
        figure.suptitle(f"{n_octaves} octaves", x=0.01, ha="left")
        return figure

    def figure(self) -> Figure:
        """Fits of few, some and many octaves side by side."""
        for n_octaves in ON_PAGE:
            self.fitted(n_octaves, self.every.value)
        fits = {n: self.fits[n, self.every.value] for n in IN_FIGURE}
        figure = Figure(figsize=(8.8, 6.3), layout="constrained")
        draw_fits(figure, self.patch, self.learnt, fits, self.row.value, self._scores())
        names = [self.scene.class_names[c] for c in fits[IN_FIGURE[0]].classes]
        figure.suptitle(patch_title(names, self.frame, len(self.patch)), x=0.01, ha="left")
        class_legend(figure, self.patch, self.scene.class_names, 8)
        return figure

    def _so_far(self, fit: Fit) -> None:
        self.pictures["fit"].show(colourise(fit.between))
        self.pictures["error"].show(error_picture(self.patch, fit.labels))
        shares = (
            ("learnt from", fit.wrong(self.patch, self.learnt)),
            ("left out", fit.wrong(self.patch, ~self.learnt)),
        )
        wrong = ", ".join(f"{name} {share:.1%}" for name, share in shares if share is not None)
        octaves, wave = self.octaves.value, shortest_wave(self.octaves.value, len(self.patch))
        message = f"shortest wave {wave:.3g} pixels" if octaves else "no wave, x and y alone"
        self.message.value = (
            f"<b>{octaves} octaves</b>: {message}; step {fit.step}, cross-entropy {fit.loss:.3f} nats; "
            f"<b>wrong pixels:</b> {wrong}"
        )

    def _scores(self) -> dict[int, tuple[float | None, float | None]]:
        kept = {n: fit for (n, every), fit in self.fits.items() if every == self.every.value}
        return {n: (f.wrong(self.patch, self.learnt), f.wrong(self.patch, ~self.learnt)) for n, f in kept.items()}
