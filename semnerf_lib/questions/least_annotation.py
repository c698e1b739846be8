"""How few labels are enough? mIoU over labelled frames, labelled pixels and errors, at points that fill this space.

The points are the first of a scrambled Sobol sequence [Sobol 1967; Owen 1998]: any number of them covers the space
more evenly than random ones, and its first 8 do so too. Each run learns from labels of the kind "annotated"
(see `annotation.annotated`). The first `N_PAIRED` points are run with labels + RGB as well, on identical labels.
Further runs check the cheapest points of the surface that is fitted to the others (see `response_surface`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from jaxtyping import UInt8
from scipy.stats import qmc
from skimage.measure import label as connected_regions

from semnerf_lib.corruptions.annotation import EFFORT
from semnerf_lib.corruptions.rules import Labels
from semnerf_lib.evaluation import scored_frames
from semnerf_lib.experiments import CORRUPTED, CORRUPTED_LAPTOP, Planned, open_scene
from semnerf_lib.experiments.presets import config_of
from semnerf_lib.labels import Corruption, corrupt
from semnerf_lib.questions.annotation_times import minutes
from semnerf_lib.questions.question import Case, Question
from semnerf_lib.questions.rows import Row, mean_of, select
from semnerf_lib.runs.store import Run
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.study.baselines import baseline_scores, voted_in_3d

N_POINTS, N_PAIRED, N_CLEAN = 32, 8, 2
"""Points of the design, those also run with RGB, and runs of each supervision on all labels of all frames."""
FEWEST_FRAMES, FEWEST_PIXELS, MOST_WRONG = 2, 5e-4, 0.5
"""The limits of the design; the others are all frames, all pixels and no error."""
WITHOUT_ERROR = 0.25
"""Share of the points that have no wrong label."""
SHORTER = {"iterations": 200, "n_rays": 1024, "lr_decay_steps": 150, "score_views": "test"}
"""What the runs change of those on corrupted labels at laptop scale: a third of the rays, so that many points fit."""


@dataclass(frozen=True)
class Effort:
    """A point of the design: how much is labelled, and which share of it is wrong on average.

    Attributes:
        frames: labelled ones.
        pixels: share of each class's pixels in them; 1 for whole frames.
        wrong_pixels, wrong_segments: shares of wrong labels, in single pixels and in whole segments; one of them is 0.
    """

    frames: int
    pixels: float
    wrong_pixels: float = 0.0
    wrong_segments: float = 0.0

    @property
    def corruption(self) -> Corruption:
        return Corruption("annotated", amounts=tuple(vars(self).values()))

    @property
    def dials(self) -> dict[str, float]:
        return dict(zip((name.replace("-", "_") for name in EFFORT), self.corruption.amounts, strict=True))


CHECKED = {"on average": Effort(57, 0.0271), "surely": Effort(72, 0.0399)}
"""Points without errors that need the fewest minutes for 90 % of the clean score, by the surface that was fitted to the
project's other runs: by its mean, and by its mean minus two standard deviations of a run."""
N_CHECKS = 3
"""Runs at each of them."""


def design(n_points: int, n_frames: int, seed: int = 0) -> list[Effort]:
    """Points that fill the space of efforts evenly.

        u in [0, 1)^4 from Sobol's sequence, scrambled with the seed
        frames = F0^(1 - u_0) F1^u_0,  pixels = p0^(1 - u_1):  as many between 2 and 4 frames as between 40 and 80
        error  = E max(0, u_2 - q) / (1 - q),  of segments where u_3 < 1/2, else of single pixels

    with F0, p0, E, q = `FEWEST_FRAMES`, `FEWEST_PIXELS`, `MOST_WRONG`, `WITHOUT_ERROR`.

    Args:
        n_points: a power of 2, so that the points are balanced.
        n_frames: F1, training frames.
    """
    points = qmc.Sobol(4, scramble=True, rng=seed).random(n_points)
    efforts = []
    for u in points:
        frames = round(FEWEST_FRAMES ** (1 - u[0]) * n_frames ** u[0])
        pixels = float(f"{FEWEST_PIXELS ** (1 - u[1]):.3g}")
        error = round(MOST_WRONG * max(0.0, float(u[2]) - WITHOUT_ERROR) / (1 - WITHOUT_ERROR), 3)
        wrong = {"wrong_segments" if u[3] < 0.5 else "wrong_pixels": error}
        efforts.append(Effort(frames, pixels, **wrong))
    return efforts


def cases() -> Iterator[Case]:
    """The runs: all labels, the design, its first points with RGB too, and the checks, each with what it `checks`.

    The number of a point of the design is the seed of its runs.
    """
    scene = open_scene("room", "laptop")
    efforts = [(seed, effort, "") for seed, effort in enumerate(design(N_POINTS, len(scene.train_ids)))]
    whole = [(seed, Effort(len(scene.train_ids), 1.0), "") for seed in range(N_CLEAN)]
    checks = [(seed, effort, checks) for checks, effort in CHECKED.items() for seed in range(N_CHECKS)]
    for supervision, chosen in (("labels", whole + efforts + checks), ("labels+rgb", whole + efforts[:N_PAIRED])):
        for seed, effort, checked in chosen:
            own = CORRUPTED | CORRUPTED_LAPTOP | SHORTER | {"corruption": effort.corruption}
            config = config_of(scene, "laptop", supervision, seed=seed, **own)
            yield Case("room", "laptop", Planned(scene, config), effort.dials | {"checks": checked})


def work(scene: Scene, labels: Labels) -> dict[str, float]:
    """What a person has done to label the training frames so.

    Args:
        labels: of all frames, see `labels.corrupt`.

    Returns:
        labelled_frames; points: labelled pixels; classes: those that a labelled frame shows, summed over these frames;
        absent: those that it does not show, summed; segments: connected regions of one class in each, summed: so many
        outlines would label all; wrong: share of the points that have another class than the true one.
    """
    given, true = labels[list(scene.train_ids)], scene.labels[list(scene.train_ids)]
    labelled = given != VOID
    kept = np.flatnonzero(labelled.any((1, 2)))
    classes = sum(len(np.unique(true[f][labelled[f]])) for f in kept)
    return {
        "labelled_frames": len(kept),
        "points": int(labelled.sum()),
        "classes": classes,
        "absent": len(kept) * scene.n_classes - classes,
        "segments": sum(count_segments(true[f]) for f in kept),
        "wrong": float((given[labelled] != true[labelled]).mean()),
    }


def count_segments(labels: UInt8[np.ndarray, "height width"]) -> int:
    """How many 8-connected regions of one class a label map has; void is none.

    >>> count_segments(np.uint8([[0, 0, 1], [255, 255, 255], [0, 1, 1]]))
    4
    """
    return int(connected_regions(labels, background=VOID).max())


def measure(planned: Planned, run: Run) -> dict[str, float | None]:
    """Scores at test views, what a person did, and for runs with RGB (one of each pair) what votes score there."""
    scene, config = planned.scene, planned.config
    labels = corrupt(scene, config.corruption, config.seed)
    numbers: dict[str, Any] = {key: run.metrics[key] for key in ("miou", "depth_mae")} | work(scene, labels)
    if config.supervision == "labels+rgb":
        ids = scored_frames(scene, config)["test"]
        voted = voted_in_3d(scene, labels, ids)
        scores = baseline_scores(voted.labels, scene, ids, voted.depth)
        numbers |= {"voted_miou": scores["miou"], "voted_depth_mae": scores["depth_mae"]}
    return numbers


def conclude(rows: Sequence[Row]) -> str:
    """The cheapest run that scores 90 % of the clean labels' score, in minutes of a person's work; and the checks."""
    alone = select(rows, supervision="labels", checks="")
    work = {id(row): minutes(row) for row in alone}
    whole = [row for row in alone if row["pixels"] == 1]
    fewer, target = [row for row in alone if row["pixels"] < 1], 0.9 * mean_of(whole, "miou")
    reached = sorted((row for row in fewer if row["miou"] >= target), key=lambda row: work[id(row)])
    checks = f"The surface's cheapest points, run anew: {'; '.join(check(rows, one, target) for one in CHECKED)}."
    if not reached:
        return f"None of {len(fewer)} runs with fewer labels scores 90 % of the clean labels' mIoU. {checks}"
    best = reached[0]
    return (
        f"{len(reached)} of {len(fewer)} runs with fewer labels score 90 % of the clean labels' mIoU. The cheapest "
        f"needs {work[id(best)]:,.0f} minutes of a person's work ({best['frames']:.0f} frames, {best['pixels']:.1%} of "
        f"their pixels, {best['wrong']:.0%} wrong); outlines of all in all frames need {work[id(whole[0])]:,.0f}. "
        f"{checks}"
    )


def check(rows: Sequence[Row], checked: str, target: float) -> str:
    """What the runs at one of the `CHECKED` points score.

    Args:
        rows: of the answer.
        checked: which point.
        target: mIoU that the surface promises there.
    """
    runs = select(rows, supervision="labels", checks=checked)
    scores = [row["miou"] for row in runs]
    return (
        f"where it reaches 90 % {checked} ({fmean(map(minutes, runs)):,.0f} minutes), "
        f"{sum(score >= target for score in scores)} of {len(scores)} runs do "
        f"(mIoU {min(scores):.3f} to {max(scores):.3f}, target {target:.3f})"
    )


QUESTION = Question("least_annotation", "The least annotation", "16", cases, measure, conclude)
