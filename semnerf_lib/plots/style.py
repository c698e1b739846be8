"""The look that all figures share."""

from __future__ import annotations

import matplotlib as mpl
from cycler import cycler

BLUE, ORANGE, GREEN, PINK, SKY, RED = "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"
"""Okabe and Ito's colours for lines and bars, told apart by readers with any common colour vision."""

MODEL_COLOURS = (BLUE, ORANGE, GREEN, PINK)
"""Colours of the models of a comparison, in order."""

GREY = "#8a8a8a"

SMALL = {"axes.titlesize": 8, "axes.labelsize": 8, "xtick.labelsize": 7, "ytick.labelsize": 7, "axes.titlepad": 3}
SMALL |= {"axes.titley": 1.0}
"""Of figures that explorers draw. A title whose place is given is drawn without a search for one, which is slow."""


def style(letters: float = 1.0) -> None:
    """Sets matplotlib's defaults for the kit's figures.

    Args:
        letters: how many times as large they are, for a projector.
    """
    mpl.rcParams.update(
        {
            "figure.dpi": 100,
            "savefig.dpi": 100,
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": False,
            "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, PINK, SKY, RED]),
            "grid.color": "#dddddd",
            "grid.linewidth": 0.6,
            "legend.frameon": False,
            "lines.linewidth": 1.6,
            "image.interpolation": "nearest",
            "figure.titleweight": "bold",
            "font.size": 9 * letters,
            "axes.titlesize": 9.5 * letters,
            "legend.fontsize": 8 * letters,
            "figure.titlesize": 11 * letters,
        }
    )


def plain(text: str) -> str:
    """A text as matplotlib draws it letter by letter: its dollar signs begin no formula."""
    return text.replace("$", r"\$")
