"""Doors of what is made of runs and notebooks: answers to open questions, a run's page, the teacher's notebook."""

from __future__ import annotations

import contextlib
import functools
import json
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat
import numpy as np
from tiny import tiny_config

from fuzz.door import Door
from fuzz.kept import CPU, planned, runs, scene
from semnerf_lib import experiments
from semnerf_lib.cli import view
from semnerf_lib.cli.main import parse
from semnerf_lib.experiments import Planned, presets
from semnerf_lib.machine.jsons import is_number
from semnerf_lib.pages.slides import slides_page
from semnerf_lib.questions import question as questions
from semnerf_lib.questions.question import Case, Question, answer, make_answer, own_file
from semnerf_lib.runs.executors import Executor
from semnerf_lib.runs.notebooks import find_notebooks, read_notebook
from semnerf_lib.runs.store import Store
from semnerf_lib.surfaces import learnt
from semnerf_lib.surfaces.tsdf import where_rays_end
from semnerf_lib.teaching.lesson import lesson

NUMBERS = {"score": 0.5, "pixels": 12, "found by labels": [[0.05, 5.0, 0.007, 0.17]], "width": None}


def question() -> Question:
    """A question of two runs, whose numbers are made up."""
    cases = [Case("tiny", "smoke", one, {"frames": 9.0, "kind": "spread"}) for one in planned()]
    return Question("open", "An open question", "13", lambda: cases, lambda planned, run: dict(NUMBERS), str)


def answers(folder: Path) -> None:
    """A reader's own answer, with the rows that it is made of, and one that the project keeps."""
    runs(folder)
    store = Store(folder / "results")
    assert make_answer(question(), store, no_executor) == 0
    (folder / "project").mkdir()
    shutil.copy(own_file("open", store), folder / "project")


def no_executor(count: int) -> Executor:
    assert not count
    return Executor("nobody", lambda jobs: contextlib.nullcontext(iter(())))


def read_own_answer(folder: Path) -> list[dict[str, Any]]:
    with patch.object(questions, "ANSWERS", folder / "project"):
        return list(answer("open", Store(folder / "results")).rows)


def read_answer_rows(folder: Path) -> list[dict[str, Any]]:
    """The answer that is made from rows that were kept."""
    own_file("open", Store(folder / "results")).unlink()
    with patch.object(questions, "ANSWERS", folder / "project"):
        assert make_answer(question(), Store(folder / "results"), no_executor) == 0
    return read_own_answer(folder)


def rows_fault(rows: list[dict[str, Any]]) -> str | None:
    for row in rows:
        if not row.keys() >= {"frames", "kind", "run", "supervision", "seed", "seconds", *NUMBERS}:
            return "a row that lacks a column"
        if not (is_number(row["score"]) and is_number(row["pixels"]) and is_number(row["frames"])):
            return "a number that is none"
        if row["width"] is not None and not is_number(row["width"]):
            return "a number that is none"
        if not all(map(is_number, np.array(row["found by labels"], dtype=object).ravel())):
            return "a list of other things than numbers"
    return None


@functools.cache
def trained() -> bytes:
    """A finished run as the store keeps it, in an archive."""
    with tempfile.TemporaryDirectory() as folder:
        Store(folder).get(Planned(scene(), tiny_config(iterations=4)), CPU)
        path = shutil.make_archive(f"{folder}/run", "tar", folder, "runs")
        return Path(path).read_bytes()


def trained_run(folder: Path) -> None:
    (folder / "run.tar").write_bytes(trained())
    shutil.unpack_archive(folder / "run.tar", folder / "results", filter="data")
    (folder / "run.tar").unlink()


def read_view(folder: Path) -> dict[str, Any]:
    """The page that `semnerf view` makes of a run; without a sound run there is a line."""
    args = parse(["view", "--scale", "smoke", "--out", str(folder / "results")])
    small = partial(where_rays_end, n_views=2)
    with (
        patch.object(experiments, "open_scene", lambda spec, scale: scene()),
        patch.object(view, "N_VIEWS", 1),
        patch.object(learnt, "where_rays_end", lambda model, data, cell: small(model, data, 0.3)),
        patch.object(presets, "config_of", lambda *given, **more: tiny_config(iterations=4)),
    ):
        assert args.action(args) == 0
    run = Store(folder / "results").find(Planned(scene(), tiny_config(iterations=4)))
    return {"metrics": run.metrics, "weights": run.weights_sha256, "history": run.history}


def lesson_sources(folder: Path) -> None:
    """The notebooks that the teacher's one is made of, without their outputs."""
    for path in find_notebooks(None, ["01", "02", "03", "04"]):
        made = nbformat.read(path, as_version=4)
        for cell in made.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(made, folder / path.name)


def read_lesson(folder: Path) -> Any:
    """The teacher's notebook, and its slides before it is executed."""
    text = lesson(find_notebooks(folder))
    (folder / "lesson.ipynb").write_text(text, encoding="utf-8")
    slides_page(read_notebook(folder / "lesson.ipynb"), folder).encode()
    return json.loads(text)["cells"]


DOORS = (
    Door("own answers", answers, ("results/questions/*.json",), read_own_answer, rows_fault, weight=2),
    Door("rows of answers", answers, ("results/questions/*/*",), read_answer_rows, rows_fault, weight=2),
    Door("page of a run", trained_run, ("results/runs/*/*",), read_view, weight=2),
    Door("lesson and slides", lesson_sources, ("*.ipynb",), read_lesson, weight=1),
)
