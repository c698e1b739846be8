"""`semnerf reproduce` and `semnerf status`: all runs of the series, and how far they are."""

from __future__ import annotations

import argparse

from semnerf_lib.cli.options import Commands, command, notebooks_option, results_option, scene_options, whole_number
from semnerf_lib.errors import printable


def add(commands: Commands) -> None:
    sub = command(
        commands,
        "reproduce",
        reproduce,
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
    notebooks_option(sub)
    results_option(
        sub, "folder for everything, runs too (default: runs in results/runs, the page in results/SCENE-SCALE)"
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
        status,
        "show the runs of a results folder: done, running, failed, stopped",
        ["semnerf status", "semnerf status --watch", "semnerf status --out /scratch/results"],
    )
    results_option(sub)
    sub.add_argument("--watch", action="store_true", help="again every two seconds, until Ctrl-C")


def workers(text: str) -> int | None:
    """A number of processes, or None for "auto"."""
    try:
        return None if text == "auto" else whole_number(text)
    except argparse.ArgumentTypeError as fault:
        raise argparse.ArgumentTypeError(f"{text!r}, expected a number of processes, or auto") from fault


def reproduce(args: argparse.Namespace) -> int:
    """Makes the runs, executes the notebooks and writes the page; with `plan`, only prints what that would be."""
    from semnerf_lib.cli.reproduce import reproduce
    from semnerf_lib.experiments.presets import check_scale

    check_scale(args.scale)
    if args.plan:
        return show_plan(args)
    return reproduce(args.scale, args.scene, args.only, args.out, args.notebooks, args.workers, args.dask)


def show_plan(args: argparse.Namespace) -> int:
    """Prints what `reproduce` would have to do, without doing it."""
    from semnerf_lib.experiments import open_scene
    from semnerf_lib.machine.devices import pick_device
    from semnerf_lib.runs.executors import pick_executor
    from semnerf_lib.runs.notebooks import find_notebooks, plans_for
    from semnerf_lib.runs.planning import describe_plan, missing_of
    from semnerf_lib.runs.store import Store
    from semnerf_lib.scenes.loading import spec_of

    store, notebooks = Store(args.out), find_notebooks(args.notebooks, args.only)
    scene = open_scene(spec_of(args.scene), args.scale)
    plans = plans_for(notebooks, scene, args.scale)
    executor = pick_executor(args.workers, args.dask, len(missing_of(plans, store)))
    print(f"{printable(scene.name)} at {args.scale} scale, runs in {store.root / 'runs'}\n")
    print(describe_plan(plans, store, pick_device(), executor))
    return 0


def status(args: argparse.Namespace) -> int:
    """Prints the state of each run in a results folder, once or again and again."""
    from semnerf_lib.runs.status import Board, watch
    from semnerf_lib.runs.store import Store

    store = Store(args.out)
    if args.watch:
        watch(store)
    else:
        print(Board(store).text())
    return 0
