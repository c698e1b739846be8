"""What P1 claims, and what is measured for each claim; notebook 10 says when each was fixed."""

from __future__ import annotations

from dataclasses import dataclass

from semnerf_lib.labels import Corruption

MARGIN = 2.0
"""Points within which two models count as comparable. Ours: P1 gives none."""
LABELS, WITH_RGB, INPUT, BEST = "labels", "labels+rgb", "labels as given", "best baseline"


@dataclass(frozen=True)
class Statement:
    """A statement on the labels-only model, which is judged under every corruption of an experiment.

    Attributes:
        text: the statement.
        relation: the property of `verdicts.PairedComparison` that judges it: comparable, as_good or better.
        against: what it is compared with: "labels+rgb" (the other model), "labels as given" (the labels that it is
            trained on), or "best baseline" (the one of `baselines.baseline_for` with the highest score).
        claimed: whether the verdict on the claim rests on it. What P1 does not claim is judged as well and reported
            separately.
    """

    text: str
    relation: str
    against: str
    claimed: bool = True


@dataclass(frozen=True)
class Claim:
    """A claim of P1, and the runs and statements that decide on it.

    Attributes:
        number: "1" to "4" as `CLAIMS` counts P1's claims; "" for its experiment without a claim that we know of.
        name: in one or two words.
        text: the claim.
        experiment: whose runs are read (see `experiments.plan`).
        views: the scores of a run that are read: at "test" or "train" poses, both against clean labels.
        statements: about the labels-only model.
    """

    number: str
    name: str
    text: str
    experiment: str
    views: str
    statements: tuple[Statement, ...]

    @property
    def title(self) -> str:
        """The claim with its number, or its experiment's name where it has none."""
        return f"Claim {self.number}: {self.text}" if self.number else f"{self.name.capitalize()}: {self.text}"


AS_GOOD = Statement("as good as labels + RGB", "as_good", WITH_RGB)
SIMPLER = Statement("better than the best baseline", "better", BEST, claimed=False)
CLAIMS = (
    Claim(
        "1",
        "comparable",
        "On clean labels, labels alone are comparable to labels + RGB",
        "view_synthesis",
        "test",
        (Statement("comparable to labels + RGB", "comparable", WITH_RGB), SIMPLER),
    ),
    Claim(
        "2",
        "denoises",
        "Labels alone still denoise",
        "label_noise",
        "train",
        (Statement("better than the noisy labels", "better", INPUT), AS_GOOD, SIMPLER),
    ),
    Claim(
        "3",
        "super-resolves",
        "Labels alone super-resolve as well",
        "super_resolution",
        "train",
        (Statement("better than the coarse labels as given", "better", INPUT), AS_GOOD, SIMPLER),
    ),
    Claim(
        "4",
        "propagates",
        "Labels alone propagate labels",
        "label_propagation",
        "train",
        (Statement("better than the partial labels", "better", INPUT), AS_GOOD, SIMPLER),
    ),
    Claim(
        "",
        "sparse labels",
        "Labels alone need no more labelled frames",
        "sparse_labels",
        "test",
        (AS_GOOD, SIMPLER),
    ),
)
"""In P1's order; the last is an experiment of P1's whose claim is unknown to us."""

QUESTIONS = {
    "Q1": "More scenes and classes?",
    "Q2": "What does removing RGB do to time and memory?",
    "Q3": "Unseen objects?",
}
"""What P1 leaves open."""


def measured(claim: Claim, corruption: Corruption) -> str:
    """What a claim's scores are: mIoU; for region noise, which changes one class, the IoU of that class."""
    name = corruption.class_name
    return ("mIoU" if name is None else f"IoU of {name}") + (
        " at test poses" if claim.views == "test" else " at training poses"
    )
