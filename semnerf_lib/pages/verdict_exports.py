"""Verdicts as CSV and as LaTeX, from the same rows as the tables of a page."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Sequence
from typing import Any

from semnerf_lib.errors import printable
from semnerf_lib.pages.verdict_tables import details
from semnerf_lib.study.claim_verdicts import headline
from semnerf_lib.study.claims import CLAIMS, MARGIN, measured
from semnerf_lib.study.judging import Row


def to_csv(rows: Sequence[Row], scene: str, scale: str) -> str:
    """All rows as CSV, numbers unrounded, a line a row; run ids separated by spaces."""
    text = io.StringIO()
    records = [{"scene": scene, "scale": scale} | _record(row) for row in rows]
    writer = csv.DictWriter(text, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def _record(row: Row) -> dict[str, Any]:
    comparison = row.comparison
    record = {
        "claim": row.claim.name,
        "claim_number": row.claim.number,
        "claim_text": row.claim.text,
        "statement": row.statement.text,
        "decides": "yes" if row.decides else "no",
        "corruption": str(row.corruption),
        "score": measured(row.claim, row.corruption) + ", points",
    }
    for side, one in (("a", row.a), ("b", row.b)):
        depths = [d for d in one.depth if d is not None]
        record |= {
            f"{side}_name": one.name,
            f"{side}_mean": statistics.fmean(one.scores) if one.scores else None,
            f"{side}_sd": statistics.stdev(one.scores) if len(one.scores) > 1 else None,
            f"{side}_clean_mean": statistics.fmean(one.clean) if one.clean else None,
            f"{side}_n": len(one.scores),
            f"{side}_depth_error_m": statistics.fmean(depths) if depths else None,
        }
    return record | {
        "repeats": row.repeats,
        "frames": row.a.frames,
        "difference": comparison and comparison.mean,
        "low": comparison and comparison.low,
        "high": comparison and comparison.high,
        "confidence": comparison and comparison.confidence,
        "margin": MARGIN if row.statement.relation != "better" else 0.0,
        "relation": row.statement.relation,
        "verdict": row.verdict,
        "p_refuted": comparison and comparison.p_refuted(row.statement.relation),
        "chance_to_support": row.chance,
        "untrained_depth_error_m": row.untrained,
        "runs_there": row.finished,
        "runs_wanted": row.wanted,
        "a_runs": " ".join(row.a.runs),
        "b_runs": " ".join(row.b.runs),
    }


TEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "−": "$-$",
    "–": "--",
}
TEX |= {c: rf"\{c}" for c in "&%$#_{}"}
TEX_HEADS = (
    "labels", "labels alone are", "scores", "difference (95 %)", "n", "depth error (m)", "nothing learnt (m)",
    "verdict", "could decide",
)  # fmt: skip
"""The columns of `details` that LaTeX gets."""


def escaped(text: str) -> str:
    """Text with LaTeX's special characters made harmless."""
    return "".join(TEX.get(c, c) for c in printable(text))


def to_tex(rows: Sequence[Row], caption: str) -> str:
    """All rows as a LaTeX table (booktabs), grouped by claim, with its verdict; caption and margin as comments."""
    lines = [
        f"% {printable(caption)}; margin {MARGIN:g} points; run ids in verdict.csv",
        "% needs booktabs",
        rf"\begin{{tabular}}{{{'l' * len(TEX_HEADS)}}}",
        r"\toprule",
    ]
    lines.append(" & ".join(map(escaped, TEX_HEADS)) + r" \\")
    for claim in CLAIMS:
        own = [row for row in rows if row.claim == claim]
        head = escaped(f"{claim.title}: {headline(claim, rows)}")
        lines += [r"\midrule", rf"\multicolumn{{{len(TEX_HEADS)}}}{{l}}{{\textbf{{{head}}}}} \\"]
        lines += [" & ".join(escaped(line[key]) for key in TEX_HEADS) + r" \\" for line in details(own)]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])
