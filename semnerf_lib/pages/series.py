"""The series as a whole: what each notebook is about, how long it takes, what comes before it; and its index notebook.

Titles, ideas and pictures are taken from the notebooks themselves. What these cannot say stands in `series.json` beside
them: which sentence and which picture to take, what to know before, and the times, measured by `semnerf reproduce`.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import write_aside
from semnerf_lib.machine.jsons import is_number, of_kinds, read_json
from semnerf_lib.pages.html import opened_picture, title_of
from semnerf_lib.runs.notebooks import find_notebooks, read_notebook

FACTS = "series.json"
INDEX = "index.ipynb"
PICTURES = "pictures"
WORDS_A_MINUTE, LINES_A_MINUTE, FIGURES_A_MINUTE = 180, 15, 2
"""How fast a newcomer reads prose, code and figures. A guess, and called one where it is shown."""


@dataclass(frozen=True)
class Entry:
    """A notebook as the index shows it.

    Attributes:
        stem: its file's name without `.ipynb`.
        title: its first heading.
        idea: a passage of its prose, without emphasis.
        picture: a small JPEG of one of its figures.
        before: numbers of the notebooks to read before it.
        knows: what to know besides, or "".
        minutes: to read it, a guess from its length.
        seconds: to execute it once its runs are there; None if not measured.
        runs, runs_seconds: how many runs it asks for that no earlier notebook does, and how long they took to make.
    """

    stem: str
    title: str
    idea: str
    picture: bytes
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
            parts.append(f"{spell(self.seconds)} to run")
        if self.runs:
            parts.append(
                f"before the first time {self.runs} run{'s' if self.runs > 1 else ''}, {spell(self.runs_seconds)}"
            )
        return "; ".join(parts)

    @property
    def needs(self) -> str:
        """For a person: what to have read and to know before."""
        read = {0: "", 1: "notebook "}.get(len(self.before), "notebooks ") + ", ".join(self.before)
        return "; ".join(filter(None, [read, self.knows]))


def spell(seconds: float) -> str:
    """Seconds as one rounds them when one plans.

    >>> spell(8.4), spell(47), spell(200)
    ('10 s', '50 s', '3 min')
    """
    return f"{max(1, round(seconds / 10)) * 10} s" if seconds < 90 else f"{round(seconds / 60)} min"


def read_series(folder: Path) -> list[Entry]:
    """The notebooks of a folder as its `series.json` and they themselves tell, in order.

    Raises:
        SemnerfError: a notebook that `series.json` does not know, or one without the passage or picture named there.
    """
    facts, entries = read_facts(folder), []
    times = facts["times"]
    for path in find_notebooks(folder):
        number = path.name[:2]
        if number not in facts["notebooks"]:
            raise SemnerfError(f"{folder / FACTS}: nothing of notebook {number}, expected its idea and picture")
        said, notebook = facts["notebooks"][number], read_notebook(path)
        if plain(said["idea"]) not in plain("\n".join(prose(notebook))):
            raise SemnerfError(f"{path}: says nowhere {said['idea']!r}, expected the idea that {FACTS} names")
        runs, runs_seconds = times["runs"].get(number, (0, 0.0))
        entries.append(
            Entry(
                stem=path.stem,
                title=title_of(notebook, path.stem),
                idea=said["idea"],
                picture=small_jpeg(picture_of(notebook, said["picture"], path)),
                before=tuple(said["before"]),
                knows=said["knows"],
                minutes=reading_minutes(notebook),
                seconds=times["seconds"].get(number),
                runs=runs,
                runs_seconds=runs_seconds,
            )
        )
    return entries


def read_facts(folder: Path) -> dict[str, Any]:
    """What `series.json` of a folder of notebooks holds.

    Raises:
        SemnerfError: missing, or without a key, or with another type there.
    """
    path, number = folder / FACTS, (int, float)
    facts = read_json(path)
    if not of_kinds(facts, {"notebooks": dict, "times": dict}):
        raise SemnerfError(f"{path}: expected the objects 'notebooks' and 'times'")
    for name, said in facts["notebooks"].items():
        texts = of_kinds(said, {"idea": str, "picture": str, "before": list, "knows": str})
        if not texts or not all(isinstance(before, str) for before in said["before"]):
            raise SemnerfError(f"{path}: notebook {name}, expected the texts idea, picture, knows and the list before")
    times = facts["times"]
    if not of_kinds(times, {"on": str, "seconds": dict, "runs": dict}):
        raise SemnerfError(f"{path}: times, expected the text 'on' and the objects 'seconds' and 'runs'")
    if not of_kinds(times["seconds"], dict.fromkeys(times["seconds"], number)):
        raise SemnerfError(f"{path}: times: seconds, expected numbers")
    for name, pair in times["runs"].items():
        if not isinstance(pair, list) or len(pair) != 2 or type(pair[0]) is not int or not is_number(pair[1]):
            raise SemnerfError(f"{path}: times: runs of notebook {name}, expected how many and how long they took")
    return facts


def prose(notebook: Any) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def plain(text: str) -> str:
    """Prose without emphasis, on one line."""
    return " ".join(re.sub(r"[*_`]", "", text).split())


def pictures(cell: Any) -> list[str]:
    """The pictures among a cell's outputs, base64."""
    data = [output.get("data", {}) for output in cell.get("outputs", [])]
    return [found[kind] for found in data for kind in ("image/png", "image/jpeg") if kind in found]


def picture_of(notebook: Any, words: str, path: Path) -> Image.Image:
    """The last picture that a cell with these words in its source left.

    Raises:
        SemnerfError: no such cell, or none with a picture.
    """
    found = [shown[-1] for cell in notebook.cells if words in cell.source and (shown := pictures(cell))]
    if not found:
        raise SemnerfError(f"{path}: no picture by a cell with {words!r}, expected the one that {FACTS} names")
    return opened_picture(found[0], path)


def small_jpeg(image: Image.Image, size: tuple[int, int] = (360, 240)) -> bytes:
    """As much of an image, from its upper left corner, as fills `size`, as JPEG."""
    stream = io.BytesIO()
    ImageOps.fit(image, size, Image.Resampling.LANCZOS, centering=(0, 0)).save(
        stream, "JPEG", quality=70, optimize=True
    )
    return stream.getvalue()


def reading_minutes(notebook: Any) -> int:
    """How long a newcomer may read, a guess from words, lines of code and figures; a multiple of five."""
    words = sum(len(text.split()) for text in prose(notebook))
    lines = sum(len(cell.source.splitlines()) for cell in notebook.cells if cell.cell_type == "code")
    figures = sum(len(pictures(cell)) for cell in notebook.cells)
    minutes = words / WORDS_A_MINUTE + lines / LINES_A_MINUTE + figures / FIGURES_A_MINUTE
    return max(5, 5 * round(minutes / 5))


def measured_on(folder: Path) -> str:
    """On what the times were measured, or that none were."""
    on = read_facts(folder)["times"]["on"]
    return f"Times to run: {on}." if on else "Times to run are not measured yet."


def index_notebook(folder: Path, entries: list[Entry]) -> Any:
    """The index of a folder's notebooks: a notebook without code, its pictures in files beside it.

    Files, because every reader shows them: GitHub drops `data:` addresses, and JupyterLab asks for `attachment:` ones
    before it looks into the cell.
    """
    from nbformat import v4

    head = (
        "# A NeRF from semantic labels alone: the series\n\n"
        "From a pixel's ray to the last experiment of *Semantic Is Enough* (Wang et al., 2023; **P1**), and to a\n"
        "verdict on each of its claims. Read the notebooks in order; 06 to 09 can change places. They show their\n"
        "figures without being run; where an explorer stands, it comes to life when its cell is run.\n\n"
        f"{measured_on(folder)} Times to read are a guess from length."
    )
    cells = [v4.new_markdown_cell(head, id="head")]
    for entry in entries:
        text = (
            f"## [{entry.title}]({entry.stem}.ipynb)\n\n"
            f"![A figure of notebook {entry.number}]({PICTURES}/{entry.number}.jpg)\n\n"
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
