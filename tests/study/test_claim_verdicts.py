"""claim_verdicts.py: from rows to the verdict on a claim, its correction and its chance to decide."""

from __future__ import annotations

import pytest

from semnerf_lib.labels import Corruption
from semnerf_lib.study.claim_verdicts import chance_on, headline, refuted, verdict_on
from semnerf_lib.study.claims import CLAIMS
from semnerf_lib.study.judging import Row, Side
from semnerf_lib.study.verdicts import (
    INCONCLUSIVE,
    NO_VERDICT,
    NOT_RUN,
    NOT_SUPPORTED,
    SUPPORTED,
    compare_seeds,
)

CLAIM = CLAIMS[2]


def row(*differences, corruption="pixel-noise:0.5", statement=0, verdict=None):
    """A row of claim 2b with these differences; none: not run."""
    comparison = compare_seeds(list(differences), [0.0] * len(differences), 2.0) if differences else None
    verdict = verdict or (comparison.as_good if comparison else NOT_RUN)
    side = Side("a", scores=differences)
    corruption = Corruption.parse(corruption)
    return Row(CLAIM, CLAIM.statements[statement], corruption, "seeds", side, side, 6, 6, comparison, verdict)


BARELY, CLEARLY, FINE, OPEN = (-3.0, -3.4, -3.7), (-9.0, -9.1, -9.05), (0.1, -0.1, 0.0), (-6.0, 1.0, 2.0)


def test_one_statement_that_is_barely_refuted_refutes_alone_and_not_among_four():
    assert row(*BARELY).verdict == NOT_SUPPORTED
    assert verdict_on(CLAIM, [row(*BARELY)]) == NOT_SUPPORTED
    four = [row(*BARELY), row(*FINE), row(*FINE), row(*FINE)]
    assert refuted(four) == [False] * 4 and verdict_on(CLAIM, four) == INCONCLUSIVE
    assert verdict_on(CLAIM, [row(*CLEARLY), *four[1:]]) == NOT_SUPPORTED


def test_a_statement_that_was_not_run_counts_in_the_correction():
    assert verdict_on(CLAIM, [row(*BARELY), row(), row(), row()]) == NOT_RUN
    assert verdict_on(CLAIM, [row(*CLEARLY), row(), row(), row()]) == NOT_SUPPORTED


def test_supported_needs_no_correction_and_what_stands_beside_has_no_part():
    chair = row(*CLEARLY, corruption="region-even:0.5:chair", statement=1)
    beyond = row(*CLEARLY, statement=1)
    assert chair.verdict == beyond.verdict == NOT_SUPPORTED and not chair.decides and not beyond.decides
    assert verdict_on(CLAIM, [row(*FINE)] * 4 + [chair, beyond]) == SUPPORTED


def test_the_chance_of_a_claim_is_that_of_all_its_statements():
    rows = [row(*OPEN), row(-1.0, 0.5, 1.5)]
    assert 0 < chance_on(CLAIM, rows) < min(one.chance for one in rows)
    assert chance_on(CLAIM, rows) == pytest.approx(rows[0].chance * rows[1].chance)
    assert chance_on(CLAIM, [*rows, row()]) is None and chance_on(CLAIM, []) is None


def test_the_headline_has_the_count_and_where_it_is_inconclusive_the_chance():
    rows = [row(*OPEN), row(*FINE)]
    percent = f"{100 * chance_on(CLAIM, rows):.0f}"
    assert headline(CLAIM, rows) == f"inconclusive (n = 3: it could decide in {percent} % of cases)"
    assert headline(CLAIM, [row(*FINE)]) == "supported (n = 3)"
    assert headline(CLAIM, [row(*CLEARLY), row()]) == "not supported (n = 3)"
    assert headline(CLAIM, [row()]) == NOT_RUN
    assert headline(CLAIM, [row(*FINE, verdict=NO_VERDICT)]) == NO_VERDICT


def test_a_headline_of_a_single_repeat_has_no_count():
    assert headline(CLAIM, [row(verdict=INCONCLUSIVE)]) == INCONCLUSIVE
