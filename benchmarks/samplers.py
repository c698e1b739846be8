"""The control of the proposal: P1's network sampled hierarchically (P2's rules) and through a proposal, all else equal.

Same network, rays, precision, bounds of the scene, steps and learning rate. Runs lie in a results folder and go on from
their checkpoints; called again, finished ones are read. Writes samplers.md beside this file when all are there.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from semnerf_lib.config import Bounds, Config, Sampler
from semnerf_lib.experiments import Planned, open_scene
from semnerf_lib.experiments.presets import preset
from semnerf_lib.machine.devices import device_name, pick_device
from semnerf_lib.machine.files import write_aside
from semnerf_lib.machine.provenance import revision
from semnerf_lib.runs.store import Run, Store
from semnerf_lib.tables import spread
from semnerf_lib.training import DeadField

HERE = Path(__file__).resolve().parent
CONDITIONS: dict[str, tuple[Sampler, Bounds]] = {
    "hierarchical": ("hierarchical", "scene"),
    "proposal, box from the cameras": ("proposal", "cameras"),
    "proposal, known walls": ("proposal", "scene"),
}
"""What the table calls a sampler and the box of its proposal; hierarchical sampling has no box."""
KEYS = ("miou", "total_accuracy", "depth_mae")
"""Scores of the table. It has no seconds: a run of hours seldom has the machine to itself."""


def config_of(condition: str, steps: int, seed: int) -> Config:
    """The laptop's network; of the two samplers each with its own numbers: P2's samples and noise, or the laptop's."""
    sampler, bounds = CONDITIONS[condition]
    base = preset(
        "laptop", "mlp", iterations=steps, seed=seed, bounds=bounds, preview_every=max(1, steps // 8), score_frames=36
    )
    paper = preset("paper", "mlp")
    own = {key: getattr(paper, key) for key in ("n_samples", "n_importance", "noise_std", "density_bias", "carving")}
    return base if sampler == "proposal" else base.replace(sampler=sampler, **own)


def rows(name: str, runs: list[Run | None]) -> list[str]:
    """Lines of the table: each seed's run, None if its field died, and the mean and spread of the others."""
    lines = [
        f"| {name}, seed {seed} | " + " | ".join(f"{run.metrics[key]:.3f}" if run else "died" for key in KEYS) + " |"
        for seed, run in enumerate(runs)
    ]
    alive = [run for run in runs if run]
    means = [spread([run.metrics[key] for run in alive]) for key in KEYS] if alive else ["none alive"] * len(KEYS)
    return [*lines, f"| **{name}**, {len(alive)} of {len(runs)} | {' | '.join(means)} |"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1200, help="of each run (1200)")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each sampler (3)")
    parser.add_argument("--out", type=Path, default=Path("results/samplers"), help="results folder (results/samplers)")
    args = parser.parse_args()
    store, device, scene = Store(args.out), pick_device(), open_scene("room", "laptop")
    runs: dict[str, list[Run | None]] = {name: [] for name in CONDITIONS}
    for seed in range(args.seeds):
        for name in CONDITIONS:
            try:
                runs[name].append(store.get(Planned(scene, config_of(name, args.steps, seed)), device))
            except DeadField as fault:
                print(f"{name}, seed {seed}: {fault}", flush=True)
                runs[name].append(None)
    head = ("sampler", "mIoU", "total accuracy", "depth error (m)")
    lines = [
        f"{device_name(device)}, revision {revision()}, {args.steps:,} steps each",
        "",
        f"| {' | '.join(head)} |",
        f"|{' --- |' * len(head)}",
        *(line for name in CONDITIONS for line in rows(name, runs[name])),
    ]
    text = "\n".join(lines) + "\n"
    write_aside(HERE / "samplers.md", lambda aside: aside.write_text(text, encoding="utf-8"))
    print(text)


if __name__ == "__main__":
    main()
