"""What the results of `reproduce` depend on: while none of it changes, they are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import read_json
from semnerf_lib.machine.processes import LIBRARY
from semnerf_lib.runs.notebooks import read_result
from semnerf_lib.study.published import REFERENCES


def library_digest() -> str:
    """sha256 of the source of the library and of the scores that come with it."""
    digest = hashlib.sha256()
    for path in [*sorted(LIBRARY.rglob("*")), *sorted(REFERENCES.glob("*.json"))]:
        if path.suffix in (".py", ".j2", ".js", ".css", ".json"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def notebook_key(notebook: Path, parameters: dict[str, Any], runs: Sequence[str], inputs: Sequence[str]) -> str:
    """One hash of all that an executed notebook depends on: its cells without outputs, parameters, runs, inputs.

    Raises:
        SemnerfError: the file is no notebook.
    """
    try:
        cells = [(cell["cell_type"], cell["source"]) for cell in read_json(notebook)["cells"]]
    except (KeyError, TypeError) as fault:
        raise SemnerfError(f"{notebook}: no {fault} in it, expected a notebook") from fault
    return key_of(cells, parameters, list(runs), list(inputs))


def key_of(*inputs: Any) -> str:
    """One hash of values that JSON can hold."""
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()


def kept_result(notebook: Path, folder: Path, key: str) -> dict[str, Any] | None:
    """The result of an earlier successful execution with the same key; None if there is none or a file is missing."""
    files = [folder / f"{notebook.stem}{suffix}" for suffix in (".json", ".ipynb", ".html")]
    with suppress(SemnerfError):
        result = read_result(files[0]) if all(file.is_file() for file in files) else {"ok": False}
        if result["ok"] and result["key"] == key:
            return result
    return None


def files_key(root: Path) -> list[tuple[str, int]]:
    """The results and answers in a results folder, with the time of their last change, in nanoseconds."""
    found = []
    for path in (*root.glob("runs/*/result.json"), *root.glob("questions/*.json")):
        with suppress(FileNotFoundError):  # another process has put it aside meanwhile
            found.append((str(path.relative_to(root)), path.stat().st_mtime_ns))
    return sorted(found)
