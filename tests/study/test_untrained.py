"""untrained: the score of nothing learnt."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.experiments import Planned
from semnerf_lib.runs.store import Store
from semnerf_lib.study import untrained
from semnerf_lib.study.untrained import untrained_depth, untrained_scores


def test_an_untrained_field_is_scored_as_a_run_is_and_a_known_box_makes_its_depth():
    scene, config = make_tiny_scene(), tiny_config()
    scores = untrained_scores(scene, config, [1, 2])
    assert scores["n_frames"] == 2 and scores["miou"] < 0.3
    assert scores["depth_mae"] == pytest.approx(untrained_scores(scene, config, [1, 2])["depth_mae"])
    without = untrained_scores(scene, config.replace(bounds="cameras"), [1, 2])
    assert scores["depth_mae"] < without["depth_mae"]
    assert untrained_scores(scene, config)["n_frames"] == len(scene.test_ids)


def test_the_depth_is_kept_and_is_that_of_the_runs_own_box(tmp_path, monkeypatch):
    scene, config, store = make_tiny_scene(), tiny_config(corruption="pixel-noise:0.5"), Store(tmp_path)
    planned = [Planned(scene, config.replace(seed=seed)) for seed in range(3)]
    depth = untrained_depth(planned, store, "test")
    assert depth == pytest.approx(untrained_scores(scene, config)["depth_mae"], rel=1e-3)
    [file] = (tmp_path / "untrained").iterdir()
    monkeypatch.setattr(untrained, "untrained_scores", lambda *_: {"depth_mae": 7.0})
    assert untrained_depth(planned, store, "test") == depth
    elsewhere = [replace(one, config=one.config.replace(bounds="cameras")) for one in planned]
    assert untrained_depth(elsewhere, store, "test") == 7.0
    file.write_text('{"depth_mae": "near"}')
    assert untrained_depth(planned, store, "test") == 7.0  # a damaged file is written again


def test_there_is_no_depth_without_truth_without_a_box_or_without_runs(tmp_path):
    scene, config, store = make_tiny_scene(), tiny_config(), Store(tmp_path)
    assert untrained_depth([], store, "test") is None
    assert untrained_depth([Planned(replace(scene, depth=None), config)], store, "test") is None
    assert untrained_depth([Planned(scene, config.replace(supervision="labels+rgb"))], store, "test") is None
    assert untrained_depth([Planned(scene, config.replace(sampler="hierarchical", carving=0))], store, "test") is None
    assert not list(tmp_path.iterdir())


def test_there_is_no_depth_where_none_of_the_scored_frames_has_one(tmp_path):
    scene = make_tiny_scene()
    depth = scene.depth.copy()
    depth[list(scene.test_ids)] = 0
    planned = [Planned(replace(scene, depth=depth), tiny_config("grid"))]
    assert [untrained_depth(planned, Store(tmp_path), "test") for _ in range(2)] == [None, None]  # made, then read
