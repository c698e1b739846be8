"""pieces: gradients that are computed apart and added up, and work on single cores."""

from __future__ import annotations

import threading
import time

import pytest
import torch
from tiny import tiny_config

from semnerf_lib.config import preset
from semnerf_lib.models import build_model
from semnerf_lib.pieces import backward, generators, on_cores

CPU = torch.device("cpu")


@pytest.fixture
def three_cores():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def losses_of(a, b, n, seen):
    def make(i):
        def loss():
            seen.append(torch.get_num_threads())
            part = (i + 1) * (a * b).sum()
            return 2 * part, {"half": part}

        return loss

    return [make(i) for i in range(n)]


@pytest.mark.parametrize("n", [1, 2, 7])
def test_gradients_and_parts_are_those_of_the_sum(n, three_cores):
    a, b, seen = torch.nn.Parameter(torch.tensor([1.0, 2.0])), torch.nn.Parameter(torch.tensor([3.0, 5.0])), []
    loss, parts = backward(losses_of(a, b, n, seen), [a, b])
    times = 2 * n * (n + 1) / 2
    assert loss.item() == 13 * times and parts["half"].item() == 13 * times / 2 and set(parts) == {"half"}
    assert a.grad.tolist() == [3 * times, 5 * times] and b.grad.tolist() == [times, 2 * times]
    assert not loss.requires_grad and not parts["half"].requires_grad
    assert seen == ([3] if n == 1 else [1] * n)  # one loss on all cores, several on one each
    assert torch.get_num_threads() == 3


def test_results_come_in_order_whoever_is_done_first(three_cores):
    def slower_first(i):
        time.sleep(0.02 * (3 - i % 3))
        return i

    with on_cores(slower_first, range(9), CPU) as results:
        assert list(results) == list(range(9))


def test_a_fault_is_raised_and_nobody_works_on(three_cores):
    working, started = set(), []

    def work(i):
        working.add(i)
        started.append(i)
        time.sleep(0.05)
        working.discard(i)
        if i == 1:
            raise ValueError("the second")

    with pytest.raises(ValueError, match="the second"), on_cores(work, range(100), CPU) as results:
        list(results)
    assert not working and len(started) < 20


def test_with_one_core_the_caller_works_alone():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with on_cores(lambda _: threading.current_thread(), range(3), CPU) as results:
        assert set(results) == {threading.current_thread()}
    torch.set_num_threads(before)


def test_generators_differ_and_are_the_same_for_the_same_source():
    first, again = (generators(torch.Generator().manual_seed(4), 5) for _ in range(2))
    drawn = [torch.rand(3, generator=g).tolist() for g in first]
    assert drawn == [torch.rand(3, generator=g).tolist() for g in again]
    assert len({tuple(d) for d in drawn}) == 5


@pytest.mark.parametrize("precision, rays", [("float32", 8), ("bfloat16", 16)])
def test_a_piece_of_the_papers_mlp_fits_a_cpus_caches_and_its_step_a_gpus_memory(tiny_scene, precision, rays):
    model = build_model(preset("paper", precision=precision), tiny_scene)
    assert model.piece(CPU) == rays
    assert model.piece(torch.device("cuda")) >= model.config.n_rays


def test_a_grids_step_is_one_piece(tiny_scene):
    config = tiny_config("grid", supervision="labels+rgb", colour_rays=1000)
    assert build_model(config, tiny_scene).piece(CPU) == 1064
