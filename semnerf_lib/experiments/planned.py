"""A run as it is planned, its id, and the scene that it is planned for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from semnerf_lib.config import Config
from semnerf_lib.experiments.presets import SCENE_SIZES, check_scale
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.loading import load_scene

RULE = "5"
"""Of training: raised when the same config comes to other weights, so that older runs are not taken for today's."""


@dataclass(frozen=True)
class Planned:
    """A run as it is planned, whether it was made or not.

    Attributes:
        scene: with the split to train on.
        config: what the run is made with.
        label: what the run is called beside the others of its experiment: its variant, else (empty) its model.
    """

    scene: Scene
    config: Config
    label: str = ""

    def __post_init__(self):
        object.__setattr__(self, "label", self.label or self.config.model_name)

    @property
    def id(self) -> str:
        """A readable head and the first 12 digits of a sha256.

        The hash is of `RULE`, the config, the scene's data, and the file of stored labels if the run learns from one.
        """
        config = self.config
        made_of = (RULE, config.to_json(), self.scene.digest, config.corruption.fingerprint())
        digest = hashlib.sha256("\n".join(filter(None, made_of)).encode()).hexdigest()[:12]
        head = f"{config.field}-{config.supervision.replace('+', '-')}"
        return f"{head}-{digest}" if config.fold is None else f"{head}-fold{config.fold}-{digest}"


Plan = list[Planned]

N_FOLDS = 5
"""P1's number of folds."""


def open_scene(spec: str, scale: str) -> Scene:
    """The scene as a scale sees it (see `presets.SCENE_SIZES`).

    Args:
        spec: "room" for the made room, else the path of frames on disk or of a labelled mesh.
        scale: one of `presets.SCALES`. Smoke takes so many frames of a small folder that P1's folds are possible.

    Raises:
        SemnerfError: unknown scale, or a scene that is missing or damaged.
    """
    width, every = SCENE_SIZES[check_scale(scale)]
    return load_scene(spec, width=width, every=every, least=N_FOLDS)
