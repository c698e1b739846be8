"""Checks of notebook 13: classes that are merged, and how fine a grid is in a room."""

from __future__ import annotations

import numpy as np

from semnerf_lib.teaching.checking import Check, Mistake


def confusions() -> list[tuple]:
    """Rows are the truth. Class i becomes class `merged[i]`, of `n`."""
    fine = np.array([[50, 4, 0, 1], [3, 20, 2, 0], [6, 0, 9, 0], [0, 1, 5, 30]])
    return [(fine, np.array([0, 1, 1, 0]), 2), (fine, np.array([2, 0, 1, 1]), 3)]


def coarse_confusion(confusion: np.ndarray, merged: np.ndarray, n: int) -> np.ndarray:
    """The right answer: sums over the rows and over the columns of the classes that are merged."""
    membership = np.eye(n, dtype=confusion.dtype)[merged]
    return membership.T @ confusion @ membership


def _truth_alone(confusion, merged, n):
    return np.eye(n, dtype=confusion.dtype)[merged].T @ confusion


def _prediction_alone(confusion, merged, n):
    return confusion @ np.eye(n, dtype=confusion.dtype)[merged]


def _overwritten(confusion, merged, n):
    coarse = np.zeros((n, n), dtype=confusion.dtype)
    coarse[np.ix_(merged, merged)] = confusion
    return coarse


def _diagonal_alone(confusion, merged, n):
    return np.diag(np.bincount(merged, np.diag(confusion), n)).astype(confusion.dtype)


def _mean(confusion, merged, n):
    counts = np.bincount(merged, minlength=n)
    return coarse_confusion(confusion, merged, n) / np.outer(counts, counts)


check_merged = Check(
    "coarse_confusion",
    coarse_confusion,
    confusions,
    (
        Mistake("the rows were merged and the columns were not: a prediction has the coarse classes too", _truth_alone),
        Mistake("the columns were merged and the rows were not: the truth has the coarse classes too",
                _prediction_alone),
        Mistake("cells of one coarse pair overwrite each other: add them up (np.add.at, or a loop with +=)",
                _overwritten),
        Mistake("hits alone: a mix-up of two classes that are now one counts as a hit too", _diagonal_alone),
        Mistake("that is a mean over the merged cells: pixels are counted, so add them up", _mean),
        Mistake("rows and columns are swapped: rows are the truth",
                lambda confusion, merged, n: coarse_confusion(confusion, merged, n).T),
    ),
    "What was mixed up inside a coarse class is now right, so the scores of few and of many classes differ.",
)  # fmt: skip


def boxes() -> list[tuple]:
    """Lower and upper corner in metres, and how many cells the grid has."""
    small = np.array([[0.0, 0.0, 0.0], [5.0, 4.0, 2.5]])
    return [(small, 50_000), (np.array([[-1.0, -2.0, 0.0], [12.0, 9.0, 2.7]]), 50_000), (small, 1_600_000)]


def cell_edge(box: np.ndarray, n_cells: int) -> float:
    """The right answer: the edge of a cubic cell, metres."""
    return float((np.prod(box[1] - box[0]) / n_cells) ** (1 / 3))


def _edge(length):
    return lambda box, n_cells: float(length(np.asarray(box[1] - box[0]), n_cells))


check_cell = Check(
    "cell_edge",
    cell_edge,
    boxes,
    (
        Mistake("that is the volume of a cell: its edge is the cube root", _edge(lambda s, n: s.prod() / n)),
        Mistake("the square root is for squares: cells are cubes", _edge(lambda s, n: (s.prod() / n) ** 0.5)),
        Mistake("that takes the box for a cube with its longest side: multiply the three sides",
                _edge(lambda s, n: s.max() / n ** (1 / 3))),
        Mistake("that takes the box for a cube with the mean of its sides: multiply the three sides",
                _edge(lambda s, n: s.mean() / n ** (1 / 3))),
        Mistake("that is the diagonal of a cell: divide by the square root of 3",
                _edge(lambda s, n: 3**0.5 * (s.prod() / n) ** (1 / 3))),
        Mistake("the box need not begin at 0: its sides are upper minus lower corner",
                lambda box, n: float((np.prod(np.abs(box[1])) / n) ** (1 / 3))),
    ),
    "Ten times the volume makes the cells 2.15 times as long: a grid of fixed size sees a large room coarsely.",
)  # fmt: skip
