"""The true room as a field of voxels: those that hold a surface of a training frame are dense."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from semnerf_lib.cameras import unproject
from semnerf_lib.errors import SemnerfError
from semnerf_lib.rendering import Field, FieldOutput
from semnerf_lib.scene import VOID, Scene

STOPS = 0.99
"""Share of the light that a voxel stops along its side."""
SURE = 8.0
"""Logit of a voxel's class; those of the other classes are 0, and so are all in the air."""
THICKNESS = 3
"""Voxels behind each other at a surface: even samples would step over a thinner one."""
AIR = VOID + 1
"""The label of an empty voxel."""


def surface_voxels(scene: Scene) -> Field:
    """A field with the surfaces and the classes that the training frames show; nothing is trained.

    A voxel is as wide as a pixel at 3 m. Voxels in which some frame sees a surface are dense, and so are those behind
    it, THICKNESS in all: sigma = -ln(1 - STOPS) / width. A voxel has the class that is seen most often in it.

    Raises:
        SemnerfError: a scene without depth.
    """
    if scene.depth is None or not (scene.depth > 0).any():
        raise SemnerfError(f"scene {scene.name}: it has no depth, expected some to make a field of its true surfaces")
    width = 3 / scene.intrinsics.fx
    layers = [_cells(scene, width, behind * width) for behind in range(THICKNESS)]
    origin = np.min([cells.min(0) for cells, _ in layers], axis=0)
    size = np.max([cells.max(0) for cells, _ in layers], axis=0) - origin + 1
    room = np.full(size.prod(), AIR)
    for cells, labels in reversed(layers):  # what was seen is written over what only lies behind
        pairs = np.ravel_multi_index((cells - origin).T, size) * 256 + labels
        pairs, votes = np.unique(pairs, return_counts=True)
        place, label = np.divmod(pairs[np.argsort(votes, kind="stable")], 256)
        room[place] = label  # of a voxel's classes the most frequent is written last
    room, logits = torch.from_numpy(room), torch.zeros(AIR + 1, scene.n_classes)
    logits[: scene.n_classes] = SURE * torch.eye(scene.n_classes)
    lower, upper = torch.tensor(origin), torch.tensor(size)
    strides = torch.tensor([size[1] * size[2], size[2], 1])

    def field(points: Tensor, viewdirs: Tensor) -> FieldOutput:
        cell = torch.floor(points / width).long() - lower
        inside = ((cell >= 0) & (cell < upper)).all(-1)
        voxel = torch.where(inside, room[(torch.minimum(cell.clamp(min=0), upper - 1) * strides).sum(-1)], AIR)
        return FieldOutput(torch.where(voxel == AIR, 0.0, -math.log(1 - STOPS) / width), logits[voxel])

    return field


def _cells(scene: Scene, width: float, behind: float) -> tuple[np.ndarray, np.ndarray]:
    """The voxels of the training frames' pixels, moved `behind` metres behind their surfaces, and their labels."""
    cells, labels = [], []
    for i in scene.train_ids:
        valid = scene.depth[i] > 0
        depth, c2w = torch.from_numpy(scene.depth[i] + np.float32(behind)), torch.tensor(scene.c2w[i]).float()
        points = unproject(depth, scene.intrinsics, c2w).numpy()[valid]
        cells.append(np.floor(points / width).astype(np.int64))
        labels.append(scene.labels[i][valid])
    return np.concatenate(cells), np.concatenate(labels)
