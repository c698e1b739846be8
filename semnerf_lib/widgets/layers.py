"""A rendered view as labels, depth, entropy or error, and the HTML legend that goes with each picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, UInt8

from semnerf_lib import plots
from semnerf_lib.evaluation import View
from semnerf_lib.palette import colourise, palette
from semnerf_lib.plots import renders
from semnerf_lib.plots.images import RIGHT, UNKNOWN, WRONG
from semnerf_lib.scene import VOID

LAYERS = ("labels", "depth", "entropy", "error")
ODDS = 8.0
"""Evidence: the best class has this many times the odds of a blind guess. Random features alone reach some of it."""
NO_EVIDENCE = 235
"""The grey of pixels of which no click tells anything."""


class TrueView(NamedTuple):
    """What a camera would truly see: labels, and depth in metres (0 where there is none) or None if unknown."""

    labels: UInt8[np.ndarray, "height width"]
    depth: Float[np.ndarray, "height width"] | None


def layers_of(view: View) -> tuple[str, ...]:
    """What can be shown of a view: colours too where its field has learnt some."""
    return LAYERS if view.rgb is None else (*LAYERS, "colours")


def layer_picture(
    layer: str,
    view: View,
    n_classes: int,
    truth: UInt8[np.ndarray, "height width"] | None,
    farthest: float = renders.MAX_DEPTH,
) -> UInt8[np.ndarray, "height width 3"]:
    """One layer of a view in colour; labels where the error is asked for and the truth is not known.

    Args:
        farthest: depth that is shown the brightest, metres (see `renders.farthest_of`).
    """
    if layer == "error" and truth is not None:
        return plots.error_picture(truth, view.labels)
    present = {"error": "labels", "colours": "rgb"}.get(layer, layer)
    return renders.picture(view, present, n_classes, farthest)


def true_picture(layer: str, truth: TrueView, farthest: float) -> UInt8[np.ndarray, "height width 3"] | None:
    """The truth that belongs beside `layer_picture`; None for a layer that has none.

    Args:
        farthest: as for `layer_picture`, metres.
    """
    if layer in ("labels", "error"):
        return colourise(truth.labels)
    return renders.depth_picture(truth.depth, farthest) if layer == "depth" and truth.depth is not None else None


def has_evidence(view: View, n_classes: int) -> Bool[np.ndarray, "height width"]:
    """Where clicks tell the class: its odds p / (1 - p) are `ODDS` times those of a blind guess, 1 / (C - 1)."""
    return view.probability * (n_classes - 1) >= ODDS * (1 - view.probability)


def filled_picture(view: View, where: Bool[np.ndarray, "height width"]) -> UInt8[np.ndarray, "height width 3"]:
    """Labels in colour where clicks say something (see `has_evidence`), grey elsewhere."""
    picture = colourise(view.labels)
    picture[~where] = NO_EVIDENCE
    return picture


def filled_key(view: View, where: Bool[np.ndarray, "height width"], class_names: tuple[str, ...]) -> str:
    """HTML that says what the colours of `filled_picture` mean, with their shares of all pixels."""
    labels = np.where(where, view.labels, np.uint8(VOID))
    return class_legend(labels, class_names, ("no click reaches it", (NO_EVIDENCE, NO_EVIDENCE, NO_EVIDENCE)))


def layer_legend(
    layer: str,
    view: View,
    class_names: tuple[str, ...],
    truth: UInt8[np.ndarray, "height width"] | None,
    farthest: float = renders.MAX_DEPTH,
) -> str:
    """HTML that says what the colours of `layer_picture` mean, units included."""
    if layer == "depth":
        return colour_scale("viridis", "depth 0 m", f"{farthest:g} m and more")
    if layer == "entropy":
        n = len(class_names)
        return colour_scale("magma", "sure: 0 nats", f"a blind guess among {n} classes: {np.log(n):.1f} nats")
    if layer == "error" and truth is not None:
        return colour_key({error_text(view, truth): WRONG, "right": RIGHT, "truth is void": UNKNOWN})
    if layer == "colours":
        return ""
    missing = "<p>The truth is not known here: labels instead of errors. The slider leads to a frame that has it.</p>"
    return (missing if layer == "error" else "") + class_legend(view.labels, class_names)


def error_text(
    view: View, truth: UInt8[np.ndarray, "height width"], where: Bool[np.ndarray, "height width"] | None = None
) -> str:
    """How much of a view is wrong, of the pixels whose truth is known.

    Args:
        where: the view tells a class; the rest is wrong whatever its label. None takes all of it.
    """
    valid = truth != VOID
    wrong = view.labels != truth if where is None else (view.labels != truth) | ~where
    return f"wrong {np.mean(wrong[valid]) if valid.any() else 0:.1%}"


def depth_text(view: View, depth: Float[np.ndarray, "height width"]) -> str:
    """How far the depth of a view is off, of the pixels whose true depth is known; "" without any."""
    valid = depth > 0
    return f"off by {np.abs(view.depth - depth)[valid].mean():.2f} m" if valid.any() else ""


def class_legend(
    labels: UInt8[np.ndarray, "height width"],
    class_names: Sequence[str],
    void: tuple[str, tuple[int, int, int]] = ("void (no class)", (0, 0, 0)),
) -> str:
    """The classes that occur in a label image, the largest first with its share of the pixels, void last.

    Args:
        void: what pixels without a class are called, and their colour.
    """
    counts = np.bincount(labels.reshape(-1), minlength=256)
    present = sorted(np.flatnonzero(counts[: len(class_names)]), key=lambda c: -counts[c])
    colours = palette(len(class_names))
    entries = {f"{class_names[c]} {_percent(counts[c] / labels.size)}": tuple(colours[c].tolist()) for c in present}
    if counts[VOID]:
        entries[f"{void[0]} {_percent(counts[VOID] / labels.size)}"] = void[1]
    return colour_key(entries)


def colour_key(entries: Mapping[str, tuple[int, int, int]]) -> str:
    """What each colour stands for; names as plain text, colours 0 ... 255."""
    square = "display:inline-block;width:0.85em;height:0.85em;margin-right:0.35em;vertical-align:-0.1em;"
    parts = (
        f'<span style="white-space:nowrap"><span style="{square}background:rgb{tuple(map(int, colour))};'
        f'border:1px solid #8a8a8a"></span>{escape(name)}</span>'
        for name, colour in entries.items()
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:0.1em 1em;line-height:1.5">{"".join(parts)}</div>'


def colour_scale(colour_map: str, low: str, high: str) -> str:
    """A bar of a matplotlib colour map between what its two ends stand for, units included."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    stops = ",".join(to_hex(c) for c in colormaps[colour_map](np.linspace(0, 1, 9)))
    bar = f"flex:1;max-width:16em;height:0.9em;background:linear-gradient(to right,{stops})"
    style = "display:flex;gap:0.6em;align-items:center"
    return (
        f'<div style="{style}"><span>{escape(low)}</span><span style="{bar}"></span><span>{escape(high)}</span></div>'
    )


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else "< 1%"
