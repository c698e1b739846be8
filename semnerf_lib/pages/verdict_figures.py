"""Verdicts as figures, drawn by `plots`."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.figure import Figure

from semnerf_lib import plots
from semnerf_lib.labels import CLEAN, Corruption
from semnerf_lib.study.claims import BEST, INPUT, LABELS, MARGIN, WITH_RGB, measured
from semnerf_lib.study.judging import Row, verdict_on

PANELS = {
    WITH_RGB: "minus the model with RGB",
    INPUT: "minus what it learnt from",
    BEST: "minus the best simple baseline",
}
"""What the labels-only model is compared with (see `claims.Statement`), and the titles of the panels for it."""
ROLES = {WITH_RGB: WITH_RGB, INPUT: "input", BEST: "baseline 1"}
"""The roles that `plots.ROLES` draws them in."""


def overview_figure(rows: Sequence[Row], title: str) -> Figure:
    """All paired differences with their intervals, coloured by verdict (see `plots.forest`)."""
    groups: dict[str, dict[str, dict[str, dict]]] = {}
    for row in rows:
        heading = f"{row.claim.name}: {verdict_on(row.claim, rows)}"
        name = textwrap.shorten(row.corruption.title, 44, placeholder="...")
        numbers = {key: getattr(row.comparison, key, None) for key in ("mean", "low", "high")}
        kinds = groups.setdefault(heading, {}).setdefault(name, {})
        kinds[row.statement.against] = numbers | {"verdict": row.verdict}
    return plots.forest(groups, PANELS, MARGIN, title)


def claim_figures(rows: Sequence[Row], title: str) -> list[Figure]:
    """The scores of one claim: fold by fold where all labels are clean, else over the corruptions, with their spread.

    Each kind of score gets a figure of its own; without finished runs there is none.

    Args:
        rows: of one claim.
    """
    first = rows[0]
    if first.comparison and first.repeats == "folds" and len({row.corruption for row in rows}) == 1:
        pair, ends = (first.a.name, first.b.name), (first.comparison.low, first.comparison.high)
        label = f"{measured(first.claim, first.corruption)} (points)"
        return [plots.paired_folds(first.a.scores, first.b.scores, pair, MARGIN, ends, label, title)]
    scores: dict[str, dict[str, dict[Corruption, list[dict]]]] = {}
    names = {ROLES[BEST]: "best simple baseline"}
    for row in rows:
        for side, role in ((row.a, LABELS), (row.b, ROLES[row.statement.against])):
            if side.scores:
                depth = side.depth or [None] * len(side.scores)
                repeats = [{"score": x, "depth": d} for x, d in zip(side.scores, depth, strict=True)]
                by_role = scores.setdefault(measured(row.claim, row.corruption), {})
                by_role.setdefault(role, {})[row.corruption] = repeats
                names.setdefault(role, side.name)
    return [_curves(by_role, score, names, title) for score, by_role in scores.items()]


def _curves(by_role: dict[str, dict[Corruption, list[dict]]], score: str, names: dict[str, str], title: str) -> Figure:
    corruptions = dict.fromkeys(c for by_corruption in by_role.values() for c in by_corruption)
    ticks = {c: textwrap.fill(c.title, max(9, 56 // len(corruptions))) for c in corruptions}
    kinds = dict.fromkeys(c.kind for c in corruptions if c != CLEAN) or {CLEAN.kind: None}
    joined = [[c for c in corruptions if c.kind in (CLEAN.kind, kind)] for kind in kinds]
    what, _, views = score.partition(" at ")
    panels = {"score": f"{what} (points)", "depth": "depth error (m)"}
    return plots.curves_with_spread({views: by_role}, panels, names, ticks, title, "", joined)
