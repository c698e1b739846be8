"""nerfstudio's `transforms.json`, with `semantic_path` a frame or a folder of label images; and sitcoms3D."""

from __future__ import annotations

from dataclasses import replace
from os.path import lexists  # a link that leads nowhere is a damaged file, not a missing one
from pathlib import Path
from typing import Any

import numpy as np

from semnerf_lib.cameras import Intrinsics
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import numbers, read_json
from semnerf_lib.scenes.importers.core import PosedFrame, Source
from semnerf_lib.scenes.importers.files import Matcher, below, label_folder, within
from semnerf_lib.scenes.importers.names import find_names
from semnerf_lib.scenes.pinhole import camera_of_matrix, check_pinhole


def is_nerfstudio(folder: Path) -> bool:
    return (folder / "transforms.json").is_file()


def read_nerfstudio(folder: Path) -> Source:
    """OpenGL axes, camera-to-world, no unit, pixel centres at + 1/2.

    Raises:
        SemnerfError: lens distortion, no label images, a frame without a matrix.
    """
    file = folder / "transforms.json"
    given = read_json(file)
    entries = given.get("frames")
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise SemnerfError(f"{file}: 'frames' is {type(entries).__name__}, expected a list of objects")
    labels, seen = Matcher(label_folder(folder)), set()
    frames, missing = [], 0
    for number, entry in enumerate(entries):
        name = entry.get("file_path")
        if not isinstance(name, str):
            raise SemnerfError(f"{file}: frames[{number}] has file_path {name!r}, expected text")
        where = f"{file}: frames[{number}]"
        if name in seen:
            raise SemnerfError(f"{where} is {name[:80]!r} again, expected each image once")
        seen.add(name)
        label = _named_file(folder, entry, "semantic_path", where) or labels(name)
        if label is None or not lexists(label):
            missing += 1
            continue
        pose = _matrix(entry.get("transform_matrix"), file, number)
        rgb = within(folder, name)
        depth = _named_file(folder, entry, "depth_file_path", where)
        camera = _camera({**given, **entry}, file)
        frames.append(PosedFrame(label, pose, camera, rgb if rgb and lexists(rgb) else None, depth))
    if not frames:
        raise SemnerfError(f"{file}: no frame has a label image, expected semantic_path or a folder `semantics`")
    notes = (f"{missing} frames without a label image dropped",) if missing else ()
    return Source("nerfstudio", folder, tuple(frames), find_names(folder), axes="opengl", notes=notes)


def _named_file(folder: Path, entry: dict[str, Any], key: str, where: str) -> Path | None:
    """The file that an entry names, None where it names none."""
    path = entry.get(key)
    if path is None:
        return None
    if not isinstance(path, str):
        raise SemnerfError(f"{where}: {key} is {str(path)[:40]}, expected text")
    return below(folder, path, f"{where}: {key}")


def is_sitcoms(folder: Path) -> bool:
    return (folder / "cameras.json").is_file() and any(folder.glob("segmentations*/thing"))


def read_sitcoms(folder: Path) -> Source:
    """sitcoms3D: `cameras.json` with `image_name, intrinsics, camtoworld`; `segmentations_4/thing`.

    Raises:
        SemnerfError: a frame without camera, pose or label.
    """
    file = folder / "cameras.json"
    entries = read_json(file).get("frames")
    things = sorted(folder.glob("segmentations*/thing"))[0]
    labels, pictures = Matcher(things), Matcher(next(iter(sorted(folder.glob("images*"))), None))
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise SemnerfError(f"{file}: 'frames' is {type(entries).__name__}, expected a list of objects")
    frames, missing = [], 0
    for number, entry in enumerate(entries):
        name = entry.get("image_name")
        if not isinstance(name, str):
            raise SemnerfError(f"{file}: frames[{number}] has image_name {str(name)[:40]}, expected text")
        label = labels(name)
        if label is None:
            missing += 1
            continue
        try:
            k = numbers(entry["intrinsics"], 3, 3)
        except (KeyError, ValueError) as fault:
            raise SemnerfError(f"{file}: frames[{number}]: intrinsics: {fault}, expected 3x3 numbers") from None
        camera = camera_of_matrix(
            k, round(2 * k[0, 2]), round(2 * k[1, 2]), 0.5, f"{file}: frames[{number}]: intrinsics"
        )
        frames.append(PosedFrame(label, _matrix(entry.get("camtoworld"), file, number), camera, pictures(name)))
    notes = (f"{missing} frames without a label image dropped",) if missing else ()
    return Source("sitcoms3D", folder, tuple(frames), find_names(folder), axes="opengl", notes=notes)


def _matrix(value: Any, file: Path, number: int) -> np.ndarray:
    try:
        pose = numbers(value, -1, 4)
        return pose.reshape(4, 4) if pose.size == 16 else np.vstack([pose.reshape(3, 4), [0.0, 0.0, 0.0, 1.0]])
    except ValueError as fault:
        raise SemnerfError(f"{file}: frames[{number}] has no pose ({fault}), expected a 4x4 matrix") from None


def _camera(given: dict[str, Any], file: Path) -> Intrinsics:
    check_pinhole(given, file)
    values = [given.get(key) for key in ("w", "h", "fl_x", "fl_y", "cx", "cy")]
    if values[3] is None:
        values[3] = values[2]
    try:
        camera = Intrinsics.from_numbers(values)
    except SemnerfError as error:
        raise SemnerfError(f"{file}: w, h, fl_x, fl_y, cx, cy: {error}") from None
    return replace(camera, cx=camera.cx - 0.5, cy=camera.cy - 0.5)
