"""The page that `semnerf reproduce` ends with: scores, notebooks, where the time went, with what it was made."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from semnerf_lib.experiments import Plan
from semnerf_lib.labels import CLEAN, Corruption
from semnerf_lib.machine.devices import device_name, pick_device
from semnerf_lib.machine.files import write_aside
from semnerf_lib.machine.provenance import revision
from semnerf_lib.pages.templating import TEMPLATES
from semnerf_lib.runs.store import Run
from semnerf_lib.scene import Scene
from semnerf_lib.tables import duration, spread

SCORES = {
    ("test", "miou"): ("mIoU", 3),
    ("test", "total_accuracy"): ("total accuracy", 3),
    ("test", "average_accuracy"): ("average accuracy", 3),
    ("test", "depth_abs_rel"): ("depth AbsRel", 3),
    ("test", "depth_mae"): ("depth error (m)", 3),
    ("test", "depth_within_25"): ("depth within 25 %", 3),
    ("test", "seconds_training"): ("training (s)", 0),
}
"""Columns of the scores table on clean labels: poses and metric, head, digits."""
CORRUPTED_SCORES = {
    ("train", "miou"): ("mIoU, training poses", 3),
    ("train", "total_accuracy"): ("total accuracy, training poses", 3),
    ("test", "miou"): ("mIoU, test poses", 3),
    ("test", "total_accuracy"): ("total accuracy, test poses", 3),
    ("test", "depth_mae"): ("depth error (m), test poses", 3),
}
"""Those on corrupted labels."""
TITLES = {
    "training": "One run on the scene's own split (notebook 04)",
    "view_synthesis": "Semantic view synthesis over P1's folds (notebook 05)",
    "sparse_labels": "Sparse labels (notebook 06)",
    "label_noise": "Label noise (notebook 07)",
    "super_resolution": "Super-resolution (notebook 08)",
    "label_propagation": "Label propagation (notebook 09)",
    "geometry": "What sharpens geometry (notebook 11)",
}


@dataclass
class Report:
    """What is known so far.

    Attributes:
        plans: the chosen experiments' runs.
        n_runs: how many different runs they are.
        notebooks: stem -> result (see `execute.execute`), None while waiting.
        scene_seconds: how long opening the scene took.
        setup_seconds: what the set-up took, None if nobody says.
        runs: finished ones by id; runs_made of them by this call.
        verdict: a line a claim (see `verdict_report.write_verdict`), none while `report.html` was not written.
    """

    scene: Scene
    scale: str
    plans: dict[str, Plan]
    n_runs: int
    notebooks: dict[str, dict[str, Any] | None]
    scene_seconds: float
    setup_seconds: float | None = None
    runs: dict[str, Run] = field(default_factory=dict)
    runs_made: int = 0
    verdict: list[dict[str, str]] = field(default_factory=list)


def score_tables(report: Report) -> list[dict[str, Any]]:
    """A table an experiment, a row a corruption and model: scores over the finished runs, and their count."""
    tables = []
    for name, planned in report.plans.items():
        groups: dict[tuple[Corruption, str], list[Run | None]] = {}
        for one in planned:
            groups.setdefault((one.config.corruption, one.label), []).append(report.runs.get(one.id))
        corrupted = any(corruption != CLEAN for corruption, _ in groups)
        columns = CORRUPTED_SCORES if corrupted else SCORES
        rows = []
        for (corruption, model), runs in groups.items():
            there = [run for run in runs if run]
            rows.append(
                {
                    "labels": corruption.title,
                    "model": model,
                    "n": f"{len(there)}" + ("" if len(there) == len(runs) else f" of {len(runs)}"),
                    "scores": [
                        spread([_score(run, *key) for run in there], d, count=False) for key, (_, d) in columns.items()
                    ],
                }
            )
        heads = [head for head, _ in columns.values()]
        tables.append({"title": TITLES.get(name, name), "heads": heads, "rows": rows, "corrupted": corrupted})
    return tables


def _score(run: Run, views: str, key: str) -> float | None:
    scores = run.metrics if views == "test" else run.train_metrics or {}
    return scores.get(key)


def time_spent(report: Report) -> list[dict[str, Any]]:
    """Bars of the figure "where the time goes": label, seconds, share of the longest in percent."""
    runs = list(report.runs.values())
    bars = [
        ("set-up", report.setup_seconds),
        ("scene", report.scene_seconds),
        (f"training, {len(runs)} runs", sum(run.metrics["seconds_training"] for run in runs)),
        (f"scoring, {len(runs)} runs", sum(run.metrics["seconds_evaluation"] for run in runs)),
        *((f"notebook {stem[:2]}", result["seconds"]) for stem, result in report.notebooks.items() if result),
    ]
    bars = [(label, seconds) for label, seconds in bars if seconds and seconds >= 0.05]
    longest = max((seconds for _, seconds in bars), default=1.0)
    return [{"label": label, "seconds": s, "shown": duration(s), "share": 100 * s / longest} for label, s in bars]


def provenance(report: Report) -> dict[str, str]:
    """With what the page was made."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("torch", "numpy"))
    return {
        "scene": f"{report.scene.name}, {report.scene.n_frames} frames of {report.scene.intrinsics.width} x "
        f"{report.scene.intrinsics.height}, {report.scene.n_classes} classes, sha256 {report.scene.digest[:12]}",
        "scale": report.scale,
        "device": device_name(pick_device()),
        "versions": f"Python {platform.python_version()}, {versions}",
        "revision": revision(),
        "written": datetime.now().astimezone().isoformat(" ", timespec="seconds"),
    }


def write_report(report: Report, folder: Path) -> Path:
    """Writes `index.html`, one self-contained file, aside and renamed.

    Raises:
        SemnerfError: no room, or the folder cannot be written to.
    """
    bars = time_spent(report)
    text = TEMPLATES.get_template("index.html.j2").render(
        report=report,
        tables=score_tables(report),
        bars=bars,
        total=duration(sum(bar["seconds"] for bar in bars)),
        duration=duration,
        provenance=provenance(report),
        waiting=sum(result is None for result in report.notebooks.values()),
        failures=sum(result is not None and not result["ok"] for result in report.notebooks.values()),
    )
    path = folder / "index.html"
    write_aside(path, lambda aside: aside.write_text(text, encoding="utf-8"))
    return path
