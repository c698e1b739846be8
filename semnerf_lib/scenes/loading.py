"""Scenes: made rooms, labelled meshes, frames on disk; one way to get any of them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from semnerf_lib.cameras import MAX_OFFSET
from semnerf_lib.errors import SemnerfError, printable
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.coding import FILE_NAME
from semnerf_lib.scenes.frames import LABELS, check_stack
from semnerf_lib.scenes.importers.formats import import_scene, is_foreign
from semnerf_lib.scenes.mesh import SUFFIXES, mesh_scene
from semnerf_lib.scenes.placement import in_metres, placed
from semnerf_lib.scenes.render import N_FRAMES
from semnerf_lib.scenes.replica import load_replica
from semnerf_lib.scenes.rooms.dials import dialled_scene, is_dialled
from semnerf_lib.scenes.rooms.room import CHANGED_SCENES, MADE_SCENES, room_scene
from semnerf_lib.scenes.split import FILE_NAME as SPLIT
from semnerf_lib.scenes.split import lengths


def load_scene(
    spec: str | os.PathLike,
    width: int | None = None,
    seed: int = 0,
    every: int = 1,
    cache: bool = True,
    least: int = 1,
) -> Scene:
    """A scene by what it is called.

    Args:
        spec: one of MADE_SCENES for a made room ("room", "bedroom", ...), of CHANGED_SCENES for one after a change
            ("room-moved"), or "room:NAME=NUMBER,..." for one with dials (see `rooms.dials`); else a folder in
            Semantic-NeRF's layout (see `replica`) or in another format that can be told from it (see `importers`), or a
            mesh file (see `mesh`).
        width: pixels. A made room and a mesh are rendered at this width, 4:3 (None: 160). Frames on disk keep their
            own size where None, else they are shrunk by the smallest whole factor that makes them no wider than
            1.25 width.
        seed: of a made room, and of a mesh's trajectory.
        every: keep each `every`-th training frame and test frame.
        cache: keep rendered frames for next time.
        least: training frames of a folder that stay; with fewer than `least * every` of them, more of each stay.

    Raises:
        SemnerfError: nothing of that name; what the loaders raise; a width below 4, or of rendered frames with
            more than `frames.MAX_STACK` pixels together; `every` below 1 or so large that no frame is left.
    """
    if width is not None and width < 4:
        raise SemnerfError(f"scene {spec}: width = {width}, expected at least 4 pixels")
    path, size = Path(str(spec)), _size(width)  # papermill takes a folder called 101 for a number
    if is_dialled(str(spec)) or str(spec) in MADE_SCENES + CHANGED_SCENES:
        check_stack(path, 2 * N_FRAMES // 5, *size)
        if is_dialled(str(spec)):
            return dialled_scene(str(spec), *size, seed=seed, every=every, cache=cache)
        return room_scene(*size, seed=seed, every=every, cache=cache, name=str(spec))
    if path.suffix.lower() in SUFFIXES and not path.is_dir():
        return mesh_scene(path, *size, seed=seed, every=every, cache=cache)
    if path.name == "transforms.json" and path.is_file():
        path = path.parent
    if not path.is_dir():
        made = ", ".join(MADE_SCENES + CHANGED_SCENES)
        raise SemnerfError(f"{spec}: no such scene, expected a made one ({made}), a folder of frames, or a mesh file")
    scene = _frames_on_disk(path)
    if (farthest := np.abs(scene.c2w[:, :3, 3]).max()) > MAX_OFFSET:
        raise SemnerfError(
            f"{spec}: a camera {farthest:.4g} m from the origin, expected less than {MAX_OFFSET:g} m, since 32 bits "
            "are too coarse there: subtract one position from all"
        )
    if every != 1:
        scene = _thinned(scene, every if least == 1 else max(1, min(every, len(scene.train_ids) // least)))
    if width is None:
        return scene
    factor = int(np.ceil(scene.intrinsics.width / (1.25 * width)))
    if factor <= 1:
        return scene
    return scene.resized(max(scene.intrinsics.width // factor, 1), max(scene.intrinsics.height // factor, 1))


def spec_of(scene: str) -> str:
    """The scene for `open_scene` in any process: the name of a made scene or of one with dials, or an absolute path."""
    made = scene in MADE_SCENES + CHANGED_SCENES or is_dialled(scene)
    return scene if made else str(Path(scene).resolve())


def _size(width: int | None) -> tuple[int, int]:
    """Width and height of frames that are rendered."""
    return (width or 160, round((width or 160) * 3 / 4))


def _frames_on_disk(path: Path) -> Scene:
    """A folder's scene, placed as its `split.json` says or else as its frames show (see `placement.placed`)."""
    own = (path / LABELS).is_dir() and (path / "traj_w_c.txt").exists()
    unit, limits = lengths(path)
    scene = load_replica(path) if own or not is_foreign(path) else replace(import_scene(path), **limits)
    if unit is not None:
        scene = in_metres(scene, unit, f"{unit:g} units a metre, as {SPLIT} says")
    if "bounds" in limits or (path / FILE_NAME).exists():
        return scene
    return placed(scene, unit_given=unit is not None or "far" in limits)


def _thinned(scene: Scene, every: int) -> Scene:
    if every < 1:
        raise SemnerfError(f"scene {scene.name}: every = {every}, expected 1 or more")
    train, test = scene.train_ids[::every], scene.test_ids[::every]
    kept = sorted((*train, *test))
    position = {frame: i for i, frame in enumerate(kept)}
    return replace(
        scene,
        labels=scene.labels[kept],
        c2w=scene.c2w[kept],
        rgb=None if scene.rgb is None else scene.rgb[kept],
        depth=None if scene.depth is None else scene.depth[kept],
        instances=None if scene.instances is None else scene.instances[kept],
        train_ids=tuple(position[i] for i in train),
        test_ids=tuple(position[i] for i in test),
        coding=None if scene.coding is None else scene.coding.part(kept),
    )


def describe(scene: Scene) -> str:
    """What a scene holds, some lines for a person: frames, size, camera, classes with their share of the pixels."""
    camera, counts = scene.intrinsics, np.bincount(scene.labels.reshape(-1), minlength=256)
    hfov = np.degrees(
        np.arctan((camera.cx + 0.5) / camera.fx) + np.arctan((camera.width - camera.cx - 0.5) / camera.fx)
    )
    there = [f"{kind} {'no' if getattr(scene, kind) is None else 'yes'}" for kind in ("rgb", "depth", "instances")]
    low, high = scene.c2w[:, :3, 3].min(0), scene.c2w[:, :3, 3].max(0)
    size = f"{camera.width}x{camera.height} pixels, hfov {hfov:.1f} degrees"
    lines = [
        f"{printable(scene.name)}: {scene.n_frames} frames of {size}",
        f"  {len(scene.train_ids)} training and {len(scene.test_ids)} test frames; {', '.join(there)}",
        f"  cameras within {np.round(low, 2).tolist()} ... {np.round(high, 2).tolist()} m",
    ]
    if (coding := scene.coding) is not None:
        direction = "world-to-camera" if coding.inverted else "camera-to-world"
        lines.append(
            f"  read as {coding.layout}: {coding.axes} axes, {direction}; a metre here is {coding.unit:.4g} there"
        )
        lines += [f"  {line}" for line in coding.assumed]
    if scene.depth is not None and (scene.depth > 0).any():
        depths = scene.depth[scene.depth > 0]
        lines.append(f"  depth {depths.min():.2f} ... {depths.max():.2f} m, unknown {np.mean(scene.depth == 0):.1%}")
    lines.append(
        f"  {len(scene.present_classes)} classes (share of all pixels), void {counts[VOID] / counts.sum():.2%}:"
    )
    order = sorted(scene.present_classes, key=lambda i: (-counts[i], i))
    objects = _objects_of_classes(scene)
    lines += [f"    {scene.class_names[i]:<20} {counts[i] / counts.sum():8.3%}{objects.get(i, '')}" for i in order]
    return "\n".join(lines)


def _objects_of_classes(scene: Scene) -> dict[int, str]:
    """How many objects each class has, in words; empty where the scene has no instances."""
    if scene.instances is None:
        return {}
    seen = np.unique(scene.instances.astype(np.int32) * 256 + scene.labels)
    classes, numbers = np.unique(seen[seen >= 256] % 256, return_counts=True)
    return {int(c): f"   {n} object{'s' if n > 1 else ''}" for c, n in zip(classes, numbers, strict=True)}


def check_scene(spec: str | os.PathLike, up: str | None = None, unit: str | None = None) -> str:
    """Loads a scene, which validates it, and describes it (see `load_scene` for what `spec` may be).

    Args:
        up, unit: of a mesh (see `mesh.load_mesh`).

    Raises:
        SemnerfError: the first thing that is wrong with it, in one line.
    """
    if up is None and unit is None:
        return describe(load_scene(spec))
    if Path(spec).suffix.lower() not in SUFFIXES:
        raise SemnerfError(f"{spec}: up and unit are for a mesh; `semnerf scene import` takes the unit of frames")
    return describe(mesh_scene(spec, up=up, unit=unit))
