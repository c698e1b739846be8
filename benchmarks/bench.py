"""Measures what the kit spends, beside what the machine allows. `make bench` runs it; see README.md in this folder.

Each group is a function that yields rows (what, value, unit, floor or target, note). Rows are printed as they come, and
written with a plot at the end.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib
import numpy as np
import torch
from floors import copy_rate, gemm_rate, linear_flops, seconds, wait

from semnerf_lib.config import Config, preset
from semnerf_lib.devices import device_name, gains_from_bfloat16, peak_memory_gib, pick_device
from semnerf_lib.evaluation import evaluate, render_view
from semnerf_lib.experiments import open_scene
from semnerf_lib.models import build_model
from semnerf_lib.provenance import revision
from semnerf_lib.scenes.scene import VOID
from semnerf_lib.training import Trainer

matplotlib.use("Agg")
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Row:
    """One measurement: a value, and in the same unit the floor that the machine sets, where one can be told."""

    what: str
    value: float
    unit: str
    floor: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return None if self.floor is None else self.value / self.floor


def step_seconds(scene, config: Config, device: torch.device, share: int = 1, repeats: int = 3) -> float:
    """Median time of a training step, measured with 1/share of the rays and scaled; the optimiser is not scaled."""
    trainer = Trainer(scene, config.replace(n_rays=config.n_rays // share), device)
    whole = seconds(trainer.step, device, repeats)
    optimiser = seconds(lambda: [o.step() for o in trainer.optimisers], device, repeats)
    return share * (whole - optimiser) + optimiser


def paper_steps(device: torch.device) -> Iterator[Row]:
    """One step of each MLP at paper scale against its matrix products' time."""
    scene = open_scene("room", "smoke")
    share = 8 if device.type == "cpu" else 1
    for precision, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        if precision == "bfloat16" and not gains_from_bfloat16(device):
            continue
        rate = gemm_rate(device, dtype)
        yield Row(f"matrix products, {precision}", rate / 1e9, "GFLOP/s")
        for supervision in ("labels", "labels+rgb"):
            config = preset("paper", supervision=supervision, precision=precision)
            model = build_model(config, scene)
            flops = linear_flops(model.coarse, config.n_rays * config.n_samples)
            flops += linear_flops(model.fine, config.n_rays * (config.n_samples + config.n_importance))
            note = f"{flops / 1e12:.2f} TFLOP, {sum(p.numel() for p in model.parameters()):,} parameters"
            note += f"; timed with 1/{share} of the rays" if share > 1 else ""
            value = step_seconds(scene, config, device, share)
            yield Row(f"step of {config.model_name} at paper scale, {precision}", value, "s", flops / rate, note)


def grid_training(device: torch.device) -> Iterator[Row]:
    """GridField to mIoU 0.95 at novel views of the made room: from the start of training to the score that says so."""
    scene = open_scene("room", "laptop")
    config = preset("laptop", preview_every=0)
    bandwidth = copy_rate(device)
    yield Row("copy bandwidth", bandwidth / 1e9, "GB/s")
    trainer = Trainer(scene, config, device)
    start, ids = time.perf_counter(), scene.test_ids[::15]
    reached, score = None, 0.0
    while trainer.step_count < config.iterations and reached is None:
        trainer.step()
        if trainer.step_count % 125 == 0 and trainer.step_count >= 500:
            score = evaluate(trainer.model, scene, ids)["miou"]
            reached = time.perf_counter() - start if score >= 0.95 else None
    wait(device)
    if reached is None:
        note = f"0.95 NOT reached in {config.iterations} steps"
        yield Row("grid, labels only: mIoU after all steps", score, "", None, note)
    else:
        yield Row("grid, labels only, to mIoU 0.95 at novel views", reached, "s", None, f"{trainer.step_count} steps")
    # Adam reads and writes weights and two moments, and reads the gradient, which was zeroed and added to
    moved = 4 * sum(p.numel() for p in trainer.model.parameters()) * (7 + 2)
    for supervision in ("labels", "labels+rgb"):
        value = step_seconds(scene, config.replace(supervision=supervision), device, repeats=20)
        name = config.replace(supervision=supervision).model_name
        yield Row(f"step of {name}", 1e3 * value, "ms", 1e3 * moved / bandwidth, "floor: Adam's traffic alone")
    model = trainer.model.eval()
    for width in (160, 320):
        camera = scene.intrinsics.resized(width, width * 3 // 4)
        view = (camera, scene.c2w[scene.test_ids[0]], scene.near, scene.far)
        value = seconds(lambda view=view: render_view(model, *view), device)
        yield Row(f"grid, a {width}x{width * 3 // 4} view", 1e3 * value, "ms")
    before = peak_memory_gib(device)
    for n in (36, 180):
        start = time.perf_counter()
        evaluate(model, scene, scene.test_ids[:n])
        spent = time.perf_counter() - start
        yield Row(f"evaluation of {n} views", spent, "s", None, f"+{peak_memory_gib(device) - before:.2f} GiB")


def start_up(device: torch.device) -> Iterator[Row]:
    """Importing the library, and opening a cached scene of 360 frames, each in a fresh process."""
    begin = "import time; t = time.perf_counter(); "
    end = "; print(time.perf_counter() - t)"
    for what, code in {
        "import semnerf_lib.cli": "import semnerf_lib.cli",
        "import of training and all it needs": "import semnerf_lib.training",
        "opening 360 frames, import included": "import semnerf_lib.experiments as e; e.open_scene('room', 'laptop')",
    }.items():
        said = subprocess.run([sys.executable, "-c", begin + code + end], capture_output=True, text=True, check=True)
        yield Row(what, float(said.stdout.split()[-1]), "s")


def growth(device: torch.device) -> Iterator[Row]:
    """How a step of the grid grows with rays, samples and classes."""
    scene, base = open_scene("room", "smoke"), preset("laptop", preview_every=0)
    for key, values in {"n_rays": (768, 1536, 3072), "n_importance": (8, 16, 32)}.items():
        for value in values:
            spent = step_seconds(scene, base.replace(**{key: value}), device, repeats=10)
            yield Row(f"grid step, {key} = {value}", 1e3 * spent, "ms")
    for n in (10, 34, 100):
        labels = np.where(scene.labels == VOID, VOID, scene.labels % n).astype(np.uint8)
        many = replace(scene, labels=labels, class_names=tuple(f"class {i}" for i in range(n)))
        yield Row(f"grid step, {n} classes", 1e3 * step_seconds(many, base, device, repeats=10), "ms")


GROUPS = {"paper": paper_steps, "grid": grid_training, "start": start_up, "growth": growth}


def shown(row: Row) -> str:
    floor = "" if row.floor is None else f"{row.floor:.4g}"
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    return f"| {row.what} | {row.value:.4g} {row.unit} | {floor} | {ratio} | {row.note} |"


def write(rows: list[Row], device: torch.device) -> None:
    """table.md and ratios.png beside this file."""
    import matplotlib.pyplot as plt

    head = f"{device_name(device)}, torch {torch.__version__}, revision {revision()}"
    lines = [
        head,
        "",
        "| what | measured | floor | ratio | note |",
        "| --- | --- | --- | --- | --- |",
        *map(shown, rows),
    ]
    aside = HERE / "table.md.part"
    aside.write_text("\n".join(lines) + "\n", encoding="utf-8")
    aside.replace(HERE / "table.md")
    told = [row for row in rows if row.ratio is not None]
    if told:
        figure, ax = plt.subplots(figsize=(8, 0.5 * len(told) + 1.2), layout="constrained")
        ax.barh([row.what for row in told][::-1], [row.ratio for row in told][::-1], color="#0072b2")
        ax.axvline(1, color="black", linewidth=1)
        ax.set(xlabel="times the floor that this machine sets", title=head)
        figure.savefig(HERE / "ratios.png", dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="*", default=list(GROUPS), help=f"some of: {', '.join(GROUPS)} (all)")
    parser.add_argument("--device", help="cuda, mps or cpu (the best there is)")
    args = parser.parse_args()
    for name in args.groups:
        if name not in GROUPS:
            parser.error(f"group {name!r}, expected some of: {', '.join(GROUPS)}")
    device, rows = pick_device(args.device), []
    print(device_name(device), flush=True)
    for name in args.groups:
        for row in GROUPS[name](device):
            rows.append(row)
            print(shown(row), flush=True)
    write(rows, device)


if __name__ == "__main__":
    main()
