"""Notebook 14: what a field makes of a class that is never labelled, in few views only, or under another name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from semnerf_lib.experiments import UNLABELLED_CLASS, Planned, open_scene, short_run
from semnerf_lib.experiments.presets import supervisions
from semnerf_lib.labels import CLEAN, Corruption
from semnerf_lib.models import Model
from semnerf_lib.questions.question import Case, Question
from semnerf_lib.questions.ray_views import auroc, frames_that_show, ray_view
from semnerf_lib.questions.rows import Row, difference, mean_of, select
from semnerf_lib.runs.store import Run
from semnerf_lib.scene import VOID, Scene

SPEC, SCALE = "room", "laptop"
SEEDS = 3
N_VIEWS = 4
"""Test frames in which the pixels of a class are looked at."""
NEVER = tuple(Corruption("unlabelled", 1, name) for name in (UNLABELLED_CLASS, "chair"))
"""One class is void in every training frame: one large object, and eight thin ones."""
DRIFT = (Corruption("unlabelled", 0.98, "chair"), Corruption("renamed", 0.4, "chair"))
"""One class is labelled in a few views only, or called by another class's name in some."""


def short_runs(scene: Scene, corruptions: Sequence[Corruption]) -> list[Planned]:
    """Each corruption with each supervision and seed; the seed of a run is that of its corruption too."""
    return [
        short_run(scene, SCALE, supervision, corruption, seed)
        for corruption in corruptions
        for seed in range(SEEDS)
        for supervision in supervisions(scene)
    ]


def cases(corruptions: Sequence[Corruption]) -> Iterator[Case]:
    """The clean labels and each corruption, on the room of the series."""
    scene = open_scene(SPEC, SCALE)
    for planned in short_runs(scene, (CLEAN, *corruptions)):
        corruption = planned.config.corruption
        dials = {"corruption": str(corruption), "class": corruption.class_name or "", "share": corruption.amount or 0.0}
        yield Case(SPEC, SCALE, planned, dials)


def class_scores(planned: Planned, run: Run) -> dict[str, float | None]:
    """What a run makes of a class: that of its corruption, or after clean labels each that another run goes without.

    Over the pixels of the class in some test frames that show it; for each class, after its name:

        iou: over the test frames at which the run was scored
        before, at, behind: opacity (see `ray_views.opacity_by_depth`)
        depth error, depth bias: mean |z - d| and mean z - d, metres
        entropy, entropy elsewhere: nats; elsewhere is in pixels of other classes of the same frames
        entropy auroc, spread auroc: whether entropy, or the spread of depth along the ray, tells its pixels from others
        as NAME: share of its pixels that are rendered as this class, for the three most frequent ones
    """
    scene, name, numbers = planned.scene, run.config.corruption.class_name, {}
    model = run.load(scene)
    for of_class in [name] if name else dict.fromkeys(one.class_name for one in (*NEVER, *DRIFT)):
        scores = pixel_scores(model, scene, scene.class_names.index(of_class))
        scores["iou"] = run.metrics["per_class_iou"][of_class]
        numbers |= {f"{of_class} {key}": value for key, value in scores.items()}
    return numbers | {key: run.metrics[key] for key in ("miou", "depth_mae")}


def pixel_scores(model: Model, scene: Scene, of_class: int) -> dict[str, float | None]:
    """The scores of `class_scores` that come from rendered pixels, for one class."""
    mask = scene.labels == of_class
    frames = frames_that_show(mask, list(scene.test_ids), N_VIEWS)
    views = [ray_view(model, scene, i) for i in frames]
    labels, entropy, depth, spread, opacity = (
        np.stack([getattr(view, key) for view in views]) for key in ("labels", "entropy", "depth", "spread", "opacity")
    )
    wanted, labelled = mask[frames], scene.labels[frames] != VOID
    off = (depth - scene.depth[frames])[wanted]
    before, at, behind = opacity[wanted].mean(0).tolist()
    ids, counts = np.unique(labels[wanted], return_counts=True)
    order = np.argsort(-counts, kind="stable")[:3]
    return {
        "before": before,
        "at": at,
        "behind": behind,
        "depth error": float(np.abs(off).mean()),
        "depth bias": float(off.mean()),
        "entropy": float(entropy[wanted].mean()),
        "entropy elsewhere": float(entropy[labelled & ~wanted].mean()),
        "entropy auroc": auroc(entropy[labelled], wanted[labelled]),
        "spread auroc": auroc(spread[labelled], wanted[labelled]),
        **{f"as {scene.class_names[ids[k]]}": float(counts[k] / wanted.sum()) for k in order},
    }


def conclude(rows: Sequence[Row]) -> str:
    """Where the opacity is at classes that were never labelled, and whether entropy points to them; labels alone."""
    clean, parts = select(rows, corruption=str(CLEAN), supervision="labels"), []
    for corruption in NEVER:
        own, name = select(rows, corruption=str(corruption), supervision="labels"), corruption.class_name
        behind = difference(own, clean, f"{name} behind", ("emptier", "fuller"))
        entropy = [mean_of(some, f"{name} entropy auroc") for some in (own, clean)]
        parts.append(
            f"{name}: {mean_of(own, f'{name} behind'):.0%} of the opacity lies behind its surface, with labels "
            f"{mean_of(clean, f'{name} behind'):.0%} ({behind}); entropy tells its pixels from others with AUROC "
            f"{entropy[0]:.2f}, with labels {entropy[1]:.2f}"
        )
    return f"Never labelled, and rendered as its neighbours. {'. '.join(part[0].upper() + part[1:] for part in parts)}."


UNLABELLED = Question(
    "unlabelled",
    "A class that is never labelled, in few views only, or under another name",
    "14",
    lambda: cases((*NEVER, *DRIFT)),
    class_scores,
    conclude,
)
