"""Formats with one text file of poses, or one a frame: ScanNet, Panoptic Lifting, NICE-SLAM and vMAP, CVAT."""

from __future__ import annotations

from os.path import lexists  # a link that leads nowhere is a damaged file, not a missing one
from pathlib import Path

from semnerf_lib.machine.jsons import read_json
from semnerf_lib.scenes.importers.core import PosedFrame, Source
from semnerf_lib.scenes.importers.files import Matcher, images_in, label_folder, read_matrices, read_matrix
from semnerf_lib.scenes.importers.names import find_names
from semnerf_lib.scenes.importers.pictures import open_image
from semnerf_lib.scenes.pinhole import camera_of, camera_of_matrix

SCANNET_LABELS = ("label-filt", "label", "rs_semantics")
TRAJECTORIES = ("traj_w_c.txt", "traj.txt")


def is_scannet(folder: Path) -> bool:
    return (folder / "pose").is_dir() and any((folder / name).is_dir() for name in SCANNET_LABELS)


def read_scannet(folder: Path) -> Source:
    """ScanNet's export, and Panoptic Lifting's: `pose/N.txt`, `color/`, `intrinsic/intrinsic_color.txt`, label images.

    Camera-to-world, OpenCV, metres; a lost pose is -inf.

    Raises:
        SemnerfError: a matrix that is none, or no label image with a pose.
    """
    labels = next(folder / name for name in SCANNET_LABELS if (folder / name).is_dir())
    pictures, depths = Matcher(folder / "color"), Matcher(folder / "depth")
    k = folder / "intrinsic" / "intrinsic_color.txt"
    frames, camera, missing = [], None, 0
    for label in images_in(labels):
        file = folder / "pose" / f"{label.stem}.txt"
        if not lexists(file):
            missing += 1
            continue
        rgb = pictures(label.name)
        if camera is None and lexists(k):
            with open_image(rgb or label) as image:
                camera = camera_of_matrix(read_matrix(k), *image.size, 0.0, k)
        frames.append(PosedFrame(label, read_matrix(file), camera, rgb, depths(label.name)))
    layout = "Panoptic Lifting" if labels.name == "rs_semantics" else "ScanNet"
    notes = (f"{missing} frames without a pose dropped",) if missing else ()
    return Source(layout, folder, tuple(frames), find_names(folder), notes=notes)


def is_trajectory(folder: Path) -> bool:
    return any((folder / name).is_file() for name in TRAJECTORIES) and label_folder(folder) is not None


def read_trajectory(folder: Path) -> Source:
    """A folder of label images and `traj.txt` or `traj_w_c.txt`: NICE-SLAM, vMAP, or masks of CVAT, VOC or labelme.

    Camera-to-world, OpenCV, metres; label images in numeric order. `intrinsics.json` as in the kit's own layout;
    without it the horizontal field of view is 90 degrees.

    Raises:
        SemnerfError: another number of poses than of label images.
    """
    folder_of_labels = label_folder(folder)
    assert folder_of_labels is not None
    labels = images_in(folder_of_labels)
    trajectory = next(folder / name for name in TRAJECTORIES if (folder / name).is_file())
    poses = read_matrices(trajectory, len(labels))
    pictures = Matcher(next((folder / n for n in ("rgb", "images", "results") if (folder / n).is_dir()), None))
    depths, camera = Matcher(folder / "depth"), None
    if lexists(folder / "intrinsics.json"):
        file = folder / "intrinsics.json"
        camera = camera_of(read_json(file), file)
    frames = (
        PosedFrame(label, pose, camera, pictures(label.name), depths(label.name))
        for label, pose in zip(labels, poses, strict=True)
    )
    coloured = (folder / "labelmap.txt").is_file()
    return Source("CVAT" if coloured else "trajectory", folder, tuple(frames), find_names(folder))
