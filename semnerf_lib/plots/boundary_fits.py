"""Pictures of a small network's fit to a patch of a label image, along one row of it and over octaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from semnerf_lib.lessons.boundary_fits import FINE, Fit, between, shortest_wave
from semnerf_lib.palette import colourise, palette
from semnerf_lib.plots.images import _picture, error_picture
from semnerf_lib.plots.style import BLUE, GREY, ORANGE, SMALL
from semnerf_lib.scene import VOID

Scores = Mapping[int, tuple[float | None, float | None]]
"""Octaves to the shares of wrong pixels, of those learnt from and of those left out; None where there is none."""


@mpl.rc_context(SMALL)
def draw_row(
    figure: Figure | SubFigure,
    patch: np.ndarray,
    learnt: np.ndarray,
    fit: Fit,
    n_octaves: int,
    row: int,
    scores: Scores,
) -> None:
    """One row of a patch: truth, the fit between its pixels, the fastest wave; and beside it the scores over octaves.

    Args:
        figure: empty; its layout engine is not used.
        patch, learnt: (H, W) labels, and which of them the fit has learnt from.
        row: of the patch.
        scores: of the fits so far.
    """
    ratios = {"height_ratios": (0.35, 1.4, 1), "width_ratios": (2.6, 1)}
    grid = figure.add_gridspec(3, 2, left=0.06, right=0.985, bottom=0.13, top=0.92, hspace=0.5, wspace=0.2, **ratios)
    strip, stack, wave = (figure.add_subplot(grid[k, 0]) for k in range(3))
    columns = patch.shape[1]
    strip.imshow(colourise(patch[row : row + 1]), aspect="auto", extent=(-0.5, columns - 0.5, 0, 1))
    taught = np.flatnonzero(learnt[row])
    strip.plot(taught, np.full(len(taught), 0.5), "o", color="white", markeredgecolor="black", markersize=3)
    strip.set(yticks=[], title=f"row {row} of the piece: true labels; dots: pixels that it learns from")
    draw_classes(stack, fit, row)
    stack.set(ylabel="p", title=f"the fit, asked at {FINE} places a pixel: probabilities of the classes")
    for boundary in np.flatnonzero(np.diff(patch[row].astype(int))) + 0.5:
        stack.axvline(boundary, color="black", linewidth=0.8, linestyle=":")
    draw_wave(wave, n_octaves, columns)
    for ax in (strip, stack, wave):
        ax.set_xlim(-0.5, columns - 0.5)
    strip.set_xticks([]), stack.set_xticks([])
    wave.set_xlabel("column (pixels); dotted above: where the label changes", labelpad=1)
    draw_scores(figure.add_subplot(grid[:, 1]), scores, n_octaves)


def draw_classes(ax: Axes, fit: Fit, row: int) -> None:
    """Probabilities along a row, stacked, in class colours."""
    x = between(fit.labels.shape[1])
    ax.stackplot(x, fit.lines[row].T, colors=palette(VOID)[fit.classes] / 255, linewidth=0)
    ax.set_ylim(0, 1)


def draw_wave(ax: Axes, n_octaves: int, columns: int) -> None:
    """The fastest wave of the encoding and what the pixels see of it."""
    length = shortest_wave(n_octaves, columns)
    if n_octaves == 0:
        ax.set(yticks=[], ylim=(-1.2, 1.2), title="no wave: the network is given x and y alone")
        return
    x, pixels = np.linspace(-0.5, columns - 0.5, 40 * columns), np.arange(columns)
    middle = (columns - 1) / 2
    ax.plot(x, np.sin(2 * np.pi * (x - middle) / length), color=BLUE, linewidth=0.6)
    ax.plot(pixels, np.sin(2 * np.pi * (pixels - middle) / length), "o", color=ORANGE, markersize=2.5)
    note = "shorter than 2 pixels: they cannot tell it from a slower one" if length < 2 else "dots: at the pixels"
    ax.set(yticks=[], ylim=(-1.2, 1.2), title=f"fastest wave: {length:.3g} pixels ({note})")


def draw_scores(ax: Axes, scores: Scores, n_octaves: int | None = None) -> None:
    """Shares of wrong pixels over octaves; the octaves at hand are marked."""
    for k, (name, colour) in enumerate((("learnt from", BLUE), ("left out", ORANGE))):
        points = [(octaves, 100 * both[k]) for octaves, both in sorted(scores.items()) if both[k] is not None]
        ax.plot(*zip(*points, strict=True) if points else ((), ()), "o-", color=colour, markersize=4, label=name)
    if n_octaves is not None:
        ax.axvline(n_octaves, color=GREY, linewidth=3, alpha=0.4, zorder=0)
    ax.set(xlabel="octaves", xlim=(-0.5, 10.5), xticks=range(0, 11, 2), title="wrong pixels (%)")
    ax.set_ylim(bottom=0)
    ax.legend(loc="center right", fontsize=7.5)


@mpl.rc_context(SMALL)
def draw_fits(
    figure: Figure, patch: np.ndarray, learnt: np.ndarray, fits: Mapping[int, Fit], row: int, scores: Scores
) -> None:
    """Truth and fits of several octaves: the fit between the pixels, what is wrong at them, and one row."""
    axes = figure.subplots(3, 1 + len(fits), height_ratios=(1, 1, 0.6))
    _picture(axes[0, 0], colourise(patch), "truth")
    axes[0, 0].axhline(row, color="white", linewidth=1, linestyle="--")
    _picture(axes[1, 0], np.where(learnt[..., None], colourise(patch), 255).astype(np.uint8), "the pixels learnt from")
    draw_scores(axes[2, 0], scores)
    for (above, below, line), (n_octaves, fit) in zip(axes.T[1:], fits.items(), strict=True):
        wave = f":\nwaves to {shortest_wave(n_octaves, patch.shape[1]):.2g} pixels" if n_octaves else ":\nno wave"
        _picture(above, colourise(fit.between), f"{n_octaves} octaves{wave}")
        note = [f"{name} {share:.1%}" for name, share in zip(("learnt", "left out"), scores[n_octaves], strict=True)
                if share is not None]  # fmt: skip
        _picture(below, error_picture(patch, fit.labels), "wrong: " + ",\n".join(note))
        draw_classes(line, fit, row)
        line.set(xlabel="column (pixels)", title=f"p along row {row} (dashed)")


@mpl.rc_context(SMALL)
def draw_fit(figure: Figure | SubFigure, patch: np.ndarray, learnt: np.ndarray, fit: Fit) -> None:
    """Side by side: the pixels learnt from, the fit between them, and what is wrong at the pixels."""
    wrong = [("learnt", fit.wrong(patch, learnt)), ("left out", fit.wrong(patch, ~learnt))]
    note = ", ".join(f"{name} {share:.1%}" for name, share in wrong if share is not None)
    images = {
        "true labels; white: left out": np.where(learnt[..., None], colourise(patch), 255).astype(np.uint8),
        f"fit, at {FINE} x {FINE} places a pixel": colourise(fit.between),
        f"wrong: {note}": error_picture(patch, fit.labels),
    }
    grid = figure.add_gridspec(1, 3, left=0.02, right=0.98, bottom=0.02, top=0.84, wspace=0.05)
    for k, (title, image) in enumerate(images.items()):
        _picture(figure.add_subplot(grid[k]), image, title)


def patch_title(class_names: Sequence[str], frame: int, size: int) -> str:
    """What the patch is, in words."""
    return f"A {size}x{size} piece of frame {frame}, {len(class_names)} classes: what a small network can follow"
