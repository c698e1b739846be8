"""devices: named or the best there is."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.devices import device_name, gains_from_bfloat16, peak_memory_gib, pick_device


@pytest.mark.parametrize(("cuda", "mps", "best"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")])
def test_best_device(cuda, mps, best, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert pick_device().type == best
    assert pick_device("cpu").type == "cpu"
    if not cuda:
        with pytest.raises(SemnerfError, match="device cuda:1 is not there, expected one of: .*cpu"):
            pick_device("cuda:1")


@pytest.mark.parametrize("name", ["", "gpu", "CUDA", "cpu:", "cpu:1", "cpu:00"])
def test_unknown_device_raises(name):
    with pytest.raises(SemnerfError, match="is not there"):
        pick_device(name)


def test_cpu_facts():
    cpu = torch.device("cpu")
    assert "threads" in device_name(cpu) and 0.01 < peak_memory_gib(cpu) < 1000
    assert isinstance(gains_from_bfloat16(cpu), bool)


def test_peak_memory_is_of_this_process_whatever_the_one_that_started_it_held():
    cpu = torch.device("cpu")
    held = torch.ones(2**28)  # a GiB, more than PyTorch takes
    code = "from semnerf_lib.machine.devices import *; print(peak_memory_gib(torch.device('cpu')))"
    child = float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert peak_memory_gib(cpu) > held.nbytes / 2**30 > child
