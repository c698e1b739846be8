"""network_claims.py: the papers' networks on the labels of `budget`, judged as the grid is."""

from __future__ import annotations

from typing import Any

from made_runs import furnished_scene

from semnerf_lib.questions import network_claims
from semnerf_lib.questions.budget import CORRUPTIONS
from semnerf_lib.questions.network_claims import cases, conclude


def test_both_networks_learn_from_the_same_poor_labels(monkeypatch):
    scene = furnished_scene()
    monkeypatch.setattr(network_claims, "open_scene", lambda spec, scale: scene)
    configs = [case.planned.config for case in cases()]
    assert [(c.seed, str(c.corruption), c.supervision) for c in configs] == [
        (seed, text, one) for seed in range(3) for text in CORRUPTIONS for one in ("labels", "labels+rgb")
    ]
    for config in configs:
        assert (config.field, config.depth, config.width, config.n_octaves) == ("mlp", 8, 256, 10)
        assert (config.boundary_share, config.score_views, config.score_frames) == (0, "test+train", 12)
        assert config.n_rays + config.colour_rays == 1024


def row(seed: int, supervision: str, score: float, corruption: str = "pixel-noise:0.5") -> dict[str, Any]:
    others = {"input": 0.5, "baseline": 0.8} if supervision == "labels" else {}
    return {"corruption": corruption, "seed": seed, "supervision": supervision, "train_miou": score} | others


def test_the_conclusion_has_each_difference_and_its_verdict():
    rows = [row(0, "labels", 0.70), row(0, "labels+rgb", 0.69), row(1, "labels", 0.71), row(1, "labels+rgb", 0.70)]
    for seed in range(2):
        rows += [row(seed, "labels", 0.61, "propagation:0"), row(seed, "labels+rgb", 0.60, "propagation:0")]
    said = conclude(rows)
    for part in (
        "50 % of pixels random: better than the noisy labels: +20.5 (+14.1 to +26.9), supported; ",
        "better than the best baseline: −9.5 (−15.9 to −3.1), not supported; ",
        "as good as labels + RGB: +1.0 (+1.0 to +1.0), supported. ",
        "single click: better than the partial labels: +11.0 (+11.0 to +11.0), supported; ",
        "better than the best baseline: −19.0 (−19.0 to −19.0), not supported; ",
    ):
        assert part in said
