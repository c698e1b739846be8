"""`semnerf train`, `evaluate`, `render` and `mesh`: one run, made, scored, rendered and taken away as a mesh."""

from __future__ import annotations

import argparse
import ast
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semnerf_lib.cli.options import Commands, command, results_option, scene_options
from semnerf_lib.errors import SemnerfError

if TYPE_CHECKING:
    from semnerf_lib.experiments import Planned
    from semnerf_lib.models import Model
    from semnerf_lib.scene import Scene

OWN_OPTIONS = ("field", "supervision", "fold", "corruption", "seed", "scale")
"""Keys that `--set` leaves to options of their own."""
SCORES = {
    "miou": ("mean IoU", ""),
    "total_accuracy": ("total accuracy", ""),
    "depth_mae": ("depth error", " m"),
    "seconds_training": ("training", " s"),
}
"""What is printed of a run's scores: name and unit."""
RUN_HELP = """
A run is named by what it is made of: scene, scale, field, supervision, corruption, fold, seed and any further key of
its config. The same options name the same run in `train`, `evaluate`, `render` and `mesh`.
"""


def add(commands: Commands) -> None:
    sub = command(
        commands,
        "train",
        train,
        "train one run, or find it if it is finished",
        [
            "semnerf train                                         the made room, labels alone",
            "semnerf train --supervision labels+rgb --fold 0       the baseline on the first of five folds",
            "semnerf train --corruption pixel-noise:0.5 --seed 1   half of the label pixels random",
            "semnerf train --field mlp --set iterations=5000 n_rays=512",
        ],
        RUN_HELP,
    )
    run_options(sub)
    classes_option(sub)
    sub.further_help = keys_help

    sub = command(
        commands,
        "evaluate",
        evaluate,
        "score a finished run",
        ["semnerf evaluate", "semnerf evaluate --frames train"],
        RUN_HELP,
    )
    run_options(sub)
    sub.add_argument("--frames", choices=("test", "train"), default="test", help="which frames to score (test)")
    classes_option(sub)

    sub = command(
        commands,
        "render",
        render,
        "render views of a finished run as PNG, or a video along a path",
        [
            "semnerf render --to views                             every tenth test frame: labels, depth, entropy",
            "semnerf render --to views --views 0 7 42              these frames of the scene",
            "semnerf render --to fly.mp4 --seconds 12 --width 320  a flight through the test views",
        ],
        RUN_HELP,
    )
    run_options(sub)
    sub.add_argument("--to", type=Path, required=True, metavar="PATH", help="a folder for PNGs, or a file *.mp4")
    sub.add_argument("--views", type=int, nargs="+", metavar="I", help="frames to render (every tenth test frame)")
    sub.add_argument("--width", type=int, metavar="PIXELS", help="width of the images (the scene's)")
    sub.add_argument("--seconds", type=float, default=8.0, help="length of the video (8)")
    sub.add_argument("--show", choices=("labels", "depth", "entropy", "rgb"), default="labels", help="in the video")

    sub = command(
        commands,
        "mesh",
        mesh,
        "write the room that a finished run has learnt as a mesh with classes, PLY or GLB",
        [
            "semnerf mesh --to room.ply             classes as colours, numbers and names; `--scene room.ply` reads it",
            "semnerf mesh --to room.glb             a node and a material for each class",
            "semnerf mesh --to room.ply --level 10  the surface of a density of 10 /m",
        ],
        RUN_HELP
        + "\nThe surface is where the rays of training views end, or one of equal density. Only what training\n"
        "cameras see is written; where the scene has depth, the distance to the true surface is printed.\n",
    )
    run_options(sub)
    sub.add_argument("--to", type=Path, required=True, metavar="FILE", help="a new file *.ply or *.glb")
    sub.add_argument("--level", type=float, metavar="DENSITY", help="the surface of this density, 1/m (where rays end)")
    sub.add_argument("--cell", type=float, default=0.04, metavar="METRES", help="cell of marching cubes (0.04)")


def run_options(sub: argparse.ArgumentParser) -> None:
    scene_options(sub)
    sub.add_argument("--field", metavar="FIELD", help="mlp or grid (mlp at paper scale, grid else)")
    sub.add_argument("--supervision", default="labels", metavar="WHAT", help="labels or labels+rgb (labels)")
    sub.add_argument("--fold", type=int, metavar="K", help="fold 0 ... 4 (the scene's own split)")
    sub.add_argument(
        "--corruption", default="none", metavar="KIND:AMOUNT", help="of the labels, as in sparse:0.9 (none)"
    )
    sub.add_argument("--seed", type=int, default=0, metavar="S", help="of weights, draws and corruption (0)")
    sub.add_argument(
        "--set", nargs="+", default=[], metavar="KEY=VALUE", help="further keys of the config, as in iterations=500"
    )
    sub.add_argument("--device", help="cuda, mps or cpu (the best there is)")
    results_option(sub)


def classes_option(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--classes", action="store_true", help="print the IoU of each class too")


def keys_help() -> str:
    """The keys of `--set` with their values at laptop and at paper scale."""
    from dataclasses import asdict

    from semnerf_lib.config import preset

    laptop, paper = asdict(preset("laptop")), asdict(preset("paper"))
    rows = [f"  {key:20} {laptop[key]!s:>10} {paper[key]!s:>10}" for key in laptop if key not in OWN_OPTIONS]
    return "\n".join([f"\nkeys of --set:{'laptop':>19} {'paper':>10}", *rows]) + "\n"


def named_run(args: argparse.Namespace) -> Planned:
    """The run that the options name; what its scene assumes is printed."""
    from semnerf_lib.config import check_scale, preset
    from semnerf_lib.experiments import N_FOLDS, Planned, open_scene

    check_scale(args.scale)
    own = {key: getattr(args, key) for key in ("supervision", "fold", "corruption", "seed")}
    config = preset(args.scale, args.field, **own, **settings(args.set))
    if args.fold is not None and not 0 <= args.fold < N_FOLDS:
        raise SemnerfError(f"fold {args.fold}, expected 0 ... {N_FOLDS - 1}")
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
            raise SemnerfError(f"set {pair!r}, expected KEY=VALUE")
        if key in OWN_OPTIONS:
            raise SemnerfError(f"set {pair!r}, expected a key without an option of its own: use --{key}")
        try:
            values[key] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            values[key] = text
    return values


def train(args: argparse.Namespace) -> int:
    """Trains a run or finds it, and prints its scores and what to type next."""
    from semnerf_lib.machine.devices import pick_device
    from semnerf_lib.runs.store import Store

    store, device = Store(args.out), pick_device(args.device)
    planned = named_run(args)
    was_there = store.has(planned)
    run = store.get(planned, device)
    print_scores(run.metrics, args)
    print(f"{'found, trained before' if was_there else 'trained now'}: run {run.id} in {run.folder}")
    same = shlex.join(word for word in args.words[1:] if word != "--classes")
    print(f"next: semnerf render {same} --to views".replace("  ", " "))
    print(f"      semnerf mesh {same} --to room.ply".replace("mesh  ", "mesh "))
    return 0


def finished_run(args: argparse.Namespace) -> tuple[Scene, Model]:
    """The scene and the trained model of the finished run that the options name."""
    from semnerf_lib.machine.devices import pick_device
    from semnerf_lib.runs.store import Store

    store, device = Store(args.out), pick_device(args.device)
    planned = named_run(args)
    run = store.find(planned)
    if run is None:
        folder = store.folder(planned)
        raise SemnerfError(f"{folder}: no finished run, expected one: type `semnerf train` with the same options first")
    return planned.scene, run.load(planned.scene, device)


def evaluate(args: argparse.Namespace) -> int:
    """Scores a finished run."""
    from semnerf_lib.evaluation import evaluate

    scene, model = finished_run(args)
    print_scores(evaluate(model, scene, scene.test_ids if args.frames == "test" else scene.train_ids), args)
    return 0


def print_scores(metrics: dict[str, Any], args: argparse.Namespace) -> None:
    """Prints the main scores with their units; with `--classes` the IoU of each class too."""
    if args.scale == "smoke":
        print("Smoke scale: this only shows that the code works. No number below is a result.")
    seen = {name: iou for name, iou in metrics["per_class_iou"].items() if iou is not None}
    for key, (name, unit) in SCORES.items():
        if metrics.get(key) is not None:
            of = f" over {len(seen)} classes and {metrics['n_frames']} views" if key == "miou" else ""
            print(f"{name:15} {metrics[key]:.{1 if unit == ' s' else 3}f}{unit}{of}")
    if args.classes:
        for name, iou in sorted(seen.items(), key=lambda pair: -pair[1]):
            print(f"  IoU {name:16} {iou:.3f}")


def render(args: argparse.Namespace) -> int:
    """Writes a video, or pictures into a folder; no file is overwritten."""
    from semnerf_lib.plots.renders import check_target, write_video, write_views

    check_target(args.to)
    scene, model = finished_run(args)
    if args.to.suffix == ".mp4":
        write_video(model, scene, args.to, args.seconds, args.width, args.show)
        print(f"wrote {args.to}")
    else:
        print(f"wrote {len(write_views(model, scene, args.to, args.views, args.width))} pictures to {args.to}")
    return 0


def mesh(args: argparse.Namespace) -> int:
    """Writes the learnt surface and, where the scene has depth, prints its distance to the true one."""
    import numpy as np

    from semnerf_lib.scenes.mesh_export import check_mesh_target, save_mesh
    from semnerf_lib.surfaces.comparison import compare, true_surface
    from semnerf_lib.surfaces.meshes import learnt_surface, part_of, seen_faces
    from semnerf_lib.surfaces.tsdf import where_rays_end

    check_mesh_target(args.to)
    scene, model = finished_run(args)
    if args.level is None:
        whole = where_rays_end(model, scene, args.cell)
    else:
        whole = learnt_surface(model, scene, args.cell).mesh(args.level)
    seen = part_of(whole, seen_faces(whole, scene))
    save_mesh(seen, args.to)
    print(f"wrote {args.to}: {len(seen.faces):,} triangles of {len(np.unique(seen.face_labels))} classes")
    if scene.depth is not None:
        for row in compare(seen, true_surface(scene)).rows():
            print(f"{row['score']:45} {row['value']}")
    return 0
