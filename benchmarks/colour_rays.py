"""How labels + RGB splits the rays of a step: chosen by its own score, on another room than the one that is judged.

Labels alone draw all rays of a step from labelled pixels. With RGB a share of as many rays comes from any pixel
instead: it teaches colour everywhere and, where the pixel has one, its label. For each share and weight of the
cross-entropy, and for several corruptions, a run in the bedroom. Runs lie in a results folder; called again, finished
ones are read. Writes colour_rays.md beside this file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from semnerf_lib.config import Config
from semnerf_lib.experiments import CORRUPTED, CORRUPTED_LAPTOP, Planned, open_scene
from semnerf_lib.experiments.presets import preset, with_colour_rays
from semnerf_lib.machine.devices import device_name, pick_device
from semnerf_lib.machine.files import write_aside
from semnerf_lib.machine.provenance import revision
from semnerf_lib.runs.executors import pick_executor
from semnerf_lib.runs.jobs import job_for
from semnerf_lib.runs.store import Store

HERE = Path(__file__).resolve().parent
SHARES = (0.0, 0.25, 0.5, 0.75, 0.875)
CORRUPTIONS = ("none", "pixel-noise:0.5", "super-sparse:8", "propagation:0", "sparse:0.977778")


def candidate(corruption: str, share: float, weight: float) -> Config:
    """A run with RGB of the laptop's experiments, with a share of its rays from any pixel."""
    own = {"iterations": 450, "lr_decay_steps": 315, "preview_every": 0, "score_frames": 12}
    if corruption != "none":
        own = CORRUPTED | CORRUPTED_LAPTOP | {"score_views": "test"}
    config = preset(
        "laptop", supervision="labels+rgb", bounds="cameras", corruption=corruption, semantic_weight=weight, **own
    )
    return with_colour_rays(config, share)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("results/colour_rays"), help="results folder")
    args = parser.parse_args()
    store, scene = Store(args.out), open_scene("bedroom", "laptop")
    choices = [(share, 0.04) for share in SHARES] + [(0.75, weight) for weight in (0.01, 0.16)]
    planned = {(c, *choice): Planned(scene, candidate(c, *choice)) for choice in choices for c in CORRUPTIONS}
    jobs = [job_for(store, "bedroom", "laptop", one) for one in planned.values() if not store.has(one)]
    with pick_executor(None, None, len(jobs)).outcomes(jobs) as outcomes:
        for n, outcome in enumerate(outcomes, 1):
            print(
                f"{n} of {len(jobs)}: {outcome.job.config.corruption} {outcome.state} {outcome.error or ''}", flush=True
            )
    if missing := sum(not store.has(one) for one in planned.values()):
        raise SystemExit(f"{missing} of {len(planned)} runs could not be made, expected all of them")
    scores = {key: 100 * store.find(one).metrics["miou"] for key, one in planned.items()}
    lines = [
        f"Bedroom, 160 x 120, labels + RGB, mIoU at 12 test poses, one seed; {device_name(pick_device())}, revision "
        f"{revision()}.",
        "",
        "| from any pixel | weight of the cross-entropy | " + " | ".join(CORRUPTIONS) + " | mean |",
        "| --- " * (len(CORRUPTIONS) + 3) + "|",
    ]
    for share, weight in choices:
        row = [scores[c, share, weight] for c in CORRUPTIONS]
        cells = [f"{value:.1f}" for value in [*row, sum(row) / len(row)]]
        lines.append(f"| {100 * share:g} % | {weight:g} | {' | '.join(cells)} |")
    text = "\n".join(lines) + "\n"
    write_aside(HERE / "colour_rays.md", lambda aside: aside.write_text(text, encoding="utf-8"))
    print(text)


if __name__ == "__main__":
    main()
