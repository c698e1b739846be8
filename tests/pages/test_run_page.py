"""run_page.py: one file with the learnt room, views beside the truth, and scores."""

from __future__ import annotations

import json
import re
from html import escape

import numpy as np
import pytest
from made_page import WRONG_FRAME, made_page
from tiny import NAMES, make_tiny_scene


@pytest.fixture
def page(tmp_path):
    return made_page(tmp_path)


def cameras(page):
    return json.loads(re.search(r'id="cameras">(.*?)</script>', page)[1])


def test_it_needs_no_other_file(page):
    outside_room = re.sub(r'srcdoc="[^"]*"', "", page)
    sources = re.findall(r'(?:src|href)="([^"]*)"', outside_room)
    assert sources and all(source.startswith("data:") for source in sources)
    assert "<script src" not in page and "three" in page.lower()


def test_it_says_what_the_run_is_and_its_scores(page):
    assert "<h1>grid, labels only, seed 0, tiny</h1>" in page
    assert "mean IoU</th><td>0.500" in page


def test_classes_of_the_room_can_be_hidden(page):
    assert re.findall(r'aria-pressed="true" style="--class: #\w{6}">([^<]*)<', page) == [NAMES[0], NAMES[4]]


def test_views_stand_beside_the_truth_with_their_errors(page):
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", page)
    assert [text.partition(":")[0] for text in captions[:5]] == [
        "labels, learnt",
        "labels, true",
        "wrong labels",
        "depth, learnt",
        "depth, true",
    ]
    assert captions[2] == "wrong labels: 0.0% of the pixels" and captions[4].endswith("off by 0.00 m")
    scene = make_tiny_scene()
    wrong = np.mean(scene.labels[WRONG_FRAME][scene.labels[WRONG_FRAME] != 255] != 0)
    assert captions[7] == f"wrong labels: {wrong:.1%} of the pixels"


def test_cameras_stand_where_the_frames_do_in_axes_with_y_up(page):
    scene, found = make_tiny_scene(), cameras(page)
    x, y, z = scene.c2w[WRONG_FRAME, :3, 3]
    assert found["views"][1]["eye"] == pytest.approx([x, z, -y], abs=1e-3)
    ahead = np.subtract(found["views"][1]["target"], found["views"][1]["eye"])
    x, y, z = scene.c2w[WRONG_FRAME, :3, 2]
    assert ahead / np.linalg.norm(ahead) == pytest.approx([x, z, -y], abs=1e-2)
    assert found["views"][0]["fov"] == pytest.approx(
        np.degrees(2 * np.arctan(scene.intrinsics.height / 2 / scene.intrinsics.fy)), abs=0.01
    )
    assert found["outside"]["eye"][1] > 2.4  # above the room


def test_without_depth_there_is_none_beside(tmp_path):
    page = made_page(tmp_path, depth=None)
    assert "depth, learnt" in page and "depth, true" not in page


def test_names_are_text(tmp_path):
    name = "</script><b>wall"
    page = made_page(tmp_path, class_names=(name, *NAMES[1:]))
    assert name not in page and f">{escape(name)}</button>" in page
