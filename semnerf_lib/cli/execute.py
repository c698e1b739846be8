"""One notebook, executed in a process of its own: `execute_apart` starts the process, which calls `execute`.

The child process (see `processes`) runs this module with a file JOB.json, which names the notebook, its parameters and
the folder of the results. It writes the executed copy, its page (HTML) and, last, a result file. Its exit status is 0
if every cell ran, 1 if one failed, 2 if a file could not be written, which its last line tells, and anything else if
the process was ended. Only a status of 0 or 1 together with a result file counts.
"""

from __future__ import annotations

import errno
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import read_json, write_aside, write_fault, write_json
from semnerf_lib.machine.processes import command, environment, stop
from semnerf_lib.machine.progress import Progress
from semnerf_lib.pages.html import first_picture, notebook_page, title_of
from semnerf_lib.pages.outputs import is_in_space, place_library
from semnerf_lib.runs.notebooks import read_notebook, read_result

UNWRITTEN = 2
"""The exit status of the child if a file could not be written."""
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def execute(job: dict[str, Any]) -> dict[str, Any]:
    """Executes a notebook and writes `<stem>.ipynb`, `<stem>.html` and `<stem>.json` into the folder of the job; also
    `plotly.min.js` if the page has figures in space.

    Args:
        job: `notebook` (path), `parameters` (name -> value), `folder` (path; the cells run in it as well), `key` (what
            the result depends on, see `inputs.notebook_key`).

    Returns:
        What the result file holds: key, title, ok, seconds, cells, failure (None, or see `run_cells`), picture (the
        first figure as a data URL, or None).
    """
    source, folder = Path(job["notebook"]), Path(job["folder"])
    executed, start = folder / source.name, time.perf_counter()
    failure = run_cells(source, executed, job["parameters"])
    seconds = time.perf_counter() - start
    notebook = read_notebook(executed)
    page = notebook_page(notebook, source.parent, before=[("../index.html", "All notebooks and scores")])
    if is_in_space(page):
        place_library(folder)
    write_aside(executed.with_suffix(".html"), lambda path: path.write_text(page, encoding="utf-8"))
    cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    result = {"key": job["key"], "title": title_of(notebook, source.stem), "ok": failure is None, "seconds": seconds}
    result |= {"cells": cells, "failure": failure, "picture": first_picture(notebook)}
    write_json(executed.with_suffix(".json"), result)
    return result


def run_cells(source: Path, executed: Path, parameters: dict[str, Any]) -> dict[str, Any] | None:
    """Runs the cells of a notebook in the folder of `executed`, which becomes the notebook with its outputs.

    Returns:
        None if every cell ran, else cell (its number), source, error and traceback of the first that failed.

    Raises:
        SemnerfError: no room on the disk.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    aside, failure = part_of(executed), None
    try:
        papermill.execute_notebook(
            source, aside, parameters, kernel_name="python3", language="python", cwd=aside.parent, progress_bar=False,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],  # not that its ports on this machine are unencrypted
        )  # fmt: skip
    except OSError as fault:
        if fault.errno == errno.ENOSPC:
            raise write_fault(Path(fault.filename or executed), fault) from fault
        raise
    except PapermillExecutionError as fault:
        failure = {
            "cell": fault.exec_count,
            "source": fault.source,
            "error": ANSI.sub("", f"{fault.ename}: {fault.evalue}").splitlines()[0],
            "traceback": ANSI.sub("", "\n".join(fault.traceback)),
        }
        if not fault.traceback:
            failure |= printed_failure(read_notebook(aside), fault.exec_count)
    aside.replace(executed)
    return failure


def printed_failure(notebook: Any, number: int | None) -> dict[str, str]:
    """Error and traceback of a cell that failed without an error output, from what it wrote to stderr.

    IPython prints a traceback there that it cannot format, as when too many files are open. The traceback may end with
    the exceptions of formatting; the cell's own comes first.
    """
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.execution_count == number]
    outputs = [output for cell in cells for output in cell.outputs]
    text = "".join(output.text for output in outputs if output.get("name") == "stderr")
    first = text.partition("\n\nDuring handling of the above exception")[0].strip()
    return {"error": first.splitlines()[-1] if first else "the kernel gave no reason", "traceback": text}


def part_of(executed: Path) -> Path:
    """The file that a notebook is written to while it is executed."""
    return executed.with_name(f".{executed.name}.part.ipynb")


def execute_apart(
    notebook: Path, parameters: dict[str, Any], folder: Path, results: Path, key: str, threads: int | None = None
) -> dict[str, Any]:
    """Executes a notebook in a process of its own (see `execute`) and returns its result.

    A process that ends without its result file, or with another status than 0 and 1, is a failure of the notebook: a
    killed kernel leaves a notebook that looks complete.

    Args:
        results: the results folder that the notebook uses.
        threads: at most, while other processes make runs; None for all.
    """
    result, job = folder / f"{notebook.stem}.json", folder / f".{notebook.stem}.job.part.json"
    result.unlink(missing_ok=True)
    write_json(job, {"notebook": str(notebook), "parameters": parameters, "folder": str(folder), "key": key})
    env = environment(SEMNERF_RESULTS=str(results), **({"OMP_NUM_THREADS": str(threads)} if threads else {}))
    for name in ("SEMNERF_SCALE", "SEMNERF_SCENE"):
        env.pop(name, None)
    start = time.monotonic()
    try:
        status, output = run_child(job, notebook, part_of(folder / notebook.name), env)
    finally:
        job.unlink(missing_ok=True)
        part_of(folder / notebook.name).unlink(missing_ok=True)
    if status in (0, 1) and result.is_file():
        written = read_result(result)
        if written["ok"] == (status == 0):
            return written
    result.unlink(missing_ok=True)
    last = "".join(output.splitlines()[-1:])
    if status == UNWRITTEN and last:
        return failed(notebook, last, start=start)
    ended = f"its process ended with status {status} and no result"
    return failed(notebook, f"{ended}: {last}" if last else ended, output, start)


@contextmanager
def cells_shown(notebook: Path, executed: Path) -> Iterator[None]:
    """Shows how many cells have run while `run_cells` runs them in this process: a bar, or a line from time to time."""
    done, cells = threading.Event(), sum(cell["cell_type"] == "code" for cell in read_json(notebook)["cells"])

    def follow() -> None:
        while not done.wait(0.5):
            bar.update(max(0, executed_cells(part_of(executed)) - bar.count))

    with Progress(f"cells of {notebook.stem}", cells) as bar:
        follower = threading.Thread(target=follow, daemon=True)
        follower.start()
        try:
            yield
        finally:
            done.set()
            follower.join()


def run_child(job: Path, notebook: Path, part: Path, env: dict[str, str]) -> tuple[int, str]:
    """Runs this module on a job file with a progress bar; returns the exit status and what the process printed."""
    cells = 1 + sum(cell["cell_type"] == "code" for cell in read_json(notebook)["cells"])  # papermill adds one
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
        return process.returncode, log.read().strip()


def failed(notebook: Path, error: str, traceback: str = "", start: float | None = None) -> dict[str, Any]:
    """The result of a notebook that wrote none."""
    seconds = 0.0 if start is None else time.monotonic() - start
    failure = {"cell": None, "source": "", "error": error, "traceback": traceback}
    result = {"key": None, "title": notebook.stem, "ok": False, "seconds": seconds}
    return result | {"cells": 0, "failure": failure, "picture": None}


def executed_cells(notebook: Path) -> int:
    """How many code cells of a notebook have run; 0 while the file cannot be read."""
    try:
        return sum(bool(cell.get("execution_count")) for cell in read_json(notebook)["cells"])
    except (SemnerfError, KeyError, TypeError, AttributeError):
        return 0


def main() -> int:
    """Executes the notebook of a job file; returns the exit status."""
    try:
        return 0 if execute(read_json(Path(sys.argv[1])))["ok"] else 1
    except SemnerfError as fault:
        print(fault, file=sys.stderr)
        return UNWRITTEN


if __name__ == "__main__":
    sys.exit(main())
