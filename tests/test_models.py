"""models: any field with any sampler; where their grids lie."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.fields import SemanticNeRF, SemanticOnlyNeRF
from semnerf_lib.grid import GridField
from semnerf_lib.models import HierarchicalModel, ProposalModel, build_model, grid_box

SAMPLERS = {"hierarchical": HierarchicalModel, "proposal": ProposalModel}


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize(("field", "kind"), [("grid", GridField), ("mlp", SemanticOnlyNeRF)])
def test_field_and_sampler_are_two_choices(tiny_scene, field, kind, sampler):
    model = build_model(tiny_config(field, sampler=sampler, density_bias=3), tiny_scene)
    assert isinstance(model, SAMPLERS[sampler])
    fields = [model.field] if sampler == "proposal" else [model.coarse, model.fine]
    assert {type(one) for one in fields} == {kind}
    rays_o, rays_d = torch.zeros(5, 3), torch.tensor([[0.3, 0.1, 1.0]]).expand(5, 3)
    first, last = model.render(rays_o, rays_d, 0.1, 10.0)
    config = model.config
    seen = config.n_importance + (config.n_samples if sampler == "hierarchical" else 0)
    assert (first.z_vals.shape[1], last.z_vals.shape[1]) == (config.n_samples, seen)
    assert (first.sem_logits is None) == (sampler == "proposal")
    assert last.acc_map.tolist() == pytest.approx([1] * 5, abs=1e-4)


def test_with_colours_the_network_is_p2s(tiny_scene):
    model = build_model(tiny_config("mlp", sampler="proposal", supervision="labels+rgb"), tiny_scene)
    assert isinstance(model.field, SemanticNeRF)


def test_a_proposal_leaves_the_networks_numbers_as_they_are(tiny_scene):
    models = [build_model(tiny_config("mlp", sampler=s, density_bias=b), tiny_scene) for s in SAMPLERS for b in (0, 2)]
    sizes = [{n: p.shape for n, p in (getattr(m, "field", None) or m.fine).named_parameters()} for m in models]
    assert sizes[0] == sizes[1] == sizes[2] == sizes[3]
    low, high = models[2].field, models[3].field
    torch.testing.assert_close(high.density.bias, low.density.bias + 2)
    assert torch.equal(high.density.weight, low.density.weight)


def test_the_box_is_the_scenes_or_made_from_the_training_cameras():
    scene = make_tiny_scene()
    known = grid_box(tiny_config(), scene)
    assert known.shell == 0 and np.allclose(known.bounds, scene.bounds)
    config = tiny_config(bounds="cameras", margin=1.5)
    made = grid_box(config, scene)
    centres = scene.c2w[list(scene.train_ids), :3, 3]
    assert made.shell == config.shell > 0
    assert np.allclose(made.bounds, [centres.min(0) - 1.5, centres.max(0) + 1.5])
    unknown = grid_box(tiny_config(margin=1.5), make_tiny_scene(known_bounds=False))
    assert torch.equal(unknown.bounds, made.bounds) and unknown.shell == made.shell
