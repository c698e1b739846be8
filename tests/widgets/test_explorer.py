"""explorer.py: the widget for a person, the figure for everyone else, and never both."""

from __future__ import annotations

import IPython.display
import matplotlib.pyplot as plt
import pytest

from semnerf_lib.widgets import explorer
from semnerf_lib.widgets.explorer import Explorer


@pytest.fixture
def displayed(monkeypatch):
    shown = []
    monkeypatch.setattr(IPython.display, "display", shown.append)
    return shown


def no_widget():
    pytest.fail("a widget was made, whose state a notebook would keep")


def test_a_person_sees_the_widget_and_no_figure_is_made(displayed, monkeypatch):
    monkeypatch.setattr(explorer, "watched", lambda: True)
    Explorer(lambda: "widget", lambda: pytest.fail("a figure was made"))._ipython_display_()
    assert displayed == ["widget"]


def test_headless_shows_the_figure_once(displayed, monkeypatch):
    monkeypatch.setenv("SEMNERF_HEADLESS", "1")
    figure = plt.figure()
    Explorer(no_widget, lambda: figure)._ipython_display_()
    assert displayed == [figure]
    assert not plt.fignum_exists(figure.number)  # else it would come again when the cell ends


def test_a_figure_that_is_not_matplotlibs_is_shown_as_it_is(displayed, monkeypatch):
    monkeypatch.setenv("SEMNERF_HEADLESS", "1")
    Explorer(no_widget, lambda: "plotly's")._ipython_display_()
    assert displayed == ["plotly's"]


def test_headless_shows_the_steps_where_there_are_some(displayed, monkeypatch):
    monkeypatch.setenv("SEMNERF_HEADLESS", "1")
    Explorer(no_widget, lambda: pytest.fail("the figure alone was made"), lambda: "steps")._ipython_display_()
    assert displayed == ["steps"]
