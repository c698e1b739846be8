"""What a rendered view looks like as labels, depth, entropy or error, and the legend that goes with it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, UInt8

from semnerf_lib import plots
from semnerf_lib.evaluation import View
from semnerf_lib.palette import colourise
from semnerf_lib.plots import renders
from semnerf_lib.plots.images import RIGHT, UNKNOWN, WRONG
from semnerf_lib.scene import VOID
from semnerf_lib.widgets.legend import class_legend, colour_key, colour_scale

LAYERS = ("labels", "depth", "entropy", "error")
GUESS = 1.05
"""A class this many times as probable as a blind guess is still one."""
UNTOLD = 235
"""The grey of pixels of which no click tells anything."""


def layers_of(view: View) -> tuple[str, ...]:
    """What can be shown of a view: colours too where its field has learnt some."""
    return LAYERS if view.rgb is None else (*LAYERS, "colours")


def layer_picture(
    layer: str, view: View, n_classes: int, truth: UInt8[np.ndarray, "height width"] | None
) -> UInt8[np.ndarray, "height width 3"]:
    """One layer of a view in colour; labels where the error is asked for and the truth is not known."""
    if layer == "error" and truth is not None:
        return plots.error_picture(truth, view.labels)
    shown = {"error": "labels", "colours": "rgb"}.get(layer, layer)
    return renders.picture(view, shown, n_classes)


def told(view: View, n_classes: int) -> Bool[np.ndarray, "height width"]:
    """Where some click's evidence reaches: elsewhere all classes are as probable as each other."""
    return view.probability >= GUESS / n_classes


def filled_picture(view: View, where: Bool[np.ndarray, "height width"]) -> UInt8[np.ndarray, "height width 3"]:
    """Labels in colour where clicks tell (see `told`), grey elsewhere."""
    picture = colourise(view.labels)
    picture[~where] = UNTOLD
    return picture


def filled_key(view: View, where: Bool[np.ndarray, "height width"], class_names: tuple[str, ...]) -> str:
    """HTML that says what the colours of `filled_picture` mean, with their shares of all pixels."""
    labels = np.where(where, view.labels, np.uint8(VOID))
    return class_legend(labels, class_names, ("no click tells", (UNTOLD, UNTOLD, UNTOLD)))


def layer_legend(
    layer: str, view: View, class_names: tuple[str, ...], truth: UInt8[np.ndarray, "height width"] | None
) -> str:
    """HTML that says what the colours of `layer_picture` mean, units included."""
    if layer == "depth":
        return colour_scale("viridis", "depth 0 m", f"{renders.FAR_SHOWN:g} m and more")
    if layer == "entropy":
        n = len(class_names)
        return colour_scale("magma", "sure: 0 nats", f"a blind guess among {n} classes: {np.log(n):.1f} nats")
    if layer == "error" and truth is not None:
        return colour_key({said(view, truth): WRONG, "right": RIGHT, "truth is void": UNKNOWN})
    if layer == "colours":
        return ""
    missing = "<p>Nobody knows the truth here: labels instead of errors. The slider leads to a frame that has it.</p>"
    return (missing if layer == "error" else "") + class_legend(view.labels, class_names)


def said(
    view: View, truth: UInt8[np.ndarray, "height width"], where: Bool[np.ndarray, "height width"] | None = None
) -> str:
    """How much of a view is wrong, of the pixels whose truth is known.

    Args:
        where: the view tells a class; the rest is wrong whatever its label. None takes all of it.
    """
    known = truth != VOID
    wrong = view.labels != truth if where is None else (view.labels != truth) | ~where
    return f"wrong {np.mean(wrong[known]) if known.any() else 0:.1%}"
