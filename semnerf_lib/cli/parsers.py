"""The options of the command line, a function for each group of commands; `cli` reads them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from semnerf_lib.cli.relabel import EXAMPLES, HELP, relabel_options
from semnerf_lib.errors import SemnerfError

RUN_HELP = """
A run is named by what it is made of: scene, scale, field, supervision, corruption, fold, seed and any further key of
its config. The same options name the same run in `train`, `evaluate` and `render`.
"""


class Parser(argparse.ArgumentParser):
    """Answers a wrong option with one line."""

    def error(self, message: str) -> NoReturn:
        raise SemnerfError(f"{message} (see {self.prog} --help)")


Commands = argparse._SubParsersAction
IMAGES = ("labels", "depth", "entropy", "rgb", "ids", "depth-mm")
"""What `render` writes of a view."""


def build_parser() -> Parser:
    """`semnerf` with all its commands; each sets `run`, the name of its function in `commands`."""
    parser = Parser(
        prog="semnerf",
        description="Train a NeRF from semantic labels alone.",
        epilog="Each command has its own --help with examples. Exit status: 0 done, 1 a notebook failed, 2 bad input, "
        "130 interrupted (the same command goes on from there).",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    for add in (add_sweeps, add_runs, add_series, add_workshop, add_scenes):
        add(commands)
    return parser


def command(group: Commands, name: str, text: str, examples: Sequence[str], more: str = "") -> Parser:
    """A command with its help: a line of what it does, more of it, and examples."""
    sub = group.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.\n{more}",
        epilog="examples:\n" + "\n".join(f"  {line}" for line in examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    sub.set_defaults(run="_".join(sub.prog.split()[1:]))  # as in scene_make
    return sub


def add_sweeps(commands: Commands) -> None:
    """All runs of the series, and how far they are."""
    sub = command(
        commands,
        "reproduce",
        "make the runs that the notebooks need, execute the notebooks, write one page with the scores",
        [
            "semnerf reproduce                                the made room on a laptop",
            "semnerf reproduce --scale smoke --only 01 05     two notebooks, seconds, no results",
            "semnerf reproduce --scene ~/replica/room_0       frames of your own, see data/README.md",
            "semnerf reproduce --scale paper                  the paper's numbers exactly; wants a GPU",
            "semnerf reproduce --scale paper --plan           how many runs that is, how long and how much memory",
            "semnerf reproduce --dask tcp://head:8786         on a cluster, see docs/cluster.md",
        ],
        "\nWhat is there is not made again: finished runs, and notebooks whose inputs are unchanged. Interrupted, the\n"
        "same command goes on. A notebook that fails is reported with its cell and traceback; the others still run.",
    )
    scene_options(sub)
    sub.add_argument("--only", nargs="+", default=[], metavar="NN", help="numbers of the notebooks to execute")
    sub.add_argument("--notebooks", type=Path, metavar="DIR", help="folder of the notebooks (the project's)")
    sub.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder for everything, runs too (default: runs in results/runs, the page in results/SCENE-SCALE)",
    )
    sub.add_argument(
        "--workers",
        type=workers,
        metavar="N|auto",
        help="processes that make runs on this machine, which share its threads (auto: one a core or GPU)",
    )
    sub.add_argument("--dask", metavar="ADDRESS|local", help="make the runs on a Dask cluster, or on one started here")
    sub.add_argument("--plan", action="store_true", help="only say what is to be done, and what it would cost here")

    sub = command(
        commands,
        "status",
        "show the runs of a results folder: done, running, failed, stopped",
        ["semnerf status", "semnerf status --watch", "semnerf status --out /scratch/results"],
    )
    sub.add_argument("--out", type=Path, metavar="DIR", help="results folder (results)")
    sub.add_argument("--watch", action="store_true", help="again every two seconds, until Ctrl-C")


def add_runs(commands: Commands) -> None:
    """One run: to train it, score it, render it, and take what it has learnt away as a mesh."""
    sub = command(
        commands,
        "train",
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

    sub = command(
        commands,
        "evaluate",
        "score a finished run",
        ["semnerf evaluate", "semnerf evaluate --frames train"],
        RUN_HELP,
    )
    run_options(sub)
    sub.add_argument("--frames", choices=("test", "train"), default="test", help="which frames to score (test)")

    sub = command(
        commands,
        "render",
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
    sub.add_argument(
        "--images", choices=IMAGES, nargs="+", help="for a folder: pictures, and as numbers ids and depth-mm (pictures)"
    )
    sub.add_argument("--seconds", type=float, default=8.0, help="length of the video (8)")
    sub.add_argument("--show", choices=("labels", "depth", "entropy", "rgb"), default="labels", help="in the video")

    sub = command(
        commands,
        "relabel",
        "write the labels of a finished run in the coding and size in which the scene's labels came",
        EXAMPLES,
        RUN_HELP + HELP,
    )
    run_options(sub)
    relabel_options(sub)

    sub = command(
        commands,
        "mesh",
        "write the room that a finished run has learnt as a mesh with classes, PLY or GLB",
        [
            "semnerf mesh --to room.ply             classes as colours, numbers and names; `--scene room.ply` reads it",
            "semnerf mesh --to room.glb             a node and a material for each class",
            "semnerf mesh --to room.ply --level 10  the surface of a density of 10 /m",
        ],
        RUN_HELP
        + "\nThe surface is where the rays of training views end, or one of equal density. Only what training\n"
        "cameras see is written; where the scene has depth, the distance to the true surface is said.\n",
    )
    run_options(sub)
    sub.add_argument("--to", type=Path, required=True, metavar="FILE", help="a new file *.ply or *.glb")
    sub.add_argument("--level", type=float, metavar="DENSITY", help="the surface of this density, 1/m (where rays end)")
    sub.add_argument("--cell", type=float, default=0.04, metavar="METRES", help="cell of marching cubes (0.04)")


def add_series(commands: Commands) -> None:
    """What is made of the notebooks."""
    sub = command(
        commands,
        "site",
        "write the series, its documents and its reports as pages that work offline",
        ["semnerf site --to site", "semnerf site --to /srv/www/semnerf --out /scratch/results"],
        "\nOpen index.html in the folder, or serve the folder. Nothing on the pages is asked of the network.",
    )
    sub.add_argument("--to", type=Path, required=True, metavar="DIR", help="new, empty, or an earlier site's folder")
    sub.add_argument("--notebooks", type=Path, metavar="DIR", help="folder of the notebooks (the project's)")
    sub.add_argument("--out", type=Path, metavar="DIR", help="results folder that reports are taken from (results)")

    sub = command(
        commands,
        "index",
        "write index.ipynb, the series with pictures and times, from the notebooks beside it",
        ["semnerf index", "semnerf index --times results    after `semnerf reproduce`: its times too"],
    )
    sub.add_argument("--notebooks", type=Path, metavar="DIR", help="folder of the notebooks (the project's)")
    sub.add_argument("--times", type=Path, metavar="DIR", help="results folder to take the notebooks' times from")

    sub = command(
        commands,
        "students",
        "write copies of the notebooks for students: without outputs, a stub in place of each solution",
        ["semnerf students", "semnerf students --notebooks ~/course/notebooks"],
        "\nThey lie in the folder `student` beside the notebooks and are made from them, never edited.",
    )
    sub.add_argument("--notebooks", type=Path, metavar="DIR", help="folder of the notebooks (the project's)")


def add_workshop(commands: Commands) -> None:
    """Packs of runs."""
    workshop = commands.add_parser(
        "workshop",
        help="hand trained runs around",
        description="Hand trained runs around, to load instead of training.",
    )
    workshops = workshop.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=Parser)
    sub = command(
        workshops,
        "pack",
        "write the finished runs that some notebooks ask for into one small file",
        ["semnerf workshop pack room.pack --only 04 05", "semnerf workshop pack smoke.pack --only 04 --scale smoke"],
        "\nWeights are rounded, and their scores measured anew. The last line is the file's sha256, to be told around.",
    )
    sub.add_argument("file", type=Path, help="where to write; must not exist")
    sub.add_argument("--only", nargs="+", required=True, metavar="NN", help="numbers of the notebooks")
    scene_options(sub)
    sub.add_argument("--out", type=Path, metavar="DIR", help="results folder (results)")
    sub = command(
        workshops,
        "unpack",
        "put the runs of a pack where notebooks find them; what is there stays",
        ["semnerf workshop unpack room.pack", "semnerf workshop unpack room.pack --sha256 3f1c09ab77de"],
        "\nThe whole file is checked before anything is written.",
    )
    sub.add_argument("file", type=Path, help="a pack")
    sub.add_argument("--sha256", metavar="HEX", help="that the file must have, or at least its beginning")
    sub.add_argument("--scene", metavar="PATH", help="of the runs, if it is not a made one")
    sub.add_argument("--out", type=Path, metavar="DIR", help="results folder (results)")


def add_scenes(commands: Commands) -> None:
    """Frames, made and checked."""
    scene = commands.add_parser("scene", help="make or check a scene", description="Make or check a scene.")
    scenes = scene.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=Parser)
    sub = command(
        scenes,
        "make",
        "write the made room, or the views of a labelled mesh, as frames on disk",
        [
            "semnerf scene make room_frames                        360 frames of 160 x 120",
            "semnerf scene make scan_frames --from scan.ply --width 320 --unit mm --up y",
            "semnerf scene make room_0 --from mesh_semantic.ply --poses traj_w_c.txt --camera intrinsics.json",
        ],
        "\nThe layout is Semantic-NeRF's, see data/README.md.",
    )
    sub.add_argument("folder", type=Path, help="where to write; must not exist")
    sub.add_argument("--from", dest="source", default="room", metavar="NAME|MESH", help="what to show (room)")
    sub.add_argument("--width", type=int, default=160, metavar="PIXELS", help="image width, 4:3 (160)")
    sub.add_argument("--up", metavar="AXIS", help="of a mesh, upward: x, y, z, or as in --up=-y (GLB, glTF: y, else z)")
    sub.add_argument("--unit", metavar="UNIT", help="of a mesh: mm, cm, m, km, in or ft (m)")
    sub.add_argument("--poses", type=Path, metavar="FILE", help="poses to see a mesh from, 16 numbers a line")
    sub.add_argument("--camera", type=Path, metavar="FILE", help="its camera, as intrinsics.json (hfov 90 degrees)")
    sub = command(
        scenes,
        "import",
        "write a folder of another format as frames on disk",
        [
            "semnerf scene import ~/capture scene             nerfstudio, COLMAP and masks, ScanNet, ...",
            "semnerf scene import ~/capture scene --axes opengl --unit 1000 --ignore 7",
        ],
        "\nThe formats are in data/README.md. coding.json in the new folder keeps the source's ids.",
    )
    sub.add_argument("source", type=Path, help="the folder to read")
    sub.add_argument("folder", type=Path, help="where to write; must not exist")
    sub.add_argument("--axes", choices=("opencv", "opengl"), help="of the cameras (as the format has them)")
    sub.add_argument("--invert", action="store_true", help="poses are the inverse of what the format says")
    sub.add_argument("--unit", metavar="UNIT", help="of the positions: m, cm, mm, or units a metre")
    sub.add_argument("--ignore", type=int, nargs="+", default=[], metavar="ID", help="ids that are no class")
    sub.add_argument("--background", metavar="NAME|void", help="the class of id 0, or void")
    sub = command(
        scenes,
        "check",
        "read a scene, say what it holds, or what is wrong with it in one line",
        ["semnerf scene check ~/replica/room_0", "semnerf scene check scan.ply"],
    )
    sub.add_argument("path", help="a folder of frames, a labelled mesh, or a made scene")


def workers(text: str) -> int | None:
    """A number of processes, or None for "auto"."""
    try:
        return None if text == "auto" else int(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(f"{text!r}, expected a number of processes, or auto") from fault


def scene_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--scene", default="room", metavar="NAME|PATH", help="a made scene, or frames or a mesh of your own (room)"
    )
    sub.add_argument("--scale", default="laptop", metavar="SCALE", help="smoke, laptop or paper (laptop)")


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
    sub.add_argument("--out", type=Path, metavar="DIR", help="results folder (results)")
