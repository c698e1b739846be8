"""What the runs of a results folder are doing, in a table."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from semnerf_lib.errors import SemnerfError, printable
from semnerf_lib.machine.files import is_there, opened, read_json
from semnerf_lib.runs.facts import checked_config
from semnerf_lib.runs.store import Store, read_run, title_of
from semnerf_lib.runs.underway import is_locked, read_failure, read_progress
from semnerf_lib.tables import aligned, duration

REFRESH_SECONDS = 2.0
"""Seconds between two tables of --watch."""
State = Literal["running", "failed", "stopped", "done"]
STATES: tuple[State, ...] = ("running", "failed", "stopped", "done")
"""In the order of the table. A stopped run was started and is not finished, and no process is making it."""


@dataclass(frozen=True)
class Status:
    """A line of the table.

    Attributes:
        run: its id.
        state: see `STATES`.
        what: title of the run.
        step: "120/1500", "scoring", or empty.
        metric: the last one: mIoU of a finished run, else the loss.
        seconds: of training.
        note: host and process of a running run, why a run failed, or what is wrong with its files.
        when: its last update, ISO 8601.
    """

    run: str
    state: State
    what: str = ""
    step: str = ""
    metric: str = ""
    seconds: float | None = None
    note: str = ""
    when: str = ""


def status_of(folder: Path) -> Status:
    """The status of the run in a folder; a damaged file counts as a failure."""
    try:
        if is_there(folder / "result.json"):
            run = read_run(folder)
            with opened(folder / "weights.safetensors"):  # its header says whether it was cut short
                pass
            metric, seconds = f"mIoU {run.metrics['miou']:.3f}", run.metrics["seconds_training"]
            steps, when = str(run.config.iterations), run.provenance["date"]
            return Status(run.id, "done", title_of(run.config), steps, metric, seconds, when=when)
        facts = read_json(folder / "config.json") if is_there(folder / "config.json") else None
        what = title_of(checked_config(facts)) if facts else ""
    except SemnerfError as fault:
        return Status(folder.name, "failed", note=str(fault))
    locked, progress, failure = is_locked(folder), read_progress(folder), read_failure(folder)
    step, metric, seconds, when, note = "", "", None, "", ""
    if progress is not None:
        scoring = locked and progress["stage"] == "scoring"
        step = "scoring" if scoring else f"{progress['step']}/{progress['iterations']}"
        metric = "" if progress["loss"] is None else f"loss {progress['loss']:.3f}"
        seconds, when = progress["seconds"], progress["time"]
        note = f"{progress['host']}, process {progress['pid']}" if locked else ""
    if failure is not None and not locked:
        note, when = failure["error"], failure["time"]
    state = "running" if locked else "stopped" if failure is None else "failed"
    return Status(folder.name, state, what, step, metric, seconds, note, when)


class Board:
    """The table of a results folder. Finished runs are read once.

    Args:
        store: the results folder.
    """

    def __init__(self, store: Store):
        self.store, self.done = store, {}

    def statuses(self) -> list[Status]:
        """All runs: those under way first, finished ones last, the latest first within each state.

        Raises:
            SemnerfError: the results folder cannot be read.
        """
        runs = self.store.root / "runs"
        try:
            folders = sorted(path for path in runs.iterdir() if path.is_dir())
        except FileNotFoundError:
            folders = []
        except OSError as fault:
            raise SemnerfError(f"{runs}: cannot be read ({fault.strerror})") from fault
        statuses = []
        for folder in folders:
            status = self.done.get(folder) or status_of(folder)
            if status.state == "done":
                self.done[folder] = status
            statuses.append(status)
        statuses.sort(key=lambda s: s.when, reverse=True)
        return sorted(statuses, key=lambda s: STATES.index(s.state))

    def text(self, width: int | None = None, height: int | None = None) -> str:
        """The table, cut to a terminal's size where one is given."""
        statuses = self.statuses()
        counts = ", ".join(f"{sum(s.state == state for s in statuses)} {state}" for state in STATES)
        lines = [f"{self.store.root}: {len(statuses)} runs: {counts}"]
        visible = statuses if height is None else statuses[: max(1, height - 5)]
        if visible:
            rows = [("state", "run", "what", "step", "last metric", "time", "")]
            for s in visible:  # somebody else may have written the files
                cells = (s.state, s.run, s.what, s.step, s.metric, duration(s.seconds), s.note)
                rows.append(tuple(map(printable, cells)))
            lines += ["", *map(str.rstrip, aligned(rows, [False] * len(rows[0])))]
        if len(visible) < len(statuses):
            lines.append(f"... and {len(statuses) - len(visible)} more")
        return "\n".join(line if width is None else line[:width] for line in lines)


def watch(store: Store) -> None:
    """Shows the table again and again until Ctrl-C."""
    board = Board(store)
    try:
        while True:
            size = shutil.get_terminal_size()
            clear = "\x1b[2J\x1b[H" if sys.stdout.isatty() else ""
            moment = datetime.now().strftime("%H:%M:%S")
            print(f"{clear}{moment}  {board.text(size.columns, size.lines)}", flush=True)
            time.sleep(REFRESH_SECONDS)
    except KeyboardInterrupt:
        print()
