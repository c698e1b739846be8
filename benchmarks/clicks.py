"""mIoU over the number of clicks: asked where the learner is unsure, against a random pixel of a random view.

Both clickers answer with the true class, and the learner is fitted anew to all clicks after each, by the same number of
steps; geometry comes from colours, before the first click. Writes clicks.png and clicks.md beside this file.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import matplotlib
import numpy as np
import torch

from semnerf_lib.click_learners import ColourLearner, studio_config
from semnerf_lib.clicking import random_clicker, unsure_clicker, view_of
from semnerf_lib.devices import device_name, pick_device
from semnerf_lib.experiments import open_scene
from semnerf_lib.files import write_aside
from semnerf_lib.metrics import confusion_matrix, label_scores
from semnerf_lib.notebook import spread
from semnerf_lib.provenance import revision
from semnerf_lib.scenes.scene import Scene

matplotlib.use("Agg")
HERE = Path(__file__).resolve().parent
CLICKERS = {"where it is unsure": unsure_clicker, "random": random_clicker}
COUNTS = (1, 5, 10, 20, 30, 40, 50, 60)
"""Clicks after which the labels are scored."""
N_FRAMES, WIDTH = 18, 80
"""Test views that are scored, and their pixels a row."""


def score(learner: ColourLearner, small: Scene, scene: Scene) -> tuple[float, float]:
    """mIoU and total accuracy at test views, which nobody clicks."""
    confusion, render = np.zeros((scene.n_classes,) * 2, dtype=np.int64), view_of(learner, scene)
    for i in scene.test_ids[:: len(scene.test_ids) // N_FRAMES][:N_FRAMES]:
        view = render(scene.c2w[i], WIDTH)
        confusion += confusion_matrix(view.labels, small.labels[i], scene.n_classes)
    scores = label_scores(confusion)
    return scores.miou, scores.total_accuracy


def curves(scene: Scene, seeds: int, device: torch.device) -> dict[str, np.ndarray]:
    """Clicker to (seeds, counts, 3): mIoU, total accuracy, and how many classes were clicked."""
    small, found = scene.resized(WIDTH, WIDTH * 3 // 4), {name: [] for name in CLICKERS}
    for seed in range(seeds):
        start = time.perf_counter()
        learner = ColourLearner(scene, studio_config(seed=seed), device)
        while learner.step():
            pass
        print(f"seed {seed}: geometry in {time.perf_counter() - start:.0f} s", flush=True)
        for name, clicker in CLICKERS.items():
            start, rows = time.perf_counter(), []
            for clicks in clicker(learner, scene, seed):
                if len(clicks) in COUNTS:
                    rows.append((*score(learner, small, scene), len({click.label for click in clicks})))
                if len(clicks) == COUNTS[-1]:
                    break
            found[name].append(rows)
            seconds = time.perf_counter() - start
            print(f"  {name}: mIoU {rows[-1][0]:.3f} after {COUNTS[-1]} clicks, {seconds:.0f} s", flush=True)
    return {name: np.array(rows) for name, rows in found.items()}


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
    parser.add_argument("--device", help="cuda, mps or cpu (the best there is)")
    args = parser.parse_args()
    device, scene = pick_device(args.device), open_scene("room", "laptop")
    start = time.perf_counter()
    found = curves(scene, args.seeds, device)
    head = f"{device_name(device)}, torch {torch.__version__}, revision {revision()}"
    head += f", {time.perf_counter() - start:.0f} s in all"
    told = f"{head}\n\n{table(found)}\n"
    print(told)
    write_aside(HERE / "clicks.md", lambda path: path.write_text(told, encoding="utf-8"))
    drawn = figure(found, f"{scene.name}: labels at test views over clicks on training views")
    write_aside(HERE / "clicks.png", lambda path: drawn.savefig(path, dpi=120, format="png"))


if __name__ == "__main__":
    main()
