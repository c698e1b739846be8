"""Pictures of numbers: training curves, per-class scores, folds in pairs, time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from semnerf_lib.plots.style import GREY, MODEL_COLOURS


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
            known = [(h["step"], h[key]) for h in history if h.get(key) is not None]
            marker = "o" if len(known) < 20 else None
            ax.plot(*zip(*known, strict=True) if known else ((), ()), label=name, marker=marker, markersize=3)
        ax.set(xlabel="training step", ylabel=label)
        ax.grid(axis="y")
        if len(histories) > 1 and ax is axes[0, 0]:
            ax.legend()
        if "loss" in key:
            ax.set_yscale("log")
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def class_bars(
    scores: Mapping[str, Sequence[Mapping[str, float | None]]], title: str = "", xlabel: str = "IoU"
) -> Figure:
    """Per-class scores as bars, one colour a model, mean over its runs with the standard deviation as a whisker.

    Args:
        scores: model name to one dict (class name to score, None where the class is absent) a run.
    """
    names = list(next(iter(scores.values()))[0])
    values = {
        model: np.array([[np.nan if run.get(n) is None else run[n] for n in names] for run in runs], dtype=float)
        for model, runs in scores.items()
    }
    values = {model: np.where(np.isnan(v).all(0), np.nan, v) for model, v in values.items()}
    means = {model: np.nanmean(np.ma.masked_invalid(v), axis=0).filled(np.nan) for model, v in values.items()}
    order = np.argsort([-np.nan_to_num(next(iter(means.values()))[i], nan=-1) for i in range(len(names))])
    figure, ax = plt.subplots(figsize=(8.4, 0.22 * len(names) + 1.2))
    height = 0.8 / len(scores)
    for k, (model, mean) in enumerate(means.items()):
        spread = np.ma.masked_invalid(values[model]).std(axis=0, ddof=1 if len(values[model]) > 1 else 0).filled(0)
        y = np.arange(len(names)) + (k - (len(scores) - 1) / 2) * height
        error = spread[order] if len(values[model]) > 1 else None
        ax.barh(y, mean[order], height, xerr=error, color=MODEL_COLOURS[k], label=model,
                error_kw={"elinewidth": 0.8, "ecolor": "#444444"})  # fmt: skip
    ax.set_yticks(np.arange(len(names)), [names[i] for i in order], fontsize=8)
    ax.set(xlim=(0, 1), ylim=(len(names) - 0.4, -0.6), xlabel=xlabel)
    ax.grid(axis="x")
    ax.set_axisbelow(True)
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(scores))
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def paired_folds(
    a: Sequence[float], b: Sequence[float], names: tuple[str, str], margin: float, interval: tuple[float, float],
    ylabel: str, title: str = "",
) -> Figure:  # fmt: skip
    """Two models fold by fold (left) and their paired differences with the margin and the interval (right).

    Args:
        a, b: scores, one a fold. names: of the two models.
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


def timing_bars(times: Mapping[str, Mapping[str, float]], title: str = "", unit: str = "ms a step") -> Figure:
    """Where the time of a step goes: one bar a setting, its parts as shares, its total written beside it.

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
