"""show3d: one output with plotly's figure and a picture of it, small, and the same thing to see in both."""

from __future__ import annotations

import io
import json

import matplotlib
import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from PIL import Image

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from semnerf_lib import plots
from semnerf_lib.errors import SemnerfError
from semnerf_lib.plots.spatial import PLOTLY, picture_of
from semnerf_lib.widgets.explorer import Explorer

go = pytest.importorskip("plotly.graph_objects")

CORNERS = np.array([[0, 0, 0], [2, 0, 0], [0, 1, 0], [0, 0, 3]], dtype=np.float32)
LAYOUT = dict(title="A <b>corner</b>", scene=dict(xaxis_title="x (m)", camera_eye=dict(x=0, y=-2, z=2)))


@pytest.fixture(autouse=True)
def closed_figures():
    plots.style()
    yield
    plt.close("all")


def axes(**more):
    return {**dict(zip("xyz", CORNERS.T, strict=True)), **more}


def figure(*traces, **layout):
    return go.Figure(list(traces), LAYOUT | layout)


def mesh(**more):
    return go.Mesh3d(axes(i=[0, 0], j=[1, 2], k=[2, 3], **more))


def test_one_output_for_every_reader():
    shown = plots.show3d(figure(go.Scatter3d(axes(mode="markers", marker_color="#e69f00", name="sofa"))))
    data, metadata = DisplayFormatter().format(shown)
    assert set(data) == {PLOTLY, "image/png", "text/plain"}
    assert data["text/plain"] == "A corner (in 3D)"
    assert metadata["image/png"]["alt"] == shown.title
    assert Image.open(io.BytesIO(shown.png)).size[0] >= 600
    assert len(json.dumps(data[PLOTLY])) < 1_500  # neither plotly.js nor its template travels along
    assert data[PLOTLY]["data"][0]["x"]["dtype"] == "f4"
    assert data[PLOTLY]["config"]["showSendToCloud"] is False
    assert not plt.get_fignums()


def test_picture_has_the_figures_names_axes_and_camera():
    lines = go.Scatter3d(x=[0, 1, None, 0, 1], y=[0, 0, None, 1, 1], z=[0] * 5, mode="lines", name="rays")
    points = go.Scatter3d(axes(mode="markers+text", text=["a"] * 4, marker_color="rgb(0, 255, 0)", name="sofa"))
    picture = picture_of(figure(lines, points, mesh(color="red", name="wall"), mesh(name="wall", showlegend=True)))
    [ax] = picture.axes
    assert [text.get_text() for text in picture.legends[0].get_texts()] == ["rays", "sofa", "wall"]
    assert ax.get_xlabel() == "x (m)" and ax.get_xlim() == (0, 2) and ax.get_zlim() == (0, 3)
    assert (ax.elev, ax.azim) == (45, -90)
    assert picture.get_suptitle() == "A corner"


@pytest.mark.parametrize("sides", [(6, 5, 2.6), (2, 2.5, 2), (3, 9, 2)])
def test_numbers_at_the_axes_are_inside_the_picture_beside_a_wide_legend(sides):
    plots.style()
    xyz = np.random.default_rng(0).uniform(0, sides, (400, 3)).T
    traces = [
        go.Scatter3d(dict(zip("xyz", xyz, strict=True)), mode="markers", name=f"ten of 180 cameras, number {k}")
        for k in range(30)
    ]
    picture = picture_of(figure(*traces, scene_camera_eye={"x": -0.6, "y": -1.3, "z": 1.2}))
    picture.draw_without_rendering()
    room = picture.axes[0].get_tightbbox()
    assert room.x0 >= 0 and room.x1 <= picture.bbox.width


def test_picture_leaves_out_what_plotly_hides():
    hidden = go.Scatter3d(axes(mode="markers", name="far"), visible="legendonly")
    shown = go.Scatter3d(axes(mode="markers", name="near"))
    picture = picture_of(figure(hidden, shown))
    assert [text.get_text() for text in picture.legends[0].get_texts()] == ["near"]
    assert not picture_of(figure(shown, showlegend=False)).legends


@pytest.mark.parametrize(
    ("colours", "expected"),
    [
        (dict(facecolor=["rgb(255,0,0)", "rgb(255,0,0)"]), (1, 0, 0)),
        (dict(vertexcolor=["#00ff00"] * 4), (0, 1, 0)),
        (dict(intensity=[1.0] * 4, cmin=0, cmax=1, colorscale=[[0, "black"], [1, "blue"]]), (0, 0, 1)),
        (dict(color="rgba(0, 0, 255, 0.5)"), (0, 0, 1)),
    ],
    ids=["facecolor", "vertexcolor", "intensity", "color"],
)
def test_colours_of_a_mesh_are_plotlys(colours, expected):
    [ax] = picture_of(figure(mesh(**colours, showscale=False))).axes
    [faces] = ax.collections
    drawn = faces.get_facecolor()[:, :3]
    assert np.allclose(drawn / drawn.max(axis=1, keepdims=True), expected, atol=0.01)  # but for the light


def test_numbers_on_a_scale_get_a_bar():
    error = mesh(intensity=[0.0, 1, 2, 3], colorscale="Viridis", showscale=True, colorbar_title="error (m)")
    assert picture_of(figure(error)).axes[1].get_ylabel() == "error (m)"


def test_what_cannot_be_shown_is_refused():
    with pytest.raises(SemnerfError, match="no title, expected one that says what it shows"):
        plots.show3d(go.Figure(mesh()))
    with pytest.raises(SemnerfError, match="trace of type 'cone', expected scatter3d or mesh3d"):
        plots.show3d(figure(go.Cone(axes(u=[1] * 4, v=[1] * 4, w=[1] * 4))))
    with pytest.raises(SemnerfError, match=r"'A .*corner.*': \d+ bytes, expected at most 100"):
        plots.show3d(figure(mesh()), max_bytes=100)


def test_own_picture_is_taken_and_closed():
    own = plt.figure(figsize=(1, 1))
    shown = plots.show3d(figure(go.Cone(axes(u=[1] * 4, v=[1] * 4, w=[1] * 4))), own)
    assert Image.open(io.BytesIO(shown.png)).size == (100, 100) and not plt.get_fignums()


def test_an_explorer_shows_its_plotly_figure_so(monkeypatch):
    shown = []
    monkeypatch.setenv("SEMNERF_HEADLESS", "1")
    monkeypatch.setattr("IPython.display.display", shown.append)
    Explorer(live=lambda: None, static=lambda: figure(mesh()))._ipython_display_()
    assert [type(item).__name__ for item in shown] == ["Shown3D"]
