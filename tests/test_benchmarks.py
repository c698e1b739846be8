"""benchmarks: the control of the proposal compares like with like."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from semnerf_lib.experiments.presets import preset

PATH = Path(__file__).resolve().parent.parent / "benchmarks" / "samplers.py"


def load():
    spec = importlib.util.spec_from_file_location("samplers", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_samplers_differ_in_what_is_theirs_alone():
    samplers, paper = load(), preset("paper", "mlp")
    configs = {name: samplers.config_of(name, 10, 2) for name in samplers.SAMPLERS}
    hierarchical, proposal = configs["hierarchical"].values(), configs["proposal"].values()
    differ = {key for key, value in hierarchical.items() if value != proposal[key]}
    assert differ == {"sampler", "n_samples", "n_importance", "noise_std", "density_bias", "carving"}
    assert all(hierarchical[key] == getattr(paper, key) for key in differ)
    assert (proposal["iterations"], proposal["seed"], proposal["width"]) == (10, 2, paper.width)
