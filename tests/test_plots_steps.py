"""plots.steps: pictures at some values of a control, in one output of a notebook."""

from __future__ import annotations

import base64
import io

import matplotlib.pyplot as plt
import pytest
from PIL import Image

from semnerf_lib.plots.steps import STEPS, Steps


@pytest.fixture
def titled():
    def figure(title):
        made, _ = plt.subplots(figsize=(2, 1))
        made.suptitle(title)
        return made

    return figure


def test_one_output_has_the_figure_and_the_steps(titled):
    data, metadata = Steps(titled("all"), "octaves", ((n, titled(f"{n} waves")) for n in (0, 4)), 1)._repr_mimebundle_()
    assert metadata == {"image/png": {"alt": "all."}}
    assert Image.open(io.BytesIO(data["image/png"])).size == (200, 100)
    steps = data[STEPS]
    assert (steps["control"], steps["start"]) == ("octaves", 1)
    assert [(step["value"], step["alt"]) for step in steps["steps"]] == [
        ("0", "octaves: 0. 0 waves."),
        ("4", "octaves: 4. 4 waves."),
    ]
    assert Image.open(io.BytesIO(base64.b64decode(steps["steps"][0]["png"]))).size == (200, 100)
    assert not plt.get_fignums()
