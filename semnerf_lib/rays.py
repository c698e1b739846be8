"""Which pixels' rays a training step learns from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from semnerf_lib.cameras import rays_from_pixels
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID, Scene


class Batch(NamedTuple):
    """Rays, with the labels and colours of their pixels.

    Attributes:
        rays_o, rays_d: origins, m, and directions of length 1 along the optical axis.
        labels: classes; VOID for a ray whose pixel has no label: it teaches colour alone.
        rgb: colours in [0, 1], or None.
    """

    rays_o: Float[Tensor, "rays 3"]
    rays_d: Float[Tensor, "rays 3"]
    labels: Int[Tensor, "rays"]
    rgb: Float[Tensor, "rays 3"] | None

    def split(self, n_rays: int) -> list[Batch]:
        """The same rays in micro-batches of at most `n_rays`, in order."""
        n = len(self.labels)
        if n <= n_rays:
            return [self]
        cuts = [slice(start, start + n_rays) for start in range(0, n, n_rays)]
        return [Batch(*(None if a is None else a[cut] for a in self)) for cut in cuts]

    def shares(self, whole: Batch) -> dict[str, float | Tensor]:
        """For each term of the loss the share of a whole batch's rays that these are; `semantic`: of labelled rays."""
        mine, all_ = ((batch.labels != VOID).sum() for batch in (self, whole))
        rays = len(self.labels) / len(whole.labels)
        return {"semantic": mine / all_.clamp_min(1), "photometric": rays, "regularisation": rays}


class TrainingRays:
    """Draws training rays: from labelled pixels of the training frames, from boundary pixels, or from all pixels.

    P2 takes the rays of a step from one image [P2, code]. With labels alone, a step on an unlabelled frame would teach
    nothing, and a batch of void pixels has no loss. So the rays that teach labels are drawn from labelled pixels, for
    either supervision, unless `pixels` says otherwise.

    Args:
        scene: whose training frames are learnt.
        labels: (N, H, W) what they are labelled with (see `labels.corrupt`).
        device: where rays are made.
        with_rgb: whether colours are drawn too.
        pixels: where the rays that teach labels come from: "labelled" pixels, or "any" (P2).

    Raises:
        SemnerfError: RGB asked for and not there, or no labelled pixel.
    """

    def __init__(self, scene: Scene, labels: np.ndarray, device: torch.device, with_rgb: bool, pixels: str):
        if with_rgb and scene.rgb is None:
            raise SemnerfError(f"scene {scene.name} has no RGB, expected some for supervision 'labels+rgb'")
        ids = list(scene.train_ids)
        learnt = torch.from_numpy(labels[ids])
        labelled = learnt.flatten() != VOID
        if not labelled.any():
            raise SemnerfError(f"scene {scene.name}: no labelled pixel in its {len(ids)} training frames")
        self.pool = torch.nonzero(labelled if pixels == "labelled" else torch.ones_like(labelled))[:, 0].to(device)
        self.boundary = torch.nonzero(boundary_pixels(learnt).flatten())[:, 0].to(device)
        self.labels = learnt.flatten().to(device)
        self.rgb = torch.from_numpy(scene.rgb[ids].copy()).reshape(-1, 3).to(device) if with_rgb else None
        self.c2w = torch.from_numpy(scene.c2w[ids].copy()).float().to(device)
        self.intrinsics = scene.intrinsics

    def draw(self, n_rays: int, generator: torch.Generator, n_boundary: int = 0, n_colour: int = 0) -> Batch:
        """Random rays of the training frames.

        First `n_rays` that teach labels, of which `n_boundary` are boundary pixels where there are any. Then, if there
        is RGB, `n_colour` of any pixel, each with its label where it has one.
        """

        def picks(count, n):
            return torch.randint(count, (n,), generator=generator, device=self.labels.device)

        n_boundary = n_boundary if len(self.boundary) else 0
        pixel = self.pool[picks(len(self.pool), n_rays - n_boundary)]
        if n_boundary:
            pixel = torch.cat([pixel, self.boundary[picks(len(self.boundary), n_boundary)]])
        if self.rgb is not None and n_colour:
            pixel = torch.cat([pixel, picks(len(self.labels), n_colour)])
        width, size = self.intrinsics.width, self.intrinsics.width * self.intrinsics.height
        v, u = (pixel % size) // width, pixel % width
        rays_o, rays_d = rays_from_pixels(self.intrinsics, self.c2w[pixel // size], u.float(), v.float())
        rgb = None if self.rgb is None else self.rgb[pixel].float() / 255
        return Batch(rays_o, rays_d, self.labels[pixel].long(), rgb)


def boundary_pixels(
    labels: UInt8[torch.Tensor, "frames height width"],
) -> Bool[torch.Tensor, "frames height width"]:
    """The labelled pixels with another class in one of the four neighbours; a void neighbour does not count."""
    beside = torch.zeros_like(labels, dtype=torch.bool)
    for axis in (1, 2):
        length = labels.shape[axis] - 1
        first, second = labels.narrow(axis, 0, length), labels.narrow(axis, 1, length)
        differ = (first != second) & (first != VOID) & (second != VOID)
        beside.narrow(axis, 0, length).logical_or_(differ)
        beside.narrow(axis, 1, length).logical_or_(differ)
    return beside
