"""lesson: the teacher's notebook and TEACHING.md are one plan, and the notebook runs from the pack of 04 alone."""

from __future__ import annotations

import ast
import base64
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from PIL import Image

from semnerf_lib import widgets
from semnerf_lib.cameras import get_rays
from semnerf_lib.cli.main import main
from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import open_scene
from semnerf_lib.lessons.tracing import trace_field
from semnerf_lib.lessons.voxel_field import surface_voxels
from semnerf_lib.pages.outputs import NO_WIDGET
from semnerf_lib.runs.notebooks import find_notebooks
from semnerf_lib.teaching.lesson import NAME, PARTS, Show, lesson, plan_table
from semnerf_lib.widgets.one_ray import telling_pixel

PROJECT = Path(__file__).parents[2]
TEACHING = (PROJECT / "TEACHING.md").read_text(encoding="utf-8")
NOTEBOOKS = find_notebooks(PROJECT / "notebooks")
SHOWS = [show for part in PARTS for show in part.shows]


def test_the_plan_of_teaching_is_the_notebooks():
    assert plan_table() in TEACHING, f"TEACHING.md, expected this plan:\n{plan_table()}"


def test_each_show_of_the_plan_names_a_cell_of_the_notebook_in_order():
    cells = nbformat.reads(lesson(NOTEBOOKS), as_version=4).cells
    nbformat.validate(nbformat.reads(lesson(NOTEBOOKS), as_version=4))
    named = [i for i, cell in enumerate(cells) if cell.source.startswith("### ")]
    assert [cells[i].source for i in named] == [f"### {show.title}" for show in SHOWS]
    assert all(cells[i + 1].cell_type == "code" for i in named)
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    ast.parse(code)
    assert (
        {"free_view", "camera_rays", "encoding", "one_ray", "live_training", "learnt_room"}
        <= set(re.findall(r"widgets\.(\w+)\(", code))
        <= {*widgets.__all__}
    )


def test_what_the_plan_quotes_of_the_notebooks_stands_there():
    prose = {
        path.name[:2]: "\n".join(c.source for c in nbformat.read(path, 4).cells if c.cell_type == "markdown")
        for path in NOTEBOOKS
    }
    text = " ".join(f"{part.title}. {part.say} {part.do}" for part in PARTS)
    for number, heading in re.findall(r'[Nn]otebook (\d\d) up to "([^"]+)"', text):
        assert f"# {heading}\n" in prose[number], heading
    exercises = {("01", "1", "A pixel's ray, from memory"), ("03", "1", "From density to depth")}
    exercises |= {("03", "2", "A pixel's classes"), ("04", "2", "Adam ignores the scale of the loss")}
    for number, k, title in exercises:
        assert f"### Exercise {k}: {title}\n" in prose[number]


def test_each_explorer_stands_where_the_table_says():
    cells = {path.name[:2]: nbformat.read(path, 4).cells for path in NOTEBOOKS}
    rows = re.findall(r'^\| `(\w+)` \| (\d\d), "([^"]+)" \|', TEACHING, re.MULTILINE)
    for name, number, heading in rows:
        at = next(i for i, cell in enumerate(cells[number]) if f"widgets.{name}(" in cell.source)
        above = "\n".join(cell.source for cell in cells[number][:at] if cell.cell_type == "markdown")
        assert re.findall(r"^#+ (.+)$", above, re.MULTILINE)[-1] == heading, name
    code = "\n".join(cell.source for one in cells.values() for cell in one)
    helpers = {"from_frames", "learnt_by", "made_truth", "view_renderer"}
    assert {name for name, _, _ in rows} == set(re.findall(r"widgets\.(\w+)\(", code)) - helpers


def test_what_minute_38_says_of_fog_is_so():
    scene = open_scene("room", "smoke")
    trace = trace_field(surface_voxels(scene), scene.near, scene.far)
    frame = scene.train_ids[len(scene.train_ids) // 3]
    rays_o, rays_d = get_rays(scene.intrinsics, torch.tensor(scene.c2w[frame], dtype=torch.float32))
    column, row = telling_pixel(scene, frame)

    def shares(density: float) -> list[float]:
        _, fine = trace(rays_o[row, column][None], rays_d[row, column][None], 64, 128, density)
        return sorted(np.bincount(fine.probabilities.argmax(-1), fine.weights, scene.n_classes))[-2:]

    assert shares(1.0)[1] > 0.95
    assert min(shares(0.03)) > 0.1


def test_a_cell_that_is_not_there_is_named():
    lost = replace(PARTS[0], shows=(Show("A lost cell", ("01#nowhere",)),))
    with pytest.raises(SemnerfError, match="no cell 01#nowhere"):
        lesson(NOTEBOOKS, [lost])
    with pytest.raises(SemnerfError, match="no cell 03#"):
        lesson(NOTEBOOKS[:2])


def test_notebook_and_slides_from_the_pack_alone(smoke_runs, tmp_path, monkeypatch, capsys):
    packed, unpacked = tmp_path / "room.pack", tmp_path / "results"
    pack_words = ["pack", str(packed), "--only", "04", "--scale", "smoke", "--out", str(smoke_runs.root)]
    assert main(["workshop", *pack_words]) == 0
    assert main(["workshop", "unpack", str(packed), "--out", str(unpacked)]) == 0
    before = sorted(path.name for path in (unpacked / "runs").iterdir())
    assert before == sorted(path.name for path in (smoke_runs.root / "runs").iterdir())
    monkeypatch.setenv("SEMNERF_RESULTS", str(unpacked))
    monkeypatch.setenv("SEMNERF_SCALE", "smoke")
    monkeypatch.setenv("SEMNERF_HEADLESS", "")
    notebook = tmp_path / NAME
    assert main(["workshop", "lesson", str(tmp_path)]) == 0
    assert main(["workshop", "lesson", str(tmp_path)]) == 2
    assert "exists" in capsys.readouterr().err and (tmp_path / "hand_out.html").is_file()
    assert main(["workshop", "slides", str(notebook)]) == 0, capsys.readouterr().err
    assert "running all cells" in capsys.readouterr().out
    assert sorted(path.name for path in (unpacked / "runs").iterdir()) == before  # nothing was trained
    page = (tmp_path / "teach_90_minutes.slides.html").read_text(encoding="utf-8")
    slides = re.findall(r"<section.*?</section>", page, re.DOTALL)
    assert len(slides) == 1 + len(PARTS) + len(SHOWS)
    for show, slide in zip(SHOWS, [slide for slide in slides if "<h3" in slide], strict=True):
        assert show.title in slide
        assert "<img" in slide or "semantic_loss" in slide, show.title
        for image in re.findall(r'src="data:image/png;base64,([^"]+)"', slide):
            width, height = Image.open(io.BytesIO(base64.b64decode(image))).size
            assert width >= 1.19 * height, f"{show.title}: too tall for its letters to be read from the back row"
    assert NO_WIDGET not in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', page)
    assert json.loads(notebook.read_text())["cells"][2]["outputs"] == []  # the teacher's own stays as it was
