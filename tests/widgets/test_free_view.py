"""free_view.py and its parts: what is rendered when, what is shown, and where the camera may go."""

from __future__ import annotations

import io
import time
from dataclasses import replace

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image
from tiny import cast, make_tiny_scene, tiny_config

from semnerf_lib import plots
from semnerf_lib.cameras import get_rays
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import View, render_view, view_renderer
from semnerf_lib.models import build_model
from semnerf_lib.palette import colourise
from semnerf_lib.plots import renders
from semnerf_lib.scenes.loading import load_scene
from semnerf_lib.widgets.flying import SECONDS_MOVING, FlyingCamera
from semnerf_lib.widgets.free_view import free_view, made_truth
from semnerf_lib.widgets.layers import TrueView, layer_legend, layer_picture, layers_of
from semnerf_lib.widgets.motion import roaming_box

WIDTH = 48


@pytest.fixture(scope="module")
def scene():
    return make_tiny_scene(width=WIDTH, height=36)


def true_view(scene, c2w, width, rgb=False):
    """The tiny room as a perfect model would render it."""
    import torch

    camera = renders.camera_of_width(scene.intrinsics, width)
    rays_o, rays_d = get_rays(camera, torch.tensor(c2w, dtype=torch.float32))
    depth, labels = cast(rays_o.reshape(-1, 3).numpy(), rays_d.reshape(-1, 3).numpy())
    shape = (camera.height, camera.width)
    labels = labels.reshape(shape).astype(np.uint8)
    sure, entropy = np.ones(shape, np.float32), np.full(shape, 0.5, np.float32)
    colours = np.full((*shape, 3), 77, np.uint8) if rgb else None
    return View(labels, sure, entropy, depth.reshape(shape).astype(np.float32), colours)


def true_of(scene, c2w, width):
    view = true_view(scene, c2w, width)
    return TrueView(view.labels, view.depth)


class Renderer:
    """Renders the tiny room and counts: `calls` holds the pose and the width of each picture asked for."""

    def __init__(self, scene, seconds=0.0, rgb=False):
        self.scene, self.seconds, self.rgb, self.calls = scene, seconds, rgb, []

    def __call__(self, c2w, width):
        self.calls.append((c2w, width))
        time.sleep(self.seconds * (width / self.scene.intrinsics.width) ** 2)
        return true_view(self.scene, c2w, width, self.rgb)

    @property
    def widths(self):
        return [width for _, width in self.calls]


@pytest.fixture
def render(scene):
    return Renderer(scene)


@pytest.fixture
def camera(render, scene):
    made = FlyingCamera(render, scene, None, scene.test_ids[1])
    render.calls.clear()
    return made


def tell(camera, **message):
    camera.picture._handle_custom_msg(message | {"id": 1}, [])


def drag(camera, dx, dy, shift=False, kind="drag"):
    tell(camera, kind=kind, dx=dx, dy=dy, shift=shift)


def shown(camera):
    return np.asarray(Image.open(io.BytesIO(camera.picture.png)))


def test_it_opens_on_a_full_picture_of_a_test_frame(render, scene):
    camera = FlyingCamera(render, scene, None, scene.test_ids[1])
    assert render.widths == [WIDTH]
    assert np.array_equal(shown(camera), colourise(true_view(scene, scene.c2w[scene.test_ids[1]], WIDTH).labels))
    assert f"frame {scene.test_ids[1]} (test)" in camera.status.value and "48x36 pixels" in camera.status.value


def test_coarse_while_dragging_and_full_once_on_drop(camera, render):
    for step in range(1, 6):
        drag(camera, 0.02 * step, 0)
    assert render.widths == [WIDTH // 2] * 5
    drag(camera, 0.1, 0, kind="drop")
    assert render.widths == [WIDTH // 2] * 5 + [WIDTH]
    assert shown(camera).shape == (36, WIDTH, 3)


def test_a_drag_counts_from_where_it_was_pressed(camera):
    drag(camera, 0.3, 0.1)
    drag(camera, 0.1, 0.05)
    once = camera.c2w
    camera._to_frame()
    drag(camera, 0.1, 0.05)
    assert np.allclose(camera.c2w, once)


def test_the_next_drag_goes_on_where_the_last_one_ended(camera):
    camera.dragging.value = "look around"
    drag(camera, 0.1, 0, kind="drop")
    drag(camera, 0.1, 0, kind="drop")
    twice = camera.c2w
    camera._to_frame()
    drag(camera, 0.2, 0, kind="drop")
    assert np.allclose(camera.c2w, twice)


def test_looking_around_moves_the_picture_with_the_pointer(camera):
    """What was in the middle is half a picture further right after half a width."""
    camera.dragging.value = "look around"
    before = camera.c2w[:3, 2].copy()
    drag(camera, 0.5, 0, kind="drop")
    x, _, z = before @ camera.c2w[:3, :3]
    assert x / z == pytest.approx(1.0, abs=0.05)  # the right edge, at a field of view of 90 degrees


def test_orbit_keeps_the_middle_and_shift_takes_the_other_way(camera, scene):
    eye = camera.c2w[:3, 3].copy()
    drag(camera, 0.05, 0, shift=True, kind="drop")
    assert np.allclose(camera.c2w[:3, 3], eye)
    drag(camera, 0.05, 0, kind="drop")
    assert not np.allclose(camera.c2w[:3, 3], eye)


def test_keys_are_coarse_while_held_and_full_once_when_let_go(camera, render):
    for _ in range(3):
        tell(camera, kind="fly", amounts={"w": 0.05}, resting=False)
    tell(camera, kind="fly", amounts={"w": 0.01}, resting=True)
    assert render.widths == [WIDTH // 2] * 3 + [WIDTH]


@pytest.mark.parametrize(
    ("key", "axis", "sign"), [("w", 2, 1), ("s", 2, -1), ("d", 0, 1), ("a", 0, -1), ("ArrowUp", 2, 1), ("wheel", 2, 1)]
)
def test_each_key_leads_where_it_says(camera, key, axis, sign):
    before = camera.c2w.copy()
    tell(camera, kind="fly", amounts={key: 0.05}, resting=True)
    way = (camera.c2w - before)[:3, 3]
    assert sign * way @ before[:3, axis] == pytest.approx(np.linalg.norm(way)) and np.linalg.norm(way) > 0


def test_buttons_lead_where_they_say(scene, render):
    camera = FlyingCamera(render, scene, None, scene.test_ids[1])
    before = camera.c2w.copy()
    [up] = [w for w in walk(camera.widget) if isinstance(w, ipywidgets.Button) and w.description == "up (E)"]
    up.click()
    assert np.allclose((camera.c2w - before)[:2, 3], 0) and camera.c2w[2, 3] > before[2, 3]


def test_the_camera_never_leaves_its_box(camera, scene):
    box = roaming_box(scene)
    for key in ("w", "a", "s", "d", "e", "q"):
        tell(camera, kind="fly", amounts={key: 99.0}, resting=True)
        drag(camera, 0.4, 0.4, kind="drop")
        assert (camera.c2w[:3, 3] >= box[0] - 1e-9).all() and (camera.c2w[:3, 3] <= box[1] + 1e-9).all()


def test_another_layer_costs_no_rendering(camera, render, scene):
    for layer in ("depth", "entropy", "error", "labels"):
        camera.layer.value = layer
        if layer != "error":
            assert np.array_equal(
                shown(camera), renders.picture(camera.view, layer, scene.n_classes, renders.farthest_of(scene))
            )
    assert render.calls == []


def test_the_error_at_a_frame_is_against_its_labels(camera, scene):
    camera.layer.value = "error"
    frame = camera.frame
    assert np.array_equal(shown(camera), plots.error_picture(scene.labels[frame], camera.view.labels))
    assert "wrong 0.0%" in camera.legend.value


def test_between_frames_the_error_says_that_the_truth_is_not_known(camera):
    camera.layer.value = "error"
    drag(camera, 0.1, 0, kind="drop")
    assert camera.frame is None
    assert np.array_equal(shown(camera), colourise(camera.view.labels))
    assert "The truth is not known here" in camera.legend.value


def test_with_a_truth_of_any_pose_the_error_goes_everywhere(scene, render):
    camera = FlyingCamera(render, scene, lambda c2w, width: true_of(scene, c2w, width), 0)
    camera.layer.value = "error"
    drag(camera, 0.1, 0)
    assert "not known" not in camera.legend.value and (shown(camera) == plots.images.RIGHT).all()
    drag(camera, 0.1, 0, kind="drop")
    assert "wrong 0.0%" in camera.legend.value


def beside(camera):
    return np.asarray(Image.open(io.BytesIO(camera.beside.png)))


def test_true_depth_stands_beside_the_learnt_one(camera, scene):
    camera.view = replace(camera.view, depth=camera.view.depth + np.float32(0.25))
    camera.layer.value = "depth"
    assert np.array_equal(beside(camera), renders.depth_picture(scene.depth[camera.frame], renders.farthest_of(scene)))
    assert camera.true.layout.display == "" and "off by 0.25 m" in camera.caption.value
    camera.layer.value = "error"
    assert np.array_equal(beside(camera), colourise(scene.labels[camera.frame]))
    camera.layer.value = "entropy"
    assert camera.true.layout.display == "none"


def test_no_truth_stands_where_it_is_not_known(camera, scene, render):
    drag(camera, 0.1, 0, kind="drop")
    assert camera.true.layout.display == "none"
    without = FlyingCamera(render, replace(scene, depth=None), None, scene.test_ids[1])
    assert without.true.layout.display == ""
    without.layer.value = "depth"
    assert without.true.layout.display == "none"


def test_the_truth_follows_the_camera(scene, render):
    camera = FlyingCamera(render, scene, lambda c2w, width: true_of(scene, c2w, width), 0)
    drag(camera, 0.1, 0, kind="drop")
    assert np.array_equal(beside(camera), colourise(camera.view.labels)) and "wrong 0.0%" in camera.caption.value


def test_the_slider_leads_to_a_frame_and_the_button_back_to_it(camera, scene, render):
    camera.slider.value = 5
    assert np.array_equal(camera.c2w, scene.c2w[5]) and render.widths == [WIDTH]
    assert "frame 5 (training)" in camera.status.value
    drag(camera, 0.2, 0, kind="drop")
    assert "between frames" in camera.status.value
    camera.reset.click()
    assert np.array_equal(camera.c2w, scene.c2w[5]) and render.widths == [WIDTH] * 3
    assert not camera.slider.continuous_update


def test_the_pose_is_printed_and_can_be_copied(camera):
    text = camera.pose.value.split("c2w =")[1].split("</pre>")[0]
    assert np.allclose(np.array(eval(text)), camera.c2w, atol=1e-3)
    assert " m, heading" in camera.pose.value


def test_the_legend_names_the_classes_in_sight_and_no_other(camera, scene):
    seen = set(np.unique(camera.view.labels))
    for k, name in enumerate(scene.class_names):
        assert (name in camera.legend.value) == (k in seen)


def test_colours_can_be_shown_where_the_field_has_some(scene):
    camera = FlyingCamera(Renderer(scene, rgb=True), scene, None, 0)
    assert camera.layer.options == ("labels", "depth", "entropy", "error", "colours")
    camera.layer.value = "colours"
    assert (shown(camera) == 77).all()


def test_a_slow_renderer_gets_fewer_pixels_while_the_camera_moves(scene):
    render = Renderer(scene, seconds=8 * SECONDS_MOVING)
    camera = FlyingCamera(render, scene, None, 0)
    drag(camera, 0.1, 0)
    assert render.widths[-1] == 16


def test_what_goes_wrong_is_said_and_the_next_picture_is_tried(camera, scene):
    def broken(c2w, width):
        raise SemnerfError("weights of <another> scene")

    before, good = shown(camera), camera.render
    camera.render = broken
    drag(camera, 0.1, 0, kind="drop")
    assert "No picture: weights of &lt;another&gt; scene" in camera.status.value
    assert np.array_equal(shown(camera), before)
    camera.render = good
    camera.reset.click()
    assert "No picture" not in camera.status.value


def title_of(ax) -> str:
    """Where it stands is the style's choice (`plots.style`), which another test may have set."""
    return ax.get_title() or ax.get_title("left")


def test_the_explorer_renders_nothing_twice_and_its_figure_shows_all_layers(scene, render):
    explorer = free_view(render, scene)
    assert render.widths == [] and explorer.widget is explorer.widget and render.widths == [WIDTH]
    figure = explorer.static()
    titles = [title_of(ax).split(",")[0] for ax in figure.axes if ax.get_visible()]
    beside = ["true labels", "error: wrong 0.0%", "depth", "true depth (learnt: off by 0.00 m)", "entropy"]
    assert titles == ["frame 0: labels", *beside, "a free pose: labels", "depth", "entropy"]
    assert figure.legends
    plt.close(figure)


def test_where_the_truth_is_known_everywhere_the_figure_is_of_the_free_pose_alone(scene, render):
    """Twelve panels in four rows could not be read on a slide."""

    def truth(c2w, width):
        view = true_view(scene, c2w, width)
        return TrueView(view.labels, view.depth)

    figure = free_view(render, scene, truth).static()
    titles = [title_of(ax).split(",")[0] for ax in figure.axes if ax.get_visible()]
    assert titles[:2] == ["a free pose: labels", "true labels"] and len(titles) == 6
    width, height = figure.get_size_inches()
    assert width > 1.2 * height
    plt.close(figure)


def test_a_model_is_rendered_with_the_scenes_camera(scene):
    model = build_model(tiny_config(), scene).eval()
    render = view_renderer(model, scene)
    whole = render(scene.c2w[0], WIDTH)
    again = render_view(model, scene.intrinsics, scene.c2w[0], scene.near, scene.far)
    assert np.array_equal(whole.labels, again.labels) and np.array_equal(whole.depth, again.depth)
    assert render(scene.c2w[0], WIDTH // 2).labels.shape == (18, WIDTH // 2)


def test_layers_of_a_view_without_a_known_pixel(scene):
    view = true_view(scene, scene.c2w[0], 16)
    unknown = np.full(view.labels.shape, 255, np.uint8)
    assert layers_of(view) == ("labels", "depth", "entropy", "error")
    assert (layer_picture("error", view, scene.n_classes, unknown) == 0).all()
    assert "wrong 0.0%" in layer_legend("error", view, scene.class_names, unknown)


def test_only_a_made_room_has_a_truth_everywhere(scene):
    assert made_truth(scene) is None


def test_the_truth_of_a_made_room_is_that_of_its_frames():
    room = load_scene("room", width=64, every=90)
    truth = made_truth(room)
    assert np.array_equal(truth(room.c2w[-1], 64).labels, room.labels[-1])
    assert np.allclose(truth(room.c2w[-1], 64).depth, room.depth[-1], atol=1e-3)
    assert truth(room.c2w[-1], 32).depth.shape == (24, 32)


def walk(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)
