"""`semnerf scene`: frames, made and checked."""

from __future__ import annotations

import argparse
from pathlib import Path

from semnerf_lib.cli.options import Commands, command, command_group
from semnerf_lib.errors import SemnerfError


def add(commands: Commands) -> None:
    group = command_group(commands, "scene", "make or check a scene")
    sub = command(
        group,
        "make",
        make,
        "write the made room, or the views of a labelled mesh, as frames on disk",
        [
            "semnerf scene make room_frames                        360 frames of 160 x 120",
            "semnerf scene make scan_frames --from scan.ply --width 320",
        ],
        "\nThe layout is Semantic-NeRF's, see data/README.md.",
    )
    sub.add_argument("folder", type=Path, help="where to write; must not exist")
    sub.add_argument("--from", dest="source", default="room", metavar="NAME|MESH", help="what to show (room)")
    sub.add_argument("--width", type=int, default=160, metavar="PIXELS", help="image width, 4:3 (160)")
    sub = command(
        group,
        "check",
        check,
        "read a scene, say what it holds, or what is wrong with it in one line",
        ["semnerf scene check ~/replica/room_0", "semnerf scene check scan.ply"],
    )
    sub.add_argument("path", help="a folder of frames, a labelled mesh, or a made scene")


def make(args: argparse.Namespace) -> int:
    """Writes the views of a scene as frames on disk."""
    from semnerf_lib.scenes.loading import load_scene
    from semnerf_lib.scenes.replica import save_replica

    if args.folder.exists():
        raise SemnerfError(f"{args.folder}: exists, expected a folder that does not: nothing is overwritten")
    if args.width < 1:
        raise SemnerfError(f"width {args.width}, expected at least 1")
    save_replica(load_scene(args.source, width=args.width), args.folder)
    print(f"wrote {args.folder}")
    return 0


def check(args: argparse.Namespace) -> int:
    """Prints what a scene holds."""
    from semnerf_lib.scenes.loading import check_scene

    print(check_scene(args.path))
    return 0
