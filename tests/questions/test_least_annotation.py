"""least_annotation.py: points that fill the space, and what a person has done to label so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import qmc
from tiny import make_tiny_scene

from semnerf_lib.labels import Corruption, corrupt
from semnerf_lib.questions import least_annotation
from semnerf_lib.questions.annotation_times import expected_minutes
from semnerf_lib.questions.least_annotation import CHECKED, N_CHECKS, Effort, conclude, count_segments, design, work
from semnerf_lib.questions.question import ANSWERS, read_answer
from semnerf_lib.questions.response_surface import axes_of, cheapest, fit_surface
from semnerf_lib.scene import VOID


def test_the_first_points_of_a_longer_design_are_those_of_a_shorter_one():
    assert design(32, 180)[:16] == design(16, 180) != design(16, 180, seed=1)


def test_points_stay_within_the_limits_and_a_quarter_has_no_error():
    points = design(32, 180)
    assert {p.frames for p in points} <= set(range(2, 181)) and min(p.frames for p in points) < 4
    assert all(5e-4 <= p.pixels <= 1 for p in points)
    assert all(p.wrong_pixels * p.wrong_segments == 0 for p in points)
    errors = [max(p.wrong_pixels, p.wrong_segments) for p in points]
    assert errors.count(0) == 8 and 0.4 < max(errors) <= 0.5
    assert sum(p.wrong_pixels > 0 for p in points) == sum(p.wrong_segments > 0 for p in points) == 12


def test_the_points_are_more_even_than_random_ones():
    points = np.array(
        [[np.log(p.frames / 2) / np.log(90), 1 + np.log10(p.pixels) / np.log10(2000)] for p in design(16, 180)]
    )
    random = [qmc.discrepancy(np.random.default_rng(seed).random((16, 2))) for seed in range(20)]
    assert qmc.discrepancy(points.clip(0, 1)) < min(random)


def test_an_effort_is_a_corruption_and_its_dials():
    effort = Effort(9, 0.02, wrong_segments=0.3)
    assert effort.corruption == Corruption.parse("annotated:frames=9,pixels=0.02,wrong-pixels=0,wrong-segments=0.3")
    assert effort.dials == {"frames": 9, "pixels": 0.02, "wrong_pixels": 0, "wrong_segments": 0.3}


def test_work_is_counted_in_the_labels():
    """Of the tiny scene one frame is labelled by hand: two pixels of one class, one of another, which is wrong."""
    scene, labels = make_tiny_scene(), np.full_like(make_tiny_scene().labels, VOID)
    frame = scene.train_ids[2]
    first, second = np.unique(scene.labels[frame])[:2]
    for c, n in ((first, 2), (second, 1)):
        rows, columns = np.nonzero(scene.labels[frame] == c)
        labels[frame, rows[:n], columns[:n]] = first
    expected = {"labelled_frames": 1, "points": 3, "classes": 2, "absent": scene.n_classes - 2}
    assert work(scene, labels).items() >= expected.items()
    assert work(scene, labels)["wrong"] == pytest.approx(1 / 3)
    assert work(scene, labels)["segments"] == count_segments(scene.labels[frame])


def test_segments_touch_at_corners_and_void_is_none():
    assert count_segments(np.uint8([[1, 0], [0, 1]])) == 2
    assert count_segments(np.uint8([[1, 255, 1], [255, 255, 255]])) == 2
    assert count_segments(np.full((2, 2), VOID, np.uint8)) == 0


def test_pairs_learn_from_identical_labels(monkeypatch):
    scene = replace(make_tiny_scene())
    monkeypatch.setattr(least_annotation, "open_scene", lambda spec, scale: scene)
    monkeypatch.setattr(least_annotation, "FEWEST_FRAMES", 1)
    cases = list(least_annotation.cases())
    assert len({case.planned.id for case in cases}) == len(cases)
    of = {s: [c.planned.config for c in cases if c.planned.config.supervision == s] for s in ("labels", "labels+rgb")}
    for config in of["labels+rgb"]:
        [pair] = [one for one in of["labels"] if one.seed == config.seed and one.corruption == config.corruption]
        same = (corrupt(scene, one.corruption, one.seed) for one in (config, pair))
        assert np.array_equal(*same)
        assert config.n_rays + config.colour_rays == pair.n_rays


def test_each_checked_point_has_its_runs(monkeypatch):
    monkeypatch.setattr(least_annotation, "open_scene", lambda spec, scale: make_tiny_scene())
    monkeypatch.setattr(least_annotation, "FEWEST_FRAMES", 1)
    for name, effort in CHECKED.items():
        runs = [case for case in least_annotation.cases() if case.dials["checks"] == name]
        assert [case.planned.config.seed for case in runs] == list(range(N_CHECKS))
        assert {case.planned.config.corruption for case in runs} == {effort.corruption}
        assert {case.planned.config.supervision for case in runs} == {"labels"}


def test_checks_are_counted_against_the_target_and_apart_from_the_design():
    work = {"absent": 0, "classes": 1, "points": 1, "segments": 1, "labelled_frames": 1, "frames": 5.0, "wrong": 0.0}
    design_rows = [(1.0, 0.8), (0.1, 0.5)]
    rows = [work | {"pixels": pixels, "miou": miou, "checks": ""} for pixels, miou in design_rows]
    scores = zip(CHECKED, ((0.70, 0.71, 0.73), (0.73, 0.9, 0.71)), strict=True)
    rows += [work | {"pixels": 0.1, "miou": miou, "checks": name} for name, three in scores for miou in three]
    text = conclude([row | {"supervision": "labels"} for row in rows])
    assert text.startswith("None of 1 runs")
    assert "1 of 3 runs do (mIoU 0.700 to 0.730, target 0.720)" in text
    assert "2 of 3 runs do (mIoU 0.710 to 0.900, target 0.720)" in text


def test_the_checked_points_are_the_cheapest_of_the_surface():
    rows = read_answer(ANSWERS / "least_annotation.json").select(supervision="labels", checks="")
    whole = [row for row in rows if row["pixels"] == 1]
    target = 0.9 * np.mean([row["miou"] for row in whole])
    across, up = np.meshgrid(np.geomspace(2, whole[0]["frames"], 60), np.geomspace(5e-4, 1, 60))
    nothing = np.zeros(across.size)
    surface = fit_surface(rows)
    mean, deviation = (
        v.reshape(across.shape) for v in surface.predict(axes_of(across.ravel(), up.ravel(), nothing, nothing))
    )
    minutes = expected_minutes(rows, across, up)
    for name, scores in (("on average", mean), ("surely", mean - 2 * deviation)):
        best = cheapest(scores, minutes, target)
        assert Effort(round(across[best]), round(up[best], 4)) == CHECKED[name]
