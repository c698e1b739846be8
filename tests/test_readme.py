"""README.md: its numbers are those of the committed notebooks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
NUMBERS = re.compile(r"[+−-]?\d+\.\d+(?: ± \d+\.\d+)?")


def printed() -> str:
    """All text that the committed notebooks print."""
    said = []
    for path in sorted((PROJECT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text())["cells"]:
            for output in cell.get("outputs", []):
                text = output.get("text") or output.get("data", {}).get("text/plain", "")
                said.append("".join(text))
    return "\n".join(said)


def result_lines() -> list[str]:
    text = (PROJECT / "README.md").read_text()
    section = text.split("## What comes out")[1].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("|") and re.search(r"\d\.\d", line)]


@pytest.mark.parametrize("line", result_lines())
def test_numbers_are_those_of_the_notebooks(line):
    for number in NUMBERS.findall(line):
        assert re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.])", printed()), number


def test_verdicts_are_those_of_the_notebooks():
    text = (PROJECT / "README.md").read_text().split("| the paper's claim |")[1].split("\n\n")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()[2:]]
    said = printed()
    assert len(rows) == 5
    for cells in rows:
        assert re.search(r" +".join(map(re.escape, cells)), said), cells
