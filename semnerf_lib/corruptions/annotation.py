"""Labels of a person who does little and errs: fewer frames, fewer pixels, wrong clicks and wrong names at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Int
from skimage.measure import label as connected_regions

from semnerf_lib.corruptions.amounts import PIXELS, Amount
from semnerf_lib.corruptions.rules import Labels, drop_frames
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID

EFFORT = {
    "frames": Amount(
        "labelled frames", "a whole number above 0", lambda x: x >= 1 and x % 1 == 0, "{:g}".format, (), 9
    ),
    "pixels": replace(PIXELS, name="labelled pixels"),
    "wrong-pixels": replace(PIXELS, name="wrong pixels"),
    "wrong-segments": replace(PIXELS, name="wrong segments"),
}
"""What a person labels and how often wrongly: the amounts of `annotated`."""


def annotated(
    labels: Labels,
    frames: int,
    share: float,
    wrong_pixels: float,
    wrong_segments: float,
    classes: Int[np.ndarray, "classes"],
    rng: np.random.Generator,
) -> Labels:
    """What a person has labelled who does little and errs: few pixels of few frames, some of them wrong.

    1. `frames` label maps are kept, evenly spread (see `drop_frames`); the others are void.
    2. Each segment of a kept map, an 8-connected region of one class, gets another class as a whole with the
       probability `wrong_segments`: an outline with a wrong name.
    3. Of each class of a kept map max(1, round(share n)) of its n true pixels keep a label, drawn at random.
    4. Each of these gets another class with the probability `wrong_pixels`: a wrong click.

    A wrong class is one of the other `classes`, each as likely. Void pixels stay void.

    Args:
        frames: kept maps, 1 to all.
        share: of the pixels of each class in a kept map, 0 to 1; 0 is one pixel a class.
        wrong_pixels, wrong_segments: probabilities, 0 to 1.
        classes: ids that occur in the scene, ascending, at least two.

    Raises:
        SemnerfError: more frames than there are.
    """
    n = len(labels)
    if frames > n:
        raise SemnerfError(f"corruption annotated: frames {frames:g}, expected at most the {n} training frames")
    kept = drop_frames(labels, (n - frames) / n)
    for frame, true in zip(kept, labels, strict=True):
        if (frame == VOID).all():
            continue
        segments = connected_regions(true, background=VOID)
        wrong = np.flatnonzero(rng.random(segments.max()) < wrong_segments) + 1
        for segment in wrong:
            of_segment = segments == segment
            frame[of_segment] = rng.choice(classes[classes != true[of_segment][0]])
        chosen = np.zeros(true.size, dtype=bool)
        for c in np.unique(true[true != VOID]):
            pixels = np.flatnonzero(true == c)
            chosen[rng.permutation(pixels)[: max(1, round(share * pixels.size))]] = True
        frame[~chosen.reshape(frame.shape)] = VOID
        clicked = chosen.reshape(frame.shape) & (rng.random(frame.shape) < wrong_pixels)
        drawn = rng.integers(len(classes) - 1, size=int(clicked.sum()))
        frame[clicked] = classes[drawn + (drawn >= np.searchsorted(classes, frame[clicked]))]
    return kept
