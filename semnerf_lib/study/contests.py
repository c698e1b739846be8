"""Who leads, who is behind and who pays: scores of the same repeats compared, as tables and in words.

A contest says what happened in these runs. What may be concluded from it, `verdicts` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import spearmanr

from semnerf_lib.labels import Corruption
from semnerf_lib.tables import spread


@dataclass(frozen=True)
class Contest:
    """A model against a rival at one level: the same labels, repeat by repeat.

    Attributes:
        level: the corruption.
        model, rival: what tables call them.
        scores, rival_scores: one a repeat.
    """

    level: Corruption
    model: str
    rival: str
    scores: tuple[float, ...]
    rival_scores: tuple[float, ...]

    @property
    def points(self) -> list[float]:
        """The model's lead in hundredths, one a repeat."""
        return [100 * (a - b) for a, b in zip(self.scores, self.rival_scores, strict=True)]

    @property
    def result(self) -> str:
        """The word "ahead" or "behind" where the model is so in every repeat, else "mixed"."""
        return "ahead" if min(self.points) > 0 else "behind" if max(self.points) < 0 else "mixed"


def contest_rows(contests: Sequence[Contest], titles: Mapping[Corruption, str]) -> list[dict[str, str]]:
    """Contests as rows for `notebook.table`.

    Args:
        titles: level -> what the table calls it.
    """
    return [
        {
            "labels": titles[c.level],
            "model": c.model,
            "against": c.rival,
            "lead (points)": spread(c.points, 1),
            "in every repeat": c.result,
        }
        for c in contests
    ]


def defeats(contests: Sequence[Contest], titles: Mapping[Corruption, str], rival: str) -> str:
    """Which model is behind in every repeat, and at which levels: a line a model, for a person.

    Args:
        titles: level -> what the text calls it.
        rival: what the text calls the rival.
    """
    lost: dict[str, list[str]] = {}
    for c in contests:
        if c.result == "behind":
            lost.setdefault(c.model, []).append(titles[c.level])
    told = [f"  {model}: {'; '.join(levels)}" for model, levels in lost.items()]
    return "\n".join([f"behind {rival} in every repeat:", *(told or ["  no model at any level"])])


def mean_losses(losses: Float[np.ndarray, "repeats classes"]) -> Float[np.ndarray, "classes"]:
    """Mean over repeats, NaN where no repeat knows a class."""
    return np.ma.masked_invalid(losses).mean(axis=0).filled(np.nan)


def who_pays(
    losses: Float[np.ndarray, "repeats classes"],
    class_names: Sequence[str],
    shares: Float[np.ndarray, "classes"],
    most: int = 3,
) -> str:
    """The classes that lose most, and whether the rare ones do, in words for a person.

    Args:
        losses: of IoU, see `outcomes.Outcome.losses`.
        class_names: C names.
        shares: of the labelled pixels, one a class.
        most: how many classes are named.
    """
    loss = mean_losses(losses)
    there = [int(c) for c in np.argsort(-loss) if np.isfinite(loss[c])]
    named = [f"{class_names[c]} ({loss[c]:+.2f} of IoU; {shares[c]:.2%} of the pixels)" for c in there[:most]]
    rank = spearmanr(shares[there], loss[there]).statistic if len(set(loss[there])) > 1 else 0.0
    return (
        f"greatest losses: {', '.join(named)}\n"
        f"rank correlation of loss and share of the pixels, {len(there)} classes: {rank:+.2f} (negative: the rare pay)"
    )
