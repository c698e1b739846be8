"""An explorer without a kernel: its figure, and what it shows at some values of one control, as pictures for a page."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from semnerf_lib.plots.alternatives import alternative_text
from semnerf_lib.plots.spatial import small_png

STEPS = "application/vnd.semnerf.steps+json"
"""The MIME type of the pictures in a notebook: {"control", "start", "steps": [{"value", "png", "alt"}]}. Jupyter and
GitHub, which do not know it, show the figure; the pages of `pages` add a slider."""


class Steps:
    """A figure, and below it on a page a slider with a picture at each of its places.

    Args:
        figure: for readers without the slider; it is closed, as the others are.
        control: what the slider changes, in a few words.
        steps: pairs of a value of the control and what is drawn there.
        start: number of the step that is shown first.
    """

    def __init__(self, figure: Figure, control: str, steps: Iterable[tuple[object, Figure]], start: int = 0):
        self.png, self.alt = drawn(figure)
        pictures = [(str(value), *drawn(step)) for value, step in steps]
        entries = [
            {"value": value, "png": base64.b64encode(png).decode(), "alt": f"{control}: {value}. {alt}"}
            for value, png, alt in pictures
        ]
        self.data = {"control": control, "start": start, "steps": entries}

    def __repr__(self) -> str:
        return f"{self.alt} (with a slider on a page: {self.data['control']})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict, dict]:
        data = {"image/png": self.png, "text/plain": repr(self), STEPS: self.data}
        return data, {"image/png": {"alt": self.alt}}


def drawn(figure: Figure) -> tuple[bytes, str]:
    """A figure as a small PNG and in words; it is closed."""
    words, png = alternative_text(figure), small_png(figure)
    plt.close(figure)
    return png, words
