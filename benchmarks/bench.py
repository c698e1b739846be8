"""Measures what the kit spends, beside what the machine allows. `make bench` runs it; see README.md in this folder.

Each group is a function that yields rows (what, value, unit, floor or target, note). Rows are printed as they come, and
written with a plot at the end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import semnerf_lib  # noqa: F401, before torch, whose threads it tells to let go of their cores

# isort: split

import matplotlib
import numpy as np
import torch
from floors import copy_rate, gemm_rate, linear_flops, seconds, wait

from semnerf_lib.config import Config
from semnerf_lib.evaluation import evaluate, render_view
from semnerf_lib.experiments import open_scene
from semnerf_lib.experiments.presets import preset
from semnerf_lib.machine.devices import device_name, gains_from_bfloat16, peak_memory_gib, pick_device, uses_bfloat16
from semnerf_lib.machine.provenance import revision
from semnerf_lib.models import Model, ProposalModel, build_model
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.loading import load_scene
from semnerf_lib.training import Trainer

matplotlib.use("Agg")
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Row:
    """One measurement: a value, and in the same unit the floor that the machine sets, where one can be told.

    Attributes:
        against: of a point of a curve, what it is the cost of, over what, and how much of that there was here.
    """

    what: str
    value: float
    unit: str
    floor: float | None = None
    note: str = ""
    against: tuple[str, str, float] | None = None

    @property
    def ratio(self) -> float | None:
        return None if self.floor is None else self.value / self.floor


def step_alone(config: Config, scale: str, device: torch.device, repeats: int) -> dict[str, float]:
    """Steps in a fresh process (see `one_step.py`): seconds, peak_gib, before_gib, parameters."""
    command = [sys.executable, HERE / "one_step.py", config.to_json(), scale, str(device), str(repeats)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[-1])


def compared(
    scale: str, configs: dict[str, Config], floors: list[tuple[float, str]], device: torch.device, repeats: int
) -> Iterator[Row]:
    """Models side by side: seconds a step, peak memory, parameters; and how much the second takes of each.

    Args:
        configs: two, by the model's name: without colours, and with them.
        floors: of their steps, seconds, and what they are made of.
    """
    found = {name: step_alone(config, scale, device, repeats) for name, config in configs.items()}
    for (name, facts), (floor, of_what) in zip(found.items(), floors, strict=True):
        note = f"{facts['before_gib']:.2f} GiB before there was a model"
        yield Row(f"peak memory, {name}", facts["peak_gib"], "GiB", None, note)
        yield Row(f"parameters, {name}", facts["parameters"], "")
        yield Row(f"step alone, {name}", facts["seconds"], "s", floor, of_what)
    plain, coloured = found.values()
    told = {"seconds": "time", "peak_gib": "memory", "parameters": "parameters"}
    if max(plain["peak_gib"], coloured["peak_gib"]) <= max(plain["before_gib"], coloured["before_gib"]):
        del told["peak_gib"]  # opening the scene took more than the steps did
    for key, what in told.items():
        names = " over ".join([*configs][::-1])
        yield Row(f"{what}: {names}", coloured[key] / plain[key], "x", None, "P1's second open question")


def paper_steps(device: torch.device) -> Iterator[Row]:
    """One step of each MLP as the papers sample it, against its matrix products' time."""
    yield from network_steps(device, "paper")


def proposal_steps(device: torch.device) -> Iterator[Row]:
    """The same through a proposal, at laptop scale."""
    yield from network_steps(device, "laptop")


def network_steps(device: torch.device, scale: str) -> Iterator[Row]:
    """One step of each MLP as a scale samples it, without and with colours, in either precision."""
    scene = open_scene("room", "smoke")
    for precision, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        if precision == "bfloat16" and not gains_from_bfloat16(device):
            continue
        rate = gemm_rate(device, dtype)
        yield Row(f"matrix products, {precision}", rate / 1e9, "GFLOP/s")
        configs, floors = {}, []
        for supervision in ("labels", "labels+rgb"):
            config = preset(scale, "mlp", supervision=supervision, precision=precision)
            flops = network_flops(config, build_model(config, scene))
            through = " through a proposal" if config.sampler == "proposal" else ""
            configs[f"{config.model_name}{through}, {precision}"] = config
            floors.append((flops / rate, f"{flops / 1e12:.2f} TFLOP"))
        yield from compared("smoke", configs, floors, device, 3 if scale == "paper" else 20)


def network_flops(config: Config, model: Model) -> int:
    """FLOPs of the matrix products of an MLP's step."""
    if config.sampler == "proposal":
        return linear_flops(model.field, config.n_rays * config.n_importance)
    coarse = linear_flops(model.coarse, config.n_rays * config.n_samples)
    return coarse + linear_flops(model.fine, config.n_rays * (config.n_samples + config.n_importance))


def grid_flops(model: ProposalModel, rays: int) -> int:
    """FLOPs of a grid's matrix products, forward and backward: the class head once a ray, all others once a sample."""
    field, samples = model.field, rays * model.config.n_importance
    return linear_flops(field, samples) - linear_flops(field.semantic, samples - rays)


def products_and_traffic(config: Config, scene, rate: float, bandwidth: float) -> float:
    """Seconds that a grid's step takes at least: its matrix products at `rate`, and what Adam moves at `bandwidth`.

    Each parameter's gradient is written and read; Adam reads and writes it and its two moments.
    """
    model = build_model(config, scene)
    flops = grid_flops(model, config.n_rays + config.colour_rays)
    return flops / rate + 4 * sum(p.numel() for p in model.parameters()) * (2 + 6) / bandwidth


def grid_training(device: torch.device) -> Iterator[Row]:
    """GridField to mIoU 0.95 at novel views of the made room: from the start of training to the score that says so."""
    scene = open_scene("room", "laptop")
    config = preset("laptop", preview_every=0)
    bandwidth = copy_rate(device)
    yield Row("copy bandwidth", bandwidth / 1e9, "GB/s")
    rate = gemm_rate(device, torch.bfloat16 if uses_bfloat16(device, config.precision) else torch.float32)
    start, ids = time.perf_counter(), scene.test_ids[::15]
    trainer = Trainer(scene, config, device)
    reached, score = None, 0.0
    while trainer.step_count < config.iterations and reached is None:
        trainer.step()
        if trainer.step_count % 50 == 0 and trainer.step_count >= 400:
            score = evaluate(trainer.model, scene, ids)["miou"]
            reached = time.perf_counter() - start if score >= 0.95 else None
    wait(device)
    floor = products_and_traffic(config, scene, rate, bandwidth)
    if reached is None:
        note = f"0.95 NOT reached in {config.iterations} steps"
        yield Row("grid, labels only: mIoU after all steps", score, "", None, note)
    else:
        steps = trainer.step_count
        yield Row("grid, labels only, to mIoU 0.95 at novel views", reached, "s", steps * floor, f"{steps} steps")
    configs = {c.model_name: c for c in (config.replace(supervision=s) for s in ("labels", "labels+rgb"))}
    what = "floor: matrix products, and what Adam moves"
    floors = [(products_and_traffic(c, scene, rate, bandwidth), what) for c in configs.values()]
    yield from compared("laptop", configs, floors, device, 40)
    model = trainer.model.eval()
    for width in (160, 320):
        camera = scene.intrinsics.resized(width, width * 3 // 4)
        view = (camera, scene.c2w[scene.test_ids[0]], scene.near, scene.far)
        value = seconds(lambda view=view: render_view(model, *view), device)
        least = 1e3 * grid_flops(model, camera.width * camera.height) / 3 / rate
        yield Row(f"grid, a {width}x{width * 3 // 4} view", 1e3 * value, "ms", least, "floor: matrix products")
    before = peak_memory_gib(device)
    for n in (36, 180):
        start = time.perf_counter()
        evaluate(model, scene, scene.test_ids[:n])
        spent = time.perf_counter() - start
        least = n * grid_flops(model, scene.intrinsics.width * scene.intrinsics.height) / 3 / rate
        yield Row(f"evaluation of {n} views", spent, "s", least, f"+{peak_memory_gib(device) - before:.2f} GiB")


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
    """How the grid's cost grows: a step with rays, samples, classes and frames, a view with resolution."""
    scene, base = open_scene("room", "smoke"), preset("laptop", preview_every=0)

    def step(scene, config, name, amount):
        spent = seconds(Trainer(scene, config, device).step, device, 20)
        return Row(f"grid step, {amount} {name}", 1e3 * spent, "ms", against=("a step", name, amount))

    for n in (384, 768, 1536, 3072):
        yield step(scene, base.replace(n_rays=n), "rays", n)
    for n in (8, 16, 32, 64):
        yield step(scene, base.replace(n_importance=n), "samples of the field a ray", n)
    for n in (10, 34, 100):
        labels = np.where(scene.labels == VOID, VOID, scene.labels % n).astype(np.uint8)
        many = replace(scene, labels=labels, class_names=tuple(f"class {i}" for i in range(n)))
        yield step(many, base, "classes", n)
    for every in (4, 2, 1):
        some = load_scene("room", width=160, every=every)
        yield step(some, base, "training frames", len(some.train_ids))
    model = Trainer(scene, base, device).model.eval()
    for width in (80, 160, 320, 640):
        camera = scene.intrinsics.resized(width, width * 3 // 4)
        spent = seconds(lambda camera=camera: render_view(model, camera, scene.c2w[0], scene.near, scene.far), device)
        against = ("a view", "pixels", width**2 * 3 // 4)
        yield Row(f"grid, a view {width} wide", 1e3 * spent, "ms", note="untrained", against=against)


def reproduced_again(device: torch.device) -> Iterator[Row]:
    """`semnerf reproduce` at smoke scale from nothing, and once more with nothing changed; floor: its imports."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "semnerf_lib.cli", "reproduce", "--scale", "smoke", "--out", folder]
        times = []
        for work in (command, command, [sys.executable, "-c", "import semnerf_lib.cli.reproduce"]):
            start = time.perf_counter()
            subprocess.run(work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            times.append(time.perf_counter() - start)
    yield Row("reproduce, smoke", times[0], "s")
    yield Row("reproduce, smoke, nothing changed", times[1], "s", times[2], "floor: its imports")


GROUPS = {
    "paper": paper_steps,
    "proposal": proposal_steps,
    "grid": grid_training,
    "start": start_up,
    "growth": growth,
    "reproduce": reproduced_again,
}


def shown(row: Row) -> str:
    floor = "" if row.floor is None else f"{row.floor:.4g}"
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    return f"| {row.what} | {row.value:.4g} {row.unit} | {floor} | {ratio} | {row.note} |"


def write(rows: list[Row], device: torch.device) -> None:
    """table.md, ratios.png and growth.png beside this file, of the groups that were measured."""
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
        ax.set(xlabel="times the floor that this machine sets")
        figure.suptitle(head, x=0.01, ha="left", fontsize=8)
        figure.savefig(HERE / "ratios.png", dpi=120)
    curves = [[*group] for _, group in groupby([row for row in rows if row.against], lambda row: row.against[:2])]
    if curves:
        figure, axes = plt.subplots(1, len(curves), figsize=(2.6 * len(curves), 2.6), layout="constrained")
        for ax, curve in zip(np.atleast_1d(axes), curves, strict=True):
            what, over, _ = curve[0].against
            amounts = [row.against[2] for row in curve]
            ax.semilogx(amounts, [row.value for row in curve], "o-", color="#0072b2")
            ax.set_xticks(amounts, [f"{amount:,.0f}" for amount in amounts], fontsize=7)
            ax.minorticks_off()
            ax.set(title=what, xlabel=over, ylabel=curve[0].unit)
            ax.set_ylim(0, 1.1 * max(row.value for row in curve))
        figure.savefig(HERE / "growth.png", dpi=120)


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
