"""Alternative texts: they say what a figure shows, and a notebook's outputs carry them."""

from __future__ import annotations

import subprocess
import sys

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from semnerf_lib import plots

NOTEBOOK = """
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
shell.run_cell("%matplotlib inline")
from semnerf_lib import plots

plots.describe_figures(shell)
import matplotlib.pyplot as plt

figure, ax = plt.subplots()
ax.set_title("A wall")
data, metadata = shell.display_formatter.format(figure)
import io
from PIL import Image
assert Image.open(io.BytesIO(data["image/png"])).mode == "P"
print(metadata["image/png"]["alt"])
"""


@pytest.fixture(autouse=True)
def closed_figures():
    plots.style()
    yield
    plt.close("all")


def test_names_title_panels_axes_colour_bars_and_legend():
    figure, (left, right) = plt.subplots(1, 2)
    figure.suptitle("Two\nrooms")
    left.plot([0, 1], label="grid")
    left.set(title="loss", xlabel="step", ylabel="$\\sigma$ (1/m)")
    left.legend()
    right.set_title("depth")
    figure.colorbar(right.imshow(np.eye(2)), ax=right, label="m")
    assert plots.alternative_text(figure) == (
        "Two rooms. Panels: loss; depth. Axes: sigma (1/m) over step. Colour bar: m. Legend: grid."
    )


def test_names_a_dozen_of_many_and_nothing_that_is_not_there():
    figure, ax = plt.subplots()
    assert plots.alternative_text(figure) == ""
    for k in range(20):
        ax.plot([k], label=f"class {k}")
    figure.legend()
    text = plots.alternative_text(figure)
    assert "class 11; and 8 more." in text and "class 12" not in text


def test_figures_of_a_notebook_carry_their_text():
    run = subprocess.run([sys.executable, "-c", NOTEBOOK], capture_output=True, text=True, check=False)
    assert run.stdout.splitlines()[-1:] == ["Panels: A wall."], run.stderr


def test_a_small_picture_carries_its_text():
    figure, _ = plt.subplots()
    figure.suptitle("A room")
    assert plots.small_picture(figure).alt == "A room."
