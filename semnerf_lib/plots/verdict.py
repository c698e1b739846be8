"""Verdicts as a picture: paired differences with their intervals, told apart by what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from semnerf_lib.plots.style import GREEN, GREY, ORANGE, RED

VERDICT_LOOKS = {
    "supported": {"color": GREEN, "marker": "o"},
    "inconclusive": {"color": ORANGE, "marker": "D"},
    "not supported": {"color": RED, "marker": "X"},
    "no verdict": {"color": GREY, "marker": "s"},
}
"""How each verdict is drawn; told apart by shape as well as by colour."""


def forest(
    groups: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]],
    panels: Mapping[str, str],
    margin: float,
    title: str = "",
) -> Figure:
    """A forest plot: one line a condition, under the heading of its claim; one panel a kind of comparison.

    A point is a mean paired difference, its bar the confidence interval. In the first panel the margin is shaded.

    Args:
        groups: heading to condition to kind of comparison to a dict: "mean", "low", "high" (points; None where there is
            no interval) and "verdict".
        panels: kind of comparison to what its panel is called.
        margin: points.
    """
    lines = [(heading, name) for heading, names in groups.items() for name in (None, *names)]
    size = (9.6, 0.235 * len(lines) + 1.4)
    figure, axes = plt.subplots(1, len(panels), figsize=size, sharey=True, squeeze=False)
    axes[0, 0].axvspan(-margin, margin, color="#dfe8ef", zorder=0)
    axes[0, 0].annotate(
        f"margin ±{margin:g}", (0, 1), xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize=7
    )
    for ax, (kind, panel) in zip(axes[0], panels.items(), strict=True):
        ax.axvline(0, color=GREY, linewidth=0.8, zorder=1)
        for y, (heading, name) in enumerate(lines):
            found = groups[heading][name].get(kind) if name is not None else None
            if found and found["mean"] is not None:
                reach = [[found["mean"] - found["low"]], [found["high"] - found["mean"]]]
                look = VERDICT_LOOKS[found["verdict"]]
                ax.errorbar(found["mean"], y, xerr=reach, markersize=5, capsize=2.5, linewidth=1.3, zorder=3, **look)
            elif found:
                ax.annotate(found["verdict"], (0, y), fontsize=7, color=GREY, va="center", ha="center")
        ax.set_title(panel, pad=14)
        ax.set_xlabel("difference (points)")
        ax.grid(axis="x")
        ax.set_axisbelow(True)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
    axes[0, 0].set_yticks(range(len(lines)), [heading if name is None else name for heading, name in lines])
    axes[0, 0].set_ylim(len(lines) - 0.4, -0.6)
    for label, (_, name) in zip(axes[0, 0].get_yticklabels(), lines, strict=True):
        label.set_fontweight("bold" if name is None else "normal")
    handles = [Line2D([], [], linestyle="", label=verdict, **look) for verdict, look in VERDICT_LOOKS.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    figure.suptitle(title, x=0.01, ha="left")
    return figure
