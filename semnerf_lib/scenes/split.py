"""`split.json` beside frames: which train and which test, and what a person knows of lengths.

train_ids, test_ids   numbers of frames
near, far             metres along the optical axis between which surfaces are searched
bounds                lower and upper corner, in metres, of a box that holds all surfaces
unit                  "m", "cm", "mm", or how many units of the poses a metre has
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from semnerf_lib.cameras import pose_fault
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import is_number, read_json
from semnerf_lib.scenes.importers.core import units_a_metre

FILE_NAME = "split.json"
KEYS = ("train_ids", "test_ids", "near", "far", "bounds", "unit")


def read_split(file: Path) -> Any:
    """The contents of a `split.json`.

    Raises:
        SemnerfError: no JSON object, or a key that means nothing here.
    """
    given = read_json(file)
    if unknown := sorted(given.keys() - KEYS):
        raise SemnerfError(f"{file}: unknown key {unknown[0][:40]!r}, expected some of {', '.join(KEYS)}")
    return given


def lengths(folder: Path) -> tuple[float | None, dict[str, Any]]:
    """Units a metre, None where nobody says, and near, far and bounds as arguments of Scene.

    Raises:
        SemnerfError: a damaged file, or a value that cannot be.
    """
    file = folder / FILE_NAME
    if not os.path.lexists(file):
        return None, {}
    given = read_split(file)
    unit = given.get("unit")
    try:
        return None if unit is None else units_a_metre(str(unit)), limits(file, given)
    except SemnerfError as error:
        raise SemnerfError(f"{file}: {error}" if str(error).startswith("unit") else str(error)) from None


def limits(file: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """near, far and bounds of a `split.json`, as arguments of Scene; only what is there.

    Raises:
        SemnerfError: a value that cannot be.
    """
    more: dict[str, Any] = {k: given[k] for k in ("near", "far") if given.get(k) is not None}
    for key, value in more.items():
        if not is_number(value) or not 0 < value < 1e6:
            raise SemnerfError(f"{file}: {key} is {str(value)[:40]!r}, expected a number of metres")
        more[key] = float(value)
    if given.get("bounds") is not None:
        corners = given["bounds"]
        if not isinstance(corners, list) or [len(c) if isinstance(c, list) else 0 for c in corners] != [3, 3]:
            raise SemnerfError(f"{file}: bounds {corners}, expected two corners of three metres")
        if not all(is_number(x) and abs(x) < 1e6 for corner in corners for x in corner):
            raise SemnerfError(f"{file}: bounds {corners}, expected numbers of metres")
        more["bounds"] = np.array(corners, dtype=np.float64)
    return more


def frames_of_split(path: Path, n_frames: int) -> tuple[list[int], list[int], list[int], dict]:
    """Frames to keep, positions among them to train and to test on, further arguments of Scene."""
    file = path / FILE_NAME
    if os.path.lexists(file):
        given = read_split(file)
        train, test = given.get("train_ids"), given.get("test_ids")
        for ids in (train, test):
            if not isinstance(ids, list) or not all(type(i) is int and 0 <= i < n_frames for i in ids):
                raise SemnerfError(f"{file}: train_ids, test_ids: expected lists of frames 0 ... {n_frames - 1}")
        if twice := [i for i, count in Counter([*train, *test]).items() if count > 1]:
            raise SemnerfError(f"{file}: frame {twice[0]} is there twice, expected each once in train_ids or test_ids")
        return list(range(n_frames)), train, test, limits(file, given)
    if n_frames == 900:
        kept = [i for i in range(900) if i % 5 in (0, 2)]
        return kept, list(range(0, len(kept), 2)), list(range(1, len(kept), 2)), {}
    test = [i for i in range(n_frames) if i % 5 == 4]
    return list(range(n_frames)), [i for i in range(n_frames) if i % 5 != 4], test, {}


def without_lost(
    path: Path, poses: Mapping[int, np.ndarray], kept: list[int], train: list[int], test: list[int], more: dict
) -> tuple[list[int], list[int], list[int], dict]:
    """What `frames_of_split` says without frames whose pose was lost, which `split.json` must leave out.

    Args:
        poses: by the number of their line (see `frames.pose_lines`); one that is no rigid motion is lost.
    """
    faults = [pose_fault(pose) for pose in poses.values()]
    for frame in (kept[position] for position in (*train, *test)):
        if faults[frame]:
            raise SemnerfError(
                f"{path / 'traj_w_c.txt'}: line {list(poses)[frame]}: {faults[frame]}, expected a rigid "
                "camera-to-world motion, or a split.json that leaves the frame out"
            )
    left = [i for i, frame in enumerate(kept) if not faults[frame]]
    place = {old: new for new, old in enumerate(left)}
    return [kept[i] for i in left], [place[i] for i in train], [place[i] for i in test], more
