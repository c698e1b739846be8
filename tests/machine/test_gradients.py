"""gradients: micro-batches that are computed apart and added up; Adam, and a step of it."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from tiny import tiny_config
from torch import nn

from semnerf_lib.experiments.presets import preset
from semnerf_lib.machine.gradients import adam, descend, gradients
from semnerf_lib.models import build_model
from semnerf_lib.training import Trainer

CPU = torch.device("cpu")


@pytest.mark.parametrize("n", [1, 2, 7])
def test_the_gradient_and_parts_are_those_of_the_sum(n, three_cores):
    a, b, seen = torch.nn.Parameter(torch.tensor([1.0, 2.0])), torch.nn.Parameter(torch.tensor([3.0, 5.0])), []

    def make(i):
        def terms():
            seen.append(torch.get_num_threads())
            return {"half": 2 * (i + 1) * (a * b).sum()}

        return terms, {"half": 0.5}

    loss, parts, gradient = gradients(lambda t: 2 * t["half"], [make(i) for i in range(n)], [a, b])
    times = n * (n + 1)
    assert loss.item() == 13 * times and parts == {"half": torch.tensor(13 * times / 2)}
    assert [g.tolist() for g in gradient] == [[3 * times, 5 * times], [times, 2 * times]]
    assert not loss.requires_grad and not parts["half"].requires_grad and a.grad is None
    assert seen == ([3] if n == 1 else [1] * n)  # one loss on all cores, several on one each


def test_a_term_may_be_the_loss_and_two_gradients_one_tensor():
    a, b = torch.nn.Parameter(torch.ones(3)), torch.nn.Parameter(torch.ones(3))

    micro_batch = (lambda: {"all": (a + b).sum()}, {"all": 1.0})
    loss, parts, gradient = gradients(lambda t: t["all"], [micro_batch] * 4, [a, b])
    assert loss.item() == parts["all"].item() == 24
    assert [g.tolist() for g in gradient] == [[4.0] * 3] * 2


@pytest.mark.parametrize("precision, rays", [("float32", 8), ("bfloat16", 16)])
def test_a_micro_batch_of_the_papers_mlp_fits_a_cpus_caches_and_its_step_a_gpus_memory(tiny_scene, precision, rays):
    model = build_model(preset("paper", precision=precision), tiny_scene)
    assert model.micro_batch_rays(CPU) == rays
    assert model.micro_batch_rays(torch.device("cuda")) >= model.config.n_rays


def test_a_grids_step_is_one_micro_batch(tiny_scene):
    trainer = Trainer(tiny_scene, tiny_config("grid", supervision="labels+rgb", colour_rays=1000), CPU)
    assert len(trainer.draw().split(trainer.model.micro_batch_rays(CPU))) == 1


def test_adam_holds_every_parameter_once_and_steps_in_one_kernel():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    (group,) = adam(model, 0.25).param_groups
    assert [id(p) for p in group["params"]] == [id(p) for p in model.parameters()]
    assert group["lr"] == 0.25 and group["fused"]


def test_a_step_takes_this_rate_and_this_gradient_alone():
    weight, idle = nn.Parameter(torch.tensor([1.0, 2.0])), nn.Parameter(torch.tensor([7.0]))
    weight.grad, idle.grad = torch.tensor([100.0, 100.0]), torch.tensor([100.0])
    optimiser = torch.optim.SGD([weight, idle], lr=9.0)
    descend(optimiser, [torch.tensor([1.0, -1.0]), None], 0.5)
    assert weight.tolist() == [0.5, 2.5] and idle.tolist() == [7.0]
    assert weight.grad is None
    assert optimiser.param_groups[0]["lr"] == pytest.approx(0.5)


def test_adam_is_pytorchs_to_the_bit():
    generator = torch.Generator().manual_seed(0)
    mine, theirs = nn.Linear(5, 4), nn.Linear(5, 4)
    theirs.load_state_dict(mine.state_dict())
    optimiser, reference = adam(mine, 0.1), torch.optim.Adam(theirs.parameters(), lr=0.1, fused=True)
    for step in range(6):
        for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
            b.grad = torch.randn(a.shape, generator=generator)
            a.grad = b.grad.clone()
        optimiser.step()
        reference.step()
        if step == 2:
            optimiser.load_state_dict(optimiser.state_dict())
    for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_step_of_training_loads_no_compiler():
    code = """if True:
        import sys, torch
        from semnerf_lib.machine.gradients import adam, descend
        model = torch.nn.Linear(2, 2)
        descend(adam(model, 0.1), [torch.ones(2, 2), torch.ones(2)], 0.1)
        assert not model.weight.isnan().any() and "torch._dynamo" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], check=True)
