"""Each explorer in a notebook of its own: what a person does with it changes the picture, and to the right one."""

from __future__ import annotations

import pytest
from explorers import EXPLORERS, OPENING


@pytest.mark.parametrize("case", EXPLORERS, ids=lambda case: case.name)
def test_an_explorer(desk, case):
    desk.lab.write(f"{case.name}.ipynb", OPENING, *case.cells)
    desk.open(f"{case.name}.ipynb")
    desk.run_all()
    case.act(desk)
