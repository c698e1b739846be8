"""`semnerf view`: what a finished run has learnt, as a page in the browser."""

from __future__ import annotations

import argparse
import os
import sys
import webbrowser
from pathlib import Path

from semnerf_lib.cli.one_run import finished_run, score_rows
from semnerf_lib.cli.options import RUN_HELP, Commands, command, run_options
from semnerf_lib.errors import SemnerfError

N_VIEWS = 6
"""Test views on the page."""
SIDE = 0.06
"""Side of the cubes in which vertices become one on the page (see `culling.simplified`), metres."""


def add(commands: Commands) -> None:
    sub = command(
        commands,
        "view",
        view,
        "show a finished run in a browser: the learnt room in 3D, views beside the truth, scores",
        [
            "semnerf view                                          the run of a plain `semnerf train`",
            "semnerf view --supervision labels+rgb --fold 0        the run that these options train",
            "semnerf view --to my.html                             of somebody else's run",
        ],
        RUN_HELP
        + "\nThe page is one file beside the run and works offline. Without a browser here, copy it to where one is.\n"
        "For a run in a folder that you may only read, name another file with --to.\n",
    )
    run_options(sub)
    sub.add_argument("--to", type=Path, metavar="FILE", help="the page (view.html beside the run)")


def view(args: argparse.Namespace) -> int:
    """Writes the page of a run, prints its path and opens it where there is a screen."""
    from semnerf_lib.evaluation import render_view
    from semnerf_lib.machine.files import write_aside
    from semnerf_lib.machine.progress import progress
    from semnerf_lib.pages.run_page import PAGE, run_page
    from semnerf_lib.plots.renders import telling_frames
    from semnerf_lib.surfaces.comparison import compare, true_surface
    from semnerf_lib.surfaces.culling import simplified
    from semnerf_lib.surfaces.learnt import learnt_mesh
    from semnerf_lib.surfaces.meshes import CELL
    from semnerf_lib.tables import duration

    if args.to and args.to.exists():
        raise SemnerfError(f"{args.to}: exists, expected a file that does not: nothing is overwritten")
    run, scene, model = finished_run(args)
    mesh = learnt_mesh(model, scene, CELL)
    views = {
        i: render_view(model, scene.intrinsics, scene.c2w[i], scene.near, scene.far)
        for i in progress(telling_frames(scene, N_VIEWS), "views")
    }
    scores = [*score_rows(run.metrics), {"score": "training", "value": duration(run.metrics["seconds_training"])}]
    if scene.depth is not None:
        scores += compare(mesh, true_surface(scene)).rows()
    page = run_page(run, scene, simplified(mesh, SIDE), views, scores)
    path = (args.to or run.folder / PAGE).resolve()
    write_aside(path, lambda aside: aside.write_text(page, encoding="utf-8"))
    print(f"wrote {path}")
    show(path)
    return 0


def show(path: Path) -> None:
    """Opens a page in the browser, if a person is at a terminal of a machine with a screen."""
    screen = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not (sys.stdout.isatty() and screen and webbrowser.open(path.as_uri())):
        print("open it in a browser; it needs no network")
