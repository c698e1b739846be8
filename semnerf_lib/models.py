"""What an experiment trains: a field of either kind, sampled in either way, that renders rays."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from semnerf_lib.config import Config
from semnerf_lib.fields import SemanticNeRF, SemanticOnlyNeRF
from semnerf_lib.grid import Box, DensityGrid, GridField, render_grids
from semnerf_lib.losses import distortion_loss, proposal_loss
from semnerf_lib.machine.devices import uses_bfloat16
from semnerf_lib.rendering import Rendered, render_hierarchical
from semnerf_lib.scene import Scene

MICRO_BATCH_BYTES = {"cpu": 2**24, "cuda": 2**31, "mps": 2**31}
"""Bytes that the outputs of the trunks' layers take for one micro-batch: on a CPU few enough for its caches (of 4 to
32 MiB, 16 were the fastest on the one we tried), on other devices as many as their memory has room for."""


def build_field(config: Config, n_classes: int, box: Box) -> GridField | SemanticOnlyNeRF:
    """The untrained field of a run: a feature grid in a box, or P1's network, P2's where colours are learnt."""
    c, rgb = config, config.supervision == "labels+rgb"
    if c.field == "grid":
        return GridField(n_classes, box, c.cells_coarsest, c.cells_finest, c.n_levels, c.grid_width, rgb)
    shape = dict(
        depth=c.depth,
        width=c.width,
        n_octaves=c.n_octaves,
        position_scale=c.position_scale,
        density_bias=c.density_bias,
    )
    if rgb:
        return SemanticNeRF(n_classes, direction_octaves=c.direction_octaves, **shape)
    return SemanticOnlyNeRF(n_classes, **shape)


class Model(nn.Module):
    """A field and its sampler; what both samplers have in common."""

    def __init__(self, config: Config, box: Box):
        super().__init__()
        self.config, self.box = config, box

    def render(
        self,
        rays_o: Float[Tensor, "rays 3"],
        rays_d: Float[Tensor, "rays 3"],
        near: float,
        far: float,
        generator: torch.Generator | None = None,
    ) -> tuple[Rendered, Rendered]:
        """The first and the last rendering of rays; random samples with a generator, the same ones without."""
        raise NotImplementedError

    def regularisation(self, renderings: tuple[Rendered, Rendered], far: float) -> Tensor:
        """What the model adds to the loss of the data."""
        raise NotImplementedError

    def micro_batch_rays(self, device: torch.device) -> int:
        """How many rays of a step are computed at once (see `MICRO_BATCH_BYTES`).

        All with a feature grid: the gradient of a micro-batch would be as large as the grids, however few its rays.
        """
        c = self.config
        if c.field == "grid":
            return c.n_rays + c.colour_rays
        points = c.n_importance if c.sampler == "proposal" else 2 * c.n_samples + c.n_importance
        layers = points * c.depth * c.width
        return max(1, MICRO_BATCH_BYTES[device.type] // (layers * (2 if uses_bfloat16(device, c.precision) else 4)))


class HierarchicalModel(Model):
    """P1's and P2's sampler: separate coarse and fine fields, each ray from near to far."""

    def __init__(self, config: Config, n_classes: int, box: Box):
        super().__init__(config, box)
        self.coarse, self.fine = (build_field(config, n_classes, box) for _ in range(2))

    def render(
        self,
        rays_o: Float[Tensor, "rays 3"],
        rays_d: Float[Tensor, "rays 3"],
        near: float,
        far: float,
        generator: torch.Generator | None = None,
    ) -> tuple[Rendered, Rendered]:
        """Coarse and fine rendering of rays; random samples and density noise with a generator, neither without."""
        near_, far_ = (torch.full_like(rays_o[:, :1], z) for z in (near, far))
        c = self.config
        return render_hierarchical(
            self.coarse, self.fine, rays_o, rays_d, near_, far_, c.n_samples, c.n_importance, generator, c.noise_std
        )

    def regularisation(self, renderings: tuple[Rendered, Rendered], far: float) -> Tensor:
        """0: the papers' loss is the data's alone."""
        return torch.zeros((), device=renderings[0].depth_map.device)


class ProposalModel(Model):
    """A field and the density grid that proposes its samples; rays are cut where they leave a known box."""

    def __init__(self, config: Config, n_classes: int, box: Box):
        super().__init__(config, box)
        self.proposal = DensityGrid(box, config.cells_proposal)
        self.field = build_field(config, n_classes, box)

    def render(
        self,
        rays_o: Float[Tensor, "rays 3"],
        rays_d: Float[Tensor, "rays 3"],
        near: float,
        far: float,
        generator: torch.Generator | None = None,
    ) -> tuple[Rendered, Rendered]:
        """The proposal's and the field's rendering of rays; random samples with a generator, even ones without."""
        near_, far_ = torch.full_like(rays_o[:, :1], near), torch.full_like(rays_o[:, :1], far)
        if self.box.shell == 0:
            far_ = self.box.exit(rays_o, rays_d).clamp(near + 1e-3, far)
        c = self.config
        return render_grids(
            self.proposal, self.field, rays_o, rays_d, near_, far_, c.n_samples, c.n_importance, generator
        )

    def regularisation(self, renderings: tuple[Rendered, Rendered], far: float) -> Tensor:
        """The proposal's own loss, and the distortion loss where it has a weight."""
        first, last = renderings
        loss = proposal_loss(first.z_vals, first.weights, last.z_vals, last.weights)
        if self.config.distortion_weight:
            loss = loss + self.config.distortion_weight * distortion_loss(last.z_vals, last.weights, far)
        return loss


def grid_box(config: Config, scene: Scene) -> Box:
    """Where the grids of a run lie: the scene's bounds if they are known and `config.bounds` is "scene"; else a box
    around the training cameras, with a shell for all that is outside.
    """
    if config.bounds == "scene" and scene.bounds is not None:
        return Box(torch.tensor(scene.bounds), shell=0.0)
    centres = scene.c2w[list(scene.train_ids), :3, 3]
    bounds = np.stack([centres.min(0) - config.margin, centres.max(0) + config.margin])
    return Box(torch.tensor(bounds), config.shell)


def build_model(config: Config, scene: Scene) -> Model:
    """The untrained model of a run: its initial weights depend on `config.seed` alone."""
    sampled = {"hierarchical": HierarchicalModel, "proposal": ProposalModel}[config.sampler]
    box = grid_box(config, scene)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return sampled(config, scene.n_classes, box)
