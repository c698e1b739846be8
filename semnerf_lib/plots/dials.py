"""Scores of runs in a room with dials, over each dial, and in scenes that differ in everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from semnerf_lib.plots.experiments import ROLES
from semnerf_lib.plots.style import GREY

Rows = Sequence[Mapping[str, Any]]
"""Runs: a value for each dial, `supervision`, `steps`, and scores by name."""


def scores_over_dials(
    columns: Mapping[str, tuple[str, Rows]], panels: Mapping[str, str], names: Mapping[str, str], title: str = ""
) -> Figure:
    """One column a dial, one row a score, one line a supervision: mean over seeds, from the least to the most as a bar.

    A hollow mark has more steps than the others. Values of a dial stand at equal distances.

    Args:
        columns: dial to the label of its axis and its runs, which differ in this dial, in steps, supervision and seed.
        panels: score to label of its axis; beside "depth_mae" the rows' "depth_untrained" is drawn.
        names: supervision to what it is called.
    """
    size = (9.6, 2.2 * len(panels) + 0.8)
    figure, axes = plt.subplots(len(panels), len(columns), figsize=size, sharey="row", sharex="col", squeeze=False)
    for column, (dial, (label, rows)) in zip(axes.T, columns.items(), strict=True):
        values = sorted({row[dial] for row in rows})
        fixed = min(row["steps"] for row in rows)
        for ax, score in zip(column, panels, strict=True):
            for shift, (role, name) in zip((-0.08, 0.08), names.items(), strict=False):
                look = dict(ROLES[role])
                of_role = [row for row in rows if row["supervision"] == role]
                short, long = ([row for row in of_role if (row["steps"] == fixed) is same] for same in (True, False))
                _points(ax, short, dial, score, values, shift, label=name, **look)
                look |= {"linestyle": "", "markerfacecolor": "white"}
                _points(ax, long, dial, score, values, 2.5 * shift, label=f"{name}, more steps", **look)
            if score == "depth_mae":
                look = {"color": GREY, "linestyle": ":", "label": "nothing learnt"}
                _points(ax, rows, dial, "depth_untrained", values, 0, **look)
            ax.grid(axis="y")
        column[-1].set_xticks(range(len(values)), [f"{value:g}" for value in values])
        column[-1].set(xlabel=label, xlim=(-0.4, len(values) - 0.6))
    for ax, label in zip(axes[:, 0], panels.values(), strict=True):
        ax.set_ylabel(label)
        ax.set_ylim(0, 1.05 * ax.get_ylim()[1])
    drawn = {text: handle for ax in axes.flat for handle, text in zip(*ax.get_legend_handles_labels(), strict=True)}
    figure.legend(drawn.values(), drawn.keys(), loc="outside lower center", ncols=len(drawn))
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def scores_of_scenes(
    rows: Rows, scenes: Mapping[str, str], panels: Mapping[str, str], names: Mapping[str, str], title: str = ""
) -> Figure:
    """One panel a score, one line a scene, one mark a supervision: mean over seeds, least to most as a bar.

    Args:
        rows: a `scene` each, `supervision`, and scores by name.
        scenes: scene to what its line is called, from the top.
        panels: score to label of its axis; beside "depth_mae" the rows' "depth_untrained" is drawn.
        names: supervision to what it is called.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(9.6, 0.42 * len(scenes) + 1.2), sharey=True, squeeze=False)
    for ax, (score, label) in zip(axes[0], panels.items(), strict=True):
        looks = {
            name: (score, [row for row in rows if row["supervision"] == role], shift, ROLES[role])
            for shift, (role, name) in zip((-0.12, 0.12), names.items(), strict=False)
        }
        if score == "depth_mae":
            looks["nothing learnt"] = ("depth_untrained", list(rows), 0, {"color": GREY, "marker": "|"})
        for name, (key, some, shift, look) in looks.items():
            mean, reach = _ends([[row[key] for row in some if row["scene"] == scene] for scene in scenes])
            bars = {"xerr": reach, "capsize": 2.5, "markersize": 4.5, "label": name}
            ax.errorbar(mean, np.arange(len(scenes)) + shift, **bars | look | {"linestyle": ""})
        ax.set(xlabel=label, xlim=(0, None), ylim=(len(scenes) - 0.5, -0.5))
        ax.grid(axis="x")
    axes[0, 0].set_yticks(range(len(scenes)), list(scenes.values()))
    drawn = {text: handle for ax in axes.flat for handle, text in zip(*ax.get_legend_handles_labels(), strict=True)}
    figure.legend(drawn.values(), drawn.keys(), loc="outside lower center", ncols=len(drawn))
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def _points(
    ax: plt.Axes, rows: Rows, dial: str, score: str, values: Sequence[float], shift: float, **look: Any
) -> None:
    """Mean, least and most of a score at each value of a dial that the rows have."""
    by_value = {value: [row[score] for row in rows if row[dial] == value] for value in values}
    by_position = {values.index(value): scores for value, scores in by_value.items() if scores}
    if by_position:
        mean, reach = _ends(list(by_position.values()))
        x = np.array(list(by_position)) + shift
        ax.errorbar(x, mean, yerr=reach, capsize=2.5, markersize=4.5, linewidth=1.3, **look)


def _ends(
    groups: Sequence[Sequence[float]],
) -> tuple[Float[np.ndarray, "groups"], Float[np.ndarray, "2 groups"]]:
    """The mean of each group, and how far its least and its most are from it."""
    mean = np.array([np.mean(scores) for scores in groups])
    return mean, np.abs(np.array([[min(scores), max(scores)] for scores in groups]).T - mean)
