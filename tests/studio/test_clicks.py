"""clicks.py: what is clicked is what is learnt, kept and read again; what does not fit is refused in one line."""

from __future__ import annotations

import json
import os

import pytest
from tiny import make_tiny_scene

from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID
from semnerf_lib.studio.clicks import Click, check_click, load_clicks, save_clicks

CLICKS = (Click(1, 5, 7, 0), Click(2, 15, 11, 6), Click(1, 5, 7, 3))


def test_saved_clicks_are_read_again(tiny_scene, tmp_path):
    path = tmp_path / "deep" / "clicks.json"
    save_clicks(path, tiny_scene, CLICKS)
    assert load_clicks(path, tiny_scene) == CLICKS
    stored = json.loads(path.read_text())
    assert stored["scene"] == "tiny" and [c["class"] for c in stored["clicks"]] == ["wall x-", "sphere", "wall y+"]
    assert [p.name for p in path.parent.iterdir()] == ["clicks.json"]
    save_clicks(path, tiny_scene, ())
    assert load_clicks(path, tiny_scene) == ()


@pytest.mark.parametrize(
    ("click", "said"),
    [
        (Click(0, 1, 1, 1), "frame 0, expected a training view of scene tiny"),
        (Click(99, 1, 1, 1), "frame 99, expected a training view of scene tiny"),
        (Click(1, 16, 1, 1), r"pixel \(16, 1\), expected one of 16x12"),
        (Click(1, 1, -1, 1), r"pixel \(1, -1\), expected one of 16x12"),
        (Click(1, 1, 1, 7), r"class 7, expected 0 \.\.\. 6"),
        (Click(1, 1, 1, VOID), r"class 255, expected 0 \.\.\. 6"),
    ],
)
def test_clicks_that_a_scene_cannot_have_are_refused(tiny_scene, tmp_path, click, said):
    with pytest.raises(SemnerfError, match=said):
        check_click(click, tiny_scene)
    path = tmp_path / "clicks.json"
    save_clicks(path, tiny_scene, []) if click.label > 6 else save_clicks(path, tiny_scene, [click])
    if click.label <= 6:
        with pytest.raises(SemnerfError, match=f"{path.name}: click: {said}"):
            load_clicks(path, tiny_scene)


def test_clicks_of_another_scene_are_refused_in_one_line(tiny_scene, tmp_path):
    path = tmp_path / "clicks.json"
    save_clicks(path, make_tiny_scene(n_frames=8), CLICKS)
    with pytest.raises(SemnerfError, match=r"clicks on scene tiny \(\w{12}\), expected tiny as it is split") as caught:
        load_clicks(path, tiny_scene)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda facts: facts.pop("clicks"), "'clicks' is missing or misplaced"),
        (lambda facts: facts.pop("scene_digest"), "'scene_digest' is missing or misplaced"),
        (lambda facts: facts["clicks"][0].pop("u"), "'u' is missing or misplaced"),
        (lambda facts: facts["clicks"][0].update(u=1.5), "not of whole numbers"),
        (lambda facts: facts["clicks"][0].update(label="wall"), "not of whole numbers"),
        (lambda facts: facts.update(clicks=7), "missing or misplaced"),
    ],
)
def test_damage_is_told_in_one_line(tiny_scene, tmp_path, change, said):
    path = tmp_path / "clicks.json"
    save_clicks(path, tiny_scene, CLICKS)
    facts = json.loads(path.read_text())
    change(facts)
    path.write_text(json.dumps(facts))
    with pytest.raises(SemnerfError, match=said) as caught:
        load_clicks(path, tiny_scene)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '"clicks"'])
def test_a_file_that_holds_no_clicks_is_told_in_one_line(tiny_scene, tmp_path, text):
    path = tmp_path / "clicks.json"
    path.write_text(text)
    with pytest.raises(SemnerfError, match=r"clicks\.json"):
        load_clicks(path, tiny_scene)
    with pytest.raises(SemnerfError, match="expected a JSON file"):
        load_clicks(tmp_path / "none.json", tiny_scene)


def test_a_click_file_of_brackets_or_a_pipe_is_refused_in_one_line(tiny_scene, tmp_path):
    (tmp_path / "deep.json").write_text("[" * 100_000)
    os.mkfifo(tmp_path / "pipe.json")
    for name, words in (("deep.json", "nested too deeply"), ("pipe.json", "no regular file")):
        with pytest.raises(SemnerfError, match=words) as fault:
            load_clicks(tmp_path / name, tiny_scene)
        assert "\n" not in str(fault.value)
