"""What a GPU can show in a few minutes: the papers' networks at their own size, timed, trained and scored.

Times a step of P1's and of P2's network in float32 and bfloat16, as it is and with compiled fields; says what all
200,000 steps would take; trains both for the steps that fit into the time left, in float32, and scores
them. Writes gpu.md and the scores (see `study.published.export_reference`) into a folder. The
tests come first: `pytest tests/machine -k cuda`. At smoke scale it runs on a CPU, to try the script itself.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import semnerf_lib  # noqa: F401, before torch, whose threads it tells to let go of their cores

# isort: split

import torch
from floors import seconds

from semnerf_lib.config import Config
from semnerf_lib.experiments import N_FOLDS, Planned, open_scene
from semnerf_lib.experiments.presets import config_of, supervisions
from semnerf_lib.machine.devices import device_name, pick_device
from semnerf_lib.machine.processes import PROJECT
from semnerf_lib.machine.provenance import revision
from semnerf_lib.runs.store import Store
from semnerf_lib.study.published import export_reference
from semnerf_lib.training import Trainer

PAPER_STEPS = 200_000


def step_seconds(planned: Planned, config: Config, device: torch.device, compiled: bool) -> float:
    """Seconds of a step, without the first ones that compile and warm up."""
    trainer = Trainer(planned.scene, config, device)
    if compiled:
        for name in ("coarse", "fine"):
            getattr(trainer.model, name).compile()
    return seconds(trainer.step, device)


def step_rows(planned: list[Planned], device: torch.device) -> Iterator[tuple[str, str, str, float]]:
    """(model, precision, how, seconds a step) of each network."""
    for one in planned:
        for precision in ("float32", "bfloat16"):
            for compiled in (False, True):
                how = "compiled" if compiled else "as it is"
                value = step_seconds(one, one.config.replace(precision=precision), device, compiled)
                print(f"{one.config.model_name}, {precision}, {how}: {1e3 * value:.1f} ms a step", flush=True)
                yield one.config.model_name, precision, how, value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", default="paper", choices=("paper", "smoke"))
    parser.add_argument("--minutes", type=float, default=8.0, help="for all of it, tests included (8)")
    parser.add_argument("--out", type=Path, default=Path("results/gpu"), help="folder (results/gpu)")
    args = parser.parse_args()
    start, device = time.perf_counter(), pick_device()
    args.out.mkdir(parents=True, exist_ok=True)
    tests = subprocess.run([sys.executable, "-m", "pytest", "-q", "-k", "cuda", "tests/machine"], cwd=PROJECT)
    scene = open_scene("room", args.scale)
    part = scene.folds(N_FOLDS)[0]
    planned = [Planned(part, config_of(part, args.scale, s, "mlp", fold=0)) for s in supervisions(part)]
    rows = list(step_rows(planned, device))
    cost = sum(value for _, precision, how, value in rows if (precision, how) == ("float32", "as it is"))
    left = 60 * args.minutes - (time.perf_counter() - start)
    steps = max(10, min(PAPER_STEPS, int(0.8 * left / cost)))  # a fifth of the time is for scoring
    runs, store = [], Store(args.out)
    for one in planned:
        config = one.config.replace(iterations=steps, score_frames=12)
        runs.append(store.get(Planned(one.scene, config), device))
    note = f"{args.scale} scale, {steps:,} of P1's {PAPER_STEPS:,} steps, one fold, 12 frames"
    export_reference(args.out / f"{scene.name}-{args.scale}-gpu.json", "view_synthesis", runs, note)
    outcome = f"CUDA tests {'FAILED' if tests.returncode else 'passed'}" if device.type == "cuda" else "no CUDA here"
    lines = [
        f"{device_name(device)}, revision {revision()}; {outcome}.",
        "",
        f"| network | precision | fields | ms a step | hours for {PAPER_STEPS:,} steps |",
        "| --- | --- | --- | --- | --- |",
        *(f"| {a} | {b} | {c} | {1e3 * s:.2f} | {PAPER_STEPS * s / 3600:.1f} |" for a, b, c, s in rows),
        "",
        *(f"{run.config.model_name}, {note}: mIoU {run.metrics['miou']:.3f}" for run in runs),
    ]
    (args.out / "gpu.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
