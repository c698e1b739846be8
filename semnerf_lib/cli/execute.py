"""One notebook, executed in a process of its own: `execute_apart` starts it, `execute` is what it does.

The child process (see `processes`) runs this module with a file JOB.json, which names the notebook, the parameters and
where the results go. It leaves the executed copy, its page (HTML) and, last of all, a result file. Its status is 0 if
every cell ran, 1 if one failed, anything else if the process itself was ended; only a status of 0 or 1 together with a
result file counts.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import read_json, write_aside, write_json
from semnerf_lib.machine.processes import command, environment, stop
from semnerf_lib.machine.progress import Progress
from semnerf_lib.pages.html import first_picture, notebook_page, title_of
from semnerf_lib.pages.outputs import is_in_space, place_library
from semnerf_lib.runs.notebooks import read_notebook, read_result

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def execute(job: dict[str, Any]) -> dict[str, Any]:
    """Executes a notebook and writes `<stem>.ipynb`, `<stem>.html` and `<stem>.json` into the job's folder, and beside
    them `plotly.min.js` if the page has figures in space.

    Args:
        job: `notebook` (path), `parameters` (name -> value), `folder` (path; also the working folder of the cells),
            `key` (what the result stands for, see `reproduce.notebook_key`).

    Returns:
        What the result file holds: key, title, ok, seconds, cells, failure (None or cell, source, error, traceback),
        picture (the first figure as a data URL, or None).
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    source, folder = Path(job["notebook"]), Path(job["folder"])
    executed, aside = folder / source.name, folder / f".{source.name}.part.ipynb"
    failure, start = None, time.perf_counter()
    try:
        papermill.execute_notebook(
            source, aside, job["parameters"], kernel_name="python3", language="python", cwd=folder, progress_bar=False
        )
    except PapermillExecutionError as fault:
        failure = {
            "cell": fault.exec_count,
            "source": fault.source,
            "error": ANSI.sub("", f"{fault.ename}: {fault.evalue}").splitlines()[0],
            "traceback": ANSI.sub("", "\n".join(fault.traceback)),
        }
    seconds = time.perf_counter() - start
    aside.replace(executed)
    notebook = read_notebook(executed)
    page = notebook_page(notebook, source.parent, before=[("../index.html", "All notebooks and scores")])
    if is_in_space(page):
        place_library(folder)
    write_aside(executed.with_suffix(".html"), lambda path: path.write_text(page, encoding="utf-8"))
    result = {
        "key": job["key"],
        "title": title_of(notebook, source.stem),
        "ok": failure is None,
        "seconds": seconds,
        "cells": sum(cell.cell_type == "code" for cell in notebook.cells),
        "failure": failure,
        "picture": first_picture(notebook),
    }
    write_json(executed.with_suffix(".json"), result)
    return result


def execute_apart(
    notebook: Path, parameters: dict[str, Any], folder: Path, results: Path, key: str, threads: int | None = None
) -> dict[str, Any]:
    """Executes a notebook in a process of its own (see `execute`) and returns its result.

    `threads` bounds its threads while others work beside it; None leaves it all.

    A process that ends without its result file, or with another status than 0 and 1, is a failure of the notebook:
    a kernel that was killed leaves a notebook that looks finished.
    """
    result, part = folder / f"{notebook.stem}.json", folder / f".{notebook.name}.part.ipynb"
    result.unlink(missing_ok=True)
    job = folder / f".{notebook.stem}.job.part.json"
    write_json(job, {"notebook": str(notebook), "parameters": parameters, "folder": str(folder), "key": key})
    env = environment(SEMNERF_RESULTS=str(results), **({"OMP_NUM_THREADS": str(threads)} if threads else {}))
    env.pop("SEMNERF_SCALE", None)
    env.pop("SEMNERF_SCENE", None)
    cells = 1 + sum(cell["cell_type"] == "code" for cell in read_json(notebook)["cells"])  # papermill adds one
    start = time.monotonic()
    try:
        with tempfile.TemporaryFile("w+") as log, Progress(f"notebook {notebook.stem}", cells) as bar:
            process = subprocess.Popen(
                command("semnerf_lib.cli.execute", str(job)),
                env=env,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                while process.poll() is None:
                    bar.update(max(0, executed_cells(part) - bar.count))
                    time.sleep(0.5)
            except BaseException:
                stop(process)
                raise
            log.seek(0)
            said = log.read().strip()
    finally:
        job.unlink(missing_ok=True)
        part.unlink(missing_ok=True)
    if process.returncode in (0, 1) and result.is_file():
        found = read_result(result)
        if found["ok"] == (process.returncode == 0):
            return found
    result.unlink(missing_ok=True)
    return failed(notebook, f"its process ended with status {process.returncode} and no result", said, start)


def failed(notebook: Path, error: str, traceback: str = "", start: float | None = None) -> dict[str, Any]:
    """The result of a notebook that left none itself."""
    return {
        "key": None,
        "title": notebook.stem,
        "ok": False,
        "seconds": 0.0 if start is None else time.monotonic() - start,
        "cells": 0,
        "failure": {"cell": None, "source": "", "error": error, "traceback": traceback},
        "picture": None,
    }


def executed_cells(notebook: Path) -> int:
    """How many code cells of a notebook that is being written have run; 0 while it cannot be read."""
    try:
        return sum(bool(cell.get("execution_count")) for cell in read_json(notebook)["cells"])
    except (SemnerfError, KeyError, TypeError, AttributeError):
        return 0


if __name__ == "__main__":
    sys.exit(0 if execute(read_json(Path(sys.argv[1])))["ok"] else 1)
