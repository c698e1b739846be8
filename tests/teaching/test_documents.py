"""The documents for teachers and students say what is there: commands, headings, questions."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from semnerf_lib.cli.main import parse
from semnerf_lib.runs.notebooks import find_notebooks

PROJECT = Path(__file__).parents[2]
TEACHING, HUB, ANSWERS, HAND_OUT = (
    (PROJECT / name).read_text(encoding="utf-8")
    for name in ("TEACHING.md", "docs/jupyterhub.md", "docs/to_think_about.md", "docs/hand_out.md")
)
NOTEBOOKS = find_notebooks(PROJECT / "notebooks")


def prose_of(path: Path) -> str:
    return "\n\n".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown")


def questions(text: str) -> list[str]:
    """The numbered questions of a section, each on one line."""
    return [
        " ".join(found.split()) for found in re.findall(r"^\d+\. (.+?)(?=\n\n|\n\d+\. |\Z)", text, re.DOTALL | re.M)
    ]


COMMANDS = [
    line.partition("#")[0].strip()
    for block in re.findall(r"^```\w*\n(.*?)^```", TEACHING + HUB, re.DOTALL | re.M)
    for line in block.splitlines()
    if re.search(r"(^|[\s/])semnerf [a-z]", line)
]


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_is_one(line):
    words = shlex.split(line)
    start = max(i for i, word in enumerate(words[:-1]) if word == "semnerf" or word.endswith("bin/semnerf"))
    parse(words[start + 1 :])


def test_the_hub_has_a_command_for_each_folder_that_its_settings_name():
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", HUB, re.DOTALL | re.M)
    commands, settings = ("\n".join(text for kind, text in blocks if kind == wanted) for wanted in ("", "python"))
    folders = re.findall(r'"(/srv/[\w/]+)"', settings)
    assert len(folders) == 3 and all(folder in commands for folder in folders)
    assert "pip install jupyterhub" in commands
    targets = re.findall(r"semnerf (?:notebooks|students) (\S+)", commands)
    assert len(targets) == len(set(targets)) == 2, "the second command would refuse the folder of the first"


def test_each_line_of_python_runs():
    lines = re.findall(r"python -c \"(.+?)\"`", TEACHING)
    assert lines
    for line in lines:
        subprocess.run([sys.executable, "-c", line], cwd=PROJECT, check=True, capture_output=True)


def test_each_question_to_think_about_has_an_answer():
    sections = dict(re.findall(r"^## (\d\d) .*?\n(.*?)(?=^## |\Z)", ANSWERS, re.DOTALL | re.M))
    for path in NOTEBOOKS:
        asked = prose_of(path).split("### To think about\n")[1].split("\n> ###")[0]
        section = sections[path.name[:2]]
        assert questions(section) == questions(asked.strip()), path.name
        assert section.count("**Answer.** ") == len(questions(asked.strip()))


def test_the_hand_out_names_headings_and_exercises_that_are_there():
    rows = re.findall(r'^\| (\d\d) \| "(.+?)" \| (.+?) \|$', HAND_OUT, re.M)
    assert [number for number, _, _ in rows] == ["01", "03", "04"]
    prose = {path.name[:2]: prose_of(path) for path in NOTEBOOKS}
    for number, heading, exercises in rows:
        assert f"# {heading}\n" in prose[number]
        for k, title in re.findall(r"(\d)[^:]*: ([^,]+?)(?:, or |$)", exercises):
            assert f"### Exercise {k}: {title}\n" in prose[number], title
