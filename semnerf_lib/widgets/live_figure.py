"""Pictures of a run: its curves while it trains, and as a whole once it is finished."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Image
from jaxtyping import Float, UInt8
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D

from semnerf_lib.evaluation import Render, View
from semnerf_lib.models import Model
from semnerf_lib.palette import colourise, palette
from semnerf_lib.plots.images import class_legend
from semnerf_lib.plots.renders import farthest_of, telling_frames
from semnerf_lib.plots.spatial import small_picture
from semnerf_lib.plots.style import GREY, MODEL_COLOURS
from semnerf_lib.runs.store import Run
from semnerf_lib.scene import Scene
from semnerf_lib.widgets.layers import depth_text, error_text, layer_picture
from semnerf_lib.widgets.space import VIEWS, Cloud, learnt_cloud

LAYERS = ("labels", "error", "depth")
OUTERMOST = 3
"""Per cent of the cloud's points on each side of each axis that do not decide how much of space the picture shows."""


def finished_figure(run: Run, scene: Scene, device: torch.device, renderer: Callable[[Model, Scene], Render]) -> Image:
    """A finished run as a small picture: its curves, a test view, and the cloud."""
    model, frame = run.load(scene, device), telling_frames(scene, 1)[0]
    render = renderer(model, scene)
    view = render(scene.c2w[frame], scene.intrinsics.width)
    xyz, labels = without_outermost(*learnt_cloud(render, scene))
    rows = "llmmdd;ttppcc;eezzcc"
    figure, axes = plt.subplot_mosaic(
        rows, figsize=(9.6, 6.6), per_subplot_kw={"c": {"projection": "3d"}}, layout="constrained"
    )
    draw_curves([axes[key] for key in "lmd"], run.history, run.config.iterations, {})
    texts = captions(scene, frame, view, run.config.iterations)
    images = [colourise(scene.labels[frame])]
    images += [layer_picture(layer, view, scene.n_classes, scene.labels[frame], farthest_of(scene)) for layer in LAYERS]
    for key, image, name in zip("tpez", images, ("truth", *LAYERS), strict=True):
        axes[key].imshow(image)
        axes[key].set_axis_off()
        axes[key].set_title(f"{name}: {texts[name]}", fontsize=8)
    ax = axes["c"]
    assert isinstance(ax, Axes3D)
    ax.scatter(*xyz.T, c=palette(scene.n_classes)[labels] / 255, s=2.5, linewidths=0, depthshade=False)
    ax.set(xlabel="x (m)", ylabel="y (m)", zlabel="z (m)", title=f"where most rays of {VIEWS} views end")
    ax.set_box_aspect(np.ptp(xyz, axis=0) + 1e-3, zoom=1.2)
    ax.view_init(55, -60)
    figure.suptitle(f"{run.config.model_name}: {scores_of(run)}", x=0.01, ha="left")
    class_legend(figure, np.stack([scene.labels[frame], view.labels]), scene.class_names)
    return small_picture(figure)


def without_outermost(xyz: Float[np.ndarray, "n 3"], labels: UInt8[np.ndarray, "n"]) -> Cloud:
    """A cloud without its few points far outside, beside which the room would be small in a picture."""
    low, high = np.percentile(xyz, [OUTERMOST, 100 - OUTERMOST], axis=0)
    margin = 0.1 * (high - low)
    near = ((xyz >= low - margin) & (xyz <= high + margin)).all(1)
    return xyz[near], labels[near]


def captions(scene: Scene, frame: int, view: View, step: int) -> dict[str, str]:
    """What stands beside the names of the four pictures."""
    texts = {"truth": f"frame {frame}", "labels": f"at step {step}", "error": error_text(view, scene.labels[frame])}
    texts["depth"] = f"0 (dark) to {farthest_of(scene):g} m"
    if scene.depth is not None and (off := depth_text(view, scene.depth[frame])):
        texts["depth"] += f", {off}"
    return texts


def scores_of(run: Run) -> str:
    """A finished run's scores, in a few words."""
    m = run.metrics
    depth = "" if m["depth_mae"] is None else f", depth error {m['depth_mae']:.3f} m"
    return f"mIoU {m['miou']:.3f}{depth} at {m['n_frames']} test views, {m['seconds_training']:.0f} s of training"


History = Sequence[Mapping[str, float]]
"""Dicts with "step" and other keys, which need not be in each (see `Trainer`)."""
PANELS = {"loss": "loss (nats)", "miou": "mIoU, some views", "depth_mae": "depth error (m)"}


def curve_picture(
    history: History, last: int, others: Mapping[str, History] | None = None, width: int = 960, height: int = 230
) -> UInt8[np.ndarray, "height width 3"]:
    """Loss, mIoU and depth error over the steps so far, at twice the pixels a page shows.

    Args:
        history: of the run that is watched.
        last: step at which the curves will end.
        others: what finished runs are called to their histories, drawn grey behind it.
        width, height: of the picture on a page, CSS pixels.
    """
    figure = Figure(figsize=(width / 100, height / 100), dpi=200, layout="constrained", facecolor="white")
    canvas = FigureCanvasAgg(figure)
    draw_curves(list(figure.subplots(1, len(PANELS))), history, last, others or {})
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def draw_curves(axes: Sequence[Axes], history: History, last: int, others: Mapping[str, History]) -> None:
    """The curves into three axes of any figure."""
    for ax, (key, label) in zip(axes, PANELS.items(), strict=True):
        for name, other in others.items():
            ax.plot(*_measured(other, key), color=GREY, linewidth=0.9, label=name)
        steps, values = _measured(history, key)
        ax.plot(steps, values, color=MODEL_COLOURS[0], marker="o" if len(steps) < 20 else None, markersize=3)
        if len(values):
            ax.annotate(f"{values[-1]:.3g}", (steps[-1], values[-1]), (2, 3), textcoords="offset points", fontsize=8)
        ax.set(xlabel="training step", ylabel=label, xlim=(0, 1.08 * last))
        if key == "loss" and any(value > 0 for value in values):
            ax.set_yscale("log")
        if key == "miou":
            ax.set_ylim(0, 1)
        ax.grid(axis="y")
        if others and key == "loss":
            ax.legend(loc="upper right")


def _measured(history: History, key: str) -> tuple[list[float], list[float]]:
    entries = [(entry["step"], entry[key]) for entry in history if entry.get(key) is not None]
    return [step for step, _ in entries], [value for _, value in entries]
