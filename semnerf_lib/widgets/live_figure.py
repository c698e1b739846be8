"""A finished run as a picture: its curves, a test view, and the learnt cloud."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Image
from jaxtyping import Float

from semnerf_lib.evaluation import View
from semnerf_lib.models import Model
from semnerf_lib.palette import colourise, palette
from semnerf_lib.plots.images import class_legend
from semnerf_lib.plots.renders import FAR_SHOWN
from semnerf_lib.plots.spatial import small_picture
from semnerf_lib.runs.store import Run
from semnerf_lib.scene import Scene
from semnerf_lib.widgets.cloud import VIEWS, learnt_cloud
from semnerf_lib.widgets.curves import draw_curves
from semnerf_lib.widgets.layers import layer_picture, said

Render = Callable[[Model, Float[np.ndarray, "4 4"], int], View]
"""render(model, c2w, width): a view of so many pixels a row."""
LAYERS = ("labels", "error", "depth")


def finished_figure(run: Run, scene: Scene, device: torch.device, render: Render) -> Image:
    """A finished run as a small picture: its curves, a test view, and the cloud."""
    model, frame = run.load(scene, device), scene.test_ids[(len(scene.test_ids) - 1) // 2]
    view = render(model, scene.c2w[frame], scene.intrinsics.width)
    xyz, labels = learnt_cloud(lambda c2w, width: render(model, c2w, width), scene)
    rows = "lllmmmddd;ttppccccc;eezzccccc"
    figure, axes = plt.subplot_mosaic(
        rows, figsize=(9.6, 6.6), per_subplot_kw={"c": {"projection": "3d"}}, layout="constrained"
    )
    draw_curves([axes[key] for key in "lmd"], run.history, run.config.iterations, {})
    told = captions(scene, frame, view, run.config.iterations)
    images = [colourise(scene.labels[frame])]
    images += [layer_picture(layer, view, scene.n_classes, scene.labels[frame]) for layer in LAYERS]
    for key, image, name in zip("tpez", images, ("truth", *LAYERS), strict=True):
        axes[key].imshow(image)
        axes[key].set_axis_off()
        axes[key].set_title(f"{name}: {told[name]}", fontsize=8)
    ax = axes["c"]
    ax.scatter(*xyz.T, c=palette(scene.n_classes)[labels] / 255, s=2.5, linewidths=0, depthshade=False)
    ax.set(xlabel="x (m)", ylabel="y (m)", zlabel="z (m)", title=f"where the rays of {VIEWS} views end")
    ax.set_box_aspect(np.ptp(xyz, axis=0) + 1e-3, zoom=1.2)
    ax.view_init(55, -60)
    figure.suptitle(f"{run.config.model_name}: {scores_of(run)}", x=0.01, ha="left")
    class_legend(figure, np.stack([scene.labels[frame], view.labels]), scene.class_names)
    return small_picture(figure)


def captions(scene: Scene, frame: int, view: View, step: int) -> dict[str, str]:
    """What stands beside the names of the four pictures."""
    told = {"truth": f"frame {frame}", "labels": f"at step {step}", "error": said(view, scene.labels[frame])}
    told["depth"] = f"0 (dark) to {FAR_SHOWN:g} m"
    if scene.depth is not None and (known := scene.depth[frame] > 0).any():
        told["depth"] += f", off by {np.abs(view.depth - scene.depth[frame])[known].mean():.2f} m"
    return told


def scores_of(run: Run) -> str:
    """A finished run's scores, in a few words."""
    m = run.metrics
    depth = "" if m["depth_mae"] is None else f", depth error {m['depth_mae']:.3f} m"
    return f"mIoU {m['miou']:.3f}{depth} at {m['n_frames']} test views, {m['seconds_training']:.0f} s of training"
