"""Which runs an experiment is made of: asked by its notebook and by `semnerf reproduce`, so that they cannot differ."""

from __future__ import annotations

from collections.abc import Callable

from semnerf_lib.config import SCENE_SIZES, Config, check_scale, preset
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scenes.scene import Scene

Plan = list[tuple[Scene, Config]]

N_FOLDS = 5
"""P1's number of folds."""
SMOKE_FOLDS = 2
"""How many of them are run at smoke scale."""


def open_scene(spec: str, scale: str) -> Scene:
    """The scene as a scale sees it (see `config.SCENE_SIZES`).

    Args:
        spec: "room" for the made room, else the path of frames on disk or of a labelled mesh.
        scale: one of `config.SCALES`.

    Raises:
        SemnerfError: unknown scale, or a scene that is missing or damaged.
    """
    from semnerf_lib.scenes import load_scene

    width, every = SCENE_SIZES[check_scale(scale)]
    return load_scene(spec, width=width, every=every)


def supervisions(scene: Scene) -> tuple[str, ...]:
    """What a model can learn from here: labels, and labels + RGB where the scene has RGB."""
    return ("labels",) if scene.rgb is None else ("labels", "labels+rgb")


def training(scene: Scene, scale: str) -> Plan:
    """Notebook 04: one run from labels alone, on the scene's own split."""
    return [(scene, preset(scale, supervision="labels"))]


def view_synthesis(scene: Scene, scale: str) -> Plan:
    """Notebook 05: P1's first experiment. Every fold with labels alone (P1) and with labels + RGB (P2).

    Both supervisions of a fold see the same frames and the same labels, which pairs them. At laptop scale each of the
    ten runs takes half of that scale's steps.
    """
    shorter = {"iterations": 750, "lr_decay_steps": 500, "preview_every": 0} if scale == "laptop" else {}
    folds = list(enumerate(scene.folds(N_FOLDS)))[: SMOKE_FOLDS if scale == "smoke" else N_FOLDS]
    return [
        (part, preset(scale, supervision=s, fold=fold, **shorter)) for fold, part in folds for s in supervisions(scene)
    ]


EXPERIMENTS: dict[str, Callable[[Scene, str], Plan]] = {"training": training, "view_synthesis": view_synthesis}
"""Every experiment by name."""
NEEDS: dict[str, tuple[str, ...]] = {"04": ("training",), "05": ("view_synthesis",)}
"""The experiments whose runs a notebook asks for, by its number; a notebook that is not listed asks for none."""


def plan(name: str, scene: Scene, scale: str) -> Plan:
    """The runs of an experiment: pairs of a scene (with the split to train on) and a config.

    Raises:
        SemnerfError: unknown experiment or scale, or a scene with fewer training frames than folds.
    """
    if name not in EXPERIMENTS:
        raise SemnerfError(f"experiment {name!r}, expected one of: {', '.join(EXPERIMENTS)}")
    return EXPERIMENTS[name](scene, check_scale(scale))
