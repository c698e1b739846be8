"""What the commands of `cli` do, each with the options it was given."""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from semnerf_lib.cli.reproduce import reproduce, spec_of
from semnerf_lib.config import check_scale, preset
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import evaluate
from semnerf_lib.experiments import N_FOLDS, Planned, open_scene
from semnerf_lib.machine.devices import pick_device
from semnerf_lib.models import Model
from semnerf_lib.pages.series import write_index
from semnerf_lib.pages.series_times import take_times
from semnerf_lib.pages.site import build_site
from semnerf_lib.plots.renders import check_target, write_video, write_views
from semnerf_lib.runs.executors import pick_executor
from semnerf_lib.runs.notebooks import find_notebooks, plans_for
from semnerf_lib.runs.planning import describe_plan, missing_of
from semnerf_lib.runs.status import Board, watch
from semnerf_lib.runs.store import Store
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.importers.core import ImportOptions, units_a_metre
from semnerf_lib.scenes.importers.formats import import_scene
from semnerf_lib.scenes.loading import check_scene, describe, load_scene
from semnerf_lib.scenes.mesh_export import check_mesh_target, save_mesh
from semnerf_lib.scenes.placement import placed
from semnerf_lib.scenes.replica import save_replica
from semnerf_lib.surfaces.comparison import compare, true_surface
from semnerf_lib.surfaces.meshes import learnt_surface, part_of, seen_faces
from semnerf_lib.surfaces.tsdf import where_rays_end
from semnerf_lib.teaching.students import write_students
from semnerf_lib.teaching.workshop import pack, runs_of, unpack


def named_run(args: argparse.Namespace) -> Planned:
    """The run that the options name."""
    check_scale(args.scale)
    own = {key: getattr(args, key) for key in ("supervision", "fold", "corruption", "seed")}
    config = preset(args.scale, args.field, **own, **settings(args.set))
    if args.fold is not None and not 0 <= args.fold < N_FOLDS:
        raise SemnerfError(f"--fold {args.fold}, expected 0 ... {N_FOLDS - 1}")
    scene = open_scene(args.scene, args.scale)
    for line in () if scene.coding is None else scene.coding.assumed:
        print(line, file=sys.stderr)
    return Planned(scene if args.fold is None else scene.folds(N_FOLDS)[args.fold], config)


def settings(pairs: Sequence[str]) -> dict[str, Any]:
    """KEY=VALUE pairs as numbers, None or text."""
    values = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise SemnerfError(f"--set {pair!r}, expected KEY=VALUE")
        if key in ("field", "supervision", "fold", "corruption", "seed", "scale"):
            raise SemnerfError(f"--set {pair!r}, expected a key without an option of its own: use --{key}")
        try:
            values[key] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            values[key] = text
    return values


def run_reproduce(args: argparse.Namespace) -> int:
    scale = check_scale(args.scale)
    if args.plan:
        return show_plan(args)
    return reproduce(scale, args.scene, args.only, args.out, args.notebooks, args.workers, args.dask)


def show_plan(args: argparse.Namespace) -> int:
    """What `reproduce` would have to do, without doing it."""
    store, notebooks = Store(args.out), find_notebooks(args.notebooks, args.only)
    scene = open_scene(spec_of(args.scene), args.scale)
    plans = plans_for(notebooks, scene, args.scale)
    executor = pick_executor(args.workers, args.dask, len(missing_of(plans, store)))
    print(f"{scene.name} at {args.scale} scale, runs in {store.root / 'runs'}\n")
    print(describe_plan(plans, store, pick_device(), executor))
    return 0


def run_status(args: argparse.Namespace) -> int:
    store = Store(args.out)
    if args.watch:
        watch(store)
    else:
        print(Board(store).text())
    return 0


def run_train(args: argparse.Namespace) -> int:
    store, device = Store(args.out), pick_device(args.device)
    run = store.get(named_run(args), device)
    print_scores(run.metrics, args.scale)
    print(f"run {run.id} in {run.folder}")
    return 0


def finished_run(args: argparse.Namespace) -> tuple[Scene, Model]:
    """The scene and the trained model of the finished run that the options name."""
    store, device = Store(args.out), pick_device(args.device)
    planned = named_run(args)
    run = store.find(planned)
    if run is None:
        raise SemnerfError(f"{store.folder(planned)}: no finished run, expected one: `semnerf train` it first")
    return planned.scene, run.load(planned.scene, device)


def run_evaluate(args: argparse.Namespace) -> int:
    scene, model = finished_run(args)
    print_scores(evaluate(model, scene, scene.test_ids if args.frames == "test" else scene.train_ids), args.scale)
    return 0


def print_scores(metrics: dict[str, Any], scale: str) -> None:
    if scale == "smoke":
        print("Smoke scale: this only shows that the code works. No number below is a result.")
    for name, value in metrics.items():
        if name == "per_class_iou":
            continue
        print(f"{name:20} {'-' if value is None else value if isinstance(value, int) else f'{value:.4f}'}")
    known = {name: iou for name, iou in metrics["per_class_iou"].items() if iou is not None}
    for name, iou in sorted(known.items(), key=lambda pair: -pair[1]):
        print(f"  IoU {name:16} {iou:.3f}")


def run_render(args: argparse.Namespace) -> int:
    check_target(args.to)
    scene, model = finished_run(args)
    if args.to.suffix == ".mp4":
        write_video(model, scene, args.to, args.seconds, args.width, args.show)
    else:
        write_views(model, scene, args.to, args.views, args.width)
    print(f"wrote {args.to}")
    return 0


def run_site(args: argparse.Namespace) -> int:
    notebooks = find_notebooks(args.notebooks)[0].parent
    print(f"open {build_site(args.to, notebooks, Store(args.out).root)}")
    return 0


def run_index(args: argparse.Namespace) -> int:
    notebooks = find_notebooks(args.notebooks)[0].parent
    if args.times:
        take_times(notebooks, Store(args.times))
    print(f"wrote {write_index(notebooks)}")
    return 0


def run_students(args: argparse.Namespace) -> int:
    for path in write_students(find_notebooks(args.notebooks)):
        print(f"wrote {path}")
    return 0


def run_workshop_pack(args: argparse.Namespace) -> int:
    scene = open_scene(args.scene, args.scale)
    packed = pack(args.file, scene, args.scale, runs_of(args.only, scene, args.scale), Store(args.out))
    print(f"wrote {packed.path}: {packed.n_runs} runs, {packed.n_bytes / 1e6:.1f} MB")
    print(f"rounding their weights changed a test mIoU by {100 * packed.change:+.3f} points at most")
    print(f"sha256 {packed.sha256}")
    return 0


def run_workshop_unpack(args: argparse.Namespace) -> int:
    found = unpack(args.file, Store(args.out), args.scene, args.sha256)
    print(f"{len(found.made)} runs unpacked, {len(found.kept)} there already and left as they were")
    return 0


def run_mesh(args: argparse.Namespace) -> int:
    check_mesh_target(args.to)
    scene, model = finished_run(args)
    if args.level is None:
        whole = where_rays_end(model, scene, args.cell)
    else:
        whole = learnt_surface(model, scene, args.cell).mesh(args.level)
    mesh = part_of(whole, seen_faces(whole, scene))
    save_mesh(mesh, args.to)
    print(f"wrote {args.to}: {len(mesh.faces):,} triangles of {len(np.unique(mesh.face_labels))} classes")
    if scene.depth is not None:
        for row in compare(mesh, true_surface(scene)).rows():
            print(f"{row['score']:45} {row['value']}")
    return 0


def run_scene_make(args: argparse.Namespace) -> int:
    if args.folder.exists():
        raise SemnerfError(f"{args.folder}: exists, expected a folder that does not: nothing is overwritten")
    if args.width < 1:
        raise SemnerfError(f"--width {args.width}, expected at least 1")
    save_replica(load_scene(args.source, width=args.width), args.folder)
    print(f"wrote {args.folder}")
    return 0


def run_scene_import(args: argparse.Namespace) -> int:
    if args.folder.exists():
        raise SemnerfError(f"{args.folder}: exists, expected a folder that does not: nothing is overwritten")
    unit = None if args.unit is None else units_a_metre(args.unit)
    options = ImportOptions(args.axes, args.invert, unit, tuple(args.ignore), args.background)
    scene = import_scene(args.source, options)
    scene = scene if args.unit else placed(scene)
    save_replica(scene, args.folder)
    print(describe(scene))
    print(f"wrote {args.folder}")
    return 0


def run_scene_check(args: argparse.Namespace) -> int:
    print(check_scene(args.path))
    return 0
