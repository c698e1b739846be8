"""thin_parts.py: what is measured at which pixels, and which runs are made."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from made_runs import furnished_scene, make_run

from semnerf_lib.cameras import camera_of_width
from semnerf_lib.config import Config
from semnerf_lib.experiments import Planned, open_scene
from semnerf_lib.experiments.presets import SCENE_SIZES
from semnerf_lib.labels import Corruption
from semnerf_lib.questions import thin_parts
from semnerf_lib.questions.small_objects import scores_of_groups
from semnerf_lib.questions.thin_parts import (
    KINDS,
    centimetres,
    conclude,
    groups_of,
    kind_of,
    room_parts,
)
from semnerf_lib.runs.store import Run, Store
from semnerf_lib.scenes.raycast import raycast
from semnerf_lib.scenes.rooms import ROOMS
from semnerf_lib.scenes.rooms.room import object_numbers


def test_the_rooms_thin_parts_have_the_kinds_that_a_person_would_name():
    parts = [part for parts in ROOMS["room"].objects(object_numbers(0)) for part in parts]
    kinds = Counter((kind_of(part), part.label) for part in parts)
    assert {label: n for (kind, label), n in kinds.items() if kind == "leg"} == {
        "chair": 32, "armchair": 4, "table": 4, "coffee-table": 4, "stool": 4,
    }  # fmt: skip
    assert kinds["leaf", "plant"] == 34 and {label for kind, label in kinds if kind == "stem"} == {"plant", "lamp"}
    assert kinds["cable", "ceiling-lamp"] == 1 and kinds["rail", "curtain"] == 1
    assert not any(kind for kind, label in kinds if label in ("wall", "floor", "sofa", "rug", "window", "door", None))


def test_a_pixel_shows_a_part_of_its_class():
    scene, (caster, kinds) = open_scene("room", "smoke"), room_parts()
    views = [raycast(caster, camera_of_width(scene.intrinsics, 160), scene.c2w[i], 0) for i in scene.test_ids[::8]]
    kind = np.concatenate([kinds[view.instances].ravel() for view in views])
    label = np.concatenate([view.labels.ravel() for view in views])
    shown = {one: {scene.class_names[c] for c in np.unique(label[kind == one])} for one in ("leg", "leaf")}
    assert shown["leaf"] == {"plant"}
    assert {"chair"} <= shown["leg"] <= {"chair", "armchair", "table", "coffee-table", "stool"}


def test_only_things_of_known_depth_have_a_width():
    scene = furnished_scene(4)
    cm, chair = centimetres(scene, 0), scene.labels[0] == scene.class_names.index("chair")
    assert chair.any() and (cm[chair] > 0).all() and not cm[~chair].any()
    unknown = replace(scene, depth=np.zeros_like(scene.depth))
    assert not centimetres(unknown, 0).any()
    walls = replace(scene, class_names=(*scene.class_names[:-1], "wall"))
    assert not centimetres(walls, 0).any()


def test_each_group_has_its_own_pixels_and_scores():
    cm, kinds = np.array([2.0, 2.5, 5.0, 7.0]), np.array(["leg", "", "leg", "leaf"])
    right, error = np.array([True, False, True, False]), np.array([0.1, 0.3, 0.5, 0.7])
    found = scores_of_groups(groups_of(cm, kinds), right, error)
    assert (found["pixels 1-3 cm"], found["recall 1-3 cm"]) == (2, 0.5)
    assert found["depth 1-3 cm"] == pytest.approx(0.2) and found["recall 3-6 cm"] == 1
    assert (found["pixels leg"], found["recall leg"], found["recall leaf"]) == (2, 1, 0)
    assert (found["pixels cable"], found["recall cable"], found["depth cable"]) == (0, None, None)


def test_a_run_is_measured_at_the_fine_views_pixels(monkeypatch, tmp_path):
    rays = torch.zeros(3, 3)
    labels, depth = np.array([0, 1, 1], np.uint8), np.array([1.0, 2.0, 3.0])
    fine = thin_parts.FineView(rays, rays, labels, depth, np.array([2.0, 2.0, 5.0]), np.array(["leg", "leg", ""]))
    monkeypatch.setattr(thin_parts, "fine_views", lambda: [fine, fine])
    out = SimpleNamespace(sem_logits=torch.tensor([[1.0, 0], [1, 0], [0, 1]]), depth_map=torch.tensor([1.5, 2, 3]))
    model = SimpleNamespace(render=lambda o, d, near, far: [out])
    monkeypatch.setattr(Run, "load", lambda self, scene: model)
    planned = Planned(furnished_scene(4), Config())
    found = thin_parts.measure(planned, make_run(Store(tmp_path), planned, 0.5))
    assert (found["pixels leg"], found["recall leg"], found["depth leg"]) == (4, 0.5, 0.25)
    assert (found["recall 3-6 cm"], found["depth 3-6 cm"]) == (1, 0)


def test_each_setting_has_as_many_pixels_and_frames_as_it_says():
    for (width, frames), (scale, text) in thin_parts.SETTINGS.items():
        corruption, seen = Corruption.parse(text), SCENE_SIZES[scale][0]
        sparse, coarse = corruption.kind == "sparse", corruption.kind == "super-sparse"
        assert frames == (round(180 * (1 - corruption.amount)) if sparse else 180)
        assert width == (seen // corruption.amount if coarse else seen)


def test_the_runs_differ_in_one_thing_at_a_time(monkeypatch):
    opened = {}
    monkeypatch.setattr(thin_parts, "open_scene", lambda spec, scale: opened.setdefault(scale, furnished_scene(4)))
    monkeypatch.setattr(thin_parts, "SETTINGS", {key: (s, "none") for key, (s, _) in thin_parts.SETTINGS.items()})
    cases = list(thin_parts.cases())
    counts = Counter((*case.dials.values(), case.planned.config.supervision) for case in cases)
    assert set(counts.values()) == {3} and len(counts) == 14 and set(opened) == {"paper", "laptop"}
    for case in cases:
        assert case.planned.config.iterations == 400 * case.dials["times"]


def test_the_conclusion_names_what_helps_and_the_kinds_in_order():
    def rows(width, frames, times, recall):
        shares = {f"recall {kind}": 0.1 * k for k, kind in enumerate(KINDS)}
        shares |= {f"pixels {kind}": 0 if kind == "rail" else 500 for kind in KINDS}
        own = {"width": width, "frames": frames, "times": times, "supervision": "labels"}
        return [own | shares | {"seed": seed, "recall 1-3 cm": recall + 0.001 * seed} for seed in range(3)]

    found = rows(160, 180, 1, 0.4) + rows(160, 12, 1, 0.3) + rows(320, 180, 1, 0.4)
    text = conclude(found + rows(160, 180, 4, 0.5) + rows(320, 180, 4, 0.6))
    assert "40.1% get the right class" in text and "12 frames instead of 180 −10.0 points" in text
    assert "cable 40%, leaf 30%, stem 20%, leg 0%." in text
