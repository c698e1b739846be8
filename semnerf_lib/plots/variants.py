"""Pictures of an ablation: what one change does, paired by seed, and where in an image it does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from semnerf_lib.plots.style import BLUE, GREEN, GREY, ORANGE, PINK, RED, SKY

LOOKS = (
    {"color": "black", "marker": "o"},
    {"color": BLUE, "marker": "s"},
    {"color": ORANGE, "marker": "^"},
    {"color": GREEN, "marker": "D"},
    {"color": PINK, "marker": "v"},
    {"color": SKY, "marker": "P"},
    {"color": RED, "marker": "X"},
)
"""How the variants are drawn, in their order, again from the start if there are more; the first is what the others
are compared with."""


def differences(panels: Mapping[str, Mapping[str, Sequence[float]]], first: str, title: str = "") -> Figure:
    """What each change does: differences from the unchanged, one small mark a seed, a large one for their mean.

    Args:
        panels: axis label to variant to differences, one a seed.
        first: what the others are compared with.
    """
    names = list(next(iter(panels.values())))
    size = (9.6, 0.36 * len(names) + 1.1)
    figure, axes = plt.subplots(1, len(panels), figsize=size, sharey=True, squeeze=False)
    for ax, (label, by_variant) in zip(axes[0], panels.items(), strict=True):
        ax.axvline(0, color=LOOKS[0]["color"], linewidth=0.8)
        for y, (values, look) in enumerate(zip(by_variant.values(), cycle(LOOKS[1:]), strict=False)):
            ax.plot([min(values), max(values)], [y, y], color=GREY, linewidth=0.8, zorder=1)
            ax.scatter(values, np.full(len(values), y), s=12, color=GREY, zorder=2)
            ax.scatter(np.mean(values), y, s=44, zorder=3, **look)
        ax.set(xlabel=label, title=f"minus {first}")
        ax.grid(axis="x")
        ax.set_axisbelow(True)
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
    axes[0, 0].set_yticks(range(len(names)), names)
    axes[0, 0].set_ylim(len(names) - 0.5, -0.5)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def error_over_distance(
    errors: Mapping[str, Float[np.ndarray, "seeds rings"]], starts: Sequence[float], title: str = ""
) -> Figure:
    """Depth error over the distance from a border between classes: mean over seeds, deviations as whiskers.

    Args:
        errors: variant to metres (see `lessons.depth_by_boundary.depth_error_by_distance`), a row a seed.
        starts: of the rings, pixels.
    """
    figure, ax = plt.subplots(figsize=(7.2, 3.4))
    x = np.arange(len(starts))
    shifts = np.linspace(-0.12, 0.12, len(errors))
    for shift, look, (name, values) in zip(shifts, cycle(LOOKS), errors.items(), strict=False):
        spread = values.std(axis=0, ddof=1) if len(values) > 1 else None
        ax.errorbar(x + shift, values.mean(axis=0), yerr=spread, label=name, capsize=2.5, markersize=4, **look)
    ends = [f"{a:g} to {b:g}" for a, b in zip(starts, starts[1:], strict=False)]
    ax.set_xticks(x, [*ends, f"{starts[-1]:g} or more"])
    ax.set(xlabel="pixels to the nearest border between classes", ylabel="mean depth error (m)")
    ax.set_ylim(bottom=0)
    ax.grid(axis="y")
    figure.legend(loc="outside lower center", ncols=len(errors))
    figure.suptitle(title, x=0.01, ha="left")
    return figure
