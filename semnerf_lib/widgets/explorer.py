"""What every explorer is: live controls for a person, one figure for whoever has no kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from semnerf_lib.machine.progress import watched
from semnerf_lib.plots.spatial import show3d
from semnerf_lib.plots.steps import Steps


@dataclass(frozen=True)
class Explorer:
    """An explorer as the last line of a cell: its widget where someone watches, its figure where nobody does.

    Attributes:
        live: makes an ipywidgets widget. Nobody's kernel holds its state where the figure takes its place: papermill
            would keep megabytes of it in the notebook.
        static: makes the figure (matplotlib's or plotly's) that stands for it in a notebook executed headless, on a
            page, or before a kernel was started.
        steps: makes that figure and, for a page, pictures at some values of a control; None where there are none.
    """

    live: Callable[[], Any]
    static: Callable[[], Any]
    steps: Callable[[], Steps] | None = None

    @cached_property
    def widget(self) -> Any:
        """What `live` makes, made once."""
        return self.live()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if watched():
            display(self.widget)
            return
        if self.steps is not None:
            display(self.steps())
            return
        figure = self.static()
        display(show3d(figure) if hasattr(figure, "to_plotly_json") else figure)
        if hasattr(figure, "savefig"):  # else matplotlib's own hook shows it once more at the cell's end
            import matplotlib.pyplot as plt

            plt.close(figure)
