"""Training curves as a picture, quickly and in any thread: no pyplot, whose state belongs to the main thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import UInt8
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from semnerf_lib.plots.style import GREY, MODEL_COLOURS

History = Sequence[Mapping[str, float]]
"""Dicts with "step" and other keys, which need not be in each (see `Trainer`)."""
PANELS = {"loss": "loss (nats)", "miou": "mIoU, some test views", "depth_mae": "depth error (m)"}


def curve_picture(
    history: History, last: int, others: Mapping[str, History] | None = None, width: int = 960, height: int = 230
) -> UInt8[np.ndarray, "height width 3"]:
    """Loss, mIoU and depth error over the steps so far, at twice the pixels a page shows.

    Args:
        history: of the run that is watched.
        last: step at which the curves will end.
        others: what finished runs are called to their histories, drawn grey behind it.
        width, height: of the picture on a page, CSS pixels.
    """
    figure = Figure(figsize=(width / 100, height / 100), dpi=200, layout="constrained", facecolor="white")
    canvas = FigureCanvasAgg(figure)
    draw_curves(list(figure.subplots(1, len(PANELS))), history, last, others or {})
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def draw_curves(axes: Sequence[Axes], history: History, last: int, others: Mapping[str, History]) -> None:
    """The curves into three axes of any figure."""
    for ax, (key, label) in zip(axes, PANELS.items(), strict=True):
        for name, other in others.items():
            ax.plot(*_known(other, key), color=GREY, linewidth=0.9, label=name)
        steps, values = _known(history, key)
        ax.plot(steps, values, color=MODEL_COLOURS[0], marker="o" if len(steps) < 20 else None, markersize=3)
        if len(values):
            ax.annotate(f"{values[-1]:.3g}", (steps[-1], values[-1]), (2, 3), textcoords="offset points", fontsize=8)
        ax.set(xlabel="training step", ylabel=label, xlim=(0, 1.08 * last))
        if key == "loss" and any(value > 0 for value in values):
            ax.set_yscale("log")
        if key == "miou":
            ax.set_ylim(0, 1)
        ax.grid(axis="y")
        if others and key == "loss":
            ax.legend(loc="upper right")


def _known(history: History, key: str) -> tuple[list[float], list[float]]:
    entries = [(entry["step"], entry[key]) for entry in history if entry.get(key) is not None]
    return [step for step, _ in entries], [value for _, value in entries]
