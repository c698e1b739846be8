"""A 3D baseline without a NeRF: labels of several views voted into the carved cells of a grid, and ray-cast.

    n_c(x) = number of labelled training views that see cell x on a pixel of class c
    a(x) = max_c n_c(x) / (DOUBT + sum_c n_c(x)),   solid cells: the share q of all cells that have the highest a
    label of a pixel = argmax_c n_c(x) of the first solid cell x on its ray

The agreement a is that of `carving`, lower where few views vote. Nobody knows at first which views see a cell, so all
vote that have it in their image. In a second round those do not vote in which the solid cells of the first hide it
[Seitz and Dyer 1999; Kutulakos and Seitz 2000, of colours]. Of both rounds and the shares `SOLID` those are taken whose
ray-cast training views agree best with the given labels. An old rival of semantic fields, there with measured depth:
labels voted into a reconstruction [SemanticFusion, McCormac et al. 2017].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from semnerf_lib.cameras import Intrinsics, get_rays
from semnerf_lib.carving import FEWEST, VIEWS, evenly, votes_by_class
from semnerf_lib.corruptions.rules import Labels
from semnerf_lib.errors import SemnerfError
from semnerf_lib.grid import Box
from semnerf_lib.machine.cores import on_cores
from semnerf_lib.machine.voxel_tracing import trace
from semnerf_lib.scene import VOID, Scene

CELLS = 250_000
"""Cells of the grid at most."""
CELLS_A_PIXEL = 26
"""Cells for each pixel of a view at most: small images cannot tell small cells apart."""
SOLID = (0.3, 0.2, 0.12, 0.07, 0.04)
"""Shares of the cells that may be solid."""
MARGIN = 2.0
"""Metres around the training cameras that the grid covers: nobody tells a baseline where the walls are."""
SLACK = 1.5
"""Cells behind a view's first solid cell that it still sees."""
VOTERS = 96
"""Training views that vote for the class of a solid cell; so many as `carving.VIEWS` say which cells are solid."""
LOOKS = 6
"""Training views by which the share of solid cells is chosen."""
DOUBT = 2.0
"""Votes against every cell: of cells on which all views agree, those that more views see are solid first."""
CHUNK = 1 << 15
"""Cells whose votes are counted at once."""
CPU = torch.device("cpu")


class VotedCells:
    """The labels of some training views, voted into cells: a rival that renders views as a field does.

    Args:
        scene: cameras and training frames. Its bounds are not used.
        labels: (N, H, W) of all frames; those of the training frames vote, but for void pixels.

    Attributes:
        classes: (cells,) the class that most views vote for, VOID in a cell without a vote.
        gap: (cells,) how many cells away the nearest solid one is; 0 in a solid one.

    Raises:
        SemnerfError: no labelled training frame.
    """

    def __init__(self, scene: Scene, labels: Labels):
        views = [i for i in scene.train_ids if (labels[i] != VOID).any()]
        if not views:
            raise SemnerfError(f"scene {scene.name}: no training frame with a label, expected one to vote")
        self.scene, centres = scene, scene.c2w[list(scene.train_ids), :3, 3]
        bounds = np.stack([centres.min(0) - MARGIN, centres.max(0) + MARGIN])
        self.box = Box(torch.tensor(bounds), shell=0.0)
        n_cells = min(CELLS, CELLS_A_PIXEL * scene.labels[0].size)
        self.size = torch.tensor(self.box.resolution(n_cells)) - 1
        self.cell = float(((self.box.bounds[1] - self.box.bounds[0]) / self.size).min())
        axes = [(torch.arange(n) + 0.5) / n for n in self.size.tolist()]
        self.centres = self.box.inverse(torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).reshape(-1, 3))
        carvers, voters = evenly(views, VIEWS), evenly(views, VOTERS)
        self.classes, agreement = self._votes(labels, carvers, self.centres, None)
        first = self._carve(labels, agreement, evenly(views, LOOKS))
        classes, of_seen = self._votes(labels, carvers, self.centres, self._depth(carvers))
        agreement, gap = torch.where(of_seen > 0, of_seen, agreement), self.gap
        self.classes = torch.where(classes == VOID, self.classes, classes)
        if self._carve(labels, agreement, evenly(views, LOOKS)) < first:
            self.gap = gap
        surface, depth = (self.gap == 0).nonzero()[:, 0], self._depth(voters)
        classes, _ = self._votes(labels, voters, self.centres[surface], depth)
        self.classes[surface] = torch.where(classes == VOID, self.classes[surface], classes)

    def render(
        self, c2w: Float[np.ndarray, "4 4"], camera: Intrinsics | None = None
    ) -> tuple[UInt8[np.ndarray, "height width"], Float[np.ndarray, "height width"]]:
        """Labels and depth (metres along the optical axis) of a view.

        A ray goes on to the first solid cell (see `voxel_tracing.trace`). One that meets none gets the class of the
        last cell before it leaves the grid, or `Scene.far`.

        Args:
            camera: None takes the scene's.
        """
        camera = camera or self.scene.intrinsics
        rays_o, rays_d = (rays.reshape(-1, 3) for rays in get_rays(camera, torch.tensor(c2w, dtype=torch.float32)))
        far = self.box.exit(rays_o, rays_d)[:, 0].clamp(self.scene.near, self.scene.far)
        lower, side = self.box.bounds[0], (self.box.bounds[1] - self.box.bounds[0]) / self.size
        gap = self.gap.reshape(self.size.tolist())
        z, cells = trace(gap, (rays_o - lower) / side, rays_d / side, self.scene.near, far)
        shape = camera.height, camera.width
        return self.classes[cells].reshape(shape).numpy(), z.reshape(shape).numpy()

    def render_frames(
        self, ids: Sequence[int]
    ) -> tuple[UInt8[np.ndarray, "ids height width"], Float[np.ndarray, "ids height width"]]:
        """`render` of some frames of the scene."""
        with on_cores(lambda i: self.render(self.scene.c2w[i]), list(ids), CPU) as views:
            labels, depth = zip(*views, strict=True)
        return np.stack(labels), np.stack(depth)

    def _votes(
        self, labels: Labels, views: Sequence[int], points: Float[Tensor, "points 3"], depth: Mapping | None
    ) -> tuple[UInt8[Tensor, "points"], Float[Tensor, "points"]]:
        """The class with the most votes at points, VOID without one; and the agreement, 0 of fewer than FEWEST."""

        def counted(some):
            votes = votes_by_class(self.scene, labels, some, views, depth, SLACK * self.cell)
            most, total = votes.max(-1), votes.sum(-1)
            sure = total >= min(FEWEST, len(views))
            return (
                torch.where(total > 0, most.indices, VOID).byte(),
                torch.where(sure, most.values / (total + DOUBT), 0.0),
            )

        with on_cores(counted, list(points.split(CHUNK)), CPU) as parts:
            classes, agreement = zip(*parts, strict=True)
        return torch.cat(classes), torch.cat(agreement)

    def _carve(self, labels: Labels, agreement: Float[Tensor, "cells"], views: Sequence[int]) -> float:
        """Sets the gaps for the share of `SOLID` whose views agree best with the given labels; returns how well."""
        best, gap = -1.0, None
        for share in SOLID:
            self.gap = gaps((agreement > 0) & (agreement >= agreement.quantile(1 - share)), self.size.tolist())
            rendered = self.render_frames(views)[0]
            right = [(a == labels[i])[labels[i] != VOID].mean() for i, a in zip(views, rendered, strict=True)]
            if np.mean(right) > best:
                best, gap = float(np.mean(right)), self.gap
        self.gap = gap
        return best

    def _depth(self, views: Sequence[int]) -> dict[int, Float[Tensor, "height width"]]:
        return dict(zip(views, torch.tensor(self.render_frames(views)[1]), strict=True))


def gaps(solid: Bool[Tensor, "cells"], size: Sequence[int]) -> Float[Tensor, "cells"]:
    """How many cells away the nearest solid one is, centre to centre; the grid's diagonal where there is none."""
    if not solid.any():
        return torch.full(solid.shape, float(np.linalg.norm(size)))
    return torch.tensor(distance_transform_edt(~solid.reshape(size).numpy()), dtype=torch.float32).reshape(-1)
