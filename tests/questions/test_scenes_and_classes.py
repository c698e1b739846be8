"""scenes_and_classes.py: one dial is turned at a time, and both supervisions learn from the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from made_runs import make_run
from tiny import make_tiny_scene

from semnerf_lib.experiments import Planned
from semnerf_lib.experiments.presets import preset
from semnerf_lib.questions import scenes_and_classes as module
from semnerf_lib.questions.question import ANSWERS, read_answer
from semnerf_lib.questions.scenes_and_classes import BASE, FAR, GROWN, SEEDS, STEPS, TURNED
from semnerf_lib.runs.store import Run, Store
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.rooms.dials import Dials


@pytest.fixture
def cases(monkeypatch):
    scene = make_tiny_scene()
    monkeypatch.setattr(module, "open_scene", lambda spec, scale: replace(scene, name=Dials.parse(spec).title))
    return list(module.cases())


def test_one_dial_is_turned_at_a_time():
    for dials in module.settings():
        assert sum(getattr(dials, name) != getattr(BASE, name) for name in TURNED) <= 1
    assert len(module.settings()) == 1 + sum(len(values) - 1 for values in TURNED.values())


def test_the_far_value_of_some_dials_has_longer_budgets():
    assert all(FAR[name] in values for name, values in TURNED.items())
    long = {dials for dials, budgets in module.settings().items() if budgets == (STEPS, 2 * STEPS, 4 * STEPS)}
    assert long == {replace(BASE, **{name: FAR[name]}) for name in GROWN}
    assert sum(budgets != (STEPS,) for budgets in module.settings().values()) == len(GROWN)


def test_both_supervisions_learn_from_the_same(cases):
    runs = Counter((case.spec, case.dials["steps"], case.planned.config.seed) for case in cases)
    assert set(runs.values()) == {2}
    for case in cases:
        config = case.planned.config
        assert config.iterations == case.dials["steps"] and config.bounds == "cameras"
        assert config.n_rays + config.colour_rays == module.SHORT["n_rays"]
    assert {case.planned.config.seed for case in cases if case.dials["steps"] == STEPS} == set(range(SEEDS[STEPS]))


def test_cases_on_one_scene_are_behind_each_other(cases):
    specs = [case.spec for case in cases]
    assert len(dict.fromkeys(specs)) == 1 + sum(a != b for a, b in zip(specs[:-1], specs[1:], strict=True))


def test_depth_stands_beside_that_of_an_untrained_field(cases, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "merged_miou", lambda planned, run: 0.7)
    monkeypatch.setattr(module, "step_seconds", lambda planned, run: 0.1)
    by_dials = {case.spec: case.planned for case in cases}
    for dials, merged in ((BASE, 0.7), (replace(BASE, **{"objects": TURNED["objects"][-1]}), None)):
        planned = by_dials[dials.spec]
        measured = module.measure(planned, make_run(Store(tmp_path), planned, 0.5))
        assert measured["miou"] == 0.5 and measured["depth_untrained"] > 0
        assert measured["miou_merged"] == merged


def test_a_step_is_timed_once_a_setting(cases, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "merged_miou", lambda planned, run: 0.7)
    monkeypatch.setattr(module, "step_seconds", lambda planned, run: 0.1)
    runs = [case for case in cases if case.spec == replace(BASE, classes=80).spec]
    timed = [
        case.dials["steps"]
        for case in runs
        if module.measure(case.planned, make_run(Store(tmp_path), case.planned, 0.5))["step_seconds"]
    ]
    assert timed == [STEPS, STEPS]  # one a supervision


def test_classes_are_merged_before_they_are_scored(monkeypatch, tmp_path):
    """Labels that mix up two classes which become one are right; the tiny scene's seven classes become five."""
    fine = make_tiny_scene()
    coarse = np.where(fine.labels < 5, fine.labels, np.where(fine.labels == VOID, VOID, 4)).astype(np.uint8)
    few = replace(fine, labels=coarse, class_names=fine.class_names[:5])
    mixed = {i: np.where(fine.labels[i] == 6, 5, fine.labels[i]) for i in range(fine.n_frames)}
    monkeypatch.setattr(module, "open_scene", lambda spec, scale: few)
    monkeypatch.setattr(module, "render_view", lambda model, camera, c2w, *_: SimpleNamespace(labels=mixed[at(c2w)]))

    def at(c2w):
        return next(i for i in range(fine.n_frames) if (fine.c2w[i] == c2w).all())

    monkeypatch.setattr(Run, "load", lambda run, scene: None)
    planned = Planned(fine, preset("smoke"))
    run = make_run(Store(tmp_path), planned, 0.3)
    assert module.merged_miou(planned, run) == 1.0
    assert module.merged_miou(Planned(few, preset("smoke")), run) == 0.3


def test_the_kept_answer_has_a_row_for_each_run():
    found = read_answer(ANSWERS / "scenes_and_classes.json")
    assert len(found.rows) == 2 * sum(SEEDS[steps] for budgets in module.settings().values() for steps in budgets)
