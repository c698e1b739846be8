"""untrained: the score of nothing learnt."""

from __future__ import annotations

import pytest
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.study.untrained import untrained_scores


def test_an_untrained_field_is_scored_as_a_run_is_and_a_known_box_makes_its_depth():
    scene, config = make_tiny_scene(), tiny_config()
    scores = untrained_scores(scene, config, [1, 2])
    assert scores["n_frames"] == 2 and scores["miou"] < 0.3
    assert scores["depth_mae"] == pytest.approx(untrained_scores(scene, config, [1, 2])["depth_mae"])
    without = untrained_scores(scene, config.replace(bounds="cameras"), [1, 2])
    assert scores["depth_mae"] < without["depth_mae"]
    assert untrained_scores(scene, config)["n_frames"] == len(scene.test_ids)
