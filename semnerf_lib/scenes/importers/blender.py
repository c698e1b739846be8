"""BlenderProc: segmentation maps as PNG or in HDF5 files, and its BOP writer."""

from __future__ import annotations

import re
from functools import partial
from os.path import lexists  # a link that leads nowhere is a damaged file, not a missing one
from pathlib import Path
from typing import Any

import numpy as np

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import integer, numbers, read_json, regular_size
from semnerf_lib.scenes.importers.core import PosedFrame, Source
from semnerf_lib.scenes.importers.files import number_of
from semnerf_lib.scenes.importers.names import find_names
from semnerf_lib.scenes.importers.pictures import MAX_PIXELS, Ids, open_image, read_ids
from semnerf_lib.scenes.pinhole import camera_of_matrix

SEGMENTS = ("category_id_segmaps", "class_segmaps", "segmap")
"""Datasets of an HDF5 file that hold class ids, as versions of BlenderProc name them."""


def maps_of(folder: Path) -> list[Path]:
    """Its segmentation maps: `segmap_<i>.png`, else `<i>.hdf5`, in numeric order."""
    maps = sorted(folder.glob("segmap_*.png"), key=number_of)
    return maps or sorted((f for f in folder.glob("*.hdf5") if f.stem.isdigit()), key=number_of)


def is_blender(folder: Path) -> bool:
    return bool(maps_of(folder)) and ((folder / "cameras.json").is_file() or maps_of(folder)[0].suffix == ".hdf5")


def read_blender(folder: Path) -> Source:
    """`segmap_<i>.png` or `<i>.hdf5`, and `cameras.json` (`K`, `cam2world_blender`, `names`).

    Raises:
        SemnerfError: another number of poses than of maps, or no matrices.
    """
    file, labels = folder / "cameras.json", maps_of(folder)
    if not file.is_file():
        raise SemnerfError(
            f"{file}: missing, expected a JSON object with K (3x3), cam2world_blender (a 4x4 matrix for each of "
            f"{len(labels)} maps, as bproc.camera.get_camera_pose gives it) and names (of the category ids)"
        )
    given = read_json(file)
    try:
        poses, k = numbers(given["cam2world_blender"], len(labels), 4, 4), numbers(given["K"], 3, 3)
        names = {integer(i): name for i, name in given.get("names", {}).items()}
        if not all(isinstance(name, str) and name for name in names.values()):
            raise ValueError("a name that is no text")
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise SemnerfError(f"{file}: {fault}, expected K, names, and a pose for each of {len(labels)} maps") from None
    if labels[0].suffix == ".hdf5":
        read, shape = read_hdf5, read_hdf5(labels[0])[0].shape
    else:
        read = read_ids
        with open_image(labels[0]) as image:
            shape = image.height, image.width
    camera = camera_of_matrix(k, shape[1], shape[0], 0.5, file)
    frames = tuple(PosedFrame(label, pose, camera) for label, pose in zip(labels, poses, strict=True))
    return Source("BlenderProc", folder, frames, names or find_names(folder), axes="opengl", read=read)


def read_hdf5(file: Path) -> Ids:
    """Class ids of one frame's HDF5 file, as a label image of 8 or 16 bits.

    Raises:
        SemnerfError: h5py is missing, the file is damaged, or it holds no class ids.
    """
    try:
        import h5py
    except ImportError:
        raise SemnerfError(f"{file}: needs h5py, expected `pip install 'semnerf[import]'` first") from None
    try:
        regular_size(file)
        with h5py.File(file, "r") as stored:
            name = next((key for key in SEGMENTS if isinstance(stored.get(key), h5py.Dataset)), None)
            if name is None:
                raise SemnerfError(f"{file}: holds {', '.join(map(str, stored))}, expected {' or '.join(SEGMENTS)}")
            if stored[name].ndim != 2 or stored[name].size > MAX_PIXELS or stored[name].dtype.kind not in "iu":
                raise SemnerfError(f"{file}: {name} is {stored[name].dtype}{list(stored[name].shape)}, expected ids")
            ids = stored[name][()].astype(np.int64)
    except (KeyError, OSError, RuntimeError, ValueError) as fault:  # as the library finds the damage
        raise SemnerfError(f"{file}: damaged ({str(fault).splitlines()[0][:80]}), expected an HDF5 file") from None
    ids[ids == -1] = 65535
    if ids.min() < 0 or ids.max() > 65535:
        raise SemnerfError(f"{file}: id {ids.min() if ids.min() < 0 else ids.max()}, expected 0 to 65535")
    return ids.astype(np.int32), "L" if ids.max() <= 255 else "I;16", ()


def is_bop(folder: Path) -> bool:
    return all((folder / name).is_file() for name in ("scene_camera.json", "scene_gt.json"))


def read_bop(folder: Path) -> Source:
    """A scene of a BOP data set: `scene_camera.json`, `scene_gt.json`, `mask_visib/<frame>_<object>.png`.

    World-to-camera (`cam_R_w2c`, `cam_t_w2c`), OpenCV axes, millimetres. A class is an object id; 0 is background.

    Raises:
        SemnerfError: a frame without K or a world-to-camera pose, no mask.
    """
    cameras, objects = read_json(folder / "scene_camera.json"), read_json(folder / "scene_gt.json")
    frames, size = [], None
    for key in sorted(cameras, key=lambda text: (len(text), text)):
        masks = _masks(folder, key, objects.get(key))
        if not masks:
            continue
        if size is None:
            with open_image(masks[0][0]) as image:
                size = image.size
        try:
            k, pose = numbers(cameras[key]["cam_K"], 3, 3), np.eye(4)
            pose[:3, :3], pose[:3, 3] = numbers(cameras[key]["cam_R_w2c"], 3, 3), numbers(cameras[key]["cam_t_w2c"], 3)
        except (KeyError, TypeError, ValueError) as fault:
            raise SemnerfError(
                f"{folder / 'scene_camera.json'}: frame {key[:20]}: {fault}, expected cam_K, cam_R_w2c and cam_t_w2c"
            ) from None
        camera = camera_of_matrix(k, *size, 0.0, folder / "scene_camera.json")
        frames.append(PosedFrame(folder / "mask_visib" / f"{int(key):06d}.png", pose, camera))
    if not frames:
        raise SemnerfError(
            f"{folder / 'mask_visib'}: no mask of scene_gt.json's objects, expected <frame>_<object>.png"
        )
    read = partial(read_bop_masks, folder, objects)
    return Source("BOP", folder, tuple(frames), find_names(folder), inverted=True, unit=1000.0, read=read)


def _masks(folder: Path, key: str, entries: Any) -> list[tuple[Path, int]]:
    """The masks of a frame that are there, and the object id of each."""
    file = folder / "scene_gt.json"
    if not re.fullmatch("[0-9]{1,9}", key) or not isinstance(entries, list):
        raise SemnerfError(f"{file}: frame {key[:20]!a}, expected a number, and a list of objects for it")
    masks = []
    for i, entry in enumerate(entries):
        number = entry.get("obj_id") if isinstance(entry, dict) else None
        if type(number) is not int or not 0 < number < 255:
            raise SemnerfError(f"{file}: frame {key}: obj_id is {str(number)[:20]}, expected 1 to 254")
        mask = folder / "mask_visib" / f"{int(key):06d}_{i:06d}.png"
        if lexists(mask):
            masks.append((mask, number))
    return masks


def read_bop_masks(folder: Path, objects: dict[str, Any], label: Path) -> Ids:
    """The masks of one frame as one label image: the id of the object that is seen, else 0."""
    ids = None
    for mask, number in _masks(folder, str(int(label.stem)), objects.get(str(int(label.stem)))):
        seen = read_ids(mask)[0] > 0
        ids = np.zeros(seen.shape, dtype=np.int32) if ids is None else ids
        if seen.shape != ids.shape:
            raise SemnerfError(
                f"{mask}: {seen.shape[1]}x{seen.shape[0]} pixels, expected {ids.shape[1]}x{ids.shape[0]}"
            )
        ids[seen] = number
    assert ids is not None
    return ids, "L", ()
