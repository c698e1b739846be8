"""Label studio: a person clicks pixels and names their class, and every other view fills with labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Image
from jaxtyping import UInt8

from semnerf_lib.config import Config
from semnerf_lib.evaluation import Render, View, view_renderer
from semnerf_lib.machine.cores import one_core
from semnerf_lib.machine.devices import pick_device
from semnerf_lib.machine.progress import watched
from semnerf_lib.metrics import LabelScores, confusion_matrix, label_scores
from semnerf_lib.models import Model
from semnerf_lib.palette import colourise
from semnerf_lib.plots.images import class_legend
from semnerf_lib.plots.renders import telling_frames
from semnerf_lib.plots.spatial import small_picture
from semnerf_lib.scene import Scene
from semnerf_lib.studio.clicks import Click
from semnerf_lib.studio.learners import ColourLearner, LabelLearner, Learner, studio_config
from semnerf_lib.studio.queries import mistakes, pool_of, random_click
from semnerf_lib.studio.session import close_all
from semnerf_lib.widgets.explorer import Explorer
from semnerf_lib.widgets.layers import filled_picture, has_evidence, layer_picture
from semnerf_lib.widgets.studio_panel import Learners, StudioPanel


def click_learners(scene: Scene, config: Config, device: torch.device) -> Learners:
    """The supervisions that a scene allows, the one with colours first."""
    kinds = (LabelLearner,) if scene.rgb is None else (ColourLearner, LabelLearner)
    return {kind.name: partial(kind, scene, config, device) for kind in kinds}


def label_studio(
    scene: Scene,
    scale: str = "laptop",
    path: Path | str = "clicks.json",
    learners: Learners | None = None,
    render: Callable[[Model, Scene], Render] = view_renderer,
) -> Explorer:
    """Click a pixel of a training view, name its class, and watch the other views fill.

    Headless, clicks on the largest mistakes, with their true classes, make the figure.

    Args:
        scene: whose training views are clicked.
        scale: of the grid that learns (see `studio_config`).
        path: where clicks are saved to and loaded from at first; the panel has a field for it.
        learners: what learns, by the name of its supervision (see `click_learners`).
        render: (model, scene) -> what renders a pose at a width.
    """
    close_all()
    config = studio_config(scale)
    learners = learners or click_learners(scene, config, pick_device())
    panel = StudioPanel(scene, learners, Path(path), render)
    if watched():
        panel.studio.open()
    return Explorer(lambda: panel.widget, lambda: figure(scene, learners, render))


def figure(scene: Scene, learners: Learners, render: Callable[[Model, Scene], Render]) -> Image:
    """What stands for the studio where nobody clicks."""
    return studio_figure(scene, next(iter(learners.values()))(), render)


COUNTS = (3, 20, 100)
"""Clicks after which the views are shown."""
N_VIEWS = 3
FRAMES, AT_ONCE = 15, 4
"""Training views that are looked through for mistakes, and clicks that are made before the learner learns again."""


def studio_figure(scene: Scene, learner: Learner, render: Callable[[Model, Scene], Render]) -> Image:
    """Test views after 3, 20 and 100 clicks on the largest mistakes, and how unsure the learner is in the end."""
    while learner.step():
        pass
    frames = telling_frames(scene, N_VIEWS)
    rows, columns = len(frames), len(COUNTS) + 3
    figure, axes = plt.subplots(rows, columns, figsize=(9.6, 1.35 * rows + 1.2), squeeze=False, layout="constrained")
    for ax in axes.flat:
        ax.set_axis_off()
    for row, frame in enumerate(frames):
        if scene.rgb is not None:
            axes[row, 0].imshow(scene.rgb[frame])
        axes[row, -1].imshow(colourise(scene.labels[frame]))
    truth, n = scene.labels[frames], scene.n_classes
    labels, grey = [truth.reshape(-1)], ""
    for clicks in clicks_on_mistakes(learner, scene, render):
        views = [render(learner.model, scene)(scene.c2w[frame], scene.intrinsics.width) for frame in frames]
        column = 1 + COUNTS.index(len(clicks))
        for row, view in enumerate(views):
            where = has_evidence(view, n)
            axes[row, column].imshow(filled_picture(view, where))
            labels.append(view.labels[where])
            grey = grey if where.all() else "; grey: no click tells yet"
        scores = filled_scores(views, truth, n)
        title = f"{len(clicks)} clicks: {scores.total_accuracy:.0%} right\nmIoU {scores.miou:.2f}"
        axes[0, column].set_title(title, fontsize=8)
    for row, view in enumerate(views):
        axes[row, -2].imshow(layer_picture("entropy", view, n, None))
    axes[0, 0].set_title("" if scene.rgb is None else "test view", fontsize=8)
    axes[0, -2].set_title(f"then unsure\n(0 to {np.log(n):.1f} nats)", fontsize=8)
    axes[0, -1].set_title("truth", fontsize=8)
    figure.suptitle(f"Label studio, {learner.name}: views without clicks{grey}", x=0.01, ha="left")
    class_legend(figure, np.concatenate(labels), scene.class_names)
    return small_picture(figure)


def clicks_on_mistakes(
    learner: Learner, scene: Scene, renderer: Callable[[Model, Scene], Render]
) -> Iterator[tuple[Click, ...]]:
    """All clicks so far of somebody who clicks the largest mistakes: after each of `COUNTS` of them."""
    frames, rng, clicks = pool_of(scene)[:: max(1, len(pool_of(scene)) // FRAMES)], np.random.default_rng(0), ()
    for count in COUNTS:
        while len(clicks) < count:
            worst = mistakes(renderer(learner.model, scene), scene, frames) or [random_click(scene, rng)]
            of_classes = list({click.label: click for click in reversed(worst)}.values())[::-1]
            at_once = min(count - len(clicks), 1 if count == COUNTS[0] else AT_ONCE)
            clicks += tuple(of_classes[:at_once])
            with one_core():  # its steps are so small that cores would wait for each other
                learner.fit(clicks)
        yield clicks


def filled_scores(views: Sequence[View], truth: UInt8[np.ndarray, "views height width"], n_classes: int) -> LabelScores:
    """Scores of views of whose pixels clicks need not tell.

    Where none tells, the guess is a class more, which the truth has not: wrong, and no true class is blamed for it.
    """
    guesses = np.stack([np.where(has_evidence(view, n_classes), view.labels, np.uint8(n_classes)) for view in views])
    return label_scores(confusion_matrix(guesses, truth, n_classes + 1))
