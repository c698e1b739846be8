"""Semantic-NeRF's pre-rendered layout, in and out: the Replica frames that people have.

    semantic_class/semantic_class_<i>.png   8 bit, class id, 0 = void              required
    semantic_instance/semantic_instance_<i>.png
                                            16 or 8 bit, object id, 0 = unknown
    traj_w_c.txt                            a 4x4 camera-to-world a line, OpenCV   required
    info_semantic.json                      names: classes[].id, classes[].name    required, here or where
                                            Replica and P2 keep it (see `find_info`)
    rgb/rgb_<i>.png, depth/depth_<i>.png    8 bit RGB; 16 bit millimetres, 0 = unknown
    intrinsics.json                         width, height, fx, fy, cx, cy (integer pixel coordinates) and perhaps
                                            depth_scale (units a metre); without it hfov is 90 degrees
    split.json                              train_ids, test_ids and perhaps bounds, near, far, unit: this kit's own

Frames are numbered 0 ... N - 1, as are the poses of the trajectory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from semnerf_lib.cameras import Intrinsics
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import folder_aside
from semnerf_lib.machine.jsons import is_number, read_json
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.coding import CodedFrame, Coding, read_coding, write_coding
from semnerf_lib.scenes.frames import DEPTH, INSTANCES, LABELS, RGB, frame_files, pose_lines, read_stack
from semnerf_lib.scenes.importers.names import VOID_NAMES, by_name, same_names
from semnerf_lib.scenes.info import class_table
from semnerf_lib.scenes.pinhole import camera_of
from semnerf_lib.scenes.split import frames_of_split, without_lost


def find_info(path: Path) -> Path:
    """`info_semantic.json` of a folder of frames: in it, in the folder above or its `habitat` (Replica), or in
    `semantic_info/<scene>` two above (P2)."""
    above = path.resolve().parent
    places = [path, above, above / "habitat", above.parent / "semantic_info" / above.name]
    for place in places:
        if os.path.lexists(place / "info_semantic.json"):
            return place / "info_semantic.json"
    raise SemnerfError(f"{path / 'info_semantic.json'}: missing, expected the names of the classes (Replica has it)")


def _read_intrinsics(path: Path, size: tuple[int, int]) -> tuple[Intrinsics, float]:
    """The camera, and depth units a metre."""
    file = path / "intrinsics.json"
    if not os.path.lexists(file):
        return Intrinsics.from_hfov(size[1], size[0]), 1000.0
    given = read_json(file)
    scale = given.get("depth_scale", 1000)
    if not is_number(scale) or not 1e-6 < scale < 1e9:
        raise SemnerfError(f"{file}: depth_scale {scale!r}, expected how many units of the depth images a metre has")
    camera = camera_of(given, file)
    if (camera.height, camera.width) != size:
        raise SemnerfError(f"{file}: {camera.width}x{camera.height} pixels, expected {size[1]}x{size[0]} as the labels")
    return camera, float(scale)


def _metres(image: np.ndarray, scale: float) -> np.ndarray:
    """Depth in metres; the largest 16-bit number is, like 0, how cameras write that they do not know."""
    return np.where(image == 65535, 0, image / np.float32(scale))


def _coding(
    path: Path,
    files: list[Path],
    camera: Intrinsics,
    classes: list[int],
    void: int,
    kept: list[int],
    notes: tuple[str, ...],
) -> Coding:
    """The source's coding if the folder was imported, else its own."""
    if imported := read_coding(path):
        try:
            return imported.part(kept, [i - 1 for i in classes])
        except IndexError:
            raise SemnerfError(f"{path / 'coding.json'}: fewer frames or ids than the folder has") from None
    frames = tuple(CodedFrame(str(file.relative_to(path)), camera) for file in files)
    return Coding("Semantic-NeRF's layout", str(path.resolve()), "L", tuple(classes), void, frames, assumed=notes)


def _class_ids(
    ids: np.ndarray, files: list[Path], names: dict[int, str], names_file: Path, void: set[int]
) -> list[int]:
    """The class ids that occur in the label images, ascending: each has a name, and there are at least two."""
    present = sorted(set().union(*(np.unique(image).tolist() for image in ids)) - void)
    if unnamed := [number for number in present if number not in names]:
        file = files[int((ids == unnamed[0]).any((1, 2)).argmax())]
        raise SemnerfError(
            f"{file}: class id {unnamed[0]} has no name, expected one of the {len(names)} in {names_file}"
        )
    if len(present) < 2:
        content = f"only class id {present[0]} ('{names[present[0]]}')" if present else "no labelled pixel"
        raise SemnerfError(f"{files[0].parent}: {content} in {len(files)} frames, expected at least two classes")
    return present


def load_replica(path: str | os.PathLike) -> Scene:
    """A folder of frames in Semantic-NeRF's layout (see the module) as a scene.

    Label id 0 is void unless it has a name, 255 is void and so are ids named so. Ids of one name are one class. A
    coding.json beside the frames is the coding of what they were imported from. The classes are those present in
    some kept frame, remapped to 0 ... C - 1 in ascending order of their id, under their names [P2, code]. Of 900
    frames only P2's are kept: train 0, 5, ..., test 2, 7, ...; of any other number all are, and frames 4, 9, 14, ...
    are the test frames; `split.json` overrules both. near and far are P2's 0.1 and 10 m unless `split.json` says
    else; never what the depth images say, since a model of labels alone must not learn from them.

    Raises:
        SemnerfError: whatever is missing, damaged or does not fit; the line names the file, the value, and what was
            expected.
    """
    path = Path(path)
    if not path.is_dir():
        raise SemnerfError(f"{path}: no such folder, expected one with {LABELS}/ and traj_w_c.txt")
    if not (path / LABELS).is_dir():
        raise SemnerfError(f"{path / LABELS}: missing, expected a folder of label images {LABELS}_<i>.png")
    poses = pose_lines(path / "traj_w_c.txt")
    c2w = np.stack(list(poses.values()))
    names_file = find_info(path)
    names = class_table(names_file)
    kept, train_ids, test_ids, more = without_lost(path, poses, *frames_of_split(path, len(c2w)))
    there = [kind for kind in (LABELS, INSTANCES, RGB, DEPTH) if os.path.lexists(path / kind)]
    files = {kind: frame_files(path, kind, len(c2w)) for kind in there}
    files = {k: [all_files[i] for i in kept] for k, all_files in files.items()}
    ids = read_stack(files[LABELS], LABELS, None, lambda image: image, np.uint8)
    size = ids.shape[1:]
    intrinsics, depth_scale = _read_intrinsics(path, size)
    void = void_ids(names)
    present = _class_ids(ids, files[LABELS], names, names_file, void)
    notes = same_names({i: names[i] for i in present})
    if VOID in names and VOID in void and names[VOID].lower() not in VOID_NAMES and (ids == VOID).any():
        notes.append(f"id 255 ('{names[VOID]}') is taken as void")
    first = by_name(present, names)
    classes = sorted(set(first.values()))
    remap = np.full(256, VOID, dtype=np.uint8)
    remap[present] = [classes.index(first[i]) for i in present]

    def more_of(kind: str, dtype: type, finish: Callable = lambda image: image) -> np.ndarray | None:
        return read_stack(files[kind], kind, size, finish, dtype) if kind in files else None

    return Scene(
        name=path.resolve().name,
        labels=remap[ids],
        c2w=c2w[kept],
        intrinsics=intrinsics,
        class_names=tuple(names[i] for i in classes),
        train_ids=tuple(train_ids),
        test_ids=tuple(test_ids),
        rgb=more_of(RGB, np.uint8),
        depth=more_of(DEPTH, np.float32, lambda image: _metres(image, depth_scale)),
        instances=more_of(INSTANCES, np.uint16),
        coding=_coding(path, files[LABELS], intrinsics, classes, min(void, default=0), kept, tuple(notes)),
        **more,
    )


def void_ids(names: dict[int, str]) -> set[int]:
    """The label ids that mean void: 0 without a name, 255 unless it is one of 255 classes, and those named so."""
    void = {i for i, name in names.items() if name.lower() in VOID_NAMES} | ({0} - names.keys())
    return void | {VOID} if len(names) < VOID else void  # most tools mark void by 255


def save_replica(scene: Scene, path: str | os.PathLike) -> None:
    """Writes a scene in the layout that `load_replica` reads; class k gets the file id k + 1.

    Depth is rounded to millimetres. The folder is written aside and renamed.

    Raises:
        SemnerfError: something is there already, or the folder can't be written.
    """
    path = Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise SemnerfError(f"{path}: exists, expected the name of a new or empty folder")
    with folder_aside(path) as aside:
        _write(scene, aside)


def _write(scene: Scene, folder: Path) -> None:
    images = {LABELS: np.where(scene.labels == VOID, 0, scene.labels + 1).astype(np.uint8)}
    if scene.instances is not None:
        images[INSTANCES] = scene.instances
    if scene.rgb is not None:
        images[RGB] = scene.rgb
    if scene.depth is not None:
        images[DEPTH] = np.clip((scene.depth * 1000).round(), 0, 65535).astype(np.uint16)
    for kind, stack in images.items():
        (folder / kind).mkdir()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = ((image, folder / kind / f"{kind}_{i}.png") for i, image in enumerate(stack))
            list(pool.map(lambda job: Image.fromarray(job[0]).save(job[1]), jobs))
    rows = (" ".join(repr(float(x)) for x in pose.reshape(-1)) for pose in scene.c2w)
    (folder / "traj_w_c.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    if scene.coding is not None:
        write_coding(scene.coding, folder)
    camera = {k: getattr(scene.intrinsics, k) for k in ("width", "height", "fx", "fy", "cx", "cy")}
    split = {k: getattr(scene, k) for k in ("train_ids", "test_ids", "near", "far")}
    split["bounds"] = None if scene.bounds is None else scene.bounds.tolist()
    classes = [{"id": i, "name": name} for i, name in enumerate(scene.class_names, start=1)]
    for name, content in (
        ("info_semantic.json", {"classes": classes}),
        ("intrinsics.json", camera | {"depth_scale": 1000}),
        ("split.json", split),
    ):
        (folder / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
