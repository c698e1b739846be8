"""Notebook 13: more scenes, more classes. Where do labels alone and labels + RGB part?

One room with dials (`scenes.rooms.dials`): from a base, one dial at a time is turned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from semnerf_lib.evaluation import render_view, scored_frames
from semnerf_lib.experiments import Plan, Planned, open_scene
from semnerf_lib.experiments.presets import config_of, supervisions
from semnerf_lib.metrics import confusion_matrix, label_scores
from semnerf_lib.questions.costs import step_seconds
from semnerf_lib.questions.question import Case, Question
from semnerf_lib.questions.rows import Row, difference, select, supervision_gaps
from semnerf_lib.runs.store import Run, Store
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.rooms.class_tree import FEWEST
from semnerf_lib.scenes.rooms.dials import Dials
from semnerf_lib.study.untrained import untrained_depth

SCALE = "laptop"
BASE = Dials(classes=10, objects=75, size=45.0, clutter=0.0)
TURNED: dict[str, tuple[float, ...]] = {
    "classes": (5, 10, 20, 40, 80, 89),
    "objects": (10, 75, 200),
    "size": (15.0, 45.0, 150.0),
    "clutter": (0.0, 3.0),
}
"""Where each dial is set while the others stay at the base. With 89 classes each object is a class of its own."""
FAR: dict[str, float] = {"classes": 80, "objects": 200, "size": 150.0, "clutter": 3.0}
"""The value of each dial that is compared with the base."""
STEPS = 150
"""The fixed budget of a run."""
GROWN = ("classes", "objects", "size")
"""The dials at whose far value runs are made with more steps, too."""
SEEDS = {STEPS: 2, 2 * STEPS: 2, 4 * STEPS: 2}
"""How many seeds runs of so many steps have."""
SHORT: dict[str, Any] = {"n_rays": 1024, "preview_every": 0, "score_frames": 12}
"""What the runs change of the preset, beside their steps: there are many."""


def settings() -> dict[Dials, tuple[int, ...]]:
    """Every setting of the dials, and the numbers of steps of its runs."""
    steps: dict[Dials, tuple[int, ...]] = {}
    for name, values in TURNED.items():
        for value in values:
            far = name in GROWN and value == FAR[name]
            steps[replace(BASE, **{name: value})] = tuple(SEEDS) if far else (STEPS,)
    return steps


def cases() -> Iterator[Case]:
    """Each setting with both supervisions and its seeds."""
    for dials, budgets in settings().items():
        scene = open_scene(dials.spec, SCALE)
        for steps in budgets:
            for seed in range(SEEDS[steps]):
                for planned in pair_of(scene, steps, seed):
                    yield Case(dials.spec, SCALE, planned, {**vars(dials), "steps": steps})


def pair_of(scene: Scene, steps: int, seed: int) -> Plan:
    """A short run of the grid with each supervision."""
    own = SHORT | {"iterations": steps, "lr_decay_steps": round(0.7 * steps), "seed": seed}
    return [Planned(scene, config_of(scene, SCALE, one, "grid", **own)) for one in supervisions(scene)]


def scores_of(planned: Planned, run: Run) -> dict[str, float | None]:
    """mIoU and depth error in metres, and that of an untrained field in the same box."""
    untrained = Planned(planned.scene, config_of(planned.scene, SCALE, "labels", "grid", **SHORT))
    return {
        "miou": run.metrics["miou"],
        "depth_mae": run.metrics["depth_mae"],
        "depth_untrained": untrained_depth([untrained], Store(run.folder.parents[1]), "test"),
    }


def measure(planned: Planned, run: Run) -> dict[str, float | None]:
    """See `scores_of`; and the parameters of the field.

    Where only the classes are not the base's, also mIoU after they were merged; of the first seed after `STEPS` steps
    also the seconds of a step on one core.
    """
    dials = next(one for one in settings() if one.title == planned.scene.name)
    merged = merged_miou(planned, run) if replace(dials, classes=BASE.classes) == BASE else None
    return scores_of(planned, run) | {
        "miou_merged": merged,
        "parameters": run.provenance["parameters"],
        "step_seconds": step_seconds(planned, run) if (run.config.seed, run.config.iterations) == (0, STEPS) else None,
    }


def merged_miou(planned: Planned, run: Run) -> float:
    """mIoU after the classes of truth and of rendered labels were merged: one measure for every number of classes."""
    scene, few = planned.scene, open_scene(replace(BASE, classes=FEWEST).spec, SCALE)
    if scene.n_classes == FEWEST:
        return run.metrics["miou"]
    model, merged = run.load(scene), np.full(256, VOID, dtype=np.uint8)
    merged[scene.labels] = few.labels
    confusion = np.zeros((FEWEST, FEWEST), dtype=np.int64)
    for i in scored_frames(scene, planned.config)["test"]:
        labels = render_view(model, scene.intrinsics, scene.c2w[i], scene.near, scene.far).labels
        confusion += confusion_matrix(merged[labels], few.labels[i], FEWEST)
    return label_scores(confusion).miou


def conclude(rows: Sequence[Row]) -> str:
    """What each dial does to mIoU, what is left of the classes' effect after merging, and what more steps change."""
    words, base = ("higher", "lower"), select(rows, **vars(BASE), steps=STEPS)
    far = {dial: select(rows, **vars(replace(BASE, **{dial: value}))) for dial, value in FAR.items()}
    parts = [
        f"{dial} {FAR[dial]:g} instead of {vars(BASE)[dial]:g}, "
        f"{difference(select(some, steps=STEPS), base, 'miou', words)}"
        for dial, some in far.items()
    ]
    both = (select(rows, **vars(replace(BASE, classes=n)), steps=STEPS) for n in (FAR["classes"], FEWEST))
    gaps = [
        f"after {steps} steps {supervision_gaps([select(far[dial], steps=steps) for dial in GROWN], 'settings')}"
        for steps in (min(SEEDS), max(SEEDS))
    ]
    return (
        f"mIoU after {STEPS} steps, with {'; '.join(parts)}. Over the {FEWEST} classes into which those learnt were "
        f"merged: with {FAR['classes']:g} classes instead of {FEWEST}, {difference(*both, 'miou_merged', words)}. "
        f"Labels alone minus labels + RGB at {', '.join(f'{dial} {FAR[dial]:g}' for dial in GROWN)}: {'; '.join(gaps)}."
    )


QUESTION = Question("scenes_and_classes", "More scenes, more classes", "13", cases, measure, conclude)
