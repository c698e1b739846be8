"""The index of the series: made from the notebooks and never by hand; small, and readable where no kernel is."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from PIL import Image
from tiny import tiny_config

from semnerf_lib.cli import main
from semnerf_lib.errors import SemnerfError
from semnerf_lib.pages import series
from semnerf_lib.pages.html import notebook_page
from semnerf_lib.runs.notebooks import find_notebooks
from semnerf_lib.runs.store import Run

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
COMMITTED, PICTURES = FOLDER / series.INDEX, FOLDER / series.PICTURES


def decoded(jpeg: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(jpeg)), dtype=float)


def test_committed_index_is_what_the_notebooks_give():
    """`semnerf index` makes it anew."""
    entries, committed = series.read_series(FOLDER), nbformat.read(COMMITTED, 4)
    made = series.index_notebook(FOLDER, entries)
    assert [cell.source for cell in committed.cells] == [cell.source for cell in made.cells]
    assert committed.metadata == made.metadata
    assert sorted(path.name for path in PICTURES.iterdir()) == [f"{entry.number}.jpg" for entry in entries]
    for entry in entries:
        there = decoded((PICTURES / f"{entry.number}.jpg").read_bytes())
        assert np.abs(there - decoded(entry.picture)).mean() < 2  # encoders differ a little


def test_is_small_and_has_no_code():
    notebook = nbformat.read(COMMITTED, 4)
    nbformat.validate(notebook)
    assert {cell.cell_type for cell in notebook.cells} == {"markdown"}
    sizes = [path.stat().st_size for path in PICTURES.iterdir()]
    assert len(sizes) == len(find_notebooks(FOLDER)) and max(sizes) < 25_000
    assert COMMITTED.stat().st_size + sum(sizes) < 400_000


def test_links_lead_to_the_notebooks_and_a_page_holds_the_pictures():
    notebook = nbformat.read(COMMITTED, 4)
    links = re.findall(r"\]\(([^):]+\.ipynb)\)", "\n".join(cell.source for cell in notebook.cells))
    assert links == [path.name for path in find_notebooks(FOLDER)]
    assert notebook_page(notebook, FOLDER).count('src="data:image/jpeg;base64,') == len(find_notebooks(FOLDER))


def test_a_page_holds_pictures_that_are_attached_to_cells():
    picture = base64.b64encode((PICTURES / "01.jpg").read_bytes()).decode()
    cell = nbformat.v4.new_markdown_cell("![A room](attachment:room.jpg)")
    cell.attachments = {"room.jpg": {"image/jpeg": picture}}
    assert f'src="data:image/jpeg;base64,{picture}"' in notebook_page(nbformat.v4.new_notebook(cells=[cell]), FOLDER)


def test_index_is_no_notebook_to_execute():
    assert COMMITTED not in find_notebooks(FOLDER)


@pytest.fixture
def folder(tmp_path):
    """The first two notebooks and what is said of them."""
    for path in find_notebooks(FOLDER, ["1", "2"]):
        shutil.copy(path, tmp_path)
    shutil.copy(FOLDER / series.FACTS, tmp_path)
    return tmp_path


def change(folder, number, **facts):
    path = folder / series.FACTS
    said = json.loads(path.read_text())
    said["notebooks"][number] |= facts
    path.write_text(json.dumps(said))


def test_an_idea_that_the_notebook_does_not_say_is_refused(folder):
    change(folder, "02", idea="A network.")
    with pytest.raises(SemnerfError, match="02_.*ipynb: says nowhere 'A network.', expected the idea that series.json"):
        series.read_series(folder)


def test_a_picture_that_is_not_there_is_refused(folder):
    change(folder, "01", picture="no_such_call(")
    with pytest.raises(SemnerfError, match=r"01_.*no picture by a cell with 'no_such_call\('"):
        series.read_series(folder)


def test_a_notebook_that_nothing_is_said_of_is_refused(folder):
    shutil.copy(folder / "01_rays_and_cameras.ipynb", folder / "99_more.ipynb")
    with pytest.raises(SemnerfError, match="nothing of notebook 99"):
        series.read_series(folder)


def test_times_are_those_of_a_reproduction(folder, monkeypatch, capsys, tmp_path):
    """Two notebooks, of which the second needs two runs, made side by side on two cores."""

    def made(seconds):
        metrics = {"seconds_training": seconds, "seconds_evaluation": 2.0}
        provenance = {"threads": 1, "date": "2030-01-02T03:04:05"}
        return Run("run", tmp_path, tiny_config(), "room", metrics, None, [], provenance, "")

    runs = {"a": made(18.0), "b": made(38.0)}
    monkeypatch.setattr(series, "open_scene", lambda spec, scale: (spec, scale))
    monkeypatch.setattr(series, "plans_for", lambda paths, scene, scale: plans[paths[0].name[:2]])
    monkeypatch.setattr(series.Store, "find", lambda self, planned: runs.get(planned.id))
    monkeypatch.setattr(series.os, "cpu_count", lambda: 2)
    plans = {
        "01": {},
        "02": {"first": [SimpleNamespace(id="a"), SimpleNamespace(id="b")], "again": [SimpleNamespace(id="a")]},
    }
    pages = tmp_path / "results" / "room-laptop" / "notebooks"
    pages.mkdir(parents=True)
    for path, seconds in zip(find_notebooks(folder), (11.04, 25.0), strict=True):
        result = {"key": "k", "title": "", "ok": True, "seconds": seconds, "cells": 1, "failure": None, "picture": None}
        (pages / f"{path.stem}.json").write_text(json.dumps(result))
    assert main.main(["index", "--notebooks", str(folder), "--times", str(tmp_path / "results")]) == 0
    times = json.loads((folder / series.FACTS).read_text())["times"]
    assert times["seconds"] == {"01": 11.0, "02": 25.0} and times["runs"] == {"02": [2, 30.0]}
    assert times["on"].endswith(", 2 cores, 2030-01-02")
    text = "\n".join(cell.source for cell in nbformat.read(folder / series.INDEX, 4).cells)
    assert "10 s to run\n" in text and "20 s to run; before the first time 2 runs, 30 s\n" in text

    plans["02"]["first"].append(SimpleNamespace(id="c"))
    with pytest.raises(SemnerfError, match="a run of notebook 02 is missing"):
        series.take_times(folder, series.Store(tmp_path / "results"))
    failure = {"cell": 1, "source": "", "error": "no", "traceback": ""}
    (pages / "01_rays_and_cameras.json").write_text(json.dumps(result | {"ok": False, "failure": failure}))
    with pytest.raises(SemnerfError, match="the notebook failed"):
        series.take_times(folder, series.Store(tmp_path / "results"))
