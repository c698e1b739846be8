"""Checks of notebook 17: how far a pose is off, and what an attack explains."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from semnerf_lib.lessons.localisation import pose_error
from semnerf_lib.teaching.checking import Check, Mistake


def poses() -> list[tuple]:
    """Two pairs of poses, turned by 23 and 140 degrees."""
    pairs = []
    for degrees, shift in ((23.0, (0.1, -0.2, 0.2)), (140.0, (3.0, 0.0, -4.0))):
        pair = []
        for turn, place in ((0.0, (1.0, 2.0, 3.0)), (degrees, np.add((1.0, 2.0, 3.0), shift))):
            pose = np.eye(4)
            axis = np.array([1.0, 2.0, -2.0]) / 3
            pose[:3, :3] = (
                Rotation.from_euler("xyz", (20, 30, 40), True) * Rotation.from_rotvec(turn * axis, True)
            ).as_matrix()
            pose[:3, 3] = place
            pair.append(pose)
        pairs.append(tuple(pair))
    return pairs


def _cosine(a, b):
    return (np.trace(a[:3, :3].T @ b[:3, :3]) - 1) / 2


def _off(
    metres=lambda a, b: np.linalg.norm(a[:3, 3] - b[:3, 3]), angle=lambda a, b: np.degrees(np.arccos(_cosine(a, b)))
):
    return lambda a, b: (metres(a, b), angle(a, b))


check_pose_error = Check(
    "how_far",
    lambda a, b: pose_error(a, b),
    poses,
    (
        Mistake("the angle is in radians in yours: degrees are asked for",
                _off(angle=lambda a, b: np.arccos(_cosine(a, b)))),
        Mistake("that is the cosine: the angle is its arccos, in degrees", _off(angle=_cosine)),
        Mistake("the rotations were multiplied without transposing one: R = R_a^T R_b",
                _off(angle=lambda a, b: np.degrees(np.arccos(
                    np.clip((np.trace(a[:3, :3] @ b[:3, :3]) - 1) / 2, -1, 1))))),
        Mistake("the trace of the whole 4x4 matrix holds a 1 more: take the 3x3 part",
                _off(angle=lambda a, b: np.degrees(np.arccos(np.clip(_cosine(a, b) + 0.5, -1, 1))))),
        Mistake("that is the squared distance: take its root",
                _off(metres=lambda a, b: ((a[:3, 3] - b[:3, 3]) ** 2).sum())),
    ),
    "The two are never added: a metre is no degree.",
)  # fmt: skip


def guesses() -> list[tuple]:
    """Colours that are guessed better than by their classes' means, and worse."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 60)
    colours = rng.random((60, 3)) * 0.3 + 0.2 * labels[:, None]
    return [
        (colours, colours + 0.05 * rng.normal(size=colours.shape), labels),
        (colours, np.full((60, 3), 0.5), labels),
    ]


def within_class(colours: np.ndarray, labels: np.ndarray) -> float:
    """The sum of squared differences from the mean colour of each class."""
    return sum(((colours[labels == k] - colours[labels == k].mean(0)) ** 2).sum() for k in np.unique(labels))


def explained_share(colours: np.ndarray, guesses: np.ndarray, labels: np.ndarray) -> float:
    """The right answer: 1 - sum (c - guess)^2 / sum (c - mean of the class)^2."""
    return float(1 - ((guesses - colours) ** 2).sum() / within_class(colours, labels))


check_explained = Check(
    "explained",
    lambda colours, guesses, labels: explained_share(colours, guesses, labels),
    guesses,
    (
        Mistake("that is the share which is NOT explained: take it from 1",
                lambda c, g, k: ((g - c) ** 2).sum() / within_class(c, k)),
        Mistake("the mean in yours is of all pixels: take each class's own, the class is known anyway",
                lambda c, g, k: 1 - ((g - c) ** 2).sum() / ((c - c.mean(0)) ** 2).sum()),
        Mistake("absolute differences: a variance has squares",
                lambda c, g, k: 1 - np.abs(g - c).sum() / sum(
                    np.abs(c[k == one] - c[k == one].mean(0)).sum() for one in np.unique(k))),
        Mistake("below the line stand the guesses' own differences: take those of the colours",
                lambda c, g, k: 1 - ((g - c) ** 2).sum() / (within_class(g, k) or np.inf)),
        Mistake("never below 0 in yours: a guess can be worse than the mean, and that should show",
                lambda c, g, k: max(0.0, explained_share(c, g, k))),
    ),
    "0 is what anybody knows who knows the class.",
)  # fmt: skip
