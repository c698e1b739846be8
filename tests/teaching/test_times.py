"""times: the tables of TEACHING.md come from measurements, and stand where the document wants them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from semnerf_lib.errors import SemnerfError
from semnerf_lib.runs.store import Store
from semnerf_lib.teaching import times as module
from semnerf_lib.teaching.lesson import plan_table
from semnerf_lib.teaching.times import Measured, renew_tables, renewed, times_table
from semnerf_lib.teaching.workshop import Packed

PROJECT = Path(__file__).parents[2]
TIMES = {"on": "a desk, 2 cores", "seconds": {"01": 8.0, "04": 47.0}, "runs": {"04": (2, 600.0), "05": (10, 300.0)}}
MEASURED = Measured(21.0, Packed(Path("p"), 2, 3_000_000, "", -0.0004), {"grid": 2_000_000, "mlp": 500_000}, 4.0, 1.26)


def test_each_row_comes_from_a_measurement():
    table = times_table(TIMES, MEASURED)
    assert "| 01 | 10 s | none of its own |" in table
    assert "| 04 | 50 s | 2: 10 min |" in table
    assert "| all, `make reproduce` | 16 min in all | 12 |" in table  # 8 + 47 + 600 + 300 s
    assert "| a pack of 04 (2 runs) | 3.0 MB |" in table
    assert "| a pack of 04 and 05 (12 runs) | 22 MB, from the sizes of the runs of 04 |" in table  # 11 grids, 1 network
    assert "| what rounding the weights in a pack changes | -0.040 points of mIoU at most |" in table
    assert "a desk, 2 cores" in table and "the load of the machine was 1.3 (0 is quiet)" in table


def test_a_table_replaces_what_stood_in_its_place():
    text = "before\n<!-- times -->\nold\n<!-- end of times -->\nafter"
    once = renewed(text, "times", "| new |")
    assert once == "before\n<!-- times -->\n\n| new |\n\n<!-- end of times -->\nafter"
    assert renewed(once, "times", "| new |") == once
    for bad in ("nothing", "<!-- times -->\nno end"):
        with pytest.raises(SemnerfError, match="expected the place of a table"):
            renewed(bad, "times", "| new |")


def test_a_project_gets_both_tables(tmp_path, smoke_runs, monkeypatch):
    rendered = []
    monkeypatch.setattr(module, "load_scene", lambda *words, **options: rendered.append((words, options)))
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    shutil.copyfile(PROJECT / "notebooks" / "series.json", notebooks / "series.json")
    with pytest.raises(SemnerfError, match="TEACHING.md: missing"):
        renew_tables(notebooks, smoke_runs, "smoke")
    text = "\n".join(f"<!-- {name} -->\n<!-- end of {name} -->" for name in ("times", "plan"))
    (tmp_path / "TEACHING.md").write_text(text)
    with pytest.raises(SemnerfError, match="2 of 2 runs are not finished"):
        renew_tables(notebooks, Store(tmp_path / "none"), "smoke")
    assert (tmp_path / "TEACHING.md").read_text() == text
    written = renew_tables(notebooks, smoke_runs, "smoke").read_text()
    assert plan_table() in written
    assert re.search(r"\| a pack of 04 \(2 runs\) \| \d+\.\d MB \|", written)
    assert [options["cache"] for _, options in rendered] == [False]
    assert "| the room's frames, rendered once | 10 s |" in written
