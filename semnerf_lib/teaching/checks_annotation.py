"""Checks of notebook 16: what clicks cost, and the cheapest labels that are good enough."""

from __future__ import annotations

import numpy as np

from semnerf_lib.teaching.checking import Check, Mistake


def clicked_images() -> list[tuple]:
    """Clicks on each class that an image shows, and how many classes it might show."""
    return [(np.array([1, 1, 4]), 20), (np.array([12]), 5), (np.array([3, 2, 2, 7]), 4)]


def click_seconds(clicks: np.ndarray, n_classes: int) -> float:
    """The right answer: 1 s a class that is absent, 2.4 s a first click, 0.9 s a further one."""
    return (n_classes - len(clicks)) * 1.0 + 2.4 * len(clicks) + 0.9 * float((clicks - 1).sum())


check_click_seconds = Check(
    "click_seconds",
    click_seconds,
    clicked_images,
    (
        Mistake("the first click on a class is counted twice: 0.9 s is for each further one",
                lambda k, n: (n - len(k)) + 2.4 * len(k) + 0.9 * k.sum()),
        Mistake("1 s is for a class that the image does not show; yours adds it for all classes",
                lambda k, n: n + 2.4 * len(k) + 0.9 * (k - 1).sum()),
        Mistake("the classes that are absent are missing: each must be asked for too, 1 s",
                lambda k, n: 2.4 * len(k) + 0.9 * (k - 1).sum()),
        Mistake("2.4 s is for the first click on each class, not on the image",
                lambda k, n: (n - len(k)) + 2.4 + 0.9 * (k.sum() - 1)),
        Mistake("further clicks are faster: 0.9 s, only the first on a class takes 2.4 s",
                lambda k, n: (n - len(k)) + 2.4 * k.sum()),
        Mistake("that is minutes; the task asks for seconds", lambda k, n: click_seconds(k, n) / 60),
    ),
    "This is how Bearman et al. count; most of the time goes into first clicks.",
)  # fmt: skip


def planes() -> list[tuple]:
    """Scores and minutes over a plane: the best score is not the cheapest, the cheapest not good enough."""
    scores = np.array([[0.20, 0.55, 0.71, 0.75], [0.35, 0.64, 0.73, 0.80], [0.50, 0.72, 0.74, 0.74]])
    minutes = np.array([[1.0, 4.0, 9.0, 20.0], [3.0, 6.0, 8.0, 40.0], [5.0, 12.0, 30.0, 90.0]])
    return [(scores, minutes, 0.7), (scores, minutes, 0.5), (scores, minutes, 0.75)]


def cheapest_point(scores: np.ndarray, minutes: np.ndarray, target: float) -> tuple[int, int]:
    """The right answer: row and column of the least minutes among the points that reach the target."""
    return _place(np.where(scores >= target, minutes, np.inf).argmin(), scores)


def _place(flat, scores):
    row, column = np.unravel_index(flat, scores.shape)
    return int(row), int(column)


check_cheapest_point = Check(
    "cheapest_point",
    cheapest_point,
    planes,
    (
        Mistake("row and column are swapped", lambda s, m, t: cheapest_point(s, m, t)[::-1]),
        Mistake("that is the best score; the task asks for the cheapest one that reaches the target",
                lambda s, m, t: _place(s.argmax(), s)),
        Mistake("that is the cheapest of all points: leave out those below the target",
                lambda s, m, t: _place(m.argmin(), s)),
        Mistake("that is the score closest to the target; a cheaper point may have a higher one",
                lambda s, m, t: _place(np.where(s >= t, s, np.inf).argmin(), s)),
        Mistake("a score equal to the target reaches it: use >=",
                lambda s, m, t: _place(np.where(s > t, m, np.inf).argmin(), s)),
        Mistake("that is the dearest of the points that reach the target",
                lambda s, m, t: _place(np.where(s >= t, m, -np.inf).argmax(), s)),
        Mistake("argmin gives the place in the flattened plane: np.unravel_index makes row and column of it",
                lambda s, m, t: int(np.where(s >= t, m, np.inf).argmin())),
    ),
    "Choose the target before you look at the scores.",
)  # fmt: skip
