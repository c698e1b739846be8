"""exercises: a folder of one's own leads to its exercises, and the checks mark those that are solved."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from semnerf_lib import teaching
from semnerf_lib.cli.main import main
from semnerf_lib.errors import SemnerfError
from semnerf_lib.runs.notebooks import find_notebooks
from semnerf_lib.teaching.exercises import FILE, exercises_of, mark_solved, progress

NOTEBOOKS = find_notebooks(Path(__file__).resolve().parents[2] / "notebooks")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    assert main(["students", str(tmp_path / "own")]) == 0
    monkeypatch.chdir(tmp_path / "own")
    return tmp_path / "own"


def test_each_exercise_of_the_series_has_a_check_of_its_name():
    found = [exercises_of(path.stem, json.loads(path.read_text(encoding="utf-8"))["cells"]) for path in NOTEBOOKS]
    tasks = [task for exercises in found for task in exercises]
    checks = {getattr(teaching, name).task for name in teaching.__all__ if name.startswith("check_")}
    assert len(tasks) == len(set(tasks)) and set(tasks) == checks
    assert all(len(exercises) >= 2 for exercises in found)


def test_the_index_of_an_own_folder_leads_to_every_notebook(folder):
    index = nbformat.read(folder / "index.ipynb", as_version=4)
    nbformat.validate(index)
    text = "\n".join(cell.source for cell in index.cells)
    for path in NOTEBOOKS:
        assert f"]({path.name})" in text and (folder / path.name).is_file()
    assert "- Exercise 1: A pixel's ray, from memory" in text


def test_a_right_answer_is_marked_and_a_wrong_one_is_not(folder, capsys):
    assert progress().text.startswith("0 of ")
    teaching.check_depth(lambda distance, rays_d: distance)
    assert progress().text.startswith("0 of ")
    teaching.check_depth(lambda distance, rays_d: distance / rays_d.norm(dim=-1))
    assert progress().text.startswith("1 of ") and "✔ 2: Distance is not depth" in progress().text
    assert "○ 1: A pixel's ray" in progress().text


def test_nothing_is_marked_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mark_solved("pixel_rays")
    assert not list(tmp_path.iterdir())
    with pytest.raises(SemnerfError, match="semnerf students DIR"):
        progress()


@pytest.mark.parametrize("text", ["[]", '{"vote": {"solved": 1}}', "{"])
def test_a_damaged_file_is_named(folder, text, capsys):
    (folder / FILE).write_text(text)
    teaching.check_depth(lambda distance, rays_d: distance / rays_d.norm(dim=-1))
    assert FILE in capsys.readouterr().out
    with pytest.raises(SemnerfError, match=FILE):
        progress()
