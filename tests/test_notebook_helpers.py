"""notebook.py: the guard and sources."""

from __future__ import annotations

import pytest

from semnerf_lib import encoding, notebook
from semnerf_lib.errors import SemnerfError


def test_assigned_names_of_a_parameters_cell():
    assert notebook.assigned_names('# Parameters\nscale = "smoke"\nn: int = 3\n') == ["scale", "n"]
    assert notebook.assigned_names("import os\nscale = 1") is None
    assert notebook.assigned_names("a.b = 1") is None
    assert notebook.assigned_names("not python (") is None
    assert notebook.assigned_names("") == []


def test_an_unknown_parameter_raises_and_names_the_known_ones():
    cells = ['scale = "laptop"\nscene = "room"', "# Parameters\nscael = 'smoke'"]
    with pytest.raises(SemnerfError, match=r"unknown parameter 'scael', expected one of scale, scene"):
        notebook.check_parameters(cells, ["scale", "scene"])


def test_an_underscore_hides_no_parameter():
    with pytest.raises(SemnerfError, match="unknown parameter '_seed'"):
        notebook.check_parameters(["scale = 1", "_seed = 3"], ["scale"])


def test_cells_before_the_parameters_are_no_parameters():
    notebook.check_parameters(["x = 3", "import os", "scale = 1"], ["scale"])


@pytest.fixture
def plain_environment(monkeypatch):
    monkeypatch.delenv("SEMNERF_SCALE", raising=False)
    monkeypatch.delenv("SEMNERF_SCENE", raising=False)
    return monkeypatch


def test_begin_returns_the_parameters_in_order(plain_environment):
    assert notebook.begin(scale="laptop", scene="room", folds=3) == ("laptop", "room", 3)


def test_the_environment_overrides(plain_environment):
    plain_environment.setenv("SEMNERF_SCALE", "paper")
    plain_environment.setenv("SEMNERF_SCENE", "elsewhere")
    assert notebook.begin(scale="laptop", scene="room") == ("paper", "elsewhere")


def test_an_unknown_scale_raises(plain_environment):
    with pytest.raises(SemnerfError, match="'huge', expected one of"):
        notebook.begin(scale="huge", scene="room")


def test_only_smoke_scale_warns():
    assert notebook.smoke_warning("laptop") is None
    assert "No number" in repr(notebook.smoke_warning("smoke"))


def test_source_names_its_module_and_reads_as_text():
    shown = notebook.show_source(encoding.encoded_size)
    assert repr(shown).startswith("# semnerf_lib/encoding.py\ndef encoded_size(")
    assert shown._repr_markdown_().startswith("```python\n")
