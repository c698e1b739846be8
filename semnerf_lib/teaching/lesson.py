"""The teacher's notebook of ninety minutes: each "show" of TEACHING.md's plan is a cell, in order.

`PARTS` is the plan. The notebook and the plan's table in TEACHING.md are both made from it. The notebook needs the
first run of notebook 04, unpacked or trained, and no other. Cells that a notebook of the series has are copied.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semnerf_lib.errors import SemnerfError
from semnerf_lib.runs.notebooks import read_notebook

NAME = "teach_90_minutes.ipynb"
HAND_OUT = "docs/hand_out.md"
"""In the project: one page for students."""


@dataclass(frozen=True)
class Show:
    """A cell of the teacher's notebook.

    Attributes:
        title: its heading, by which the plan names it.
        cells: "NN#id" of cells of notebook NN, whose sources it begins with.
        code: the rest of its source.
    """

    title: str
    cells: tuple[str, ...] = ()
    code: str = ""


@dataclass(frozen=True)
class Part:
    """A part of the lesson.

    Attributes:
        minute: when it starts.
        title: of its slide.
        say: what the teacher says and asks, Markdown.
        do: what students do or the teacher watches for, Markdown; in the plan, not on the slide.
        shows: its cells, in order.
    """

    minute: int
    title: str
    say: str
    do: str = ""
    shows: tuple[Show, ...] = ()


LETTERS = """from semnerf_lib import plots

plots.style(letters=1.25)"""

FREE_VIEW = """from semnerf_lib import training, widgets
from semnerf_lib.evaluation import render_view
from semnerf_lib.experiments import plan
from semnerf_lib.lessons.tracing import trace_model
from semnerf_lib.losses import semantic_loss
from semnerf_lib.runs.store import Store

[planned] = plan("training", data, scale)
split, store = planned.scene, Store()
run = store.get(planned)
model = run.load(split)
widgets.free_view(widgets.view_renderer(model, split), split, widgets.made_truth(split))"""

NEW_VIEWS = """from semnerf_lib.plots.renders import telling_frames

ids = telling_frames(split, 2)
rendered = [render_view(model, split.intrinsics, split.c2w[i], split.near, split.far) for i in ids]
labels = np.stack([view.labels for view in rendered])
plots.comparison(split.labels[ids], [labels], split.class_names, ["from labels alone"], "Views that training never saw")
plt.show()"""

THEIR_DEPTH = """depth = np.stack([view.depth for view in rendered])
true_depth = np.zeros_like(depth) if split.depth is None else split.depth[ids]
plots.depth_comparison(true_depth, depth, [f"frame {i}" for i in ids], "Geometry learnt from labels")
plt.show()"""

PARTS = (
    Part(
        0,
        "Can a room come out of labels alone?",
        "Each pixel of a photo has the name of a class: wall, sofa, lamp. There are no colours and no depth. "
        "**Vote: can a computer learn the room from that?** Then look at a view that training never saw. Drag it: no "
        "camera was there.",
        "Write the votes on the board: they are counted again at minute 80.",
        (
            Show("All that training sees", ("01#c04-65691f",)),
            Show(
                "A view that training never saw",
                code=FREE_VIEW,
            ),
        ),
    ),
    Part(
        8,
        "A pixel becomes a ray",
        "A ray is a start and a direction in the room. Move the camera, click a pixel. **Where does its ray end?**",
        'Students run notebook 01 up to "And back: from a point to a pixel".',
        (Show("A camera and its rays", ("01#63df8d20",)),),
    ),
    Part(
        18,
        "Exercise 1 of notebook 01",
        "In pairs: *A pixel's ray, from memory*. The check says what is wrong.",
        "Expect the flipped y and the normalised direction; the check names both. Release the solution at minute 28.",
    ),
    Part(
        30,
        "How fine a detail can a network follow?",
        "A small network blurs a label image. Sines and cosines of the place let it follow edges; a grid stores its "
        "features in space instead. **How many octaves are too many?**",
        "Notebook 02 in pictures only. Leave this part out if time runs short.",
        (
            Show("Three networks at a boundary", ("02#c04-b886d7", "02#c05-565a0b")),
            Show("Octaves, up and down", ("02#70bdb51c",)),
            Show("What the grid does instead", ("02#c22-4dd2bf",)),
        ),
    ),
    Part(
        38,
        "One ray, from density to a pixel",
        "Density stops light; what gets through reaches the next sample; the product of both makes the pixel. Lower "
        "*density ×* to about 0.03: things become fog. Set it back to 1 and click a wall, then a boundary. **Is a "
        "pixel one thing?**",
        "In the fog the first pixel is half book, half coffee table. "
        'Students run notebook 03 up to "Logits first, softmax last".',
        (Show("Mist, then a wall", ("03#c04-c85de9",)), Show("One ray of the true room", ("03#1c783329",))),
    ),
    Part(
        52,
        "Exercise 1 or 2 of notebook 03",
        "In pairs: *From density to depth* or *A pixel's classes*.",
        "Fast pairs do both. Release the solutions at minute 63.",
    ),
    Part(
        64,
        "What a label asks of density",
        "The loss at one pixel raises density where the right class is, and lowers it where a wrong class stands in "
        "front. **This is the paper.** Then click pixels of the trained field.",
        "Ask before each click: where along the ray will the density be?",
        (
            Show("The gradient of one label", ("03#c27-f265cd",)),
            Show("One ray of the trained field", code="widgets.one_ray(trace_model(model, split), split)"),
        ),
    ),
    Part(
        72,
        "Watch a field learn",
        "One step: draw labelled rays, render them, cross-entropy, backwards, Adam. Press the button once: the next "
        "seed trains beside the finished run. **What comes first, what comes late?**",
        "Large regions come at once, boundaries late; depth soon stops getting better. Look again at minute 85.",
        (
            Show(
                "A step, as the library has it",
                code="show_source(semantic_loss, training.Trainer.step)",
            ),
            Show("Live training", code="widgets.live_training(planned, store)"),
        ),
    ),
    Part(
        80,
        "Is the geometry right?",
        "Labels and depth beside the truth, then the learnt room: switch to the distance to the truth. Blue is too "
        "far, red is too near. **Who voted no?**",
        "Let them find where every label is right and the depth is not. Then look at the live training once more.",
        (
            Show("New views beside the truth", code=NEW_VIEWS),
            Show("Their depth beside the truth", code=THEIR_DEPTH),
            Show("The learnt room", code="widgets.learnt_room(widgets.learnt_by(model, split))"),
        ),
    ),
    Part(
        87,
        "What next",
        "Notebooks 05 to 12: the paper's experiments and your own scene; 13 to 19: what the paper and short runs leave "
        "open. Each ends with exercises and with questions *to think about*.",
        "If the room is fast: exercise 2 of notebook 04 (why a factor of 0.04 does nothing) takes five minutes.",
    ),
)


def plan_table(parts: Sequence[Part] = PARTS) -> str:
    """The plan as a table in Markdown: minute, what to say and do, which cells of the notebook to show."""
    lines = ["| min | say and do | show |", "| --- | --- | --- |"]
    for part in parts:
        shows = ";<br>".join(f"*{show.title}*" for show in part.shows)
        words = "<br>".join(filter(None, [f"**{part.title}**", part.say, part.do]))
        lines.append(f"| {part.minute} | {words} | {shows} |")
    return "\n".join(lines)


def lesson(notebooks: Sequence[Path], parts: Sequence[Part] = PARTS) -> str:
    """The notebook's text.

    Args:
        notebooks: of the series, from which cells are copied.

    Raises:
        SemnerfError: a notebook or a cell that is copied is missing.
    """
    sources = {path.name[:2]: path for path in notebooks}
    opened = {number: read_notebook(path) for number, path in sources.items() if number <= "04"}

    def copied(place: str) -> Any:
        number, name = place.split("#")
        same = [cell for cell in opened[number].cells if cell.id == name] if number in opened else []
        if not same:
            raise SemnerfError(f"notebooks: no cell {place}, expected notebooks 01 to 04 of this version")
        return same[0]

    note = "Run all cells once before the lesson. The code is folded: click the three dots to see it."
    cells = [_cell("title", "markdown", "# Ninety minutes: a room from labels alone", "slide")]
    cells.append(_cell("note", "markdown", note, "skip"))
    for k, place in enumerate(("01#c01-7e2af4", "01#c02-7550f7")):
        cells.append(_cell(f"begin-{k}", "code", copied(place).source, "skip"))
    cells[2]["metadata"]["tags"] = ["parameters"]  # papermill's
    cells.append(_cell("letters", "code", LETTERS, "skip"))
    for part in parts:
        name = f"minute-{part.minute:02}"
        text = f"## Minute {part.minute}: {part.title}\n\n{part.say}"
        cells.append(_cell(name, "markdown", text, "slide"))
        for k, show in enumerate(part.shows):
            source = "\n\n".join([*(copied(place).source for place in show.cells), show.code]).strip()
            cells.append(_cell(f"{name}-{k}-title", "markdown", f"### {show.title}", "subslide"))
            cells.append(_cell(f"{name}-{k}", "code", source, "-"))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    whole = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _cell(name: str, kind: str, source: str, slide: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"slideshow": {"slide_type": slide}}
    cell = {"cell_type": kind, "id": name, "metadata": metadata, "source": source.splitlines(keepends=True)}
    if kind == "code":
        metadata["jupyter"] = {"source_hidden": True}
        cell |= {"execution_count": None, "outputs": []}
    return cell
