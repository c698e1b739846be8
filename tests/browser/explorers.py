"""The explorers and what a person does with each: the table of `test_browser_explorers`.

To add one: a function `act(desk)` that drags, clicks or slides and asserts what then stands on the page, and in
`EXPLORERS` the cell that makes the explorer. `scene` is there already: the made room at smoke scale.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from desk import Desk
from PIL import Image

from semnerf_lib import flights, plots
from semnerf_lib.experiments import open_scene, plan
from semnerf_lib.runs import Store
from semnerf_lib.scenes.palette import colourise
from semnerf_lib.tracing import trace_model
from semnerf_lib.widgets import corruption_lab, one_ray
from semnerf_lib.widgets.explorer import Explorer
from semnerf_lib.widgets.flying import FlyingCamera
from semnerf_lib.widgets.free_view import made_truth, view_renderer

OPENING = """from semnerf_lib import widgets
from semnerf_lib.experiments import open_scene, plan
from semnerf_lib.runs import Store

scene = open_scene("room", "smoke")"""
TRAINED = "model = Store().get(*plan('training', scene, 'smoke')[0]).load(scene)"


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
    return scene, Store(desk.lab.results).get(*plan("training", scene, "smoke")[0]).load(scene)


def assert_same(shown: np.ndarray, expected: np.ndarray) -> None:
    """Pictures agree, but for a pixel that a rounding of sums in other threads may tip."""
    assert shown.shape == expected.shape
    assert (shown == expected).all(-1).mean() > 0.995


def act_free_view(desk: Desk) -> None:
    scene, model = trained(desk)
    name, full = "free view", scene.intrinsics.width
    replay = FlyingCamera(
        view_renderer(model, scene), scene, made_truth(scene), scene.test_ids[len(scene.test_ids) // 2]
    )
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
            assert_same(desk.pixels(name), plots.error_picture(truth, replay.view.labels))
        else:
            assert_same(desk.pixels(name) // 8, flights.picture(replay.view, layer, scene.n_classes) // 8)
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
    """An explorer's widgets in this process: pictures by name, all else by what is written on it."""

    def walk(widget):
        yield widget
        for child in getattr(widget, "children", ()):
            yield from walk(child)

    every = list(walk(explorer.widget))
    return {getattr(w, "name", None) or getattr(w, "description", None): w for w in every}


def decoded(picture) -> np.ndarray:
    """What a picture of this process shows."""
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB"))


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
    store, (_, config) = Store(desk.lab.results), plan("training", scene, "smoke")[0]
    config = config.replace(seed=7)
    desk.wait_for_picture("labels", 0)
    before = desk.pixels("labels")
    desk.press("start")
    desk.wait_for_text("mIoU")
    model = store.get(scene, config).load(scene)
    frame = scene.test_ids[(len(scene.test_ids) - 1) // 2]
    view = view_renderer(model, scene)(scene.c2w[frame], scene.intrinsics.width)
    desk.page.wait_for_timeout(500)  # the last picture follows the last word
    assert_same(desk.pixels("labels"), colourise(view.labels))
    assert (desk.pixels("labels") != before).any()


EXPLORERS = [
    Case("corruption_lab", ("widgets.corruption_lab(scene)",), act_corruption_lab),
    Case(
        "free_view",
        (TRAINED, "widgets.free_view(widgets.view_renderer(model, scene), scene, widgets.made_truth(scene))"),
        act_free_view,
    ),
    Case(
        "live_training",
        ("widgets.live_training(scene, plan('training', scene, 'smoke')[0][1].replace(seed=7))",),
        act_live_training,
    ),
    Case(
        "one_ray",
        (TRAINED, "from semnerf_lib.tracing import trace_model\n\nwidgets.one_ray(trace_model(model, scene), scene)"),
        act_one_ray,
    ),
]
