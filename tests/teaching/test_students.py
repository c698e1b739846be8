"""students: copies that are made, never kept by hand; stubs in place of solutions; they run before they are solved."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest

from semnerf_lib.errors import SemnerfError
from semnerf_lib.runs.notebooks import copy_notebooks, find_notebooks
from semnerf_lib.teaching.checking import NOT_YET
from semnerf_lib.teaching.students import BEGIN, END, STUB, student_copy, student_source, write_students

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = find_notebooks(FOLDER)
SOLVED = f"""import math

def area(r):
    {BEGIN}
    square = r**2
    return math.pi * square
    {END}

def twice(x):
    {BEGIN}
    return 2 * x
    {END}"""


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def notebook(path, *sources):
    cells = [nbformat.v4.new_markdown_cell("# Title"), *map(nbformat.v4.new_code_cell, sources)]
    for cell in cells[1:]:
        cell.outputs, cell.execution_count = [nbformat.v4.new_output("stream", text="secret")], 7
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    return path


def test_solutions_become_stubs_and_signatures_stay():
    stubbed = student_source(SOLVED)
    assert stubbed == f"import math\n\ndef area(r):\n    {STUB}\n\ndef twice(x):\n    {STUB}"
    scope = {}
    exec(stubbed, scope)
    assert scope["area"](1) is None
    assert student_source("a = 1\n") == "a = 1\n"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (f"{BEGIN}\na = 1", "a cell ends within a solution"),
        (f"a = 1\n{END}", f"line 2 of a cell: '{END}', expected '{BEGIN}' before it"),
        (f"{BEGIN}\n{BEGIN}\n{END}", f"line 2 of a cell: '{BEGIN}', expected '{END}' before it"),
    ],
)
def test_marks_that_do_not_pair_up_are_told(source, told, tmp_path):
    with pytest.raises(SemnerfError, match=told):
        student_source(source)
    path = notebook(tmp_path / "01_x.ipynb", source)
    with pytest.raises(SemnerfError, match="01_x.ipynb"):
        student_copy(path)
    with pytest.raises(SemnerfError):
        write_students([notebook(tmp_path / "00_fine.ipynb", "a = 1"), path])
    assert not (tmp_path / "student").exists()  # all or none


def test_a_copy_holds_no_output_and_no_solution(tmp_path):
    [copy] = write_students([notebook(tmp_path / "01_x.ipynb", SOLVED)])
    assert copy == tmp_path / "student" / "01_x.ipynb"
    text = copy.read_text(encoding="utf-8")
    assert not any(word in text for word in ("secret", "SOLUTION", "math.pi"))
    made = nbformat.read(copy, as_version=4)
    nbformat.validate(made)
    assert made.cells[0].source.startswith("# Title") and "`notebooks/01_x.ipynb`" in made.cells[0].source
    assert code(made)[0].execution_count is None and code(made)[0].outputs == []


def test_copies_find_the_glossary(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "docs" / "glossary.md").write_text("# Glossary\n\n## void\n")
    path = notebook(tmp_path / "notebooks" / "01_x.ipynb", "a = 1")
    path.write_text(path.read_text().replace("# Title", "# Title [void](../docs/glossary.md#void)"))
    own = tmp_path / "own"
    for [copy] in (write_students([path]), write_students([path], own), copy_notebooks([path], tmp_path / "mine")):
        [way] = re.findall(r"\[void\]\((.+)#void\)", copy.read_text())
        assert (copy.parent / way).read_text().startswith("# Glossary")
    with pytest.raises(SemnerfError, match="glossary.md: exists"):
        write_students([notebook(tmp_path / "notebooks" / "02_y.ipynb", "a = 1")], own)


def test_a_copy_depends_on_cells_alone(tmp_path):
    path = notebook(tmp_path / "01_x.ipynb", SOLVED)
    before, executed = student_copy(path), json.loads(path.read_text())
    executed["cells"][1] |= {
        "execution_count": 9,
        "outputs": [],
        "metadata": {"execution": {"iopub.status.busy": "now"}},
    }
    executed["metadata"] |= {"language_info": {"name": "python", "version": "3.13.1"}, "widgets": {}}
    path.write_text(json.dumps(executed))
    assert student_copy(path) == before
    executed["cells"][1]["source"] = "a = 2"
    path.write_text(json.dumps(executed))
    assert student_copy(path) != before


def test_no_notebook_is_told(tmp_path):
    for text in ("{}", '{"cells": [{"metadata": 0.5}]}'):
        (tmp_path / "01_x.ipynb").write_text(text)
        with pytest.raises(SemnerfError, match="expected a notebook"):
            student_copy(tmp_path / "01_x.ipynb")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem[:2])
def test_the_committed_copies_are_those_that_would_be_made(path):
    committed = path.parent / "student" / path.name
    assert committed.is_file() and committed.read_bytes() == student_copy(path).encode(), "run `semnerf students`"


def test_there_is_no_other_copy_and_reproduce_executes_none():
    assert sorted(p.name for p in (FOLDER / "student").iterdir()) == [p.name for p in NOTEBOOKS]
    assert {p.parent for p in NOTEBOOKS} == {FOLDER}


def test_a_copy_runs_unsolved_from_top_to_bottom(tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    for name, value in {"SCALE": "smoke", "HEADLESS": "1", "RESULTS": str(tmp_path)}.items():
        monkeypatch.setenv(f"SEMNERF_{name}", value)
    folder = FOLDER / "student"
    copy = nbformat.read(folder / "01_rays_and_cameras.ipynb", as_version=4)
    nbclient.NotebookClient(
        copy, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}
    ).execute()
    said = "".join(o.text for cell in code(copy) for o in cell.outputs if o.output_type == "stream")
    assert said.count(NOT_YET) == 3
