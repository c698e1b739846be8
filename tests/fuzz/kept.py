"""Doors of what the kit itself keeps: runs, checkpoints, packs, caches, clicks, notebooks, pages, command lines."""

from __future__ import annotations

import base64
import functools
import io
import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import nbformat
import numpy as np
import torch
from made_runs import make_run
from PIL import Image
from tiny import make_tiny_scene, tiny_config

from fuzz.door import Door
from fuzz.mutations import Legal, json_text, json_utf16, json_value
from semnerf_lib.cli.execute import executed_cells
from semnerf_lib.cli.inputs import kept_result, notebook_key
from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import Planned
from semnerf_lib.machine.files import write_json
from semnerf_lib.machine.jsons import is_number
from semnerf_lib.pages import report, series
from semnerf_lib.pages.html import notebook_page
from semnerf_lib.runs.notebooks import needs
from semnerf_lib.runs.status import Board
from semnerf_lib.runs.store import Run, Store
from semnerf_lib.runs.sweep import Sweep
from semnerf_lib.runs.underway import read_failure, read_progress, write_failure
from semnerf_lib.scenes import render
from semnerf_lib.scenes.stored_labels import load_labels, store_labels
from semnerf_lib.studio.clicks import Click, load_clicks, save_clicks
from semnerf_lib.study.published import export_reference, read_published, read_reference
from semnerf_lib.study.results import scored_baselines
from semnerf_lib.teaching import archive, students, workshop
from semnerf_lib.training import Trainer

CPU = torch.device("cpu")
CONFIG = tiny_config(iterations=12, score_views="test+train")


@functools.cache
def scene():
    return make_tiny_scene()


def planned() -> list[Planned]:
    return [Planned(scene(), replace(CONFIG, seed=seed)) for seed in (0, 1)]


def runs(folder: Path) -> None:
    """Two finished runs and one that was begun."""
    store = Store(folder / "results")
    for one, miou in zip(planned(), (0.5, 0.6), strict=True):
        make_run(store, one, miou)
    begun = folder / "results/runs/begun"
    write_failure(begun, "no room")
    progress = {"step": 3, "iterations": 12, "loss": 0.5, "seconds": 1.0, "stage": "training"}
    place = {"host": "here", "pid": 7, "time": "2024-01-01T00:00:00+00:00"}
    write_json(begun / "progress.json", progress | place)
    write_json(begun / "config.json", json.loads((store.folder(planned()[0]) / "config.json").read_text()))


def read_runs(folder: Path) -> dict[str, Any]:
    """What every command makes of a results folder; a damaged run is one to be made again."""
    store = Store(folder / "results")
    Board(store).text(120, 40).encode()
    begun = folder / "results/runs/begun"
    found = {"failure": read_failure(begun), "progress": read_progress(begun)}
    plans = {name: planned() for name in needs(Path("04_training.ipynb"))}
    sweep = Sweep(store, "room", "smoke", plans, [Path("04_training.ipynb")])
    page = report.Report(scene(), "smoke", {"training": planned()}, 2, {"04_training": None}, 1.0, runs=sweep.runs)
    report.write_report(page, folder / "page")
    return {name: value for name, value in found.items() if value is not None} | sweep.runs


def runs_fault(found: dict[str, Any]) -> str | None:
    for run in (value for value in found.values() if isinstance(value, Run)):
        for scores in filter(None, (run.metrics, run.train_metrics)):
            shares = [scores["miou"], scores["total_accuracy"], *scores["per_class_iou"].values()]
            if not all(share is None or (is_number(share) and 0 <= share <= 1) for share in shares):
                return "a score that is no share"
        steps = [entry["step"] for entry in run.history]
        if not all(type(step) is int and 0 <= step <= run.config.iterations for step in steps):
            return f"steps {steps}"
        if not is_number(run.metrics["seconds_training"]) or run.metrics["seconds_training"] < 0:
            return "seconds that are none"
    return None


def checkpoint(folder: Path) -> None:
    trainer = Trainer(scene(), CONFIG, CPU)
    for _ in range(3):
        trainer.step()
    trainer.history.append({"step": 3, "seconds": 0.1, "loss": 1.5})
    trainer.save(folder / "checkpoint.safetensors")


def read_checkpoint(folder: Path) -> list[Any]:
    trainer = Trainer(scene(), CONFIG, CPU)
    trainer.restore(folder / "checkpoint.safetensors")
    found = [trainer.step_count, trainer.seconds, trainer.history, dict(trainer.model.state_dict())]
    trainer.step()
    return found


@functools.cache
def packed_run() -> bytes:
    """A pack of one run that was really trained."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        one = Planned(scene(), tiny_config(iterations=4))
        store = Store(folder)
        store.get(one, CPU)
        with patch.object(workshop, "TOLERANCE", 1.0):
            workshop.pack(Path(folder) / "a.pack", scene(), "smoke", [one], store)
        return (Path(folder) / "a.pack").read_bytes()


def pack(folder: Path) -> None:
    (folder / "a.pack").write_bytes(packed_run())


def read_pack(folder: Path) -> dict[str, Any]:
    store = Store(folder / "theirs")
    opened = patch.multiple(workshop, open_scene=lambda spec, scale: scene(), MADE_SCENES=("tiny",))
    try:
        with opened:
            workshop.unpack(folder / "a.pack", store)
    except SemnerfError:
        left = [path for path in store.root.rglob("*") if path.is_file()]
        if left:
            raise AssertionError(f"refused, but {left[0].name} was written") from None
        raise
    Board(store).text().encode()
    return {"run": store.find(Planned(scene(), tiny_config(iterations=4)))}


def forge(folder: Path, rng: Random) -> tuple[str, Legal]:
    """A JSON member of a pack changes, and the hashes are computed anew."""
    path, scratch = folder / "a.pack", folder / ".member.json"
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    manifest = json.loads(members.pop(archive.MANIFEST))
    name = rng.choice([name for name in members if name.endswith(".json")])
    scratch.write_bytes(members[name])
    what, legal = rng.choice((json_value, json_value, json_value, json_text, json_utf16))(scratch, rng)
    members[name] = scratch.read_bytes()
    scratch.unlink()
    archive.write_archive(path, {key: manifest[key] for key in ("scene", "scale", "revision", "runs")}, members)
    return f"forged {Path(name).name}: {what}", legal


def clicks(folder: Path) -> None:
    made = [Click(frame, 3, 4, label) for frame, label in zip(scene().train_ids, (0, 2, 6), strict=False)]
    save_clicks(folder / "clicks.json", scene(), made)


def stored(folder: Path) -> None:
    store_labels(folder / "labels.npz", scene(), scene().labels, "none", 0)


def read_stored(folder: Path) -> np.ndarray:
    return load_labels(folder / "labels.npz", scene())


WANTED = {"labels": ((3, 4), np.uint8), "c2w": ((2, 4, 4), np.float64)}


def made_arrays() -> dict[str, np.ndarray]:
    return {"labels": np.arange(12, dtype=np.uint8).reshape(3, 4), "c2w": np.tile(np.eye(4), (2, 1, 1))}


def read_cache(folder: Path) -> dict[str, np.ndarray]:
    with patch.dict(os.environ, {"SEMNERF_CACHE": str(folder / "cache")}):
        return render.cached_arrays("room", (1,), WANTED, made_arrays)


def baselines(folder: Path) -> dict[str, Any]:
    return scored_baselines(Store(folder), planned()[0])["test"]


def baselines_fault(found: dict[str, Any]) -> str | None:
    for scores in found.values():
        shares = [scores["miou"], scores["total_accuracy"], *scores["per_class_iou"].values()]
        if not all(share is None or (is_number(share) and 0 <= share <= 1) for share in shares):
            return "a score that is no share"
    return None


def notebook(folder: Path) -> None:
    """A notebook with outputs of every kind, its copy that was executed, and what the series says of it."""
    stream = io.BytesIO()
    Image.new("RGB", (8, 6), (9, 90, 200)).save(stream, "PNG")
    picture, v4 = base64.b64encode(stream.getvalue()).decode(), nbformat.v4
    space = {"data": [{"type": "scatter3d", "x": [0], "y": [1], "z": [2]}], "layout": {"height": 300}}
    outputs = [
        v4.new_output("stream", text="\x1b[31mred\x1b[0m <b>\n"),
        v4.new_output("display_data", {"image/png": picture, "text/plain": "figure"}),
        v4.new_output("display_data", {"application/vnd.plotly.v1+json": space, "image/png": picture}),
        v4.new_output("execute_result", {"text/html": "<p>table</p>", "text/plain": "t"}, execution_count=1),
        v4.new_output("error", ename="ValueError", evalue="no", traceback=["\x1b[31mno\x1b[0m"]),
    ]
    source = "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"
    cells = [
        v4.new_markdown_cell("# One\n\nAn idea with $x^2$ and a [link](02_two.ipynb#a).", id="a"),
        v4.new_code_cell(source, id="b", outputs=outputs, execution_count=1),
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    made = v4.new_notebook(cells=cells, metadata=metadata)
    (folder / "books").mkdir()
    nbformat.write(made, folder / "books/01_one.ipynb")
    facts = {"idea": "An idea", "picture": "def f", "before": [], "knows": ""}
    times = {"on": "a CPU", "seconds": {"01": 3.5}, "runs": {"01": [2, 12.5]}}
    (folder / "books/series.json").write_text(json.dumps({"notebooks": {"01": facts}, "times": times}))
    (folder / "kept").mkdir()
    result = {"key": "k", "title": "One", "ok": True, "seconds": 3.0, "cells": 1, "failure": None, "picture": None}
    (folder / "kept/01_one.json").write_text(json.dumps(result))
    (folder / "kept/01_one.ipynb").write_text("{}")
    (folder / "kept/01_one.html").write_text("<p>")


def read_notebook(folder: Path) -> list[Any]:
    path = folder / "books/01_one.ipynb"
    executed_cells(path)
    found: list[Any] = [students.student_copy(path), notebook_key(path, {}, [], [])]
    entries = series.read_series(folder / "books")
    series.index_notebook(folder / "books", entries)
    notebook_page(nbformat.read(path, as_version=4), path.parent, [("index.html", "All")]).encode()
    return found


def read_kept(folder: Path) -> dict[str, Any]:
    """The kept result of a notebook, on the page that shows it."""
    result = kept_result(folder / "books/01_one.ipynb", folder / "kept", "k")
    page = report.Report(scene(), "smoke", {}, 0, {"01_one": result}, 1.0)
    report.write_report(page, folder / "page")
    return {} if result is None else {"kept": result}


def references(folder: Path) -> None:
    store = Store(folder / "store")
    made = [make_run(store, one, 0.5) for one in planned()]
    export_reference(folder / "reference.json", "training", made, "a note")
    published = {"format": "semnerf-published-1", **{k: "x" for k in ("source", "model", "scenes", "views", "note")}}
    scores = [{"corruption": "none", "miou": 0.9}, {"corruption": "pixel-noise:0.5", "miou": 0.8}]
    (folder / "published.json").write_text(json.dumps(published | {"scores": scores}))


def read_references(folder: Path) -> list[Any]:
    return [read_reference(folder / "reference.json"), read_published(folder / "published.json")]


def references_fault(found: list[Any]) -> str | None:
    shares = [run.metrics["miou"] for run in found[0].runs]
    shares += [score for scores in found[1].scores.values() for score in scores.values()]
    return None if all(is_number(s) and 0 <= s <= 1 for s in shares) else "a score that is no share"


DOORS = (
    Door("run folders", runs, ("results/runs/*/*",), read_runs, runs_fault, mends=True, weight=5),
    Door("checkpoint", checkpoint, ("*.safetensors",), read_checkpoint, sealed=True, weight=3),
    Door("pack", pack, ("*.pack",), read_pack, sealed=True, weight=3),
    Door("pack with right hashes", pack, (), read_pack, runs_fault, weight=3, damage=forge),
    Door("clicks", clicks, ("clicks.json",), lambda folder: load_clicks(folder / "clicks.json", scene())),
    Door("stored labels", stored, ("labels.npz",), read_stored, sealed=True, weight=2),
    Door("cache", read_cache, ("cache/*",), read_cache, sealed=True, weight=2),
    Door("kept baselines", baselines, ("baselines/*",), baselines, baselines_fault),
    Door("notebooks and series", notebook, ("books/*",), read_notebook, weight=3),
    Door("kept results of notebooks", notebook, ("kept/*.json",), read_kept, mends=True, weight=2),
    Door("references", references, ("*.json",), read_references, references_fault, weight=2),
)
