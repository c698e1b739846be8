"""What P1 claims, and what is measured for each claim; notebook 10 says when each was fixed."""

from __future__ import annotations

from dataclasses import dataclass

from semnerf_lib.labels import CLEAN, Corruption

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
        claimed: whether the verdict on the claim rests on it. What is not claimed is judged as well and reported
            separately.
        beyond_clean: compare what the corruption took from each: its score minus that of the same seed or fold on
            clean labels, so that a gap which is there on clean labels too does not count.
    """

    text: str
    relation: str
    against: str
    claimed: bool = True
    beyond_clean: bool = False


@dataclass(frozen=True)
class Claim:
    """A claim of P1, and the runs and statements that decide on it.

    P1's claims 2 to 4 are judged twice: (a) whether labels alone do it at all, (b) whether they do it as well as with
    RGB.

    Attributes:
        number: "1", "2a" to "4b" as `CLAIMS` counts P1's claims; "" for its experiment without a claim that we know of.
        name: in one or two words.
        text: the claim.
        experiment: whose runs are read (see `experiments.plan`).
        views: the scores of a run that are read: at "test" or "train" poses, both against clean labels.
        statements: about the labels-only model.
        ours: whether the comparison that decides is ours and not in P1's words.
    """

    number: str
    name: str
    text: str
    experiment: str
    views: str
    statements: tuple[Statement, ...]
    ours: bool = False

    @property
    def title(self) -> str:
        """The claim with its number, or its experiment's name where it has none."""
        return f"Claim {self.number}: {self.text}" if self.number else f"{self.name.capitalize()}: {self.text}"

    @property
    def short(self) -> str:
        """Number and name, for the heads of tables."""
        return f"{self.number} {self.name}".strip()

    def statements_under(self, corruption: Corruption) -> list[Statement]:
        """The statements that are judged under a corruption.

        Clean labels lose nothing, and at training poses nothing can be repaired in them. Where the corruption changes
        one class, the models are compared by what it took from that class alone.
        """
        if corruption == CLEAN:
            return [s for s in self.statements if self.views == "test" and not s.beyond_clean]
        one_class = corruption.class_name is not None
        return [s for s in self.statements if s.beyond_clean or s.against != WITH_RGB or not one_class]

    def rests_on(self, statement: Statement, corruption: Corruption) -> bool:
        """Whether the verdict rests on a statement under a corruption: never where it changes one class alone."""
        return statement.claimed and corruption.class_name is None


SIMPLER = Statement("better than the best baseline", "better", BEST, claimed=False)
AS_WELL = (
    Statement("as good as labels + RGB", "as_good", WITH_RGB),
    Statement("hurt no more than labels + RGB", "as_good", WITH_RGB, claimed=False, beyond_clean=True),
)


def _at_all(number: str, name: str, text: str, experiment: str, given: str) -> Claim:
    """Part (a) of a claim: better than the labels that it learns from."""
    statements = (Statement(f"better than the {given}", "better", INPUT), SIMPLER)
    return Claim(f"{number}a", name, f"Labels alone {text}", experiment, "train", statements)


def _as_well(number: str, name: str, text: str, experiment: str, ours: bool) -> Claim:
    """Part (b) of a claim: as well as with RGB."""
    text = f"Labels alone {text} as well as labels + RGB"
    return Claim(f"{number}b", f"{name} as well", text, experiment, "train", AS_WELL, ours)


CLAIMS = (
    Claim(
        "1",
        "comparable",
        "On clean labels, labels alone are comparable to labels + RGB",
        "view_synthesis",
        "test",
        (Statement("comparable to labels + RGB", "comparable", WITH_RGB), SIMPLER),
    ),
    _at_all("2", "denoises", "denoise", "label_noise", "noisy labels"),
    _as_well("2", "denoises", "denoise", "label_noise", ours=True),
    _at_all("3", "super-resolves", "super-resolve", "super_resolution", "coarse labels as given"),
    _as_well("3", "super-resolves", "super-resolve", "super_resolution", ours=False),
    _at_all("4", "propagates", "propagate labels", "label_propagation", "partial labels"),
    _as_well("4", "propagates", "propagate labels", "label_propagation", ours=True),
    Claim(
        "",
        "sparse labels",
        "Labels alone need no more labelled frames than labels + RGB",
        "sparse_labels",
        "test",
        (*AS_WELL, SIMPLER),
        ours=True,
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
