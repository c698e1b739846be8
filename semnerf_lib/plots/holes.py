"""What a field has where a class was never labelled, and what changed in its room: pictures, shares, curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float, UInt8
from matplotlib.figure import Figure

from semnerf_lib.palette import colourise
from semnerf_lib.plots.images import _picture, class_legend
from semnerf_lib.plots.style import GREEN, GREY, MODEL_COLOURS, ORANGE, SKY

PARTS = {"before": ORANGE, "at the surface": GREEN, "behind": SKY}
"""Where a ray's opacity may lie, and its colour."""


def hole(
    truth: UInt8[np.ndarray, "height width"],
    given: UInt8[np.ndarray, "height width"],
    views: Mapping[str, Any],
    depth: Float[np.ndarray, "height width"] | None,
    outline: Bool[np.ndarray, "height width"],
    class_names: Sequence[str],
    title: str = "",
) -> Figure:
    """One view: its truth and the labels of training above; a row a model with its labels, depth and entropy.

    Args:
        truth, depth: of the frame; None where the scene has no depth.
        given: what training was given of such a frame.
        views: model to what it renders, with `labels`, `depth` (m) and `entropy` (nats).
        outline: the pixels around which a white line is drawn.
        class_names: C names.
    """
    rows, width, aspect = 1 + len(views), 9.6 / 3, truth.shape[0] / truth.shape[1]
    figure, axes = plt.subplots(rows, 3, figsize=(9.6, rows * (width * aspect + 0.1) + 1.1), squeeze=False)
    depths = [view.depth for view in views.values()] if depth is None else [depth]
    near_far = {"cmap": "viridis", "vmin": 0, "vmax": float(np.percentile(depths, 99))}
    unsure = {"cmap": "magma", "vmin": 0, "vmax": max(0.5, *(float(v.entropy.max()) for v in views.values()))}
    _picture(axes[0, 0], colourise(truth), "true labels")
    _picture(axes[0, 1], colourise(given), "labels that training is given")
    if depth is None:
        axes[0, 2].set_visible(False)
    else:
        drawn = _picture(axes[0, 2], depth, "true depth", **near_far)
        figure.colorbar(drawn, ax=axes[0, 2], shrink=0.85, label="m", extend="max")
    for row, (name, view) in zip(axes[1:], views.items(), strict=True):
        _picture(row[0], colourise(view.labels), f"{name}: labels")
        for ax, key, unit, look in ((row[1], "depth", "m", near_far), (row[2], "entropy", "nats", unsure)):
            drawn = _picture(ax, getattr(view, key), key, **look)
            figure.colorbar(drawn, ax=ax, shrink=0.85, label=unit, extend="max")
    for ax in axes.flat:
        ax.contour(outline, levels=[0.5], colors="white", linewidths=0.8)
    figure.suptitle(title, x=0.01, ha="left")
    class_legend(figure, np.stack([truth, given, *(v.labels for v in views.values())]), class_names)
    return figure


def opacity_shares(shares: Mapping[str, Float[np.ndarray, "seeds 3"]], title: str = "") -> Figure:
    """A stacked bar a row: the mean shares of the opacity before, at and behind the true surface.

    Args:
        shares: what a row is called to its shares, a line a seed.
    """
    figure, ax = plt.subplots(figsize=(9.0, 0.38 * len(shares) + 1.1))
    for y, of_seeds in enumerate(shares.values()):
        start = 0.0
        for (part, colour), share in zip(PARTS.items(), 100 * of_seeds.mean(0), strict=True):
            ax.barh(y, share, left=start, color=colour, height=0.66, label=part if y == 0 else None)
            if share >= 6:
                ax.annotate(f"{share:.0f} %", (start + share / 2, y), ha="center", va="center", fontsize=8)
            start += share
    ax.set_yticks(range(len(shares)), list(shares))
    ax.invert_yaxis()
    ax.set(xlabel="share of the opacity along the rays of the class's pixels (%)", xlim=(0, 100))
    ax.legend(loc="lower left", ncols=3, bbox_to_anchor=(0, 1))
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def scores_by_row(
    panels: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]], guess: float | None = None, title: str = ""
) -> Figure:
    """A row a case and a panel a score: one small mark a seed and a large one for their mean, a colour a model.

    Args:
        panels: axis label to row to model to scores.
        guess: where a dashed line is drawn: what guessing scores.
    """
    rows = list(next(iter(panels.values())))
    size = (9.6, 0.42 * len(rows) + 1.2)
    figure, axes = plt.subplots(1, len(panels), figsize=size, squeeze=False, sharey=True)
    for ax, (label, by_row) in zip(axes[0], panels.items(), strict=True):
        for y, by_model in enumerate(by_row.values()):
            for k, (model, scores) in enumerate(by_model.items()):
                at, colour = y + 0.24 * (k - (len(by_model) - 1) / 2), MODEL_COLOURS[k]
                ax.scatter(scores, np.full(len(scores), at), s=10, color=GREY, zorder=2)
                first = y == 0 and ax is axes[0, 0]
                ax.scatter(np.mean(scores), at, s=40, color=colour, zorder=3, label=model if first else None)
        if guess is not None:
            ax.axvline(guess, color=GREY, linestyle="--", linewidth=0.9)
        ax.set(xlabel=label)
        ax.grid(axis="x")
    axes[0, 0].set_yticks(range(len(rows)), rows)
    axes[0, 0].invert_yaxis()
    figure.legend(loc="outside upper right", ncols=4)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def curves_over_steps(
    panels: Mapping[str, Mapping[str, Float[np.ndarray, "seeds steps"]]], steps: Sequence[int], title: str = ""
) -> Figure:
    """A panel a score, a line a start: the mean over the seeds, and a band from the least to the greatest."""
    figure, axes = plt.subplots(1, len(panels), figsize=(9.6, 3.1), squeeze=False, sharex=True)
    for ax, (label, lines) in zip(axes[0], panels.items(), strict=True):
        for k, (name, values) in enumerate(lines.items()):
            look = {"color": MODEL_COLOURS[k // 2], "linestyle": "-" if k % 2 == 0 else "--"}
            ax.plot(steps, values.mean(0), marker="o", markersize=3, label=name, **look)
            ax.fill_between(steps, values.min(0), values.max(0), color=look["color"], alpha=0.12, linewidth=0)
        ax.set(xlabel="steps in the changed room", ylabel=label)
        ax.grid(axis="y")
    axes[0, 0].legend()
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def change_maps(
    images: Mapping[str, np.ndarray], labels: np.ndarray, class_names: Sequence[str], title: str = ""
) -> Figure:
    """Pictures of one view side by side: label images (uint8) in the classes' colours, others from black (0) up.

    Args:
        images: what a picture is called to labels (H, W) uint8, a mask (H, W) bool or numbers (H, W).
        labels: whose classes the legend names.
    """
    columns, rows = 3, -(-len(images) // 3)
    aspect = next(iter(images.values())).shape[0] / next(iter(images.values())).shape[1]
    figure, axes = plt.subplots(rows, columns, figsize=(9.6, rows * (3.2 * aspect + 0.25) + 0.9), squeeze=False)
    for ax in axes.flat[len(images) :]:
        ax.set_visible(False)
    for ax, (name, image) in zip(axes.flat, images.items(), strict=False):
        if image.dtype == np.uint8:
            _picture(ax, colourise(image), name)
        else:
            _picture(ax, image, name, cmap="gray" if image.dtype == bool else "magma", vmin=0)
    figure.suptitle(title, x=0.01, ha="left")
    class_legend(figure, labels, class_names)
    return figure
