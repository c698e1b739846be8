"""different_scenes.py: the made rooms, and those that a reader has in a folder of their own."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from tiny import make_tiny_scene

from semnerf_lib.errors import SemnerfError
from semnerf_lib.questions import different_scenes as module
from semnerf_lib.questions.different_scenes import REAL, REAL_DATA, conclude, specs, title_of
from semnerf_lib.questions.question import ANSWERS, read_answer
from semnerf_lib.questions.scenes_and_classes import SHORT
from semnerf_lib.scenes.loading import MADE_SCENES


def test_without_the_variable_there_are_the_made_rooms(monkeypatch):
    monkeypatch.delenv(REAL_DATA, raising=False)
    assert specs() == {name: name for name in MADE_SCENES}


def test_with_it_there_are_the_folders_too(monkeypatch, tmp_path):
    monkeypatch.setenv(REAL_DATA, str(tmp_path))
    for name in REAL:
        (tmp_path / name).mkdir()
    assert specs() == {name: name for name in MADE_SCENES} | {name: str(tmp_path / name) for name in REAL}


def test_a_folder_without_a_scene_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv(REAL_DATA, str(tmp_path))
    with pytest.raises(SemnerfError, match=f"no folder {next(iter(REAL))}, expected"):
        specs()


def test_both_supervisions_learn_each_scene_on_the_same_rays(monkeypatch):
    monkeypatch.delenv(REAL_DATA, raising=False)
    monkeypatch.setattr(module, "open_scene", lambda spec, scale: replace(make_tiny_scene(), name=spec))
    cases = list(module.cases())
    assert set(Counter((case.spec, case.planned.config.seed) for case in cases).values()) == {2}
    assert {c.planned.config.n_rays + c.planned.config.colour_rays for c in cases} == {SHORT["n_rays"]}
    assert {case.planned.config.iterations for case in cases} == {module.STEPS}


def test_the_sentence_has_one_difference_a_scene():
    scores = {"room": (0.8, 0.7), "bedroom": (0.9, 0.9), "small_house_living": (0.7, 0.5)}
    rows = [
        {"scene": name, "supervision": supervision, "seed": seed, "miou": miou, "depth_mae": 1 - miou}
        for name, both in scores.items()
        for supervision, miou in zip(("labels", "labels+rgb"), both, strict=True)
        for seed in (0, 1)
    ]
    text = conclude(rows)
    assert "mIoU +10.0 points (" in text and "n = 3): the scenes cannot tell, depth error −10.0 cm (" in text
    assert f"least: {title_of('bedroom')} (+0.0); most: {REAL['small_house_living']} (+20.0)" in text


def test_the_kept_answer_has_both_supervisions_of_all_scenes():
    runs = Counter((row["scene"], row["supervision"]) for row in read_answer(ANSWERS / "different_scenes.json").rows)
    assert {scene for scene, _ in runs} == {*MADE_SCENES, *REAL} and set(runs.values()) == {module.SEEDS}
