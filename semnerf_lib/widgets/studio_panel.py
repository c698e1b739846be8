"""The controls and pictures of a label studio: clicks go to its thread, which draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path

import ipywidgets
import numpy as np
from jaxtyping import Bool, UInt8

from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import Render, View, view_renderer
from semnerf_lib.models import Model
from semnerf_lib.palette import colourise, palette
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.studio.clicks import Click, load_clicks, save_clicks
from semnerf_lib.studio.learners import ColourLearner, LabelLearner, Learner
from semnerf_lib.studio.queries import answered
from semnerf_lib.studio.session import Studio
from semnerf_lib.widgets.layers import (
    NO_EVIDENCE,
    error_text,
    filled_key,
    filled_picture,
    has_evidence,
    layer_legend,
    layer_picture,
)
from semnerf_lib.widgets.marks import enlargement, mark_clicks
from semnerf_lib.widgets.picture import Picture

WIDTH = 80
"""Pixels a row of the views that fill: an answer within a second or two matters more than their edges."""
OTHERS = 6
"""Test views beside the one that is clicked."""
AT_WORK = {
    ColourLearner.name: "The colours of all training views teach geometry, before any click; your clicks teach the "
    "classes. That is the baseline's supervision (labels + RGB), with the semantic gradient cut off from density.",
    LabelLearner.name: "Your clicks and nothing else, P1's rule: they must teach classes and geometry at once. A few "
    "clicks cannot tell how deep anything lies; watch what is missing.",
}
Learners = Mapping[str, Callable[[], Learner]]
"""What a supervision is called to what makes its learner."""


class StudioPanel:
    """Controls and pictures of a studio. Buttons and clicks go to its thread, which draws.

    Attributes:
        studio: behind it; to be opened.
        chosen: the class of the next click.
        widget: all of it.
    """

    def __init__(
        self, scene: Scene, learners: Learners, path: Path, render: Callable[[Model, Scene], Render] = view_renderer
    ):
        self.scene, self.learners = scene, learners
        self.others = [scene.test_ids[i] for i in np.linspace(0, len(scene.test_ids) - 1, OTHERS).astype(int)]
        self.others = list(dict.fromkeys(self.others))
        self.frame, self._next = scene.train_ids[0], -1
        width = min(WIDTH, scene.intrinsics.width)
        first = next(iter(learners))
        self.studio = Studio(scene, learners[first], [self.frame, *self.others], width, render)
        self.studio.on_change = self.on_change
        self._build(first, path)
        self._choose(int(scene.present_classes[0]))
        self._show_clicks()
        self._show_status()

    def _build(self, first: str, path: Path) -> None:
        layout, html, button = ipywidgets.Layout, ipywidgets.HTML, ipywidgets.Button
        wrap = layout(flex_flow="row wrap", grid_gap="6px", align_items="center")
        blank, beside = np.full((3, 4, 3), NO_EVIDENCE, np.uint8), layout(width="480px")
        self.supervision = ipywidgets.ToggleButtons(options=list(self.learners), value=first, description="learns from")
        self.supervision.observe(lambda _: self._teach(), "value")
        self.at_work, self.status, self.fault, self.message, self.key = (html() for _ in range(5))
        self.status.add_class("semnerf-status")
        last = len(self.scene.train_ids) - 1
        self.slider = ipywidgets.IntSlider(0, 0, last, description="training view", continuous_update=False)
        self.slider.style.description_width = "6.5em"
        self.slider.observe(lambda _: self._go(self.scene.train_ids[self.slider.value]), "value")
        self.undo = button(description="undo", icon="undo", disabled=True)
        self.next = button(description="next: where it is unsure", icon="crosshairs", layout=layout(width="15em"))
        self.answer = button(description="answer for me", icon="lightbulb-o", tooltip="clicks there, as the true class")
        self.undo.on_click(lambda _: self._changed(self.studio.undo))
        self.next.on_click(lambda _: self._to_doubt())
        self.answer.on_click(lambda _: self._answer())
        self.picture = Picture(blank, 470, "click here")
        self.picture.on_click(self._click)
        self.layer = ipywidgets.ToggleButtons(options=("labels", "entropy"), style={"button_width": "7em"})
        self.layer.observe(lambda _: self._show_view(self.frame), "value")
        self.filled = Picture(blank, 470, "labels of this view", cursor="default")
        self.classes = {int(c): self._class_button(int(c)) for c in self.scene.present_classes}
        self.gallery = {frame: Picture(blank, 232, f"view {frame}", cursor="default") for frame in self.others}
        self.captions = {frame: html(f"test view, frame {frame}") for frame in self.others}
        self.path = ipywidgets.Text(str(path), description="clicks in", layout=layout(width="24em"))
        self.save, self.load = button(description="save", icon="download"), button(description="load", icon="upload")
        self.save.on_click(lambda _: self._save())
        self.load.on_click(lambda _: self._load())
        box, column = ipywidgets.Box, ipywidgets.VBox
        self.widget = column(
            [
                self.supervision,
                self.at_work,
                self.status,
                self.fault,
                box([self.slider, self.undo, self.next, self.answer], layout=wrap),
                box(
                    [column([self.message, self.picture]), column([self.layer, self.filled, self.key], layout=beside)],
                    layout=layout(flex_flow="row wrap", grid_gap="12px", align_items="flex-start"),
                ),
                html("<b>Classes</b>: choose one, then click a pixel of it above, on the left"),
                box(list(self.classes.values()), layout=layout(flex_flow="row wrap", grid_gap="3px")),
                html("<b>Views without clicks</b>, filled by what has been learnt; grey counts as wrong"),
                box([column([self.captions[f], self.gallery[f]]) for f in self.others], layout=wrap),
                box([self.path, self.save, self.load], layout=wrap),
            ]
        )

    def _class_button(self, label: int) -> ipywidgets.Button:
        red, green, blue = palette(label + 1)[label].tolist()
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 140
        made = ipywidgets.Button(description=self.scene.class_names[label], layout=ipywidgets.Layout(width="8.5em"))
        made.style.button_color = f"rgb({red},{green},{blue})"
        made.style.text_color = "white" if dark else "black"
        made.on_click(lambda _: self._choose(label))
        return made

    def _choose(self, label: int) -> None:
        self.chosen = label
        for c, made in self.classes.items():
            made.layout.border = "3px solid black" if c == label else "3px solid transparent"
            made.icon = "check" if c == label else ""
        self._prompt()

    def _prompt(self) -> None:
        camera = "" if self.scene.rgb is not None else " This scene has no colours: its true labels are shown."
        name = escape(self.scene.class_names[self.chosen])
        self.message.value = f"frame {self.frame}: <b>click a pixel</b>; it becomes <b>{name}</b>.{camera}"

    def _changed(self, act: Callable, *arguments: object) -> None:
        """Does something to the clicks; what is wrong with it stands in the panel."""
        try:
            act(*arguments)
            self.fault.value = ""
        except SemnerfError as fault:
            self.fault.value = f'<b style="color:#d55e00">{escape(str(fault))}</b>'
        self._show_clicks()
        self._show_status()

    def _click(self, u: int, v: int) -> None:
        scale = enlargement(self.scene.intrinsics.width)
        self._changed(self.studio.click, Click(self.frame, u // scale, v // scale, self.chosen))

    def _save(self) -> None:
        self._changed(save_clicks, Path(self.path.value), self.scene, self.studio.clicks)

    def _load(self) -> None:
        self._changed(lambda: self.studio.replace(load_clicks(Path(self.path.value), self.scene)))

    def _teach(self) -> None:
        self._changed(self.studio.teach, self.learners[self.supervision.value])

    def _go(self, frame: int) -> None:
        self.frame = frame
        self.studio.watch([frame, *self.others])
        self._show_clicks()
        self._show_view(frame)
        self._prompt()

    def _to_doubt(self) -> None:
        """On to the next best place to click; the slider leads to its view."""
        self._next = (self._next + 1) % max(1, len(self.studio.doubts))
        if self.studio.doubts:
            self.slider.value = self.scene.train_ids.index(self.studio.doubts[self._next].frame)
        self._show_clicks()

    def _answer(self) -> None:
        """Clicks the best place that has a true label, and goes there."""
        labelled = (d for d in self.studio.doubts if self.scene.labels[d.frame, d.v, d.u] != VOID)
        if (where := next(labelled, None)) is not None:
            click = answered(self.scene, where)
            self.slider.value = self.scene.train_ids.index(where.frame)
            self._choose(click.label)
            self._changed(self.studio.click, click)

    def on_change(self, what: str, frame: int | None) -> None:
        """Of what the studio's thread did; called there."""
        if what == "view":
            self._show_view(frame)
        elif what == "doubts":
            self._next = -1
            self._show_clicks()
        if what != "geometry" or self.studio.learner.step_count % 10 == 0:
            self._show_status()

    def _show_clicks(self) -> None:
        """The view that is clicked, with its clicks and where to click in it."""
        scene, studio = self.scene, self.studio
        image = colourise(scene.labels[self.frame]) if scene.rgb is None else scene.rgb[self.frame]
        wanted = next(((d.u, d.v) for d in studio.doubts if d.frame == self.frame), None)
        self.picture.show(mark_clicks(image, [c for c in studio.clicks if c.frame == self.frame], wanted))

    def _show_view(self, frame: int) -> None:
        view = self.studio.views.get(frame)
        if view is None:
            return
        where = self._reached(view)
        if frame == self.frame:
            if self.layer.value == "entropy":
                self.filled.show(layer_picture("entropy", view, self.scene.n_classes, None))
                self.key.value = layer_legend("entropy", view, self.scene.class_names, None)
            else:
                self.filled.show(filled_picture(view, where))
                self.key.value = filled_key(view, where, self.scene.class_names)
        if frame in self.gallery:
            self.gallery[frame].show(filled_picture(view, where))
            wrong = error_text(view, self._truth(frame, view), where) if self.studio.clicks else ""
            self.captions[frame].value = f"test view, frame {frame}: {wrong}"

    def _reached(self, view: View) -> Bool[np.ndarray, "height width"]:
        """Where the clicks tell something: nowhere before the first, however sure of itself the learner is."""
        return has_evidence(view, self.scene.n_classes) & bool(self.studio.clicks)

    def _truth(self, frame: int, view: View) -> UInt8[np.ndarray, "height width"]:
        height, width = view.labels.shape
        rows = ((np.arange(height) + 0.5) * self.scene.intrinsics.height / height).astype(int)
        columns = ((np.arange(width) + 0.5) * self.scene.intrinsics.width / width).astype(int)
        return self.scene.labels[frame][rows][:, columns]

    def _show_status(self) -> None:
        """Status, and which buttons mean something now."""
        studio, parts = self.studio, []
        learner = studio.learner
        if learner is None:
            parts.append("making the field")
        elif learner.step_count < learner.steps:
            parts.append(f"geometry from colours: step {learner.step_count} of {learner.steps}, click meanwhile")
        n = len(studio.clicks)
        parts.append(
            f"{n} click{'s' * (n != 1)} on {len({c.label for c in studio.clicks})} of {len(self.classes)} classes"
        )
        if n:
            parts.append("views are filling" if studio.seconds is None else f"views filled in {studio.seconds:.1f} s")
        if n and studio.doubts:
            best = studio.doubts[0]
            parts.append(f"least sure in frame {best.frame} ({best.entropy:.1f} nats)")
        self.status.value = escape("; ".join(parts))
        if studio.error:
            self.fault.value = f'<b style="color:#d55e00">The studio stopped: {escape(studio.error)}</b>'
        self.at_work.value = escape(AT_WORK.get(self.supervision.value, ""))
        self.undo.disabled, self.next.disabled, self.answer.disabled = n == 0, *[not studio.doubts] * 2
