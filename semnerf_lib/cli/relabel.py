"""`semnerf relabel`: the labels of a finished run as images in the coding in which the scene's labels came.

What the action needs is imported when it is called, so that `--help` need not wait for torch.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from semnerf_lib.errors import SemnerfError

if TYPE_CHECKING:
    from semnerf_lib.models import Model
    from semnerf_lib.scene import Scene

EXAMPLES = [
    "semnerf relabel --to clean                          all frames, in the coding and size they came in",
    "semnerf relabel --to clean --frames test --void keep",
    "semnerf relabel --to more --poses poses.txt         any poses: a 4x4 matrix a line",
]
HELP = """
Each frame's labels are rendered and written under the name that they have in their source, so that the folder can be
copied over it. In certainty/ lies the probability of each pixel's class (16 bit, times 65535), in changes.csv what
changed class by class. Nothing is overwritten.
"""


def relabel_options(sub: argparse.ArgumentParser) -> None:
    """What `relabel` takes besides the options that name a run."""
    sub.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="a new or empty folder")
    which = sub.add_mutually_exclusive_group()
    which.add_argument("--frames", choices=("all", "training", "test"), default="all", help="which frames (all)")
    which.add_argument(
        "--poses",
        type=Path,
        metavar="FILE",
        help="any poses instead: a 4x4 matrix a line, as the scene's source has them",
    )
    sub.add_argument("--void", choices=("fill", "keep"), default="fill", help="pixels that are void now (fill)")


def write_labels(args: argparse.Namespace, scene: Scene, model: Model) -> None:
    """Writes what the options ask for and prints what changed."""
    from semnerf_lib.evaluation import render_view
    from semnerf_lib.experiments import N_FOLDS
    from semnerf_lib.experiments.presets import SCENE_SIZES
    from semnerf_lib.scenes.coding import coding_of
    from semnerf_lib.scenes.frames import read_poses
    from semnerf_lib.scenes.loading import load_scene
    from semnerf_lib.studio.relabel import CERTAINTY, CHANGES, relabel, relabel_poses

    def render(c2w, camera):
        return render_view(model, camera, c2w, scene.near, scene.far)

    coding = coding_of(scene)
    print(f"written as the labels came: {coding.layout}, images of mode {coding.mode}, void {coding.void}")
    if args.poses:
        if args.void == "keep":
            raise SemnerfError("void keep: there are no labels before at poses of a file, expected frames")
        relabel_poses(render, scene, read_poses(args.poses), args.to)
        print(f"wrote {args.to}, the certainty of each pixel in {args.to / CERTAINTY}")
        return
    ids = {"all": range(scene.n_frames), "training": scene.train_ids, "test": scene.test_ids}[args.frames]
    if Path(args.scene).is_dir():  # the labels at the size of their own images
        scene = load_scene(args.scene, every=SCENE_SIZES[args.scale][1], least=N_FOLDS)
    changes = relabel(render, scene, ids, args.to, args.void == "keep")
    print(changes.summary())
    print(f"wrote {args.to}: {len(ids)} label images, {CERTAINTY}/, and {CHANGES}: what changed class by class")
