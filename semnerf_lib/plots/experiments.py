"""Pictures of an experiment on corrupted labels: what is done to them, scores over levels, who pays.

What is compared goes by its role: "labels" and "labels+rgb" are the two models, "input" the labels they learnt from,
"baseline 1" to "baseline 3" what needs no NeRF (see `outcomes`). A role looks the same in every figure.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.figure import Figure

from semnerf_lib.plots.images import _picture, class_legend, label_picture
from semnerf_lib.plots.style import GREEN, GREY, MODEL_COLOURS, PINK, SKY
from semnerf_lib.scene import VOID

ROLES: dict[str, dict[str, str]] = {
    "labels": {"color": MODEL_COLOURS[0], "marker": "o", "linestyle": "-"},
    "labels+rgb": {"color": MODEL_COLOURS[1], "marker": "s", "linestyle": "-"},
    "input": {"color": "black", "marker": "x", "linestyle": ":"},
    "baseline 1": {"color": GREEN, "marker": "^", "linestyle": "--"},
    "baseline 2": {"color": PINK, "marker": "v", "linestyle": "--"},
    "baseline 3": {"color": SKY, "marker": "D", "linestyle": "--"},
}
"""How each role is drawn."""

Scores = Mapping[str, Mapping[Hashable, Sequence[Mapping[str, Any]]]]
"""Role to corruption to the scores of each repeat (seed or fold)."""


def corruption_levels(
    truth: UInt8[np.ndarray, "height width"],
    corrupted: Mapping[str, UInt8[np.ndarray, "height width"]],
    class_names: Sequence[str],
    title: str = "",
    columns: int = 3,
) -> Figure:
    """One frame's labels, clean and at each level of a corruption, with one legend of class names.

    Args:
        truth: clean labels.
        corrupted: level to what training sees. Its panel tells the share of the frame's pixels that have a label there,
            and the share of those labels that is right.
        class_names: C names.
        columns: panels in a row of full width; fewer panels make a narrower figure.
    """
    titles = ["clean"]
    for level, labels in corrupted.items():
        given = labels != VOID
        right = labels[given & (truth != VOID)] == truth[given & (truth != VOID)]
        told = f", {right.mean():.1%} of them right" if right.size else ""
        titles.append(f"{level}\n{given.mean():.1%} labelled{told}")
    images = np.stack([truth, *corrupted.values()])
    across, legend_columns = min(columns, len(images)), max(3, 7 * min(columns, len(images)) // columns)
    rows, legend_rows = -(-len(images) // across), -(-len(np.unique(images)) // legend_columns)
    width = 9.6 / columns
    size = (width * across, rows * (width * truth.shape[0] / truth.shape[1] + 0.4) + 0.17 * legend_rows + 0.5)
    figure, axes = plt.subplots(rows, across, figsize=size, squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, image, name in zip(axes.flat, images, titles, strict=False):
        _picture(ax, label_picture(image, truth), name)
    figure.suptitle(title, x=0.01, ha="left")
    class_legend(figure, images, class_names, legend_columns)
    return figure


def kept_frames(kept: Mapping[str, Sequence[int]], n_frames: int, title: str = "") -> Figure:
    """Which of the training frames keep their labels: one row a level, one tick a frame.

    Args:
        kept: level to positions 0 ... n_frames - 1 among the training frames.
    """
    figure, ax = plt.subplots(figsize=(9.6, 0.3 * len(kept) + 0.9))
    rows = list(range(len(kept)))
    ax.eventplot(list(kept.values()), lineoffsets=rows, linelengths=0.7, linewidths=1.4, colors=MODEL_COLOURS[0])
    ax.set_yticks(rows, list(kept))
    ax.invert_yaxis()
    ax.set(xlim=(-1, n_frames), xlabel="training frame, in the order of the camera's path")
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def curves_with_spread(
    scores: Mapping[str, Scores],
    panels: Mapping[str, str],
    names: Mapping[str, str],
    ticks: Mapping[Hashable, str],
    title: str = "",
    xlabel: str = "",
    joined: Sequence[Sequence[Hashable]] | None = None,
) -> Figure:
    """Scores over corruptions: one row a set of views, one column a quantity, one line a role.

    A point is the mean over repeats, its whisker the sample standard deviation; the legend tells how many repeats.
    Corruptions stand at equal distances. A quantity that nobody knows (depth, where the scene has none) is left out.

    Args:
        scores: views ("test poses") to scores.
        panels: key of the scores to axis label, such as {"miou": "mIoU"}.
        names: role to what the legend calls it.
        ticks: corruption to what the axis calls it, in the axis's order.
        joined: corruptions that a line joins; None joins all.
    """
    everyone = [repeats for roles in scores.values() for levels in roles.values() for repeats in levels.values()]
    panels = {key: label for key, label in panels.items() if any(_known(r, key).size for r in everyone)}
    size = (9.6, 2.3 * len(scores) + 0.8)
    figure, axes = plt.subplots(len(scores), len(panels), figsize=size, squeeze=False)
    drawn = {}
    for row, (views, by_role) in zip(axes, scores.items(), strict=True):
        for ax, (key, label) in zip(row, panels.items(), strict=True):
            for shift, (role, by_level) in zip(np.linspace(-0.08, 0.08, len(by_role)), by_role.items(), strict=True):
                known = {level: _known(by_level.get(level, ()), key) for level in ticks}
                for group in joined or [list(ticks)]:
                    points = [(i + shift, known[t]) for i, t in enumerate(ticks) if t in group and known[t].size]
                    if points:
                        count = max(drawn.get(role, (None, 0))[1], *(values.size for _, values in points))
                        drawn[role] = _line(ax, points, role), count
            ax.set_xticks(range(len(ticks)), list(ticks.values()))
            ax.set(title=views, ylabel=label, xlim=(-0.4, len(ticks) - 0.6))
            ax.grid(axis="y")
    for ax in axes[-1]:
        ax.set_xlabel(xlabel)
    shown = [role for role in ROLES if role in drawn]
    legend = [f"{names[role]} (n = {drawn[role][1]})" for role in shown]
    figure.legend([drawn[role][0] for role in shown], legend, loc="outside lower center", ncols=3)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def _known(repeats: Sequence[Mapping[str, Any]], key: str) -> np.ndarray:
    values = np.array([np.nan if r.get(key) is None else r[key] for r in repeats], dtype=float)
    return values[np.isfinite(values)]


def _line(ax: plt.Axes, points: Sequence[tuple[float, np.ndarray]], role: str):
    x, values = zip(*points, strict=True)
    spread = [v.std(ddof=1) if v.size > 1 else 0.0 for v in values]
    return ax.errorbar(x, [v.mean() for v in values], yerr=spread, capsize=2.5, markersize=4, **ROLES[role])


def class_losses(
    losses: Mapping[str, Float[np.ndarray, "repeats classes"]],
    class_names: Sequence[str],
    shares: Float[np.ndarray, "classes"],
    names: Mapping[str, str],
    title: str = "",
    most: int = 10,
) -> Figure:
    """Who pays: the classes that lose most IoU (left), and each class's loss over its share of the pixels (right).

    Args:
        losses: role to IoU on clean labels minus IoU at a level, one row a repeat; NaN where a class is absent. The
            first role orders the classes. Bars: mean over repeats; whiskers: sample standard deviation.
        class_names: C names.
        shares: of all labelled pixels, one a class, 0 to 1.
        names: role to what the legend calls it.
        most: bars shown at most.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.6), width_ratios=[1.1, 1])
    means = {role: np.ma.masked_invalid(values).mean(axis=0).filled(np.nan) for role, values in losses.items()}
    first = next(iter(means.values()))
    order = [c for c in np.argsort(-first) if np.isfinite(first[c])][:most]
    height = 0.8 / len(losses)
    for k, (role, mean) in enumerate(means.items()):
        colour, y = ROLES[role]["color"], np.arange(len(order)) + (k - (len(losses) - 1) / 2) * height
        spread = np.ma.masked_invalid(losses[role]).std(axis=0, ddof=1).filled(0) if len(losses[role]) > 1 else None
        error = None if spread is None else spread[order]
        left.barh(y, mean[order], height, xerr=error, color=colour, label=names[role],
                  error_kw={"elinewidth": 0.8, "ecolor": "#444444"})  # fmt: skip
        right.scatter(100 * shares, mean, s=16, color=colour, marker=ROLES[role]["marker"], alpha=0.8)
    left.set_yticks(range(len(order)), [class_names[c] for c in order], fontsize=8)
    left.invert_yaxis()
    left.axvline(0, color=GREY, linewidth=0.8)
    left.set(xlabel="loss of IoU", title=f"the {len(order)} classes that lose most")
    left.grid(axis="x")
    left.set_axisbelow(True)
    right.axhline(0, color=GREY, linewidth=0.8)
    right.set(xscale="log", xlabel="share of the labelled pixels (%)", ylabel="loss of IoU", title="every class")
    right.grid(axis="y")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=len(losses))
    figure.suptitle(title, x=0.01, ha="left")
    return figure
