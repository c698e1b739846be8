"""`semnerf workshop`: the lesson's notebook, its slides, and packs of trained runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from semnerf_lib.cli.options import (
    Commands,
    command,
    command_group,
    notebooks_option,
    results_option,
    scene_options,
)


def add(commands: Commands) -> None:
    group = command_group(
        commands, "workshop", "teach with the kit: the lesson's notebook, its slides, packs of trained runs"
    )
    sub = command(
        group,
        "lesson",
        lesson,
        "write the teacher's notebook of ninety minutes and the students' hand-out",
        ["semnerf workshop lesson ~/nerf-lesson"],
        "\nThe notebook follows the plan in TEACHING.md and needs the runs of the pack of notebook 04 alone.\n"
        "No file is overwritten.",
    )
    sub.add_argument("folder", type=Path, metavar="DIR", help="where to write")
    notebooks_option(sub)
    sub = command(
        group,
        "slides",
        slides,
        "execute a notebook and write its slides beside it, one file that needs no network",
        ["semnerf workshop slides ~/nerf-lesson/teach_90_minutes.ipynb"],
        "\nWhere the notebook has an explorer, the slide has its picture. No file is overwritten.",
    )
    sub.add_argument("file", type=Path, help="a notebook whose cells are marked as slides")
    sub = command(
        group,
        "times",
        times,
        "measure times and sizes, and write the tables of TEACHING.md",
        ["semnerf workshop times", "semnerf workshop times --out /scratch/results"],
        "\nAfter `semnerf reproduce` and `semnerf index --times`, which takes the times of the notebooks and runs.\n"
        "Measure while the machine does nothing else.",
    )
    notebooks_option(sub)
    results_option(sub)
    sub = command(
        group,
        "pack",
        pack,
        "write the finished runs that some notebooks ask for into one small file",
        ["semnerf workshop pack room.pack --only 04 05", "semnerf workshop pack smoke.pack --only 04 --scale smoke"],
        "\nWeights are rounded, and their scores measured anew. The last line is the file's sha256,\n"
        "for those who unpack it.",
    )
    sub.add_argument("file", type=Path, help="where to write; must not exist")
    sub.add_argument("--only", nargs="+", required=True, metavar="NN", help="numbers of the notebooks")
    scene_options(sub)
    results_option(sub)
    sub = command(
        group,
        "unpack",
        unpack,
        "put the runs of a pack where notebooks find them; what is there stays",
        ["semnerf workshop unpack room.pack", "semnerf workshop unpack room.pack --sha256 3f1c09ab77de"],
        "\nThe whole file is checked before anything is written.",
    )
    sub.add_argument("file", type=Path, help="a pack")
    sub.add_argument("--sha256", metavar="HEX", help="that the file must have, or at least its beginning")
    sub.add_argument("--scene", metavar="PATH", help="of the runs, if it is not a made one")
    results_option(sub)


def lesson(args: argparse.Namespace) -> int:
    """Writes the notebook and the hand-out into a folder."""
    from semnerf_lib.machine.files import write_files
    from semnerf_lib.pages.html import document_page
    from semnerf_lib.runs.notebooks import check_free, find_notebooks
    from semnerf_lib.teaching.lesson import HAND_OUT, NAME, lesson

    notebooks = find_notebooks(args.notebooks)
    hand_out = notebooks[0].parent.parent / HAND_OUT
    written = {args.folder / NAME: lesson(notebooks)}
    if hand_out.is_file():
        page = document_page(hand_out.read_text(encoding="utf-8"), hand_out.parent)
        written[args.folder / hand_out.with_suffix(".html").name] = page
    check_free(list(written))
    write_files({path: text.encode() for path, text in written.items()})
    for path in written:
        print(f"wrote {path}")
    print(f"next: jupyter lab {args.folder / NAME}, or semnerf workshop slides {args.folder / NAME}")
    return 0


def slides(args: argparse.Namespace) -> int:
    """Executes the notebook in a folder that is thrown away, and writes the slides."""
    import os
    import tempfile

    from semnerf_lib.cli.execute import cells_shown, run_cells
    from semnerf_lib.errors import SemnerfError
    from semnerf_lib.machine.files import write_aside
    from semnerf_lib.pages.slides import slides_page
    from semnerf_lib.runs.notebooks import check_free, read_notebook

    target = args.file.with_suffix(".slides.html")
    check_free([target])
    read_notebook(args.file)
    os.environ["SEMNERF_HEADLESS"] = "1"  # nobody watches the kernel: an explorer leaves its picture
    with tempfile.TemporaryDirectory() as folder:
        executed = Path(folder) / args.file.name
        print(f"running all cells of {args.file}: a minute or so", flush=True)
        with cells_shown(args.file, executed):
            failure = run_cells(args.file.resolve(), executed, {})
        if failure:
            raise SemnerfError(f"{args.file}: a cell failed ({failure['error']}), expected a notebook that runs")
        page = slides_page(read_notebook(executed), args.file.parent)
    write_aside(target, lambda aside: aside.write_text(page, encoding="utf-8"))
    print(f"wrote {target}; open it in a browser; the arrow keys turn the slides")
    return 0


def times(args: argparse.Namespace) -> int:
    """Measures, and renews the document."""
    from semnerf_lib.runs.notebooks import find_notebooks
    from semnerf_lib.runs.store import Store
    from semnerf_lib.teaching.times import renew_tables

    print(f"wrote {renew_tables(find_notebooks(args.notebooks)[0].parent, Store(args.out))}")
    return 0


def pack(args: argparse.Namespace) -> int:
    """Writes the runs of some notebooks into one file."""
    from semnerf_lib.experiments import open_scene
    from semnerf_lib.runs.store import Store
    from semnerf_lib.teaching.workshop import pack, runs_of

    scene = open_scene(args.scene, args.scale)
    packed = pack(args.file, scene, args.scale, runs_of(args.only, scene, args.scale), Store(args.out))
    print(f"wrote {packed.path}: {packed.n_runs} runs, {packed.n_bytes / 1e6:.1f} MB")
    print(f"rounding their weights changed a test mIoU by {100 * packed.change:+.3f} points at most")
    print(f"sha256 {packed.sha256}")
    return 0


def unpack(args: argparse.Namespace) -> int:
    """Puts the runs of a pack into a results folder."""
    from semnerf_lib.runs.store import Store
    from semnerf_lib.teaching.workshop import unpack

    store = Store(args.out)
    unpacked = unpack(args.file, store, args.scene, args.sha256)
    print(f"{len(unpacked.made)} runs unpacked, {len(unpacked.kept)} there already and left as they were")
    print(f"in {store.root}: where notebooks and commands look for them, as `semnerf status` shows")
    return 0
