"""Pictures of one view as it went in and as it came out: labels, depth, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from semnerf_lib.palette import colourise
from semnerf_lib.plots.images import RIGHT, UNKNOWN, WRONG, _picture, class_legend
from semnerf_lib.plots.style import GREY
from semnerf_lib.scene import VOID

MISSING = (255, 255, 255)
"""Colour of an error picture where the truth is known and no label was given."""


def error_picture(
    truth: UInt8[np.ndarray, "height width"], given: UInt8[np.ndarray, "height width"]
) -> UInt8[np.ndarray, "height width 3"]:
    """Grey where a label is right, orange-red where wrong, white where none is given, black where the truth is void."""
    colours = np.where((given == truth)[..., None], RIGHT, WRONG)
    colours = np.where((given == VOID)[..., None], MISSING, colours)
    return np.where((truth == VOID)[..., None], UNKNOWN, colours).astype(np.uint8)


def input_and_outputs(
    truth: UInt8[np.ndarray, "rows height width"],
    given: Mapping[str, UInt8[np.ndarray, "rows height width"]],
    class_names: Sequence[str],
    row_names: Sequence[str],
    title: str = "",
    rgb: UInt8[np.ndarray, "rows height width 3"] | None = None,
) -> Figure:
    """The same views as truth, input and outputs; below each, what is wrong with it, in shares of the known pixels.

    Args:
        truth: clean labels.
        given: what a column is called to its labels, VOID where it has none.
        class_names: C names.
        row_names: one a view.
        rgb: shown below the truth, if there is any; once where a view comes again in the next row.
    """
    n, columns = len(truth), 1 + len(given)
    width, images = 1.85, np.stack([truth, *given.values()])
    legend_columns = max(3, int(0.75 * width * columns))
    legend = 0.17 * -(-len(np.unique(images)) // legend_columns)
    size = (width * columns, 2 * n * (width * truth.shape[1] / truth.shape[2] + 0.24) + legend + 0.6)
    figure, axes = plt.subplots(2 * n, columns, figsize=size, squeeze=False)
    for row in range(n):
        above, below = axes[2 * row], axes[2 * row + 1]
        known = truth[row] != VOID
        _picture(above[0], colourise(truth[row]), f"{row_names[row]}: truth")
        if rgb is None or (row and np.array_equal(rgb[row], rgb[row - 1])):
            below[0].set_axis_off()
        else:
            _picture(below[0], rgb[row], "its colours")
        for k, (name, shown) in enumerate(given.items(), 1):
            missing = float(np.mean(shown[row][known] == VOID))
            wrong = float(np.mean(shown[row][known] != truth[row][known])) - missing
            _picture(above[k], colourise(shown[row]), name)
            told = f"wrong {wrong:.1%}" + (f", none {missing:.1%}" if missing else "")
            _picture(below[k], error_picture(truth[row], shown[row]), told)
    figure.suptitle(title, x=0.01, ha="left")
    class_legend(figure, images, class_names, legend_columns)
    key = {"right": RIGHT, "wrong": WRONG, "no label": MISSING, "truth is void": UNKNOWN}
    handles = [Patch(facecolor=np.divide(c, 255), edgecolor=GREY, linewidth=0.4, label=k) for k, c in key.items()]
    figure.legend(handles=handles, loc="outside upper right", ncols=len(key), handlelength=1.1)
    return figure


def depth_outputs(
    truth: Float[np.ndarray, "height width"] | None,
    depth: Mapping[str, Float[np.ndarray, "height width"]],
    title: str = "",
) -> Figure:
    """One view's depth as several models render it, beside the truth; below, the signed error of each, in metres.

    Args:
        truth: metres, 0 where unknown; None where the scene has no depth, which leaves the rendered depth alone.
        depth: model to metres.
    """
    shown = depth if truth is None else {"true depth": np.where(truth > 0, truth, np.nan), **depth}
    shape, rows = next(iter(depth.values())).shape, 1 if truth is None else 2
    width, columns = 1.9, max(2, len(shown))
    size = (width * columns + 0.8, rows * (width * shape[0] / shape[1] + 0.25) + 0.3)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    far = float(np.nanpercentile(np.stack(list(shown.values())), 99))
    for ax, (name, image) in zip(axes[0], shown.items(), strict=False):
        drawn = _picture(ax, image, name, cmap="viridis", vmin=0, vmax=far)
    figure.colorbar(drawn, ax=axes[0][: len(shown)].tolist(), label="depth (m)", extend="max", pad=0.01)
    if truth is not None:
        for ax, image in zip(axes[1][1:], depth.values(), strict=False):
            off = np.where(truth > 0, image - truth, np.nan)
            mean = f"mean |error| {np.nanmean(np.abs(off)):.2f} m" if (truth > 0).any() else "truth unknown"
            drawn = _picture(ax, off, mean, cmap="RdBu", vmin=-0.5, vmax=0.5)
        figure.colorbar(drawn, ax=axes[1].tolist(), label="error (m)", extend="both", pad=0.01)
    figure.suptitle(title, x=0.01, ha="left")
    return figure
