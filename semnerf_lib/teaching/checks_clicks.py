"""Checks of notebooks 06 and 09: how few frames are enough, and where a click is worth most."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt

from semnerf_lib.teaching.checking import Check, Mistake


def masks() -> list[tuple]:
    """A thing cut off by the image's side; a ring, whose centre is not in it."""
    rows, cols = np.mgrid[:24, :36]
    cut = (np.hypot(rows - 9, cols - 2) < 8) | ((np.abs(rows - 17) < 2) & (cols < 20))
    away = np.hypot(rows - 11, cols - 20)
    ring = (away > 4) & (away < 8) | (np.hypot(rows - 11, cols - 27) < 3.5)
    return [(cut,), (ring,)]


def careful_click(mask: np.ndarray) -> tuple[int, int]:
    """The right answer: (u, v) of the pixel of a thing that lies farthest from all that is not the thing."""
    return _farthest(np.pad(mask, 1), 1)


def _farthest(mask, margin=0):
    away = distance_transform_edt(mask)
    v, u = np.unravel_index(away.argmax(), away.shape)
    return int(u) - margin, int(v) - margin


def _middle(middle):
    def click(mask):
        v, u = np.nonzero(mask)
        return middle(u), middle(v)

    return click


check_click = Check(
    "careful_click",
    careful_click,
    masks,
    (
        Mistake("transposed (u, v): u is the column, v the row; argwhere and unravel_index give the row first",
                lambda m: careful_click(m)[::-1]),
        Mistake("beyond the image nothing is known of the thing, so its border counts as outside: pad the mask by one",
                _farthest),
        Mistake("padding moved your click by one: take it off again", lambda m: tuple(x + 1 for x in careful_click(m))),
        Mistake("the centre of mass of a ring lies in its hole: take the pixel farthest from the outside",
                _middle(lambda x: int(round(x.mean())))),
        Mistake("the centre of mass, cut off to whole pixels: of a ring it lies in the hole",
                _middle(lambda x: int(x.mean()))),
        Mistake("a median of rows and columns need not lie in the thing", _middle(lambda x: int(np.median(x)))),
        Mistake("the middle of the box around the thing need not lie in it",
                _middle(lambda x: int(x.min() + x.max()) // 2)),
        Mistake("that is the first pixel of the thing, at its very edge",
                lambda m: tuple(int(x) for x in np.argwhere(m)[0][::-1])),
        Mistake("that is the pixel OUTSIDE that is farthest from the thing: the distance is to where the mask is False",
                lambda m: _farthest(~m)),
    ),
    "As careful as a click can be.",
)  # fmt: skip


def beliefs() -> list[tuple]:
    """Class probabilities of a small image, and where it is labelled; each rule has a pixel of its own."""
    rng = np.random.default_rng(3)
    logits = rng.normal(size=(5, 8, 4)) * 2
    logits[1, 6], logits[4, 5] = 0.0, [0.35, 0.1, -0.1, -1.2]
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    p[0, 1], p[2, 4], p[3, 2] = [0.9, 0.1, 0, 0], [0.4990, 0.4985, 0.0020, 0.0005], [0.36, 0.33, 0.31, 0]
    labelled = np.zeros((5, 8), bool)
    labelled[1, 6] = True
    return [(p, labelled)]


def next_click(probabilities: np.ndarray, labelled: np.ndarray) -> tuple[int, int]:
    """The right answer: (u, v) of the pixel without a label whose class distribution has the largest entropy."""
    return _largest(lambda p: _entropy(p))(probabilities, labelled)


def _entropy(p):
    return -(p * np.log(np.maximum(p, 1e-12))).sum(-1)


def _largest(score, masked=True):
    def click(probabilities, labelled):
        values = score(probabilities)
        if masked:
            values = np.where(labelled, -np.inf, values)
        v, u = np.unravel_index(np.argmax(values), values.shape)
        return int(u), int(v)

    return click


def _log_of_zero(probabilities, labelled):
    with np.errstate(divide="ignore", invalid="ignore"):
        return _largest(lambda p: -(p * np.log(p)).sum(-1))(probabilities, labelled)


check_next_click = Check(
    "next_click",
    next_click,
    beliefs,
    (
        Mistake("transposed (u, v): u is the column, v the row; unravel_index gives the row first",
                lambda p, k: next_click(p, k)[::-1]),
        Mistake("that pixel has a label already: leave labelled pixels out", _largest(_entropy, masked=False)),
        Mistake("that is where the model is surest: the largest entropy, so mind the sign",
                _largest(lambda p: -_entropy(p))),
        Mistake("0 log 0 is NaN in your code, and argmax stops at the first NaN: it counts 0", _log_of_zero),
        Mistake("that is where the largest probability is smallest, a rule of its own; the task asks for entropy",
                _largest(lambda p: -p.max(-1))),
        Mistake("that is where the two likeliest classes are closest, a rule of its own; the task asks for entropy",
                _largest(lambda p: -np.diff(np.sort(p, -1)[..., -2:])[..., 0])),
    ),
    "The label studio offers the same.",
)  # fmt: skip


def frames_needed(scores: dict[int, float], share: float) -> int:
    """The right answer: going down from all frames, the last number that still keeps a share of the full score."""
    counts = sorted(scores, reverse=True)
    needed = counts[0]
    for count in counts:
        if scores[count] < share * scores[counts[0]]:
            break
        needed = count
    return needed


def _fewest(scores, share):
    full = scores[max(scores)]
    return min(count for count, score in scores.items() if score >= share * full)


def _first_below(scores, share):
    full = scores[max(scores)]
    return next((n for n in sorted(scores, reverse=True) if scores[n] < share * full), min(scores))


def _absolute(scores, share):
    return frames_needed({max(scores): 1.0} | {n: s for n, s in scores.items() if n != max(scores)}, share)


def _within(scores, share):
    full = scores[max(scores)]
    return frames_needed({n: 1.0 if s >= full - (1 - share) else 0.0 for n, s in scores.items()}, share)


check_frames = Check(
    "frames_needed",
    frames_needed,
    lambda: [
        ({180: 0.88, 18: 0.80, 9: 0.70, 4: 0.45, 2: 0.2}, 0.9),
        ({2: 0.4, 4: 0.62, 9: 0.55, 18: 0.65, 180: 0.68}, 0.9),
        ({180: 0.60, 18: 0.53, 9: 0.40, 4: 0.35, 2: 0.1}, 0.9),
        ({180: 0.88, 18: 0.80, 9: 0.70}, 0.5),
    ],
    (
        Mistake("a lucky lower level counts in yours: go down from the top, and stop where a level fails",
                _fewest),
        Mistake("that is the first number that no longer suffices; the one before it did", _first_below),
        Mistake("you compare with the share itself; compare with that share of the score with ALL frames", _absolute),
        Mistake("a share, not points: share times the full score, not the full score minus (1 - share)", _within),
        Mistake("that is the largest number: all frames are always enough; how few are?", lambda s, share: max(s)),
    ),
    "Choose the share before you look at the scores.",
)  # fmt: skip
