"""How long is long enough? The experiments' runs with 1, 2, 4 and 8 times the laptop's steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from semnerf_lib.experiments import CORRUPTED_LAPTOP, Planned, open_scene
from semnerf_lib.experiments.plans import corrupted
from semnerf_lib.experiments.presets import LONGER, config_of, lengthened, supervisions
from semnerf_lib.labels import Corruption
from semnerf_lib.questions.question import Case, Question
from semnerf_lib.questions.rows import Row, select
from semnerf_lib.runs.store import Run, Store
from semnerf_lib.study.results import baseline_results
from semnerf_lib.study.untrained import untrained_depth

TIMES = (1, 2, 4, 8)
"""How many times the laptop's steps."""
CORRUPTIONS = ("pixel-noise:0.5", "pixel-noise:0.9", "super-sparse:8", "propagation:0")
"""Of claims 2 to 4: where the labels are poorest, and where labels alone stand close to another result."""
N_UNTRAINED = 12
"""Test frames at which a network is scored that has learnt nothing: its views take long."""
REPEATED = (1, LONGER)
"""The times at which every seed of the experiment is run; at the others its first."""


def budget_cases() -> Iterator[Case]:
    """Each corruption with both supervisions, ever longer; the decay of the learning rate is as much slower."""
    scene = open_scene("room", "laptop")
    for text in CORRUPTIONS:
        for times in TIMES:
            for one in corrupted(scene, "laptop", [Corruption.parse(text)]):
                if one.config.seed == 0 or times in REPEATED:
                    longer = Planned(scene, one.config.replace(**lengthened(one.config.values(), times)))
                    yield Case("room", "laptop", longer, {"corruption": text, "times": times})


def scores_at_training_poses(planned: Planned, run: Run) -> dict[str, Any]:
    """Scores against the clean labels; for labels alone also those of its input and of the best baseline."""
    store, corruption = Store(run.folder.parents[1]), planned.config.corruption
    row = {"train_miou": run.train_metrics["miou"], "miou": run.metrics["miou"], "depth": run.metrics["depth_mae"]}
    without = baseline_results([planned], store, "train")
    if best := without.best_baseline(corruption):
        row |= {"input": float(without.select(role="input").values("miou")[0]), "baseline_name": without.names[best]}
        row |= {"baseline": float(without.select(role=best).values("miou")[0])}
        row |= {"untrained_depth": untrained_depth([planned], store, "test")}
    return row


def lead_from(steps: Iterable[int], ours: Sequence[float], theirs: Sequence[float]) -> int | None:
    """The fewest steps from which on ours is at or above theirs at every longer run too; None if it is behind last.

    Args:
        steps: ascending.
        ours, theirs: a score for each.
    """
    first = None
    for n, own, other in zip(steps, ours, theirs, strict=True):
        first = (first or n) if own >= other else None
    return first


def network_cases() -> Iterator[Case]:
    """P1's network from labels alone and P2's with RGB, at reference scale, on clean labels."""
    scene = open_scene("room", "reference")
    for supervision in supervisions(scene):
        yield Case("room", "reference", Planned(scene, config_of(scene, "reference", supervision, "mlp")), {})


def curve(planned: Planned, run: Run) -> dict[str, Any]:
    """The scores of all test views at the end, and of a few at each preview: [step, mIoU, depth error]."""
    previews = [[entry["step"], entry["miou"], entry["depth_mae"]] for entry in run.history if "miou" in entry]
    ends = {key: run.metrics[key] for key in ("miou", "total_accuracy", "depth_mae")}
    alone = planned.config.replace(supervision="labels", colour_rays=0, score_frames=N_UNTRAINED)
    untrained = untrained_depth([Planned(planned.scene, alone)], Store(run.folder.parents[1]), "test")
    return ends | {"parameters": run.provenance["parameters"], "untrained_depth": untrained, "curve": previews}


def conclude(rows: Sequence[Row]) -> str:
    """From how many steps on labels alone lead the best baseline, and their gap to RGB at both ends; first seeds."""
    steps, parts = [n * CORRUPTED_LAPTOP["iterations"] for n in TIMES], []
    for text in dict.fromkeys(row["corruption"] for row in rows):
        own, rgb = (
            sorted(select(rows, corruption=text, supervision=one, seed=0), key=lambda row: row["times"])
            for one in ("labels", "labels+rgb")
        )
        ours, theirs = ([row["train_miou"] for row in some] for some in (own, rgb))
        first = lead_from(steps, ours, [row["baseline"] for row in own])
        over = "not at the end" if first is None else f"from {first:,} steps on"
        gaps = [f"{100 * (ours[k] - theirs[k]):+.1f}".replace("-", "−") for k in (0, -1)]
        gap = f"{gaps[0]} points beside labels + RGB at first, {gaps[1]} at the end"
        parts.append(f"{Corruption.parse(text).title}: above the baseline {over}; {gap}")
    return (
        f"Labels alone against the best baseline and labels + RGB, mIoU at training poses, {steps[0]:,} to "
        f"{steps[-1]:,} steps, one seed. {'. '.join(parts)}."
    )


def conclude_network(rows: Sequence[Row]) -> str:
    """What the papers' networks reach at reference scale."""
    parts = [
        f"{'labels alone' if row['supervision'] == 'labels' else 'labels + RGB'} mIoU {row['miou']:.3f}, depth error "
        f"{row['depth_mae']:.3f} m"
        for row in rows
    ]
    step = max(point[0] for row in rows for point in row["curve"])
    return (
        f"The papers' networks on clean labels after {step:,} steps, one seed: {'; '.join(parts)} (nothing learnt: "
        f"{rows[0]['untrained_depth']:.2f} m)."
    )


BUDGET = Question("budget", "Longer runs of the grid", "18", budget_cases, scores_at_training_poses, conclude)
NETWORK_BUDGET = Question(
    "network_budget", "Longer runs of the papers' networks", "18", network_cases, curve, conclude_network
)
