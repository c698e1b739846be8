"""What tests of live parts share: a learner that learns nothing and counts what it is asked, and patience."""

from __future__ import annotations

import time


class DummyLearner:
    """Takes so many steps, and keeps the clicks that it was fitted to."""

    name = "dummy"

    def __init__(self, steps=0):
        self.steps, self.step_count, self.fitted, self.model = steps, 0, [], self

    @property
    def clicks(self):
        """Those it was fitted to last."""
        return self.fitted[-1] if self.fitted else ()

    def step(self):
        if self.step_count >= self.steps:
            return False
        self.step_count += 1
        return True

    def fit(self, clicks):
        self.fitted.append(tuple(clicks))


def until(condition, seconds=120):
    """Waits for another thread to bring something about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)
