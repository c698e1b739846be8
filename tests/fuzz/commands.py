"""Doors of what a person types: whole command lines, names of rooms, corruptions, keys of a config, units."""

from __future__ import annotations

import contextlib
import functools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from made_runs import furnished_scene, make_run
from tiny import make_tiny_scene, tiny_config

from fuzz.door import Door
from fuzz.mutations import WORDS, Legal
from semnerf_lib import experiments
from semnerf_lib.cli import one_run, view
from semnerf_lib.cli.main import parse
from semnerf_lib.cli.options import settings
from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import Planned
from semnerf_lib.experiments.presets import check_scale, preset
from semnerf_lib.labels import Corruption, corrupt
from semnerf_lib.models import build_model
from semnerf_lib.runs import status
from semnerf_lib.runs.store import Store
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.exporters import write_nerfstudio
from semnerf_lib.scenes.importers.core import units_a_metre
from semnerf_lib.scenes.replica import save_replica
from semnerf_lib.scenes.rooms import dials

COMMANDS = (
    "reproduce --scale smoke --only 01 05 --workers 2", "train --field mlp --fold 0 --seed 1 --set iterations=5",
    "train --corruption pixel-noise:0.5 --supervision labels", "status --watch", "render --to fly.mp4 --seconds 1",
    "relabel --to clean_labels", "mesh --to room.glb", "scene make room_frames", "scene check frames", "students x",
    "workshop pack a.pack --only 05", "workshop unpack a.pack --sha256 0123456789abcdef", "site --to site",
    "scene import foreign new --unit mm --axes opengl --ignore 0 --background void", "evaluate --scene room --classes",
    "reproduce --plan --dask local", "view --scale smoke --set width=16", "workshop lesson folder", "workshop times",
    "scene make new --from a.ply --width 32 --unit cm --up y --poses poses.txt --camera camera.json", "index",
    "render --to views --views 0 3 --width 64 --images ids depth-mm", "mesh --to room.ply --level 10 --cell 0.2",
    "relabel --to more --poses poses.txt --void keep", "relabel --to more --frames test", "train --scene frames",
    "train --scene room:classes=12,objects=20,size=20", "workshop slides a.ipynb", "notebooks copies", "status --out r",
    "train --corruption annotated:frames=4,pixels=0.01,wrong-pixels=0.2,wrong-segments=0 --device cpu",
    "train --corruption renamed:0.5:sphere", "evaluate --frames train --corruption unlabelled:1:sphere",
)  # fmt: skip
ODD = (
    "", "-", "--", "-1", "0", "nan", "inf", "1e400", "1e9", "1_0", "\u0663", "9" * 400, "100000000", "0.5", "\x1b[2J",
    "é", "\udcff", "a\nb", "--help-me", "x" * 9000, "=", "a=b=c", "/dev/zero", "/dev/null", "..", ".", "cpu:", "cuda:9",
    "width=" + "(" * 3000, "iterations=1_000", "frames", "foreign", "a.ply", "poses.txt",
)  # fmt: skip
LONG = ("reproduce", "status", "students", "site", "index", "notebooks", "workshop")
"""Commands that are only parsed here: they work on the whole series, or have doors of their own."""


@functools.cache
def tiny() -> Scene:
    return make_tiny_scene()


@functools.cache
def model() -> torch.nn.Module:
    torch.manual_seed(0)
    return build_model(tiny_config(), tiny()).eval()


def words(folder: Path) -> None:
    """A folder with what the commands name."""
    save_replica(make_tiny_scene(6, 12, 9), folder / "frames")
    write_nerfstudio(make_tiny_scene(6, 12, 9), folder / "foreign")
    pose = " ".join(f"{x:g}" for x in tiny().c2w[0].ravel())
    (folder / "poses.txt").write_text(f"{pose}\n" * 5)
    camera = {"width": 16, "height": 12, "fx": 8.0, "fy": 8.0, "cx": 7.5, "cy": 5.5}
    (folder / "camera.json").write_text(json.dumps(camera))
    (folder / "words.json").write_text('["status"]')


def change_words(folder: Path, rng: Random) -> tuple[str, Legal]:
    line = rng.choice(COMMANDS).split()
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(line) + 1)
        if rng.random() < 0.3 and at < len(line):
            del line[at]
        elif rng.random() < 0.6 and at < len(line):
            line[at] = rng.choice(ODD)
        else:
            line.insert(at, rng.choice((*ODD, *rng.choice(COMMANDS).split())))
    (folder / "words.json").write_text(json.dumps(line))
    return f"words {line!a:.200}", None


def open_tiny(spec: str, scale: str) -> Scene:
    """The tiny scene in place of made ones; folders and meshes as they are."""
    from semnerf_lib.scenes.loading import MADE_SCENES, load_scene

    check_scale(scale)
    if dials.is_dialled(spec):
        dials.Dials.parse(spec)
    return tiny() if spec in MADE_SCENES or dials.is_dialled(spec) else load_scene(spec, width=64, cache=False)


def finished(args: Any) -> tuple[Any, Scene, torch.nn.Module]:
    """A run in place of the one that the options name."""
    planned = one_run.named_run(args)
    Store(args.out)
    made = make_run(Store("made"), Planned(tiny(), tiny_config()), 0.5)
    return made, tiny() if planned.scene.n_classes == tiny().n_classes else planned.scene, model()


@contextlib.contextmanager
def stubs(folder: Path) -> Iterator[None]:
    """In place of training, what takes long; everything else is the command's own."""
    run = make_run(Store(folder / "made"), Planned(tiny(), tiny_config()), 0.5)
    with (
        contextlib.chdir(folder),
        patch.object(experiments, "open_scene", open_tiny),
        patch.object(one_run, "finished_run", finished),
        patch.object(view, "finished_run", finished),
        patch.object(Store, "get", lambda self, planned, device: run),
        patch.object(status, "watch", lambda store: None),
    ):
        yield


def read_words(folder: Path) -> str | int:
    line = json.loads((folder / "words.json").read_text())
    try:
        args = parse(line)
    except SystemExit:
        return "help"
    if line and line[0] in LONG or (line[:2] == ["scene", "make"] and args.source == "room"):
        return "parsed"
    try:
        with stubs(folder):
            return args.action(args)
    except OSError as fault:  # a name that is too long; `main` tells it so
        raise SemnerfError(f"{fault.filename}: {fault.strerror}") from None


def status_fault(ended: str | int) -> str | None:
    return None if ended in ("help", "parsed", 0) else f"status {ended}"


def text_door(
    name: str, texts: tuple[str, ...], read: Callable[[str], Any], fault=lambda value: None, weight=1
) -> Door:
    """A door of a short text; its numbers become hostile, its parts go, are doubled or change places."""

    def build(folder: Path) -> None:
        (folder / "text").write_text(texts[0])

    def damage(folder: Path, rng: Random) -> tuple[str, Legal]:
        text, legal = rng.choice(texts), None
        parts = re.findall(r"[\d.]+|[^\d.]+", text)
        numbers = [i for i, part in enumerate(parts) if re.fullmatch(r"\d+(\.\d+)?", part)]
        if numbers and rng.random() < 0.6:
            new, legal = rng.choice(WORDS)
            parts[rng.choice(numbers)] = new
        else:
            parts = re.findall(r"[^,:=]+|[,:=]", text)
            at = rng.randrange(len(parts))
            parts[at : at + 1] = rng.choice(
                ([], [parts[at]] * 2, [rng.choice(ODD)], [parts[at].upper()], [*parts[::-1]])
            )
        changed = "".join(parts)
        (folder / "text").write_text(changed, encoding="utf-8", errors="surrogatepass")
        return f"{changed[:100]!a}", legal

    def read_text(folder: Path) -> Any:
        return read((folder / "text").read_bytes().decode("utf-8", "surrogatepass"))

    return Door(name, build, (), read_text, fault, weight=weight, damage=damage)


def read_room(spec: str) -> Any:
    """The dials of a room's name, and what is put into it."""
    if not dials.is_dialled(spec):
        return "a made room" if spec in ("room", "bedroom", "kitchen") else "a path"
    seen = replace(tiny(), instances=tiny().labels.astype(np.uint16) % 7 + 1)
    with patch.object(dials, "rendered_scene", lambda *args, **more: seen):
        room = dials.dialled_scene(spec)
    return room.class_names, room.name, dials.Dials.parse(dials.Dials.parse(spec).spec)


def room_fault(found: Any) -> str | None:
    if isinstance(found, str):
        return None
    names, title, _ = found
    if len(set(names)) < len(names) or not title.isprintable() or "/" in title:
        return f"{title!a}: {len(names)} classes"
    return None


def read_corruption(text: str) -> Any:
    """The corruption, and what it makes of a room; it is read back from its own text."""
    corruption, scene = Corruption.parse(text), furnished_scene(12)
    if corruption.file is not None:
        return "a file"
    given = corrupt(scene, corruption, 0)
    return str(corruption), corruption.title, Corruption.parse(str(corruption)) == corruption, given


def corruption_fault(found: Any) -> str | None:
    if isinstance(found, str):
        return None
    text, title, same, given = found
    if not same or not title.isprintable():
        return f"{text!a}, {title!a}: not read back"
    return "a label without a class" if ((given >= 7) & (given != 255)).any() else None


def read_settings(text: str) -> dict[str, Any]:
    return preset("smoke", **settings(text.split(";"))).values()


DOORS = (
    Door("command lines", words, (), read_words, status_fault, weight=6, damage=change_words),
    text_door(
        "names of rooms",
        ("room:classes=12,objects=20,size=30,clutter=1", "room:classes=8", "room:objects=15,size=25.5", "bedroom"),
        read_room, room_fault, weight=3,
    ),
    text_door(
        "corruptions",
        (
            "none", "sparse:0.9", "pixel-noise:0.5", "pixel-noise-other:0.25", "region-sort:0.5:chair",
            "region-even:0.5:chair", "super-dense:4", "super-sparse:8", "propagation:10", "unlabelled:0.5:chair",
            "renamed:1:chair", "annotated:frames=4,pixels=0.01,wrong-pixels=0.2,wrong-segments=0.1", "stored:a.npz",
        ),
        read_corruption, corruption_fault, weight=3,
    ),
    text_door(
        "keys of a config",
        ("iterations=5;lr=0.01", "n_rays=64;shell=0.25;margin=1", "sampler=proposal;bounds=cameras", "carving=4"),
        read_settings, weight=2,
    ),
    text_door("units", ("mm", "1000", "0.3048", "cm"), units_a_metre, weight=1),
)  # fmt: skip
