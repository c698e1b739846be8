"""The corruption lab: choose what is done to the labels, and see exactly the labels that a run would learn from."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from html import escape

import ipywidgets as widgets
import numpy as np
from jaxtyping import UInt8
from matplotlib.figure import Figure

from semnerf_lib import plots
from semnerf_lib.corruptions.amounts import FACTOR
from semnerf_lib.corruptions.kinds import CLASS, KINDS
from semnerf_lib.corruptions.rules import Labels
from semnerf_lib.errors import SemnerfError
from semnerf_lib.labels import Corruption, corrupt
from semnerf_lib.lessons.label_statistics import LabelStatistics, label_statistics
from semnerf_lib.palette import colourise, palette
from semnerf_lib.plots.images import MISSING, RIGHT, UNKNOWN, WRONG, error_picture, label_picture
from semnerf_lib.scene import Scene
from semnerf_lib.widgets.explorer import Explorer
from semnerf_lib.widgets.layers import colour_key
from semnerf_lib.widgets.picture import Picture

IN_FIGURE = (
    Corruption("pixel-noise", 0.5),
    Corruption("super-dense", 8),
    Corruption("super-sparse", 8),
    Corruption("propagation", 1),
    Corruption("propagation", 10),
)
MOST_CLASSES = 12
WIDE = {"layout": {"width": "380px"}, "style": {"description_width": "105px"}}
GAP = {"grid_gap": "12px", "flex_flow": "row wrap"}
LAZY = WIDE | {"continuous_update": False}


def corruption_lab(
    scene: Scene,
    corrupt: Callable[[Scene, Corruption, int], Labels] = corrupt,
    frame: int | None = None,
    kind: str = "pixel-noise",
) -> Explorer:
    """A training frame's labels clean and corrupted, what changed, in numbers for it and for all training frames.

    These are the labels that a run with the same corruption and seed learns from.

    Args:
        scene: with the split to train on.
        corrupt: (scene, corruption, seed) to the labels of all frames (see `labels.corrupt`).
        frame: shown first; None takes the training frame with the most classes.
        kind: shown first; one of `kinds.KINDS` that the lab offers.

    Raises:
        SemnerfError: a frame that is not for training, or an unknown kind.
    """
    if frame is None:
        frame = max(scene.train_ids, key=lambda i: len(np.unique(scene.labels[i])))
    if frame not in scene.train_ids:
        raise SemnerfError(f"corruption_lab: frame {frame}, expected a training frame of scene {scene.name}")
    objects = scene.instances is not None
    kinds = {entry.lab: name for name, entry in KINDS.items() if entry.lab and (objects or entry.of != CLASS)}
    if kind not in kinds.values():
        raise SemnerfError(f"corruption_lab: kind {kind!r}, expected one of: {', '.join(kinds.values())}")
    lab = _Lab(scene, corrupt, frame, kind, kinds)
    return Explorer(lambda: lab.widget, lab.figure)


class _Lab:
    """What the explorer shows and what its controls do."""

    def __init__(self, scene: Scene, corrupt: Callable, frame: int, kind: str, kinds: dict[str, str]) -> None:
        self.scene, self.corrupt, self.ids = scene, corrupt, list(scene.train_ids)
        self.kind = widgets.Dropdown(options=kinds, value=kind, description="what is done", **WIDE)
        self.amounts = widgets.Box()  # of a slider, anew for each kind
        self.of = widgets.Dropdown(options=self._objects(), description="objects", **WIDE)
        self.frame = widgets.SelectionSlider(options=self.ids, value=frame, description="training frame", **LAZY)
        self.seed = widgets.BoundedIntText(value=0, min=0, max=9999, description="seed", **WIDE)
        self.command, self.numbers, self.classes, self.key = (widgets.HTML() for _ in range(4))
        clean = colourise(scene.labels[frame])
        self.pictures = {name: Picture(clean, width=300, name=name) for name in ("clean", "corrupted", "changed")}
        self.titles = {name: widgets.HTML() for name in self.pictures}
        self._other_kind()
        self.kind.observe(lambda _: self._other_kind(), "value")
        for control in (self.of, self.seed):
            control.observe(lambda _: self.show(), "value")
        self.frame.observe(lambda _: self.draw(), "value")
        columns = [widgets.VBox([self.titles[name], picture]) for name, picture in self.pictures.items()]
        for picture in self.pictures.values():
            picture.cursor = "default"
        controls = widgets.VBox([self.kind, self.amounts, self.of, self.frame, self.seed, self.command])
        self.widget = widgets.VBox(
            [
                widgets.HBox(columns, layout=GAP),
                self.key,
                widgets.HBox([controls, self.numbers, self.classes], layout=GAP),
            ]
        )

    @property
    def corruption(self) -> Corruption:
        return Corruption(self.kind.value, self.amount.value, self.of.value if self.of_class else None)

    @property
    def of_class(self) -> bool:
        """Whether the chosen kind changes the objects of one class."""
        return KINDS[self.kind.value].of == CLASS

    def show(self) -> None:
        """Corrupts anew and shows the labels, or the error where they cannot be corrupted so."""
        self.of.layout.display = "" if self.of_class else "none"
        try:
            self.labels = self.corrupt(self.scene, self.corruption, self.seed.value)[self.ids]
        except SemnerfError as fault:
            self.command.value = f"<b style='color:#d55e00'>{escape(str(fault))}</b>"
            return
        self.all = label_statistics(self.scene.labels[self.ids], self.labels, self.scene.n_classes)
        self.draw()

    def draw(self) -> None:
        """Shows the chosen frame of the corrupted labels."""
        clean, given = self.scene.labels[self.frame.value], self.labels[self.ids.index(self.frame.value)]
        here = label_statistics(clean[None], given[None], self.scene.n_classes)
        images = (colourise(clean), label_picture(given, clean), error_picture(clean, given))
        names = (f"clean, frame {self.frame.value}", self.corruption.title, "what changed")
        for (name, picture), image, title in zip(self.pictures.items(), images, names, strict=True):
            picture.show(image)
            self.titles[name].value = f"<b>{escape(title)}</b>"
        self.key.value = colour_key({"right": RIGHT, "wrong": WRONG, "no label": MISSING, "truth is void": UNKNOWN})
        typed = f"--corruption {shlex.quote(str(self.corruption))} --seed {self.seed.value}"
        self.command.value = (
            "To train on exactly these labels (click, then copy):<br><code style='user-select:all;background:#f2f2f2;"
            f"padding:3px 6px;font-size:11px;white-space:nowrap'>semnerf train {escape(typed)}</code>"
        )
        self.numbers.value = _numbers(here, self.all, len(self.ids))
        self.classes.value = _classes(clean, here, self.scene)

    def figure(self) -> Figure:
        """The frame clean and after one amount of each kind."""
        frame, seen = self.frame.value, {}
        for corruption in IN_FIGURE:
            seen[corruption.title] = self.corrupt(self.scene, corruption, self.seed.value)[frame]
        return plots.corrupted_labels(
            self.scene.labels[frame], seen, self.scene.class_names, f"Training frame {frame}, corrupted"
        )

    def _objects(self) -> list[str]:
        if self.scene.instances is None:
            return []
        names = [self.scene.class_names[c] for c in self.scene.present_classes]
        return sorted(names, key=lambda name: (name != "chair", name))

    def _other_kind(self) -> None:
        amount, size = KINDS[self.kind.value].amount, min(self.scene.labels.shape[1:])
        fitting = {amount.text(x): x for x in amount.choices if amount is not FACTOR or x <= size}
        first = min(amount.first, max(fitting.values()))
        self.amount = widgets.SelectionSlider(options=fitting, value=first, description=amount.name, **LAZY)
        self.amount.observe(lambda _: self.show(), "value")
        self.amounts.children = [self.amount]
        self.show()


def _numbers(here: LabelStatistics, everywhere: LabelStatistics, n_frames: int) -> str:
    def line(name: str, *values: str) -> str:
        return f"<tr><td>{name}</td>{''.join(f'<td style=text-align:right;padding-left:14px>{v}</td>' for v in values)}"

    def shares(name: str, attribute: str) -> str:
        return line(name, *(f"{getattr(s, attribute):.1%}" for s in (here, everywhere)))

    rows = [
        "<tr><th></th><th>this frame</th><th style='padding-left:14px'>all training frames</th>",
        line("frames with a label", "yes" if here.frames else "no", f"{everywhere.frames} of {n_frames}"),
        shares("pixels with a label", "labelled"),
        line("<i>of the pixels with a known class</i>", "", ""),
        shares("&nbsp; label is right", "right"),
        shares("&nbsp; label is wrong", "wrong"),
        shares("&nbsp; label is gone", "lost"),
        line("classes left", str(here.classes), str(everywhere.classes)),
        line("entropy of the classes (nats)", f"{here.entropy:.2f}", f"{everywhere.entropy:.2f}"),
    ]
    return f"<table style='line-height:1.45;white-space:nowrap'>{'</tr>'.join(rows)}</tr></table>"


def _classes(clean: UInt8[np.ndarray, "height width"], here: LabelStatistics, scene: Scene) -> str:
    """Bars of this frame's classes: the pixels that they had (outline), have rightly (colour) and wrongly (orange)."""
    had = np.bincount(clean.ravel(), minlength=256)[: scene.n_classes]
    order = sorted(np.flatnonzero(had), key=lambda c: -had[c])
    scale, colours = 150 / max(1, had.max(), here.given.max()), palette(scene.n_classes)
    wrong = here.given - here.hits
    rows = []
    for c in order[:MOST_CLASSES]:
        parts = ((here.hits[c], colours[c].tolist()), (wrong[c], WRONG))
        box = "display:inline-block;height:9px;line-height:0;white-space:nowrap;width"
        bar = "".join(f"<span style='{box}:{scale * n:.1f}px;background:rgb{tuple(rgb)}'></span>" for n, rgb in parts)
        rows.append(
            f"<tr><td>{escape(scene.class_names[c])}</td><td style='width:160px'>"
            f"<span style='{box}:{scale * had[c]:.1f}px;outline:1px solid #8a8a8a'>{bar}</span></td>"
            f"<td style='text-align:right;padding-left:8px'>{had[c]} → {here.given[c]}</td></tr>"
        )
    more = f"and {len(order) - MOST_CLASSES} smaller classes" if len(order) > MOST_CLASSES else ""
    head = "<b>this frame, pixels a class</b><br>outline: clean; filled: labelled so, orange: wrongly"
    table = f"<table style='line-height:1.25;font-size:12px'>{''.join(rows)}</table>"
    return f"<div style='line-height:1.4'>{head}{table}{more}</div>"
