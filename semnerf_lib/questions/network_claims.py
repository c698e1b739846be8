"""Notebook 19: poor labels learnt by the papers' own networks, beside the grid's runs on the same labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from semnerf_lib.experiments import Planned, open_scene
from semnerf_lib.experiments.plans import CORRUPTED, CORRUPTED_LAPTOP, N_SEEDS
from semnerf_lib.experiments.presets import config_of, supervisions
from semnerf_lib.labels import Corruption
from semnerf_lib.questions.budget import CORRUPTIONS, scores_at_training_poses
from semnerf_lib.questions.claims_elsewhere import SCALE, asked, paired
from semnerf_lib.questions.question import Case, Question
from semnerf_lib.questions.rows import Row, select
from semnerf_lib.study.claims import MARGIN, Claim, Statement
from semnerf_lib.study.verdicts import compare_seeds


def cases() -> Iterator[Case]:
    """P1's network from labels alone and P2's with RGB on each of the poor labels.

    They are scored at as many frames as the grid's runs.
    """
    scene = open_scene("room", SCALE)
    for seed in range(N_SEEDS[SCALE]):
        for text in CORRUPTIONS:
            for supervision in supervisions(scene):
                own = CORRUPTED | {"corruption": Corruption.parse(text), "seed": seed}
                own |= {"score_frames": CORRUPTED_LAPTOP["score_frames"]}
                planned = Planned(scene, config_of(scene, SCALE, supervision, "mlp", **own))
                yield Case("room", SCALE, planned, {"corruption": text})


def differences(rows: Sequence[Row]) -> dict[tuple[Claim, Statement, Corruption], list[float]]:
    """What claims 2 to 4 compare, as labels alone minus the other, in points, one number a seed.

    Args:
        rows: of one scene.
    """
    found = {}
    for claim, statement, corruption in asked():
        ours, theirs = paired(select(rows, corruption=str(corruption)), claim, statement)
        if ours:
            found[claim, statement, corruption] = [own - other for own, other in zip(ours, theirs, strict=True)]
    return found


def judgement(statement: Statement, points: Sequence[float]) -> str:
    """The mean of paired differences with its interval, and the verdict."""
    found = compare_seeds(list(points), [0.0] * len(points), MARGIN)
    reach = f"{found.mean:+.1f} ({found.low:+.1f} to {found.high:+.1f})".replace("-", "−")
    return f"{reach}, {getattr(found, statement.relation)}"


def conclude(rows: Sequence[Row]) -> str:
    """Each statement of claims 2 to 4 in the made room, judged for the papers' networks."""
    parts: dict[str, list[str]] = {}
    for (_, statement, corruption), points in differences(rows).items():
        parts.setdefault(corruption.title, []).append(f"{statement.text}: {judgement(statement, points)}")
    kinds = (f"From {title}: {'; '.join(some)}" for title, some in parts.items())
    return f"The papers' networks, labels alone minus the other, points at training poses. {'. '.join(kinds)}."


QUESTION = Question(
    "network_claims", "Poor labels with the papers' networks", "19", cases, scores_at_training_poses, conclude
)
