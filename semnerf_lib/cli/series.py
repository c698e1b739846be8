"""`semnerf site`, `index`, `students` and `notebooks`: what is made of the notebooks."""

from __future__ import annotations

import argparse
from pathlib import Path

from semnerf_lib.cli.options import Commands, command, notebooks_option, results_option


def add(commands: Commands) -> None:
    sub = command(
        commands,
        "site",
        site,
        "write the series, its documents and its reports as pages that work offline",
        ["semnerf site --to site", "semnerf site --to /srv/www/semnerf --out /scratch/results"],
        "\nOpen index.html in the folder, or serve the folder. The pages need no network.",
    )
    sub.add_argument("--to", type=Path, required=True, metavar="DIR", help="new, empty, or an earlier site's folder")
    notebooks_option(sub)
    results_option(sub, "results folder that reports are taken from (results)")

    sub = command(
        commands,
        "index",
        index,
        "write index.ipynb, the series with pictures and times, from the notebooks beside it",
        ["semnerf index", "semnerf index --times results    after `semnerf reproduce`: its times too"],
    )
    notebooks_option(sub)
    sub.add_argument("--times", type=Path, metavar="DIR", help="results folder to take the notebooks' times from")

    sub = command(
        commands,
        "students",
        students,
        "write copies of the notebooks for students: without outputs, a stub in place of each solution",
        ["semnerf students ~/nerf", "semnerf students", "semnerf students --notebooks ~/course/notebooks"],
        "\nWith DIR they go there, with an index that shows which exercises are solved; no file there is overwritten.\n"
        "Without, they go to the folder `student` beside the notebooks and replace those that were made before.",
    )
    notebooks_option(sub)
    sub.add_argument(
        "folder", nargs="?", type=Path, metavar="DIR", help="where to write (student, beside the notebooks)"
    )

    sub = command(
        commands,
        "notebooks",
        notebooks,
        "copy the notebooks into a folder of your own, outside git",
        ["semnerf notebooks ~/nerf"],
        "\nNo file there is overwritten.",
    )
    sub.add_argument("folder", type=Path, metavar="DIR", help="where to write")
    notebooks_option(sub)


def site(args: argparse.Namespace) -> int:
    """Writes the pages."""
    from semnerf_lib.pages.site import build_site
    from semnerf_lib.runs.notebooks import find_notebooks
    from semnerf_lib.runs.store import Store

    folder = find_notebooks(args.notebooks)[0].parent
    print(f"open {build_site(args.to, folder, Store(args.out).root)}")
    return 0


def index(args: argparse.Namespace) -> int:
    """Writes the index notebook, with times measured by `reproduce` if asked for."""
    from semnerf_lib.pages.series import take_times, write_index
    from semnerf_lib.runs.notebooks import find_notebooks
    from semnerf_lib.runs.store import Store

    folder = find_notebooks(args.notebooks)[0].parent
    if args.times:
        take_times(folder, Store(args.times))
    print(f"wrote {write_index(folder)}")
    return 0


def students(args: argparse.Namespace) -> int:
    """Writes the copies with open exercises."""
    from semnerf_lib.runs.notebooks import INDEX, find_notebooks
    from semnerf_lib.teaching.students import write_students

    written = write_students(find_notebooks(args.notebooks), args.folder)
    print(f"wrote {len(written)} notebooks to {written[0].parent}")
    if args.folder:
        print(f"next: jupyter lab {args.folder / INDEX}")
    return 0


def notebooks(args: argparse.Namespace) -> int:
    """Copies the notebooks."""
    from semnerf_lib.runs.notebooks import copy_notebooks, find_notebooks

    copied = copy_notebooks(find_notebooks(args.notebooks), args.folder)
    print(f"wrote {len(copied)} notebooks to {args.folder}; next: jupyter lab {args.folder}")
    return 0
