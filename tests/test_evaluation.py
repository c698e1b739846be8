"""evaluation: views and scores of models whose answers are known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import cast, tiny_config

from semnerf_lib import evaluation
from semnerf_lib.cameras import get_rays
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import autocast, evaluate, render_view
from semnerf_lib.grid import Box
from semnerf_lib.machine import devices
from semnerf_lib.models import HierarchicalModel, build_model
from semnerf_lib.rendering import Rendered
from semnerf_lib.scene import VOID


class Perfect(HierarchicalModel):
    """Answers with the truth of the tiny scene, and counts the rays that it is asked at once."""

    def __init__(self, certainty: float = 50.0):
        super().__init__(tiny_config("mlp"), 7, Box(torch.zeros(2, 3), 0.0))
        self.certainty, self.asked = certainty, []

    def render(self, rays_o, rays_d, near, far, generator=None):
        assert generator is None and torch.is_inference_mode_enabled()
        self.asked.append(len(rays_o))
        depth, labels = cast(rays_o.double().numpy(), rays_d.double().numpy())
        logits = self.certainty * torch.nn.functional.one_hot(torch.tensor(labels), 7).float()
        depth, ones = torch.tensor(depth).float(), torch.ones(len(labels), 1)
        rgb = torch.tensor([0.0, 0.5, 2.0]).expand(len(labels), 3)
        return None, Rendered(logits, depth, ones[:, 0], rgb, ones, depth[:, None])


def test_perfect_model_scores_one(tiny_scene):
    scores = evaluate(Perfect(), tiny_scene)
    for name in ("miou", "average_accuracy", "total_accuracy", "miou_predicted", "depth_within_25"):
        assert scores[name] == 1.0
    assert max(scores["depth_abs_rel"], scores["depth_rmse"], scores["depth_mae"]) < 1e-5
    assert scores["entropy"] < 1e-9 and scores["n_frames"] == 3
    seen = set(np.unique(tiny_scene.labels[list(tiny_scene.test_ids)])) - {VOID}
    assert scores["per_class_iou"] == {n: 1.0 if i in seen else None for i, n in enumerate(tiny_scene.class_names)}


def test_scores_are_of_the_frames_asked_for(tiny_scene):
    labels = tiny_scene.labels.copy()
    labels[5] = VOID
    labels[5, 3, 4] = tiny_scene.labels[5, 3, 4]
    labels[5, 3, 5] = (tiny_scene.labels[5, 3, 5] + 1) % 7
    scores = evaluate(Perfect(), replace(tiny_scene, labels=labels, depth=None), [5])
    assert scores["n_frames"] == 1 and scores["total_accuracy"] == 0.5
    assert scores["depth_mae"] is None and scores["depth_within_25"] is None
    assert evaluate(Perfect(0.0), tiny_scene)["entropy"] == pytest.approx(math.log(7), rel=1e-5)


@pytest.mark.parametrize("frame", [-1, 12])
def test_unknown_frame_raises(tiny_scene, frame):
    with pytest.raises(SemnerfError, match=rf"frame {frame}, expected 0 \.\.\. 11 of scene tiny"):
        evaluate(Perfect(), tiny_scene, [frame])


def test_view_is_whole_and_on_the_cpu(tiny_scene):
    view = render_view(Perfect(2.0), tiny_scene.intrinsics, tiny_scene.c2w[2], 0.1, 10.0)
    known = tiny_scene.labels[2] != VOID
    assert np.array_equal(view.labels[known], tiny_scene.labels[2][known]) and view.labels.dtype == np.uint8
    np.testing.assert_allclose(view.depth, tiny_scene.depth[2], atol=1e-4)
    top = math.e**2 / (math.e**2 + 6)
    np.testing.assert_allclose(view.probability, top, rtol=1e-5)
    entropy = -top * math.log(top) - (1 - top) * math.log((1 - top) / 6)
    np.testing.assert_allclose(view.entropy, entropy, rtol=1e-5)
    assert view.rgb.shape == (12, 16, 3) and view.rgb[3, 3].tolist() == [0, 128, 255]  # clipped, rounded


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("rays", [7, 64, 192, 1000])
def test_views_are_rendered_in_chunks_that_fit_and_leave_no_core_idle(tiny_scene, rays, cores, threads, monkeypatch):
    model = Perfect()
    samples_a_ray = model.config.n_samples + model.config.n_importance
    monkeypatch.setitem(evaluation.CHUNK_SAMPLES["mlp"], "cpu", rays * samples_a_ray + samples_a_ray - 1)
    cores(threads)
    scores = evaluate(model, tiny_scene)
    assert scores["miou"] == 1.0
    assert max(model.asked) <= rays and sum(model.asked) == 3 * 192
    assert len(model.asked) == 3 * max(threads, math.ceil(192 / rays))


def test_chunks_change_nothing(tiny_scene, monkeypatch):
    model = build_model(tiny_config("grid"), tiny_scene)
    whole = render_view(model, tiny_scene.intrinsics, tiny_scene.c2w[0], 0.1, 10.0)
    monkeypatch.setitem(
        evaluation.CHUNK_SAMPLES["grid"], "cpu", 50 * (model.config.n_samples + model.config.n_importance)
    )
    parts = render_view(model, tiny_scene.intrinsics, tiny_scene.c2w[0], 0.1, 10.0)
    np.testing.assert_allclose(parts.depth, whole.depth, atol=1e-5)
    np.testing.assert_allclose(parts.entropy, whole.entropy, atol=1e-5)
    assert whole.rgb is None


@pytest.mark.parametrize("field", ["grid", "mlp"])
def test_rays_of_a_model_stay_in_known_bounds(tiny_scene, field):
    model = build_model(tiny_config(field), tiny_scene)
    rays = [r.reshape(-1, 3) for r in get_rays(tiny_scene.intrinsics, torch.tensor(tiny_scene.c2w[1]).float())]
    first, last = model.render(*rays, 0.1, 10.0)
    for rendered in (first, last):
        assert (rendered.z_vals >= 0.0999).all() and (rendered.z_vals <= 10.0001).all()
        if field == "grid":
            points = rays[0][:, None] + rendered.z_vals[..., None] * rays[1][:, None]
            lower, upper = (torch.tensor(b).float() for b in tiny_scene.bounds)
            assert (points > lower - 1e-3).all() and (points < upper + 1e-3).all()


def test_autocast_is_asked_for_or_gained(monkeypatch):
    cpu = torch.device("cpu")
    for gains in (True, False):
        monkeypatch.setattr(devices, "gains_from_bfloat16", lambda device, gains=gains: gains)
        for precision, wanted in (("auto", gains), ("bfloat16", True), ("float32", False)):
            with autocast(cpu, precision):
                assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == (torch.bfloat16 if wanted else torch.float32)


@pytest.mark.parametrize("field", ["grid", "mlp"])
def test_bfloat16_renders_float32_maps(tiny_scene, field):
    model = build_model(tiny_config(field, precision="bfloat16"), tiny_scene)
    view = render_view(model, tiny_scene.intrinsics, tiny_scene.c2w[0], 0.1, 10.0)
    assert view.depth.dtype == view.entropy.dtype == np.float32 and np.isfinite(view.depth).all()
