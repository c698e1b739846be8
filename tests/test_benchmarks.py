"""benchmarks: the control of the proposal compares like with like."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace

from semnerf_lib.experiments.presets import preset

PATH = Path(__file__).resolve().parent.parent / "benchmarks" / "samplers.py"


def load():
    spec = importlib.util.spec_from_file_location("samplers", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_samplers_differ_in_what_is_theirs_alone():
    samplers, paper = load(), preset("paper", "mlp")
    hierarchical, cameras, walls = (samplers.config_of(name, 10, 2).values() for name in samplers.CONDITIONS)
    differ = {key for key, value in hierarchical.items() if value != walls[key]}
    assert differ == {"sampler", "n_samples", "n_importance", "noise_std", "density_bias", "carving"}
    assert all(hierarchical[key] == getattr(paper, key) for key in differ)
    assert {key for key, value in cameras.items() if value != walls[key]} == {"bounds"}
    assert (walls["iterations"], walls["seed"], walls["width"]) == (10, 2, paper.width)


def test_a_field_that_died_counts_in_no_mean():
    run = SimpleNamespace(metrics={"miou": 0.5, "total_accuracy": 0.75, "depth_mae": 0.25})
    first, second, mean = load().rows("proposal", [run, None])
    assert first == "| proposal, seed 0 | 0.500 | 0.750 | 0.250 |"
    assert second == "| proposal, seed 1 | died | died | died |"
    assert mean.startswith("| **proposal**, 1 of 2 | 0.500")
