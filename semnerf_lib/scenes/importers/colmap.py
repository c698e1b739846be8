"""COLMAP models, text and binary, with a mask for each image."""

from __future__ import annotations

import math
import struct
from os.path import lexists
from pathlib import Path

import numpy as np
from jaxtyping import Float

from semnerf_lib.cameras import Intrinsics
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import decimal, integer, regular_size
from semnerf_lib.scenes.importers.core import PosedFrame, Source
from semnerf_lib.scenes.importers.files import Matcher, label_folder, number_of, within
from semnerf_lib.scenes.importers.names import find_names, read_text
from semnerf_lib.scenes.placement import natural_scale

MODELS = {
    "SIMPLE_PINHOLE": (0, 3), "PINHOLE": (1, 4), "SIMPLE_RADIAL": (2, 4), "RADIAL": (3, 5), "OPENCV": (4, 8),
    "OPENCV_FISHEYE": (5, 8), "FULL_OPENCV": (6, 12), "FOV": (7, 5), "SIMPLE_RADIAL_FISHEYE": (8, 4),
    "RADIAL_FISHEYE": (9, 5), "THIN_PRISM_FISHEYE": (10, 12),
}  # fmt: skip
"""Names of the camera models: their number and how many parameters they have (COLMAP, `models.h`)."""

Camera = tuple[str, int, int, tuple[float, ...]]
Image = tuple[str, int, np.ndarray]


def model_folder(folder: Path) -> Path | None:
    """Where a COLMAP model lies in a folder."""
    places = (
        folder,
        folder / "sparse" / "0",
        folder / "sparse",
        *sorted(folder.glob("*/0")),
        *sorted(folder.glob("*")),
    )
    for place in places:
        for suffix in ("bin", "txt"):
            if all((place / f"{name}.{suffix}").is_file() for name in ("cameras", "images")):
                return place
    return None


def is_colmap(folder: Path) -> bool:
    return model_folder(folder) is not None


def read_colmap(folder: Path) -> Source:
    """World-to-camera, OpenCV axes, no unit, pixel centres at + 1/2.

    Raises:
        SemnerfError: a damaged model, lens distortion, or no masks.
    """
    model = model_folder(folder)
    assert model is not None
    binary = (model / "cameras.bin").is_file()
    cameras = _cameras_bin(model / "cameras.bin") if binary else _cameras_txt(model / "cameras.txt")
    images = _images_bin(model / "images.bin") if binary else _images_txt(model / "images.txt")
    masks = label_folder(folder)
    if masks is None:
        raise SemnerfError(f"{folder / 'masks'}: missing, expected a folder with a label image for each COLMAP image")
    labels, frames, missing = Matcher(masks), [], 0
    for name, camera, pose in sorted(images, key=lambda image: number_of(Path(image[0]))):
        label = labels(name)
        if label is None:
            missing += 1
            continue
        if camera not in cameras:
            raise SemnerfError(f"{model}: image {name[:80]} has camera {camera}, which is not there")
        rgb = within(folder / "images", name)
        frames.append(PosedFrame(label, pose, pinhole(cameras[camera], model), rgb if rgb and lexists(rgb) else None))
    notes = [f"{missing} images without a mask dropped"] if missing else []
    unit, far, depths = 1.0, None, surface_depths(_points(model), frames)
    if depths.size:
        distance, far = np.quantile(depths, (0.5, 0.95)).tolist()
        if (unit := natural_scale(distance)) != 1:
            notes.append(f"points3D shows surfaces {distance:.3g} away: lengths divided by {unit:.4g}")
    frames_and_names = tuple(frames), find_names(folder)
    return Source("colmap", folder, *frames_and_names, inverted=True, unit=unit, notes=tuple(notes), far=far)


def surface_depths(points: Float[np.ndarray, "points 3"], frames: list[PosedFrame]) -> Float[np.ndarray, "depths"]:
    """Depths of a model's points in the images that show them, of at most 2,000 points and 50 images."""
    points, depths = points[:: max(len(points) // 2000, 1)], [np.empty(0)]
    for frame in frames[:: max(len(frames) // 50, 1)]:
        x, y, z = (points @ frame.pose[:3, :3].T + frame.pose[:3, 3]).T
        ahead = np.where(z > 0, z, np.inf)
        u, v = frame.camera.fx * x / ahead + frame.camera.cx, frame.camera.fy * y / ahead + frame.camera.cy
        seen = (z > 0) & (u >= 0) & (u < frame.camera.width) & (v >= 0) & (v < frame.camera.height)
        depths.append(z[seen])
    return np.concatenate(depths)


def pinhole(camera: Camera, model: Path) -> Intrinsics:
    """A COLMAP camera without distortion, in integer pixel coordinates.

    Raises:
        SemnerfError: it has distortion.
    """
    name, width, height, given = camera
    single = name in ("SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL", "SIMPLE_RADIAL_FISHEYE", "RADIAL_FISHEYE")
    fx, fy, cx, cy = (given[0], *given[:3]) if single else given[:4]
    rest = given[3:] if single else given[4:]
    if "FISHEYE" in name or name == "FOV" or any(abs(k) > 1e-8 for k in rest):
        raise SemnerfError(
            f"{model}: camera of model {name} has lens distortion, expected PINHOLE; `colmap image_undistorter "
            f"--image_path masks --input_path {model} --output_path undistorted` removes it"
        )
    try:
        return Intrinsics(width, height, fx, fy, cx - 0.5, cy - 0.5)
    except SemnerfError as error:
        raise SemnerfError(f"{model}: {error}") from None


def w2c_matrix(qw: float, qx: float, qy: float, qz: float, *t: float) -> np.ndarray:
    """World-to-camera (4, 4) from COLMAP's quaternion and translation.

    Raises:
        ValueError: the quaternion's length is not 1.
    """
    from scipy.spatial.transform import Rotation

    if not abs((length := math.hypot(qw, qx, qy, qz)) - 1) < 1e-3:
        raise ValueError(f"a quaternion of length {length:.3g}")
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_quat([qx, qy, qz, qw]).as_matrix()
    pose[:3, 3] = t
    return pose


class _Bytes:
    """Reads little-endian values from a file and never beyond its end."""

    def __init__(self, path: Path):
        regular_size(path)
        self.path, self.data, self.at = path, path.read_bytes(), 0

    def take(self, layout: str) -> tuple:
        try:
            values = struct.unpack_from("<" + layout, self.data, self.at)
        except (struct.error, OverflowError):  # a length beyond any file
            raise SemnerfError(f"{self.path}: ends early, expected a COLMAP model") from None
        self.at += struct.calcsize("<" + layout)
        return values

    def skip(self, count: int) -> None:
        if count > len(self.data) - self.at:
            raise SemnerfError(f"{self.path}: ends early, expected a COLMAP model")
        self.at += count

    def end(self) -> None:
        """Raises SemnerfError where something is left."""
        if self.at < len(self.data):
            raise SemnerfError(f"{self.path}: {len(self.data) - self.at} bytes too many, expected a COLMAP model")

    def text(self) -> str:
        end = self.data.find(b"\0", self.at)
        if end < 0:
            raise SemnerfError(f"{self.path}: ends early, expected a COLMAP model")
        text, self.at = self.data[self.at : end].decode("utf-8", "replace"), end + 1
        return text


def _cameras_bin(path: Path) -> dict[int, Camera]:
    models = {number: (name, count) for name, (number, count) in MODELS.items()}
    file, cameras = _Bytes(path), {}
    for _ in range(file.take("Q")[0]):
        key, model, width, height = file.take("IiQQ")
        if model not in models:
            raise SemnerfError(f"{path}: camera model {model}, expected one of {', '.join(MODELS)}")
        name, count = models[model]
        cameras[key] = (name, width, height, file.take(f"{count}d"))
    file.end()
    return cameras


def _images_bin(path: Path) -> list[Image]:
    file, images = _Bytes(path), []
    for _ in range(file.take("Q")[0]):
        _, *values, camera = file.take("I7dI")
        name = file.text()
        file.skip(24 * file.take("Q")[0])
        try:
            images.append((name, camera, w2c_matrix(*values)))
        except ValueError as fault:
            raise SemnerfError(f"{path}: image {name[:80]}: {fault}, expected length 1") from None
    file.end()
    return images


def _points(model: Path) -> Float[np.ndarray, "points 3"]:
    """The points of a model; none where it has no file of them."""
    points = []
    if (model / "points3D.bin").is_file():
        file = _Bytes(model / "points3D.bin")
        for _ in range(file.take("Q")[0]):
            points.append(file.take("Q3d3Bd")[1:4])
            file.skip(8 * file.take("Q")[0])
        file.end()
    elif (model / "points3D.txt").is_file():
        for line in read_text(model / "points3D.txt").splitlines():
            if line.strip() and not line.startswith("#"):
                try:
                    points.append(tuple(map(decimal, line.split()[1:4])))
                except ValueError:
                    raise SemnerfError(f"{model / 'points3D.txt'}: line '{line[:40]}', expected id, x, y, z") from None
    positions = np.array([point for point in points if len(point) == 3], dtype=np.float64).reshape(-1, 3)
    return positions[np.isfinite(positions).all(1)]


def _cameras_txt(path: Path) -> dict[int, Camera]:
    cameras = {}
    for line in read_text(path).splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        try:
            key, name, width, height, *values = line.split()
            cameras[integer(key)] = (name, integer(width), integer(height), tuple(map(decimal, values)))
        except ValueError:
            raise SemnerfError(f"{path}: line '{line[:40]}', expected id, model, width, height, parameters") from None
        if name not in MODELS or len(values) != MODELS[name][1]:
            raise SemnerfError(f"{path}: camera model {name} of {len(values)} parameters, expected a COLMAP model")
    return cameras


def _images_txt(path: Path) -> list[Image]:
    lines = [line for line in read_text(path).splitlines() if not line.startswith("#")]
    while lines and not lines[-1].strip():
        lines.pop()
    images = []
    for line in lines[::2]:
        try:
            _, *values, camera, name = line.split(None, 9)
            images.append((name.strip(), integer(camera), w2c_matrix(*map(decimal, values))))
        except (ValueError, TypeError) as fault:
            raise SemnerfError(
                f"{path}: line '{line[:40]}' ({fault}), expected id, quaternion, translation, camera, name"
            ) from None
    return images
