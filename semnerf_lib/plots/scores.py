"""Scores as figures: training curves, time, paired differences of two models, errors over distance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from semnerf_lib.plots.style import BLUE, GREEN, GREY, MODEL_COLOURS, ORANGE, PINK, RED, SKY

VARIANT_LOOKS = (
    {"color": "black", "marker": "o"},
    {"color": BLUE, "marker": "s"},
    {"color": ORANGE, "marker": "^"},
    {"color": GREEN, "marker": "D"},
    {"color": PINK, "marker": "v"},
    {"color": SKY, "marker": "P"},
    {"color": RED, "marker": "X"},
)
"""Colour and marker of the variants in their order, repeated if there are more; the first is the unchanged one."""
VERDICT_LOOKS = {
    "supported": {"color": GREEN, "marker": "o"},
    "inconclusive": {"color": ORANGE, "marker": "D"},
    "not supported": {"color": RED, "marker": "X"},
    "no verdict": {"color": GREY, "marker": "s"},
}
"""Colour and marker of each verdict."""


def curves(
    histories: Mapping[str, Sequence[Mapping[str, float]]], panels: Mapping[str, str], title: str = ""
) -> Figure:
    """Training curves over steps, one panel a quantity and one line a run.

    Args:
        histories: run name to its history: dicts with "step" and other keys, which need not be in each.
        panels: key to axis label, such as {"loss": "cross-entropy (nats)", "mIoU": "mIoU"}.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(9.6, 3.0), squeeze=False)
    for ax, (key, label) in zip(axes[0], panels.items(), strict=True):
        for name, history in histories.items():
            points = [(h["step"], h[key]) for h in history if h.get(key) is not None]
            marker = "o" if len(points) < 20 else None
            ax.plot(*zip(*points, strict=True) if points else ((), ()), label=name, marker=marker, markersize=3)
        ax.set(xlabel="training step", ylabel=label)
        ax.grid(axis="y")
        if len(histories) > 1 and ax is axes[0, 0]:
            ax.legend()
        if "loss" in key:
            ax.set_yscale("log")
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def timing_bars(times: Mapping[str, Mapping[str, float]], title: str = "", unit: str = "ms a step") -> Figure:
    """Where the time of a step goes: one bar a setting, its parts as shares, its total written at the end.

    Shares, since totals differ by orders of magnitude.

    Args:
        times: setting to {part: time}, the parts in the same order.
        unit: of the totals.
    """
    figure, ax = plt.subplots(figsize=(8.4, 0.45 * len(times) + 1.1))
    totals = np.array([sum(t.values()) for t in times.values()])
    start = np.zeros(len(times))
    for k, part in enumerate(next(iter(times.values()))):
        shares = 100 * np.array([t[part] for t in times.values()]) / totals
        ax.barh(range(len(times)), shares, left=start, color=MODEL_COLOURS[k % 4], label=part, height=0.6)
        start = start + shares
    for y, total in enumerate(totals):
        ax.annotate(f" {total:,.0f} {unit}", (100, y), va="center", fontsize=8)
    ax.set_yticks(range(len(times)), list(times))
    ax.invert_yaxis()
    ax.set(xlabel="share of the time (%)", xlim=(0, 125), xticks=range(0, 101, 20))
    ax.legend(loc="lower left", ncols=3, bbox_to_anchor=(0, 1))
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def paired_folds(
    a: Sequence[float], b: Sequence[float], names: tuple[str, str], margin: float, interval: tuple[float, float],
    ylabel: str, title: str = "",
) -> Figure:  # fmt: skip
    """Two models fold by fold (left) and their paired differences with the margin and the interval (right).

    Args:
        a, b: scores, one a fold.
        names: of the two models.
        margin: shaded as +-margin, in the unit of the scores.
        interval: confidence interval of the mean difference.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.2), width_ratios=[1.2, 1])
    for fold, (x, y) in enumerate(zip(a, b, strict=True)):
        left.plot([0, 1], [x, y], color=GREY, linewidth=1, zorder=1)
        left.annotate(f"fold {fold}", (1.04, y), fontsize=7, va="center")
    left.scatter(np.zeros(len(a)), a, color=MODEL_COLOURS[0], zorder=2)
    left.scatter(np.ones(len(b)), b, color=MODEL_COLOURS[1], zorder=2)
    left.set_xticks([0, 1], names)
    left.set(xlim=(-0.3, 1.4), ylabel=ylabel, title="same fold, two models")
    left.grid(axis="y")
    differences = np.subtract(a, b)
    right.axvspan(-margin, margin, color=MODEL_COLOURS[2], alpha=0.15, label=f"margin ±{margin:g}")
    right.axvline(0, color=GREY, linewidth=0.8)
    right.scatter(differences, np.zeros(len(a)), color="black", s=18, label="a fold", zorder=3)
    middle = differences.mean()
    right.errorbar(
        middle, -0.5, xerr=[[middle - interval[0]], [interval[1] - middle]], fmt="D", color=MODEL_COLOURS[3], capsize=4,
        label="mean, 95 % interval",
    )  # fmt: skip
    right.set(ylim=(-1, 1), yticks=[], xlabel=f"{names[0]} − {names[1]}, {ylabel}", title="paired differences")
    right.spines["left"].set_visible(False)
    right.legend(loc="upper center", ncols=3)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def differences(panels: Mapping[str, Mapping[str, Sequence[float]]], first: str, title: str = "") -> Figure:
    """What each change does: differences from the unchanged, one small mark a seed, a large one for their mean.

    Args:
        panels: axis label to variant to differences, one a seed.
        first: what the others are compared with.
    """
    names = list(next(iter(panels.values())))
    figure, axes = _difference_axes(len(panels), names, 0.36 * len(names) + 1.1, title)
    for ax, (label, by_variant) in zip(axes, panels.items(), strict=True):
        for y, (values, look) in enumerate(zip(by_variant.values(), cycle(VARIANT_LOOKS[1:]), strict=False)):
            ax.plot([min(values), max(values)], [y, y], color=GREY, linewidth=0.8, zorder=1)
            ax.scatter(values, np.full(len(values), y), s=12, color=GREY, zorder=2)
            ax.scatter(np.mean(values), y, s=44, zorder=3, **look)
        ax.set(xlabel=label, title=f"minus {first}")
    return figure


def forest(
    groups: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]],
    panels: Mapping[str, str],
    margins: Mapping[str, float],
    title: str = "",
) -> Figure:
    """A forest plot: one line a corruption, under the heading of its claim; one panel a kind of comparison.

    A point is a mean paired difference, its bar the confidence interval.

    Args:
        groups: heading to corruption to kind of comparison to a dict: "mean", "low", "high" (points; None where there
            is no interval) and "verdict".
        panels: kind of comparison to what its panel is called.
        margins: kind of comparison to the margin (points) that its panel shades; not every kind has one.
    """
    lines = [(heading, name) for heading, names in groups.items() for name in (None, *names)]
    names = [heading if name is None else name for heading, name in lines]
    figure, axes = _difference_axes(len(panels), names, 0.235 * len(lines) + 1.4, title)
    place = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "bottom", "fontsize": 7}
    for ax, (kind, panel) in zip(axes, panels.items(), strict=True):
        if margin := margins.get(kind):
            ax.axvspan(-margin, margin, color="#dfe8ef", zorder=0)
            ax.annotate(f"margin ±{margin:g}", (0, 1), **place)
        for y, (heading, name) in enumerate(lines):
            row = groups[heading][name].get(kind) if name is not None else None
            if row and row["mean"] is not None:
                reach = [[row["mean"] - row["low"]], [row["high"] - row["mean"]]]
                look = VERDICT_LOOKS[row["verdict"]]
                ax.errorbar(row["mean"], y, xerr=reach, markersize=5, capsize=2.5, linewidth=1.3, zorder=3, **look)
            elif row:
                ax.annotate(row["verdict"], (0, y), fontsize=7, color=GREY, va="center", ha="center")
        ax.set_title(panel, pad=14)
        ax.set_xlabel("difference (points)")
    for label, (_, name) in zip(axes[0].get_yticklabels(), lines, strict=True):
        label.set_fontweight("bold" if name is None else "normal")
    handles = [Line2D([], [], linestyle="", label=verdict, **look) for verdict, look in VERDICT_LOOKS.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def _difference_axes(n_panels: int, names: Sequence[str], height: float, title: str) -> tuple[Figure, np.ndarray]:
    """A figure with panels side by side, one named line a comparison from the top, and 0 marked."""
    figure, axes = plt.subplots(1, n_panels, figsize=(9.6, height), sharey=True, squeeze=False)
    for ax in axes[0]:
        ax.axvline(0, color=GREY, linewidth=0.8, zorder=1)
        ax.grid(axis="x")
        ax.set_axisbelow(True)
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
    axes[0, 0].set_yticks(range(len(names)), names)
    axes[0, 0].set_ylim(len(names) - 0.4, -0.6)
    figure.suptitle(title, x=0.01, ha="left")
    return figure, axes[0]


def error_over_distance(
    errors: Mapping[str, Float[np.ndarray, "seeds rings"]], starts: Sequence[float], title: str = ""
) -> Figure:
    """Depth error over the distance from a boundary between classes: mean over seeds, deviations as whiskers.

    Args:
        errors: variant to metres (see `lessons.depth_by_boundary.depth_error_by_distance`), a row a seed.
        starts: of the rings, pixels.
    """
    figure, ax = plt.subplots(figsize=(7.2, 3.4))
    x = np.arange(len(starts))
    shifts = np.linspace(-0.12, 0.12, len(errors))
    for shift, look, (name, values) in zip(shifts, cycle(VARIANT_LOOKS), errors.items(), strict=False):
        deviation = values.std(axis=0, ddof=1) if len(values) > 1 else None
        ax.errorbar(x + shift, values.mean(axis=0), yerr=deviation, label=name, capsize=2.5, markersize=4, **look)
    ends = [f"{a:g} to {b:g}" for a, b in zip(starts, starts[1:], strict=False)]
    ax.set_xticks(x, [*ends, f"{starts[-1]:g} or more"])
    ax.set(xlabel="pixels to the nearest border between classes", ylabel="mean depth error (m)")
    ax.set_ylim(bottom=0)
    ax.grid(axis="y")
    figure.legend(loc="outside lower center", ncols=len(errors))
    figure.suptitle(title, x=0.01, ha="left")
    return figure
