"""tracing and cubes: what is drawn of a ray is what the renderer made of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import tiny_config

from semnerf_lib.cameras import get_rays
from semnerf_lib.errors import SemnerfError
from semnerf_lib.lessons.tracing import trace_field, trace_model
from semnerf_lib.lessons.voxel_field import surface_voxels
from semnerf_lib.models import build_model
from semnerf_lib.rendering import FieldOutput

RAY = torch.zeros(1, 3), torch.tensor([[0.3, 0.0, 1.0]])


def wall(points, viewdirs):
    """Dense from z = 2 m on, class 1 of 3."""
    sigma = torch.where(points[..., 2] >= 2.0, 50.0, 0.0)
    return FieldOutput(sigma, 9 * torch.eye(3)[torch.ones_like(sigma).long()])


def test_a_wall_is_found_and_its_equations_hold():
    first, second = trace_field(wall, 0.1, 6.0)(*RAY, 64, 128)
    assert len(first.z_vals) == 64 and len(second.z_vals) == 192
    assert second.depth == pytest.approx(2.0, abs=0.1) and second.pixel.argmax() == 1
    assert np.allclose(second.weights, second.transmittance[:-1] * second.alphas, atol=1e-6)
    assert second.weights.sum() + second.transmittance[-1] == pytest.approx(1, abs=1e-5)
    length = np.hypot(0.3, 1)
    assert np.allclose(second.deltas[:-1], np.diff(second.z_vals) * length, atol=1e-5) and second.deltas[-1] > 1e9


def test_density_makes_fog_of_a_wall():
    thin = trace_field(wall, 0.1, 6.0)(*RAY, 64, 16, 0.001)[1]
    assert thin.sigma.max() == pytest.approx(0.05) and thin.depth > 4


@pytest.mark.parametrize("sampler", ["hierarchical", "proposal"])
@pytest.mark.parametrize("kind", ["grid", "mlp"])
def test_a_model_is_traced_as_it_renders(tiny_scene, kind, sampler):
    model = build_model(tiny_config(kind, sampler=sampler), tiny_scene)
    rays_o, rays_d = (r[5, 7][None] for r in get_rays(tiny_scene.intrinsics, torch.tensor(tiny_scene.c2w[1]).float()))
    config = model.config
    with torch.no_grad():
        rendered = model.render(rays_o, rays_d, tiny_scene.near, tiny_scene.far)
    passes = trace_model(model, tiny_scene)(rays_o, rays_d, config.n_samples, config.n_importance)
    for part, told in zip(rendered, passes, strict=True):
        assert np.allclose(told.weights, part.weights[0], atol=1e-6) and np.allclose(told.z_vals, part.z_vals[0])
        assert told.depth == pytest.approx(float(part.depth_map), abs=1e-5)
    assert (passes[0].probabilities is None) == (sampler == "proposal")
    assert passes[1].pixel == pytest.approx(torch.softmax(rendered[1].sem_logits[0], -1).numpy(), abs=1e-6)


def test_tracing_leaves_the_model_as_it_was(tiny_scene):
    model = build_model(tiny_config(), tiny_scene)
    before = dict(vars(model), **model._modules)
    trace_model(model, tiny_scene)(*RAY, 5, 6)
    assert before == dict(vars(model), **model._modules)


def test_cubes_render_the_depth_and_class_that_they_were_made_of(tiny_scene):
    trace = trace_field(surface_voxels(tiny_scene), tiny_scene.near, 6.0)
    off, right = [], []
    for frame in tiny_scene.train_ids[:3]:
        rays = get_rays(tiny_scene.intrinsics, torch.tensor(tiny_scene.c2w[frame]).float())
        for v, u in ((6, 4), (5, 12), (9, 8)):
            second = trace(*(r[v, u][None] for r in rays), 128, 64)[1]
            off.append(abs(second.depth - tiny_scene.depth[frame, v, u]))
            right.append(second.pixel.argmax() == tiny_scene.labels[frame, v, u])
    assert np.median(off) < 2 * 3 / tiny_scene.intrinsics.fx and np.mean(right) > 0.6


def test_cubes_are_empty_where_nothing_was_seen(tiny_scene):
    out = surface_voxels(tiny_scene)(torch.tensor([[[-0.5, -0.3, 1.2], [50.0, 0.0, 0.0]]]), torch.zeros(1, 3))
    assert out.sigma.tolist() == [[0, 0]] and (out.sem_logits == 0).all()


def test_cubes_need_depth(tiny_scene):
    with pytest.raises(SemnerfError, match="no depth"):
        surface_voxels(replace(tiny_scene, depth=None))
