"""The notebooks of the series: where they are, and which experiments' runs each asks for."""

from __future__ import annotations

import site
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from types import NoneType
from typing import Any

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import EXPERIMENTS, Plan, plan
from semnerf_lib.machine.files import write_files
from semnerf_lib.machine.jsons import is_number, of_kinds, read_json
from semnerf_lib.machine.processes import PROJECT
from semnerf_lib.scene import Scene

FURTHER = {
    "05": ("training", "network"),
    "10": ("view_synthesis", "sparse_labels", "label_noise", "super_resolution", "label_propagation"),
    "14": ("training",),
    "17": ("training",),
}
"""Experiments of other notebooks whose runs a notebook asks for too."""
NEEDS: dict[str, tuple[str, ...]] = {
    number: (*(name for name, its in EXPERIMENTS.items() if its.notebook == number), *FURTHER.get(number, ()))
    for number in sorted({its.notebook for its in EXPERIMENTS.values()} | FURTHER.keys())
}
"""The experiments whose runs a notebook asks for, by its number; a notebook that is not listed asks for none."""
TIMED = ("04",)
"""Notebooks that measure time: they are executed while no run is being made."""
ACROSS_SCENES = ("10",)
"""Notebooks that look at the finished runs of other scenes too."""


INDEX = "index.ipynb"
FACTS = "series.json"
"""Beside the notebooks: what each is about, and how long they take."""
GLOSSARY = "docs/glossary.md"
"""In the project: the words that the notebooks link to."""


def needs(notebook: Path) -> tuple[str, ...]:
    """The experiments whose runs a notebook asks for."""
    return NEEDS.get(notebook.name[:2], ())


def plans_for(notebooks: Sequence[Path], scene: Scene, scale: str) -> dict[str, Plan]:
    """The plan of each experiment that one of the notebooks needs, in the order of need."""
    names = dict.fromkeys(name for notebook in notebooks for name in needs(notebook))
    return {name: plan(name, scene, scale) for name in names}


def folders() -> list[Path]:
    """Where notebooks may be: in the project, in the current folder, or where a wheel's installation put them."""
    installed = [Path(base) / "share" / "semnerf" for base in (sysconfig.get_path("data"), site.getuserbase())]
    return [place / "notebooks" for place in (PROJECT, Path.cwd(), *installed)]


def copy_notebooks(notebooks: Sequence[Path], target: Path) -> list[Path]:
    """Copies notebooks, the index beside them and their glossary into a folder; returns the notebooks' copies.

    Raises:
        SemnerfError: one of the files exists already, or the folder cannot be written to.
    """
    beside = [notebooks[0].parent / name for name in (INDEX, FACTS)]
    sources = [*notebooks, *filter(Path.is_file, beside)]
    copies = {target / source.name: relinked(source.read_bytes(), "glossary.md") for source in sources}
    copies |= glossary_beside(notebooks[0], target)
    check_free(list(copies))
    write_files(copies)
    return [target / source.name for source in notebooks]


def relinked(notebook: bytes, way: str) -> bytes:
    """A notebook's file with its links to the glossary led another way."""
    return notebook.replace(f"](../{GLOSSARY}".encode(), f"]({way}".encode())


def glossary_beside(notebook: Path, target: Path) -> dict[Path, bytes]:
    """The glossary of a notebook's project, and where it goes in a folder of copies; empty where there is none."""
    glossary = notebook.parent.parent / GLOSSARY
    return {target / glossary.name: glossary.read_bytes()} if glossary.is_file() else {}


def check_free(paths: Sequence[Path]) -> None:
    """Raises SemnerfError if one of the files exists already."""
    for path in paths:
        if path.exists():
            raise SemnerfError(f"{path}: exists, expected a folder without it: nothing is overwritten")


def read_notebook(path: Path) -> Any:
    """A notebook as an nbformat node.

    Raises:
        SemnerfError: no such file, or no notebook of format 4.
    """
    import nbformat

    read_json(path)  # within limits
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as fault:  # whatever a damaged file makes nbformat raise
        reason = (str(fault) or type(fault).__name__).splitlines()[0]
        raise SemnerfError(f"{path}: damaged ({reason}), expected a notebook") from None
    return notebook


def read_result(path: Path) -> dict[str, Any]:
    """What an execution of a notebook left (see `execute.execute`).

    Raises:
        SemnerfError: missing or damaged.
    """
    result = read_json(path)
    kinds = {"key": (str, NoneType), "title": str, "ok": bool, "seconds": (int, float), "cells": int}
    failure = {"cell": (int, NoneType), "source": str, "error": str, "traceback": str}
    picture = str(result.get("picture") or "data:image/")
    valid = of_kinds(result, kinds | {"failure": (dict, NoneType), "picture": (str, NoneType)})
    if not valid or not picture.startswith("data:image/") or result["seconds"] < 0 or result["cells"] < 0:
        raise SemnerfError(f"{path}: other keys or types, expected the result of a notebook")
    if result["ok"] != (result["failure"] is None) or not (result["ok"] or of_kinds(result["failure"], failure)):
        raise SemnerfError(f"{path}: failure {str(result['failure'])[:60]}, expected one where ok is false")
    return result


def read_facts(folder: Path) -> dict[str, Any]:
    """What `series.json` of a folder of notebooks holds.

    Raises:
        SemnerfError: missing, or without a key, or with another type there.
    """
    path, number = folder / FACTS, (int, float)
    facts = read_json(path)
    if not of_kinds(facts, {"notebooks": dict, "times": dict}):
        raise SemnerfError(f"{path}: expected the objects 'notebooks' and 'times'")
    for name, entry in facts["notebooks"].items():
        texts = of_kinds(entry, {"idea": str, "picture": str, "before": list, "knows": str})
        if not texts or not all(isinstance(before, str) for before in entry["before"]):
            raise SemnerfError(f"{path}: notebook {name}, expected the texts idea, picture, knows and the list before")
    times = facts["times"]
    if not of_kinds(times, {"on": str, "seconds": dict, "runs": dict}):
        raise SemnerfError(f"{path}: times, expected the text 'on' and the objects 'seconds' and 'runs'")
    if not of_kinds(times["seconds"], dict.fromkeys(times["seconds"], number)):
        raise SemnerfError(f"{path}: times: seconds, expected numbers")
    for name, pair in times["runs"].items():
        if not isinstance(pair, list) or len(pair) != 2 or type(pair[0]) is not int or not is_number(pair[1]):
            raise SemnerfError(f"{path}: times: runs of notebook {name}, expected how many and how long they took")
    return facts


def find_notebooks(folder: Path | None, only: Sequence[str] = ()) -> list[Path]:
    """The notebooks `NN_*.ipynb` of a folder, in order; if `only` has numbers, those alone.

    Args:
        folder: None: the first of `folders` that exists.

    Raises:
        SemnerfError: no notebook in the folder, or none with one of the numbers.
    """
    if folder is None:
        folder = next(filter(Path.is_dir, folders()), Path("notebooks"))
    by_number = {path.name[:2]: path for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}
    if not by_number:
        raise SemnerfError(f"notebooks: no notebook NN_*.ipynb in {folder}, expected a folder like the project's")
    for number in only:
        if number.zfill(2) not in by_number:
            raise SemnerfError(f"only: no notebook {number!r} in {folder}, expected some of: {', '.join(by_number)}")
    return [by_number[n] for n in sorted({n.zfill(2) for n in only} or by_number)]
