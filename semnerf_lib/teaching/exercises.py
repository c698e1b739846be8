"""Which exercises of a person's own folder are solved: the checks mark them in a file beside the notebooks.

The folder that `semnerf students DIR` writes has such a file; where there is none, nothing is marked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import write_json
from semnerf_lib.machine.jsons import read_json
from semnerf_lib.tables import Display, table

FILE = "progress.json"
CELL = "from semnerf_lib.teaching import progress\n\nprogress()"
HEAD = (
    "# Exercises: start here\n\n"
    "Read the notebooks in order; 06 to 09 can change places. The exercises are at the end of each. Write your code "
    "where it says `# your code`, and run the cell below it: the check says what is wrong.\n\n"
    "Run the next cell to see which exercises are solved."
)

Exercises = dict[str, dict[str, Any]]
"""Name of the function that an exercise asks for -> its notebook, its number and title, and whether it is solved."""


def exercises_of(stem: str, cells: list[Mapping[str, Any]]) -> Exercises:
    """The exercises of a notebook, none of them solved.

    Args:
        stem: the name of its file without `.ipynb`.
        cells: of its JSON.
    """
    exercises: Exercises = {}
    title = ""
    for cell in cells:
        source = "".join(cell["source"])
        if heading := re.match(r"### Exercise (\d: .+)", source):
            title = re.sub(r"[*`]", "", heading[1])
        for task in re.findall(r"^check_\w+\((\w+)\)$", source, re.MULTILINE):
            exercises[task] = {"notebook": stem, "exercise": title, "solved": False}
    return exercises


def exercises_index(exercises: Exercises, titles: Mapping[str, str]) -> Any:
    """A notebook that leads to the exercises and shows which are solved.

    Args:
        titles: stem of a notebook -> its first heading, in the order in which they are read.
    """
    from nbformat import v4

    cells = [v4.new_markdown_cell(HEAD, id="head"), v4.new_code_cell(CELL, id="progress")]
    for stem, title in titles.items():
        tasks = [f"- Exercise {one['exercise']}" for one in exercises.values() if one["notebook"] == stem]
        cells.append(v4.new_markdown_cell("\n".join([f"## [{title}]({stem}.ipynb)\n", *tasks]), id=stem[:2]))
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def mark_solved(task: str) -> None:
    """Marks an exercise in the current folder, where that has a file of progress."""
    path = Path.cwd() / FILE
    if path.is_file():
        exercises = _read(path)
        if task in exercises and not exercises[task]["solved"]:
            exercises[task]["solved"] = True
            write_json(path, exercises)


def progress() -> Display:
    """The exercises of the current folder, those that are solved with a tick.

    Raises:
        SemnerfError: no file of progress here, or a damaged one.
    """
    path = Path.cwd() / FILE
    if not path.is_file():
        raise SemnerfError(f"{path}: not there, expected the folder that `semnerf students DIR` writes")
    exercises = list(_read(path).values())
    rows = [
        {"notebook": stem, "exercises": "   ".join(f"{'✔' if one['solved'] else '○'} {one['exercise']}" for one in its)}
        for stem, its in groupby(exercises, lambda one: one["notebook"])
    ]
    return table(rows, f"{sum(one['solved'] for one in exercises)} of {len(exercises)} exercises are solved")


def _read(path: Path) -> Exercises:
    content = read_json(path)
    keys = {"notebook": str, "exercise": str, "solved": bool}
    if not isinstance(content, dict) or not all(
        isinstance(one, dict) and all(isinstance(one.get(key), kind) for key, kind in keys.items())
        for one in content.values()
    ):
        raise SemnerfError(f"{path}: damaged, expected the exercises and whether they are solved; delete the file")
    return content
