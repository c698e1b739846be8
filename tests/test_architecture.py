"""The plan of the house: which wing may import which, no circles, and no import hidden in a function."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

LIBRARY = Path(__file__).resolve().parents[1] / "semnerf_lib"
GROUND = ("scene", "cameras", "palette", "tables", "errors")
"""Modules of the top level that every wing may know; all others there are the method."""
MAY_IMPORT = {
    "cli": "pages teaching widgets questions study plots runs studio surfaces lessons experiments method scenes",
    "pages": "study plots runs experiments method scenes",
    "teaching": "questions study plots runs studio surfaces lessons experiments method scenes",
    "widgets": "plots runs studio surfaces lessons experiments method corruptions scenes",
    "questions": "study plots runs surfaces lessons experiments method corruptions scenes",
    "study": "plots runs surfaces lessons experiments method corruptions scenes",
    "plots": "surfaces lessons method scenes",
    "runs": "experiments method scenes",
    "studio": "experiments method scenes",
    "surfaces": "method scenes",
    "lessons": "method",
    "notebook": "plots experiments method",
    "experiments": "method corruptions scenes",
    "method": "corruptions scenes",
    "corruptions": "scenes",
    "scenes": "",
    "ground": "",
    "machine": "",
}
"""Wing -> the wings that it may import, besides itself, the ground and machine, which imports errors alone."""


def name_of(path: Path) -> str:
    parts = path.relative_to(LIBRARY.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(LIBRARY.rglob("*.py"))}


def wing_of(module: str) -> str:
    parts = module.split(".")
    if len(parts) == 1:
        return "ground"
    if parts[1] == "notebook":
        return "notebook"
    if (LIBRARY / parts[1]).is_dir():
        return parts[1]
    return "ground" if parts[1] in GROUND else "method"


def imported_by(tree: ast.AST) -> set[str]:
    """The library's modules that a piece of source imports."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    own = {name for name in names if name in MODULES and name != "semnerf_lib"}
    return {name for name in own if not any(other.startswith(name + ".") for other in own) or name not in PACKAGES}


PACKAGES = {name for name, path in MODULES.items() if path.name == "__init__.py"}
IMPORTS = {name: imported_by(ast.parse(path.read_text(encoding="utf-8"))) for name, path in MODULES.items()}


@pytest.mark.parametrize("module", MODULES)
def test_arrows_between_wings_run_down(module):
    wing = wing_of(module)
    allowed = set(MAY_IMPORT[wing].split()) | ({"ground", "machine", wing} if wing != "machine" else {wing})
    wrong = {other for other in IMPORTS[module] if wing_of(other) not in allowed and other != "semnerf_lib.errors"}
    assert not wrong, (
        f"{module} ({wing}) imports {', '.join(sorted(wrong))}, expected only {', '.join(sorted(allowed))}"
    )


def test_there_is_no_circle():
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as fault:
        pytest.fail(f"modules import each other: {' -> '.join(fault.args[1])}")


@pytest.mark.parametrize("module", [name for name in MODULES if wing_of(name) != "cli"])
def test_no_import_of_the_library_is_hidden_in_a_function(module):
    """Only the command line may wait with an import of the library, so that --help is quick."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    hidden = {name for function in functions for name in imported_by(function)} - HEAVY.get(module, set())
    assert not hidden, f"{module} imports {', '.join(sorted(hidden))} inside a function"


HEAVY = {
    "semnerf_lib.machine.interpolation": {"semnerf_lib.machine.kernels"},
    "semnerf_lib.machine.raymarching": {"semnerf_lib.machine.proposal_kernels", "semnerf_lib.machine.field_kernels"},
    "semnerf_lib.machine.voxel_tracing": {"semnerf_lib.machine.voxel_kernels"},
}
"""Imports that wait for a reason of their own: Numba takes a while to load, and a GPU needs none of it."""


@pytest.mark.parametrize("wing", sorted(set(map(wing_of, MODULES)) - {"ground", "method", "notebook"}))
def test_each_wing_says_what_it_is(wing):
    text = ast.get_docstring(ast.parse((LIBRARY / wing / "__init__.py").read_text(encoding="utf-8")))
    assert text and len(text.splitlines()) <= 8


def test_the_method_is_in_sight():
    """Twenty names and few lines at the top level, so that the method is seen at once."""
    files = sorted(LIBRARY.glob("*.py"))
    assert len(files) <= 22
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files) < 3000


@pytest.mark.parametrize("module", MODULES)
def test_modules_and_functions_are_short(module):
    source = MODULES[module].read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 260
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    long = [node.name for node in functions if node.end_lineno - node.lineno >= 60]
    assert not long, f"{module}: {', '.join(long)}, expected at most 60 lines each"


def test_losses_load_little():
    """A loss needs cameras, errors and the scene, no furniture."""

    code = "import sys, semnerf_lib.losses; print(*(m for m in sys.modules if m.startswith('semnerf_lib.')))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert len(loaded) <= 7, loaded
