"""Posed label frames of any format, made into a scene."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os.path import lexists
from pathlib import Path

import numpy as np
from jaxtyping import Float

from semnerf_lib.cameras import Intrinsics, pose_fault
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import decimal
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.coding import CodedFrame, Coding
from semnerf_lib.scenes.importers.names import LABELMAP, Named, by_name, distinct_names, same_names
from semnerf_lib.scenes.importers.pictures import Ids, check_total, of_one_mode, open_image, pixels, read_ids


@dataclass(frozen=True)
class PosedFrame:
    """One frame of a source: label image, pose in the source's axes and unit, camera of `camera.width` pixels a row.

    `camera` may have another size than the label image, which then shows the same view with other pixels; None stands
    for a horizontal field of view of 90 degrees. A depth image holds `Source.depth_scale` units a metre.
    """

    label: Path
    pose: Float[np.ndarray, "4 4"]
    camera: Intrinsics | None
    rgb: Path | None = None
    depth: Path | None = None


@dataclass(frozen=True)
class Source:
    """What a reader found in a folder.

    Attributes:
        layout: the format's name.
        folder: its folder.
        frames: in the order they are to have.
        names: source id -> class name; in RGB images ids are 256^2 r + 256 g + b. May be empty.
        axes: "opencv" or "opengl".
        inverted: whether poses are world-to-camera.
        unit: units of its positions a metre.
        depth_scale: units of its depth images a metre.
        notes: what else a person should know, a line each.
        read: reads a frame's label file.
        far: in its unit, the depth within which nearly all of its surfaces are; None where nothing tells it.
    """

    layout: str
    folder: Path
    frames: tuple[PosedFrame, ...]
    names: Mapping[int, str]
    axes: str = "opencv"
    inverted: bool = False
    unit: float = 1.0
    depth_scale: float = 1000.0
    notes: tuple[str, ...] = ()
    read: Callable[[Path], Ids] = read_ids
    far: float | None = None


@dataclass(frozen=True)
class ImportOptions:
    """What a person knows better than the folder; None leaves it to the format.

    Attributes:
        axes: "opencv" or "opengl".
        invert: poses are world-to-camera; True swaps what the format says.
        unit: units of the positions a metre, as 1000 for millimetres.
        ignore: ids that are void.
        background: name of class 0, or "void".
    """

    axes: str | None = None
    invert: bool = False
    unit: float | None = None
    ignore: tuple[int, ...] = ()
    background: str | None = None


AS_IT_IS = ImportOptions()
"""The folder is what its format says."""


def build_scene(source: Source, options: ImportOptions = AS_IT_IS) -> Scene:
    """The scene of a source: classes are the ids present, ascending; every fifth frame is a test frame; one camera.

    Ids of one name are one class. Frames without a finite pose are dropped. Several cameras become one (see
    `common_camera`).

    Raises:
        SemnerfError: no frame is left, an image is damaged, a pose is no rigid motion, there are more than 255
            classes, or what `Scene` raises.
    """
    frames, notes = with_poses(source), list(source.notes)
    if len(frames) < len(source.frames):
        notes.append(f"{len(source.frames) - len(frames)} frames without a pose dropped")
    check_total([frame.label for frame in frames], source.folder)
    images = of_one_mode([source.read(frame.label) for frame in frames], source.folder)
    mode, palette = images[0][1:]
    cameras = [_own_camera(f, ids.shape) for f, (ids, _, _) in zip(frames, images, strict=True)]
    camera = common_camera(cameras)
    if len(set(cameras)) > 1:
        notes.append(f"{len(set(cameras))} cameras resampled to one of {camera.width}x{camera.height} pixels")
    ids = np.stack([_resampled(image[0], own, camera) for image, own in zip(images, cameras, strict=True)])
    named = Named(source.names, lexists(source.folder / LABELMAP), options.background, options.ignore)
    names, void = named.ids(mode, palette, np.unique(ids))
    present = [int(i) for i in np.unique(ids) if i not in void]
    classes = sorted(set((first := by_name(present, names)).values()))
    labels = _numbered(ids, {i: classes.index(first[i]) for i in present}, source.folder)
    notes += _notes_of_names(names, present, mode)
    unit = options.unit or source.unit
    test = [i for i in range(len(frames)) if i % 5 == 4] or [len(frames) - 1]
    far = Scene.far if source.far is None else max(Scene.far, 1.1 * source.far / unit)
    if far > Scene.far:
        notes.append(f"surfaces are searched up to {far:.3g} m away, as far as nearly all points are")
    coding = Coding(
        layout=source.layout,
        folder=str(source.folder.resolve()),
        mode=mode,
        ids=tuple(classes),
        void=min(void, default=0),
        frames=tuple(
            CodedFrame(str(f.label.relative_to(source.folder)), own) for f, own in zip(frames, cameras, strict=True)
        ),
        palette=palette,
        unit=float(unit),
        axes=options.axes or source.axes,
        inverted=source.inverted != options.invert,
        assumed=tuple(notes),
    )
    return Scene(
        name=source.folder.resolve().name,
        labels=labels,
        c2w=np.stack([coding.pose(frame.pose) for frame in frames]),
        intrinsics=camera,
        class_names=distinct_names({i: names.get(i, f"#{i:06x}" if mode == "RGB" else f"class {i}") for i in classes}),
        train_ids=tuple(i for i in range(len(frames)) if i not in test),
        test_ids=tuple(test),
        rgb=_stack([f.rgb for f in frames], cameras, camera, 1.0),
        depth=_stack([f.depth for f in frames], cameras, camera, source.depth_scale),
        far=far,
        coding=coding,
    )


def _notes_of_names(names: Mapping[int, str], present: list[int], mode: str) -> list[str]:
    notes = same_names({i: names[i] for i in present if i in names})
    if names and (unnamed := [i for i in present if i not in names]):
        called = [f"#{i:06x}" if mode == "RGB" else str(i) for i in unnamed]
        notes.append(f"no name for {', '.join(called)}: called by their {'colour' if mode == 'RGB' else 'number'}")
    return notes


def _numbered(ids: np.ndarray, classes: Mapping[int, int], folder: Path) -> np.ndarray:
    """Label maps with the class of each id, VOID for ids that have none."""
    if (count := len(set(classes.values()))) > VOID:
        raise SemnerfError(f"{folder}: {count} classes, expected at most {VOID}")
    labels = np.full(ids.shape, VOID, dtype=np.uint8)
    for i, number in classes.items():
        labels[ids == i] = number
    return labels


def with_poses(source: Source) -> list[PosedFrame]:
    """The frames with a finite pose.

    Raises:
        SemnerfError: fewer than two, or a pose that is no rigid motion.
    """
    frames = [f for f in source.frames if np.isfinite(f.pose).all()]
    if len(frames) < 2:
        raise SemnerfError(f"{source.folder}: {len(frames)} frames with label and pose, expected at least 2")
    for frame in frames:
        if fault := pose_fault(frame.pose):
            raise SemnerfError(f"{frame.label}: its pose: {fault}, expected a rigid motion")
    return frames


def units_a_metre(text: str) -> float:
    """1, 100 and 1000 for "m", "cm" and "mm"; else the number itself.

    Raises:
        SemnerfError: neither.
    """
    try:
        unit = {"m": 1.0, "cm": 100.0, "mm": 1000.0}.get(text) or decimal(text)
    except ValueError:
        unit = 0.0
    if not 0 < unit < float("inf"):
        raise SemnerfError(f"unit {text!r}, expected m, cm, mm, or how many units a metre has")
    return unit


def common_camera(cameras: list[Intrinsics]) -> Intrinsics:
    """One camera that sees no more than any of them does, with their median focal length.

    Its edges lie where the first of them ends on each side, in tangents ((edge - c) / f).
    """
    if len(set(cameras)) == 1:
        return cameras[0]
    focal = float(np.median([c.fx for c in cameras]))
    left, top = (max((-0.5 - getattr(c, f"c{a}")) / getattr(c, f"f{a}") for c in cameras) for a in "xy")
    right = min((c.width - 0.5 - c.cx) / c.fx for c in cameras)
    bottom = min((c.height - 0.5 - c.cy) / c.fy for c in cameras)
    if right <= left or bottom <= top:
        raise SemnerfError("cameras: they share no direction, expected cameras that one camera can stand for")
    width, height = max(int((right - left) * focal), 1), max(int((bottom - top) * focal), 1)
    return Intrinsics(width, height, focal, focal, -left * focal - 0.5, -top * focal - 0.5)


def _own_camera(frame: PosedFrame, shape: tuple[int, ...]) -> Intrinsics:
    height, width = shape
    return Intrinsics.from_hfov(width, height) if frame.camera is None else frame.camera.resized(width, height)


def _resampled(image: np.ndarray, own: Intrinsics, camera: Intrinsics) -> np.ndarray:
    """The image as `camera` sees it, by the nearest pixel; `own` is the camera of the view, of any image size."""
    own = own.resized(image.shape[1], image.shape[0])
    if own == camera:
        return image
    u = np.floor((np.arange(camera.width) - camera.cx) / camera.fx * own.fx + own.cx + 0.5).astype(int)
    v = np.floor((np.arange(camera.height) - camera.cy) / camera.fy * own.fy + own.cy + 0.5).astype(int)
    return image[np.clip(v, 0, image.shape[0] - 1)][:, np.clip(u, 0, image.shape[1] - 1)]


def _stack(files: list[Path | None], cameras: list[Intrinsics], camera: Intrinsics, scale: float) -> np.ndarray | None:
    """RGB or depth images of all frames as `camera` sees them; None where one frame has none."""
    if not all(files):
        return None
    out = []
    for file, own in zip(files, cameras, strict=True):
        with open_image(file) as image:
            deep = image.mode.startswith("I")
            array = pixels(image if deep else image.convert("RGB"), file)
        if deep:
            valid = (array > 0) & (array < 65535)
            array = np.where(valid, array / np.float32(scale), 0).astype(np.float32)
        out.append(_resampled(array, own, camera))
    return np.stack(out)
