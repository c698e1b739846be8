"""Notebook 19: poor labels learnt by the papers' own networks, beside the grid's runs on the same labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from semnerf_lib.experiments import Planned, open_scene
from semnerf_lib.experiments.plans import CORRUPTED, CORRUPTED_LAPTOP, N_SEEDS
from semnerf_lib.experiments.presets import config_of, supervisions
from semnerf_lib.labels import Corruption
from semnerf_lib.questions.budget import CORRUPTIONS, scores_at_training_poses
from semnerf_lib.questions.claims_elsewhere import SCALE, judged_in
from semnerf_lib.questions.question import Case, Question
from semnerf_lib.questions.rows import Row

SCENE = "room"


def cases() -> Iterator[Case]:
    """P1's network from labels alone and P2's with RGB on each of the poor labels.

    They are scored at as many frames as the grid's runs.
    """
    scene = open_scene(SCENE, SCALE)
    for seed in range(N_SEEDS[SCALE]):
        for text in CORRUPTIONS:
            for supervision in supervisions(scene):
                own = CORRUPTED | {"corruption": Corruption.parse(text), "seed": seed}
                own |= {"score_frames": CORRUPTED_LAPTOP["score_frames"]}
                planned = Planned(scene, config_of(scene, SCALE, supervision, "mlp", **own))
                yield Case(SCENE, SCALE, planned, {"corruption": text})


def conclude(rows: Sequence[Row]) -> str:
    """Each statement of claims 2 to 4 in the made room, judged for the papers' networks."""
    parts: dict[str, list[str]] = {}
    for one in judged_in(SCENE, rows):
        parts.setdefault(one.corruption.title, []).append(f"{one.statement.text}: {one.said}")
    kinds = (f"From {title}: {'; '.join(some)}" for title, some in parts.items())
    return f"The papers' networks, labels alone minus the other, points at training poses. {'. '.join(kinds)}."


QUESTION = Question(
    "network_claims", "Poor labels with the papers' networks", "19", cases, scores_at_training_poses, conclude
)
