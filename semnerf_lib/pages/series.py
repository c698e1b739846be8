"""The series as a whole: what each notebook is about, how long it takes, what comes before it; and its index notebook.

Titles, ideas and pictures are taken from the notebooks. The file `series.json` in the same folder holds the rest: which
sentence and which picture to take, what a reader should know before, and the times, measured by `semnerf reproduce`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import open_scene
from semnerf_lib.machine.devices import device_name, pick_device
from semnerf_lib.machine.files import write_aside, write_json
from semnerf_lib.pages.html import jpeg, opened_picture, title_of
from semnerf_lib.pages.outputs import PICTURE_KINDS, pictures
from semnerf_lib.runs.notebooks import (
    FACTS,
    GLOSSARY,
    INDEX,
    find_notebooks,
    plans_for,
    read_facts,
    read_notebook,
    read_result,
)
from semnerf_lib.runs.store import Run, Store
from semnerf_lib.tables import roughly

PICTURES = "pictures"
WORDS_A_MINUTE, LINES_A_MINUTE, FIGURES_A_MINUTE = 180, 15, 2
"""How fast a newcomer reads prose, code and figures: a guess, and the index says so."""


@dataclass(frozen=True)
class Entry:
    """A notebook as the index shows it.

    Attributes:
        stem: its file's name without `.ipynb`.
        title: its first heading.
        idea: a passage of its prose, without emphasis.
        picture: a small JPEG of one of its figures.
        shows: what is in that figure, in a few words.
        before: numbers of the notebooks to read before it.
        knows: what else a reader should know, or "".
        minutes: to read it, a guess from its length.
        seconds: to execute it when its runs are finished; None if not measured.
        runs, runs_seconds: how many runs it asks for that no earlier notebook does, and how long they took to make.
    """

    stem: str
    title: str
    idea: str
    picture: bytes
    shows: str
    before: tuple[str, ...]
    knows: str
    minutes: int
    seconds: float | None
    runs: int
    runs_seconds: float

    @property
    def number(self) -> str:
        return self.stem[:2]

    @property
    def time(self) -> str:
        """For a person: to read, to run, to wait for its runs."""
        parts = [f"about {self.minutes} min to read"]
        if self.seconds is not None:
            parts.append(f"{roughly(self.seconds)} to run")
        if self.runs:
            runs = f"{self.runs} run{'s' if self.runs > 1 else ''}"
            parts.append(f"before the first time {runs}, {roughly(self.runs_seconds)}")
        return "; ".join(parts)

    @property
    def needs(self) -> str:
        """For a person: what to have read and to know before."""
        read = {0: "", 1: "notebook "}.get(len(self.before), "notebooks ") + ", ".join(self.before)
        return "; ".join(filter(None, [read, self.knows]))


def read_series(folder: Path) -> list[Entry]:
    """The entries of the notebooks of a folder, in order.

    Raises:
        SemnerfError: a notebook without an entry in `series.json`, or without the passage or picture named there.
    """
    facts, entries = read_facts(folder), []
    times = facts["times"]
    for path in find_notebooks(folder):
        number = path.name[:2]
        if number not in facts["notebooks"]:
            raise SemnerfError(f"{folder / FACTS}: nothing of notebook {number}, expected its idea and picture")
        entry, notebook = facts["notebooks"][number], read_notebook(path)
        picture, shows = picture_of(notebook, entry["picture"], path)
        if plain(entry["idea"]) not in plain("\n".join(prose(notebook))):
            raise SemnerfError(f"{path}: says nowhere {entry['idea']!r}, expected the idea that {FACTS} names")
        runs, runs_seconds = times["runs"].get(number, (0, 0.0))
        entries.append(
            Entry(
                stem=path.stem,
                title=title_of(notebook, path.stem),
                idea=entry["idea"],
                picture=small_jpeg(picture),
                shows=shows,
                before=tuple(entry["before"]),
                knows=entry["knows"],
                minutes=reading_minutes(notebook),
                seconds=times["seconds"].get(number),
                runs=runs,
                runs_seconds=runs_seconds,
            )
        )
    return entries


def prose(notebook: Any) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def plain(text: str) -> str:
    """Prose without emphasis, on one line."""
    return " ".join(re.sub(r"[*_`]", "", text).split())


def picture_of(notebook: Any, words: str, path: Path) -> tuple[Image.Image, str]:
    """The last picture that a cell with these words in its source left, and the start of its alternative text.

    Raises:
        SemnerfError: no such cell, or none with a picture.
    """
    cells = [cell for cell in notebook.cells if words in cell.source and pictures(cell)]
    if not cells:
        raise SemnerfError(f"{path}: no picture by a cell with {words!r}, expected the one that {FACTS} names")
    shown = [(kind, output) for output in cells[0].outputs for kind in PICTURE_KINDS if kind in output.get("data", {})]
    kind, output = shown[-1]
    alternative = output.get("metadata", {}).get(kind, {}).get("alt", "A figure")
    return opened_picture(output["data"][kind], path), re.split(r"\. |[\[\]]", alternative)[0].rstrip(".")


def small_jpeg(image: Image.Image, size: tuple[int, int] = (360, 240)) -> bytes:
    """The upper left part of an image that fills `size`, as JPEG."""
    return jpeg(ImageOps.fit(image, size, Image.Resampling.LANCZOS, centering=(0, 0)), quality=70, optimize=True)


def reading_minutes(notebook: Any) -> int:
    """How long a newcomer may read, a guess from words, lines of code and figures; a multiple of five."""
    words = sum(len(text.split()) for text in prose(notebook))
    lines = sum(len(cell.source.splitlines()) for cell in notebook.cells if cell.cell_type == "code")
    figures = sum(len(pictures(cell)) for cell in notebook.cells)
    minutes = words / WORDS_A_MINUTE + lines / LINES_A_MINUTE + figures / FIGURES_A_MINUTE
    return max(5, 5 * round(minutes / 5))


def measured_on(folder: Path) -> str:
    """On which machine the times were measured; says so if there are none."""
    on = read_facts(folder)["times"]["on"]
    return f"Times to run: {on}." if on else "Times to run are not measured yet."


def index_notebook(folder: Path, entries: list[Entry]) -> Any:
    """The index of a folder of notebooks: a notebook without code, with pictures in the folder `pictures`.

    The pictures are files because every viewer shows those: GitHub removes `data:` addresses, and JupyterLab requests
    `attachment:` addresses from the server.
    """
    from nbformat import v4

    head = (
        "# A NeRF from semantic labels alone: the series\n\n"
        "From a pixel's ray to the last experiment of *Semantic Is Enough* (Wang et al., 2023; **P1**), and to a\n"
        "verdict on each of its claims. Read the notebooks in order; 06 to 09 can change places. They show their\n"
        "figures without being run; where an explorer stands, it comes to life when its cell is run.\n\n"
        "These notebooks contain the solutions of their exercises, folded. To solve the exercises yourself, type\n"
        "`semnerf students DIR` (or `make lab`) and open `index.ipynb` in that folder.\n\n"
        f"{measured_on(folder)} Times to read are a guess from length. Words are explained in the\n"
        f"[glossary](../{GLOSSARY})."
    )
    cells = [v4.new_markdown_cell(head, id="head")]
    for entry in entries:
        text = (
            f"## [{entry.title}]({entry.stem}.ipynb)\n\n"
            f"![{entry.shows}]({PICTURES}/{entry.number}.jpg)\n\n"
            f"{entry.idea}\n\n"
            f"- **Time:** {entry.time}\n"
            f"- **Before it:** {entry.needs or 'nothing'}"
        )
        cells.append(v4.new_markdown_cell(text, id=f"notebook-{entry.number}"))
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def write_index(folder: Path) -> Path:
    """Writes `index.ipynb` and its pictures into a folder of notebooks."""
    import nbformat

    entries = read_series(folder)
    notebook = index_notebook(folder, entries)
    for entry in entries:
        write_aside(folder / PICTURES / f"{entry.number}.jpg", lambda path, data=entry.picture: path.write_bytes(data))
    write_aside(folder / INDEX, lambda path: nbformat.write(notebook, path))
    return folder / INDEX


def take_times(folder: Path, store: Store) -> None:
    """Writes into `series.json` how long the notebooks and their runs took, for the made room at laptop scale.

    The time of a run is that of all cores together: a run that was made beside others counts with its share of the
    cores.

    Args:
        folder: of the notebooks.
        store: where the runs and the pages of `semnerf reproduce` are, all made on this machine.

    Raises:
        SemnerfError: a notebook was not executed or failed, or one of its runs is missing.
    """
    scene, cores = open_scene("room", "laptop"), os.cpu_count() or 1
    seconds: dict[str, float] = {}
    made: dict[str, Run] = {}
    runs: dict[str, tuple[int, float]] = {}
    for path in find_notebooks(folder):
        number, page = path.name[:2], store.root / "room-laptop" / "notebooks" / f"{path.stem}.json"
        result = read_result(page)
        if not result["ok"]:
            raise SemnerfError(f"{page}: the notebook failed, expected one without an error")
        seconds[number] = round(result["seconds"], 1)
        planned = [one for plan in plans_for([path], scene, "laptop").values() for one in plan]
        fresh = {one.id: store.find(one) for one in planned if one.id not in made}
        if None in fresh.values():
            raise SemnerfError(f"{store.root}: a run of notebook {number} is missing, expected all of a `reproduce`")
        if fresh:
            runs[number] = (len(fresh), round(sum(seconds_of(run, cores) for run in fresh.values()), 1))
        made |= fresh
    latest = max((run.provenance["date"][:10] for run in made.values()), default=None)
    on = ", ".join(filter(None, [device_name(pick_device()).split(",")[0], f"{cores} cores", latest]))
    write_json(folder / FACTS, read_facts(folder) | {"times": {"on": on, "seconds": seconds, "runs": runs}})


def seconds_of(run: Run, cores: int) -> float:
    """Seconds that a run took to train and score, times its share of the cores."""
    seconds = run.metrics["seconds_training"] + run.metrics["seconds_evaluation"]
    return seconds * min(1.0, run.provenance["threads"] / cores)
