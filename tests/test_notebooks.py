"""The committed notebooks: executed, whole, small; their guard holds; and the lane that checks them can fail."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from semnerf_lib.pages.series import reading_minutes

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
CHECKED = "nbval-check-output"


def read(path):
    return nbformat.read(path, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell):
    return cell.metadata.get("tags", [])


def printed(cell):
    return "".join(output.text for output in cell.outputs if output.output_type == "stream" and output.name == "stdout")


every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem[:2])


def test_the_series_is_there():
    named = json.loads((FOLDER / "series.json").read_text(encoding="utf-8"))["notebooks"]
    assert [path.stem[:2] for path in NOTEBOOKS] == sorted(named)


@every_notebook
def test_a_cell_that_takes_long_shows_how_far_it_is(path):
    """On a busy laptop 150 steps take 20 s and a vote 30 s; who sees nothing for so long stops the kernel."""
    for cell in code(read(path)):
        if re.search(r"^    .*\w+\.step\(\)|step_times\(c|VotedCells\(mine|one_view\(n\)", cell.source, re.MULTILINE):
            assert "progress(" in cell.source, cell.source


@every_notebook
def test_executed_from_top_to_bottom_without_an_error(path):
    cells = code(read(path))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]


@every_notebook
def test_no_warning_stands_in_the_outputs(path):
    assert not [o for cell in code(read(path)) for o in cell.outputs if o.get("name") == "stderr"]


@every_notebook
def test_committed_outputs_are_of_laptop_scale(path):
    cells = code(read(path))
    assert cells[0].source.splitlines() == ['scale = "laptop"', 'scene = "room"']
    assert "Smoke scale:" not in str([cell.outputs for cell in cells])


@every_notebook
def test_parameters_come_first_and_the_guard_second(path):
    cells = code(read(path))
    assert [i for i, cell in enumerate(cells) if "parameters" in tags(cell)] == [0]
    assert "scale, scene = begin(scale=scale, scene=scene)" in cells[1].source


@every_notebook
def test_has_figures_summary_exercises_and_differences(path):
    notebook = read(path)
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for part in ("## Summary", "## Exercises", "### Differences from the paper"):
        assert part in prose
    exercises = prose.split("## Exercises")[1]
    assert 2 <= len(re.findall(r"^### Exercise \d: ", exercises, re.M)) <= 3
    assert 2 <= len(re.findall(r"^\d\. ", exercises, re.M)) <= 4
    pictures = [o for cell in code(notebook) for o in cell.outputs if "image/png" in o.get("data", {})]
    assert len(pictures) >= 3


@every_notebook
def test_solutions_are_folded(path):
    solutions = [cell for cell in code(read(path)) if "### BEGIN SOLUTION" in cell.source]
    assert solutions and all(cell.metadata["jupyter"]["source_hidden"] for cell in solutions)


@every_notebook
def test_is_small_and_its_cells_are_short(path):
    assert path.stat().st_size < 1_000_000
    assert max(len(cell.source.splitlines()) for cell in code(read(path))) <= 40


@every_notebook
def test_names_no_folder_of_its_own(path):
    text = path.read_text(encoding="utf-8")
    assert '"../' not in text
    assert not re.search(r"/(home|Users|root|tmp|work)/", text)


@every_notebook
def test_checked_cells_print_and_draw_nothing_else(path):
    checked = [cell for cell in code(read(path)) if CHECKED in tags(cell)]
    assert len(checked) >= 2
    for cell in checked:
        assert printed(cell)
        assert {output.output_type for output in cell.outputs} == {"stream"}
        assert {output.name for output in cell.outputs} == {"stdout"}
        assert "False" not in printed(cell)


@every_notebook
def test_every_picture_says_what_it_shows(path):
    for cell in code(read(path)):
        for output in cell.outputs:
            for kind in {"image/png", "image/jpeg"} & set(output.get("data", {})):
                assert output.metadata.get(kind, {}).get("alt")


GLOSSARY = "../docs/glossary.md"


def linked_words(text):
    return re.findall(rf"\[([^\]]+)\]\({re.escape(GLOSSARY)}#([^)]+)\)", text)


def prose_of(path):
    return "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")


@every_notebook
def test_every_word_that_is_linked_is_in_the_glossary(path):
    words = re.findall(r"^## (.+)$", (FOLDER / GLOSSARY).read_text(encoding="utf-8"), re.M)
    assert words == sorted(words, key=str.lower)
    for word, anchor in linked_words(prose_of(path)):
        assert word in words and anchor == word.lower().replace(" ", "-")


@every_notebook
def test_a_sum_at_the_start_of_a_line_is_no_list(path):
    """Markdown takes a line that begins with a plus, as in "labels + RGB", for an entry of a list."""
    assert not re.findall(r"^[ >]*\+ .*", prose_of(path), re.M)


@every_notebook
def test_opens_with_what_a_reader_learns_and_needs(path):
    notebook = read(path)
    opening, prose = notebook.cells[0].source, prose_of(path)
    for part in ("> - **You will learn** ", "> - **You need** ", "(#Differences-from-the-paper)"):
        assert opening.count(part) == 1
    assert len(linked_words(opening)) >= 4
    [minutes] = re.findall(r"about (\d+) minutes to read", opening)
    assert int(minutes) == reading_minutes(notebook), "the opening and the index name two times"
    for paper, number in (("P1", "2403.16043"), ("P2", "2103.15875")):
        first = re.search(rf"\b{paper}\b", prose).start()
        assert number in prose[max(0, first - 120) : first]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem[:2])
def test_the_differences_from_the_paper_stand_at_the_very_end(path):
    cells = read(path).cells
    _, heading, differences = prose_of(path).partition("> ### Differences from the paper\n")
    assert heading and differences and all(line.startswith(">") for line in differences.splitlines())
    assert cells[-1].source.endswith(heading + differences)
    assert "[Differences from the paper](#Differences-from-the-paper) stand at the end." in cells[0].source


def first_cells(path, count):
    notebook = copy.deepcopy(read(path))
    keep = code(notebook)[count - 1]
    notebook.cells = notebook.cells[: notebook.cells.index(keep) + 1]
    return notebook


BY_OPENING = {tuple(cell.source for cell in code(first_cells(path, 2))): path for path in NOTEBOOKS}
"""One notebook for each way in which they begin: parameters, and what checks them."""


@pytest.mark.parametrize("path", BY_OPENING.values(), ids=lambda path: path.name[:2])
def test_an_unknown_parameter_raises_under_papermill(path, tmp_path, monkeypatch):
    papermill = pytest.importorskip("papermill")
    monkeypatch.delenv("SEMNERF_SCALE", raising=False)
    source, out = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    nbformat.write(first_cells(path, 2), source)
    run = dict(kernel_name="python3", progress_bar=False, cwd=tmp_path)
    papermill.execute_notebook(source, out, {"scale": "smoke"}, **run)
    with pytest.raises(papermill.PapermillExecutionError, match="unknown parameter 'scael'"):
        papermill.execute_notebook(source, out, {"scael": "smoke"}, **run)


def lane(path):
    environment = os.environ | {"SEMNERF_SCALE": "smoke", "SEMNERF_HEADLESS": "1"}
    options = ["-q", "-p", "no:cacheprovider", "--nbval-lax", "--nbval-current-env", f"--rootdir={path.parent}"]
    command = [sys.executable, "-m", "pytest", *options, str(path)]
    return subprocess.run(command, env=environment, cwd=path.parent, capture_output=True, text=True, check=False)


def test_the_lane_fails_when_one_digit_differs(tmp_path):
    pytest.importorskip("nbval")
    path = FOLDER / "03_sampling_and_volume_rendering.ipynb"
    first_checked = next(i for i, cell in enumerate(code(read(path))) if CHECKED in tags(cell))
    notebook = first_cells(path, first_checked + 1)
    nbformat.write(notebook, tmp_path / "same.ipynb")
    [output] = notebook.cells[-1].outputs
    assert "sum to 1.0000" in output.text
    output.text = output.text.replace("sum to 1.0000", "sum to 1.0001")
    nbformat.write(notebook, tmp_path / "other.ipynb")
    same, other = lane(tmp_path / "same.ipynb"), lane(tmp_path / "other.ipynb")
    assert same.returncode == 0, same.stdout
    assert other.returncode == 1 and "1 failed" in other.stdout, other.stdout
