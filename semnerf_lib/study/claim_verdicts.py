"""The verdict on a claim, from the rows of its statements (see `judging`)."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from semnerf_lib.study.claims import Claim
from semnerf_lib.study.judging import Row
from semnerf_lib.study.verdicts import INCONCLUSIVE, LEVEL, NO_VERDICT, NOT_RUN, NOT_SUPPORTED, holm, of_all


def refuted(rows: Sequence[Row]) -> list[bool]:
    """Which rows are not supported even after Holm's correction for their number; a row without a verdict counts in it.

    Args:
        rows: those that decide one claim.
    """
    p = [row.comparison.p_refuted(row.statement.relation) if row.comparison else 1.0 for row in rows]
    return [row.verdict == NOT_SUPPORTED and q <= LEVEL for row, q in zip(rows, holm(p).tolist(), strict=True)]


def verdict_on(claim: Claim, rows: Sequence[Row]) -> str:
    """The verdict on a claim: `verdicts.of_all` over the rows that decide it.

    With many statements one is easily refuted by chance: a row that is "not supported" by itself and not after Holm's
    correction counts as inconclusive. "Supported" needs no correction, because every statement has to be supported (an
    intersection-union test).
    """
    own = [row for row in rows if row.claim == claim and row.decides]
    return of_all(
        INCONCLUSIVE if row.verdict == NOT_SUPPORTED and not firm else row.verdict
        for row, firm in zip(own, refuted(own), strict=True)
    )


def chance_on(claim: Claim, rows: Sequence[Row]) -> float | None:
    """How often the claim would come out as supported if both models were equal under every corruption (for
    "better": if labels alone were better by the margin).

    The product over the rows that decide it, as if their runs were independent; None where one has no verdict.
    """
    chances = [row.chance for row in rows if row.claim == claim and row.decides]
    given = [chance for chance in chances if chance is not None]
    return prod(given) if given and len(given) == len(chances) else None


def headline(claim: Claim, rows: Sequence[Row]) -> str:
    """The verdict on a claim with the number of repeats, and with the chance to decide where it is inconclusive.

    Such as "inconclusive (n = 3: it could decide in 2 % of cases)".
    """
    verdict, chance = verdict_on(claim, rows), chance_on(claim, rows)
    if verdict in (NOT_RUN, NO_VERDICT):
        return verdict
    counts = {len(row.a.scores) for row in rows if row.claim == claim and row.decides and row.comparison}
    if not counts:
        return verdict
    n = f"n = {' to '.join(str(count) for count in sorted(counts))}"
    if verdict != INCONCLUSIVE or chance is None:
        return f"{verdict} ({n})"
    return f"{verdict} ({n}: it could decide in {100 * chance:.0f} % of cases)"
