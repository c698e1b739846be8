"""facts.py: what a pack rounded is numbers, or its run is refused."""

from __future__ import annotations

import pytest
from made_runs import make_run
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import Planned
from semnerf_lib.runs.store import Store, read_run

SOUND = {"steps_a_deviation": 64.0, "miou_before": 0.5, "scores": "of the rounded weights"}


@pytest.mark.parametrize(
    "change", [{"miou_before": {"a": 1}}, {"steps_a_deviation": "a\x1b[2J"}, {"miou_before": True}]
)
def test_what_a_pack_rounded_is_numbers(tmp_path, change):
    store = Store(tmp_path)
    run = make_run(store, Planned(make_tiny_scene(), tiny_config()), 0.5, rounded=SOUND)
    assert read_run(run.folder).provenance["rounded"] == SOUND
    with pytest.raises(SemnerfError, match="provenance: rounded is"):
        make_run(Store(tmp_path / "other"), Planned(make_tiny_scene(), tiny_config()), 0.5, rounded=SOUND | change)
