"""`semnerf train`, `evaluate`, `render` and `mesh`: one run, made, scored, rendered and exported as a mesh."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semnerf_lib.cli.options import RUN_HELP, Commands, command, keys_help, named_run, number, run_options, whole_number
from semnerf_lib.cli.relabel import EXAMPLES, HELP, relabel_options, write_labels
from semnerf_lib.errors import SemnerfError

if TYPE_CHECKING:
    from semnerf_lib.models import Model
    from semnerf_lib.runs.store import Run
    from semnerf_lib.scene import Scene

SCORES = {
    "miou": ("mean IoU", ""),
    "total_accuracy": ("total accuracy", ""),
    "depth_mae": ("depth error", " m"),
}
"""What is printed of a run's scores: name and unit."""
IMAGES = ("labels", "depth", "entropy", "rgb", "ids", "depth-mm")
"""What `render` writes of a view."""


def add(commands: Commands) -> None:
    for one in (add_train, add_evaluate, add_render, add_relabel, add_mesh):
        one(commands)


def add_train(commands: Commands) -> None:
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


def add_evaluate(commands: Commands) -> None:
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


def add_render(commands: Commands) -> None:
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
    sub.add_argument(
        "--views", type=whole_number, nargs="+", metavar="I", help="frames to render (every tenth test frame)"
    )
    sub.add_argument("--width", type=whole_number, metavar="PIXELS", help="width of the images (the scene's)")
    sub.add_argument(
        "--images", choices=IMAGES, nargs="+", help="for a folder: pictures, and as numbers ids and depth-mm (pictures)"
    )
    sub.add_argument("--seconds", type=number, default=8.0, help="length of the video (8)")
    sub.add_argument("--show", choices=("labels", "depth", "entropy", "rgb"), default="labels", help="in the video")


def add_relabel(commands: Commands) -> None:
    sub = command(
        commands,
        "relabel",
        relabel,
        "write the labels of a finished run in the coding and size in which the scene's labels came",
        EXAMPLES,
        RUN_HELP + HELP,
    )
    run_options(sub)
    relabel_options(sub)


def add_mesh(commands: Commands) -> None:
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
    sub.add_argument(
        "--level", type=number, metavar="DENSITY", help="the surface of this density, 1/m (where rays end)"
    )
    sub.add_argument("--cell", type=number, default=0.04, metavar="METRES", help="cell of marching cubes (0.04)")


def classes_option(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--classes", action="store_true", help="print the IoU of each class too")


def train(args: argparse.Namespace) -> int:
    """Trains a run or finds it, and says in six lines its scores, where it is and what to type next."""
    from semnerf_lib.machine.devices import pick_device
    from semnerf_lib.runs.store import Store
    from semnerf_lib.tables import duration

    store, device = Store(args.out), pick_device(args.device)
    planned = named_run(args)
    was_there = store.has(planned)
    run = store.get(planned, device)
    print_scores(run.metrics, args)
    took = duration(run.metrics["seconds_training"])
    print(f"{'found, trained before' if was_there else 'trained now'} in {took}: run {run.id} in {run.folder}")
    print(f"next: {shlex.join(['semnerf', 'view', *(word for word in args.words[1:] if word != '--classes')])}")
    print("or, with the same options: semnerf render --to views, mesh --to room.ply, relabel --to clean")
    return 0


def finished_run(args: argparse.Namespace) -> tuple[Run, Scene, Model]:
    """The finished run that the options name, its scene and its trained model."""
    from semnerf_lib.machine.devices import pick_device
    from semnerf_lib.runs.store import Store

    store, device = Store(args.out), pick_device(args.device)
    planned = named_run(args)
    run = store.find(planned)
    if run is None:
        folder = store.folder(planned)
        raise SemnerfError(f"{folder}: no finished run, expected one: type `semnerf train` with the same options first")
    return run, planned.scene, run.load(planned.scene, device)


def evaluate(args: argparse.Namespace) -> int:
    """Scores a finished run."""
    from semnerf_lib.evaluation import evaluate
    from semnerf_lib.machine.progress import Progress

    _, scene, model = finished_run(args)
    ids = scene.test_ids if args.frames == "test" else scene.train_ids
    with Progress("scoring", len(ids)) as bar:
        scores = evaluate(model, scene, ids, bar.update)
    print_scores(scores, args)
    return 0


def print_scores(metrics: dict[str, Any], args: argparse.Namespace) -> None:
    """Prints the main scores with their units; with `--classes` the IoU of each class too."""
    if args.scale == "smoke":
        print("Smoke scale: this only shows that the code works. No number below is a result.")
    for row in score_rows(metrics):
        print(f"{row['score']:15} {row['value']}")
    if args.classes:
        for name, iou in sorted(seen_classes(metrics).items(), key=lambda pair: -pair[1]):
            print(f"  IoU {name:16} {iou:.3f}")


def score_rows(metrics: dict[str, Any]) -> list[dict[str, object]]:
    """The main scores, each with its unit."""
    rows: list[dict[str, object]] = []
    for key, (name, unit) in SCORES.items():
        if metrics.get(key) is not None:
            of = f" over {len(seen_classes(metrics))} classes and {metrics['n_frames']} views" if key == "miou" else ""
            rows.append({"score": name, "value": f"{metrics[key]:.3f}{unit}{of}"})
    return rows


def seen_classes(metrics: dict[str, Any]) -> dict[str, float]:
    """The IoU of each class that occurs."""
    return {name: iou for name, iou in metrics["per_class_iou"].items() if iou is not None}


def render(args: argparse.Namespace) -> int:
    """Writes a video, or pictures into a folder; no file is overwritten."""
    from semnerf_lib.plots.renders import check_target, write_video, write_views

    check_target(args.to)
    _, scene, model = finished_run(args)
    if args.to.suffix == ".mp4":
        write_video(model, scene, args.to, args.seconds, args.width, args.show)
        print(f"wrote {args.to}")
    else:
        pictures = write_views(model, scene, args.to, args.views, args.width, args.images)
        print(f"wrote {len(pictures)} pictures to {args.to}")
    return 0


def relabel(args: argparse.Namespace) -> int:
    """Writes the labels of a finished run as images."""
    from semnerf_lib.studio.relabel import check_folder

    check_folder(args.to)
    write_labels(args, *finished_run(args)[1:])
    return 0


def mesh(args: argparse.Namespace) -> int:
    """Writes the learnt surface and, where the scene has depth, prints its distance to the true one."""
    import numpy as np

    from semnerf_lib.scenes.coding import coding_of
    from semnerf_lib.scenes.mesh_export import check_mesh_target, in_unit, save_mesh
    from semnerf_lib.surfaces.comparison import compare, true_surface
    from semnerf_lib.surfaces.learnt import learnt_mesh

    check_mesh_target(args.to)
    _, scene, model = finished_run(args)
    seen = learnt_mesh(model, scene, args.cell, args.level)
    rows = [] if scene.depth is None else compare(seen, true_surface(scene)).rows()
    save_mesh(in_unit(seen, coding_of(scene).unit), args.to)  # last: whoever is interrupted can say the same again
    print(f"wrote {args.to}: {len(seen.faces):,} triangles of {len(np.unique(seen.face_labels))} classes")
    for row in rows:
        print(f"{row['score']:45} {row['value']}")
    return 0
