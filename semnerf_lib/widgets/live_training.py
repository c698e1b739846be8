"""Live training: a run that a person starts, pauses and stops; curves, a view that sharpens, the learnt cloud."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from html import escape

import ipywidgets
import numpy as np
import plotly.graph_objects as go
import torch
from jaxtyping import UInt8

from semnerf_lib.evaluation import Render, view_renderer
from semnerf_lib.experiments import Planned
from semnerf_lib.machine.devices import pick_device
from semnerf_lib.models import Model
from semnerf_lib.palette import colourise, palette
from semnerf_lib.plots.renders import farthest_of, telling_frames
from semnerf_lib.runs.live import AT_WORK, LiveRun, live_run, model_of
from semnerf_lib.runs.store import Store
from semnerf_lib.scene import Scene
from semnerf_lib.training import Trainer
from semnerf_lib.widgets.explorer import Explorer
from semnerf_lib.widgets.layers import colour_key, layer_picture
from semnerf_lib.widgets.live_figure import LAYERS, captions, curve_picture, finished_figure, scores_of
from semnerf_lib.widgets.picture import Picture
from semnerf_lib.widgets.space import LiveFigure, cloud_layout, cloud_trace, learnt_cloud

LOOK_SHARE, LOOK_SECONDS = 0.2, 5.0
"""Of the time, that pictures may take from training; but one comes after so many seconds, whatever it takes."""
STATUS_SECONDS = 0.4
"""Between two texts while the state stays."""


def live_training(
    planned: Planned,
    store: Store | None = None,
    device: torch.device | None = None,
    renderer: Callable[[Model, Scene], Render] = view_renderer,
) -> Explorer:
    """A run in one's hands: start, pause, go on, stop; curves, a test view that sharpens, the learnt cloud of points.

    The run is the store's: once finished it is found by whoever asks, and stopped it goes on from its checkpoint, here
    or anywhere. Headless, the run is made and its figure shown.

    Args:
        planned: the run.
        store: of runs; None for the kit's own.
        device: to train on; None for the best there is.
        renderer: (model, scene) -> what renders a pose at a width.
    """
    store, device = store or Store(), device or pick_device()
    return Explorer(
        lambda: LivePanel(live_run(store, planned, device), renderer).widget,
        lambda: finished_figure(store.get(planned, device), planned.scene, device, renderer),
    )


class LivePanel:
    """Controls and pictures of a live run. Buttons ask; the run's own thread draws.

    Attributes:
        live: the run.
        widget: all of it.
    """

    def __init__(self, live: LiveRun, renderer: Callable[[Model, Scene], Render]):
        self.live, self.renderer, self.scene = live, renderer, live.planned.scene
        self._others, self._model = {}, None
        self._drawn, self._cost, self._status_time, self._state = -np.inf, 0.0, -np.inf, ""
        self._drawing = threading.Lock()
        self._build()
        self._follow(live)

    def _build(self) -> None:
        layout, blank = ipywidgets.Layout, np.full((3, 4, 3), 235, np.uint8)
        self.go = ipywidgets.Button(button_style="primary", layout=layout(width="13em"))
        self.halt = ipywidgets.Button(description="stop", icon="stop", tooltip="keeps a checkpoint")
        self.go.on_click(lambda _: self._go())
        self.halt.on_click(lambda _: self.live.stop())
        self.bar = ipywidgets.IntProgress(layout=layout(width="22em"))
        self.status, self.fault, self.legend = (ipywidgets.HTML() for _ in range(3))
        self.status.add_class("semnerf-status")
        last = len(self.scene.test_ids) - 1
        self.slider = ipywidgets.IntSlider(
            self.scene.test_ids.index(telling_frames(self.scene, 1)[0]), 0, last, description="test view",
            continuous_update=False,
        )  # fmt: skip
        self.slider.observe(lambda _: self._other_view(), "value")
        self.curves = Picture(blank, 940, "training curves", cursor="default")
        self.pictures = {name: Picture(blank, 224, name, cursor="default") for name in ("truth", *LAYERS)}
        self.captions = {name: ipywidgets.HTML(f"<b>{name}</b>") for name in self.pictures}
        views = [ipywidgets.VBox([self.captions[name], picture]) for name, picture in self.pictures.items()]
        self.cloud = LiveFigure([go.Scatter3d()], cloud_layout(self.scene, "What has been learnt"))
        self.cloud.layout.width = 560
        wrap = layout(flex_flow="row wrap", grid_gap="6px", align_items="center")
        self.widget = ipywidgets.VBox(
            [
                ipywidgets.Box([self.go, self.halt, self.bar], layout=wrap),
                self.status,
                self.fault,
                self.curves,
                self.slider,
                ipywidgets.Box(views, layout=wrap),
                ipywidgets.Box(
                    [self.cloud, ipywidgets.VBox([self.legend], layout=layout(width="24em"))],
                    layout=layout(flex_flow="row wrap", grid_gap="6px"),
                ),
            ]
        )

    def _follow(self, live: LiveRun, starts: bool = False) -> None:
        """Shows a run, whatever its state; from then on it tells of itself. A run that `starts` needs no button."""
        self.live, live.on_change = live, self.on_change
        self._show_status(live, starts)
        if live.state not in AT_WORK:
            self._model = model_of(live)
            self._draw(live)
            self._cost = 0.0  # the first picture may have waited for the compiler

    def on_change(self, live: LiveRun, trainer: Trainer | None) -> None:
        """Of a change; called in the run's thread, between two steps."""
        if live is not self.live:
            return
        if trainer is not None:
            self._model = trainer.model
        elif live.run is not None:
            self._model = model_of(live)
        changed = live.state != self._state
        if changed or time.monotonic() - self._status_time >= STATUS_SECONDS:
            self._show_status(live)
        if self._look_is_due() if live.state == "training" else changed:
            self._draw(live)

    def _look_is_due(self) -> bool:
        return time.monotonic() - self._drawn >= min(self._cost / LOOK_SHARE, LOOK_SECONDS)

    def _other_view(self) -> None:
        if self.live.state == "training":
            self._drawn = -np.inf  # the thread draws after the steps under way
        else:
            self._draw(self.live)

    def _go(self) -> None:
        """Starts, pauses or continues; a finished run is left as it is and the next seed starts at once."""
        if self.live.state == "training":
            self.live.pause()
            return
        if self.live.state == "finished":
            self._next_seed()
        self.live.start()
        self._show_status(self.live)

    def _next_seed(self) -> None:
        live = self.live
        self._others[f"seed {live.planned.config.seed}"] = live.history
        self._follow(live_run(live.store, next_seed(live), live.device), starts=True)

    def _show_status(self, live: LiveRun, starts: bool = False) -> None:
        """Buttons, bar and status line."""
        state, last = live.state, live.planned.config.iterations
        self._state, busy = state, starts or state in ("beginning", "scoring")
        words = {"new": "start", "training": "pause", "failed": "try again"}
        if state == "finished":
            words["finished"] = f"train seed {next_seed(live).config.seed} too"
        icons = {"training": "pause", "finished": "random"}
        self.go.description = "working ..." if busy else words.get(state, "go on")
        self.go.icon, self.go.disabled = icons.get(state, "play"), busy
        self.halt.disabled = state not in ("training", "paused")
        scoring = state == "scoring" and live.n_to_score
        self.bar.max, self.bar.value = (live.n_to_score, live.n_scored) if scoring else (last, live.step)
        self.bar.bar_style = "success" if scoring else ""
        self.status.value = escape(status_of(live))
        self.fault.value = f'<b style="color:#d55e00">{escape(live.error)}</b>' if live.error else ""
        self._status_time = time.monotonic()

    def _draw(self, live: LiveRun) -> None:
        """Curves, the view and the cloud, of the weights as they are."""
        with self._drawing:
            start, scene = time.monotonic(), self.scene
            self.curves.show(curve_picture(live.history, live.planned.config.iterations, self._others))
            if self._model is None:
                return
            frame = scene.test_ids[self.slider.value]
            truth = scene.labels[frame]

            render = self.renderer(self._model, scene)
            view = render(scene.c2w[frame], scene.intrinsics.width)
            self.pictures["truth"].show(colourise(truth))
            for layer in LAYERS:
                self.pictures[layer].show(layer_picture(layer, view, scene.n_classes, truth, farthest_of(scene)))
            for name, text in captions(scene, frame, view, live.step).items():
                self.captions[name].value = f"<b>{name}</b> {text}"
            cloud = learnt_cloud(render, scene)
            classes = by_frequency(np.concatenate([view.labels.ravel(), cloud[1]]), scene.class_names)
            self.legend.value = "<b>Classes</b>, the most frequent first" + colour_key(classes)
            with self.cloud.batch_update():
                self.cloud.data[0].update(cloud_trace(cloud, scene.class_names))
                self.cloud.layout.title.text = cloud_title(live.step, len(cloud[0]))
            self._drawn = time.monotonic()
            self._cost = self._drawn - start


def by_frequency(labels: UInt8[np.ndarray, "pixels"], class_names: tuple[str, ...]) -> dict[str, tuple[int, int, int]]:
    """Names and colours of the classes that occur, the most frequent first."""
    classes, counts = np.unique(labels, return_counts=True)
    colours = palette(len(class_names))
    return {class_names[c]: tuple(colours[c].tolist()) for c in classes[np.argsort(-counts)]}


def next_seed(live: LiveRun) -> Planned:
    """The same run with the first larger seed whose run is not finished."""
    config = live.planned.config
    seeds = itertools.count(config.seed + 1)
    others = (Planned(live.planned.scene, config.replace(seed=seed)) for seed in seeds)
    return next(planned for planned in others if not live.store.has(planned))


def status_of(live: LiveRun) -> str:
    """The state of a run in one line."""
    last, name = live.planned.config.iterations, f"{live.planned.config.model_name}, seed {live.planned.config.seed}"
    pace = f", {1000 * live.seconds_a_step:.0f} ms a step" if live.seconds_a_step else ""
    match live.state:
        case "new":
            return f"{name}: not begun, {last} steps to go. What is shown is the field before its first step."
        case "beginning":
            return f"{name}: making rays and field"
        case "training":
            left = "" if live.seconds_left is None else f", {live.seconds_left:.0f} s to go"
            return f"{name}: step {live.step} of {last}{pace}{left}"
        case "paused":
            return f"{name}: paused at step {live.step} of {last}. The next cell that is run makes it a stop."
        case "scoring":
            scored = f"{live.n_scored} of {live.n_to_score} views" if live.n_to_score else "the first view"
            return f"{name}: {last} steps done; scoring, {scored}"
        case "finished":
            return f"{name}: {scores_of(live.run)}; run {live.run.id}"
        case "failed":
            return f"{name}: failed at step {live.step} of {last}"
    return f"{name}: stopped at step {live.step} of {last}; it goes on from its checkpoint, to the same weights"


def cloud_title(step: int, count: int) -> str:
    return f"Where the rays end at step {step}: {count:,} points in the colours of their classes"
