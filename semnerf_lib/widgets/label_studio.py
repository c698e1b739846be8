"""Label studio: a person clicks pixels and names their class, and every other view fills with labels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from IPython.display import Image

from semnerf_lib.config import Config
from semnerf_lib.machine.devices import pick_device
from semnerf_lib.machine.progress import watched
from semnerf_lib.scene import Scene
from semnerf_lib.studio.learners import ColourLearner, LabelLearner, Learner, studio_config
from semnerf_lib.studio.queries import Render, view_of
from semnerf_lib.studio.session import close_all
from semnerf_lib.widgets.explorer import Explorer
from semnerf_lib.widgets.studio_figure import studio_figure
from semnerf_lib.widgets.studio_panel import Learners, StudioPanel


def click_learners(scene: Scene, config: Config, device: torch.device) -> Learners:
    """The supervisions that a scene allows, the one with colours first."""
    kinds = (LabelLearner,) if scene.rgb is None else (ColourLearner, LabelLearner)
    return {kind.name: lambda kind=kind: kind(scene, config, device) for kind in kinds}


def label_studio(
    scene: Scene,
    scale: str = "laptop",
    path: Path | str = "clicks.json",
    learners: Learners | None = None,
    render: Callable[[Learner, Scene], Render] = view_of,
) -> Explorer:
    """Click a pixel of a training view, name its class, and watch the other views fill.

    Headless, a clicker that asks where the learner is unsure, and gets true answers, makes the figure.

    Args:
        scene: whose training views are clicked.
        scale: of the grid that learns (see `studio_config`).
        path: where clicks are saved to and loaded from at first; the panel has a field for it.
        learners: what learns, by the name of its supervision (see `click_learners`).
        render: of a learner and the scene, makes what renders a pose at a width.
    """
    close_all()
    config = studio_config(scale)
    learners = learners or click_learners(scene, config, pick_device())
    panel = StudioPanel(scene, learners, Path(path), render)
    if watched():
        panel.studio.open()
    return Explorer(panel.widget, lambda: figure(scene, learners, render))


def figure(scene: Scene, learners: Learners, render: Callable[[Learner, Scene], Render]) -> Image:
    """What stands for the studio where nobody clicks."""
    return studio_figure(scene, next(iter(learners.values()))(), render)
