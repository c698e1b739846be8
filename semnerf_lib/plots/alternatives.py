"""How a notebook shows a figure: as a small PNG, with an alternative text for readers who cannot see it."""

from __future__ import annotations

import io
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

MOST = 12
"""Most panels and most legend entries that a text names."""


def alternative_text(figure: Figure) -> str:
    """What a figure shows, made from its title, its panels' titles and axes, its colour bars and its legends."""
    axes = [ax for ax in figure.axes if ax.get_visible()]
    bars = [ax for ax in axes if ax.get_label() == "<colorbar>"]
    panels = [ax for ax in axes if ax not in bars]
    legends = [*figure.legends, *filter(None, (ax.get_legend() for ax in panels))]
    parts = {
        "": [figure.get_suptitle()],
        "Panels: ": map(_title, panels),
        "Axes: ": map(_scales, panels),
        "Colour bar: ": (ax.get_ylabel() or ax.get_xlabel() for ax in bars),
        "Legend: ": (text.get_text() for legend in legends for text in legend.get_texts()),
    }
    named = {head: _listed(texts) for head, texts in parts.items()}
    return " ".join(f"{head}{text}." for head, text in named.items() if text)


def _title(ax: Axes) -> str:
    return next(filter(None, map(ax.get_title, ("left", "center", "right"))), "")


def _scales(ax: Axes) -> str:
    across, up = ax.get_xlabel(), ax.get_ylabel()
    return f"{up} over {across}" if across and up else across or up


def _listed(texts: Iterable[str]) -> str:
    plain = dict.fromkeys(" ".join(text.replace("$", "").replace("\\", "").split()) for text in texts)
    items = [text for text in plain if text]
    more = [f"and {len(items) - MOST} more"] if len(items) > MOST else []
    return "; ".join(items[:MOST] + more).rstrip(".")


def few_colours(png: bytes) -> bytes:
    """The picture as a PNG of at most 256 colours, a third of the size."""
    small, coverage = io.BytesIO(), Image.Quantize.MAXCOVERAGE  # keeps a legend's colours, which median cut does not
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(256, coverage, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def describe_figures(shell: Any) -> None:
    """Every figure that a notebook displays from now on has few colours, and its alternative text as metadata.

    Args:
        shell: what `IPython.get_ipython` returns.
    """
    import_module("matplotlib_inline.backend_inline")  # sets its own formatter of figures when first imported
    formatter = shell.display_formatter

    def drawn(figure: Figure) -> bytes:
        full = io.BytesIO()
        figure.savefig(full, format="png", dpi=figure.dpi, bbox_inches="tight")
        return few_colours(full.getvalue())

    formatter.formatters["image/png"].for_type(Figure, drawn)
    formatter.mimebundle_formatter.for_type(
        Figure, lambda figure: ({}, {"image/png": {"alt": alternative_text(figure)}})
    )
