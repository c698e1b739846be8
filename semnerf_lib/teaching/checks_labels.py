"""Checks of notebooks 06 to 08: near poses, noisy labels and what outvotes them, coarse labels and boundaries."""

from __future__ import annotations

import numpy as np
import torch

from semnerf_lib import rays
from semnerf_lib.cameras import look_at
from semnerf_lib.scene import VOID
from semnerf_lib.teaching.checking import Check, Mistake


def poses() -> list[tuple]:
    """Two poses that differ in place and direction; one beside itself; one turned around."""
    a, b = look_at((0, 0, 1.2), (2, 1, 1.0)), look_at((1.5, -0.5, 1.6), (0, 2, 0.4))
    back = look_at((0, 0, 1.2), (-2, -1, 1.2))
    return [(a, b, 2.0), (a, a, 2.0), (look_at((0, 0, 1.2), (2, 1, 1.2)), back, 0.5)]


def pose_distance(a: np.ndarray, b: np.ndarray, reach: float) -> float:
    """The right answer: |o_a - o_b| + reach * angle between the two cameras, in radians."""
    return _distance()(a, b, reach)


def _distance(cosine=lambda r: (np.trace(r) - 1) / 2, angle=lambda c: np.arccos(np.clip(c, -1, 1)), places=None):
    def distance(a, b, reach):
        where = np.linalg.norm(a[:3, 3] - b[:3, 3]) if places is None else places(a, b)
        return float(where + reach * angle(cosine(a[:3, :3].T @ b[:3, :3])))

    return distance


check_pose_distance = Check(
    "pose_distance",
    pose_distance,
    poses,
    (
        Mistake("NaN for a camera turned by nothing, or right around: rounding makes a cosine of 1.00001; clip it",
                _distance(angle=lambda c: np.where(np.abs(c) < 1 - 1e-12, np.arccos(np.clip(c, -1, 1)), np.nan))),
        Mistake("that angle is in degrees; `reach` is metres a radian",
                _distance(angle=lambda c: np.degrees(np.arccos(np.clip(c, -1, 1))))),
        Mistake("a rotation's trace is 1 + 2 cos(angle): cos = (trace - 1) / 2",
                _distance(cosine=lambda r: np.trace(r) / 3)),
        Mistake("that is the angle between viewing directions; a turn about them counts, too: use the trace",
                _distance(cosine=lambda r: r[2, 2])),
        Mistake("the turn from a to b is R_a^T R_b; with R_a R_b the angles are added",
                lambda a, b, reach: _distance()(np.vstack([np.hstack([a[:3, :3].T, a[:3, 3:]]), a[3:]]), b, reach)),
        Mistake("the angle is missing", _distance(angle=lambda c: 0.0)),
        Mistake("the places are missing", _distance(places=lambda a, b: 0.0)),
        Mistake("the distance of the places is squared in yours",
                _distance(places=lambda a, b: ((a[:3, 3] - b[:3, 3]) ** 2).sum())),
        Mistake("you compared the whole matrices: places are their last columns, angles come from the 3 x 3 parts",
                lambda a, b, reach: float(np.linalg.norm(a - b))),
    ),
    "The camera that stood and looked most alike, and its labels as they are.",
)  # fmt: skip


def noisy_shares(share: float, n_classes: int) -> tuple[float, float, float]:
    """The right answer: of pixels with a class, what P2's noise leaves right, makes wrong, and makes void."""
    each = share / (n_classes + 1)
    return 1 - share + each, (n_classes - 1) * each, each


check_noise = Check(
    "noisy_shares",
    noisy_shares,
    lambda: [(0.5, 34), (0.9, 34), (0.9, 4), (0.0, 10)],
    (
        Mistake("a corrupted pixel may draw its own class again: add share / (n_classes + 1) to what stays right",
                lambda s, n: (1 - s, s * n / (n + 1), s / (n + 1))),
        Mistake("a corrupted pixel may draw its own class again, and it may draw VOID", lambda s, n: (1 - s, s, 0.0)),
        Mistake("VOID may be drawn as well: there are n_classes + 1 ids to draw from",
                lambda s, n: (1 - s + s / n, s * (n - 1) / n, 0.0)),
        Mistake("VOID counted as wrong: a void pixel is not learnt from, so it harms nothing",
                lambda s, n: (1 - s + s / (n + 1), s * n / (n + 1), s / (n + 1))),
        Mistake("void and wrong are in the other order; the task asks for right, wrong, void",
                lambda s, n: (1 - s + s / (n + 1), s / (n + 1), s * (n - 1) / (n + 1))),
        Mistake("those are percent; the task asks for shares", lambda s, n: tuple(100 * x for x in noisy_shares(s, n))),
    ),
    "n % noise makes fewer than n % wrong labels.",
)  # fmt: skip


def windows() -> list[tuple]:
    """Votes with a winner, mostly void, a tie, and nothing but void."""
    return [(np.uint8([3, 8, 9, 3, 9, 8, 3, 3, 9]), 12), (np.uint8([VOID] * 6 + [5, 5, 2]), 12),
            (np.uint8([7, 4, 4, 7, 1, VOID, 7, 4, 0]), 12), (np.uint8([VOID] * 9), 12)]  # fmt: skip


def vote(window: np.ndarray, n_classes: int) -> int:
    """The right answer: the most frequent class of a window; void does not vote; the lowest of equals; VOID if none."""
    valid = window[window != VOID]
    return int(np.bincount(valid, minlength=n_classes).argmax()) if valid.size else VOID


def _with_void(window, n_classes):
    return int(np.bincount(window).argmax())


def _highest(window, n_classes):
    valid = window[window != VOID]
    return int(n_classes - 1 - np.bincount(valid, minlength=n_classes)[::-1].argmax()) if valid.size else VOID


def _of_ids(statistic):
    def voted(window, n_classes):
        valid = window[window != VOID]
        return int(statistic(valid)) if valid.size else VOID

    return voted


check_vote = Check(
    "vote",
    vote,
    windows,
    (
        Mistake("VOID voted: it is no class; count the other pixels alone", _with_void),
        Mistake("you averaged class ids: 3 is not between wall and sofa, ids are names, not amounts", _of_ids(np.mean)),
        Mistake("that is the median of class ids: ids are names, and have no order", _of_ids(np.median)),
        Mistake("of equals the lowest wins here; yours takes the highest", _highest),
        Mistake("that is the largest id: the most FREQUENT class is asked for", _of_ids(np.max)),
        Mistake("a window without a vote stays VOID; yours becomes class 0",
                lambda w, n: int(np.bincount(w[w != VOID], minlength=n).argmax())),
        Mistake("you returned how many voted for it; the class is asked for",
                lambda w, n: int(np.bincount(w[w != VOID], minlength=n).max())),
    ),
    "A majority filter is this at every pixel; a field votes in three dimensions.",
)  # fmt: skip


def enlarge(kept: np.ndarray, s: int, height: int, width: int) -> np.ndarray:
    """The right answer: each pixel takes the nearest kept label; label [i, j] was kept at row i s, column j s."""
    return _enlarged()(kept, s, height, width)


def _enlarged(nearest=lambda x, s: (2 * x + s - 1) // (2 * s)):
    """enlarge with another rule for which kept pixel belongs to x."""

    def enlarged(kept, s, height, width):
        rows, cols = (nearest(np.arange(n), s).clip(0, k - 1) for n, k in zip((height, width), kept.shape, strict=True))
        return kept[rows][:, cols]

    return enlarged


def kept_labels() -> list[tuple]:
    """Odd S, so that no pixel is equally near to two kept ones."""
    ids = np.random.default_rng(0).permutation(40).astype(np.uint8)
    return [(ids[:12].reshape(3, 4), 5, 15, 20), (ids[:6].reshape(3, 2), 3, 8, 5)]


def _from_the_end(kept, s, height, width):
    rows, cols = (
        np.linspace(0, k - 1, n).round().astype(int) for n, k in zip((height, width), kept.shape, strict=True)
    )
    return kept[rows][:, cols]


def _left_alone(kept, s, height, width):
    sparse = np.full((height, width), VOID, dtype=np.uint8)
    sparse[::s, ::s] = kept
    return sparse


check_enlarge = Check(
    "enlarge",
    enlarge,
    kept_labels,
    (
        Mistake("half a block off: x // s is the block's corner, as in P2's resize; the NEAREST one is round(x / s)",
                _enlarged(lambda x, s: x // s)),
        Mistake("half a block off to the other side: round(x / s), not up", _enlarged(lambda x, s: -(-x // s))),
        Mistake("stretched from end to end: label [i, j] stood at row i s, column j s, none of them at the far end",
                _from_the_end),
        Mistake("only the kept pixels have a label in yours: fill the others from the nearest",
                _left_alone),
        Mistake("rows and columns are swapped", lambda k, s, h, w: _enlarged()(k.T, s, h, w)),
    ),
    "Putting each label back in its place is worth more than it looks: see the last table.",
)  # fmt: skip


def label_maps() -> list[tuple]:
    """Regions, a hole of void, and different classes at opposite ends of the image."""
    image = np.full((6, 8), 1, dtype=np.uint8)
    image[:, 5:], image[3:, :3], image[1:3, 3:5], image[0, 7] = 2, 3, VOID, 4
    return [(image,)]


def boundary_pixels(labels: np.ndarray) -> np.ndarray:
    """The right answer: labelled pixels of which one of the four neighbours has another class, void not counting."""
    return rays.boundary_pixels(torch.tensor(labels[None]))[0].numpy()


def _boundaries(moves=((0, 1), (0, -1), (1, 0), (-1, 0)), void=False, wrap=False):
    """boundary_pixels with other neighbours, with void as a class, or with np.roll, which goes round the image."""

    def boundaries(labels):
        padded = np.pad(labels, 1, mode="wrap" if wrap else "edge")
        h, w = labels.shape
        result = np.zeros(labels.shape, bool)
        for dy, dx in moves:
            other = padded[1 + dy : 1 + dy + h, 1 + dx : 1 + dx + w]
            result |= (other != labels) & (void | ((labels != VOID) & (other != VOID)))
        return result

    return boundaries


check_boundary = Check(
    "boundary_pixels",
    boundary_pixels,
    label_maps,
    (
        Mistake("VOID counted as a class: where a label is unknown, no boundary is known", _boundaries(void=True)),
        Mistake("np.roll goes round: the left column was compared with the right one", _boundaries(wrap=True)),
        Mistake("np.roll goes round (and VOID counted as a class)", _boundaries(wrap=True, void=True)),
        Mistake("one side of each boundary alone: a pixel is beside its left and its upper neighbour, too",
                _boundaries(((0, 1), (1, 0)))),
        Mistake("one side of each boundary alone: a pixel is beside its right and its lower neighbour, too",
                _boundaries(((0, -1), (-1, 0)))),
        Mistake("left and right alone: look up and down as well", _boundaries(((0, 1), (0, -1)))),
        Mistake("up and down alone: look left and right as well", _boundaries(((1, 0), (-1, 0)))),
        Mistake("diagonal neighbours counted: the task asks for four, not eight",
                _boundaries(tuple((y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)))),
        Mistake("the other way round: those are the pixels inside", lambda labels: ~boundary_pixels(labels)),
    ),
    "At these pixels a label image says something about geometry.",
)  # fmt: skip
