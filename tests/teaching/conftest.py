"""What tests of the lesson share: the runs of notebook 04 at smoke scale."""

from __future__ import annotations

import pytest
import torch

from semnerf_lib.experiments import open_scene
from semnerf_lib.runs.store import Store
from semnerf_lib.teaching.workshop import runs_of


@pytest.fixture(scope="session")
def smoke_runs(tmp_path_factory):
    """A store with the runs of notebook 04 at smoke scale, and no other."""
    store = Store(tmp_path_factory.mktemp("smoke"))
    for planned in runs_of(["04"], open_scene("room", "smoke"), "smoke"):
        store.get(planned, torch.device("cpu"))
    return store
