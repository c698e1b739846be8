"""What a renderer does along one ray, kept step by step: densities, alphas, transmittance, weights, classes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from semnerf_lib.models import HierarchicalModel, Model
from semnerf_lib.rendering import LAST_DELTA, Field, FieldOutput, Rendered, compute_weights, render_hierarchical
from semnerf_lib.scene import Scene


@dataclass(frozen=True)
class Pass:
    """One pass along one ray: n samples, C classes.

    Attributes:
        z_vals: (n,) where the field was evaluated, metres along the optical axis.
        deltas: (n,) lengths of the intervals along the ray, metres; the last one is endless.
        sigma: (n,) density, 1/m, after its ReLU.
        transmittance: (n + 1,) share of the light before each sample, and after the last.
        weights: (n,) share of the pixel that comes from each sample.
        probabilities: (n, C) classes at each sample; None for a pass that has no classes.
        pixel: (C,) classes of the pixel, softmax(sum_i w_i s_i); None with `probabilities`.
        depth: sum_i w_i z_i, metres.
    """

    z_vals: Float[np.ndarray, "samples"]
    deltas: Float[np.ndarray, "samples"]
    sigma: Float[np.ndarray, "samples"]
    transmittance: Float[np.ndarray, "samples_and_one"]
    weights: Float[np.ndarray, "samples"]
    probabilities: Float[np.ndarray, "samples classes"] | None
    pixel: Float[np.ndarray, "classes"] | None
    depth: float

    @property
    def alphas(self) -> Float[np.ndarray, "samples"]:
        """1 - exp(-sigma delta): the share of the arriving light that an interval stops."""
        return -np.expm1(-self.sigma * self.deltas)


Trace = Callable[[Tensor, Tensor, int, int, float], tuple[Pass, Pass]]
"""(rays_o (1, 3), rays_d (1, 3), n_samples, n_importance, density) -> the first pass and the second; every density that
the field gives is multiplied by `density`."""


def trace_field(field: Field, near: float, far: float) -> Trace:
    """Traces a field as P2 renders one: even samples, then those and importance samples together.

    Args:
        field: any function of points and directions (see `rendering.Field`).
        near, far: metres along the optical axis.
    """

    @torch.inference_mode()
    def trace(rays_o: Tensor, rays_d: Tensor, n_samples: int, n_importance: int, density: float = 1.0):
        answers = []

        def recorded(points: Tensor, viewdirs: Tensor) -> FieldOutput:
            answers.append(_times(field(points, viewdirs), density))
            return answers[-1]

        ends = (torch.full((1, 1), z) for z in (near, far))
        rendered = render_hierarchical(recorded, recorded, rays_o, rays_d, *ends, n_samples, n_importance)
        return _passes(answers, rendered, rays_d)

    return trace


class Recorder(nn.Module):
    """A field that keeps its answers, with every density multiplied by `density`."""

    def __init__(self, field: nn.Module, answers: list[FieldOutput], density: float):
        super().__init__()
        self.field, self.answers, self.density = field, answers, density

    def forward(self, points: Tensor, viewdirs: Tensor) -> FieldOutput:
        self.answers.append(_times(self.field(points, viewdirs), self.density))
        return self.answers[-1]


def trace_model(model: Model, scene: Scene) -> Trace:
    """Traces a model with its own renderer and its own two fields, with any numbers of samples."""
    names = ("coarse", "fine") if isinstance(model, HierarchicalModel) else ("proposal", "field")
    device = next(model.parameters()).device

    @torch.inference_mode()
    def trace(rays_o: Tensor, rays_d: Tensor, n_samples: int, n_importance: int, density: float = 1.0):
        asked = copy.copy(model)  # shares the weights; its config and its fields are its own
        asked.config, asked._modules = model.config.replace(n_samples=n_samples, n_importance=n_importance), {}
        asked.box, answers = model.box, []
        for name in names:
            setattr(asked, name, Recorder(getattr(model, name), answers, density))
        rendered = asked.render(rays_o.to(device), rays_d.to(device), scene.near, scene.far)
        return _passes(answers, rendered, rays_d.to(device))

    return trace


def _times(out: FieldOutput, density: float) -> FieldOutput:
    return out._replace(sigma=out.sigma * density)


def _passes(answers: list[FieldOutput], rendered: tuple[Rendered, Rendered], rays_d: Tensor) -> tuple[Pass, Pass]:
    first, second = (_pass(out, part, rays_d) for out, part in zip(answers, rendered, strict=True))
    return first, second


def _pass(out: FieldOutput, rendered: Rendered, rays_d: Tensor) -> Pass:
    sigma = torch.relu(out.sigma.float())
    deltas = torch.diff(rendered.z_vals, append=rendered.z_vals[:, -1:] + LAST_DELTA) * rays_d.norm()
    weights, transmittance = compute_weights(sigma, deltas)
    classes = (None, None)
    if out.sem_logits is not None:
        classes = (torch.softmax(logits.float(), dim=-1) for logits in (out.sem_logits, rendered.sem_logits))
    kept = (rendered.z_vals, deltas, sigma, transmittance, weights, *classes)
    return Pass(*(None if a is None else a[0].cpu().numpy() for a in kept), depth=float(rendered.depth_map))
