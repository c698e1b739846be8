"""workers: their share of a machine (what they make is tested in test_executors)."""

from __future__ import annotations

import pytest
import torch

from semnerf_lib.runs.workers import gpu


@pytest.mark.parametrize(
    ("visible", "expected"),
    [(None, ["0", "1", "2", "0"]), ("4,6,7", ["4", "6", "7", "4"])],
    ids=["all", "some"],
)
def test_each_worker_has_a_gpu_in_turn(monkeypatch, visible, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert [gpu(number)["CUDA_VISIBLE_DEVICES"] for number in range(4)] == expected


def test_without_a_gpu_nothing_is_hidden(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu(0) == {}
