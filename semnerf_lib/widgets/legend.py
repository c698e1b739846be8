"""Legends beside a live picture, as HTML: classes that are in sight, and scales with their units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from jaxtyping import UInt8

from semnerf_lib.palette import palette
from semnerf_lib.scene import VOID


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
    shown = sorted(np.flatnonzero(counts[: len(class_names)]), key=lambda c: -counts[c])
    colours = palette(len(class_names))
    entries = {f"{class_names[c]} {_percent(counts[c] / labels.size)}": tuple(colours[c].tolist()) for c in shown}
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
