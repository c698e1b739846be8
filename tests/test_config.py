"""config: bad keys and values raise."""

from __future__ import annotations

import dataclasses
import json

import pytest

from semnerf_lib.config import Config
from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments.presets import preset

NUMBERS = [f.name for f in dataclasses.fields(Config) if f.type in ("int", "float", "int | None")]
ABOVE_ZERO = [
    "iterations",
    "n_rays",
    "n_samples",
    "lr",
    "lr_decay_steps",
    "depth",
    "width",
    "position_scale",
    "n_levels",
]


def refused(**changes) -> str:
    with pytest.raises(SemnerfError) as caught:
        Config().replace(**changes)
    text = str(caught.value)
    assert "\n" not in text and text.startswith("config: ") and "expected" in text
    return text


def test_unknown_key_is_named_beside_the_known():
    text = refused(n_ray=5)
    assert "'n_ray'" in text and "n_rays" in text
    with pytest.raises(SemnerfError, match="unknown key 'colour'"):
        preset("smoke", colour=True)


@pytest.mark.parametrize("value", [-1, -0.5, True, False, "12", [1], float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("name", NUMBERS)
def test_impossible_numbers_raise(name, value):
    assert name in refused(**{name: value})


@pytest.mark.parametrize("name", [n for n in NUMBERS if n != "fold"])
def test_none_is_no_number(name):
    refused(**{name: None})


@pytest.mark.parametrize("name", ABOVE_ZERO)
def test_zero_where_there_must_be_some(name):
    refused(**{name: 0})


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(Config) if f.type in ("int", "int | None")])
def test_whole_numbers_are_whole(name):
    assert "whole number" in refused(**{name: 2.5})


@pytest.mark.parametrize(
    "changes",
    [dict(field="hash"), dict(supervision="rgb"), dict(precision="float16"), dict(field=None), dict(precision=1)]
    + [dict(sampler="sparse"), dict(sampler=0), dict(bounds="none"), dict(bounds=None), dict(pixels="all")],
)
def test_unknown_kinds_raise(changes):
    refused(**changes)


def test_an_unknown_sampler_is_named_beside_the_known():
    assert refused(sampler="even") == "config: sampler = 'even', expected one of: hierarchical, proposal"


def test_each_field_comes_with_its_own_sampler_unless_one_is_named():
    assert Config().sampler == "hierarchical" and Config(field="grid").sampler == "proposal"
    config = Config().replace(field="grid")
    assert config.sampler == "proposal" and config.replace(field="mlp").sampler == "hierarchical"
    assert config.replace(field="mlp", sampler="proposal").sampler == "proposal"
    assert Config(sampler="proposal").replace(seed=1).sampler == "proposal"


def test_keys_that_came_later_are_in_the_json_only_where_they_differ():
    later = {"sampler": "proposal", "warmup_steps": 5, "density_bias": 0.5, "bounds": "cameras", "pixels": "any"}
    assert not later.keys() & json.loads(Config().to_json()).keys()
    assert later.items() <= json.loads(Config(**later).to_json()).items()
    assert "sampler" not in json.loads(preset("smoke", "grid", sampler="proposal").to_json())
    config = preset("smoke", "grid", sampler="hierarchical")
    assert Config().replace(**json.loads(config.to_json())) == config


def test_carving_without_a_proposal_raises():
    assert refused(carving=4) == "config: carving = 4, expected 0: there is no proposal to start from it"
    assert Config(sampler="proposal", carving=4.0).carving == 4.0


def test_numbers_that_cannot_be_rendered_raise():
    refused(shell=1.0)
    refused(n_samples=2)
    refused(field="grid", n_importance=0)
    refused(sampler="proposal", n_importance=0)
    assert Config().replace(n_importance=0, fold=0, shell=0.0, noise_std=0).fold == 0


def test_replace_changes_a_copy():
    config = Config()
    assert config.replace(seed=4).seed == 4 and config.seed == 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.seed = 1


def test_json_is_one_sorted_line_that_comes_back():
    config = preset("laptop", fold=2, supervision="labels+rgb")
    text = config.to_json()
    assert "\n" not in text and list(json.loads(text)) == sorted(json.loads(text))
    assert Config().replace(**json.loads(text)) == config


def test_a_whole_number_and_its_float_are_one_config():
    assert Config(lr=1).to_json() == Config(lr=1.0).to_json()
