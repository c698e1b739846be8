"""What tests of pages with verdicts share."""

from __future__ import annotations

import pytest

from semnerf_lib.study import judging


@pytest.fixture(scope="module")
def nothing_learnt():
    """0.4321 m for the depth of an untrained field, which costs seconds and has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "untrained_depth", lambda made, store, views: 0.4321 if made else None)
        yield
