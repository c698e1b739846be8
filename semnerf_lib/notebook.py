"""What cells of the notebooks call: the check of their parameters, sources of the library, the banner of smoke scale.

A notebook's first code cell holds its parameters (tag `parameters`, plain assignments), its second calls `begin`.
"""

from __future__ import annotations

import ast
import inspect
import os
import textwrap
from collections.abc import Iterable, Sequence

from semnerf_lib import plots
from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments.presets import check_scale
from semnerf_lib.tables import Display

SMOKE_WARNING = "Smoke scale: this run only shows that the code works. No number and no picture below is a result."


def assigned_names(source: str) -> list[str] | None:
    """The names that a parameters cell assigns; None if the cell does anything but assign to names."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return None
    names = []
    for statement in statements:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or not all(isinstance(t, ast.Name) for t in targets):
            return None
        names += [t.id for t in targets]
    return names


def check_parameters(cells: Sequence[str], parameters: Iterable[str]) -> None:
    """Raises if a cell that does nothing but assign, just before the guard, assigns a name that is no parameter.

    papermill writes the values that it is given into a cell of its own behind the parameters cell. An unknown name
    there would change nothing, and nobody would notice.

    Args:
        cells: sources of the cells executed before the guard, oldest first.
        parameters: of the notebook.

    Raises:
        SemnerfError: an unknown parameter.
    """
    parameters = list(parameters)
    for source in reversed(cells):
        names = assigned_names(source)
        if names is None:
            return
        for name in names:
            if name not in parameters:
                raise SemnerfError(f"notebook: unknown parameter {name!r}, expected one of {', '.join(parameters)}")


def begin(scale: str, scene: str, **others: object) -> tuple:
    """The guard cell: `scale, scene = begin(scale=scale, scene=scene)`.

    Checks the parameters, sets the style of figures and their alternative texts, and warns where numbers mean nothing
    (smoke scale). The environment variables SEMNERF_SCALE and SEMNERF_SCENE, where set, take the place of the cell's
    values.

    Args:
        scale: one of `presets.SCALES`.
        scene: "room" or a path.
        others: further parameters of this notebook, returned as they are.

    Returns:
        scale, scene, and the others in order.

    Raises:
        SemnerfError: a parameter that the notebook does not know, or an unknown scale.
    """
    from IPython import get_ipython
    from IPython.display import display

    shell = get_ipython()
    if shell is not None:
        check_parameters(shell.user_ns["In"][1:-1], ["scale", "scene", *others])
    scale = os.environ.get("SEMNERF_SCALE") or scale
    scene = os.environ.get("SEMNERF_SCENE") or scene
    check_scale(scale)
    plots.style()
    if shell is not None:
        plots.describe_figures(shell)
    if scale == "smoke":
        display(smoke_warning(scale))
    return (scale, scene, *others.values())


def smoke_warning(scale: str) -> Display | None:
    """A banner for figures and tables made at smoke scale; None at the others."""
    if scale != "smoke":
        return None
    look = "background:#d55e00;color:white;padding:0.6em 1em;font-weight:bold;border-radius:4px"
    return Display(SMOKE_WARNING, html=f'<div style="{look}">{SMOKE_WARNING}</div>')


def show_source(*objects: object) -> Display:
    """The library's source of functions or classes, highlighted, with the place where it lives."""
    parts = []
    for item in objects:
        source = textwrap.dedent(inspect.getsource(item)).rstrip()
        parts.append(f"# {item.__module__.replace('.', '/')}.py\n{source}")
    text = "\n\n\n".join(parts)
    return Display(text, markdown=f"```python\n{text}\n```")
