"""What does a field give away that learnt labels alone, and is it enough to find a camera?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from semnerf_lib.evaluation import render_view
from semnerf_lib.experiments import Planned, open_scene, plan
from semnerf_lib.labels import CLEAN
from semnerf_lib.lessons.inversion import guessed_colours, relief_agreement
from semnerf_lib.lessons.localisation import colours_loss, labels_loss, perturbed, pose_error, refine_pose
from semnerf_lib.questions.question import Case, Question
from semnerf_lib.questions.rows import Row, mean_of, select
from semnerf_lib.runs.store import Run

STARTS = ((0.05, 5.0), (0.20, 15.0))
"""How far off a camera is taken to be, metres and degrees."""
CAMERAS = 4
"""Test views whose camera is searched, for each run and start; other seeds search others."""


def cases() -> Iterator[Case]:
    """The runs of notebook 07 on clean labels, at reference scale."""
    scene = open_scene("room", "reference")
    for one in plan("label_noise", scene, "reference"):
        if one.config.corruption == CLEAN:
            yield Case("room", "reference", one, {})


def read_out(planned: Planned, run: Run) -> dict[str, Any]:
    """What can be read out of a run's field, and the errors of cameras that were searched in it.

    Returns:
        explained, relief: see `lessons.inversion`; and for each signal ("labels", "colours") that the field renders
        `found by ...`: a list of [metres off at the start, degrees, metres at the end, degrees].
    """
    scene = planned.scene
    model = run.load(scene)
    row: dict[str, Any] = guessed_colours(model, scene, seed=planned.config.seed)
    ids = list(scene.test_ids[::10])
    depth = np.array([render_view(model, scene.intrinsics, scene.c2w[i], scene.near, scene.far).depth for i in ids])
    row["relief"] = relief_agreement(depth, scene.depth[ids], scene.labels[ids])
    rng = np.random.default_rng(planned.config.seed)
    searched = [(start, i, perturbed(scene.c2w[i], *start, rng)) for start in STARTS for i in rng.choice(ids, CAMERAS)]
    signals = {"labels": lambda i: labels_loss(scene.labels[i])}
    if planned.config.supervision == "labels+rgb":
        signals["colours"] = lambda i: colours_loss(scene.rgb[i])
    for name, loss in signals.items():
        ends = [
            refine_pose(model, scene.intrinsics, pose, scene.labels[i], loss(i), scene.near, scene.far)[-1]
            for _, i, pose in searched
        ]
        errors = [pose_error(end, scene.c2w[i]) for end, (_, i, _) in zip(ends, searched, strict=True)]
        row[f"found by {name}"] = [
            [*start, *(round(x, 4) for x in error)] for (start, *_), error in zip(searched, errors, strict=True)
        ]
    return row


def conclude(rows: Sequence[Row]) -> str:
    """How much of the colours can be guessed, and how often a camera is found by labels alone."""
    alone, both = (select(rows, supervision=one) for one in ("labels", "labels+rgb"))
    places = []
    for start in STARTS:
        ends = [end for row in alone for end in row["found by labels"] if tuple(end[:2]) == start]
        share = np.mean([metres < STARTS[0][0] and degrees < STARTS[0][1] for *_, metres, degrees in ends])
        median = 100 * np.median([end[2] for end in ends])
        place = f"{100 * start[0]:.0f} cm and {start[1]:.0f} degrees"
        places.append(f"{place} off {share:.0%} of {len(ends)} cameras (median {median:.1f} cm)")
    guessed = "can" if max(row["explained"] for row in alone) > 0 else "cannot"
    return (
        f"Colours inside a class {guessed} be guessed from a field of labels alone (explained variance "
        f"{mean_of(alone, 'explained'):.2f}; from one of labels + RGB without its colour head "
        f"{mean_of(both, 'explained'):.2f}; n = {len(alone)}). By labels alone cameras are found within 5 cm and 5 "
        f"degrees: from {', from '.join(places)}."
    )


QUESTION = Question("privacy", "What labels give away", "17", cases, read_out, conclude)
