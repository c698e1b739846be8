"""Verdicts as tables: for a notebook or a page, as CSV and as LaTeX. All are made from the same rows."""

from __future__ import annotations

import csv
import io
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any

from semnerf_lib.errors import printable
from semnerf_lib.experiments import plan
from semnerf_lib.runs.store import Run, Store
from semnerf_lib.scene import Scene
from semnerf_lib.study.claims import BEST, CLAIMS, LABELS, MARGIN, WITH_RGB, measured
from semnerf_lib.study.judging import Row, Side, reference_row, verdict_on
from semnerf_lib.study.published import Published, Reference
from semnerf_lib.study.results import finished
from semnerf_lib.study.verdicts import SUPPORTED, PairedComparison
from semnerf_lib.tables import median_range, number, spread

Cells = dict[str, str]
"""One line of a table: head to text."""


def overview(rows: Sequence[Row]) -> list[Cells]:
    """A line a claim: its verdict, and under how many corruptions each of its statements held."""
    lines = []
    for claim in CLAIMS:
        own = [row for row in rows if row.claim == claim]
        claimed, others = ([s for s in claim.statements if s.claimed == rests] for rests in (True, False))
        lines.append(
            {
                "claim": claim.title,
                "verdict": verdict_on(claim, rows),
                "it rests on": "; ".join(f"{s.text}: {tally(own, s.text)}" for s in claimed),
                "beside it": "; ".join(f"{s.text}: {tally(own, s.text)}" for s in others),
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
    if they have scores for one of the rows.

    Args:
        rows: of one claim.
        references: of its experiment and scene.
    """
    lines = []
    for row in rows:
        best = f" ({row.b.name})" if row.statement.against == BEST and row.b.scores else ""
        complete = row.finished == row.wanted
        n = f"{len(row.a.scores)} {row.repeats}" if complete else f"{row.finished} of {row.wanted} runs"
        lines.append(
            {
                "labels": row.corruption.title,
                "labels alone are": row.statement.text + best,
                "verdict": row.verdict,
                "difference (95 %)": interval(row.comparison),
                "n": n if row.wanted else "no RGB here",
                "frames": str(row.a.frames or "–"),
                "scores": both(
                    spread(row.a.scores, 1, count=False), spread(row.b.scores, 1, count=False) if row.b.scores else ""
                ),
                "depth error (m)": both(_mean_depth(row.a), _mean_depth(row.b) if row.b.depth else ""),
            }
        )
    earlier = [reference_row(row, references) for row in rows]
    if any(earlier):
        for line, reference in zip(lines, earlier, strict=True):
            line["reference runs"] = f"{interval(reference.comparison)}, {reference.verdict}" if reference else "–"
    if published and any(row.corruption in published.scores for row in rows):
        for line, row in zip(lines, rows, strict=True):
            scores = published.scores.get(row.corruption) if row.statement.against == WITH_RGB else None
            line[f"{published.model} published, other scenes"] = number(100 * scores["miou"] if scores else None, 1)
    return lines


def both(own: str, other: str) -> str:
    """The number of the labels-only model, and the number of what it is compared with, if there is one."""
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

    Both models have equally many rays a step in these runs. Times are medians with their range. Memory is left out
    where the process made other runs too: on any device but CUDA.
    """
    planned = plan("view_synthesis", scene, scale)
    runs, lines = finished(planned, store).values(), []
    models = [[run for run in runs if run.config.supervision == s] for s in (LABELS, WITH_RGB)]
    cuda = all(run.provenance["device_type"] == "cuda" for run in runs)
    for own in filter(None, models):
        config, facts = own[0].config, [run.provenance for run in own]
        lines.append(
            {
                "model": config.model_name,
                "runs": str(len(own)),
                "steps": number(config.iterations, 0),
                "rays a step": number(config.n_rays + config.colour_rays, 0),
                "parameters": number(facts[0]["parameters"], 0),
                "a step (ms)": median_range([1000 * fact["seconds_a_step"] for fact in facts], 1),
                "peak memory (GiB)": median_range([fact["peak_memory_gib"] for fact in facts] if cuda else [], 2),
                "device": ", ".join(sorted({fact["device"] for fact in facts})),
            }
        )
    if len(lines) == 2:
        ratio = models[0][0].provenance["parameters"] / models[1][0].provenance["parameters"]
        lines.append(
            dict.fromkeys(lines[0], "")
            | {
                "model": "ratio",
                "parameters": number(ratio),
                "a step (ms)": median_range(ratios(*models, "seconds_a_step"), 2),
                "peak memory (GiB)": median_range(ratios(*models, "peak_memory_gib") if cuda else [], 2),
                "device": "same fold, same device",
            }
        )
    return lines


def ratios(a: Sequence[Run], b: Sequence[Run], key: str) -> list[float]:
    """A number of the provenance of `a` over that of `b`, for each fold and seed that both have on the same device.

    Args:
        key: "seconds_a_step" or "peak_memory_gib".
    """
    ours, theirs = (
        {(r.config.fold, r.config.seed, r.provenance["device"]): r.provenance[key] for r in runs} for runs in (a, b)
    )
    return [ours[repeat] / theirs[repeat] for repeat in ours if repeat in theirs]


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
        "claim_text": row.claim.text,
        "statement": row.statement.text,
        "claimed": "yes" if row.statement.claimed else "no",
        "corruption": str(row.corruption),
        "score": measured(row.claim, row.corruption) + ", points",
    }
    for side, one in (("a", row.a), ("b", row.b)):
        depths = [d for d in one.depth if d is not None]
        record |= {
            f"{side}_name": one.name,
            f"{side}_mean": statistics.fmean(one.scores) if one.scores else None,
            f"{side}_sd": statistics.stdev(one.scores) if len(one.scores) > 1 else None,
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
TEX_HEADS = ("labels", "labels alone are", "scores", "difference (95 %)", "n", "depth error (m)", "verdict")
"""The columns of `details` that LaTeX gets."""


def escaped(text: str) -> str:
    """Text with LaTeX's special characters made harmless."""
    return "".join(TEX.get(c, c) for c in printable(text))


def to_tex(rows: Sequence[Row], caption: str) -> str:
    """All rows as a LaTeX table (booktabs), under a line a claim with its verdict; caption and margin as comments."""
    lines = [
        f"% {printable(caption)}; margin {MARGIN:g} points; run ids in verdict.csv",
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
