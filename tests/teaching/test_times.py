"""times: the tables of TEACHING.md come from measurements, and stand where the document wants them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import open_scene
from semnerf_lib.runs.notebooks import read_facts
from semnerf_lib.runs.store import Store
from semnerf_lib.teaching import times as module
from semnerf_lib.teaching.lesson import plan_table
from semnerf_lib.teaching.times import (
    Measured,
    bytes_in_a_pack,
    renew_tables,
    renewed,
    sizes_table,
    times_table,
)
from semnerf_lib.teaching.workshop import pack, runs_of

PROJECT = Path(__file__).parents[2]
TIMES = {"on": "a desk, 2 cores", "seconds": {"01": 8.0, "04": 47.0}, "runs": {"04": [2, 600.0], "05": [10, 300.0]}}


def test_each_row_comes_from_a_measurement():
    table = times_table(TIMES)
    assert "| 01 | 10 s | none |" in table
    assert "| 04 | 50 s | 2: 10 min |" in table
    assert "| all: `make reproduce` | 1 min | 12: 15 min |" in table
    assert "a desk, 2 cores" in table
    table = sizes_table(Measured(21.0, {"04": (2, 3_000_000), "04 and 05": (12, 31_400_000)}, 2.84e6))
    assert "| the room's frames, rendered once | 20 s of one core |" in table
    assert "| a pack of 04 (2 runs) | 3 MB |" in table and "| a pack of 04 and 05 (12 runs) | 31 MB |" in table
    assert "| each further run | 2.8 MB |" in table


def test_the_times_of_teaching_are_those_of_the_series():
    times = times_table(read_facts(PROJECT / "notebooks")["times"])
    assert times in (PROJECT / "TEACHING.md").read_text(encoding="utf-8"), f"TEACHING.md, expected:\n{times}"


def test_a_table_replaces_what_stood_in_its_place():
    text = "before\n<!-- times -->\nold\n<!-- end of times -->\nafter"
    once = renewed(text, "times", "| new |")
    assert once == "before\n<!-- times -->\n\n| new |\n\n<!-- end of times -->\nafter"
    assert renewed(once, "times", "| new |") == once
    for bad in ("nothing", "<!-- times -->\nno end"):
        with pytest.raises(SemnerfError, match="expected the place of a table"):
            renewed(bad, "times", "| new |")


def test_a_project_gets_all_tables(tmp_path, smoke_runs, monkeypatch):
    rendered = []
    monkeypatch.setattr(module, "load_scene", lambda *words, **options: rendered.append((words, options)))
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    shutil.copyfile(PROJECT / "notebooks" / "series.json", notebooks / "series.json")
    with pytest.raises(SemnerfError, match="TEACHING.md: missing"):
        renew_tables(notebooks, smoke_runs, "smoke")
    text = "\n".join(f"<!-- {name} -->\n<!-- end of {name} -->" for name in ("times", "sizes", "plan"))
    (tmp_path / "TEACHING.md").write_text(text)
    with pytest.raises(SemnerfError, match="a run of notebook 04 is not finished"):
        renew_tables(notebooks, Store(tmp_path / "none"), "smoke")
    assert (tmp_path / "TEACHING.md").read_text() == text
    written = renew_tables(notebooks, smoke_runs, "smoke").read_text()
    assert plan_table() in written and times_table(read_facts(notebooks)["times"]) in written
    assert re.search(r"\| a pack of 04 \(2 runs\) \| \d+ MB \|", written) and "04 and 05" not in written
    assert {options["cache"] for _, options in rendered} == {False}


def test_the_size_is_that_of_a_real_pack(smoke_runs, tmp_path):
    scene = open_scene("room", "smoke")
    [grid] = runs_of(["04"], scene, "smoke")[:1]
    real = pack(tmp_path / "real.pack", scene, "smoke", [grid], smoke_runs).n_bytes
    assert bytes_in_a_pack(smoke_runs.find(grid), grid.scene) == pytest.approx(real, rel=0.05)
