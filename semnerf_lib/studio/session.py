"""The studio behind the label studio: it takes clicks, a thread learns from them, and renders views filled with labels.

Its owner adds clicks and is called back when something was rendered. Only the thread uses the learner.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch

from semnerf_lib.evaluation import Render, View, view_renderer
from semnerf_lib.machine.cores import compute_alone
from semnerf_lib.machine.faults import one_line
from semnerf_lib.models import Model
from semnerf_lib.scene import Scene
from semnerf_lib.studio.clicks import Click, Clicks, check_click
from semnerf_lib.studio.learners import Learner
from semnerf_lib.studio.queries import Doubt, doubts, pool_of

REFRESH_STEPS = 50
"""Steps of the geometry after which the views are rendered anew."""


class Studio:
    """Clicks on a scene, the learner that learns from them, and its thread.

    Attributes:
        clicks: so far.
        frames: rendered after each click, in this order.
        width: of these views, pixels.
        views: frame to its view, as it was rendered last.
        doubts: where to click next, the best place first, after the last click; empty at first.
        seconds: from the last click until all views were filled, None until they are.
        error: why the thread stopped, else "".
        on_change: called in the thread with "view" and a frame, "filled", "doubts", "geometry" or "error".

    Args:
        learner: makes the learner; called in the thread.
        render: (model, scene) -> a function that renders a pose at a width (see `view_renderer`).
    """

    def __init__(
        self,
        scene: Scene,
        learner: Callable[[], Learner],
        frames: Sequence[int],
        width: int,
        render: Callable[[Model, Scene], Render] = view_renderer,
    ):
        self.scene, self.frames, self.width = scene, list(frames), width
        self.clicks: Clicks = ()
        self.views: dict[int, View] = {}
        self.doubts: list[Doubt] = []
        self.learner: Learner | None = None
        self.on_change: Callable[[str, int | None], None] = lambda what, frame: None
        self.error, self.seconds, self._clicked_at = "", None, time.monotonic()
        self._make, self._render, self._fitted = learner, render, None
        self._wake, self._version, self._closed = threading.Condition(), 0, False
        self._cores = torch.get_num_threads()
        self._thread = threading.Thread(target=self._work, name="semnerf studio", daemon=True)
        _open.add(self)

    def open(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def close(self, seconds: float | None = None) -> bool:
        """Ends the thread after its current task; False if it is still busy."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def click(self, click: Click) -> None:
        """Adds a click.

        Raises:
            SemnerfError: one that the scene cannot have.
        """
        check_click(click, self.scene)
        self._put((*self.clicks, click))

    def undo(self) -> None:
        """Removes the last click."""
        self._put(self.clicks[:-1])

    def replace(self, clicks: Sequence[Click]) -> None:
        """Replaces all clicks."""
        self._put(tuple(clicks))

    def watch(self, frames: Sequence[int]) -> None:
        """Sets the frames to render from now on, in this order."""
        with self._wake:
            self.frames = list(frames)
            self._version += 1
            self._wake.notify()

    def teach(self, learner: Callable[[], Learner]) -> None:
        """Replaces the learner by a new one, which learns from the same clicks."""
        with self._wake:
            self._make, self.learner = learner, None
        self._put(self.clicks)

    def _put(self, clicks: Clicks) -> None:
        with self._wake:
            self.clicks, self.doubts = clicks, []
            self._version += 1
            self._clicked_at, self.seconds = time.monotonic(), None
            self._wake.notify()

    def _work(self) -> None:
        """The thread's loop, until it is closed. Its steps are small, so each core renders a view of its own."""
        compute_alone(self._cores)
        try:
            with ThreadPoolExecutor(self._cores, "semnerf view", compute_alone, (self._cores,)) as pool:
                while not self._closed:
                    self._turn(pool)
        except Exception as fault:
            self.error = one_line(fault)
            self.on_change("error", None)

    def _turn(self, pool: ThreadPoolExecutor) -> None:
        """Renders the views for the present clicks, then makes steps that need no click, until something changes."""
        with self._wake:
            version, clicks, frames, make = self._version, self.clicks, list(self.frames), self._make
        learner = self.learner
        if learner is None:
            learner = self.learner = make()

        def current():
            return version == self._version and not self._closed

        if self._fitted != (learner, clicks, learner.step_count):
            learner.fit(clicks)
            self._fitted = learner, clicks, learner.step_count
        render = self._render(learner.model, self.scene)
        seen = pool.map(lambda frame: render(self.scene.c2w[frame], self.width) if current() else None, frames)
        for frame, view in zip(frames, seen, strict=True):
            if view is None or not current():
                return
            self.views[frame] = view
            self.on_change("view", frame)
        self.seconds = self.seconds or time.monotonic() - self._clicked_at
        self.on_change("filled", None)
        steps = 0
        while current() and steps < REFRESH_STEPS and learner.step():
            steps += 1
            self.on_change("geometry", None)
        if steps or not current():
            return  # to another turn, which shows what is new
        if not self.doubts:
            results = doubts(render, self.scene, pool_of(self.scene), current, pool.map)
            with self._wake:
                if not current():
                    return
                self.doubts = results
            self.on_change("doubts", None)
        with self._wake:
            self._wake.wait_for(lambda: not current())


_open: weakref.WeakSet[Studio] = weakref.WeakSet()


def close_all(seconds: float | None = 5.0) -> None:
    """Closes every studio, so that a cell that is executed again leaves no thread behind."""
    for studio in list(_open):
        studio.close(seconds)
