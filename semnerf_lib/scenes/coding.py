"""How the label images of a scene were coded where it came from, so that labels can be written back that way."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from semnerf_lib.cameras import Intrinsics
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import write_json
from semnerf_lib.machine.jsons import is_number, read_json

FILE_NAME = "coding.json"
MODES = ("1", "L", "P", "I;16", "RGB")
"""Pillow's names of the images: 1 bit, 8-bit ids, 8-bit ids with a palette, 16-bit ids, colours."""


@dataclass(frozen=True)
class CodedFrame:
    """One frame of the source.

    Attributes:
        file: its label image, relative to the source's folder.
        camera: size of the label image in pixels, and the source's own camera at that size (integer pixel
            coordinates). A scene has one camera; the source may have one a frame.
    """

    file: str
    camera: Intrinsics


@dataclass(frozen=True)
class Coding:
    """The coding of a source. Class k of the scene is `ids[k]` there.

    Attributes:
        layout: the format's name, as in "nerfstudio".
        folder: where the source was read from, absolute.
        mode: of the label images (see `MODES`).
        ids: source id of each class of the scene, in the order of its classes.
        void: source id of pixels without a class. In RGB images ids and void are 256^2 r + 256 g + b.
        palette: 256 colours r, g, b of mode P; empty in other modes.
        frames: one for each frame of the scene, in its order.
        unit: length of one scene unit in units of the source: source position = unit * scene position. A scene that
            is in metres has the source's units per metre here.
        axes: "opencv" or "opengl": of the source's cameras; those of the scene are OpenCV's.
        inverted: whether the source's poses are world-to-camera.
        assumed: what was assumed when it was read, a line each.
    """

    layout: str
    folder: str
    mode: str
    ids: tuple[int, ...]
    void: int
    frames: tuple[CodedFrame, ...]
    palette: tuple[tuple[int, int, int], ...] = ()
    unit: float = 1.0
    axes: str = "opencv"
    inverted: bool = False
    assumed: tuple[str, ...] = ()

    def pose(self, given: Float[np.ndarray, "4 4"]) -> Float[np.ndarray, "4 4"]:
        """A rigid motion as the source has it as a pose of the scene: camera-to-world, OpenCV axes, scene units."""
        c2w = np.linalg.inv(given) if self.inverted else given.copy()
        if self.axes == "opengl":
            c2w[:, 1:3] *= -1
        c2w[:3, 3] /= self.unit
        return c2w

    def part(self, frames: list[int], classes: list[int] | None = None) -> Coding:
        """The coding of a scene with only these frames, and these classes (None: all)."""
        return replace(
            self,
            frames=tuple(self.frames[i] for i in frames),
            ids=self.ids if classes is None else tuple(self.ids[k] for k in classes),
        )


def write_coding(coding: Coding, folder: Path) -> None:
    """Writes `coding.json` into the folder of an imported scene.

    Raises:
        SemnerfError: it cannot be written.
    """
    write_json(folder / FILE_NAME, asdict(coding))


def read_coding(folder: Path) -> Coding | None:
    """The coding beside an imported scene; None if there is no `coding.json`.

    Raises:
        SemnerfError: the file is damaged.
    """
    path = folder / FILE_NAME
    if not path.exists() and not path.is_symlink():
        return None
    given = read_json(path)
    if given.get("mode") not in MODES or given.get("axes") not in ("opencv", "opengl"):
        raise SemnerfError(f"{path}: damaged, expected a mode of {', '.join(MODES)} and axes opencv or opengl")
    if not is_number(given.get("unit")) or given["unit"] <= 0:
        raise SemnerfError(f"{path}: unit is {given.get('unit')!r}, expected a number above 0")
    try:
        frames = tuple(CodedFrame(_text(f["file"]), Intrinsics(**f["camera"])) for f in given["frames"])
        coding = Coding(
            layout=_text(given["layout"]),
            folder=_text(given["folder"]),
            mode=given["mode"],
            ids=tuple(map(_id, given["ids"])),
            void=_id(given["void"]),
            frames=frames,
            palette=tuple((_id(r), _id(g), _id(b)) for r, g, b in given["palette"]),
            unit=float(given["unit"]),
            axes=given["axes"],
            inverted=bool(given["inverted"]),
            assumed=tuple(map(_text, given["assumed"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError, SemnerfError) as fault:
        raise SemnerfError(
            f"{path}: damaged ({fault}), expected the coding that `semnerf scene import` wrote"
        ) from None
    return coding


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def _id(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 24:
        raise ValueError(f"{value!r} is no id")
    return value
