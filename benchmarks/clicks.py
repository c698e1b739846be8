"""mIoU over the number of clicks: asked where the learner is unsure, against a random pixel of a random view.

Both clickers answer with the true class, and the learner is fitted anew to all clicks after each, by the same number of
steps; geometry comes from colours, before the first click. Writes clicks.png and clicks.md beside this file.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import matplotlib
import numpy as np
import torch

from semnerf_lib.evaluation import view_renderer
from semnerf_lib.experiments import open_scene
from semnerf_lib.machine.devices import device_name
from semnerf_lib.machine.files import write_aside
from semnerf_lib.machine.provenance import revision
from semnerf_lib.metrics import confusion_matrix, label_scores
from semnerf_lib.scene import Scene
from semnerf_lib.studio.learners import ColourLearner, studio_config
from semnerf_lib.studio.queries import random_clicker, unsure_clicker
from semnerf_lib.tables import spread

matplotlib.use("Agg")
HERE = Path(__file__).resolve().parent
CPU = torch.device("cpu")
CLICKERS = {"where it is unsure": unsure_clicker, "random": random_clicker}
COUNTS = (1, 5, 10, 20, 30, 40, 50, 60)
"""Clicks after which the labels are scored."""
N_FRAMES, WIDTH = 18, 80
"""Test views that are scored, and their pixels a row."""


def score(learner: ColourLearner, small: Scene, scene: Scene) -> tuple[float, float]:
    """mIoU and total accuracy at test views, which nobody clicks."""
    confusion, render = np.zeros((scene.n_classes,) * 2, dtype=np.int64), view_renderer(learner.model, scene)
    for i in scene.test_ids[:: len(scene.test_ids) // N_FRAMES][:N_FRAMES]:
        view = render(scene.c2w[i], WIDTH)
        confusion += confusion_matrix(view.labels, small.labels[i], scene.n_classes)
    scores = label_scores(confusion)
    return scores.miou, scores.total_accuracy


def curve(name: str, seed: int) -> list[tuple[float, float, int]]:
    """mIoU, total accuracy and number of classes clicked, at COUNTS; on one core, so that it is the same each time."""
    torch.set_num_threads(1)
    start, scene = time.perf_counter(), open_scene("room", "laptop")
    small, learner = scene.resized(WIDTH, WIDTH * 3 // 4), ColourLearner(scene, studio_config(seed=seed), CPU)
    while learner.step():
        pass
    rows = []
    for clicks in CLICKERS[name](learner, scene, seed):
        if len(clicks) in COUNTS:
            rows.append((*score(learner, small, scene), len({click.label for click in clicks})))
        if len(clicks) == COUNTS[-1]:
            break
    seconds = time.perf_counter() - start
    print(f"{name}, seed {seed}: mIoU {rows[-1][0]:.3f} after {COUNTS[-1]} clicks, {seconds:.0f} s", flush=True)
    return rows


def curves(seeds: int) -> dict[str, np.ndarray]:
    """Clicker to (seeds, counts, 3), see `curve`; a curve a core."""
    asked = [(name, seed) for seed in range(seeds) for name in CLICKERS]
    with ProcessPoolExecutor(torch.get_num_threads(), get_context("spawn")) as pool:
        rows = dict(zip(asked, pool.map(curve, *zip(*asked, strict=True)), strict=True))
    return {name: np.array([rows[name, seed] for seed in range(seeds)]) for name in CLICKERS}


def table(found: dict[str, np.ndarray]) -> str:
    """Markdown: mean and standard deviation over the seeds."""
    lines = ["| clicks | clicker | mIoU | total accuracy | classes clicked |", "| --- | --- | --- | --- | --- |"]
    for k, count in enumerate(COUNTS):
        for name, rows in found.items():
            miou, accuracy, classes = rows[:, k].T
            lines.append(f"| {count} | {name} | {spread(miou)} | {spread(accuracy)} | {classes.mean():.1f} |")
    return "\n".join(lines)


def figure(found: dict[str, np.ndarray], title: str):
    """mIoU, accuracy and classes over clicks; a thin line a seed."""
    import matplotlib.pyplot as plt

    from semnerf_lib.plots.style import MODEL_COLOURS, style

    style()
    drawn, axes = plt.subplots(1, 3, figsize=(9.6, 3.2))
    names = ("mIoU", "total accuracy", "classes clicked so far")
    for k, (ax, name) in enumerate(zip(axes, names, strict=True)):
        for colour, (clicker, rows) in zip(MODEL_COLOURS, found.items(), strict=False):
            ax.plot(COUNTS, rows[:, :, k].T, color=colour, linewidth=0.6, alpha=0.5)
            ax.plot(COUNTS, rows[:, :, k].mean(0), color=colour, marker="o", markersize=3, label=clicker)
        ax.set(xlabel="clicks in the whole scene", ylabel=name, ylim=(0, None))
        ax.grid(axis="y")
    axes[0].legend()
    drawn.suptitle(title, x=0.01, ha="left")
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="of weights, rays and clicks (3)")
    args = parser.parse_args()
    start = time.perf_counter()
    open_scene("room", "laptop")  # rendered once, before each process asks for it
    found = curves(args.seeds)
    head = f"{device_name(CPU)}, torch {torch.__version__}, revision {revision()}"
    head += f", {time.perf_counter() - start:.0f} s in all"
    told = f"{head}\n\n{table(found)}\n"
    print(told)
    write_aside(HERE / "clicks.md", lambda path: path.write_text(told, encoding="utf-8"))
    drawn = figure(found, "room: labels at test views over clicks on training views")
    write_aside(HERE / "clicks.png", lambda path: drawn.savefig(path, dpi=120, format="png"))


if __name__ == "__main__":
    main()
