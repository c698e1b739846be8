"""presets: every scale has both fields, and every preset can be built."""

from __future__ import annotations

import pytest
from tiny import make_tiny_scene

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments.presets import PRESETS, SCALES, SCENE_SIZES, check_scale, preset
from semnerf_lib.models import build_model


def test_unknown_scale_and_field_raise():
    for call in (lambda: preset("huge"), lambda: check_scale(""), lambda: preset("Paper", "mlp")):
        with pytest.raises(SemnerfError, match="scale .*, expected one of: smoke, laptop, reference, paper"):
            call()
    with pytest.raises(SemnerfError, match="field 'hash', expected one of: mlp, grid"):
        preset("smoke", "hash")


def test_every_scale_has_both_fields_and_its_own():
    assert set(PRESETS) == {(scale, field) for scale in SCALES for field in ("mlp", "grid")}
    assert set(SCENE_SIZES) == set(SCALES)
    assert [preset(scale).field for scale in SCALES] == ["grid", "grid", "grid", "mlp"]


@pytest.mark.parametrize("supervision", ["labels", "labels+rgb"])
@pytest.mark.parametrize(("scale", "field"), PRESETS)
def test_every_preset_makes_a_model(scale, field, supervision):
    config = preset(scale, field, supervision=supervision)
    assert (config.field, config.supervision) == (field, supervision)
    model = build_model(config, make_tiny_scene())
    assert sum(p.numel() for p in model.parameters()) > 1000
    assert config.model_name
