"""Verdicts as figures, drawn by `plots`."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.figure import Figure

from semnerf_lib import plots
from semnerf_lib.labels import CLEAN, Corruption
from semnerf_lib.study.claim_verdicts import verdict_on
from semnerf_lib.study.claims import BEST, INPUT, LABELS, MARGIN, WITH_RGB, Claim, measured
from semnerf_lib.study.judging import Row

BEYOND = "beyond clean"
PANELS = {
    INPUT: "(a) minus what it\nlearnt from",
    BEST: "minus the best\nsimple baseline",
    WITH_RGB: "(b) minus the model\nwith RGB",
    BEYOND: "the same, beyond the\ngap on clean labels",
}
"""What the labels-only model is compared with (see `claims.Statement`), and the titles of the panels for it."""
ROLES = {WITH_RGB: WITH_RGB, INPUT: "input", BEST: "baseline 1"}
"""The roles that `plots.ROLES` draws them in."""


def overview_figure(rows: Sequence[Row], title: str) -> Figure:
    """All paired differences with their intervals, coloured by verdict (see `plots.forest`).

    The two parts of a claim share their lines: both judge the same runs.
    """
    groups: dict[str, dict[str, dict[str, dict]]] = {}
    for row in rows:
        same = [r.claim for r in rows if r.claim.experiment == row.claim.experiment]
        name = textwrap.shorten(row.corruption.title, 44, placeholder="...")
        numbers = {key: getattr(row.comparison, key, None) for key in ("mean", "low", "high")}
        kinds = groups.setdefault(_heading(list(dict.fromkeys(same)), rows), {}).setdefault(name, {})
        kind = BEYOND if row.statement.beyond_clean else row.statement.against
        kinds[kind] = numbers | {"verdict": row.verdict}
    return plots.forest(groups, PANELS, {WITH_RGB: MARGIN, BEYOND: MARGIN}, title)


def _heading(claims: Sequence[Claim], rows: Sequence[Row]) -> str:
    """One claim with its verdict, or both parts of a claim: "2 denoises: a supported, b inconclusive"."""
    verdicts = [verdict_on(claim, rows) for claim in claims]
    if len(claims) == 1:
        return f"{claims[0].short}: {verdicts[0]}"
    parts = [f"{claim.number[-1]} {verdict}" for claim, verdict in zip(claims, verdicts, strict=True)]
    return f"{claims[0].number[:-1]} {claims[0].name}: {', '.join(parts)}"


def claim_figures(rows: Sequence[Row], title: str) -> list[Figure]:
    """The scores of one experiment: fold by fold where all labels are clean, else over the corruptions.

    Each kind of score gets a figure of its own, with its spread; without finished runs there is none. A panel of depth
    has the line of a field that has learnt nothing.

    Args:
        rows: of one claim, or of both parts of one.
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
    return [_curves(by_role, score, names, title, first.untrained) for score, by_role in scores.items()]


def _curves(
    by_role: dict[str, dict[Corruption, list[dict]]],
    score: str,
    names: dict[str, str],
    title: str,
    untrained: float | None,
) -> Figure:
    corruptions = dict.fromkeys(c for by_corruption in by_role.values() for c in by_corruption)
    ticks = {c: textwrap.fill(c.title, max(9, 56 // len(corruptions))) for c in corruptions}
    kinds = dict.fromkeys(c.kind for c in corruptions if c != CLEAN) or {CLEAN.kind: None}
    joined = [[c for c in corruptions if c.kind in (CLEAN.kind, kind)] for kind in kinds]
    what, _, views = score.partition(" at ")
    panels = {"score": f"{what} (points)", "depth": "depth error (m)"}
    references = None if untrained is None else {"depth": ("nothing learnt", untrained)}
    return plots.curves_with_spread({views: by_role}, panels, names, ticks, title, "", joined, references)
