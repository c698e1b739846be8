"""A run that is made in a thread while a person watches: started, paused, resumed, stopped.

It is a run like any other: `Store.get` makes it, in the same folder, under the same lock, from the same checkpoints.
The thread trains. The owner of the `LiveRun` asks for changes, and is called back through `on_change`.
"""

from __future__ import annotations

import atexit
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import torch

from semnerf_lib.experiments import Planned
from semnerf_lib.machine.checkpoints import read_step
from semnerf_lib.machine.faults import one_line
from semnerf_lib.machine.progress import Progress, progress_to
from semnerf_lib.models import Model, build_model
from semnerf_lib.runs.make import SCORING
from semnerf_lib.runs.store import Store
from semnerf_lib.training import Trainer

AT_WORK = ("beginning", "training", "paused", SCORING)
"""States in which a thread is at work; the others are "new", "stopped", "finished" and "failed"."""
RECENT = 8
"""The time of a step is a mean over this many callbacks."""


class LiveRun:
    """One run, made in a thread of its own.

    Attributes:
        state: "new", "stopped", "failed", "finished", or one of `AT_WORK`.
        step, history: how far it is (see `Trainer`).
        n_scored, n_to_score: views that are scored, and that are to be scored after the last step.
        seconds_a_step: mean over the last steps, callbacks included; None at the start.
        run: the finished run, else None.
        error: why it failed, one line, else "".
        on_change: called in the run's thread at every change, with the trainer if there is one. An exception in it
            does not end the run; it becomes `error`.

    Raises:
        SemnerfError: the finished run or its checkpoint is damaged.
    """

    def __init__(self, store: Store, planned: Planned, device: torch.device):
        self.store, self.planned, self.device = store, planned, device
        self.on_change: Callable[[LiveRun, Trainer | None], None] = lambda live, trainer: None
        self.run, self.error, self.seconds_a_step = store.find(planned), "", None
        self.step, self.history, self.state = 0, [], "new"
        self.n_scored, self.n_to_score = 0, 0
        self._stop, self._go, self._thread = threading.Event(), threading.Event(), None
        self._times: deque[tuple[float, int]] = deque(maxlen=RECENT)
        checkpoint = store.folder(planned) / "checkpoint.safetensors"
        if self.run is not None:
            self.step, self.history, self.state = planned.config.iterations, self.run.history, "finished"
        elif checkpoint.is_file():
            self.step, self.state = read_step(checkpoint), "stopped"

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the last step, at the current pace."""
        return self.seconds_a_step and self.seconds_a_step * (self.planned.config.iterations - self.step)

    def start(self) -> None:
        """Starts the run, or continues it after a pause or from its checkpoint."""
        self._times.clear()
        self._go.set()
        if self.state in AT_WORK or self.run is not None:
            return
        self._stop.clear()
        self.state, self.error = "beginning", ""
        self._thread = threading.Thread(target=self._make, name=f"semnerf {self.planned.label}", daemon=True)
        _at_work.add(self)
        self._thread.start()

    def pause(self) -> None:
        """Pauses the run after the current ten steps, until `start`."""
        self._go.clear()

    def stop(self) -> None:
        """Stops the run after the current ten steps, with a checkpoint; scoring is finished first."""
        self._stop.set()
        self._go.set()

    def join(self, seconds: float | None = None) -> bool:
        """Waits for the run's thread; False if it is still at work."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def _make(self) -> None:
        try:
            with progress_to(self._progressed):
                self.run = self.store.get(self.planned, self.device, self._stepped, wait=False, checkpoint_seconds=10.0)
            self.step, self.history, state = self.planned.config.iterations, self.run.history, "finished"
        except KeyboardInterrupt:
            state = "stopped"
        except Exception as fault:
            self.error, state = one_line(fault), "failed"
        _at_work.discard(self)
        self._change(state, None)

    def _stepped(self, trainer: Trainer) -> None:
        self.step, self.history = trainer.step_count, trainer.history
        self._times.append((time.monotonic(), self.step))
        (first, a), (last, b) = self._times[0], self._times[-1]
        if b > a:
            self.seconds_a_step = (last - first) / (b - a)
        self._change("training", trainer)
        if not self._go.is_set():
            self._change("paused", trainer)
            self._go.wait()
        if self._stop.is_set():
            raise KeyboardInterrupt
        if self.step == self.planned.config.iterations:
            self._change(SCORING, trainer)

    def _progressed(self, progress: Progress) -> None:
        if progress.desc == SCORING:
            self.n_scored, self.n_to_score = progress.count, progress.total
            self._change(SCORING, None)

    def _change(self, state: str, trainer: Trainer | None) -> None:
        self.state = state
        try:
            self.on_change(self, trainer)
        except Exception as fault:
            self.error = one_line(fault)


def model_of(live: LiveRun) -> Model:
    """The model of a run that is not being trained: the finished one, its checkpoint's, or the untrained one."""
    scene, config = live.planned.scene, live.planned.config
    if live.run is not None:
        return live.run.load(scene, live.device)
    checkpoint = live.store.folder(live.planned) / "checkpoint.safetensors"
    if not checkpoint.is_file():
        return build_model(config, scene).to(live.device)
    trainer = Trainer(scene, config, live.device)
    trainer.restore(checkpoint)
    live.history = trainer.history
    return trainer.model


_at_work: set[LiveRun] = set()


def live_run(store: Store, planned: Planned, device: torch.device) -> LiveRun:
    """A planned run to watch: the one that this process is making already, else a new one. All others are stopped.

    So a cell that is executed again leaves no thread behind that nobody can reach.
    """
    folder, same = store.folder(planned), None
    for live in list(_at_work):
        if live.store.folder(live.planned) == folder:
            same = live
        else:
            live.stop()
    _follow_the_notebook()
    return same or LiveRun(store, planned, device)


def stop_all(seconds: float | None = None) -> None:
    """Stops every live run, and waits for its checkpoint."""
    stopped = list(_at_work)
    for live in stopped:
        live.stop()
    for live in stopped:
        live.join(seconds)


atexit.register(stop_all, 5.0)


def _follow_the_notebook() -> None:
    """Interrupting the kernel stops live runs, and executing another cell stops paused ones.

    The next cell may ask for the same run, and would wait for ever for a paused one.
    """
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    if shell is None or before_cell in shell.events.callbacks["pre_run_cell"]:
        return
    shell.events.register("pre_run_cell", before_cell)
    shell.events.register("post_run_cell", after_cell)


def before_cell(info: object) -> None:
    """Stops paused runs; their checkpoints stay."""
    for live in [live for live in _at_work if live.state == "paused"]:
        live.stop()
        live.join(5.0)


def after_cell(result: Any) -> None:
    """Stops all if the cell ended in an interrupt."""
    if isinstance(result.error_in_exec, KeyboardInterrupt):
        stop_all(5.0)
