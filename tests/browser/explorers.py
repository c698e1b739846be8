"""The explorers and what a person does with each: the table of `test_browser_explorers`.

To add one: a function `act(desk)` that drags, clicks or slides and asserts what then stands on the page, and in
`EXPLORERS` the cell that makes the explorer. `scene` is there already: the made room at smoke scale.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from desk import Desk
from PIL import Image
from plotly.basedatatypes import BaseFigure
from scipy.ndimage import distance_transform_edt

from semnerf_lib import plots
from semnerf_lib.evaluation import view_renderer
from semnerf_lib.experiments import Planned, open_scene, plan
from semnerf_lib.lessons.tracing import trace_model
from semnerf_lib.palette import colourise
from semnerf_lib.plots import renders
from semnerf_lib.runs.store import Store
from semnerf_lib.widgets import camera_rays, corruption_lab, encoding, from_frames, learnt_by, learnt_room, one_ray
from semnerf_lib.widgets.explorer import Explorer
from semnerf_lib.widgets.flying import FlyingCamera
from semnerf_lib.widgets.free_view import made_truth
from semnerf_lib.widgets.layers import NO_EVIDENCE

OPENING = """from semnerf_lib import widgets
from semnerf_lib.experiments import open_scene, plan
from semnerf_lib.runs.store import Store

scene = open_scene("room", "smoke")"""
IN_TIME = 60
"""Seconds in which an answer is on the page."""
DRAWN = """() => document.querySelector(".js-plotly-plot")._fullData.map((trace) => {
    const total = (key) => Array.from(trace[key] ?? []).reduce((sum, value) => sum + (Math.abs(value) || 0), 0);
    return [trace.name, ...["x", "y", "z", "i"].map(total)];
})"""
"""Each trace of the plot on the page: its name, and sums over its coordinates and its triangles' first corners."""
EYE = "() => document.querySelector('.js-plotly-plot')._fullLayout.scene._scene.getCamera().eye"
TRAINED = "model = Store().get(plan('training', scene, 'smoke')[0]).load(scene)"


@dataclass(frozen=True)
class Case:
    """An explorer in a notebook of its own.

    Attributes:
        name: of its test.
        cells: what makes it, after `OPENING`.
        act: uses it, and asserts what comes of that.
    """

    name: str
    cells: tuple[str, ...]
    act: Callable[[Desk], None]


def trained(desk: Desk) -> tuple:
    """The scene and the model that `OPENING` and `TRAINED` make in the kernel, in this process."""
    scene = open_scene("room", "smoke")
    return scene, Store(desk.lab.results).get(plan("training", scene, "smoke")[0]).load(scene)


def assert_same(shown: np.ndarray, expected: np.ndarray) -> None:
    """Pictures agree, but for a pixel that a rounding of sums in other threads may tip."""
    assert shown.shape == expected.shape
    assert (shown == expected).all(-1).mean() > 0.995


def in_time(desk: Desk, check: Callable[[], None]) -> None:
    """Checks until it holds."""
    end = time.monotonic() + IN_TIME
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() > end:
                raise
            desk.page.wait_for_timeout(100)


def act_free_view(desk: Desk) -> None:
    scene, model = trained(desk)
    name, full = "free view", scene.intrinsics.width
    replay = FlyingCamera(view_renderer(model, scene), scene, made_truth(scene), renders.telling_frames(scene, 1)[0])
    desk.wait_for_picture(name, 0)
    assert_same(desk.pixels(name), colourise(replay.view.labels))

    before = desk.shown(name)
    dx, dy = desk.drag(name, (0.4, 0.5), (0.6, 0.45), pause=0.02)
    desk.wait_for_picture(name, before, full)
    replay.picture._handle_custom_msg({"kind": "drop", "dx": dx, "dy": dy, "shift": False}, [])
    assert_same(desk.pixels(name), colourise(replay.view.labels))
    assert desk.shown(name) > before + 1  # coarse ones came on the way
    desk.wait_for_text("labels, between frames")

    for layer in ("depth", "entropy", "error"):
        before = desk.shown(name)
        desk.press(layer)
        desk.wait_for_picture(name, before, full)
        if layer == "error":
            truth = replay.truth(replay.c2w, full)
            assert_same(desk.pixels(name), plots.error_picture(truth.labels, replay.view.labels))
            assert_same(desk.pixels("truth"), colourise(truth.labels))
        else:
            assert_same(
                desk.pixels(name) // 8,
                renders.picture(replay.view, layer, scene.n_classes, renders.farthest_of(scene)) // 8,
            )
    desk.press("labels")

    before = desk.shown(name)
    desk.slide("frame", 3)
    desk.wait_for_text(f"frame {replay.slider.value + 3} (")
    replay.slider.value += 3
    desk.wait_for_picture(name, before, full)
    assert_same(desk.pixels(name), colourise(replay.view.labels))

    before, cells = desk.shown(name), len(desk.execution_counts())
    desk.click(name, 0.5, 0.5)
    for key in "ddwx":  # to JupyterLab "d d" says: delete this cell
        desk.page.keyboard.press(key, delay=150)
    desk.wait_for_picture(name, before + 2, full)
    desk.wait_for_text("between frames")
    assert len(desk.execution_counts()) == cells
    desk.press("back to the frame")
    desk.wait_for_text(f"frame {replay.slider.value} (")


def controls(explorer: Explorer) -> dict[str, object]:
    """An explorer's widgets in this process: pictures by name, others by what is written on them, or by their kind."""

    def walk(widget):
        yield widget
        for child in getattr(widget, "children", ()):
            yield from walk(child)

    every = list(walk(explorer.widget))
    return {getattr(w, "name", None) or getattr(w, "description", None) or type(w).__name__: w for w in every}


def decoded(picture) -> np.ndarray:
    """What a picture of this process shows."""
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB"))


def see_the_same(desk: Desk, replay: dict[str, object], *names: str) -> None:
    """Pictures on the page become those of this process."""
    for name in names:
        in_time(desk, lambda name=name: assert_same(desk.pixels(name), decoded(replay[name])))


def see_the_same_in_space(desk: Desk, figure: BaseFigure) -> None:
    """The plot on the page comes to hold the traces of this process's figure: their names, points and triangles."""

    def check():
        traces = [trace.to_plotly_json() for trace in figure.data]
        drawn = desk.page.evaluate(DRAWN)
        assert [name for name, *_ in drawn] == [trace["name"] for trace in traces]
        sums = [[float(np.nansum(np.abs(trace.get(key, 0.0)))) for key in "xyzi"] for trace in traces]
        np.testing.assert_allclose([totals for _, *totals in drawn], sums, rtol=0.01, atol=0.01)

    in_time(desk, check)


def act_one_ray(desk: Desk) -> None:
    scene, model = trained(desk)
    replay = controls(one_ray(trace_model(model, scene), scene))
    desk.wait_for_picture("ray", 0)
    assert_same(desk.pixels("labels"), decoded(replay["labels"]))
    before = desk.shown("ray")
    desk.click("labels", 0.3, 0.6)
    desk.wait_for_picture("ray", before)
    replay["labels"]._handle_custom_msg({"kind": "click", "x": 0.3, "y": 0.6}, [])
    assert_same(desk.pixels("labels"), decoded(replay["labels"]))
    assert_same(desk.pixels("ray"), decoded(replay["ray"]))


def act_corruption_lab(desk: Desk) -> None:
    scene = open_scene("room", "smoke")
    replay = controls(corruption_lab(scene))
    desk.wait_for_picture("corrupted", 0)
    assert_same(desk.pixels("corrupted"), decoded(replay["corrupted"]))
    before, frame = desk.shown("corrupted"), replay["training frame"]
    step = -1 if frame.index else 1
    desk.slide("training frame", step)
    frame.index += step
    desk.wait_for_picture("corrupted", before)
    for name in ("clean", "corrupted", "changed"):
        assert_same(desk.pixels(name), decoded(replay[name]))


def act_live_training(desk: Desk) -> None:
    scene = open_scene("room", "smoke")
    config = plan("training", scene, "smoke")[0].config.replace(seed=7)
    desk.wait_for_picture("labels", 0)
    before = desk.pixels("labels")
    desk.press("start")
    desk.wait_for_text("mIoU")
    model = Store(desk.lab.results).get(Planned(scene, config)).load(scene)
    (frame,) = renders.telling_frames(scene, 1)
    view = view_renderer(model, scene)(scene.c2w[frame], scene.intrinsics.width)
    desk.page.wait_for_timeout(500)  # the last picture follows the last word
    assert_same(desk.pixels("labels"), colourise(view.labels))
    assert (desk.pixels("labels") != before).any()


def act_encoding(desk: Desk) -> None:
    replay = controls(encoding(open_scene("room", "smoke")))
    shown = "patch", "fit", "error", "row"
    see_the_same(desk, replay, *shown)
    before = decoded(replay["fit"])
    replay["octaves"].value = desk.slide("octaves", 1)
    assert replay["octaves"].value == 5 and (decoded(replay["fit"]) != before).any()
    see_the_same(desk, replay, *shown)
    desk.wait_for_text("5 octaves")
    desk.click("patch", 0.5, 0.2)
    replay["patch"]._handle_custom_msg({"kind": "click", "x": 0.5, "y": 0.2}, [])
    see_the_same(desk, replay, *shown)


def act_camera_rays(desk: Desk) -> None:
    scene = open_scene("room", "smoke")
    replay = controls(camera_rays(scene, from_frames(scene)))

    def see():
        see_the_same(desk, replay, "camera")
        see_the_same_in_space(desk, replay["LiveFigure"])

    see()
    for width in (1900, 1400):  # the room takes what the camera's picture leaves
        desk.page.set_viewport_size({"width": width, "height": 1000})
        in_time(desk, lambda: assert_side_by_side(desk))
    desk.click("camera", 0.8, 0.3)
    replay["camera"]._handle_custom_msg({"kind": "click", "x": 0.8, "y": 0.3}, [])
    see()
    for name, presses in (("go to frame", 5), ("yaw (°)", -8)):
        before = decoded(replay["camera"])
        replay[name].value = desk.slide(name, presses)
        assert (decoded(replay["camera"]) != before).any()
        see()


def assert_side_by_side(desk: Desk) -> None:
    """The plot and the camera's picture stand in one row, and leave little of the cell's width unused."""
    cell, plot, picture = (
        desk.page.locator(where).first.bounding_box()
        for where in (".jp-OutputArea-output .widget-hbox", ".js-plotly-plot", "img[data-name=camera]")
    )
    assert plot["y"] < picture["y"] < plot["y"] + plot["height"]
    assert plot["x"] + plot["width"] <= picture["x"] and 600 < plot["height"] < 700
    assert picture["x"] + picture["width"] > cell["x"] + cell["width"] - 60


def act_learnt_room(desk: Desk) -> None:
    scene, model = trained(desk)
    replay = controls(learnt_room(learnt_by(model, scene)))
    figure = replay["LiveFigure"]

    def see():
        see_the_same_in_space(desk, figure)

    see()
    for name, choice in (("surface", "of one density"), ("show", "distance to the truth"), ("show", "labels")):
        desk.press(choice)
        replay[name].value = choice
        see()
    before = figure.layout.scene.camera.eye.to_plotly_json()

    def turned():
        desk.page.mouse.up()  # of a drag that plotly missed, as one that ends beside its canvas
        box = desk.page.locator(".js-plotly-plot canvas").first.bounding_box()
        desk.page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
        desk.page.mouse.down()
        desk.page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
        desk.page.wait_for_timeout(200)
        eye = desk.page.evaluate(EYE)
        desk.page.wait_for_timeout(200)
        assert abs(eye["x"] - before["x"]) > 0.1 and eye == desk.page.evaluate(EYE)

    in_time(desk, turned)  # the end of a drag tells what was drawn by then
    desk.page.mouse.up()
    figure.layout.scene.camera.eye = desk.page.evaluate(EYE)
    see()


def act_label_studio(desk: Desk) -> None:
    scene = open_scene("room", "smoke")
    labels = scene.labels[scene.train_ids[0]]
    height, width = labels.shape
    depths = {int(c): distance_transform_edt(labels == c) for c in scene.present_classes if c}  # in their region
    places = {c: np.unravel_index(depths[c].argmax(), labels.shape) for c in depths}
    first, second, third = sorted(depths, key=lambda c: -depths[c].max())[:3]
    colours = {c: tuple(colourise(np.array(c)).tolist()) for c in (first, second, third)}

    def click(c):
        v, u = places[c]
        desk.press(scene.class_names[c])
        desk.click("click here", (u + 0.5) / width, (v + 0.5) / height)

    def filled_by(*classes):
        """Each class is where it was clicked, and in views that nobody clicked; these are grey where no click tells."""
        view, others = desk.pixels("labels of this view"), [desk.pixels(n) for n in desk.names() if n[:5] == "view "]
        for c in classes:
            v, u = places[c]
            assert tuple(view[v * view.shape[0] // height, u * view.shape[1] // width]) == colours[c]
        seen = {tuple(colour) for other in others for colour in np.unique(other.reshape(-1, 3), axis=0).tolist()}
        assert seen - {3 * (NO_EVIDENCE,)} == {colours[c] for c in classes}

    click(first)
    in_time(desk, lambda: filled_by(first))
    click(second)
    in_time(desk, lambda: filled_by(first, second))
    click(third)
    in_time(desk, lambda: filled_by(first, second, third))
    desk.press("undo")
    in_time(desk, lambda: filled_by(first, second))
    desk.wait_for_text("2 clicks on 2 of")


EXPLORERS = [
    Case("camera_rays", ("widgets.camera_rays(scene, widgets.from_frames(scene))",), act_camera_rays),
    Case("corruption_lab", ("widgets.corruption_lab(scene)",), act_corruption_lab),
    Case("encoding", ("widgets.encoding(scene)",), act_encoding),
    Case(
        "free_view",
        (TRAINED, "widgets.free_view(widgets.view_renderer(model, scene), scene, widgets.made_truth(scene))"),
        act_free_view,
    ),
    Case("label_studio", ("widgets.label_studio(scene, 'smoke')",), act_label_studio),
    Case("learnt_room", (TRAINED, "widgets.learnt_room(widgets.learnt_by(model, scene))"), act_learnt_room),
    Case(
        "live_training",
        (
            "from semnerf_lib.experiments import Planned",
            "widgets.live_training(Planned(scene, plan('training', scene, 'smoke')[0].config.replace(seed=7)))",
        ),
        act_live_training,
    ),
    Case(
        "one_ray",
        (
            TRAINED,
            "from semnerf_lib.lessons.tracing import trace_model\n\nwidgets.one_ray(trace_model(model, scene), scene)",
        ),
        act_one_ray,
    ),
]
