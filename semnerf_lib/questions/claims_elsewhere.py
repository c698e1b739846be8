"""Notebook 19: the paper's claims in other scenes. Each claim is judged in each scene by the rules of notebook 10."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from semnerf_lib.experiments import open_scene
from semnerf_lib.experiments.plans import corrupted
from semnerf_lib.labels import CLEAN, Corruption
from semnerf_lib.questions.budget import scores_at_training_poses
from semnerf_lib.questions.different_scenes import specs
from semnerf_lib.questions.question import Case, Question
from semnerf_lib.questions.rows import Row, select
from semnerf_lib.study.claims import BEST, CLAIMS, INPUT, MARGIN, WITH_RGB, Claim, Statement
from semnerf_lib.study.verdicts import INCONCLUSIVE, NOT_SUPPORTED, PairedComparison, compare_seeds

SCALE = "laptop"
CONDITIONS: dict[str, tuple[str, ...]] = {
    "view_synthesis": (str(CLEAN),),
    "label_noise": ("pixel-noise:0.5", "pixel-noise:0.9"),
    "super_resolution": ("super-sparse:8",),
    "label_propagation": ("propagation:0",),
}
"""The labels on which the claims of an experiment are judged in every scene: where labels are poorest."""


class Judged(NamedTuple):
    """A statement of a claim in one scene.

    Attributes:
        found: labels alone minus what they are compared with, in points, over seeds.
    """

    scene: str
    claim: Claim
    statement: Statement
    corruption: Corruption
    found: PairedComparison

    @property
    def verdict(self) -> str:
        """Of `verdicts`, by the statement's relation."""
        return getattr(self.found, self.statement.relation)

    @property
    def said(self) -> str:
        """The difference, its interval and the verdict."""
        return f"{self.found.in_points}, {self.verdict}"


def cases() -> Iterator[Case]:
    """In each scene the experiments' own runs: each of `CONDITIONS` with both supervisions and every seed."""
    chosen = [Corruption.parse(text) for texts in CONDITIONS.values() for text in texts]
    for name, spec in specs().items():
        for planned in corrupted(open_scene(spec, SCALE), SCALE, chosen):
            yield Case(spec, SCALE, planned, {"scene": name, "corruption": str(planned.config.corruption)})


def asked() -> Iterator[tuple[Claim, Statement, Corruption]]:
    """What is judged in each scene: P1's claims 1 to 4, each under its experiment's `CONDITIONS`."""
    for claim in CLAIMS:
        for text in CONDITIONS[claim.experiment] if claim.number else ():
            corruption = Corruption.parse(text)
            for statement in claim.statements_under(corruption):
                if not statement.beyond_clean and (claim.views == "train" or statement.claimed):
                    yield claim, statement, corruption


def judged(rows: Sequence[Row]) -> list[Judged]:
    """Every statement in every scene of which the rows have more than one seed of both models."""
    scenes = dict.fromkeys(row["scene"] for row in rows)
    return [one for scene in scenes for one in judged_in(scene, select(rows, scene=scene))]


def judged_in(scene: str, rows: Sequence[Row]) -> list[Judged]:
    """The same in one scene, of which all the rows are."""
    found = []
    for claim, statement, corruption in asked():
        ours, theirs = paired(select(rows, corruption=str(corruption)), claim, statement)
        if len(ours) > 1:
            found.append(Judged(scene, claim, statement, corruption, compare_seeds(ours, theirs, MARGIN)))
    return found


def paired(rows: Sequence[Row], claim: Claim, statement: Statement) -> tuple[list[float], list[float]]:
    """Scores in points of labels alone and of what they are compared with, seed by seed.

    Args:
        rows: of one scene and corruption.
    """
    key = "miou" if claim.views == "test" else "train_miou"
    alone, both = ({row["seed"]: row for row in select(rows, supervision=one)} for one in ("labels", "labels+rgb"))
    others, other_key = (both, key) if statement.against == WITH_RGB else (alone, OTHER[statement.against])
    seeds = sorted(alone.keys() & others.keys())
    return [100 * alone[n][key] for n in seeds], [100 * others[n][other_key] for n in seeds]


OTHER = {INPUT: "input", BEST: "baseline"}
"""Where a row of labels alone has the score of what it is compared with."""


def in_how_many(some: Sequence[Judged]) -> str:
    """The verdicts on one statement over scenes, counted.

    Such as "in 3 of 6 scenes (not in 1, 2 inconclusive)".
    """
    n_not, n_open = (sum(one.verdict == verdict for one in some) for verdict in (NOT_SUPPORTED, INCONCLUSIVE))
    others = [text for n, text in ((n_not, f"not in {n_not}"), (n_open, f"{n_open} inconclusive")) if n]
    return f"in {len(some) - n_not - n_open} of {len(some)} scenes" + (f" ({', '.join(others)})" if others else "")


def over_scenes(some: Sequence[Judged]) -> PairedComparison:
    """The mean difference over scenes, each scene's mean over seeds counted once.

    With as many seeds in every scene, a mixed model with a random mean for each scene estimates the same mean, and the
    same standard error where scenes differ more than seeds do.
    """
    return compare_seeds([one.found.mean for one in some], [0.0] * len(some), MARGIN)


def grouped(some: Sequence[Judged]) -> dict[tuple[str, str, Corruption], list[Judged]]:
    """The same by statement: (number of the claim, text of the statement, corruption) -> one a scene."""
    groups: dict[tuple[str, str, Corruption], list[Judged]] = {}
    for one in some:
        groups.setdefault((one.claim.number, one.statement.text, one.corruption), []).append(one)
    return groups


def conclude(rows: Sequence[Row]) -> str:
    """In how many scenes each statement holds, by the labels that were learnt from."""
    parts: dict[str, list[str]] = {}
    for (_, text, corruption), some in grouped(judged(rows)).items():
        parts.setdefault(corruption.title, []).append(f"{text} {in_how_many(some)}")
    kinds = (f"From {title}: {', '.join(some)}" for title, some in parts.items())
    return f"Labels alone are, by the rule of notebook 10 in each scene: {'. '.join(kinds)}."


QUESTION = Question("claims_elsewhere", "The claims in other scenes", "19", cases, scores_at_training_poses, conclude)
