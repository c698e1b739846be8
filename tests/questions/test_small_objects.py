"""small_objects.py: groups of width and size, points of surfaces, and which runs are measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_runs import furnished_scene

from semnerf_lib.evaluation import View
from semnerf_lib.questions import small_objects
from semnerf_lib.questions.small_objects import by_size, by_width, f_score, surface_scores


@pytest.fixture(scope="module")
def scene():
    return furnished_scene(4)


def views_of(scene, ids, shift=0.0):
    """The truth as rendered views, its depth shifted by some metres."""
    flat = np.zeros(scene.labels.shape[1:], np.float32)
    return [View(scene.labels[i].copy(), flat, flat, scene.depth[i] + np.float32(shift), None) for i in ids]


def test_each_width_has_its_own_recall_and_depth(scene):
    ids = [0, 1]
    widths = np.ones((2, *scene.labels.shape[1:]))
    widths[:, :, ::2] = 5.0
    views = views_of(scene, ids, 0.25)
    for view in views:
        view.labels[:, ::2] = scene.n_classes  # wrong wherever it is wide
    numbers = by_width(views, scene, ids, widths, (0.0, 2.0, np.inf), "cm")
    assert numbers["recall 0-2 cm"] == 1 and numbers["recall 2-inf cm"] == 0
    assert numbers["depth 0-2 cm"] == pytest.approx(0.25, abs=1e-4)
    assert numbers["pixels 0-2 cm"] + numbers["pixels 2-inf cm"] <= widths.size
    nothing = by_width(views, scene, ids, 0 * widths, (0.0, np.inf), "px")
    assert nothing == {"pixels 0-inf px": 0, "recall 0-inf px": None, "depth 0-inf px": None}


def test_the_truth_has_every_object_and_every_surface_point(scene):
    ids = [0, 1]
    sizes = by_size(views_of(scene, ids), scene, ids)
    assert {value for name, value in sizes.items() if name.startswith("iou")} <= {1.0, None}
    scores = surface_scores(views_of(scene, ids), scene, ids)
    assert {value for value in scores.values()} <= {1.0, None} and 1.0 in scores.values()


def test_a_surface_that_is_off_by_more_than_close_is_missed(scene):
    scores = surface_scores(views_of(scene, [0], 1.0), scene, [0])
    known = [value for value in scores.values() if value is not None]
    assert np.mean(known) < 0.5


def test_f_score_by_hand():
    line = np.stack([np.arange(10) * 0.3, np.zeros(10), np.zeros(10)], axis=-1)
    assert f_score(line, line + [0.0, 0.01, 0.0]) == 1
    assert f_score(line, line[:5]) == pytest.approx(2 * 1 * 0.5 / 1.5)
    assert f_score(line, line + [0.0, 1.0, 0.0]) == 0
    assert f_score(line, None) == 0 and f_score(None, line) is None


def test_the_runs_are_those_of_other_notebooks(scene, monkeypatch):
    frames = 180
    repeated = {
        name: np.concatenate([getattr(scene, name)] * (frames // 2))[: 2 * frames]
        for name in ("labels", "instances", "rgb", "depth", "c2w")
    }
    long = replace(scene, **repeated, train_ids=tuple(range(0, 360, 2)), test_ids=tuple(range(1, 360, 2)))
    monkeypatch.setattr(small_objects, "open_scene", lambda spec, which: long)
    cases = {case.planned.id: case for case in small_objects.cases()}.values()
    assert len(cases) == 33
    assert sum(case.planned.config.supervision == "labels+rgb" for case in cases) == 3
    for case in cases:
        config = case.planned.config
        assert (config.carving == 0) == (case.dials["variant"] == "no carving")
        assert ("super" in config.corruption.kind) == (case.dials["factor"] > 1)
