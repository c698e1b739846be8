"""Learners: fields that learn from clicks, fast enough for a person to watch.

A few clicks say nothing about geometry. `ColourLearner` learns it from the colours of the training views, before the
first click, and the clicks teach classes only. `LabelLearner` learns from the clicks alone, as P1 does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from semnerf_lib.cameras import rays_from_pixels
from semnerf_lib.config import Config
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import autocast
from semnerf_lib.experiments.presets import preset
from semnerf_lib.grid import GridField
from semnerf_lib.losses import photometric_loss, semantic_loss
from semnerf_lib.machine.gradients import adam, descend
from semnerf_lib.models import Model, ProposalModel, build_model
from semnerf_lib.rendering import FieldOutput
from semnerf_lib.scene import Scene
from semnerf_lib.studio.clicks import Click

REACH = 1.5
"""Metres over which a click has an effect: the length of the kernel."""
COLOUR_SCALE = 3.0
"""Metres that count as much as the difference between black and white in one colour channel."""
N_FEATURES = 256
HEAD_STEPS, HEAD_LR, RIDGE = 100, 0.3, 1e-2
"""How the head is fitted to the clicks. It starts again after each click, so an undone click leaves no trace."""
LABEL_STEPS = 30
"""Steps that the field from clicks alone takes after each click."""


def studio_config(scale: str = "laptop", seed: int = 0) -> Config:
    """The grid of the studio: a quarter of the laptop's finest cells, so that it learns the geometry within seconds."""
    smaller = dict(cells_finest=400_000, n_rays=1024, iterations=250, lr=4e-2, lr_decay_steps=300)
    return preset(scale, "grid", seed=seed, **(smaller if scale != "smoke" else {}))


@runtime_checkable
class Learner(Protocol):
    """What a studio teaches.

    Attributes:
        name: of the supervision.
        model: renders at any time.
        steps, step_count: the steps that need no click: how many in all, and how many are done.
    """

    name: str
    model: Model
    steps: int
    step_count: int

    def step(self) -> bool:
        """Makes one of the steps that need no click; False if all are done."""

    def fit(self, clicks: Sequence[Click]) -> None:
        """Learns from all clicks so far."""


def proposal_model(config: Config, scene: Scene) -> ProposalModel:
    """The untrained model of a config whose sampler is "proposal"."""
    model = build_model(config, scene)
    assert isinstance(model, ProposalModel)
    return model


class KernelHead(nn.Module):
    """Class logits of a point and its colour, linear in random features of a Gaussian kernel [Rahimi and Recht 2007].

        z = (x - m, 3 c) / reach,   phi(z) = sqrt(2 / D) cos(W z + b),   s = V phi(z)

    with W normal and b uniform in [0, 2 pi), drawn once: phi(z) . phi(z') is about exp(-|z - z'|^2 / 2). So a click
    has an effect on what is near and has a similar colour. Far from all clicks every class is equally probable. (A
    small MLP would be confident there, without a reason.)

    Args:
        n_classes: C.
        centre: m, metres.
        seed: of W and b.
    """

    def __init__(self, n_classes: int, centre: Float[Tensor, "3"], seed: int):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.register_buffer("centre", centre.float(), persistent=False)
        self.register_buffer("directions", torch.randn(6, N_FEATURES, generator=generator) / REACH)
        self.register_buffer("phases", 2 * math.pi * torch.rand(N_FEATURES, generator=generator))
        self.values = nn.Parameter(torch.zeros(N_FEATURES, n_classes))

    def features(
        self, points: Float[Tensor, "*batch 3"], rgb: Float[Tensor, "*batch 3"]
    ) -> Float[Tensor, "*batch features"]:
        z = torch.cat([points - self.centre, COLOUR_SCALE * rgb.float()], dim=-1)
        return math.sqrt(2 / N_FEATURES) * torch.cos(z @ self.directions + self.phases)

    def forward(
        self, points: Float[Tensor, "*batch 3"], rgb: Float[Tensor, "*batch 3"]
    ) -> Float[Tensor, "*batch classes"]:
        return self.features(points, rgb) @ self.values


class ClickedField(nn.Module):
    """A coloured field whose class logits are the head's; they send no gradient to density."""

    def __init__(self, field: GridField, head: KernelHead):
        super().__init__()
        self.field, self.head = field, head

    def forward(self, points: Float[Tensor, "rays samples 3"], viewdirs: Float[Tensor, "rays 3"]) -> FieldOutput:
        out = self.field(points, viewdirs)
        with torch.autocast(points.device.type, enabled=False):
            return out._replace(sem_logits=self.head(points, out.rgb.detach()))


class ColourLearner:
    """Geometry from colours [P2's photometric loss], before any click; classes from the clicks, on top of it.

    Attributes:
        model: renders classes, colours and depth at any time; it shares its parts with `geometry` and `head`.
        steps, step_count: of the geometry: how many in all, and how many are done.

    Raises:
        SemnerfError: a scene without RGB.
    """

    name = "colours + clicks"

    def __init__(self, scene: Scene, config: Config, device: torch.device):
        if scene.rgb is None:
            raise SemnerfError(f"scene {scene.name} has no RGB, expected some to learn geometry from colours")
        self.scene, self.config, self.device = scene, config.replace(supervision="labels+rgb"), device
        centre = torch.tensor(scene.c2w[list(scene.train_ids), :3, 3]).mean(0)
        self.geometry = proposal_model(self.config, scene).to(device)
        self.head = KernelHead(scene.n_classes, centre, config.seed).to(device)
        self.model = proposal_model(self.config, scene).to(device)
        self.model.proposal = self.geometry.proposal
        self.model.field = ClickedField(self.geometry.field, self.head)  # ty: ignore[invalid-assignment]: also a field
        self.optimiser = adam(self.geometry, config.lr)
        self.generator = torch.Generator(device).manual_seed(config.seed)
        ids = list(scene.train_ids)
        self.rgb = torch.from_numpy(scene.rgb[ids].copy()).reshape(-1, 3).to(device)
        self.c2w = torch.from_numpy(scene.c2w[ids].copy()).float().to(device)
        self.steps, self.step_count = config.iterations, 0

    def step(self) -> bool:
        """Makes one step of the geometry; False if all are done."""
        if self.step_count >= self.steps:
            return False
        c, camera = self.config, self.scene.intrinsics
        pixel = torch.randint(len(self.rgb), (c.n_rays,), generator=self.generator, device=self.device)
        size = camera.width * camera.height
        u, v = pixel % camera.width, pixel % size // camera.width
        rays_o, rays_d = rays_from_pixels(camera, self.c2w[pixel // size], u.float(), v.float())
        with autocast(self.device, c.precision):
            rendered = self.geometry.render(rays_o, rays_d, self.scene.near, self.scene.far, self.generator)
        loss = photometric_loss(rendered[-1].rgb_map, self.rgb[pixel].float() / 255)
        loss = loss + self.geometry.regularisation(rendered, self.scene.far)
        gradient = torch.autograd.grad(loss, list(self.geometry.parameters()), allow_unused=True)
        descend(self.optimiser, gradient, c.lr * 0.1 ** (self.step_count / c.lr_decay_steps))
        self.step_count += 1
        return True

    def fit(self, clicks: Sequence[Click]) -> None:
        """Fits the head to the clicks, from zero: cross-entropy of the composited logits, and a ridge.

            L = -1/n sum_clicks ln softmax(V sum_i w_i phi(z_i))[label] + ridge/n |V|^2

        with the weights w_i and points z_i of the geometry. L is convex, so the order of the clicks does not matter.
        """
        self.head.values.data.zero_()
        if not clicks:
            return
        rays_o, rays_d, labels = rays_of_clicks(self.scene, clicks, self.device)
        with torch.no_grad():
            last = self.geometry.render(rays_o, rays_d, self.scene.near, self.scene.far)[-1]
            points = rays_o[:, None] + last.z_vals[..., None] * rays_d[:, None]
            rgb = self.geometry.field(points, F.normalize(rays_d, dim=-1)).rgb
            seen = (last.weights[..., None] * self.head.features(points, rgb)).sum(-2)
        optimiser = torch.optim.Adam([self.head.values], lr=HEAD_LR)
        for _ in range(HEAD_STEPS):
            loss = semantic_loss(seen @ self.head.values, labels)
            loss = loss + RIDGE * self.head.values.square().sum() / len(labels)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()


class LabelLearner:
    """Clicks and nothing else [P1]: cross-entropy at the clicked pixels teaches classes and density alike.

    Attributes as in `ColourLearner`; there is nothing to learn before the first click.
    """

    name = "clicks alone"

    def __init__(self, scene: Scene, config: Config, device: torch.device):
        self.scene, self.config, self.device = scene, config.replace(supervision="labels"), device
        self.steps = self.step_count = 0
        self._begin()

    def _begin(self) -> None:
        self.model = proposal_model(self.config, self.scene).to(self.device)
        self.optimiser = adam(self.model, self.config.lr)
        self.generator = torch.Generator(self.device).manual_seed(self.config.seed)
        self._learnt: tuple[Click, ...] = ()

    def step(self) -> bool:
        return False

    def fit(self, clicks: Sequence[Click]) -> None:
        """Makes some more steps on the clicks; starts again if one was undone."""
        clicks = tuple(clicks)
        if clicks[: len(self._learnt)] != self._learnt:
            self._begin()
        self._learnt = clicks
        if not clicks:
            return
        rays_o, rays_d, labels = rays_of_clicks(self.scene, clicks, self.device)
        for _ in range(LABEL_STEPS):
            with autocast(self.device, self.config.precision):
                rendered = self.model.render(rays_o, rays_d, self.scene.near, self.scene.far, self.generator)
            loss = semantic_loss(rendered[-1].sem_logits, labels)
            loss = loss + self.model.regularisation(rendered, self.scene.far)
            gradient = torch.autograd.grad(loss, list(self.model.parameters()))
            descend(self.optimiser, gradient, self.config.lr)


def rays_of_clicks(
    scene: Scene, clicks: Sequence[Click], device: torch.device
) -> tuple[Float[Tensor, "clicks 3"], Float[Tensor, "clicks 3"], Int[Tensor, "clicks"]]:
    """Origins, directions and labels of clicked pixels; of two clicks on one pixel the later."""
    held = list({(click.frame, click.u, click.v): click for click in clicks}.values())
    numbers = torch.tensor([[c.frame, c.u, c.v, c.label] for c in held])
    frame, u, v, labels = numbers.unbind(-1)
    c2w = torch.from_numpy(scene.c2w[frame.numpy()]).float().to(device)
    rays_o, rays_d = rays_from_pixels(scene.intrinsics, c2w, u.float().to(device), v.float().to(device))
    return rays_o, rays_d, labels.to(device)
