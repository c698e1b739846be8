"""Views of a trained model as files: pictures of single frames, a video along a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8
from matplotlib import colormaps
from PIL import Image
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation, Slerp

from semnerf_lib.cameras import Intrinsics, camera_of_width
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import View, render_view
from semnerf_lib.machine.files import new_files, write_aside
from semnerf_lib.machine.progress import progress
from semnerf_lib.models import Model
from semnerf_lib.palette import colourise
from semnerf_lib.plots.video import video
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.coding import coding_of, encoded, encoded_depth

FPS = 24
SECONDS_A_KEY = 2.0
"""Seconds of the flight from one key pose to the next."""
MAX_SECONDS = 3600
"""Length of a video."""
MAX_WIDTH = 8192
"""Pixels a row of a picture."""
MAX_DEPTH = 8.0
"""Depth that is shown as the brightest colour, metres."""


def check_target(path: Path) -> None:
    """Raises SemnerfError unless `path` is a new file *.mp4, or a folder that is there or can be made."""
    if path.suffix == ".mp4":
        if path.is_dir():
            raise SemnerfError(f"{path}: is a folder, expected a file to write")
        if path.exists():
            raise SemnerfError(f"{path}: exists, expected a new file: nothing is overwritten")
    elif path.suffix.lower() in (".avi", ".mov", ".mkv", ".webm", ".gif", ".png", ".jpg", ".jpeg"):
        raise SemnerfError(f"{path}: ends in {path.suffix}, expected a name that ends in .mp4, or a folder for PNGs")
    elif path.exists() and not path.is_dir():
        raise SemnerfError(f"{path}: is a file, expected a folder, or a name that ends in .mp4")


def picture(view: View, show: str, n_classes: int, farthest: float = MAX_DEPTH) -> UInt8[np.ndarray, "height width 3"]:
    """One of a view's images in colour.

    Args:
        show: "labels" (the kit's palette), "depth" (dark is near, bright is `farthest`), "entropy" (dark is
            certain, bright is ln C nats) or "rgb".
        n_classes: C.
        farthest: metres.

    Raises:
        SemnerfError: RGB asked of a field that has none.
    """
    if show == "labels":
        return colourise(view.labels)
    if show == "rgb":
        if view.rgb is None:
            raise SemnerfError("show rgb: this run learnt no colour, expected one with supervision labels+rgb")
        return view.rgb
    if show == "depth":
        return depth_picture(view.depth, farthest)
    return (colormaps["magma"](np.clip(view.entropy / np.log(n_classes), 0, 1))[..., :3] * 255).astype(np.uint8)


def depth_picture(depth: Float[np.ndarray, "height width"], farthest: float) -> UInt8[np.ndarray, "height width 3"]:
    """A depth map in colour: dark is near, bright is `farthest` metres and more."""
    return (colormaps["viridis"](np.clip(depth / farthest, 0, 1))[..., :3] * 255).astype(np.uint8)


def farthest_of(scene: Scene) -> float:
    """Metres that the depth maps of a scene show as the brightest: half a per cent of its pixels is farther away.

    Rounded up to half a metre; without depth `MAX_DEPTH`.
    """
    if scene.depth is None:
        return MAX_DEPTH
    some = scene.depth[:: max(1, scene.n_frames // 40)]
    depths = some[some > 0]
    return float(np.ceil(2 * np.percentile(depths, 99.5)) / 2) if len(depths) else MAX_DEPTH


PICTURES = ("labels", "depth", "entropy", "rgb")
"""Images of a view for people (see `picture`); "ids" and "depth-mm" are for programs (see `numbers`)."""


def telling_frames(scene: Scene, count: int) -> list[int]:
    """Test frames that show much: of `count` equal parts of the test frames, the best of each.

    The best frame has the largest product of the entropy of its classes (nats) and of the span of its depth, from the
    5th to the 95th percentile (m); without depth, of the entropy alone.
    """

    def tells(frame: int) -> float:
        labels = scene.labels[frame]
        shares = np.bincount(labels[labels != VOID], minlength=1) / max(1, np.count_nonzero(labels != VOID))
        entropy = float(-np.sum(shares * np.log(np.maximum(shares, 1e-9))))
        if scene.depth is None:
            return entropy
        depths = scene.depth[frame][scene.depth[frame] > 0]
        return entropy * float(np.ptp(np.percentile(depths, [5, 95]))) if len(depths) else 0.0

    parts = np.array_split(np.array(scene.test_ids), min(count, len(scene.test_ids)))
    return [max(part.tolist(), key=tells) for part in parts]


def numbers(view: View, show: str, scene: Scene) -> Image.Image:
    """One of a view's images as numbers: "ids" in the coding of the scene's labels, or "depth-mm" in 16 bit.

    "depth-mm" is in millimetres where the source is in metres or millimetres; else see `relabel.encoded_depth`.
    """
    return encoded(view.labels, coding_of(scene)) if show == "ids" else encoded_depth(view.depth, scene)


def write_views(
    model: Model,
    scene: Scene,
    folder: Path,
    ids: Sequence[int] | None,
    width: int | None,
    images: Sequence[str] | None = None,
) -> list[Path]:
    """Writes `<frame>_<image>.png` of each frame and image.

    Returns the paths of the files.

    Args:
        ids: frames of the scene; None takes every tenth test frame.
        width: of the images in pixels, None for the scene's.
        images: names of `PICTURES`, "ids" or "depth-mm"; None takes the pictures that the field has.

    Raises:
        SemnerfError: a frame that the scene does not have, colours of a field without, a picture of one is there, a
            width as in `resized_camera`, or no room on the disk.
    """
    ids = scene.test_ids[::10] if ids is None else ids
    for i in ids:
        if not 0 <= i < scene.n_frames:
            raise SemnerfError(f"views {i}, expected frames 0 ... {scene.n_frames - 1} of scene {scene.name}")
        for show in images or PICTURES:
            if (there := folder / f"{i:04d}_{show}.png").exists():
                raise SemnerfError(f"{there}: exists, expected a folder without it: nothing is overwritten")
    camera = resized_camera(scene, width)
    with new_files() as written:
        for i in progress(ids, "rendering"):
            view = render_view(model, camera, scene.c2w[i], scene.near, scene.far)
            for show in images or (PICTURES if view.rgb is not None else PICTURES[:3]):
                if show in PICTURES:
                    image = Image.fromarray(picture(view, show, scene.n_classes))
                else:
                    image = numbers(view, show, scene)
                written.append(folder / f"{i:04d}_{show}.png")
                write_aside(written[-1], lambda p, image=image: image.save(p, "PNG"))
    return written


def resized_camera(scene: Scene, width: int | None) -> Intrinsics:
    """The scene's camera with `width` pixels a row; itself for None.

    Raises:
        SemnerfError: fewer than 16 pixels or more than `MAX_WIDTH`, or a picture higher than that.
    """
    camera = camera_of_width(scene.intrinsics, width)
    if width is not None and max(camera.width, camera.height) > MAX_WIDTH:
        raise SemnerfError(f"width {width}, expected a picture of at most {MAX_WIDTH} pixels a side")
    return camera


def flight(scene: Scene, n_frames: int, n_keys: int) -> np.ndarray:
    """Poses (n_frames, 4, 4) of a flight through test views, each key the nearest one not yet visited."""
    poses = scene.c2w[list(scene.test_ids)]
    return camera_path(poses[nearest_chain(poses)[: max(2, n_keys)]], n_frames)


def write_video(model: Model, scene: Scene, path: Path, seconds: float, width: int | None, show: str) -> None:
    """Writes an mp4 of a flight through the test views.

    Raises:
        SemnerfError: no such length, a width as in `resized_camera`, too few test views, RGB asked of a field
            without, or no room on the disk.
    """
    if not 0 < seconds <= MAX_SECONDS:
        raise SemnerfError(f"seconds {seconds:g}, expected more than 0 and at most {MAX_SECONDS}")
    poses = flight(scene, max(2, round(seconds * FPS)), 1 + round(seconds / SECONDS_A_KEY))
    camera = widened(resized_camera(scene, width))
    views = (render_view(model, camera, pose, scene.near, scene.far) for pose in progress(poses, "filming"))
    path.parent.mkdir(parents=True, exist_ok=True)
    video((picture(view, show, scene.n_classes) for view in views), path, FPS)


def camera_path(c2w: Float[np.ndarray, "keys 4 4"], n_frames: int) -> Float[np.ndarray, "frames 4 4"]:
    """A smooth path through key poses: centres on a Catmull-Rom-like cubic, rotations by spherical interpolation.

    The path starts at the first key and ends at the last; keys are evenly spaced in time.

    Raises:
        SemnerfError: fewer than two keys, or fewer than two frames.
    """
    if len(c2w) < 2 or n_frames < 2:
        raise SemnerfError(f"camera_path: {len(c2w)} keys and {n_frames} frames, expected at least 2 of each")
    keys, times = np.arange(len(c2w)), np.linspace(0, len(c2w) - 1, n_frames)
    path = np.tile(np.eye(4), (n_frames, 1, 1))
    path[:, :3, 3] = CubicSpline(keys, c2w[:, :3, 3], bc_type="natural")(times)
    path[:, :3, :3] = Slerp(keys, Rotation.from_matrix(c2w[:, :3, :3]))(times).as_matrix()
    return path


def nearest_chain(c2w: Float[np.ndarray, "frames 4 4"], start: int = 0) -> Int[np.ndarray, "frames"]:
    """An order of the frames in which each next camera centre is the nearest one not yet visited."""
    centres, order = c2w[:, :3, 3], [start]
    left = set(range(len(c2w))) - {start}
    while left:
        order.append(min(left, key=lambda i: (np.linalg.norm(centres[i] - centres[order[-1]]), i)))
        left.remove(order[-1])
    return np.array(order)


def widened(intrinsics: Intrinsics, multiple: int = 16) -> Intrinsics:
    """The camera seeing a little more on every side, so that width and height divide by `multiple` (mp4 wants 16)."""
    width, height = (-(-size // multiple) * multiple for size in (intrinsics.width, intrinsics.height))
    dx, dy = (width - intrinsics.width) / 2, (height - intrinsics.height) / 2
    return replace(intrinsics, width=width, height=height, cx=intrinsics.cx + dx, cy=intrinsics.cy + dy)
