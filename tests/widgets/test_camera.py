"""The camera explorer: what it asks to be seen, where its rays end, and what it says of them."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest
from tiny import make_tiny_scene

from semnerf_lib.scene import VOID
from semnerf_lib.widgets import camera_rays, from_frames
from semnerf_lib.widgets.camera import CameraRays, moving
from semnerf_lib.widgets.frame_mesh import Seen

SCENE = make_tiny_scene(n_frames=16)


class Eyes:
    """Sees one class everywhere, two metres away, and remembers from where it was asked."""

    def __init__(self, depth: float = 2.0):
        self.depth, self.asked = depth, []

    def __call__(self, c2w, width):
        self.asked.append((c2w.copy(), width))
        shape = (SCENE.intrinsics.height, SCENE.intrinsics.width)
        return Seen(np.full(shape, 4, np.uint8), np.full(shape, self.depth, np.float32))


def test_going_to_a_frame_looks_once_from_its_pose():
    eyes = Eyes()
    panel = CameraRays(SCENE, eyes)
    before = len(eyes.asked)
    panel.frame.value = 7
    assert len(eyes.asked) == before + 1
    c2w, width = eyes.asked[-1]
    assert np.array_equal(c2w, SCENE.c2w[7]) and width == SCENE.intrinsics.width
    assert [one.value for one in panel.places] == pytest.approx(SCENE.c2w[7][:3, 3], abs=0.011)


def test_a_slider_moves_the_camera_along_its_axis_alone():
    eyes = Eyes()
    panel = CameraRays(SCENE, eyes)
    before = panel.c2w.copy()
    panel.places[0].value = panel.places[0].value + 0.2
    moved = eyes.asked[-1][0]
    assert moved[0, 3] - before[0, 3] == pytest.approx(0.2, abs=0.011)
    assert moved[1:3, 3] == pytest.approx(before[1:3, 3], abs=0.011)
    assert np.allclose(moved[:3, :3] @ moved[:3, :3].T, np.eye(3), atol=1e-9)


def test_a_click_ends_the_ray_at_the_depth_that_is_seen_and_says_so():
    panel = CameraRays(SCENE, Eyes())
    image = panel.picture.png
    panel.choose(3 * panel.times, 5 * panel.times)
    assert panel.pixel == (3, 5) and panel.picture.png != image
    u, v = panel.pixel
    camera = SCENE.intrinsics
    d = panel.c2w[:3, :3] @ [(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, 1.0]
    assert f"{2 * np.linalg.norm(d):.2f} m" in panel.text.value and "floor" in panel.text.value
    end = moving(SCENE, panel.c2w, panel.seen, panel.pixel)["where it ends"]
    assert np.allclose([float(np.ravel(end[k])[0]) for k in "xyz"], panel.c2w[:3, 3] + 2 * d, atol=1e-3)


def test_the_words_of_the_rays_end_are_over_the_room_and_follow_it():
    panel = CameraRays(SCENE, Eyes())
    for pixel in ((3, 5), (4, 2)):
        panel.choose(pixel[0] * panel.times, pixel[1] * panel.times)
        (words,) = panel.figure.layout.scene.annotations
        (end,) = (trace for trace in panel.figure.data if trace.name == "where it ends")
        assert words.text == end.text[0] and (words.x, words.y, words.z) == (end.x[0], end.y[0], end.z[0])
        assert end.mode == "markers"


def test_a_live_figures_legend_has_what_can_be_shown_and_hidden():
    live = [one.name for one in CameraRays(SCENE, Eyes()).figure.data if one.showlegend is not False]
    assert {"this camera", "the pixel's ray"} <= set(live) and not set(live) & set(SCENE.class_names)


def test_a_pixel_of_unknown_depth_is_said_to_be_one():
    panel = CameraRays(SCENE, Eyes(depth=0.0))
    assert "the depth is unknown" in panel.text.value


def test_static_figure_is_plotlys_with_a_title():
    figure = camera_rays(SCENE, Eyes()).static()
    points = [trace for trace in figure.data if trace.mode == "markers"]
    assert points and all(trace.marker.opacity < 1 for trace in points)  # the ray is seen behind them
    assert isinstance(figure, go.Figure) and figure.layout.title.text


def test_live_figure_has_no_button_to_a_server():
    config = CameraRays(SCENE, Eyes()).figure._config
    assert config["showSendToCloud"] is False and not config["plotlyServerURL"]


def test_frames_are_seen_as_they_are_and_their_surfaces_from_elsewhere():
    see = from_frames(SCENE)
    width = SCENE.intrinsics.width
    seen = see(SCENE.c2w[3], width)
    assert np.array_equal(seen.labels, SCENE.labels[3]) and np.array_equal(seen.depth, SCENE.depth[3])
    between = SCENE.c2w[3].copy()
    between[:3, 3] += [0.02, 0.01, 0.0]
    near = see(between, width)
    known = (near.labels != VOID) & (SCENE.labels[3] != VOID)
    assert known.mean() > 0.4
    assert (near.labels == SCENE.labels[3])[known].mean() > 0.8
