"""The scales, what each presets of `Config`, and what makes a comparison of both supervisions fair."""

from __future__ import annotations

from typing import Any, get_args

from semnerf_lib.config import Config, FieldKind
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import Scene

SCALES = ("smoke", "laptop", "reference", "paper")

PRESETS: dict[tuple[str, str], dict[str, Any]] = {
    ("paper", "mlp"): dict(precision="float32"),
    ("paper", "grid"): dict(iterations=20_000, n_importance=48, lr=1e-2, lr_decay_steps=10_000, noise_std=0.0),
    ("laptop", "grid"): dict(
        iterations=700, n_rays=1536, boundary_share=0.6, n_samples=48, n_importance=16, lr=8e-2, lr_decay_steps=490,
        noise_std=0.0, carving=4.0, preview_every=100,
    ),
    ("laptop", "mlp"): dict(
        sampler="proposal", iterations=2_000, boundary_share=0.6, n_samples=48, n_importance=16, lr=1e-3,
        lr_decay_steps=8_000, warmup_steps=200, noise_std=0.0, density_bias=0.2, carving=4.0, preview_every=200,
    ),
    ("smoke", "grid"): dict(
        iterations=60, n_rays=256, n_samples=32, n_importance=12, lr=2e-2, lr_decay_steps=60, noise_std=0.0,
        cells_finest=60_000, n_levels=3, cells_proposal=15_000, preview_every=20,
    ),
    ("smoke", "mlp"): dict(
        iterations=30, n_rays=128, n_samples=16, n_importance=16, depth=4, width=32, n_octaves=6, lr_decay_steps=250
    ),
}  # fmt: skip
"""What each scale changes of `Config`'s defaults, for each field; see `lengthened` for the reference scale."""

LONGER = 4
"""How many times the laptop's steps the reference scale takes."""


def lengthened(changes: dict[str, Any]) -> dict[str, Any]:
    """The laptop's changes for the reference scale: `LONGER` times the steps, and a decay as much slower."""
    return changes | {key: LONGER * changes[key] for key in ("iterations", "lr_decay_steps")}


PRESETS |= {("reference", field): lengthened(PRESETS["laptop", field]) for field in ("grid", "mlp")}

SCENE_SIZES = {"smoke": (64, 6), "laptop": (160, 1), "reference": (160, 1), "paper": (320, 1)}
"""Width in pixels at which each scale sees a scene, and the share of the made room's frames: one in how many."""


def check_scale(scale: str) -> str:
    """The scale itself.

    Raises:
        SemnerfError: no such scale.
    """
    if scale not in SCALES:
        raise SemnerfError(f"scale {scale!r}, expected one of: {', '.join(SCALES)}")
    return scale


def preset(scale: str, field: str | None = None, **changes: Any) -> Config:
    """The numbers of a scale.

    `smoke` takes seconds, for tests; `laptop` minutes on 2 cores; `reference` is the laptop's with `LONGER` times the
    steps, for results to keep; `paper` is P1's, for a GPU.

    Args:
        scale: one of `SCALES`.
        field: "mlp" or "grid"; None takes the scale's own: the MLP at `paper`, the grid else.
        changes: further keys of `Config`.

    Raises:
        SemnerfError: unknown scale, field or key, or a value that its key cannot have.
    """
    field = field or ("mlp" if check_scale(scale) == "paper" else "grid")
    if (check_scale(scale), field) not in PRESETS:
        raise SemnerfError(f"field {field!r}, expected one of: {', '.join(get_args(FieldKind))}")
    return Config().replace(field=field, **(PRESETS[scale, field] | changes))


def supervisions(scene: Scene) -> tuple[str, ...]:
    """What a model can learn from here: labels, and labels + RGB where the scene has RGB."""
    return ("labels",) if scene.rgb is None else ("labels", "labels+rgb")


def seen_from_within(scene: Scene) -> bool:
    """Whether the bounds are known and all cameras stand inside: then they are walls."""
    centres = scene.c2w[:, :3, 3]
    return scene.bounds is not None and bool(((scene.bounds[0] < centres) & (centres < scene.bounds[1])).all())


COLOUR_SHARE = 0.75
"""Of the rays of a step with RGB: drawn from any pixel (see `config_of`)."""


def config_of(scene: Scene, scale: str, supervision: str, field: str | None = None, **changes: Any) -> Config:
    """What a run of an experiment is made with: the scale's numbers, and what is fair to both supervisions.

    The box: a field that is told the walls of a room gets depth from them. So `seen_from_within` its box is made from
    the cameras.

    The rays: both supervisions draw equally many a step. Labels alone draw all from labelled pixels. With RGB
    `COLOUR_SHARE` of them come from any pixel: that share did best for the model with RGB itself, on average over five
    kinds of labels of the bedroom, at P2's weight of the cross-entropy (one seed, see benchmarks/colour_rays.md).
    `boundary_share` is of the others. At `paper` scale P2's network draws all from any pixel [P2, code].

    Args:
        scene: training frames and bounds.
        scale, field, changes: as in `presets.preset`.
        supervision: "labels" or "labels+rgb".
    """
    own = {"bounds": "cameras"} if seen_from_within(scene) else {}
    config = preset(scale, field, supervision=supervision, **own | changes)
    if supervision == "labels" or "colour_rays" in changes:
        return config
    if scale == "paper" and config.field == "mlp":
        return config.replace(pixels="any")
    return with_colour_rays(config, COLOUR_SHARE)


def with_colour_rays(config: Config, share: float) -> Config:
    """The same number of rays a step, a share of them from any pixel."""
    colour_rays = round(share * config.n_rays)
    return config.replace(n_rays=config.n_rays - colour_rays, colour_rays=colour_rays)
