"""encoding: one fit a value, kept; what is shown is what was fitted."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from semnerf_lib import plots
from semnerf_lib.errors import SemnerfError
from semnerf_lib.lessons.boundary_fits import FINE, Fit
from semnerf_lib.palette import colourise
from semnerf_lib.plots.steps import STEPS
from semnerf_lib.scene import VOID
from semnerf_lib.widgets.encoding import encoding


class Dummy:
    """Fits that are wrong in the first `10 - octaves` rows, after one that is wrong everywhere."""

    def __init__(self):
        self.asked = []

    def __call__(self, patch, learnt, n_octaves):
        self.asked.append((n_octaves, int(learnt.sum())))
        classes = np.unique(patch[patch != VOID])
        for step, rows in ((1, len(patch)), (2, max(0, 10 - n_octaves))):
            labels = patch.copy()
            labels[:rows] = (patch[:rows] + 1) % 7
            fine = labels.repeat(FINE, 0).repeat(FINE, 1)
            lines = np.full((len(patch), FINE * len(patch), len(classes)), 1 / len(classes), np.float32)
            yield Fit(step, 1 / step, labels, fine, lines, classes)


@pytest.fixture
def dummy():
    return Dummy()


@pytest.fixture
def bench(tiny_scene, dummy):
    plots.style()
    return encoding(tiny_scene, dummy, frame=1).static.__self__


def picture(bench, name):
    return np.asarray(Image.open(io.BytesIO(bench.pictures[name].png)))


def test_it_opens_with_a_fit(bench, dummy):
    assert dummy.asked == [(4, 36)]  # of 12x12 pixels one in four
    assert "4 octaves" in bench.message.value and "step 2" in bench.message.value
    assert np.array_equal(picture(bench, "fit"), colourise(bench.fits[4, 2].between))


def test_a_fit_is_made_once(bench, dummy):
    bench.octaves.value = 8
    profile = bench.profile.png
    bench.octaves.value = 4
    assert bench.profile.png != profile
    bench.octaves.value = 8
    assert [asked[0] for asked in dummy.asked] == [4, 8] and bench.profile.png == profile


def test_it_shows_the_fit_getting_better(bench):
    seen = []
    bench.pictures["fit"].observe(lambda change: seen.append(change["new"]), "png")
    bench.octaves.value = 7
    assert len(set(seen)) == 2


def test_fewer_pixels_are_another_fit(bench, dummy):
    bench.every.value = 1
    bench.every.value = 3
    assert dummy.asked[1:] == [(4, 144), (4, 16)]
    assert "left out" in bench.message.value


def test_the_written_shares_are_of_the_pixels(bench):
    fit = bench.fits[4, 2]
    assert f"learnt from {fit.wrong(bench.patch, bench.learnt):.1%}" in bench.message.value
    assert f"left out {fit.wrong(bench.patch, ~bench.learnt):.1%}" in bench.message.value


def test_a_click_chooses_the_row_without_a_fit(bench, dummy):
    before = bench.profile.png
    bench.pictures["patch"]._receive(None, {"kind": "click", "x": 0.5, "y": 9.5 / 12}, None)
    assert bench.row.value == 9 and bench.profile.png != before and len(dummy.asked) == 1


def test_the_figure_compares_octaves(bench, dummy):
    figure = bench.figure()
    titles = [ax.get_title("left") for ax in figure.axes]
    assert {0, 4, 10} <= {asked[0] for asked in dummy.asked}
    for n in (0, 4, 10):
        assert any(title.startswith(f"{n} octaves") for title in titles)
    assert "wrong pixels (%)" in titles and len(figure.legends[0].get_texts()) > 1


def test_its_steps_are_the_fits_of_the_figure(bench, dummy):
    data, _ = bench.steps()._repr_mimebundle_()
    steps = data[STEPS]
    assert [step["value"] for step in steps["steps"]] == ["0", "2", "4", "6", "8", "10"]
    assert steps["control"] == "octaves" and steps["start"] == 2
    assert sorted(asked[0] for asked in dummy.asked) == [0, 2, 4, 6, 8, 10]  # none is made twice
    assert steps["steps"][0]["alt"].startswith("octaves: 0. ") and "wrong: learnt" in steps["steps"][0]["alt"]


def test_a_fault_is_told_and_not_swallowed(bench):
    def broken(*_):
        raise SemnerfError("fit: no labelled pixel, expected some")

    bench.fit = broken
    bench.octaves.value = 1
    assert "expected some" in bench.message.value


def test_bad_values_are_refused(tiny_scene, dummy):
    with pytest.raises(SemnerfError, match="11 octaves"):
        encoding(tiny_scene, dummy, n_octaves=11)
    with pytest.raises(SemnerfError, match="frame 12"):
        encoding(tiny_scene, dummy, frame=12)
