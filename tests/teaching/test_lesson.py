"""lesson: the teacher's notebook follows TEACHING.md minute by minute, and its explorers exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest

from semnerf_lib import widgets
from semnerf_lib.errors import SemnerfError
from semnerf_lib.teaching.lesson import PARTS, lesson, write_lesson

PLAN = (Path(__file__).parents[2] / "TEACHING.md").read_text().split("## Ninety minutes")[1].split("## ")[0]


def test_the_notebook_is_valid_and_its_widgets_exist(tmp_path):
    notebook = nbformat.reads(lesson("smoke"), as_version=4)
    nbformat.validate(notebook)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    ast.parse(code)
    names = re.findall(r"widgets\.(\w+)\(", code)
    assert len(names) >= 6 and all(name in widgets.__all__ for name in names)
    assert "'smoke'" in code


def test_the_plan_of_teaching_has_the_same_minutes_and_explorers():
    rows = [line.split("|") for line in PLAN.splitlines() if re.match(r"\| *\d+ *\|", line)]
    assert [int(row[1]) for row in rows] == [part.minute for part in PARTS]
    for row, part in zip(rows, PARTS, strict=True):
        assert set(re.findall(r"`(\w+)`", row[3])) <= set(re.findall(r"widgets\.(\w+)", part.show))


def test_nothing_is_overwritten(tmp_path):
    path = write_lesson(tmp_path)
    with pytest.raises(SemnerfError, match="exists, expected a new file"):
        write_lesson(tmp_path)
    assert path.read_text() == lesson()
