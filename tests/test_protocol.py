"""The `paper` preset, against every number that is known of P1 and P2.

P1: Wang et al., arXiv 2403.16043. P2: Zhi et al., arXiv 2103.15875; its code: Harry-Zhi/semantic_nerf, b79f9c3.
"""

from __future__ import annotations

import pytest
import torch
from tiny import make_tiny_scene, tiny_config

from semnerf_lib import rendering
from semnerf_lib.cameras import Intrinsics
from semnerf_lib.experiments import N_FOLDS
from semnerf_lib.experiments.presets import SCENE_SIZES, preset
from semnerf_lib.models import build_model
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.training import Trainer

NUMBERS = [
    ("field", "mlp"),  # P1, P2
    ("supervision", "labels"),  # P1: RGB and its loss removed
    ("iterations", 200_000),  # P1
    ("lr", 5e-4),  # P1
    ("lr_decay_steps", 250_000),  # P2 code: 5e-4 * 0.1^(step / 250,000)
    ("n_rays", 1024),  # P2 code
    ("n_samples", 64),  # P2 code
    ("n_importance", 128),  # P2 code
    ("semantic_weight", 0.04),  # P2 code
    ("noise_std", 1.0),  # P2 code
    ("depth", 8),  # P2 code
    ("width", 256),  # P2 code
    ("n_octaves", 10),  # P2 code
    ("direction_octaves", 4),  # P2 code
    ("position_scale", 10.0),  # P2 code: xyz / 10
]


@pytest.mark.parametrize(("key", "value"), NUMBERS, ids=[key for key, _ in NUMBERS])
@pytest.mark.parametrize("supervision", ["labels", "labels+rgb"])
def test_paper_preset(key, value, supervision):
    if key != "supervision":
        assert getattr(preset("paper", supervision=supervision), key) == value
    else:
        assert preset("paper").supervision == value


def test_frames_are_320_wide_and_seen_by_p2s_camera():
    assert SCENE_SIZES["paper"] == (320, 1)
    assert Intrinsics.from_hfov(320, 240) == Intrinsics(320, 240, 160.0, 160.0, 159.5, 119.5)


def test_constants():
    assert N_FOLDS == 5  # P1
    assert VOID == 255  # P1
    assert rendering.LAST_DELTA == 1e10  # P2 code
    near, far = (Scene.__dataclass_fields__[name].default for name in ("near", "far"))
    assert (near, far) == (0.1, 10.0)  # P2 code


@pytest.mark.parametrize(("supervision", "colour"), [("labels", False), ("labels+rgb", True)])
def test_coarse_and_fine_are_separate_networks_of_the_papers_size(supervision, colour):
    model = build_model(preset("paper", supervision=supervision), make_tiny_scene())
    for network in (model.coarse, model.fine):
        sizes = [(layer.in_features, layer.out_features) for layer in network.trunk.layers]
        assert sizes == [(63, 256)] + [(256, 256)] * 4 + [(319, 256)] + [(256, 256)] * 2
        assert (network.density.in_features, network.density.out_features) == (256, 1)
        assert [(m.in_features, m.out_features) for m in network.semantic[::2]] == [(256, 128), (128, 7)]
        assert hasattr(network, "colour") == colour
        if colour:
            assert (network.feature.in_features, network.feature.out_features) == (256, 256)
            assert (network.view.in_features, network.view.out_features) == (256 + 27, 128)
            assert (network.colour.in_features, network.colour.out_features) == (128, 3)
    shared = {id(p) for p in model.coarse.parameters()} & {id(p) for p in model.fine.parameters()}
    assert not shared


def test_learning_rate_follows_p2s_schedule():
    trainer = Trainer(make_tiny_scene(), tiny_config("mlp", lr=5e-4, lr_decay_steps=250_000), torch.device("cpu"))
    assert isinstance(trainer.optimiser, torch.optim.Adam)  # P1
    for step in (0, 1, 1000, 125_000, 199_999):
        trainer.step_count = step
        trainer.step()
        (group,) = trainer.optimiser.param_groups
        assert group["lr"] == pytest.approx(5e-4 * 0.1 ** (step / 250_000), rel=1e-12)
        assert group["betas"] == (0.9, 0.999) and group["weight_decay"] == 0
    assert group["lr"] == pytest.approx(5e-4 * 10**-0.8, rel=1e-4)


def test_loss_is_p1s_without_rgb_and_p2s_with():
    scene, cpu = make_tiny_scene(), torch.device("cpu")
    trainer = Trainer(scene, tiny_config("mlp"), cpu)
    terms = trainer.terms(trainer.draw(), trainer.generator)
    loss = trainer.loss(terms).item()
    assert "photometric" not in terms and loss == terms["semantic"].item()  # CE alone, coarse + fine
    assert 1.2 * 1.95 < loss < 3 * 1.95  # two nearly uniform guesses among 7: about 2 ln 7
    trainer = Trainer(scene, tiny_config("mlp", supervision="labels+rgb"), cpu)
    terms = trainer.terms(trainer.draw(), trainer.generator)
    expected = terms["photometric"].item() + 0.04 * terms["semantic"].item()
    assert trainer.loss(terms).item() == pytest.approx(expected, rel=1e-6)
