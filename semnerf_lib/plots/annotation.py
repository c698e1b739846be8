"""Figures of how few labels are enough: scores over frames and pixels, over minutes, and against their prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from semnerf_lib.plots.style import GREY, MODEL_COLOURS, RED

MINUTES = (1, 3, 10, 30, 100, 300, 1000, 3000)
"""Levels of the lines of equal time."""
SURE = 2.0
"""Standard deviations of a run around the contour."""


@dataclass(frozen=True)
class Plane:
    """Scores over two axes, at one amount of errors.

    Attributes:
        mean, deviation: (rows, columns) the predicted score, and the standard deviation of one more run.
        runs: (n, 3) frames, pixels and score of the runs that stand beside this plane.
        best: frames and pixels of the cheapest point that reaches the target, or None.
        checks: (m, 3) the same numbers as `runs`, of points that were not used for the plane.
    """

    mean: Float[np.ndarray, "rows columns"]
    deviation: Float[np.ndarray, "rows columns"]
    runs: Float[np.ndarray, "runs 3"]
    best: tuple[float, float] | None
    checks: Float[np.ndarray, "checks 3"]


def planes(
    by_name: Mapping[str, Plane],
    frames: Float[np.ndarray, "columns"],
    pixels: Float[np.ndarray, "rows"],
    minutes: Float[np.ndarray, "rows columns"],
    target: float,
    title: str = "",
) -> Figure:
    """A panel a plane: colour is the score, the black line the target, dashed where one more run falls short or not.

    Args:
        by_name: title to plane.
        frames, pixels: of the columns and the rows.
        minutes: of a person's work, drawn as white lines.
        target: the score of the black line; the dashed ones are where mean + 2 and mean - 2 standard deviations cross.
    """
    figure, axes = plt.subplots(1, len(by_name), figsize=(3.4 * len(by_name), 3.9), squeeze=False, sharey=True)
    top = max(float(plane.mean.max()) for plane in by_name.values())
    for ax, (name, plane) in zip(axes[0], by_name.items(), strict=True):
        drawn = ax.pcolormesh(frames, pixels, plane.mean, vmin=0, vmax=top, cmap="viridis", shading="gouraud")
        lines = ax.contour(frames, pixels, minutes, MINUTES, colors="white", linewidths=0.6)
        ax.clabel(lines, fmt=lambda value: f"{value:g} min", fontsize=6.5)
        for sigmas, look in ((0.0, "solid"), (SURE, "dashed"), (-SURE, "dashed")):
            height = plane.mean + sigmas * plane.deviation
            if height.min() < target < height.max():
                width = 2.2 if sigmas == 0 else 1.0
                ax.contour(frames, pixels, height, [target], colors="black", linewidths=width, linestyles=look)
        look = {"vmin": 0, "vmax": top, "cmap": "viridis", "zorder": 3}
        ax.scatter(*plane.runs.T[:2], c=plane.runs[:, 2], s=42, edgecolor="white", **look)
        ax.scatter(*plane.checks.T[:2], c=plane.checks[:, 2], s=170, marker="D", edgecolor=RED, linewidth=1.5, **look)
        if plane.best:
            ax.scatter(*plane.best, marker="*", s=90, color=RED, edgecolor="white", zorder=4, clip_on=False)
        _log_axes(ax)
        ax.set(title=name, xlabel="labelled frames")
    axes[0, 0].set_ylabel("labelled share of their pixels")
    figure.colorbar(drawn, ax=axes[0].tolist(), label="mIoU at test views", shrink=0.9)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def _log_axes(ax: Axes) -> None:
    ax.set(xscale="log", yscale="log")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter("")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))


def scores_over_minutes(
    by_name: Mapping[str, tuple[Sequence[float], Sequence[float]]], target: float, title: str = ""
) -> Figure:
    """One mark a run: its score over the minutes of a person's work.

    Args:
        by_name: name to (minutes, scores).
        target: drawn as a line.
    """
    figure, ax = plt.subplots(figsize=(7.2, 3.6))
    for (name, (minutes, scores)), marker, colour in zip(
        by_name.items(), "os^vDP", (*MODEL_COLOURS, RED, GREY), strict=False
    ):
        ax.scatter(minutes, scores, marker=marker, s=34, color=colour, label=name, alpha=0.85)
    ax.axhline(target, color="black", linewidth=1)
    ax.set(xscale="log", xlabel="minutes of a person's work", ylabel="mIoU at test views", ylim=(0, None))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.grid(axis="y")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def left_out_scores(
    predicted: Float[np.ndarray, "runs"],
    deviation: Float[np.ndarray, "runs"],
    scores: Float[np.ndarray, "runs"],
    title: str = "",
) -> Figure:
    """The score of each run over what the others predict, with 95 % intervals; on the diagonal both agree."""
    figure, ax = plt.subplots(figsize=(4.4, 3.8))
    ends = [min(predicted.min(), scores.min()) - 0.05, max(predicted.max(), scores.max()) + 0.05]
    ax.plot(ends, ends, color=GREY, linewidth=1)
    ax.errorbar(predicted, scores, xerr=1.96 * deviation, fmt="o", markersize=4, elinewidth=0.8, color=MODEL_COLOURS[0])
    ax.set(xlabel="mIoU predicted from the other runs", ylabel="mIoU of the run", ylim=ends)
    figure.suptitle(title, x=0.01, ha="left")
    return figure
