"""studio.py, clicking.py, click_learners.py: clicks in, labels out; what is learnt, when, and where to click next."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from dummies import DummyLearner, until
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import View, view_renderer
from semnerf_lib.scene import VOID
from semnerf_lib.studio.clicks import Click
from semnerf_lib.studio.learners import REACH, ColourLearner, KernelHead, LabelLearner, rays_of_clicks, studio_config
from semnerf_lib.studio.queries import WINDOW, doubts, pool_of, random_clicker, unsure_clicker
from semnerf_lib.studio.session import REFRESH_STEPS, Studio, close_all

CPU = torch.device("cpu")
WALL, FLOOR, SPHERE = 0, 4, 6


@pytest.fixture(scope="module")
def scene():
    return make_tiny_scene(width=32, height=24)


@pytest.fixture(scope="module")
def taught(scene):
    """A learner that has the geometry."""
    learner = ColourLearner(scene, tiny_config(iterations=80, n_rays=128, lr=4e-2), CPU)
    while learner.step():
        pass
    return learner


def clicks_on(scene, labels, count, seed=0):
    """`count` true clicks on each of some classes."""
    rng, ids = np.random.default_rng(seed), list(scene.train_ids)
    made = []
    for label in labels:
        where = np.argwhere(scene.labels[ids] == label)
        made += [Click(ids[f], int(u), int(v), label) for f, v, u in where[rng.permutation(len(where))[:count]]]
    return tuple(made)


def dummy_render(learner, scene):
    def render(c2w, width):
        height = width * 3 // 4
        labels = np.full((height, width), learner.clicks[-1].label if learner.clicks else 0, np.uint8)
        entropy = np.zeros((height, width), np.float32)
        entropy[height // 2, width // 2] = float(c2w[0, 0] + 2)
        return View(labels, entropy, entropy, entropy + 1, None)

    return render


@pytest.fixture
def studio(scene):
    learner = DummyLearner(steps=2 * REFRESH_STEPS)
    made = Studio(scene, lambda: learner, [1, 0], 16, dummy_render)
    made.told = []
    made.on_change = lambda what, frame: made.told.append((what, frame))
    yield made
    close_all()


def test_geometry_is_learnt_before_any_click_and_views_keep_step(studio):
    studio.open()
    until(lambda: ("doubts", None) in studio.told)
    assert studio.learner.step_count == 2 * REFRESH_STEPS
    assert studio.told.count(("geometry", None)) == 2 * REFRESH_STEPS
    assert studio.told.count(("view", 1)) == studio.told.count(("view", 0)) == 3
    assert studio.told[:3] == [("view", 1), ("view", 0), ("filled", None)]
    assert studio.doubts and studio.error == ""


def test_a_click_fills_every_view_and_undo_takes_it_back(studio, scene):
    studio.open()
    until(lambda: ("doubts", None) in studio.told)
    fitted = len(studio.learner.fitted)
    studio.click(Click(1, 3, 4, SPHERE))
    assert studio.seconds is None and studio.doubts == []
    until(lambda: studio.doubts)
    assert (studio.views[1].labels == SPHERE).all() and (studio.views[0].labels == SPHERE).all()
    assert studio.seconds < 30 and studio.learner.fitted[fitted:] == [(Click(1, 3, 4, SPHERE),)]
    studio.undo()
    until(lambda: studio.doubts)
    assert studio.clicks == () and (studio.views[0].labels == 0).all()
    studio.undo()  # of nothing
    assert studio.clicks == ()


def test_another_view_is_rendered_without_learning_anew(studio):
    studio.open()
    until(lambda: ("doubts", None) in studio.told)
    fitted = len(studio.learner.fitted)
    studio.watch([5, 0])
    until(lambda: 5 in studio.views)
    assert len(studio.learner.fitted) == fitted


def test_a_click_that_the_scene_cannot_have_is_refused_and_nothing_changes(studio):
    with pytest.raises(SemnerfError, match="expected a training view"):
        studio.click(Click(0, 1, 1, 1))
    assert studio.clicks == ()


def test_another_learner_gets_the_clicks_that_are_there(studio):
    studio.open()
    studio.replace([Click(1, 3, 4, FLOOR), Click(1, 5, 5, WALL)])
    other = DummyLearner()
    studio.teach(lambda: other)
    until(lambda: studio.learner is other and studio.doubts)
    assert other.fitted == [studio.clicks]


def test_a_fault_stops_the_thread_and_is_told(scene):
    def broken():
        raise RuntimeError("no memory")

    studio, told = Studio(scene, broken, [1], 16, dummy_render), threading.Event()
    studio.on_change = lambda what, frame: told.set() if what == "error" else None
    studio.open()
    assert told.wait(20) and studio.error == "RuntimeError: no memory"
    assert studio.close(20)


def test_closing_ends_the_thread(studio):
    studio.open()
    assert studio.close(20)
    assert not [t for t in threading.enumerate() if t.name == "semnerf studio" and t is studio._thread]


def test_few_clicks_label_views_that_nobody_clicked(scene, taught):
    classes = range(scene.n_classes)
    taught.fit(clicks_on(scene, classes, 4))
    right = [
        np.mean(view_renderer(taught.model, scene)(scene.c2w[i], 32).labels == scene.labels[i]) for i in scene.test_ids
    ]
    assert np.mean(right) > 0.7


def test_the_labels_depend_on_the_clicks_alone(scene, taught):
    def logits():
        with torch.no_grad():
            o, d, _ = rays_of_clicks(scene, clicks_on(scene, [1, 2], 9, seed=3), CPU)
            return taught.model.render(o, d, scene.near, scene.far)[-1].sem_logits

    first, more = clicks_on(scene, [WALL, SPHERE], 3), clicks_on(scene, [FLOOR], 2)
    taught.fit(first)
    before = logits()
    taught.fit(first + more)
    assert not torch.equal(before, logits())
    taught.fit(first)
    assert torch.equal(before, logits())


def test_clicks_do_not_touch_the_geometry(scene, taught):
    before = {name: p.detach().clone() for name, p in taught.geometry.named_parameters()}
    taught.fit(clicks_on(scene, [WALL, SPHERE], 3))
    assert all(torch.equal(p, before[name]) for name, p in taught.geometry.named_parameters())


def test_without_a_click_every_class_is_as_likely(scene, taught):
    taught.fit([])
    view = view_renderer(taught.model, scene)(scene.c2w[0], 32)
    assert view.entropy == pytest.approx(np.log(scene.n_classes), abs=1e-3)


def test_the_head_is_sure_near_a_click_and_knows_nothing_far_away(scene):
    head = KernelHead(3, torch.zeros(3), seed=0)
    places, colours = torch.tensor([[0.0, 0, 0], [0.3, 0, 0], [60.0, 0, 0]]), torch.zeros(3, 3)
    phi = head.features(places, colours)
    kernel = phi @ phi.T
    assert kernel[0].tolist() == pytest.approx([1, np.exp(-(0.3**2) / 2 / REACH**2), 0], abs=0.2)
    head.values.data = 20 * phi[:1].T @ torch.tensor([[1.0, 0, 0]])
    p = torch.softmax(head(places, colours), -1)
    assert p[0, 0] > 0.99 and p[1, 0] > 0.99 and abs(head(places, colours)[2, 0]) < 0.2 * 20


def test_the_later_of_two_clicks_on_a_pixel_holds(scene):
    _, _, labels = rays_of_clicks(scene, [Click(1, 3, 4, 2), Click(1, 3, 5, 1), Click(1, 3, 4, 6)], CPU)
    assert sorted(labels.tolist()) == [1, 6]


def test_colours_are_needed_where_colours_teach(scene):
    bare = replace(scene, rgb=None)
    with pytest.raises(SemnerfError, match="has no RGB"):
        ColourLearner(bare, tiny_config(), CPU)
    LabelLearner(bare, tiny_config(), CPU).fit(clicks_on(bare, [0, 1], 2))


def test_clicks_alone_move_the_density_and_undo_begins_anew(scene):
    learner = LabelLearner(scene, tiny_config(), CPU)
    start = learner.model.field.density.weight.detach().clone()
    clicks = clicks_on(scene, [WALL, SPHERE, FLOOR], 2)
    learner.fit(clicks)
    assert not torch.equal(start, learner.model.field.density.weight)
    learner.fit(())
    assert torch.equal(start, learner.model.field.density.weight)
    assert not learner.step() and learner.steps == 0


def test_doubts_are_windows_of_entropy_the_best_first(scene):
    def render(c2w, width):
        i = int(np.abs(scene.c2w - c2w).sum((1, 2)).argmin())
        entropy = np.zeros((24, 32), np.float32)
        entropy[2, 3] = 9.0  # one pixel alone
        entropy[10:15, 20:25] = 1.0 + 0.1 * i
        return View(np.zeros((24, 32), np.uint8), entropy, entropy, entropy, None)

    found = doubts(render, scene, [1, 5, 3])
    assert [d.frame for d in found] == [5, 3, 1] and {(d.u, d.v) for d in found} == {(22, 12)}
    assert found[0].entropy == pytest.approx(1.5) and WINDOW == 5
    assert doubts(render, scene, [1, 5], lambda: False) == []


def test_clickers_answer_with_the_truth_one_click_more_each_time(scene, taught):
    for clicker in (unsure_clicker, random_clicker):
        made = clicker(taught, scene, 0)
        several = [next(made) for _ in range(4)]
        assert [len(clicks) for clicks in several] == [1, 2, 3, 4]
        assert several[3][:3] == several[2]
        for click in several[3]:
            assert click.frame in scene.train_ids
            assert scene.labels[click.frame, click.v, click.u] == click.label != VOID
        again = clicker(taught, scene, 0)
        assert [next(again) for _ in range(4)] == several


def test_the_pool_is_spread_over_the_training_views(scene):
    assert pool_of(scene) == list(scene.train_ids) == pool_of(scene, 3)
    many = make_tiny_scene(n_frames=160, width=16)
    assert len(pool_of(many)) == 45 and pool_of(many) != pool_of(many, 1)
    assert set(pool_of(many, 1)) <= set(many.train_ids)


def test_the_studio_s_grid_is_smaller_than_the_laptop_s():
    assert studio_config().cells_finest < 1_000_000 and studio_config("smoke").iterations == 60
