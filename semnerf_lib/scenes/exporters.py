"""A scene as folders of other formats have it: what `importers` read back. Each writer makes a new folder.

Classes get the ids 1, 2, ... (in colour images their colours), void is 0 or black.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
from jaxtyping import Float
from PIL import Image
from scipy.spatial.transform import Rotation

from semnerf_lib.errors import SemnerfError
from semnerf_lib.palette import colourise, palette
from semnerf_lib.scene import VOID, Scene


def write_nerfstudio(scene: Scene, folder: Path) -> None:
    """nerfstudio: `transforms.json`, `images/`, and 8-bit ids in `semantics/`. OpenGL axes, pixel centres at + 1/2.

    Raises:
        SemnerfError: the folder exists, or cannot be written.
    """
    camera, turned = scene.intrinsics, scene.c2w @ np.diag([1.0, -1.0, -1.0, 1.0])
    frames = [
        {
            "file_path": f"images/{_file(i)}",
            "semantic_path": f"semantics/{_file(i)}",
            "transform_matrix": pose.tolist(),
        }
        for i, pose in enumerate(turned)
    ]
    size = {"w": camera.width, "h": camera.height, "fl_x": camera.fx, "fl_y": camera.fy}
    content = size | {"cx": camera.cx + 0.5, "cy": camera.cy + 0.5, "frames": frames}
    texts = {"transforms.json": json.dumps(content, indent=1), "classes.txt": _classes(scene)}
    _write(folder, scene, "semantics", _ids(scene), texts)


def write_colmap(scene: Scene, folder: Path) -> None:
    """COLMAP: a text model in `sparse/0/`, `images/`, and 16-bit ids in `masks/`. World to camera, OpenCV axes.

    Raises:
        SemnerfError: the folder exists, or cannot be written.
    """
    camera = scene.intrinsics
    values = (camera.fx, camera.fy, camera.cx + 0.5, camera.cy + 0.5)
    lines = []
    for i, w2c in enumerate(np.linalg.inv(scene.c2w)):
        x, y, z, w = Rotation.from_matrix(w2c[:3, :3]).as_quat()
        lines.append(f"{i + 1} {_numbers(np.array([w, x, y, z, *w2c[:3, 3]]))} 1 {_file(i)}\n\n")
    texts = {
        "sparse/0/cameras.txt": f"1 PINHOLE {camera.width} {camera.height} {_numbers(np.array(values))}\n",
        "sparse/0/images.txt": "".join(lines),
        "sparse/0/points3D.txt": "",
        "classes.txt": _classes(scene),
    }
    _write(folder, scene, "masks", _ids(scene).astype(np.uint16), texts)


def write_cvat(scene: Scene, folder: Path) -> None:
    """Masks as CVAT writes them: colours in `SegmentationClass/`, `labelmap.txt`; and `traj.txt`, `intrinsics.json`.

    Camera to world, OpenCV axes, integer pixel centres. CVAT itself knows no poses.

    Raises:
        SemnerfError: the folder exists, or cannot be written.
    """
    names = zip(scene.class_names, palette(scene.n_classes).tolist(), strict=True)
    named = "".join(f"{name}:{r},{g},{b}::\n" for name, (r, g, b) in names)
    texts = {
        "labelmap.txt": f"# label:color_rgb:parts:actions\nbackground:0,0,0::\n{named}",
        "traj.txt": "".join(f"{_numbers(pose.ravel())}\n" for pose in scene.c2w),
        "intrinsics.json": json.dumps(asdict(scene.intrinsics), indent=1),
    }
    _write(folder, scene, "SegmentationClass", np.stack([colourise(one) for one in scene.labels]), texts)


EXPORTERS = {"nerfstudio": write_nerfstudio, "COLMAP": write_colmap, "CVAT": write_cvat}
"""The writers by what people call their format."""


def _file(i: int) -> str:
    return f"frame_{i:05}.png"


def _numbers(values: Float[np.ndarray, "n"]) -> str:
    """With all their digits, so that they read back as they were."""
    return " ".join(repr(float(value)) for value in values)


def _ids(scene: Scene) -> np.ndarray:
    return np.where(scene.labels == VOID, 0, scene.labels + 1).astype(np.uint8)


def _classes(scene: Scene) -> str:
    return "".join(f"{i} {name}\n" for i, name in enumerate(scene.class_names, start=1))


def _write(folder: Path, scene: Scene, kind: str, labels: np.ndarray, texts: Mapping[str, str]) -> None:
    images = {kind: labels} | ({} if scene.rgb is None else {"images": scene.rgb})
    try:
        folder.mkdir(parents=True)
        for name, stack in images.items():
            (folder / name).mkdir()
            for i, image in enumerate(stack):
                Image.fromarray(image).save(folder / name / _file(i))
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as fault:
        reason = "exists" if isinstance(fault, FileExistsError) else fault.strerror or fault
        raise SemnerfError(f"{folder}: {reason}, expected the name of a new folder that can be written") from None
