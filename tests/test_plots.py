"""plots: every figure has what a reader needs; films have sizes that encoders take."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import imageio.v3 as imageio
import matplotlib
import numpy as np
import pytest
from scipy import ndimage

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from semnerf_lib import plots
from semnerf_lib.cameras import Intrinsics, look_at
from semnerf_lib.errors import SemnerfError
from semnerf_lib.palette import colourise, palette
from semnerf_lib.plots.images import RIGHT, UNKNOWN, WRONG, label_picture
from semnerf_lib.scene import VOID

NAMES = ("wall", "floor", "sofa")


@pytest.fixture(autouse=True)
def closed_figures():
    plots.style()
    yield
    plt.close("all")


def labels(n=2):
    images = np.random.default_rng(0).integers(0, 3, (n, 12, 16)).astype(np.uint8)
    images[:, 0, :3] = VOID
    return images


def legend_texts(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_letters_for_a_projector_are_larger_alike():
    plots.style()
    before = {name: matplotlib.rcParams[name] for name in ("font.size", "axes.titlesize", "legend.fontsize")}
    plots.style(letters=1.5)
    assert {name: matplotlib.rcParams[name] / 1.5 for name in before} == pytest.approx(before)
    plots.style()
    assert {name: matplotlib.rcParams[name] for name in before} == before


def test_label_grid_names_the_classes_that_occur_and_void():
    images = labels()
    images[images == 2] = 1
    figure = plots.label_grid(images, NAMES, ["a", "b"], "title")
    assert sorted(legend_texts(figure)) == ["floor", "void (no class)", "wall"]
    assert figure.get_suptitle() == "title"


def test_comparison_colours_right_wrong_and_void():
    truth = labels(1)
    predicted = truth.copy()
    predicted[truth == VOID] = 0
    predicted[0, 5, 5] = (truth[0, 5, 5] + 1) % 3
    figure = plots.comparison(truth, [predicted], NAMES, ["model"])
    error = figure.axes[2].images[0].get_array()
    assert tuple(error[0, 0]) == UNKNOWN and tuple(error[5, 5]) == WRONG and tuple(error[6, 6]) == RIGHT
    assert figure.axes[2].get_title(loc="left") == f"wrong: {1 / (12 * 16 - 3):.1%}"
    assert np.array_equal(figure.axes[0].images[0].get_array()[6, 6], palette(3)[truth[0, 6, 6]])


def test_depth_comparison_measures_in_metres_and_skips_unknown_depth():
    truth = np.full((1, 12, 16), 2.0, np.float32)
    truth[0, :6] = 0
    figure = plots.depth_comparison(truth, np.full((1, 12, 16), 2.25, np.float32), ["frame 0"])
    assert figure.axes[2].get_title(loc="left") == "error (mean |error| 0.25 m)"
    assert np.isnan(figure.axes[2].images[0].get_array().filled(np.nan)[0]).all()
    assert [ax.get_ylabel() for ax in figure.axes[3:]] == ["m"] * 3


def test_depth_comparison_without_truth():
    figure = plots.depth_comparison(np.zeros((1, 4, 4), np.float32), np.ones((1, 4, 4), np.float32), ["frame 0"])
    assert figure.axes[2].get_title(loc="left") == "error"


def test_entropy_maps_have_a_unit():
    figure = plots.entropy_maps(np.random.default_rng(0).random((2, 4, 4)), ["a", "b"], 3)
    assert figure.axes[-1].get_ylabel() == "entropy (nats)"


def test_frusta_draw_every_camera():
    c2w = np.stack([look_at((x, 0, 1), (x + 1, 3, 1)) for x in range(3)])
    points = np.random.default_rng(0).random((20, 3))
    rays = (np.zeros((4, 3)), np.ones((4, 3)))
    colours = np.zeros((20, 3), np.uint8)
    figure = plots.frusta(c2w, Intrinsics.from_hfov(16, 12), "t", 0.3, points, colours, rays, c2w[:, :3, 3])
    [ax] = figure.axes
    assert len(ax.collections) == 3 + 2
    assert ax.get_xlabel() == "x (m)"


def test_ray_profile_marks_depths():
    z = np.linspace(0, 4, 9)
    figure = plots.ray_profile(z, z, z / 4, 1 - z / 4, z / 8, "t", {"true": 2.0})
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["true: 2.00 m"]
    assert len(figure.axes) == 4


def test_ray_samples_and_gradient():
    z = np.linspace(0, 4, 9)
    figure = plots.ray_samples([("even", z), ("drawn", z / 2)], "t", 2.0, (z, z / 8))
    assert [tick.get_text() for tick in figure.axes[-1].get_yticklabels()] == ["even", "drawn"]
    figure = plots.density_gradient(z, z, z - 2, [(0, 2, "near"), (2, 4, "far")])
    heights = [bar.get_height() for bar in figure.axes[1].containers[0]]
    assert np.allclose(heights, 2 - z)


def test_curves_leave_out_what_an_entry_lacks():
    history = [{"step": 10, "loss": 2.0}, {"step": 20, "loss": 1.0, "miou": 0.5}]
    figure = plots.curves({"a": history, "b": history}, {"loss": "loss (nats)", "miou": "mIoU"})
    assert [len(line.get_xdata()) for line in figure.axes[1].lines] == [1, 1]
    assert figure.axes[0].get_legend() is not None and figure.axes[0].get_xlabel() == "training step"


def test_class_bars_average_runs_and_skip_absent_classes():
    runs = [{"wall": 0.8, "floor": None, "sofa": 0.2}, {"wall": 0.6, "floor": None, "sofa": None}]
    figure = plots.class_bars({"a": runs, "b": runs})
    [ax] = figure.axes
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["wall", "sofa", "floor"]
    widths = [bar.get_width() for bar in ax.containers[1]]
    assert widths[:2] == pytest.approx([0.7, 0.2]) and np.isnan(widths[2])


def test_paired_folds_and_timing():
    figure = plots.paired_folds([90, 91], [89, 92], ("a", "b"), 2, (-3, 3), "mIoU (points)")
    assert figure.axes[1].get_xlabel() == "a − b, mIoU (points)"
    figure = plots.timing_bars({"x": {"forward": 1.0, "backward": 2.0}, "y": {"forward": 2.0, "backward": 2.0}})
    assert [text.get_text() for text in figure.axes[0].texts] == [" 3 ms a step", " 4 ms a step"]
    assert figure.axes[0].containers[0][0].get_width() == pytest.approx(100 / 3)


def test_film_sizes_are_divisible_by_16_and_it_reads_back(tmp_path):
    frames = np.zeros((5, 20, 40, 3), np.uint8)
    path = plots.video(frames, tmp_path / "film.mp4", fps=5)
    assert imageio.imread(path).shape == (5, 32, 48, 3)
    assert [file.name for file in tmp_path.iterdir()] == ["film.mp4"]


def test_a_film_without_frames_leaves_nothing(tmp_path):
    with pytest.raises(SemnerfError, match="no frame"):
        plots.video([], tmp_path / "film.mp4")


@pytest.mark.parametrize("free, words", [(0, "no room left on the disk"), (1 << 30, ".*no whole film")])
def test_a_film_that_its_encoder_does_not_finish_is_one_line_and_leaves_nothing(tmp_path, monkeypatch, free, words):
    def encoder(path, *args, **settings):
        Path(path).write_bytes(b"half a film")
        while True:
            yield

    monkeypatch.setattr(sys.modules["semnerf_lib.plots.video"], "write_frames", encoder)
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=free))
    with pytest.raises(SemnerfError, match=f"film.mp4: {words}"):
        plots.video([np.zeros((16, 16, 3), np.uint8)] * 2, tmp_path / "film.mp4")
    assert not list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())


def test_embedded_film_carries_film_and_poster(tmp_path):
    frames = np.zeros((5, 16, 32, 3), np.uint8)
    path = plots.video(frames, tmp_path / "film.mp4")
    shown = plots.embed_video(path, frames[0], "a film")
    png, metadata = shown._repr_png_()
    assert png.startswith(b"\x89PNG") and metadata["alt"] == shown.title
    assert "data:video/mp4;base64," in shown._repr_html_() and "http" not in shown._repr_html_()
    assert repr(shown) == "a film (film)"
    with pytest.raises(SemnerfError, match="expected at most 10"):
        plots.embed_video(path, frames[0], "a film", max_bytes=10)


def test_a_dollar_in_a_class_name_is_drawn_as_it_is():
    names = ("wall", r"price $5 \frac{ $ up")
    figure = plots.label_grid(np.tile(np.uint8([0, 1, 1, 1, 1, 0]), (1, 4, 1)), names, ["a view"])
    figure.canvas.draw()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [r"price \$5 \frac{ \$ up", "wall"]


def test_few_labels_are_dots_over_a_dimmed_image():
    truth, sparse = np.zeros((60, 80), np.uint8), np.full((60, 80), VOID, np.uint8)
    sparse[30, 40] = 3
    image = label_picture(sparse, truth)
    assert image.shape == (360, 480, 3) and (image[0, 0] > 150).all()
    coloured, black = (image == colourise(np.uint8([3]))).all(-1), (image == 0).all(-1)
    assert coloured.sum() == 15**2 and black.sum() == 17**2 - 15**2 and coloured[6 * 30 + 3, 6 * 40 + 3]
    assert (label_picture(truth, truth) == colourise(truth)).all()


def test_labels_that_none_stands_beside_are_dots_that_stay_apart():
    truth, grid = np.zeros((60, 80), np.uint8), np.full((60, 80), VOID, np.uint8)
    grid[2::4, 2::4] = 3
    coloured = (label_picture(grid, truth) == colourise(np.uint8([3]))).all(-1)
    assert ndimage.label(coloured)[1] == 15 * 20 and coloured.mean() > 0.2
    patches = np.where(np.arange(80) % 10 < 2, truth, VOID).astype(np.uint8)
    assert (label_picture(patches, truth) == colourise(patches)).all()
