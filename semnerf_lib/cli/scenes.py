"""`semnerf scene`: frames, made and checked."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from semnerf_lib.cli.options import Commands, command, command_group, whole_number
from semnerf_lib.errors import SemnerfError

if TYPE_CHECKING:
    from semnerf_lib.scene import Scene


def add(commands: Commands) -> None:
    group = command_group(commands, "scene", "make or check a scene")
    sub = command(
        group,
        "make",
        make,
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
    sub.add_argument("--width", type=whole_number, default=160, metavar="PIXELS", help="image width, 4:3 (160)")
    mesh_options(sub)
    sub.add_argument("--poses", type=Path, metavar="FILE", help="poses to see a mesh from, 16 numbers a line")
    sub.add_argument("--camera", type=Path, metavar="FILE", help="its camera, as intrinsics.json (hfov 90 degrees)")
    sub = command(
        group,
        "import",
        import_frames,
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
    sub.add_argument(
        "--ignore",
        type=whole_number,
        nargs="+",
        default=[],
        metavar="ID",
        help="ids of pixels of which nothing is known",
    )
    sub.add_argument("--background", metavar="NAME|void", help="the class of id 0, or void")

    sub = command(
        group,
        "check",
        check,
        "read a scene, say what it holds, or what is wrong with it in one line",
        ["semnerf scene check ~/replica/room_0", "semnerf scene check scan.ply --unit mm --up y"],
    )
    sub.add_argument("path", help="a folder of frames, a labelled mesh, or a made scene")
    mesh_options(sub)


def mesh_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--up", metavar="AXIS", help="of a mesh, upward: x, y, z, or as in --up=-y (GLB, glTF: y, else z)")
    sub.add_argument("--unit", metavar="UNIT", help="of a mesh: mm, cm, m, km, in or ft (m)")


def make(args: argparse.Namespace) -> int:
    """Writes the views of a scene as frames on disk."""
    from semnerf_lib.scenes.replica import save_replica

    if args.folder.exists():
        raise SemnerfError(f"{args.folder}: exists, expected a folder that does not: nothing is overwritten")
    if args.width < 4:
        raise SemnerfError(f"width {args.width}, expected at least 4")
    save_replica(source_scene(args), args.folder)
    print(f"wrote {args.folder}")
    return 0


def source_scene(args: argparse.Namespace) -> Scene:
    """The scene that `scene make` writes, as its options say."""
    from semnerf_lib.scenes.loading import load_scene
    from semnerf_lib.scenes.mesh import mesh_scene, mesh_scene_at

    if args.poses is None and args.camera is not None:
        raise SemnerfError(f"camera {args.camera} without poses, expected both")
    if args.poses is not None:
        return mesh_scene_at(args.source, args.poses, args.camera, args.width, args.up, args.unit)
    if args.up is not None or args.unit is not None:
        return mesh_scene(args.source, args.width, round(args.width * 3 / 4), up=args.up, unit=args.unit)
    return load_scene(args.source, width=args.width)


def import_frames(args: argparse.Namespace) -> int:
    """Writes a folder of another format as frames on disk, and prints what it holds."""
    from semnerf_lib.scenes.importers.core import ImportOptions, units_a_metre
    from semnerf_lib.scenes.importers.formats import import_scene
    from semnerf_lib.scenes.loading import describe
    from semnerf_lib.scenes.placement import placed
    from semnerf_lib.scenes.replica import save_replica

    if args.folder.exists():
        raise SemnerfError(f"{args.folder}: exists, expected a folder that does not: nothing is overwritten")
    unit = None if args.unit is None else units_a_metre(args.unit)
    options = ImportOptions(args.axes, args.invert, unit, tuple(args.ignore), args.background)
    scene = import_scene(args.source, options)
    scene = placed(scene, unit_given=unit is not None, void_given=0 in args.ignore)
    save_replica(scene, args.folder)
    print(describe(scene))
    print(f"wrote {args.folder}; next: semnerf train --scene {shlex.quote(str(args.folder))}")
    return 0


def check(args: argparse.Namespace) -> int:
    """Prints what a scene holds."""
    from semnerf_lib.scenes.loading import check_scene

    print(check_scene(args.path, args.up, args.unit))
    print(
        f"next: semnerf train --scene {shlex.quote(args.path)}"
        if args.up is None and args.unit is None
        else f"next: semnerf scene make FOLDER --from {shlex.quote(args.path)}, with these options, then train on it"
    )
    return 0
