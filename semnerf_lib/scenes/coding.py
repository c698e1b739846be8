"""How the label images of a scene were coded where it came from, and labels and depth as images of that coding."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from semnerf_lib.cameras import Intrinsics
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import write_json
from semnerf_lib.machine.jsons import is_number, read_json
from semnerf_lib.scene import VOID, Scene

FILE_NAME = "coding.json"
CAMERA = ("width", "height", "fx", "fy", "cx", "cy")
MODES = {"1": 1, "L": 255, "P": 255, "I;16": 65535, "RGB": 256**3 - 1}
"""Pillow's names of the images and the largest id of each: 1 bit, 8 bit, 8 bit with a palette, 16 bit, colours."""


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
    if given.get("mode") not in list(MODES) or given.get("axes") not in ("opencv", "opengl"):
        raise SemnerfError(f"{path}: damaged, expected a mode of {', '.join(MODES)} and axes opencv or opengl")
    if not is_number(given.get("unit")) or not 1e-9 < given["unit"] < 1e9:
        raise SemnerfError(f"{path}: unit is {str(given.get('unit'))[:40]!r}, expected a number above 0")
    try:
        frames = tuple(CodedFrame(_text(f["file"]), _camera(f["camera"])) for f in given["frames"])
        coding = Coding(
            layout=_line(given["layout"]),
            folder=_text(given["folder"]),
            mode=given["mode"],
            ids=tuple(_id(i, MODES[given["mode"]]) for i in given["ids"]),
            void=_id(given["void"], MODES[given["mode"]]),
            frames=frames,
            palette=tuple((_id(r, 255), _id(g, 255), _id(b, 255)) for r, g, b in given["palette"]),
            unit=float(given["unit"]),
            axes=given["axes"],
            inverted=given["inverted"],
            assumed=tuple(map(_line, given["assumed"])),
        )
        if not isinstance(given["assumed"], list):
            raise ValueError("assumed is no list of lines")
        if type(coding.inverted) is not bool or len(set(coding.ids)) < len(coding.ids):
            raise ValueError("inverted is not true or false, or an id of two classes")
        if len(coding.palette) != (256 if coding.mode == "P" else 0):
            raise ValueError(f"a palette of {len(coding.palette)} colours in images of mode {coding.mode}")
    except (KeyError, TypeError, ValueError, AttributeError, SemnerfError) as fault:
        raise SemnerfError(
            f"{path}: damaged ({fault}), expected the coding that `semnerf scene import` wrote"
        ) from None
    return coding


def _camera(value: dict[str, Any]) -> Intrinsics:
    return Intrinsics.from_numbers([value[key] for key in CAMERA])


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def _line(value: object) -> str:
    if not (text := _text(value)).isprintable():
        raise ValueError(f"{text[:40]!a} is no line of text")
    return text


def _id(value: object, largest: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= largest:
        raise ValueError(f"{str(value)[:20]!a} is no id from 0 to {largest}")
    return value


def coding_of(scene: Scene) -> Coding:
    """The coding in which the scene's labels came; of a made scene Semantic-NeRF's: 8 bit, class k is k + 1, void 0."""
    if scene.coding is not None:
        return scene.coding
    frames = (CodedFrame(f"semantic_class/semantic_class_{i}.png", scene.intrinsics) for i in range(scene.n_frames))
    ids = tuple(range(1, scene.n_classes + 1))
    return Coding("Semantic-NeRF's layout", "", "L", ids, 0, tuple(frames))


def encoded(labels: UInt8[np.ndarray, "height width"], coding: Coding) -> Image.Image:
    """A label image in a coding: class k becomes `coding.ids[k]`, VOID becomes `coding.void`.

    Raises:
        SemnerfError: an id that the mode cannot hold, or a class without an id.
    """
    ids = np.full(256, coding.void, dtype=np.uint32)
    ids[: len(coding.ids)] = coding.ids
    if (labels[labels != VOID] >= len(coding.ids)).any():
        raise SemnerfError(f"coding: {len(coding.ids)} ids, expected one for each class up to {labels.max()}")
    if ids.max() > MODES[coding.mode]:
        raise SemnerfError(
            f"coding: id {ids.max()} in images of mode {coding.mode}, expected at most {MODES[coding.mode]}"
        )
    image = ids[labels]
    match coding.mode:
        case "1":
            return Image.fromarray(image.astype(bool))
        case "RGB":
            return Image.fromarray(np.stack([image >> 16, image >> 8 & 255, image & 255], axis=-1).astype(np.uint8))
        case "I;16":
            return Image.fromarray(image.astype(np.uint16))
    picture = Image.fromarray(image.astype(np.uint8))
    if coding.mode == "P":
        picture.putpalette([value for colour in coding.palette for value in colour])
    return picture


def depth_units(scene: Scene) -> int:
    """Numbers a unit of the source in 16-bit depth images: the largest of 1000, 100, 10, 1 at which `far` fits.

    A source in metres gets millimetres, one in millimetres too.
    """
    farthest = scene.far * coding_of(scene).unit
    return next((n for n in (1000, 100, 10) if n * farthest <= 65535), 1)


def encoded_depth(depth: Float[np.ndarray, "height width"], scene: Scene) -> Image.Image:
    """A depth map of the scene (metres) as a 16-bit image in the source's unit times `depth_units`."""
    numbers = depth * coding_of(scene).unit * depth_units(scene)
    return Image.fromarray(np.clip(numbers.round(), 0, 65535).astype(np.uint16))
