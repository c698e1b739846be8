"""Verdicts as figures: rows turned into what `plots` draws."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.figure import Figure

from semnerf_lib import plots
from semnerf_lib.labels import Corruption
from semnerf_lib.study.claims import BEST, LABELS, MARGIN, WITH_RGB, Statement, measured
from semnerf_lib.study.judging import Row, verdict_on

INPUT_ROLE, BASELINE_ROLE = "input", "baseline 1"
PANELS = {
    WITH_RGB: "minus the model with RGB",
    INPUT_ROLE: "minus what it learnt from",
    BASELINE_ROLE: "minus the best simple baseline",
}
"""Roles of what the labels-only model is compared with (see `plots.ROLES`), and how `overview_figure` calls them."""


def role_of(statement: Statement) -> str:
    """Which of PANELS a statement belongs to."""
    return {WITH_RGB: WITH_RGB, BEST: BASELINE_ROLE}.get(statement.against, INPUT_ROLE)


def overview_figure(rows: Sequence[Row], title: str) -> Figure:
    """All paired differences with their intervals, coloured by verdict (see `plots.forest`)."""
    groups: dict[str, dict[str, dict[str, dict]]] = {}
    for row in rows:
        heading = f"{row.claim.name}: {verdict_on(row.claim, rows)}"
        name = textwrap.shorten(Corruption.parse(row.condition).title, 44, placeholder="...")
        found = row.comparison
        numbers = {key: getattr(found, key, None) for key in ("mean", "low", "high")}
        kinds = groups.setdefault(heading, {}).setdefault(name, {})
        kinds[role_of(row.statement)] = numbers | {"verdict": row.verdict}
    return plots.forest(groups, PANELS, MARGIN, title)


def claim_figures(rows: Sequence[Row], title: str) -> list[Figure]:
    """The scores of one claim: fold by fold where it has one condition, else over its conditions, with their spread.

    Each kind of score gets a figure of its own; without finished runs there is none.

    Args:
        rows: of one claim.
    """
    first = rows[0]
    if first.comparison and first.repeats == "folds" and len({row.condition for row in rows}) == 1:
        pair, ends = (first.a.name, first.b.name), (first.comparison.low, first.comparison.high)
        label = f"{measured(first.claim, first.condition)} (points)"
        return [plots.paired_folds(first.a.scores, first.b.scores, pair, MARGIN, ends, label, title)]
    scores: dict[str, dict[str, dict[str, list[dict]]]] = {}
    names = {BASELINE_ROLE: "best simple baseline"}
    for row in rows:
        for side, role in ((row.a, LABELS), (row.b, role_of(row.statement))):
            if side.scores:
                depth = side.depth or [None] * len(side.scores)
                repeats = [{"score": x, "depth": d} for x, d in zip(side.scores, depth, strict=True)]
                scores.setdefault(measured(row.claim, row.condition), {}).setdefault(role, {})[row.condition] = repeats
                names.setdefault(role, side.name)
    return [_curves(by_role, score, names, title) for score, by_role in scores.items()]


def _curves(by_role: dict[str, dict[str, list[dict]]], score: str, names: dict[str, str], title: str) -> Figure:
    parsed = {c: Corruption.parse(c) for found in by_role.values() for c in found}
    ticks = {c: textwrap.fill(found.title, max(9, 56 // len(parsed))) for c, found in parsed.items()}
    kinds = dict.fromkeys(found.kind for found in parsed.values() if found.kind != "none")
    joined = [[c for c, found in parsed.items() if found.kind in ("none", kind)] for kind in kinds or ("none",)]
    what, _, views = score.partition(" at ")
    panels = {"score": f"{what} (points)", "depth": "depth error (m)"}
    return plots.curves_with_spread({views: by_role}, panels, names, ticks, title, "", joined)
