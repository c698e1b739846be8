"""The picture of one ray: from where the field is asked, by way of density and light, to the pixel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullLocator

from semnerf_lib.lessons.tracing import Pass
from semnerf_lib.palette import palette
from semnerf_lib.plots.rays import draw_profile, draw_ticks, mark_depths
from semnerf_lib.plots.style import BLUE, GREY, ORANGE, SMALL, plain

HEIGHTS = (0.75, 0.55, 0.75, 1, 0.75, 0.75, 1.15, 1.15)
"""Of the panels, from top to bottom."""
BRIEF, ALL = (3, 6, 7), tuple(range(8))
"""The panels that tell the story (density, weight, classes), and all of them."""
LEFT, RIGHT = 0.085, 0.975
"""Sides of the panels, shares of the figure."""
FAINT = 1e-3
"""Samples with a smaller share of the pixel than this have their classes drawn pale."""
OTHERS = "#d9d9d9"
LABELS_AT = 0.7
"""Where labels of y axes stand left of the panels, share of the room that is there."""
MOST = 7
"""Classes that are drawn with a colour of their own; the rest are `OTHERS`."""


def span_of(passes: tuple[Pass, Pass], depths: Mapping[str, float], width: float | None = None) -> tuple[float, float]:
    """The stretch of the ray to show, metres: `width` around where most light ends, or all on which light ends.

    Where most ends: the sample at which half of the weights is reached.

    All: from the camera to where less than 1 % of the light is left, or to the last sample if more always is.
    """
    first, second = passes
    if width is not None:
        middle = second.z_vals[np.searchsorted(np.cumsum(second.weights), second.weights.sum() / 2)]
        return float(middle) - width / 2, float(middle) + width / 2
    ends = np.flatnonzero(second.transmittance[1:-1] < 0.01)
    end = second.z_vals[ends[0]] if len(ends) else max(first.z_vals[-1], second.z_vals[-1])
    end = max(end, *depths.values())
    return 0.0, 1.1 * float(end) + 0.1


class RayPanels:
    """The picture of a ray, panel under panel over one z, and beside the last two the pixel; kept for the next ray.

    Args:
        figure: empty; its layout engine is not used (it takes longer than all the drawing).
        class_names: C names.
        height: of the figure, inches.
        rows: the panels to draw, of 0 ... 7 from top to bottom; the last one among them.

    Attributes:
        axes: all eight panels along z, those that are not drawn invisible.

    Making axes, ticks and titles takes longer than all that a ray draws into them. So they are made once, titles and
    labels of y axes where they are put: matplotlib need not look for a place for them at each drawing.
    """

    @mpl.rc_context(SMALL)
    def __init__(
        self, figure: Figure | SubFigure, class_names: Sequence[str], height: float, rows: Sequence[int] = ALL
    ) -> None:
        self.figure, self.class_names = figure, class_names
        where = dict(left=LEFT, right=RIGHT, bottom=0.7 / height, top=1 - 0.47 / height, hspace=0.62, wspace=0.02)
        ratios = [HEIGHTS[row] for row in rows]
        grid = figure.add_gridspec(len(rows), 2, height_ratios=ratios, width_ratios=(1, 0.06), **where)
        place = {row: k for k, row in enumerate(rows)}

        def panel(row: int, column: int) -> Axes:
            if row in place:
                return figure.add_subplot(grid[place[row], column])
            return figure.add_axes((0, 0, 0.01, 0.01), visible=False)

        self.axes = [panel(row, 0) for row in ALL]
        self.bars = [panel(row, 1) for row in (6, 7)]
        self.axes[2].set_yscale("log")
        self.axes[2].yaxis.set_major_locator(LogLocator(numticks=3))
        self.axes[2].yaxis.set_minor_locator(NullLocator())
        for ax in self.axes:
            ax.tick_params(pad=2)
            ax.yaxis.set_label_coords(LABELS_AT * LEFT / (LEFT - RIGHT), 0.5)
            if ax not in self.axes[1:3]:
                ax.locator_params(axis="y", nbins=2)
            if ax is not self.axes[-1]:
                ax.xaxis.set_major_locator(NullLocator())  # one scale for all; and ticks take most of the time
        self.axes[-1].set_xlabel("z along the optical axis (m)", labelpad=1)

    @mpl.rc_context(SMALL)
    def show(
        self,
        passes: tuple[Pass, Pass],
        depths: Mapping[str, float],
        span: tuple[float, float],
        picked: int | None = None,
    ) -> None:
        """Draws a ray that `tracing` traced, in place of the one before.

        Args:
            passes: the first and the second; the second has classes.
            depths: named depths to mark, metres.
            span: the stretch of z to show, metres.
            picked: a sample of the second pass to point at.
        """
        self._clear()
        (first, second), axes = passes, self.axes
        draw_profile(axes[3:7], second.z_vals, second.sigma, second.alphas, second.transmittance[:-1], second.weights)
        _draw_samples(axes, first, second)
        drawn = _drawn_classes(second)
        colours = [*(palette(len(self.class_names))[drawn] / 255), OTHERS]
        _colour_weights(axes[6], second, drawn, colours)
        _stack_classes(axes[7], second, drawn, colours)
        for ax, (name, parts, left_over) in zip(self.bars, _bars(second, drawn), strict=True):
            _draw_bar(ax, name, parts, left_over, colours)
        axes[4].set_title("alpha = 1 − exp(−σ δ): the share of the arriving light that the interval stops")
        axes[5].set_title("transmittance = product of the (1 − α) before: the share of light that gets this far")
        for ax in axes:
            mark_depths(ax, dict(depths))
            ax.set_xlim(span)
            if picked is not None:
                ax.axvline(second.z_vals[picked], color=GREY, linewidth=3, alpha=0.45, zorder=0)
        marks = axes[0].get_legend_handles_labels()
        self.figure.legend(*marks, loc="upper right", bbox_to_anchor=(RIGHT, 1.0), ncols=3)
        patches = [Patch(facecolor=colour, edgecolor=GREY, linewidth=0.4) for colour in colours]
        names = [*(plain(self.class_names[c]) for c in drawn), "all other classes"]
        look = dict(ncols=4, handlelength=1.1, columnspacing=1.2, fontsize=7.5)
        self.figure.legend(patches, names, loc="lower left", **look)

    def _clear(self) -> None:
        """Takes the last ray away; the panels stay, and find their limits anew."""
        for legend in [*self.figure.legends]:
            legend.remove()
        for ax in [*self.axes, *self.bars]:
            for artist in [*ax.containers, *ax.lines, *ax.collections]:
                artist.remove()
            ax.relim()
            ax.set_autoscaley_on(True)


def draw_ray(
    figure: Figure | SubFigure,
    passes: tuple[Pass, Pass],
    class_names: Sequence[str],
    depths: Mapping[str, float],
    span: tuple[float, float],
    height: float,
    rows: Sequence[int] = ALL,
    picked: int | None = None,
) -> None:
    """One ray into an empty figure: see `RayPanels` and its `show` for the arguments."""
    RayPanels(figure, class_names, height, rows).show(passes, depths, span, picked)


def _draw_samples(axes: Sequence[Axes], first: Pass, second: Pass) -> None:
    axes[0].fill_between(first.z_vals, first.weights, step="post", color=BLUE, alpha=0.3, linewidth=0)
    axes[0].step(first.z_vals, first.weights, where="post", color=BLUE, linewidth=1)
    axes[0].set(ylabel="w", title=f"first pass: {len(first.z_vals)} even samples, and what each of them weighs")
    axes[0].set_ylim(bottom=0)
    new = second.z_vals
    if np.isin(first.z_vals, new).all():  # P2's second pass asks again where the first did; a proposal's does not
        new = new[~np.isin(new, first.z_vals)]
    draw_ticks(axes[1], [("even", first.z_vals), ("drawn", new)])
    axes[1].set_title(f"second pass: {len(new)} samples are drawn where the first one found weight")
    axes[1].set_ylim(-1.6, 0.6)
    for z_vals, deltas, colour in ((first.z_vals, first.deltas, BLUE), (second.z_vals, second.deltas, ORANGE)):
        axes[2].step(z_vals[:-1], 100 * deltas[:-1], where="post", color=colour, linewidth=1)
    axes[2].set(ylabel="δ (cm)", title="interval: how far it is to the next sample")


def _drawn_classes(second: Pass) -> np.ndarray:
    """The classes of which the pixel is most, then those of which a sample is most sure."""
    share = second.weights @ second.probabilities + 1e-3 * second.probabilities.max(0)
    certain = (second.probabilities.max(0) > 0.25) | (second.pixel > 0.02)
    return np.array([c for c in np.argsort(-share) if certain[c]][:MOST], dtype=int)


def _boxes(starts: np.ndarray, ends: np.ndarray, heights: np.ndarray) -> np.ndarray:
    zero = np.zeros_like(starts)
    corners = ((starts, zero), (starts, heights), (ends, heights), (ends, zero))
    return np.stack([np.stack(corner, axis=-1) for corner in corners], axis=1)


def _colour_weights(ax: Axes, second: Pass, drawn: np.ndarray, colours: Sequence) -> None:
    """Each sample's weight in the colour of the class that the field is most sure of there."""
    ends = np.append(second.z_vals[1:], second.z_vals[-1] + 0.05)
    for line in ax.lines:
        line.set_linewidth(0.4)
    place = {int(c): k for k, c in enumerate(drawn)}
    faces = [colours[place.get(int(c), len(drawn))] for c in second.probabilities.argmax(-1)]
    ax.add_collection(PolyCollection(_boxes(second.z_vals, ends, second.weights), facecolors=faces, linewidths=0))
    ax.set_title("weight: the share of the pixel that comes from here, in its class's colour")


def _stack_classes(ax: Axes, second: Pass, drawn: np.ndarray, colours: Sequence) -> None:
    ends = np.append(second.z_vals[1:], second.z_vals[-1] + 0.05)
    z = np.stack([second.z_vals, ends], axis=1).ravel()
    shares = np.concatenate([second.probabilities[:, drawn], 1 - second.probabilities[:, drawn].sum(1)[:, None]], 1)
    ax.stackplot(z, np.repeat(shares, 2, axis=0).T, colors=colours, linewidth=0)
    pale = second.weights < FAINT
    boxes = _boxes(second.z_vals[pale], ends[pale], np.ones(pale.sum()))
    ax.add_collection(PolyCollection(boxes, facecolors="white", alpha=0.6, linewidths=0))
    ax.set(ylim=(0, 1), ylabel="p", title="classes: what the field says is there (pale: none of it reaches the pixel)")


def _bars(second: Pass, drawn: np.ndarray) -> list[tuple[str, np.ndarray, float]]:
    """What stands beside the last two panels: weights by class and what is left over; the pixel's classes."""
    best = second.probabilities.argmax(-1)
    weights = np.array([second.weights[best == c].sum() for c in drawn])
    weights = np.append(weights, max(0.0, second.weights.sum() - weights.sum()))
    pixel = np.append(second.pixel[drawn], max(0.0, 1 - second.pixel[drawn].sum()))
    return [("Σ w", weights, float(second.transmittance[-1])), ("pixel", pixel, 0.0)]


def _draw_bar(ax: Axes, name: str, parts: np.ndarray, left_over: float, colours: Sequence) -> None:
    bottoms = np.cumsum(parts) - parts
    ax.bar(np.zeros(len(parts)), parts, 0.9, bottoms, color=colours, linewidth=0)
    ax.bar([0], [left_over], 0.9, [parts.sum()], color="white", edgecolor=GREY, hatch="////", linewidth=0.4)
    ax.set(xlim=(-0.6, 0.5), ylim=(0, 1), xticks=[], yticks=[])
    ax.set_title(name, loc="center")
    ax.spines[:].set_visible(False)
