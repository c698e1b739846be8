"""The teacher's notebook of ninety minutes: every "show" of TEACHING.md as a cell, in order.

It needs the one run of notebook 04, unpacked or trained, and nothing else. Each part is a slide for
`nbconvert --to slides`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import write_aside

NAME = "teach_90_minutes.ipynb"


@dataclass(frozen=True)
class Part:
    """A part of the lesson.

    Attributes:
        minute: when it starts.
        title: of its slide.
        say: what the teacher says, Markdown.
        show: the code of its cell; "" where there is nothing to show.
    """

    minute: int
    title: str
    say: str
    show: str = ""


SET_UP = """from semnerf_lib import plots, widgets
from semnerf_lib.experiments import open_scene, plan
from semnerf_lib.runs.store import Store

plots.style()
room = open_scene("room", SCALE)
planned = plan("training", room, SCALE)[0]
split, store = planned.scene, Store()
model = store.get(planned).load(split)"""

PARTS = (
    Part(0, "Can a room come out of labels alone?",
         "Each pixel of a photo has a class name: wall, sofa, lamp. There are "
         "no colours and no depth. **Vote: can a computer learn the room from that?** Here is a view that nobody took.",
         "widgets.free_view(widgets.view_renderer(model, split), split, widgets.made_truth(split))"),
    Part(8, "A pixel becomes a ray",
         "Notebook 01, up to \"And back\". Move the camera. Click a pixel. **Where does its "
         "ray end?**", "widgets.camera_rays(split, widgets.from_frames(split))"),
    Part(18, "Exercise 1 of notebook 01",
         "In pairs. Common mistakes: y points up, the direction is normalised. The check "
         "names both. Release the solution at minute 28."),
    Part(30, "How fine a detail can a network follow?",
         "Notebook 02. Move the octaves up and down at one boundary of a "
         "label image.", "widgets.encoding(split)"),
    Part(38, "One ray, from density to a pixel",
         "Notebook 03, up to \"Logits first\". Click a wall, then a boundary, then "
         "a window frame.", "from semnerf_lib.lessons.tracing import trace_field\n"
         "from semnerf_lib.lessons.voxel_field import surface_voxels\n\n"
         "widgets.one_ray(trace_field(surface_voxels(split), split.near, split.far), split)"),
    Part(52, "Exercise 1 or 2 of notebook 03",
         "Fast pairs do both. Release the solutions at minute 63."),
    Part(64, "What a label asks of density",
         "The loss at one pixel raises density where the right class is, and lowers "
         "it where a wrong class stands in front. This is the paper. Click a pixel of the trained field.",
         "from semnerf_lib.lessons.tracing import trace_model\n\nwidgets.one_ray(trace_model(model, split), split)"),
    Part(72, "Watch a field learn",
         "Press the button once: the next seed trains beside the finished run. Large regions "
         "come at once, boundaries late; depth soon stops getting better.", "widgets.live_training(planned, store)"),
    Part(80, "Is the geometry right?",
         "Switch to the distance to the truth. Blue is too far, red is too near. **Who voted "
         "no?**", "widgets.learnt_room(widgets.learnt_by(model, split))"),
    Part(87, "What next",
         "Notebooks 05 to 12, and the exercises \"to think about\"."),
)  # fmt: skip


def lesson(scale: str = "laptop") -> str:
    """The notebook's text.

    Args:
        scale: of the run that the cells load.
    """
    title = "# Ninety minutes: a room from labels alone\n\nRun all cells once before the lesson."
    cells = [_cell("t00", "markdown", title), _cell("t01", "code", SET_UP.replace("SCALE", repr(scale)))]
    for k, part in enumerate(PARTS, start=1):
        cells.append(_cell(f"t{k:02}-say", "markdown", f"## Minute {part.minute}: {part.title}\n\n{part.say}"))
        if part.show:
            cells.append(_cell(f"t{k:02}-show", "code", part.show))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    whole = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _cell(name: str, kind: str, source: str) -> dict:
    slide = "slide" if kind == "markdown" else "-"
    cell = {"cell_type": kind, "id": name, "metadata": {"slideshow": {"slide_type": slide}}}
    cell["source"] = source.splitlines(keepends=True)
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def write_lesson(folder: Path, scale: str = "laptop") -> Path:
    """Writes the notebook into a folder.

    Raises:
        SemnerfError: the notebook is there already, or the folder cannot be written to.
    """
    path = folder / NAME
    if path.exists():
        raise SemnerfError(f"{path}: exists, expected a new file: nothing is overwritten")
    write_aside(path, lambda aside: aside.write_text(lesson(scale), encoding="utf-8"))
    return path
