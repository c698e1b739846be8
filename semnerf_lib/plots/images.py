"""Pictures of views: labels, depth, entropy, what went in and came out, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from semnerf_lib.palette import colourise, palette
from semnerf_lib.plots.style import GREY, plain
from semnerf_lib.scene import VOID

RIGHT, WRONG, UNKNOWN = (232, 232, 232), (213, 94, 0), (0, 0, 0)
"""Colours of an error picture: right, wrong, nothing to compare with."""


def class_legend(figure: Figure, labels: np.ndarray, class_names: Sequence[str], columns: int = 7) -> None:
    """A legend below the figure with the classes that occur in `labels`, the most frequent first, void last."""
    counts = np.bincount(np.asarray(labels).reshape(-1), minlength=256)
    colours = palette(len(class_names)) / 255
    drawn = sorted(np.flatnonzero(counts[: len(class_names)]), key=lambda c: -counts[c])
    handles = [Patch(facecolor=colours[c], edgecolor=GREY, linewidth=0.4, label=plain(class_names[c])) for c in drawn]
    if counts[VOID]:
        handles.append(Patch(facecolor="black", label="void (no class)"))
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, handlelength=1.1, columnspacing=1.2)


def _picture(ax: plt.Axes, image: np.ndarray, title: str = "", **show):
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.set_title(title)
    return ax.imshow(image, **show)


SPARSE, DOT, APART = 0.03, 0.016, 0.35
"""Share of labelled pixels below which `label_picture` draws dots; their half side, in shares of the image's width, and
at most in shares of the mean distance from label to label."""
ENLARGED = 480
"""Width that an image with dots has at least, pixels: so the outline of a dot is thin."""


def label_picture(
    labels: UInt8[np.ndarray, "height width"], truth: UInt8[np.ndarray, "height width"]
) -> UInt8[np.ndarray, "rows columns 3"]:
    """Labels in colour; where few pixels have one, or none has one beside it, each is a dot over the dimmed truth."""
    given = labels != VOID
    v, u = np.nonzero(given)
    if not len(v) or (len(v) >= SPARSE * labels.size and (given[:, 1:] & given[:, :-1]).any()):
        return colourise(labels)
    times = max(1, -(-ENLARGED // labels.shape[1]))
    image = (0.3 * colourise(truth) + 0.7 * 235).astype(np.uint8).repeat(times, axis=0).repeat(times, axis=1)
    half = max(1, round(times * min(DOT * labels.shape[1], APART * (labels.size / len(v)) ** 0.5)))
    middles = times * np.stack([v, u], axis=1) + times // 2
    for size, colours in ((half, np.zeros((len(v), 3))), (half - 1, colourise(labels[v, u]))):
        for (row, column), colour in zip(middles, colours, strict=True):
            image[max(0, row - size) : row + size + 1, max(0, column - size) : column + size + 1] = colour
    return image


def views(images: Sequence[np.ndarray], titles: Sequence[str], title: str = "", columns: int = 4) -> Figure:
    """Pictures (H, W, 3) uint8 side by side, `columns` in a row."""
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    shape = np.asarray(images[0]).shape
    width = 9.6 / columns
    size = (9.6, rows * (width * shape[0] / shape[1] + 0.25) + 0.3)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for ax in axes.flat[len(images) :]:
        ax.set_visible(False)
    for ax, image, name in zip(axes.flat, images, titles, strict=False):
        _picture(ax, image, name)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def label_grid(
    labels: np.ndarray, class_names: Sequence[str], titles: Sequence[str], title: str = "", columns: int = 4
) -> Figure:
    """Label images (n, H, W) with one legend of class names."""
    figure = views([colourise(one) for one in labels], titles, title, columns)
    class_legend(figure, labels, class_names)
    figure.set_figheight(figure.get_figheight() + 0.8)
    return figure


def comparison(
    truth: np.ndarray,
    predicted: Sequence[np.ndarray],
    class_names: Sequence[str],
    names: Sequence[str],
    title: str = "",
) -> Figure:
    """Rows of views: truth | prediction and its error, for one model or several.

    Args:
        truth: (n, H, W) uint8 labels.
        predicted: for each model (n, H, W) labels.
        class_names: C names.
        names: of the models.

    An error picture is grey where right, orange-red where wrong, black where the truth is void.
    """
    models, n = len(predicted), len(truth)
    width = 9.6 / (1 + 2 * models)
    height = n * (width * truth.shape[1] / truth.shape[2] + 0.08) + 1.4
    figure, axes = plt.subplots(n, 1 + 2 * models, figsize=(9.6, height), squeeze=False)
    for row in range(n):
        first = row == 0
        valid = truth[row] != VOID
        _picture(axes[row, 0], colourise(truth[row]), "truth" if first else "")
        for m, name in enumerate(names):
            wrong = valid & (predicted[m][row] != truth[row])
            error = np.where(wrong[..., None], WRONG, np.where(valid[..., None], RIGHT, UNKNOWN)).astype(np.uint8)
            _picture(axes[row, 1 + 2 * m], colourise(predicted[m][row]), name if first else "")
            share = f"wrong: {wrong.sum() / max(1, valid.sum()):.1%}"
            _picture(axes[row, 2 + 2 * m], error, share)
    figure.suptitle(title, x=0.01, ha="left")
    class_legend(figure, np.stack([truth, *predicted]), class_names)
    return figure


def depth_comparison(truth: np.ndarray, depth: np.ndarray, titles: Sequence[str], title: str = "") -> Figure:
    """Rows of views: true depth | rendered depth | signed error, each with its colour bar in metres.

    Args:
        truth: (n, H, W) metres, 0 where unknown.
        depth: (n, H, W) metres, as rendered.
        titles: one a row.
    """
    n, shape = len(truth), truth.shape[1:]
    figure, axes = plt.subplots(n, 3, figsize=(9.6, n * (3.0 * shape[0] / shape[1]) + 0.5), squeeze=False)
    far = float(np.percentile(truth[truth > 0], 99)) if (truth > 0).any() else float(depth.max())
    for row in range(n):
        valid = truth[row] > 0
        off = np.where(valid, depth[row] - truth[row], np.nan)
        images = (np.where(valid, truth[row], np.nan), depth[row], off)
        mean = f"error (mean |error| {np.nanmean(np.abs(off)):.2f} m)" if valid.any() else "error"
        for column, (image, name) in enumerate(zip(images, ("true depth", "rendered depth", mean), strict=True)):
            look = {"cmap": "viridis", "vmin": 0, "vmax": far}
            if column == 2:
                look = {"cmap": "RdBu", "vmin": -0.5, "vmax": 0.5}
            drawn = _picture(axes[row, column], image, f"{titles[row]}: {name}" if column == 0 else name, **look)
            figure.colorbar(
                drawn, ax=axes[row, column], shrink=0.85, label="m", extend="both" if column == 2 else "max"
            )
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def entropy_maps(entropy: np.ndarray, titles: Sequence[str], n_classes: int, title: str = "") -> Figure:
    """Label entropy of views (n, H, W) in nats, on one scale from 0 (sure) up; ln(C) would be a blind guess."""
    n, shape = len(entropy), entropy.shape[1:]
    figure, axes = plt.subplots(1, n, figsize=(9.6, 9.6 / n * shape[0] / shape[1] + 0.6), squeeze=False)
    top = min(float(np.log(n_classes)), max(0.5, float(np.percentile(entropy, 99.5))))
    for ax, image, name in zip(axes[0], entropy, titles, strict=True):
        drawn = _picture(ax, image, name, cmap="magma", vmin=0, vmax=top)
    figure.colorbar(drawn, ax=axes[0].tolist(), shrink=0.85, label="entropy (nats)", extend="max")
    figure.suptitle(title, x=0.01, ha="left")
    return figure


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
        valid = truth[row] != VOID
        _picture(above[0], colourise(truth[row]), f"{row_names[row]}: truth")
        if rgb is None or (row and np.array_equal(rgb[row], rgb[row - 1])):
            below[0].set_axis_off()
        else:
            _picture(below[0], rgb[row], "its colours")
        for k, (name, drawn) in enumerate(given.items(), 1):
            missing = float(np.mean(drawn[row][valid] == VOID))
            wrong = float(np.mean(drawn[row][valid] != truth[row][valid])) - missing
            _picture(above[k], label_picture(drawn[row], truth[row]), name)
            share = f"wrong {wrong:.1%}" + (f", none {missing:.1%}" if missing else "")
            _picture(below[k], error_picture(truth[row], drawn[row]), share)
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

    Where the truth is known, colours span its depths, not the models': so it looks the same beside good and bad ones.

    Args:
        truth: metres, 0 where unknown; None where the scene has no depth, which leaves the rendered depth alone.
        depth: model to metres.
    """
    depths = depth if truth is None else {"true depth": np.where(truth > 0, truth, np.nan), **depth}
    shape, rows = next(iter(depth.values())).shape, 1 if truth is None else 2
    width, columns = 1.9, max(2, len(depths))
    size = (width * columns + 0.8, rows * (width * shape[0] / shape[1] + 0.25) + 0.3)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    known = truth is not None and bool((truth > 0).any())
    far = float(np.nanpercentile(depths["true depth"] if known else np.stack(list(depths.values())), 99))
    for ax, (name, image) in zip(axes[0], depths.items(), strict=False):
        drawn = _picture(ax, image, name, cmap="viridis", vmin=0, vmax=far)
    figure.colorbar(drawn, ax=axes[0][: len(depths)].tolist(), label="depth (m)", extend="max", pad=0.01)
    if truth is not None:
        for ax, image in zip(axes[1][1:], depth.values(), strict=False):
            off = np.where(truth > 0, image - truth, np.nan)
            mean = f"mean |error| {np.nanmean(np.abs(off)):.2f} m" if known else "truth unknown"
            drawn = _picture(ax, off, mean, cmap="RdBu", vmin=-0.5, vmax=0.5)
        figure.colorbar(drawn, ax=axes[1].tolist(), label="error (m)", extend="both", pad=0.01)
    figure.suptitle(title, x=0.01, ha="left")
    return figure
