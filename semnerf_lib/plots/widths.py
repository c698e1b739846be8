"""Figures of small and thin things: how wide they look, scores over width, and each class over its width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure

from semnerf_lib.palette import colourise
from semnerf_lib.plots.images import _picture
from semnerf_lib.plots.scores import VARIANT_LOOKS
from semnerf_lib.plots.style import MODEL_COLOURS


def width_pictures(
    labels: UInt8[np.ndarray, "height width"],
    widths: Mapping[str, tuple[Float[np.ndarray, "height width"], Sequence[float]]],
    title: str = "",
) -> Figure:
    """A view's labels, and beside them the visible width of the things in it.

    Args:
        widths: title to (width of every pixel, limits of the groups that it is drawn in).
    """
    figure, axes = plt.subplots(1, 1 + len(widths), figsize=(3.3 * (1 + len(widths)), 2.7))
    _picture(axes[0], colourise(labels), "labels")
    for ax, (name, (width, limits)) in zip(axes[1:], widths.items(), strict=True):
        ends = [*limits[:-1], 2 * limits[-2]]
        norm = BoundaryNorm(ends, 256, extend="max")
        drawn = ax.imshow(np.where(width > 0, width, np.nan), cmap="viridis_r", norm=norm)
        ax.set(title=name, xticks=[], yticks=[])
        figure.colorbar(drawn, ax=ax, shrink=0.8, ticks=ends)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def scores_over_groups(
    groups: Sequence[str], panels: Mapping[str, Mapping[str, Float[np.ndarray, "seeds groups"]]], xlabel: str,
    title: str = "",
) -> Figure:  # fmt: skip
    """A panel a score and a line a variant, mean and standard deviation over the seeds.

    Args:
        groups: names along the axis.
        panels: axis label to variant to scores.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(4.8 * len(panels), 3.3), squeeze=False)
    for ax, (label, variants) in zip(axes[0], panels.items(), strict=True):
        shifts = np.linspace(-0.12, 0.12, len(variants))
        for (name, scores), look, shift in zip(variants.items(), VARIANT_LOOKS, shifts, strict=False):
            spread = scores.std(axis=0, ddof=1) if len(scores) > 1 else None
            ax.errorbar(np.arange(len(groups)) + shift, scores.mean(axis=0), spread, label=name, markersize=4, **look)
        ax.set_xticks(range(len(groups)), groups, fontsize=8)
        ax.set(xlabel=xlabel, ylabel=label)
        ax.grid(axis="y")
    axes[0, -1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def classes_over_width(
    widths: Mapping[str, float], scores: Mapping[str, Mapping[str, float]], ylabel: str, title: str = ""
) -> Figure:
    """One mark a class and model: its score over its median visible width.

    Args:
        widths: class to centimetres.
        scores: model to class to score.
    """
    figure, ax = plt.subplots(figsize=(8.4, 4.2))
    for (name, of_class), colour, marker in zip(scores.items(), MODEL_COLOURS, "os^v", strict=False):
        ax.scatter(
            [widths[c] for c in of_class], list(of_class.values()), label=name, color=colour, marker=marker, s=24
        )
    for c, value in next(iter(scores.values())).items():
        ax.annotate(c, (widths[c], value), (3, 3), textcoords="offset points", fontsize=6.5)
    ax.set(xscale="log", xlabel="median visible width of the class (cm)", ylabel=ylabel, ylim=(0, 1))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.grid(axis="y")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    figure.suptitle(title, x=0.01, ha="left")
    return figure
