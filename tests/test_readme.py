"""README.md: its numbers are those of the cells that they come from, and of the settings."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_runs import furnished_scene

from semnerf_lib.config import Config
from semnerf_lib.experiments import EXPERIMENTS, plan
from semnerf_lib.experiments.presets import SCENE_SIZES
from semnerf_lib.scene import Scene
from semnerf_lib.study.claims import MARGIN

PROJECT = Path(__file__).resolve().parent.parent
README = (PROJECT / "README.md").read_text(encoding="utf-8")
SPEC = importlib.util.spec_from_file_location("readme_numbers", PROJECT / "docs" / "readme_numbers.py")
readme_numbers = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(readme_numbers)


def test_the_blocks_are_what_their_cells_say():
    assert readme_numbers.written(README) == README, "refresh it: python docs/readme_numbers.py"


@pytest.mark.parametrize("name", readme_numbers.BLOCKS)
def test_a_number_that_another_cell_prints_is_no_excuse(name):
    """Each block is written from its own cells: with its digits moved about, it does not stay."""
    [block] = [match for match in readme_numbers.BLOCK.finditer(README) if match["name"] == name]
    changed = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), block[0].partition("\n")[2])
    damaged = README.replace(block[0].partition("\n")[2], changed)
    assert damaged != README and readme_numbers.written(damaged) == README


def test_no_result_stands_outside_a_block():
    section = README.split("## What comes out")[1].split("\n## ")[0]
    prose = readme_numbers.BLOCK.sub("", section)
    assert not re.search(r"\d\.\d|\d ?(?:%|m\b|cm\b|min)", prose.replace("95 %", ""))
    assert re.findall(r"\d+ of \d+", prose) == ["2 of 4"]  # how the table is read
    assert f"margin of {MARGIN:g} points" in " ".join(prose.split())
    assert f"{Config().iterations:,} steps" in prose


def test_a_block_that_nobody_writes_raises():
    with pytest.raises(ValueError, match="expected each of"):
        readme_numbers.written(README.replace("<!-- numbers: runs -->", "<!-- numbers: walks -->"))
    with pytest.raises(ValueError, match="execute the notebook"):
        readme_numbers.output("10", "c05-4a0784")


def test_a_table_is_read_by_its_heads():
    text = (
        "a caption\nclaim      beside it  the score\nClaim 1: x             2 of 3\nClaim 2    1 of 1     0.5\n\nmore"
    )
    assert readme_numbers.table_in(text, "claim") == [
        {"claim": "Claim 1: x", "beside it": "", "the score": "2 of 3"},
        {"claim": "Claim 2", "beside it": "1 of 1", "the score": "0.5"},
    ]


def long_scene() -> Scene:
    """As many frames, and chairs, as the made room has; the plan asks for no more."""
    scene = furnished_scene(6)
    n = 2 * int(re.search(r"From (\d+)\nsuch label images", README)[1])
    names = ("labels", "instances", "rgb", "depth", "c2w")
    arrays = {name: np.concatenate([getattr(scene, name)] * (n // scene.n_frames)) for name in names}
    return replace(scene, **arrays, train_ids=tuple(range(0, n, 2)), test_ids=tuple(range(1, n, 2)))


def test_the_count_of_runs_is_that_of_the_plan():
    runs = {one.id for name in EXPERIMENTS for one in plan(name, long_scene(), "laptop")}
    assert f"trains {len(runs)} fields" in README


def test_the_scales_are_those_of_the_config():
    rows = re.findall(r"^\| `(\w+)` \|.*\| (.+) \|$", README, re.M)
    words = {1: "all", 6: "one in six"}
    assert dict(rows) == {s: f"{words[every]}, about {width} pixels wide" for s, (width, every) in SCENE_SIZES.items()}
