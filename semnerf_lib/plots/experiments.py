"""Figures of an experiment on corrupted labels: the labels, scores over corruptions, losses of each class.

What is compared goes by its role: "labels" and "labels+rgb" are the two models, "input" the labels they learnt from,
"baseline 1" to "baseline 5" what needs no NeRF (see `study.results`). A role looks the same in every figure.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, Int, UInt8
from matplotlib.figure import Figure

from semnerf_lib.plots.images import _picture, class_legend, label_picture
from semnerf_lib.plots.style import GREEN, GREY, MODEL_COLOURS, PINK, RED, SKY, plain
from semnerf_lib.scene import VOID

ROLES: dict[str, dict[str, str]] = {
    "labels": {"color": MODEL_COLOURS[0], "marker": "o", "linestyle": "-"},
    "labels+rgb": {"color": MODEL_COLOURS[1], "marker": "s", "linestyle": "-"},
    "input": {"color": "black", "marker": "x", "linestyle": ":"},
    "baseline 1": {"color": GREEN, "marker": "^", "linestyle": "--"},
    "baseline 2": {"color": PINK, "marker": "v", "linestyle": "--"},
    "baseline 3": {"color": SKY, "marker": "D", "linestyle": "--"},
    "baseline 4": {"color": RED, "marker": "P", "linestyle": "--"},
    "baseline 5": {"color": GREY, "marker": "*", "linestyle": "--"},
}
"""How each role is drawn."""

Scores = Mapping[str, Mapping[Hashable, Sequence[Mapping[str, Any]]]]
"""Role to corruption to the scores of each repeat (seed or fold)."""


def corrupted_labels(
    truth: UInt8[np.ndarray, "height width"],
    corrupted: Mapping[str, UInt8[np.ndarray, "height width"]],
    class_names: Sequence[str],
    title: str = "",
    columns: int = 3,
) -> Figure:
    """The labels of one frame, clean and corrupted, with one legend of class names.

    Args:
        truth: clean labels.
        corrupted: title to labels. The title of a panel also says which share of the pixels has a label, and which
            share of these labels is right.
        class_names: C names.
        columns: panels in a row of full width; fewer panels make a narrower figure.
    """
    titles = ["clean"]
    for name, labels in corrupted.items():
        given = labels != VOID
        right = labels[given & (truth != VOID)] == truth[given & (truth != VOID)]
        share = f", {right.mean():.1%} of them right" if right.size else ""
        titles.append(f"{name}\n{given.mean():.1%} labelled{share}")
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
    """Which of the training frames keep their labels: one row a corruption, one tick a frame.

    Args:
        kept: title to positions 0 ... n_frames - 1 among the training frames.
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
    references: Mapping[str, tuple[str, float]] | None = None,
) -> Figure:
    """Scores over corruptions: one row a set of views, one column a quantity, one line a role.

    A point is the mean over repeats, its whisker the sample standard deviation; the legend gives the number of repeats.
    Corruptions stand at equal distances. A quantity that is always unknown (depth, if the scene has none) is left out.

    Args:
        scores: views ("test poses") to scores.
        panels: key of the scores to axis label, such as {"miou": "mIoU"}.
        names: role to what the legend calls it.
        ticks: corruption to what the axis calls it, in the axis's order.
        joined: corruptions that a line joins; None joins all.
        references: key of the scores to a name and a value, drawn as a line across its panels.
    """
    repeated = [x for by_role in scores.values() for row in by_role.values() for x in row.values()]
    panels = {key: label for key, label in panels.items() if any(_finite(r, key).size for r in repeated)}
    size = (9.6, 2.3 * len(scores) + 0.8)
    figure, axes = plt.subplots(len(scores), len(panels), figsize=size, squeeze=False)
    drawn = {}
    for row_axes, (views, by_role) in zip(axes, scores.items(), strict=True):
        for ax, (key, label) in zip(row_axes, panels.items(), strict=True):
            for shift, (role, row) in zip(np.linspace(-0.08, 0.08, len(by_role)), by_role.items(), strict=True):
                values = {c: _finite(row.get(c, ()), key) for c in ticks}
                for group in joined or [list(ticks)]:
                    points = [(i + shift, values[c]) for i, c in enumerate(ticks) if c in group and values[c].size]
                    if points:
                        count = max(drawn.get(role, (None, 0))[1], *(y.size for _, y in points))
                        drawn[role] = _line(ax, points, role), count
            ax.set_xticks(range(len(ticks)), list(ticks.values()))
            ax.set(title=views, ylabel=label, xlim=(-0.4, len(ticks) - 0.6))
            ax.grid(axis="y")
            if references and key in references:
                name, value = references[key]
                ax.axhline(value, color=GREY, linestyle=(0, (1, 1)), linewidth=1.2)
                above = {"xytext": (0, 2), "textcoords": "offset points", "ha": "right", "va": "bottom"}
                ax.annotate(name, (len(ticks) - 0.62, value), fontsize=7, color=GREY, **above)
    for ax in axes[-1]:
        ax.set_xlabel(xlabel)
    roles = [role for role in ROLES if role in drawn]
    legend = [f"{names[role]} (n = {drawn[role][1]})" for role in roles]
    figure.legend([drawn[role][0] for role in roles], legend, loc="outside lower center", ncols=3)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def _finite(repeats: Sequence[Mapping[str, Any]], key: str) -> np.ndarray:
    values = np.array([np.nan if r.get(key) is None else r[key] for r in repeats], dtype=float)
    return values[np.isfinite(values)]


def _line(ax: plt.Axes, points: Sequence[tuple[float, np.ndarray]], role: str):
    x, values = zip(*points, strict=True)
    spread = [v.std(ddof=1) if v.size > 1 else 0.0 for v in values]
    return ax.errorbar(x, [v.mean() for v in values], yerr=spread, capsize=2.5, markersize=4, **ROLES[role])


def class_bars(
    scores: Mapping[str, Sequence[Mapping[str, float | None]]], title: str = "", xlabel: str = "IoU"
) -> Figure:
    """Scores of each class as bars, one colour a model: means over its runs, with standard deviations as whiskers.

    Args:
        scores: model name to one dict (class name to score, None where the class is absent) a run.
    """
    names = list(next(iter(scores.values()))[0])
    values = {
        model: np.array([[np.nan if run.get(n) is None else run[n] for n in names] for run in runs], dtype=float)
        for model, runs in scores.items()
    }
    first = np.ma.masked_invalid(next(iter(values.values()))).mean(axis=0).filled(-1)
    order = np.argsort(-first)
    figure, ax = plt.subplots(figsize=(8.4, 0.22 * len(names) + 1.2))
    grouped_bars(ax, values, order, [names[i] for i in order], dict(zip(scores, MODEL_COLOURS, strict=False)))
    ax.set(xlim=(0, 1), ylim=(len(names) - 0.4, -0.6), xlabel=xlabel)
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(scores))
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def grouped_bars(
    ax: plt.Axes,
    values: Mapping[str, Float[np.ndarray, "runs classes"]],
    order: Int[np.ndarray, "bars"],
    names: Sequence[str],
    colours: Mapping[str, str],
) -> None:
    """Bars of some classes, those of one class side by side: means over runs, sample deviations as whiskers.

    Args:
        values: label of the legend to scores, NaN where a class is absent.
        order: columns of the values, from the top.
        names: of these columns.
        colours: label to colour.
    """
    height = 0.8 / len(values)
    for k, (label, scores) in enumerate(values.items()):
        valid = np.ma.masked_invalid(scores)
        error = valid.std(axis=0, ddof=1).filled(0)[order] if len(scores) > 1 else None
        y = np.arange(len(order)) + (k - (len(values) - 1) / 2) * height
        ax.barh(y, valid.mean(axis=0).filled(np.nan)[order], height, xerr=error, color=colours[label], label=label,
                error_kw={"elinewidth": 0.8, "ecolor": "#444444"})  # fmt: skip
    ax.set_yticks(np.arange(len(order)), names, fontsize=8)
    ax.grid(axis="x")
    ax.set_axisbelow(True)


def class_losses(
    losses: Mapping[str, Float[np.ndarray, "repeats classes"]],
    class_names: Sequence[str],
    shares: Float[np.ndarray, "classes"],
    names: Mapping[str, str],
    title: str = "",
    most: int = 10,
) -> Figure:
    """The classes that lose most IoU (left), and the loss of each class over its share of the pixels (right).

    Args:
        losses: role to IoU on clean labels minus IoU under a corruption, one row a repeat; NaN where a class is absent.
            The first role orders the classes. Bars: mean over repeats; whiskers: sample standard deviation.
        class_names: C names.
        shares: of all labelled pixels, one a class, 0 to 1.
        names: role to what the legend calls it.
        most: bars shown at most.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.6), width_ratios=[1.1, 1])
    means = {role: np.ma.masked_invalid(values).mean(axis=0).filled(np.nan) for role, values in losses.items()}
    first = next(iter(means.values()))
    order = np.array([c for c in np.argsort(-first) if np.isfinite(first[c])], dtype=int)[:most]
    colours = {names[role]: ROLES[role]["color"] for role in losses}
    by_name = {names[role]: values for role, values in losses.items()}
    grouped_bars(left, by_name, order, [plain(class_names[c]) for c in order], colours)
    for role, mean in means.items():
        look = {"color": ROLES[role]["color"], "marker": ROLES[role]["marker"]}
        right.scatter(100 * shares, mean, s=16, alpha=0.8, **look)
    left.invert_yaxis()
    left.axvline(0, color=GREY, linewidth=0.8)
    left.set(xlabel="loss of IoU", title=f"the {len(order)} classes that lose most")
    right.axhline(0, color=GREY, linewidth=0.8)
    right.set(xscale="log", xlabel="share of the labelled pixels (%)", ylabel="loss of IoU", title="every class")
    right.grid(axis="y")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=len(losses))
    figure.suptitle(title, x=0.01, ha="left")
    return figure
