"""Verdicts as tables: for a notebook or a page, as CSV and as LaTeX. All are made from the same rows."""

from __future__ import annotations

import csv
import io
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any

from semnerf_lib.experiments import plan
from semnerf_lib.runs.store import Store
from semnerf_lib.scene import Scene
from semnerf_lib.study.claims import BEST, CLAIMS, LABELS, MARGIN, WITH_RGB, measured
from semnerf_lib.study.costs import cost, ratios
from semnerf_lib.study.judging import Row, Side, finished, reference_row, verdict_on
from semnerf_lib.study.published import Published, Reference
from semnerf_lib.study.verdicts import SUPPORTED, PairedComparison
from semnerf_lib.tables import median_range, spread

Cells = dict[str, str]
"""One line of a table: head to text."""


def overview(rows: Sequence[Row]) -> list[Cells]:
    """A line a claim: its verdict, and under how many corruptions each of its statements held."""
    lines = []
    for claim in CLAIMS:
        own = [row for row in rows if row.claim == claim]
        said, beside = ([s for s in claim.statements if s.claimed == claimed] for claimed in (True, False))
        lines.append(
            {
                "claim": claim.title,
                "verdict": verdict_on(claim, rows),
                "it rests on": "; ".join(f"{s.text}: {tally(own, s.text)}" for s in said),
                "beside it": "; ".join(f"{s.text}: {tally(own, s.text)}" for s in beside),
                "score": ", ".join(dict.fromkeys(measured(claim, row.corruption) for row in own)),
            }
        )
    return lines


def tally(rows: Sequence[Row], statement: str) -> str:
    """How often a statement held, as "3 of 4, 1 inconclusive"."""
    counts = Counter(row.verdict for row in rows if row.statement.text == statement)
    others = [f"{count} {verdict}" for verdict, count in counts.items() if verdict != SUPPORTED]
    return ", ".join([f"{counts[SUPPORTED]} of {counts.total()}", *others])


def details(
    rows: Sequence[Row], references: Sequence[Reference] = (), published: Published | None = None
) -> list[Cells]:
    """A line a row: what was compared, the scores, their difference, and the verdict.

    Scores are points, mean and sample standard deviation, of labels alone / of what they are compared with; depth
    errors are means, the other one if it is of a model. Reference runs and published scores get columns of their own
    if there is something in them.

    Args:
        rows: of one claim.
        references: of its experiment and scene.
    """
    lines = []
    for row in rows:
        best = f" ({row.b.name})" if row.statement.against == BEST and row.b.scores else ""
        there = f"{len(row.a.scores)} {row.repeats}" if row.there == row.wanted else f"{row.there} of {row.wanted} runs"
        lines.append(
            {
                "labels": row.corruption.title,
                "labels alone are": row.statement.text + best,
                "verdict": row.verdict,
                "difference (95 %)": interval(row.comparison),
                "n": there if row.wanted else "no RGB here",
                "frames": str(row.a.frames or "–"),
                "scores": both(
                    spread(row.a.scores, 1, count=False), spread(row.b.scores, 1, count=False) if row.b.scores else ""
                ),
                "depth error (m)": both(_mean_depth(row.a), _mean_depth(row.b) if row.b.depth else ""),
            }
        )
    earlier = [reference_row(row, references) for row in rows]
    if any(earlier):
        for line, found in zip(lines, earlier, strict=True):
            line["reference runs"] = f"{interval(found.comparison)}, {found.verdict}" if found else "–"
    if published and any(row.corruption in published.scores for row in rows):
        for line, row in zip(lines, rows, strict=True):
            known = published.scores.get(row.corruption) if row.statement.against == WITH_RGB else None
            line[f"{published.model} published, other scenes"] = f"{100 * known['miou']:.1f}" if known else "–"
    return lines


def both(own: str, other: str) -> str:
    """The labels-only model's number, and if there is one, that of what it is compared with."""
    return f"{own} / {other}" if other else own


def _mean_depth(side: Side) -> str:
    return spread(side.depth, 3, count=False).partition(" ")[0]


def interval(comparison: PairedComparison | None) -> str:
    """A difference and its interval, as "−0.5 (−1.1 to +0.1)"; a dash without one."""
    if comparison is None:
        return "–"
    return f"{comparison.mean:+.1f} ({comparison.low:+.1f} to {comparison.high:+.1f})".replace("-", "−")


def scene_lines(judged: Sequence[tuple[Scene, Sequence[Row]]]) -> list[Cells]:
    """A line a scene: its verdict on every claim. For P1's question after more scenes and classes."""
    return [
        {"scene": scene.name, "classes": str(scene.n_classes)}
        | {claim.name: verdict_on(claim, rows) for claim in CLAIMS}
        for scene, rows in judged
    ]


def cost_lines(scene: Scene, scale: str, store: Store) -> list[Cells]:
    """A line a model: what its finished runs on clean labels cost; then the ratio of both. None without runs.

    Both models have equally many rays a step in these runs. Times are medians with their range.
    """
    planned = plan("view_synthesis", scene, scale)
    runs = {s: finished(store, [one for one in planned if one.config.supervision == s]) for s in (LABELS, WITH_RGB)}
    costs = [cost(found) for found in runs.values() if found]
    lines = [
        {
            "model": c.model,
            "runs": str(c.runs),
            "steps": f"{c.iterations:,}",
            "rays a step": f"{c.rays:,}",
            "parameters": f"{c.parameters:,}",
            "a step (ms)": median_range([1000 * s for s in c.seconds], 1),
            "peak memory (GiB)": median_range(c.memory, 2),
            "device": ", ".join(c.devices),
        }
        for c in costs
    ]
    if len(costs) == 2:
        a, b = costs
        lines.append(
            dict.fromkeys(lines[0], "")
            | {
                "model": "ratio",
                "parameters": f"{a.parameters / b.parameters:.3f}",
                "a step (ms)": median_range(ratios(*runs.values(), "seconds_a_step"), 2),
                "peak memory (GiB)": median_range(ratios(*runs.values(), "peak_memory_gib") if a.memory else [], 2),
                "device": "same fold, same device",
            }
        )
    return lines


def to_csv(rows: Sequence[Row], scene: str, scale: str) -> str:
    """All rows as CSV, numbers unrounded, a line a row; run ids separated by spaces."""
    text = io.StringIO()
    records = [{"scene": scene, "scale": scale} | _record(row) for row in rows]
    writer = csv.DictWriter(text, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def _record(row: Row) -> dict[str, Any]:
    found = row.comparison
    record = {
        "claim": row.claim.name,
        "claim_text": row.claim.text,
        "statement": row.statement.text,
        "claimed": "yes" if row.statement.claimed else "no",
        "corruption": str(row.corruption),
        "score": measured(row.claim, row.corruption) + ", points",
    }
    for side, one in (("a", row.a), ("b", row.b)):
        known = [d for d in one.depth if d is not None]
        record |= {
            f"{side}_name": one.name,
            f"{side}_mean": statistics.fmean(one.scores) if one.scores else None,
            f"{side}_sd": statistics.stdev(one.scores) if len(one.scores) > 1 else None,
            f"{side}_n": len(one.scores),
            f"{side}_depth_error_m": statistics.fmean(known) if known else None,
        }
    return record | {
        "repeats": row.repeats,
        "frames": row.a.frames,
        "difference": found and found.mean,
        "low": found and found.low,
        "high": found and found.high,
        "confidence": found and found.confidence,
        "margin": MARGIN if row.statement.relation != "better" else 0.0,
        "relation": row.statement.relation,
        "verdict": row.verdict,
        "runs_there": row.there,
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
TEX_HEADS = ("labels", "labels alone are", "scores", "difference (95 %)", "n", "depth error (m)", "verdict")
"""The columns of `details` that LaTeX gets."""


def escaped(text: str) -> str:
    """Text with LaTeX's special characters made harmless."""
    return "".join(TEX.get(c, c) for c in text)


def to_tex(rows: Sequence[Row], caption: str) -> str:
    """All rows as a LaTeX table (booktabs), under a line a claim with its verdict; caption and margin as comments."""
    lines = [
        f"% {caption}; margin {MARGIN:g} points; run ids in verdict.csv",
        "% needs booktabs",
        rf"\begin{{tabular}}{{{'l' * len(TEX_HEADS)}}}",
        r"\toprule",
    ]
    lines.append(" & ".join(map(escaped, TEX_HEADS)) + r" \\")
    for claim in CLAIMS:
        own = [row for row in rows if row.claim == claim]
        head = escaped(f"{claim.title}: {verdict_on(claim, rows)}")
        lines += [r"\midrule", rf"\multicolumn{{{len(TEX_HEADS)}}}{{l}}{{\textbf{{{head}}}}} \\"]
        lines += [" & ".join(escaped(line[key]) for key in TEX_HEADS) + r" \\" for line in details(own)]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])
