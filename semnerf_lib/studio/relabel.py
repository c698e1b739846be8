"""Label images from a trained run, at any pose, in the coding and size of the scene's own labels."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image

from semnerf_lib.cameras import Intrinsics, pose_fault
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import View
from semnerf_lib.machine.files import folder_aside
from semnerf_lib.machine.progress import progress
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.coding import Coding, coding_of, encoded

CERTAINTY, CHANGES = "certainty", "changes.csv"
"""Where the certainty images and the table of changes lie in the folder that is written."""
Render = Callable[[Float[np.ndarray, "4 4"], Intrinsics], View]
"""render(c2w, camera): a view of a trained model."""


def as_seen_by(
    labels: UInt8[np.ndarray, "h w"], camera: Intrinsics, own: Intrinsics
) -> UInt8[np.ndarray, "height width"]:
    """A label image of `camera` as `own`, a camera at the same pose, sees it: nearest pixel, VOID beyond the image."""
    u = np.floor((np.arange(own.width) - own.cx) / own.fx * camera.fx + camera.cx + 0.5).astype(int)
    v = np.floor((np.arange(own.height) - own.cy) / own.fy * camera.fy + camera.cy + 0.5).astype(int)
    seen = labels[np.clip(v, 0, camera.height - 1)][:, np.clip(u, 0, camera.width - 1)]
    seen[(v < 0) | (v >= camera.height)] = VOID
    seen[:, (u < 0) | (u >= camera.width)] = VOID
    return seen


@dataclass(frozen=True)
class Changes:
    """What relabelling changed, in pixels.

    Attributes:
        class_names: C names.
        pixels: (C + 1, C + 1): pixels of the row's class before and of the column's after; the last is void.
    """

    class_names: tuple[str, ...]
    pixels: Int[np.ndarray, "classes classes"]

    def rows(self) -> list[dict[str, object]]:
        """A row for each class and void: pixels before and after, and which class most changed ones got and had."""
        names, moved = [*self.class_names, "void"], self.pixels * (1 - np.eye(len(self.pixels), dtype=np.int64))

        def most(counts):
            k = int(counts.argmax())
            return f"{names[k]} ({counts[k]})" if counts[k] else ""

        return [
            {
                "class": name,
                "pixels before": int(self.pixels[k].sum()),
                "pixels after": int(self.pixels[:, k].sum()),
                "left it": int(moved[k].sum()),
                "mostly to": most(moved[k]),
                "joined it": int(moved[:, k].sum()),
                "mostly from": most(moved[:, k]),
            }
            for k, name in enumerate(names)
        ]

    def summary(self) -> str:
        """How many pixels changed, and what became of void ones."""
        total, same = max(1, int(self.pixels.sum())), int(np.trace(self.pixels))
        filled, kept = int(self.pixels[-1, :-1].sum()), int(self.pixels[-1, -1])
        return f"{1 - same / total:.2%} of the pixels changed; void pixels: {filled} filled, {kept} kept"


def check_folder(folder: Path) -> None:
    """Raises SemnerfError unless `folder` is new or empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SemnerfError(f"{folder}: exists, expected the name of a new or empty folder: nothing is overwritten")


def relabel(render: Render, scene: Scene, ids: Sequence[int], folder: Path, keep_void: bool = False) -> Changes:
    """Renders frames of a scene and writes them as label images, under their names in the source.

        FOLDER/<file of the source>.png            class ids in the source's coding and size (see `encoded`)
        FOLDER/certainty/<file of the source>.png  16 bit: the winning class's probability times 65535
        FOLDER/changes.csv                         `Changes.rows`

    Args:
        render: of the trained model.
        scene: its present labels, in the size in which changes are counted.
        ids: its frames.
        folder: new or empty; written aside and renamed.
        keep_void: leave pixels void that are void in `scene`; else they get a class too.

    Raises:
        SemnerfError: something is in the folder already, it cannot be written, a frame that the scene does not have,
            a file of the coding that would lie outside the folder, or a coding that cannot hold its ids.
    """
    coding, n = coding_of(scene), scene.n_classes
    counts = np.zeros((n + 1, n + 1), dtype=np.int64)
    check_frames(ids, scene)

    def views():
        for i in ids:
            own = coding.frames[i].camera
            before = as_seen_by(scene.labels[i], scene.intrinsics, own)
            view = render(scene.c2w[i], own)
            after = np.where((before == VOID) & keep_void, np.uint8(VOID), view.labels)
            classes = np.stack([np.where(image == VOID, n, image).astype(np.intp) for image in (before, after)])
            counts[:] += np.bincount((classes[0] * (n + 1) + classes[1]).ravel(), minlength=(n + 1) ** 2).reshape(
                n + 1, -1
            )
            yield coding.frames[i].file, after, view.probability

    changes = Changes(scene.class_names, counts)
    write_folder(views, coding, folder, len(ids), changes)
    return changes


def relabel_poses(render: Render, scene: Scene, c2w: Float[np.ndarray, "poses 4 4"], folder: Path) -> None:
    """Renders the labels of any poses as `relabel` does: `pose_<i>.png` and `certainty/pose_<i>.png`.

    Args:
        c2w: poses as the source has them: in its axes, direction and unit; the camera is the one of its first frame.

    Raises:
        SemnerfError: a pose that is no rigid motion; see `relabel`.
    """
    coding = coding_of(scene)
    for i, pose in enumerate(c2w):
        if fault := pose_fault(pose):
            raise SemnerfError(f"pose {i}: {fault}, expected a rigid motion")

    def views():
        for i, pose in enumerate(c2w):
            view = render(coding.pose(pose), coding.frames[0].camera)
            yield f"pose_{i}.png", view.labels, view.probability

    write_folder(views, coding, folder, len(c2w), None)


def check_frames(ids: Sequence[int], scene: Scene) -> None:
    """Raises SemnerfError for a frame that the scene does not have."""
    for i in ids:
        if not 0 <= i < scene.n_frames:
            raise SemnerfError(f"frame {i}, expected 0 ... {scene.n_frames - 1} of scene {scene.name}")


def write_folder(views: Callable, coding: Coding, folder: Path, n_views: int, changes: Changes | None) -> None:
    """Writes what `views()` yields, (file, labels, probability) each, and then the changes; aside, then renamed."""
    check_folder(folder)
    with folder_aside(folder) as aside:
        for file, labels, probability in progress(views(), "relabelling", n_views):
            name = PurePosixPath(file.replace("\\", "/"))
            if not name.parts or name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
                raise SemnerfError(f"coding: file {file!r}, expected a path below the source's folder")
            certainty = Image.fromarray((probability * 65535).round().astype(np.uint16))
            for path, image in (
                (aside / name.with_suffix(".png"), encoded(labels, coding)),
                (aside / CERTAINTY / name.with_suffix(".png"), certainty),
            ):
                path.parent.mkdir(parents=True, exist_ok=True)
                image.save(path)
        if changes is not None:
            (aside / CHANGES).write_text(_csv(changes.rows()), encoding="utf-8")


def _csv(rows: list[dict[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
