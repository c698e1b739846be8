"""Makes growing.webp, the film on the site's first page: `python docs/growing.py`.

It trains the run of notebook 04 once more and renders one test view on the way, labels beside depth.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from semnerf_lib import plots
from semnerf_lib.evaluation import View, render_view
from semnerf_lib.experiments import open_scene, plan
from semnerf_lib.machine.devices import pick_device
from semnerf_lib.palette import colourise
from semnerf_lib.training import Trainer

FRAME = 286
"""A view with much in it: sofa, table, chairs, window."""
SECONDS = 7.0
N_PICTURES = 42
LAST_SECONDS = 2.0


def picture(view: View, farthest: float, step: int) -> Image.Image:
    """Labels and depth of a view side by side, with the step below."""
    figure = Figure(figsize=(6.4, 2.75), dpi=100, layout="constrained")
    left, right = figure.subplots(1, 2)
    left.imshow(colourise(view.labels))
    left.set_title("labels")
    right.imshow(view.depth, cmap="viridis", vmin=0, vmax=farthest)
    right.set_title("depth")
    for axes in (left, right):
        axes.set_axis_off()
    figure.supxlabel(f"after {step:,} steps", fontsize="medium")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])


def main() -> None:
    plots.style()
    scene = open_scene("room", "laptop")
    planned = plan("training", scene, "laptop")[0]
    trainer = Trainer(planned.scene, planned.config, pick_device())
    farthest = float(np.quantile(scene.depth[FRAME], 0.99))
    steps = np.unique(np.geomspace(1, planned.config.iterations, N_PICTURES).round().astype(int))
    pictures = []
    for target in (0, *steps):
        while trainer.step_count < target:
            trainer.step()
        view = render_view(trainer.model, scene.intrinsics, scene.c2w[FRAME], scene.near, scene.far)
        pictures.append(picture(view, farthest, trainer.step_count))
        print(f"{trainer.step_count} of {planned.config.iterations} steps")
    times = [round(1000 * SECONDS / len(pictures))] * (len(pictures) - 1) + [round(1000 * LAST_SECONDS)]
    path = Path(__file__).with_name("growing.webp")
    first, *others = pictures
    first.save(path, save_all=True, append_images=others, duration=times, loop=0, quality=70, method=6)
    print(f"wrote {path}: {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
