"""pieces: gradients that are computed apart and added up."""

from __future__ import annotations

import pytest
import torch
from tiny import tiny_config

from semnerf_lib.config import preset
from semnerf_lib.machine.gradients import gradients
from semnerf_lib.models import build_model
from semnerf_lib.training import Trainer

CPU = torch.device("cpu")


@pytest.mark.parametrize("n", [1, 2, 7])
def test_the_gradient_and_parts_are_those_of_the_sum(n, three_cores):
    a, b, seen = torch.nn.Parameter(torch.tensor([1.0, 2.0])), torch.nn.Parameter(torch.tensor([3.0, 5.0])), []

    def make(i):
        def loss():
            seen.append(torch.get_num_threads())
            part = (i + 1) * (a * b).sum()
            return 2 * part, {"half": part}

        return loss

    loss, parts, gradient = gradients([make(i) for i in range(n)], [a, b])
    times = n * (n + 1)
    assert loss.item() == 13 * times and parts == {"half": torch.tensor(13 * times / 2)}
    assert [g.tolist() for g in gradient] == [[3 * times, 5 * times], [times, 2 * times]]
    assert not loss.requires_grad and not parts["half"].requires_grad and a.grad is None
    assert seen == ([3] if n == 1 else [1] * n)  # one loss on all cores, several on one each


def test_a_part_may_be_the_loss_and_two_gradients_one_tensor():
    a, b = torch.nn.Parameter(torch.ones(3)), torch.nn.Parameter(torch.ones(3))

    def loss():
        total = (a + b).sum()
        return total, {"all": total}

    loss_, parts, gradient = gradients([loss] * 4, [a, b])
    assert loss_.item() == parts["all"].item() == 24
    assert [g.tolist() for g in gradient] == [[4.0] * 3] * 2


@pytest.mark.parametrize("precision, rays", [("float32", 8), ("bfloat16", 16)])
def test_a_piece_of_the_papers_mlp_fits_a_cpus_caches_and_its_step_a_gpus_memory(tiny_scene, precision, rays):
    model = build_model(preset("paper", precision=precision), tiny_scene)
    assert model.rays_a_piece(CPU) == rays
    assert model.rays_a_piece(torch.device("cuda")) >= model.config.n_rays


def test_a_grids_step_is_one_piece(tiny_scene):
    trainer = Trainer(tiny_scene, tiny_config("grid", supervision="labels+rgb", colour_rays=1000), CPU)
    assert len(trainer.draw().pieces(trainer.model.rays_a_piece(CPU))) == 1
