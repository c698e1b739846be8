"""`semnerf workshop`: packs of trained runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from semnerf_lib.cli.options import Commands, command, command_group, results_option, scene_options


def add(commands: Commands) -> None:
    group = command_group(commands, "workshop", "hand trained runs around, to load instead of training")
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

    unpacked = unpack(args.file, Store(args.out), args.scene, args.sha256)
    print(f"{len(unpacked.made)} runs unpacked, {len(unpacked.kept)} there already and left as they were")
    return 0
