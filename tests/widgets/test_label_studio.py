"""label_studio.py and its parts: clicks go to the studio, the studio's thread draws, files come and go."""

from __future__ import annotations

import importlib
import io
import json
import re
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from dummies import DummyLearner, until
from PIL import Image
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.evaluation import View
from semnerf_lib.palette import palette
from semnerf_lib.scene import VOID
from semnerf_lib.studio.clicks import Click
from semnerf_lib.studio.learners import ColourLearner
from semnerf_lib.studio.session import close_all
from semnerf_lib.widgets.label_studio import COUNTS, click_learners, filled_scores, label_studio, studio_figure
from semnerf_lib.widgets.layers import NO_EVIDENCE, error_text, filled_key, filled_picture, has_evidence
from semnerf_lib.widgets.marks import PIXELS, enlargement, mark_clicks
from semnerf_lib.widgets.studio_panel import OTHERS, StudioPanel

CPU = torch.device("cpu")
FLOOR, SPHERE = 4, 6


class DummyRender:
    """Counts the views it renders."""

    def __init__(self):
        self.calls = 0

    def __call__(self, learner, scene):
        def render(c2w, width):
            self.calls += 1
            labels = np.full((width * 3 // 4, width), learner.clicks[-1].label if learner.clicks else 0, np.uint8)
            entropy = np.zeros(labels.shape, np.float32)
            entropy[6:11, 4:9] = 3 + float(c2w[0, 3])
            return View(labels, np.ones_like(entropy), entropy, entropy + 1, None)

        return render


@pytest.fixture(scope="module")
def scene():
    return make_tiny_scene()


def opened(*arguments):
    panel = StudioPanel(*arguments)
    panel.studio.open()
    return panel


@pytest.fixture
def panel(scene, tmp_path):
    learners = {"one": DummyLearner, "two": lambda: DummyLearner(steps=3)}
    yield opened(scene, learners, tmp_path / "clicks.json", DummyRender())
    close_all()


def click(panel, u, v):
    """As the front end tells of a click on pixel (u, v) of the view."""
    height, width = panel.scene.labels.shape[1:]
    panel.picture._receive(None, {"kind": "click", "x": (u + 0.5) / width, "y": (v + 0.5) / height}, None)


def settled(panel):
    until(lambda: panel.studio.doubts and not panel.next.disabled)


def test_it_begins_with_a_view_to_click_and_says_what_is_at_work(panel, scene):
    settled(panel)
    assert panel.picture.size == (12 * enlargement(16), 16 * enlargement(16))
    assert "click a pixel" in panel.message.value and "frame 1" in panel.message.value
    assert list(panel.classes) == scene.present_classes.tolist()
    assert [b.description for b in panel.classes.values()] == list(scene.class_names)
    assert panel.undo.disabled and "0 clicks on 0 of 7 classes" in panel.status.value
    assert list(panel.gallery) == [0, 4, 8] and len(panel.gallery) <= OTHERS


def test_a_click_becomes_the_chosen_class_and_fills_the_other_views(panel):
    settled(panel)
    panel.classes[SPHERE].click()
    assert "becomes <b>sphere</b>" in panel.message.value and panel.classes[SPHERE].icon == "check"
    click(panel, 7, 5)
    assert panel.studio.clicks == (Click(1, 7, 5, SPHERE),) and not panel.undo.disabled
    settled(panel)
    colour = palette(7)[SPHERE].tolist()
    for picture in (panel.filled, *panel.gallery.values()):
        shown = np.asarray(Image.open(io.BytesIO(picture.png)))
        assert (shown == colour).all()
    assert "1 click on 1 of 7 classes; views filled in" in panel.status.value
    assert "wrong" in panel.captions[0].value and "sphere" in panel.key.value


def test_undo(panel):
    settled(panel)
    click(panel, 7, 5)
    panel.undo.click()
    assert panel.studio.clicks == () and panel.undo.disabled


def test_clicks_are_marked_on_their_own_view(panel, scene):
    settled(panel)
    plain = panel.picture.png
    click(panel, 7, 5)
    assert panel.picture.png != plain
    panel.slider.value = 3
    assert panel.frame == scene.train_ids[3] and f"frame {panel.frame}" in panel.message.value
    panel.slider.value = 0
    until(lambda: 1 in panel.studio.views)
    assert "frame 1:" in panel.message.value


def test_next_leads_to_ever_less_doubtful_views_and_round_again(panel):
    settled(panel)
    order = [d.frame for d in panel.studio.doubts]
    seen = []
    for _ in range(len(order) + 1):
        panel.next.click()
        seen.append(panel.frame)
    assert seen == [*order, order[0]]


def test_the_answer_is_the_true_class_at_the_doubt(panel, scene):
    settled(panel)
    best = panel.studio.doubts[0]
    panel.answer.click()
    truth = int(scene.labels[best.frame, best.v, best.u])
    assert panel.studio.clicks == (Click(best.frame, best.u, best.v, truth),)
    assert panel.chosen == truth and panel.frame == best.frame


def test_entropy_can_be_looked_at(panel):
    settled(panel)
    click(panel, 7, 5)
    settled(panel)
    labels = panel.filled.png
    panel.layer.value = "entropy"
    assert panel.filled.png != labels and "nats" in panel.key.value


def test_another_supervision_learns_the_same_clicks(panel):
    settled(panel)
    click(panel, 7, 5)
    panel.supervision.value = "two"
    until(lambda: panel.studio.learner is not None and panel.studio.learner.steps == 3 and panel.studio.doubts)
    assert panel.studio.learner.clicks == panel.studio.clicks != ()


def test_clicks_are_saved_and_loaded(panel, tmp_path):
    click(panel, 7, 5)
    panel.save.click()
    assert len(json.loads((tmp_path / "clicks.json").read_text())["clicks"]) == 1 and panel.fault.value == ""
    panel.undo.click()
    panel.load.click()
    assert panel.studio.clicks == (Click(1, 7, 5, 0),) and panel.fault.value == ""


def test_clicks_of_another_scene_are_refused_in_the_panel_and_the_own_ones_stay(panel, tmp_path):
    click(panel, 7, 5)
    panel.save.click()
    stored = json.loads((tmp_path / "clicks.json").read_text())
    (tmp_path / "clicks.json").write_text(json.dumps(stored | {"scene_digest": "0" * 64}))
    click(panel, 8, 5)
    panel.load.click()
    assert "clicks on scene tiny (000000000000), expected tiny" in panel.fault.value and len(panel.studio.clicks) == 2
    panel.path.value = str(tmp_path / "none.json")
    panel.load.click()
    assert "none.json" in panel.fault.value and len(panel.studio.clicks) == 2
    click(panel, 9, 5)
    assert panel.fault.value == ""


def test_a_studio_that_stops_says_why(scene, tmp_path):
    def broken():
        raise RuntimeError("no <memory>")

    panel = opened(scene, {"one": broken}, tmp_path / "clicks.json", DummyRender())
    until(lambda: panel.studio.error)
    until(lambda: "no &lt;memory&gt;" in panel.fault.value)


def test_a_scene_without_colours_is_clicked_on_its_labels_and_learns_from_clicks_alone(scene, tmp_path):
    bare = replace(scene, rgb=None)
    assert list(click_learners(bare, tiny_config(), CPU)) == ["clicks alone"]
    assert list(click_learners(scene, tiny_config(), CPU)) == ["colours + clicks", "clicks alone"]
    panel = StudioPanel(bare, {"one": DummyLearner}, tmp_path / "clicks.json", DummyRender())
    assert "no colours" in panel.message.value
    close_all()


def test_with_a_real_learner_the_views_fill(scene, tmp_path):
    learners = click_learners(scene, tiny_config(iterations=20), CPU)
    panel = opened(scene, learners, tmp_path / "clicks.json")
    assert "teach geometry" in panel.at_work.value
    until(lambda: panel.studio.doubts, 120)
    for _ in range(3):
        panel.answer.click()
        until(lambda: panel.studio.doubts, 120)
    assert len(panel.studio.clicks) == 3 and panel.fault.value == ""
    assert {c.label for c in panel.studio.clicks} >= set(np.unique(panel.studio.views[0].labels).tolist())
    close_all()


def test_running_the_cell_again_closes_the_first_studio(panel, scene):
    label_studio(scene, "smoke", learners={"one": DummyLearner}, render=DummyRender())
    assert panel.studio.close(0)


@pytest.mark.parametrize("watches", [True, False])
def test_nothing_learns_in_the_background_where_nobody_watches(scene, monkeypatch, watches):
    module, made = importlib.import_module("semnerf_lib.widgets.label_studio"), threading.Event()
    monkeypatch.setattr(module, "watched", lambda: watches)

    def learner():
        made.set()
        return DummyLearner()

    label_studio(scene, "smoke", learners={"one": learner}, render=DummyRender())
    assert made.wait(20 if watches else 0.3) == watches
    close_all()


def test_the_figure_for_readers_without_a_kernel(scene):
    picture = studio_figure(scene, DummyLearner(steps=4), DummyRender())
    assert len(picture.data) < 100_000 and Image.open(io.BytesIO(picture.data)).size[0] > 600
    assert COUNTS == tuple(sorted(COUNTS))
    assert all(re.search(rf"{count} clicks: \d+% right", picture.alt) for count in COUNTS)
    assert ColourLearner.name in picture_title(studio_figure(scene, renamed(), DummyRender()))


def renamed():
    learner = DummyLearner()
    learner.name = ColourLearner.name
    return learner


def picture_title(picture):
    return picture.alt


def test_marks():
    image = np.full((12, 16, 3), 100, np.uint8)
    scale = enlargement(16)
    assert scale * 16 >= PIXELS and enlargement(480) == enlargement(1000) == 1
    plain = mark_clicks(image, [])
    assert plain.shape == (12 * scale, 16 * scale, 3) and (plain == 100).all()
    dotted = mark_clicks(image, [Click(0, 3, 4, SPHERE)])
    assert dotted[int(4.5 * scale), int(3.5 * scale)].tolist() == palette(7)[SPHERE].tolist()
    ringed = mark_clicks(image, [], (3, 4))
    assert ringed[int(4.5 * scale), int(3.5 * scale)].tolist() == [100, 100, 100]
    assert (ringed != 100).any()


def test_pixels_of_which_no_click_tells_are_grey():
    view = half_evident()
    picture = filled_picture(view, has_evidence(view, 7))
    assert (picture[1, :2] == NO_EVIDENCE).all()
    assert (picture.reshape(-1, 3)[[0, 1, 2, 5]] == palette(7)[FLOOR]).all()


def half_evident():
    """Four pixels of floor and two of which no click tells: of seven classes, odds of 8 to 6 are needed."""
    probability = np.float32([[1, 0.9, 0.58], [1 / 7, 0.56, 0.58]])
    return View(np.full((2, 3), FLOOR, np.uint8), probability, probability, probability, None)


def test_the_key_and_the_score_know_of_pixels_of_which_no_click_tells():
    names, view = tuple("abcdefg"), half_evident()
    where = has_evidence(view, 7)
    key = filled_key(view, where, names)
    assert "e 67%" in key and "no click reaches it 33%" in key and key.count("<span ") == 4
    assert f"rgb({NO_EVIDENCE}, {NO_EVIDENCE}, {NO_EVIDENCE})" in key and "void" not in key
    assert "e 100%" in filled_key(view, np.full((2, 3), True), names)
    truth = view.labels.copy()
    assert error_text(view, truth) == "wrong 0.0%" and error_text(view, truth, where) == "wrong 33.3%"
    truth[1, 0] = VOID
    assert error_text(view, truth, where) == "wrong 20.0%"


def test_the_figure_counts_pixels_of_which_no_click_tells_as_wrong():
    view = half_evident()
    truth = view.labels[None].copy()
    assert filled_scores([view], truth, 7).miou == pytest.approx(4 / 6)
    truth[0, 1, :2] = VOID, SPHERE
    assert filled_scores([view], truth, 7).miou == pytest.approx((1 + 0) / 2)


def test_before_the_first_click_all_is_grey_in_picture_and_key(panel):
    settled(panel)
    assert "no click reaches it 100%" in panel.key.value and panel.scene.class_names[0] not in panel.key.value
    assert (np.asarray(Image.open(io.BytesIO(panel.filled.png))) == NO_EVIDENCE).all()
    assert "wrong" not in panel.captions[0].value
    click(panel, 7, 5)
    until(lambda: "wrong" in panel.captions[0].value)
    panel.undo.click()
    until(lambda: "wrong" not in panel.captions[0].value)
