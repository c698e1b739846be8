"""What does leaving RGB out save? Steps, time, storage and memory to equal mIoU and to equal depth [P1, open question].

Time is that of a processor: the seconds that one core computes. It does not grow when other work slows a run down, and
on a laptop the energy of a run grows with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median

import numpy as np
import torch

from semnerf_lib.evaluation import render_view
from semnerf_lib.experiments import Planned, open_scene
from semnerf_lib.experiments.presets import config_of, supervisions
from semnerf_lib.machine.cores import one_core
from semnerf_lib.questions.budget import network_cases
from semnerf_lib.questions.question import Case, Question
from semnerf_lib.questions.rows import Row, select
from semnerf_lib.runs.store import Run
from semnerf_lib.study.claims import QUESTIONS
from semnerf_lib.training import Trainer

SEEDS = 3
N_STEPS, N_VIEWS = 10, 3
"""Steps and views whose seconds are measured, after as many that are not."""
SIZES = {"step_seconds": "a step", "view_seconds": "a view", "parameters": "parameters", "megabytes": "storage"}
LEVELS = {"miou": (0.8, 0.85, 0.9), "depth_mae": (0.5, 0.4, 0.3)}
"""Scores of a run's previews whose first step is looked for: mIoU at least, depth error in metres at most."""


def cases() -> Iterator[Case]:
    """The grid with both supervisions and three seeds, on the made room; the papers' networks, one seed."""
    scene = open_scene("room", "laptop")
    for seed in range(SEEDS):
        for supervision in supervisions(scene):
            planned = Planned(scene, config_of(scene, "laptop", supervision, "grid", seed=seed))
            yield Case("room", "laptop", planned, {"field": "grid"})
    for case in network_cases():
        yield Case(case.spec, case.scale, case.planned, {"field": "mlp"})


def measure(planned: Planned, run: Run) -> dict[str, float | None]:
    """What a run costs on one core.

    Returns:
        `steps to miou 0.9` and so on (see `LEVELS`); step_seconds, view_seconds: of one core; parameters; megabytes: of
        the weights on disk; miou, depth_mae: at the end.
    """
    scene, row = planned.scene, {}
    for key, levels in LEVELS.items():
        curve = [(entry["step"], entry[key]) for entry in run.history if key in entry]
        row |= {f"steps to {key} {level:g}": first_step(curve, level, key == "miou") for level in levels}
    row["step_seconds"] = step_seconds(planned, run)
    model, poses = run.load(scene, torch.device("cpu")), scene.c2w[list(scene.test_ids)]
    with one_core():
        row["view_seconds"] = seconds_of(
            lambda k: render_view(model, scene.intrinsics, poses[k], scene.near, scene.far), N_VIEWS
        )
    row["megabytes"] = (run.folder / "weights.safetensors").stat().st_size / 1e6
    return row | {"parameters": run.provenance["parameters"]} | {k: run.metrics[k] for k in ("miou", "depth_mae")}


def first_step(curve: Sequence[tuple[int, float]], level: float, rising: bool) -> float | None:
    """The step at which a curve first passes a level, between two of its points by linear interpolation; None if never.

    What is passed before the first point counts from there, so that step is an upper bound.

    Args:
        curve: (step, score), ascending steps.
        rising: whether it passes upwards.

    >>> first_step([(100, 0.5), (200, 0.9)], 0.8, rising=True)
    175.0
    """
    sign = 1 if rising else -1
    before = None
    for step, score in curve:
        if sign * (score - level) >= 0:
            if before is None:
                return float(step)
            return float(np.interp(sign * level, sign * np.array([before[1], score]), [before[0], step]))
        before = step, score
    return None


def step_seconds(planned: Planned, run: Run) -> float:
    """Seconds of one core for a step that goes on from a finished run."""
    trainer = Trainer(planned.scene, planned.config, torch.device("cpu"))
    trainer.model.load_state_dict(run.load(planned.scene, torch.device("cpu")).state_dict())
    with one_core():
        return seconds_of(lambda k: trainer.step(), N_STEPS)


def seconds_of(work: Callable[[int], object], times: int) -> float:
    """Processor seconds of one call of work(k), k counting up; as many calls before are not timed."""
    for k in range(times):
        work(k)
    start = time.process_time()
    for k in range(times, 2 * times):
        work(k)
    return (time.process_time() - start) / times


def core_seconds(row: Row, key: str, level: float) -> float | None:
    """Seconds of one core until a run has first passed a level."""
    steps = row[f"steps to {key} {level:g}"]
    return None if steps is None else steps * row["step_seconds"]


def conclude(rows: Sequence[Row]) -> str:
    """What a grid with RGB costs over one of labels alone: a step, a view, and to equal scores; medians of seeds."""
    alone, both = ([row for row in select(rows, field="grid", supervision=one)] for one in ("labels", "labels+rgb"))
    ratio = {key: median(row[key] for row in both) / median(row[key] for row in alone) for key in SIZES}
    parts = []
    for key, title, unit in (("miou", "mIoU", ""), ("depth_mae", "a depth error of", " m")):
        level = LEVELS[key][-1]
        times = [[core_seconds(row, key, level) for row in some] for some in (alone, both)]
        words = [
            "not reached by all" if None in some else f"{median(some):.0f} s ({min(some):.0f} to {max(some):.0f})"
            for some in times
        ]
        parts.append(f"to {title} {level:g}{unit} labels alone: {words[0]}, labels + RGB: {words[1]}")
    sizes = ", ".join(f"{title} {ratio[key]:.2f}" for key, title in SIZES.items())
    return (
        f"Grid, one core, n = {len(alone)}: {'; '.join(parts)} (at most: what is passed before a run's first preview "
        f"counts from there). With RGB over without: {sizes} times."
    )


QUESTION = Question("costs", QUESTIONS["Q2"], "18", cases, measure, conclude)
