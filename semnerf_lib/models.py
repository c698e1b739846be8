"""Field pairs that render: what an experiment trains, whichever field it is made of."""

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


class MLPModel(nn.Module):
    """P1's and P2's pair of separate coarse and fine networks, rendered hierarchically."""

    def __init__(self, config: Config, n_classes: int):
        super().__init__()
        self.config = config
        shape = dict(
            depth=config.depth, width=config.width, n_octaves=config.n_octaves, position_scale=config.position_scale
        )

        def network():
            if config.supervision == "labels":
                return SemanticOnlyNeRF(n_classes, **shape)
            return SemanticNeRF(n_classes, direction_octaves=config.direction_octaves, **shape)

        self.coarse, self.fine = network(), network()

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

    def micro_batch_rays(self, device: torch.device) -> int:
        """How many rays of a step are computed at once (see `MICRO_BATCH_BYTES`)."""
        c = self.config
        layers = (2 * c.n_samples + c.n_importance) * c.depth * c.width
        return max(1, MICRO_BATCH_BYTES[device.type] // (layers * (2 if uses_bfloat16(device, c.precision) else 4)))

    def regularisation(self, renderings: tuple[Rendered, Rendered], far: float) -> Tensor:
        """0: the papers' loss is the data's alone."""
        return torch.zeros((), device=renderings[0].depth_map.device)


class GridModel(nn.Module):
    """A `GridField` and the density grid that proposes its samples; rays are cut where they leave a known box."""

    def __init__(self, config: Config, n_classes: int, bounds: Float[Tensor, "2 3"], shell: float):
        super().__init__()
        self.config = config
        self.box = Box(bounds, shell)
        self.proposal = DensityGrid(self.box, config.cells_proposal)
        self.field = GridField(
            n_classes,
            self.box,
            config.cells_coarsest,
            config.cells_finest,
            config.n_levels,
            config.grid_width,
            rgb=config.supervision == "labels+rgb",
        )

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

    def micro_batch_rays(self, device: torch.device) -> int:
        """All rays of a step: the gradient of a micro-batch would be as large as the grids, however few its rays."""
        return self.config.n_rays + self.config.colour_rays

    def regularisation(self, renderings: tuple[Rendered, Rendered], far: float) -> Tensor:
        """The proposal's own loss, and the distortion loss where it has a weight."""
        first, last = renderings
        loss = proposal_loss(first.z_vals, first.weights, last.z_vals, last.weights)
        if self.config.distortion_weight:
            loss = loss + self.config.distortion_weight * distortion_loss(last.z_vals, last.weights, far)
        return loss


Model = MLPModel | GridModel


def build_model(config: Config, scene: Scene) -> Model:
    """The untrained model of a run: its initial weights depend on `config.seed` alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        if config.field == "mlp":
            return MLPModel(config, scene.n_classes)
        if scene.bounds is not None:
            return GridModel(config, scene.n_classes, torch.tensor(scene.bounds), shell=0.0)
        centres = scene.c2w[list(scene.train_ids), :3, 3]
        bounds = np.stack([centres.min(0) - config.margin, centres.max(0) + config.margin])
        return GridModel(config, scene.n_classes, torch.tensor(bounds), config.shell)
