"""The page of a run that nobody trained: a room of two classes, a view that is right and one that is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import trimesh
from made_runs import make_run
from tiny import LOWER, NAMES, UPPER, make_tiny_scene, tiny_config

from semnerf_lib.evaluation import View
from semnerf_lib.experiments import Planned
from semnerf_lib.pages.run_page import run_page
from semnerf_lib.runs.store import Store
from semnerf_lib.scenes.raycast import LabelledMesh

WRONG_FRAME = 4
"""The view that has one class everywhere."""


def boxed() -> LabelledMesh:
    """The tiny room as a box that is seen from inside, its floor of another class than its walls."""
    box = trimesh.creation.box(bounds=(LOWER, UPPER)).subdivide()
    box.invert()
    floor = box.triangles_center[:, 2] < LOWER[2] + 0.01
    zeros = np.zeros(len(box.faces))
    return LabelledMesh(
        np.asarray(box.vertices, np.float32), np.asarray(box.faces, np.int32), np.where(floor, 4, 0).astype(np.uint8),
        NAMES, np.zeros((len(box.faces), 3), np.uint8), zeros.astype(np.int32),
    )  # fmt: skip


def made_page(folder: Path, **changes: object) -> str:
    """The page of a run of the tiny scene with these attributes, for instance other class names."""
    tiny = make_tiny_scene()
    scene = replace(tiny, **changes)
    run = make_run(Store(folder), Planned(scene, tiny_config()), 0.5)
    views = {}
    for frame in (0, WRONG_FRAME):
        labels = np.zeros_like(tiny.labels[frame]) if frame == WRONG_FRAME else tiny.labels[frame]
        ones = np.ones(labels.shape, np.float32)
        views[frame] = View(labels, ones, 0 * ones, tiny.depth[frame], None)
    mesh = replace(boxed(), class_names=scene.class_names)
    return run_page(run, scene, mesh, views, [{"score": "mean IoU", "value": "0.500"}])
