"""Notebook 14: what a field makes of a class that is never labelled, in few views only, or under another name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from semnerf_lib.experiments import Planned, config_of, open_scene, supervisions
from semnerf_lib.labels import CLEAN, Corruption
from semnerf_lib.questions.question import Case
from semnerf_lib.scene import Scene

SPEC, SCALE = "room", "laptop"
SEEDS = 3
SHORT = {"iterations": 150, "lr_decay_steps": 105, "preview_every": 0, "score_frames": 12}
"""What these runs change of the laptop's preset."""
NEVER = tuple(Corruption("unlabelled", 1, name) for name in ("sofa", "chair"))
"""One class is void in every training frame: one large object, and eight thin ones."""
DRIFT = (Corruption("unlabelled", 0.98, "chair"), Corruption("renamed", 0.4, "chair"))
"""One class is labelled in a few views only, or called by another class's name in some."""


def short_runs(scene: Scene, corruptions: Sequence[Corruption]) -> list[Planned]:
    """Each corruption with each supervision and seed; the seed of a run is that of its corruption too."""
    return [
        Planned(scene, config_of(scene, SCALE, supervision, "grid", seed=seed, corruption=corruption, **SHORT))
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
