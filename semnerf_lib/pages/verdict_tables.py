"""Verdicts as tables for a notebook or a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from semnerf_lib.experiments import plan
from semnerf_lib.runs.store import Run, Store
from semnerf_lib.scene import Scene
from semnerf_lib.study.claim_verdicts import headline, refuted, verdict_on
from semnerf_lib.study.claims import BEST, CLAIMS, LABELS, WITH_RGB, measured
from semnerf_lib.study.judging import Row, Side, reference_row
from semnerf_lib.study.published import Published, Reference
from semnerf_lib.study.results import finished
from semnerf_lib.study.verdicts import NOT_SUPPORTED, SUPPORTED, PairedComparison
from semnerf_lib.tables import median_range, number, spread

Cells = dict[str, str]
"""One line of a table: head to text."""


def overview(rows: Sequence[Row]) -> list[Cells]:
    """A line a claim: its verdict with the chance to decide, and under how many corruptions each statement held.

    What changes one class only stands beside the claim, with that class's name.
    """
    lines = []
    for claim in CLAIMS:
        own = [row for row in rows if row.claim == claim]
        beside = [row for row in own if not row.decides]
        one_class = [row for row in beside if row.corruption.class_name is not None]
        others = [row for row in beside if row.corruption.class_name is None]
        lines.append(
            {
                "claim": claim.title,
                "verdict": headline(claim, rows),
                "it rests on": tallies([row for row in own if row.decides]),
                "beside it": "; ".join(filter(None, [tallies(others), tallies(one_class)])),
                "score": ", ".join(dict.fromkeys(measured(claim, row.corruption) for row in own)),
            }
        )
    return lines


def tallies(rows: Sequence[Row]) -> str:
    """`tally` of every statement of the rows, with the class where they are about one."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        name = row.corruption.class_name
        groups.setdefault(f"{name}, {row.statement.text}" if name else row.statement.text, []).append(row)
    return "; ".join(f"{text}: {tally(own)}" for text, own in groups.items())


def tally(rows: Sequence[Row]) -> str:
    """How often a statement held, as "3 of 4, 1 not supported (0 after Holm's correction)".

    Args:
        rows: of one statement; if they decide a claim, all that do.
    """
    counts = Counter(row.verdict for row in rows)
    words = [f"{counts[SUPPORTED]} of {counts.total()}"]
    for verdict, count in counts.items():
        if verdict != SUPPORTED:
            firm = sum(refuted(rows)) if verdict == NOT_SUPPORTED and rows[0].decides else count
            words.append(f"{count} {verdict}" + (f" ({firm} after Holm's correction)" if firm < count else ""))
    return ", ".join(words)


def details(
    rows: Sequence[Row], references: Sequence[Reference] = (), published: Published | None = None
) -> list[Cells]:
    """A line a row: what was compared, the scores, their difference, and the verdict.

    Scores are points, mean and sample standard deviation: of labels alone / of what they are compared with. Where the
    statement is about what the corruption took, the scores on clean labels are subtracted. Depth errors are means; the
    error of a field that has learnt nothing stands beside them. "could decide": see
    `verdicts.PairedComparison.chance_to_support`. Reference runs and published scores get columns of their own if they
    have scores for one of the rows.

    Args:
        rows: of one claim.
        references: of its experiment and scene.
    """
    lines = []
    deciding = [row for row in rows if row.decides]
    soft = [row for row, firm in zip(deciding, refuted(deciding), strict=True) if not firm]
    for row in rows:
        doubt = " (not after Holm's correction)" if row.verdict == NOT_SUPPORTED and row in soft else ""
        best = f" ({row.b.name})" if row.statement.against == BEST and row.b.scores else ""
        complete = row.finished == row.wanted
        n = f"{len(row.a.scores)} {row.repeats}" if complete else f"{row.finished} of {row.wanted} runs"
        lines.append(
            {
                "labels": row.corruption.title,
                "labels alone are": row.statement.text + best,
                "verdict": row.verdict + doubt,
                "could decide": "–" if row.chance is None else f"{100 * row.chance:.0f} %",
                "difference (95 %)": interval(row.comparison),
                "n": n if row.wanted else "no RGB here",
                "frames": str(row.a.frames or "–"),
                "scores": both(_points(row.a), _points(row.b) if row.b.scores else ""),
                "depth error (m)": both(_mean_depth(row.a), _mean_depth(row.b) if row.b.depth else ""),
                "nothing learnt (m)": number(row.untrained),
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


def _points(side: Side) -> str:
    return spread(side.compared, 1, count=False).replace("-", "−")


def _mean_depth(side: Side) -> str:
    return spread(side.depth, 3, count=False).partition(" ")[0]


def interval(comparison: PairedComparison | None) -> str:
    """A difference and its interval, see `PairedComparison.in_points`; a dash without one."""
    return "–" if comparison is None else comparison.in_points


def scene_lines(judged: Sequence[tuple[Scene, Sequence[Row]]]) -> list[Cells]:
    """A line a scene: its verdict on every claim. For P1's question after more scenes and classes."""
    return [
        {"scene": scene.name, "classes": str(scene.n_classes)}
        | {claim.short: verdict_on(claim, rows) for claim in CLAIMS}
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
