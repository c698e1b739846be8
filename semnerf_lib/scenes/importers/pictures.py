"""Label images of any coding: what ids their pixels have."""

from __future__ import annotations

import os
import struct
import warnings
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import Int
from PIL import Image, UnidentifiedImageError

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import regular_size

MAX_PIXELS, MAX_TOTAL = 1 << 26, 1 << 29
"""Of one image, and of all label images of a folder."""
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)  # Pillow's limit is above MAX_PIXELS
Ids = tuple[Int[np.ndarray, "height width"], str, tuple[tuple[int, int, int], ...]]
"""Ids of a label image, Pillow's mode of it, and its palette."""
MAX_PICTURE = 1 << 28
"""Bytes of a file."""
SIXTEEN_BITS = ("I;16", "I;16B", "I")
LOSSLESS = ("PNG", "TIFF", "BMP", "DIB", "GIF", "PPM", "TGA")
LOSSY = ("jpeg", "tiff_jpeg", "webp")
"""Formats of label images, and what in a TIFF changes ids nevertheless."""
BOMBS = (Image.DecompressionBombWarning, Image.DecompressionBombError)
DAMAGE = (OSError, SyntaxError, ValueError, IndexError, struct.error)
"""What Pillow raises of images that are too large, and of damaged ones."""


def open_image(file: Path, raw: bytes | None = None) -> Image.Image:
    """An image whose checksums are right, not decoded yet.

    Args:
        raw: its bytes, where it stands in a file of another kind.

    Raises:
        SemnerfError: no regular file, no image, damaged, or more than `MAX_PIXELS` pixels.
    """
    try:
        if raw is None:
            regular_size(file, MAX_PICTURE)
        with Image.open(file if raw is None else BytesIO(raw)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise SemnerfError(f"{file}: {image.width}x{image.height} pixels, expected at most {MAX_PIXELS}")
            image.verify()
        return Image.open(file if raw is None else BytesIO(raw))
    except UnidentifiedImageError:
        raise SemnerfError(f"{file}: no image, expected an image") from None
    except BOMBS as fault:
        size = str(fault).partition(" exceeds")[0]
        raise SemnerfError(f"{file}: {size}, expected at most {MAX_PIXELS} pixels") from None
    except DAMAGE as fault:
        reason = getattr(fault, "strerror", None) or (str(fault) or type(fault).__name__).splitlines()[0]
        raise SemnerfError(f"{file}: damaged or missing ({reason}), expected an image") from None


def pixels(image: Image.Image, file: Path) -> np.ndarray:
    """The decoded image.

    Raises:
        SemnerfError: it is cut short or damaged.
    """
    try:
        return np.asarray(image)
    except DAMAGE as fault:
        reason = (str(fault) or type(fault).__name__).splitlines()[0]
        raise SemnerfError(f"{file}: damaged ({reason}), expected an image") from None


def check_total(files: Sequence[Path], folder: Path) -> None:
    """Raises SemnerfError where images have more than `MAX_TOTAL` pixels together; reads their headers alone."""
    total = 0
    for file in files:
        try:
            regular_size(file)
            with Image.open(file) as image:
                total += image.width * image.height
        except (*BOMBS, *DAMAGE):
            continue  # no image, or damaged: its own reader says so
        if total > MAX_TOTAL:
            raise SemnerfError(
                f"{folder}: {len(files)} label images of more than {MAX_TOTAL} pixels together, expected fewer or "
                "smaller ones"
            )


def read_ids(file: Path) -> Ids:
    """Ids (int32), Pillow's mode and the palette of a label image.

    1-bit, 8-bit, 16-bit and LA images hold ids. A palette image holds indices; where its palette is grey, its ids are
    the grey values, since image editors pack grey images so. In RGB(A) an id is 256^2 r + 256 g + b. In an image of
    32 bits -1 is void.

    Raises:
        SemnerfError: the image is lossy, damaged, or of another mode, or an id has more than 16 bits.
    """
    with open_image(file) as image:
        coded = image.info.get("compression") if image.format == "TIFF" else None
        if image.format not in LOSSLESS or coded in LOSSY:
            raise SemnerfError(f"{file}: {coded or image.format} changes ids, expected PNG as the segmenter wrote it")
        if image.mode not in SIXTEEN_BITS and "16B" in str(getattr(image, "tile", "")):
            raise SemnerfError(f"{file}: {image.mode} of 16 bits, expected ids of 8 bits, or grey ones of 16")
        mode, array = image.mode, pixels(image, file)
        given = image.getpalette() if mode == "P" else None
    if mode in ("1", "L"):
        return array.astype(np.int32), mode, ()
    if mode == "LA":
        return array[..., 0].astype(np.int32), "L", ()
    if mode in SIXTEEN_BITS:
        ids = array.astype(np.int64)
        ids[ids == -1] = 65535  # void, in images of 32 bits
        if not 0 <= ids.min() <= ids.max() <= 65535:
            raise SemnerfError(f"{file}: id {ids.min() if ids.min() < 0 else ids.max()}, expected 0 to 65535")
        return ids.astype(np.int32), "I;16", ()
    if mode in ("RGB", "RGBA"):
        return array[..., :3].astype(np.int32) @ np.array([65536, 256, 1], dtype=np.int32), "RGB", ()
    if mode == "P":
        palette = np.zeros((256, 3), dtype=np.int32)
        colours = np.array(given, dtype=np.int32).reshape(-1, 3)
        palette[: len(colours)] = colours
        used = np.unique(array)
        if used.max() >= len(colours):
            raise SemnerfError(f"{file}: index {used.max()}, expected one of the {len(colours)} of its palette")
        if (palette[used] == palette[used, :1]).all():
            return palette[array, 0], "L", ()
        return array.astype(np.int32), "P", tuple(map(tuple, palette.tolist()))
    raise SemnerfError(
        f"{file}: image of mode {mode}, expected ids of 1, 8 or 16 bits, a palette or RGB; "
        f"`magick {os.path.basename(file)} -depth 16 PNG48:new.png` converts"
    )


def same_palettes(images: Sequence[Ids]) -> bool:
    """Whether an index has one colour in all palette images that use it: image editors number colours anew."""
    colours: dict[int, tuple[int, int, int]] = {}
    return all(
        colours.setdefault(index, palette[index]) == palette[index]
        for ids, _, palette in images
        if palette
        for index in np.unique(ids).tolist()
    )


def in_colours(image: Ids) -> Ids:
    """A palette image as an image of colours."""
    ids, _, palette = image
    return (np.array(palette, dtype=np.int32) @ np.array([65536, 256, 1], dtype=np.int32))[ids], "RGB", ()


def of_one_mode(images: list[Ids], folder: Path) -> list[Ids]:
    """Label images of one folder, all of one mode.

    Palette images in which an index has several colours become images of colours. 8 bits among 16 are ids as well.

    Raises:
        SemnerfError: ids among colours, or indices among either.
    """
    modes = {mode for _, mode, _ in images}
    if modes <= {"P", "RGB"} and (len(modes) > 1 or not same_palettes(images)):
        return [in_colours(image) if image[2] else image for image in images]
    if modes <= {"1", "L", "I;16"}:
        widest = max(modes, key=("1", "L", "I;16").index)
        return [(ids, widest, ()) for ids, _, _ in images]
    if len(modes) > 1:
        raise SemnerfError(f"{folder}: label images of modes {', '.join(sorted(modes))}, expected one")
    return images
