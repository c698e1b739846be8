"""What a run is made with: a frozen set of numbers."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from dataclasses import Field, dataclass, fields, replace
from typing import Any, Literal, get_args

from semnerf_lib.errors import SemnerfError
from semnerf_lib.labels import CLEAN, Corruption

FieldKind = Literal["mlp", "grid"]
Supervision = Literal["labels", "labels+rgb"]
Precision = Literal["auto", "float32", "bfloat16"]
Views = Literal["test", "test+train"]
Sampler = Literal["hierarchical", "proposal"]
Bounds = Literal["scene", "cameras"]
Pixels = Literal["labelled", "any"]
CHOICES = {
    "FieldKind": FieldKind, "Supervision": Supervision, "Precision": Precision, "Views": Views, "Bounds": Bounds,
    "Sampler | None": Sampler, "Pixels": Pixels,
}  # fmt: skip
"""The types of keys that are one of a few words."""
OWN_SAMPLER: dict[str, Sampler] = {"mlp": "hierarchical", "grid": "proposal"}
"""How each field is sampled unless a config says otherwise."""


def or_zero(
    default: Any, expected: str = "", within: Callable[[float], bool] = lambda x: True, *, later: bool = False
) -> Any:
    """A number that may be 0 and has to be `within` a limit, which `expected` names; `later`: see `added`."""
    return dataclasses.field(default=default, metadata={"zero": True, "limit": (expected, within), "later": later})


def added(default: Any) -> Any:
    """A key that came later: the JSON leaves it out at its default, so that runs from before it keep their ids."""
    return dataclasses.field(default=default, metadata={"later": True})


def checked(spec: Field, value: Any) -> Any:
    """The value of a key, a float where its type is.

    Raises:
        SemnerfError: a value that the key cannot have.
    """
    if value is None and spec.type.endswith("| None"):
        return value
    if spec.type == "Corruption":
        if not isinstance(value, str | Corruption):
            raise SemnerfError(f"config: corruption = {value!r}, expected a text such as 'sparse:0.9'")
        return Corruption.parse(value) if isinstance(value, str) else value
    if spec.type in CHOICES and value not in get_args(CHOICES[spec.type]):
        raise SemnerfError(
            f"config: {spec.name} = {value!r}, expected one of: {', '.join(get_args(CHOICES[spec.type]))}"
        )
    if spec.type not in ("int", "int | None", "float"):
        return value
    number, zero = (int, float) if spec.type == "float" else int, spec.metadata.get("zero", False)
    positive = isinstance(value, number) and not isinstance(value, bool) and 0 <= value < math.inf
    if not positive or (value == 0 and not zero):
        kind = "a number" if spec.type == "float" else "a whole number"
        raise SemnerfError(f"config: {spec.name} = {value!r}, expected {kind} {'0 or more' if zero else 'above 0'}")
    expected, within = spec.metadata.get("limit", ("", lambda x: True))
    if not within(value):
        raise SemnerfError(f"config: {spec.name} = {value!r}, expected {expected}")
    return float(value) if spec.type == "float" else value  # 1 and 1.0 are one config, with one run id


@dataclass(frozen=True)
class Config:
    """Every number of a run. The defaults are P1's and P2's (see protocol tests); lengths in metres.

    Attributes:
        field: "mlp" (P1's and P2's network) or "grid" (`GridField`).
        supervision: "labels" (P1: cross-entropy alone) or "labels+rgb" (P2: colour as well).
        fold: which cross-validation fold the scene's split is, None for the scene's own split.
        seed: of the initial weights and of every random draw, the corruption's too.
        corruption: what is done to the labels before training; its text ("pixel-noise:0.5", ...) may be given too.
        iterations: optimiser steps.
        n_rays: rays a step that teach labels.
        pixels: where they come from: the "labelled" pixels of the training frames, or "any" of them (P2), whose colours
            teach with RGB even where there is no label.
        boundary_share: of the labelled rays, drawn from pixels beside a pixel of another class. There the labels say
            where things end; inside a region the loss is soon near 0. P1 and P2 draw evenly (0).
        colour_rays: further rays a step with RGB, from any pixel of the training frames: each teaches its colour and,
            where it has one, its label. P2 learns from pixels without a label too. Unused with labels alone.
        sampler: where a field is asked. "hierarchical" (P1, P2): a coarse field at even samples, a fine one at those
            and at importance samples. "proposal": a density grid finds the importance samples, and the field sees them
            alone. None for `OWN_SAMPLER`.
        n_samples, n_importance: samples a ray, first and second pass.
        lr: Adam's learning rate; it falls as lr * 0.1^(step / lr_decay_steps).
        warmup_steps: first steps, in which the learning rate rises from near 0 to lr.
        semantic_weight: of the cross-entropy beside the colour loss; alone it changes nothing under Adam.
        noise_std: of the noise on the raw density in training, with hierarchical sampling.
        depth, width, n_octaves, direction_octaves, position_scale: of the MLP.
        density_bias: added to the initial bias of the MLP's density, 1/m.
        cells_coarsest, cells_finest, n_levels, grid_width: of the feature grid: cells of its first and last level.
        cells_proposal: cells of the density grid that proposes samples.
        bounds: the box of the feature grid and of the proposal. "scene": the scene's own bounds where they are known;
            with a proposal rays end there. "cameras": made from the training cameras, as for a scene of unknown bounds.
        margin, shell: a box from the cameras holds their positions and this margin; beyond, this share of each grid
            axis holds the contracted outside.
        distortion_weight: of the distortion loss, with a proposal.
        carving: how strongly a proposal starts from where the training views agree on a label (see `carving.carve`);
            0 for not at all.
        precision: of the matrix products; "auto" is bfloat16 where the device gains from it.
        preview_every: steps between scores on a few test frames for the curve, 0 for none.
        score_views: where the finished run is scored: novel "test" views, or "test+train": P2 judges denoising,
            super-resolution and propagation at the training poses, against the labels before the corruption.
        score_frames: at most so many frames of each are scored, evenly spread; 0 for all.
    """

    field: FieldKind = "mlp"
    supervision: Supervision = "labels"
    fold: int | None = or_zero(None)
    seed: int = or_zero(0, "a whole number below 2^31", lambda x: x < 2**31)
    corruption: Corruption = CLEAN
    iterations: int = 200_000
    n_rays: int = 1024
    pixels: Pixels = added("labelled")
    boundary_share: float = or_zero(0.0, "a share of at most 1", lambda x: x <= 1)
    colour_rays: int = or_zero(0)
    sampler: Sampler | None = added(None)
    n_samples: int = dataclasses.field(
        default=64, metadata={"limit": ("3 or more, to draw further ones between", lambda x: x >= 3)}
    )
    n_importance: int = or_zero(128)
    lr: float = 5e-4
    lr_decay_steps: int = 250_000
    warmup_steps: int = or_zero(0, later=True)
    semantic_weight: float = or_zero(0.04)
    noise_std: float = or_zero(1.0)
    depth: int = 8
    width: int = 256
    n_octaves: int = or_zero(10)
    direction_octaves: int = or_zero(4)
    position_scale: float = 10.0
    density_bias: float = or_zero(0.0, later=True)
    cells_coarsest: int = 1_000
    cells_finest: int = 1_600_000
    n_levels: int = 8
    grid_width: int = 64
    cells_proposal: int = 100_000
    bounds: Bounds = added("scene")
    margin: float = or_zero(2.0)
    shell: float = or_zero(0.25, "a share below 1", lambda x: x < 1)
    distortion_weight: float = or_zero(0.0)
    carving: float = or_zero(0.0)
    precision: Precision = "auto"
    preview_every: int = or_zero(0)
    score_views: Views = "test"
    score_frames: int = or_zero(0)

    def __post_init__(self):
        for spec in fields(self):
            object.__setattr__(self, spec.name, checked(spec, getattr(self, spec.name)))
        if self.sampler is None:
            object.__setattr__(self, "sampler", OWN_SAMPLER[self.field])
        if self.sampler == "proposal" and self.n_importance == 0:
            raise SemnerfError("config: n_importance = 0, expected 1 or more: the field sees no other samples")
        if self.sampler == "hierarchical" and self.carving:
            raise SemnerfError(f"config: carving = {self.carving:g}, expected 0: there is no proposal to start from it")

    def replace(self, **changes: Any) -> Config:
        """The same numbers but for `changes`; another field comes with its own sampler.

        Raises:
            SemnerfError: an unknown key, or a value that its key cannot have.
        """
        keys = {spec.name for spec in fields(self)}
        for key in changes:
            if key not in keys:
                raise SemnerfError(f"config: unknown key {key!r}, expected one of: {', '.join(sorted(keys))}")
        return replace(self, **({"sampler": None} if "field" in changes else {}) | changes)

    def values(self) -> dict[str, Any]:
        """All keys with the values that JSON has for them: `Config().replace(**config.values()) == config`."""
        return vars(self) | {"corruption": str(self.corruption)}

    def to_json(self) -> str:
        """The keys, sorted, as one line of JSON: what a run's id is made of (keys that came later: see `added`)."""
        usual = {spec.name: spec.default for spec in fields(self) if spec.metadata.get("later")}
        usual |= {"sampler": OWN_SAMPLER[self.field]}
        values = {key: value for key, value in self.values().items() if key not in usual or value != usual[key]}
        return json.dumps(values, sort_keys=True)

    @property
    def model_name(self) -> str:
        """What tables and legends call the model."""
        names = {
            ("mlp", "labels"): "semantic-only NeRF",
            ("mlp", "labels+rgb"): "Semantic-NeRF",
            ("grid", "labels"): "grid, labels only",
            ("grid", "labels+rgb"): "grid, labels + RGB",
        }
        return names[self.field, self.supervision]
