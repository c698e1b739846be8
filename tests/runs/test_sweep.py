"""sweep: which runs are there, which are missing, and which notebooks can begin."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.experiments import Planned
from semnerf_lib.runs import notebooks
from semnerf_lib.runs.jobs import Job, Outcome, attempt
from semnerf_lib.runs.notebooks import plans_for
from semnerf_lib.runs.store import Store
from semnerf_lib.runs.sweep import Sweep

CPU = torch.device("cpu")
BOOKS = [Path(f"{n}_book.ipynb") for n in ("01", "02", "03")]
SCENE = make_tiny_scene()
CONFIGS = [tiny_config(iterations=10, seed=seed) for seed in range(3)]
PLANNED = [Planned(SCENE, config) for config in CONFIGS]
IDS = [planned.id for planned in PLANNED]


@pytest.fixture
def plans(monkeypatch):
    """Notebook 01 needs nothing, 02 runs 0 and 1, 03 runs 1 and 2."""
    monkeypatch.setattr(notebooks, "NEEDS", {"02": ("a",), "03": ("b",)})
    return {"a": PLANNED[:2], "b": PLANNED[1:]}


def opened(tmp_path, plans) -> Sweep:
    return Sweep(Store(tmp_path), "tiny", "smoke", plans, BOOKS)


def ready(found: Sweep) -> list[str]:
    return [book.stem[:2] for book in BOOKS if found.is_ready(book)]


def test_missing_runs_come_once_in_the_order_of_need(tmp_path, plans):
    found = opened(tmp_path, plans)
    assert [job.run for job in found.missing] == IDS and found.n_runs == 3 and not found.runs
    assert ready(found) == ["01"]


def test_notebooks_are_ready_as_soon_as_their_runs_are_settled(tmp_path, plans):
    found = opened(tmp_path, plans)
    first, second, third = found.missing
    assert found.take(attempt(second)).startswith("run 1 of 3: grid, labels only, seed 1: mIoU 0.")
    assert ready(found) == ["01"]
    assert "FAILED: the loss is nan" in found.take(Outcome(third, "failed", "the loss is nan"))
    assert ready(found) == ["01", "03"]
    assert found.fault_of(BOOKS[2]) == "the loss is nan" and found.fault_of(BOOKS[1]) is None
    assert found.take(attempt(first)).startswith("run 3 of 3")
    assert ready(found) == ["01", "02", "03"] and set(found.runs) == set(IDS[:2])
    again = opened(tmp_path, plans)
    assert [job.run for job in again.missing] == [IDS[2]] and set(again.runs) == set(IDS[:2])
    assert not again.faults  # what failed is tried again


def test_damaged_run_is_missing_and_stays_until_it_is_made_anew(tmp_path, plans):
    run = Store(tmp_path).get(Planned(SCENE, CONFIGS[0]), CPU)
    (run.folder / "weights.safetensors").write_bytes(b"mine")
    found = opened(tmp_path, plans)
    assert [job.run for job in found.missing] == IDS
    assert (run.folder / "weights.safetensors").read_bytes() == b"mine"
    assert attempt(found.missing[0]).state == "made"
    assert (run.folder / "weights.safetensors.damaged").read_bytes() == b"mine"


def test_run_that_cannot_be_read_when_it_comes_is_a_fault_of_its_own(tmp_path, plans):
    found = opened(tmp_path, plans)
    first, second, third = found.missing
    made = attempt(first)
    (first.folder / "history.json").write_text("{")
    assert "FAILED" in found.take(made) and "history.json" in found.fault_of(BOOKS[1])
    assert "mIoU" in found.take(attempt(second)) and not ready(found)[2:]
    found.take(attempt(third))
    assert found.fault_of(BOOKS[2]) is None


def test_a_job_says_all_that_a_worker_needs(tmp_path, plans, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job = Sweep(Store("results"), "tiny", "smoke", plans, BOOKS).missing[0]
    assert Path(job.root) == tmp_path / "results"  # wherever the worker starts
    assert (job.scene, job.scale, job.run) == ("tiny", "smoke", IDS[0])
    assert job.config == CONFIGS[0] and Job.from_json(job.to_json()) == job


def test_plans_of_the_notebooks_that_are_chosen():
    names = list(plans_for([Path("05_x.ipynb"), Path("01_x.ipynb"), Path("04_x.ipynb")], SCENE, "smoke"))
    assert names == ["view_synthesis", "training", "network"]
