"""Copies of the notebooks for students, made from the solved ones: the same cells, without outputs and solutions.

A solution stands between the two marks that nbgrader made customary, each in a line of its own:

    def mean_iou(confusion):
        ### BEGIN SOLUTION
        ...the answer...
        ### END SOLUTION

and a student finds a stub in its place. A copy depends on the cells alone, not on who executed them when or with what.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import read_json, write_files
from semnerf_lib.runs.notebooks import GLOSSARY, INDEX, check_free, glossary_beside, relinked
from semnerf_lib.teaching.exercises import FILE, Exercises, exercises_index, exercises_of

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB = "...  # your code"
NOTE = (
    "*A copy for students: the exercises are at the end. Write your code where it says `# your code`; the checks say "
    "what is wrong. Solved: `notebooks/{name}`.*"
)
FOLDER = "student"
"""Where the copies lie, below the notebooks."""


def student_source(source: str) -> str:
    """A cell's source with a stub in place of each solution, indented as its first mark is.

    Raises:
        SemnerfError: marks that do not pair up.

    >>> print(student_source("def one():\\n    ### BEGIN SOLUTION\\n    return 1\\n    ### END SOLUTION"))
    def one():
        ...  # your code
    """
    kept, inside = [], False
    for number, line in enumerate(source.split("\n"), start=1):
        mark = line.strip()
        if mark in (BEGIN, END):
            if inside == (mark == BEGIN):
                raise SemnerfError(
                    f"line {number} of a cell: {mark!r}, expected {END if inside else BEGIN!r} before it"
                )
            if mark == BEGIN:
                kept.append(line[: len(line) - len(line.lstrip())] + STUB)
            inside = not inside
        elif not inside:
            kept.append(line)
    if inside:
        raise SemnerfError(f"a cell ends within a solution, expected {END!r}")
    return "\n".join(kept)


def student_copy(notebook: Path, glossary: str = f"../../{GLOSSARY}") -> str:
    """The text of a notebook's copy for students.

    Args:
        notebook: with solutions.
        glossary: the way to it from the copy.

    Raises:
        SemnerfError: the file is no notebook, or its marks do not pair up.
    """
    try:
        content = read_json(notebook)
        cells = [_student_cell(cell) for cell in content["cells"]]
        kernel, version = (
            content["metadata"]["kernelspec"],
            (content["nbformat"], content["nbformat_minor"]),
        )
        first = cells[0]["source"]
    except (KeyError, TypeError, IndexError, AttributeError) as fault:
        raise SemnerfError(f"{notebook}: no {fault} in it, expected a notebook") from fault
    except SemnerfError as fault:
        raise SemnerfError(f"{notebook}: {fault}") from fault
    first += ["\n", "\n", NOTE.format(name=notebook.name)]
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    whole = {"cells": cells, "metadata": metadata, "nbformat": version[0], "nbformat_minor": version[1]}
    text = json.dumps(whole, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    return relinked(text.encode(), glossary).decode()


def _student_cell(cell: dict[str, Any]) -> dict[str, Any]:
    tags = cell["metadata"].get("tags")
    copied = {
        "cell_type": cell["cell_type"],
        "id": cell["id"],
        "metadata": {"tags": tags} if tags else {},
        "source": "".join(cell["source"]),
    }
    if cell["cell_type"] == "code":
        copied |= {"source": student_source(copied["source"]), "execution_count": None, "outputs": []}
    copied["source"] = copied["source"].splitlines(keepends=True)
    return copied


def overview(copies: Mapping[Path, bytes], folder: Path) -> dict[Path, bytes]:
    """The index of a folder of copies, and the file in which checks mark the exercises that are solved."""
    import nbformat

    exercises: Exercises = {}
    titles = {}
    for path, content in copies.items():
        cells = json.loads(content)["cells"]
        titles[path.stem] = cells[0]["source"][0].removeprefix("# ").strip()
        exercises |= exercises_of(path.stem, cells)
    index = nbformat.writes(exercises_index(exercises, titles)) + "\n"
    return {folder / INDEX: index.encode(), folder / FILE: json.dumps(exercises, indent=1).encode()}


def write_students(notebooks: Sequence[Path], folder: Path | None = None) -> list[Path]:
    """Writes the copies of notebooks.

    Args:
        folder: where to, with an index that shows what is solved; no file in it is overwritten. None takes the folder
            `student` beside each notebook, and replaces the copies there.

    Raises:
        SemnerfError: a copy is in `folder` already; see also `student_copy`, `write_files`.
    """
    if folder is None:
        copies = {path.parent / FOLDER / path.name: student_copy(path).encode() for path in notebooks}
        others = {}
    else:
        copies = {folder / path.name: student_copy(path, "glossary.md").encode() for path in notebooks}
        others = glossary_beside(notebooks[0], folder) | overview(copies, folder)
        check_free([*copies, *others])
    write_files(copies | others)
    return list(copies)
