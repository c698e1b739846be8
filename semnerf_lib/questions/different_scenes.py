"""Notebook 13: scenes that differ in everything. Three made rooms, and real ones where the reader has their frames.

The frames of the real scenes are not part of the project: a reader who has them names their folder in the environment
variable `SEMNERF_REAL_DATA`. The project keeps their scores.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import Planned, open_scene
from semnerf_lib.questions.question import Case, Question
from semnerf_lib.questions.rows import Row, mean_of, select, supervision_gaps
from semnerf_lib.questions.scenes_and_classes import SCALE, STEPS, pair_of, scores_of
from semnerf_lib.runs.store import Run
from semnerf_lib.scenes.loading import MADE_SCENES

REAL_DATA = "SEMNERF_REAL_DATA"
REAL = {
    "replica_apartment_0_dining_living": "Replica apartment_0, dining and living room",
    "replica_apartment_0_bedroom_b": "Replica apartment_0, a bedroom",
    "small_house_living": "living room of the AWS RoboMaker small house",
}
"""Scenes that others published: folder in Semantic-NeRF's layout, and what it shows."""
SEEDS = 2


def specs() -> dict[str, str]:
    """What `open_scene` opens, by scene: the made rooms, and the real ones where their frames are.

    Raises:
        SemnerfError: the variable names a folder that lacks one of them.
    """
    found = {name: name for name in MADE_SCENES}
    if folder := os.environ.get(REAL_DATA):
        for name in REAL:
            path = Path(folder) / name
            if not path.is_dir():
                raise SemnerfError(f"{REAL_DATA}: {folder} has no folder {name}, expected {', '.join(REAL)}")
            found[name] = str(path)
    return found


def cases() -> Iterator[Case]:
    """Each scene with both supervisions and its seeds, as short as the runs of `scenes_and_classes`."""
    for name, spec in specs().items():
        scene = open_scene(spec, SCALE)
        for seed in range(SEEDS):
            for planned in pair_of(scene, STEPS, seed):
                yield Case(spec, SCALE, planned, {"scene": name})


def measure(planned: Planned, run: Run) -> dict[str, float | None]:
    """See `scenes_and_classes.scores_of`; and classes seen and training frames."""
    return scores_of(planned, run) | {
        "classes": len(planned.scene.present_classes),
        "frames": len(planned.scene.train_ids),
    }


def title_of(name: str) -> str:
    """What a scene is called.

    >>> title_of("bedroom"), title_of("small_house_living")
    ('made bedroom', 'living room of the AWS RoboMaker small house')
    """
    return REAL.get(name, f"made {name}")


def conclude(rows: Sequence[Row]) -> str:
    """The difference of labels alone and labels + RGB over the scenes, and where it is least and most."""
    by_scene = {name: select(rows, scene=name) for name in dict.fromkeys(row["scene"] for row in rows)}
    alone, both = (
        {name: mean_of(select(runs, supervision=one), "miou") for name, runs in by_scene.items()}
        for one in ("labels", "labels+rgb")
    )
    gaps = {name: 100 * (alone[name] - both[name]) for name in by_scene}
    ends = (min(gaps, key=lambda name: gaps[name]), max(gaps, key=lambda name: gaps[name]))
    least, most = (f"{title_of(name)} ({gaps[name]:+.1f})".replace("-", "−") for name in ends)
    return (
        f"After {STEPS} steps, labels alone minus labels + RGB: "
        f"{supervision_gaps(list(by_scene.values()), 'scenes')}. Difference in mIoU, least: {least}; most: {most}."
    )


QUESTION = Question("different_scenes", "Scenes as different as possible", "13", cases, measure, conclude)
