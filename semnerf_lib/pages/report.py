"""The page that `semnerf reproduce` writes: scores, notebooks, times, versions and machine."""

from __future__ import annotations

import os
import platform
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import EXPERIMENTS, Plan
from semnerf_lib.labels import CLEAN
from semnerf_lib.machine.devices import device_name, pick_device
from semnerf_lib.machine.files import write_aside
from semnerf_lib.machine.jsons import decimal
from semnerf_lib.machine.provenance import revision
from semnerf_lib.pages.templating import TEMPLATES
from semnerf_lib.runs.store import Run
from semnerf_lib.scene import Scene
from semnerf_lib.study.results import planned_results
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
"""Columns of the table of scores on clean labels: (views, key of the scores) to (head, decimals)."""
CORRUPTED_SCORES = {
    ("train", "miou"): ("mIoU, training poses", 3),
    ("train", "total_accuracy"): ("total accuracy, training poses", 3),
    ("test", "miou"): ("mIoU, test poses", 3),
    ("test", "total_accuracy"): ("total accuracy, test poses", 3),
    ("test", "depth_mae"): ("depth error (m), test poses", 3),
}
"""The same for corrupted labels."""


@dataclass
class Report:
    """What the page says; it is filled while runs and notebooks finish.

    Attributes:
        plans: the chosen experiments' runs.
        n_runs: how many different runs they are.
        notebooks: stem -> result (see `execute.execute`), None while waiting.
        scene_seconds: how long opening the scene took.
        setup_seconds: how long the installation took, None if unknown.
        runs: finished runs by id.
        runs_made: how many of them this call made.
        verdict: a line a claim (see `verdict_report.write_verdict`), none until `report.html` is written.
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


def seconds_of_setup() -> float | None:
    """What `make` measured, SEMNERF_SETUP_SECONDS; None where nothing was measured.

    Raises:
        SemnerfError: no number.
    """
    text = os.environ.get("SEMNERF_SETUP_SECONDS", "")
    try:
        return decimal(text) if text else None
    except ValueError as fault:
        raise SemnerfError(f"SEMNERF_SETUP_SECONDS {text[:40]!r}, expected a number of seconds") from fault


def score_tables(report: Report) -> list[dict[str, Any]]:
    """A table an experiment, a row a corruption and model: scores over the finished runs, and their count."""
    tables = []
    for name, planned in report.plans.items():
        results, groups = (
            planned_results(planned, report.runs),
            Counter((p.config.corruption, p.label) for p in planned),
        )
        corrupted = any(corruption != CLEAN for corruption, _ in groups)
        columns, rows = CORRUPTED_SCORES if corrupted else SCORES, []
        for (corruption, model), wanted in groups.items():
            own = results.select(corruption=corruption, name=model)
            n = len(own.select(views="test").rows)
            scores = [
                spread(own.select(views=views).values(key), digits, count=False)
                for (views, key), (_, digits) in columns.items()
            ]
            count = f"{n}" if n == wanted else f"{n} of {wanted}"
            rows.append({"labels": corruption.title, "model": model, "n": count, "scores": scores})
        heads = [head for head, _ in columns.values()]
        tables.append({"title": EXPERIMENTS[name].heading, "heads": heads, "rows": rows, "corrupted": corrupted})
    return tables


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
    return [{"label": label, "seconds": s, "time": duration(s), "share": 100 * s / longest} for label, s in bars]


def provenance(report: Report) -> dict[str, str]:
    """Versions, machine and scene of the page, as names and texts."""
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
