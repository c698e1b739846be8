"""Folders of other formats with a value that a careful reader refuses, or reads otherwise than it stands."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from PIL import Image
from scenes.test_importers import FORMATS, IDS, N, codes

from semnerf_lib.errors import SemnerfError
from semnerf_lib.scenes.importers.core import ImportOptions
from semnerf_lib.scenes.importers.formats import import_scene
from semnerf_lib.scenes.importers.pictures import read_ids
from semnerf_lib.scenes.replica import load_replica, save_replica

COLOURS = ((0, 0, 0), (9, 8, 7), (250, 1, 2))
"""Of `FORMATS["CVAT"]`: background, bed, wall."""


def edit(file: str, change: Callable) -> Callable[[Path], None]:
    """Changes the JSON value in a file."""

    def do(folder: Path) -> None:
        given = json.loads((folder / file).read_text())
        change(given)
        (folder / file).write_text(json.dumps(given))

    return do


def put(file: str, old: str | bytes, new: str | bytes) -> Callable[[Path], None]:
    """Replaces the first occurrence of some text in a file."""

    def do(folder: Path) -> None:
        data = (folder / file).read_bytes()
        before, after = (x if isinstance(x, bytes) else x.encode() for x in (old, new))
        assert before in data
        (folder / file).write_bytes(data.replace(before, after, 1))

    return do


def frame(**values) -> Callable[[Path], None]:
    return edit("transforms.json", lambda given: given["frames"][1].update(values))


def camera(**values) -> Callable[[Path], None]:
    return edit("transforms.json", lambda given: given.update(values))


def model(*values) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        (folder / "sparse/0/cameras.bin").write_bytes(struct.pack("<QIiQQ4d", 1, 1, 1, 8, 6, *values))

    return do


def rotation(*values) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        file = folder / "sparse/0/images.bin"
        data = file.read_bytes()
        file.write_bytes(data[:12] + struct.pack("<4d", *values) + data[44:])

    return do


def tail(cut: int, more: bytes = b"") -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        file = folder / "sparse/0/images.bin"
        file.write_bytes(file.read_bytes()[: -cut or None] + more)

    return do


def as_tiff(less: int) -> Callable[[Path], None]:
    """Labels as images of 32 bits, `less` below what they are."""

    def do(folder: Path) -> None:
        for file in list((folder / "semantics").iterdir()):
            Image.fromarray(np.asarray(Image.open(file)).astype(np.int32) - less).save(file.with_suffix(".tif"))
            file.unlink()

    return do


REFUSED = {
    "a fisheye without coefficients": ("nerfstudio", camera(camera_model="OPENCV_FISHEYE"), "camera_model OPENCV_FISH"),
    "a coefficient that is text": ("nerfstudio", camera(k1="0.1"), "k1 0.1"),
    "a matrix of text": ("nerfstudio", frame(transform_matrix=[["1"] * 4] * 4), "frames.1. has no pose .'1' is no num"),
    "a matrix of null": ("nerfstudio", frame(transform_matrix=[[None] * 4] * 4), "'None' is no number"),
    "a label path that is a number": ("nerfstudio", frame(semantic_path=5), "semantic_path is 5, expected text"),
    "an image twice": ("nerfstudio", frame(file_path="images/f_2.png"), "again, expected each image once"),
    "an id of two names": ("nerfstudio", put("classes.txt", "300 wall", "7 wall"), "7 is 'bed' and 'wall'"),
    "ids below 0": ("nerfstudio", as_tiff(5), "id -5, expected 0 to 65535"),
    "ids of 17 bits": ("nerfstudio", as_tiff(-70000), "id 70300, expected 0 to 65535"),
    "a number beyond any float": ("ScanNet", put("pose/1.txt", "e-01", "e400"), "pose/1.txt: .*beyond any float"),
    "an id in other digits": ("ScanNet", put("scannetv2-labels.combined.tsv", "300", "\u0663"), "whole numbers"),
    "a focal length of 0": ("ScanNet", put("intrinsic/intrinsic_color.txt", "4.0", "0.0"), "color.txt: .* fx = 0.0"),
    "a colour beyond 255": ("CVAT", put("labelmap.txt", "250", "300"), "line 4 is 'wall:300,1,2::'"),
    "a colour in other digits": ("CVAT", put("labelmap.txt", "9,8", "\u0669,8"), "line 3"),
    "a colour of two names": ("CVAT", put("labelmap.txt", "250,1,2", "9,8,7"), "is 'bed' and 'wall'"),
    "a model with more behind": ("colmap", tail(0, b"1234"), "4 bytes too many"),
    "a model cut in its points": ("colmap", tail(5), "ends early"),
    "a rotation of length 0": ("colmap", rotation(0, 0, 0, 0), "IMG_0.jpg: a quaternion of length 0"),
    "a rotation of length 3": ("colmap", rotation(3, 0, 0, 0), "IMG_0.jpg: a quaternion of length 3"),
    "a rotation beyond any square": ("colmap", rotation(1e300, 0, 0, 0), "IMG_0.jpg: a quaternion of length 1e.300"),
    "a field without end": ("ScanNet", put("scannetv2-labels.combined.tsv", "300", "3" * 200_000), "whole numbers"),
    "a camera that is none": ("colmap", model(float("nan"), 4, 4, 3), "sparse/0: .* fx = nan"),
    "a width in other digits": ("colmap text", put("sparse/0/cameras.txt", "8", "\u0668"), "cameras.txt: line"),
    "a name that is null": ("BlenderProc", put("cameras.json", '"bed"', "null"), "a name that is no text"),
    "a camera of text": ("BlenderProc", put("cameras.json", "4.0", '"4.0"'), "'4.0' is no number"),
    "an image without a name": ("sitcoms3D", put("cameras.json", '"1.jpg"', "null"), "frames.1. has image_name None"),
    "a skew": ("ScanNet", put("intrinsic/intrinsic_color.txt", "+00 0.0", "+00 2.0"), "color.txt: K is"),
    "a key twice": ("BlenderProc", put("cameras.json", '"K":', '"names": {}, "K":'), "'names' is there twice"),
    "a rotation that is true": ("BOP", put("scene_camera.json", "4.0", "true"), "frame 0: 'True' is no number"),
}


@pytest.mark.parametrize("layout, damage, words", REFUSED.values(), ids=REFUSED.keys())
def test_refused_in_one_line(tmp_path, layout, damage, words):
    FORMATS[layout](tmp_path)
    damage(tmp_path)
    with pytest.raises(SemnerfError, match=words) as caught:
        import_scene(tmp_path)
    assert "\n" not in str(caught.value)


def palette_images(folder: Path, orders: list[list[int]]) -> None:
    """CVAT's masks as palette images; frame i has colour k at index orders[i][k]."""
    for i, order in enumerate(orders):
        image = Image.fromarray(np.array(order, dtype=np.uint8)[codes(i)], "P")
        image.putpalette([value for index in range(3) for value in COLOURS[order.index(index)]])
        image.save(folder / f"SegmentationClass/f_{i}.png")


@pytest.mark.parametrize(
    ("orders", "mode", "ids"),
    [
        ([[0, 1, 2]] * N, "P", (1, 2)),
        ([[0, 1, 2], [2, 0, 1]] * (N // 2), "RGB", (0x090807, 0xFA0102)),
    ],
    ids=["one palette", "an editor numbered them anew"],
)
def test_names_of_colours_name_palettes(tmp_path, orders, mode, ids):
    FORMATS["CVAT"](tmp_path)
    sound = import_scene(tmp_path)
    palette_images(tmp_path, orders)
    scene = import_scene(tmp_path)
    assert scene.class_names == ("bed", "wall") and (scene.coding.mode, scene.coding.ids) == (mode, ids)
    np.testing.assert_array_equal(scene.labels, sound.labels)


def test_the_colour_of_boundaries_is_void(tmp_path):
    FORMATS["CVAT"](tmp_path)
    file = tmp_path / "SegmentationClass/f_0.png"
    image = np.array(Image.open(file))
    image[2] = 224, 224, 192
    Image.fromarray(image).save(file)
    assert import_scene(tmp_path).class_names == ("bed", "wall")


def test_grey_ids_saved_as_colours(tmp_path):
    FORMATS["nerfstudio"](tmp_path)
    (tmp_path / "classes.txt").write_text("7 bed\n44 wall\n")
    for i in range(N):
        ids = np.array([255, 7, 44], dtype=np.uint8)[codes(i)]
        Image.fromarray(np.stack([ids] * 3, axis=-1)).save(tmp_path / f"semantics/f_{i}.png")
    scene = import_scene(tmp_path)
    assert scene.class_names == ("bed", "wall") and scene.coding.ids == (0x070707, 0x2C2C2C)
    with pytest.raises(SemnerfError, match=r"only class 0 \('wall'\) occurs"):
        import_scene(tmp_path, ImportOptions(ignore=(7,)))


def test_an_index_beyond_its_palette_is_refused(tmp_path):
    image = Image.fromarray(np.array([[0, 200]], dtype=np.uint8), "P")
    image.putpalette(list(range(256)) * 3)
    image.save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    at = data.index(b"PLTE")
    chunk = b"PLTE" + data[at + 4 : at + 10]
    head, rest = data[: at - 4], data[at + 4 + 768 + 4 :]
    (tmp_path / "a.png").write_bytes(head + struct.pack(">I", 6) + chunk + struct.pack(">I", crc32(chunk)) + rest)
    with pytest.raises(SemnerfError, match="index 200, expected one of the 2 of its palette"):
        read_ids(tmp_path / "a.png")


def test_ids_of_8_bits_among_16(tmp_path):
    FORMATS["nerfstudio"](tmp_path)
    sound = import_scene(tmp_path)
    file = tmp_path / "semantics/f_0.png"
    ids = np.asarray(Image.open(file)).copy()
    ids[ids == 300] = 0
    Image.fromarray(ids.astype(np.uint8)).save(file)
    scene = import_scene(tmp_path)
    assert scene.coding.mode == "I;16" and scene.class_names == sound.class_names
    np.testing.assert_array_equal(scene.labels[1:], sound.labels[1:])


def test_an_id_of_minus_1_is_void(tmp_path):
    FORMATS["nerfstudio"](tmp_path)
    sound = import_scene(tmp_path)
    for i in range(N):
        (tmp_path / f"semantics/f_{i}.png").unlink()
        ids = np.where(codes(i) == 0, -1, IDS[codes(i)]).astype(np.int32)
        Image.fromarray(ids).save(tmp_path / f"semantics/f_{i}.tif")
    np.testing.assert_array_equal(import_scene(tmp_path).labels, sound.labels)


CODINGS = {
    "a text for a list of lines": lambda given: given.update(assumed="7"),
    "a line of two": lambda given: given.update(assumed=["a\nb"]),
    "an escape": lambda given: given.update(layout="a\x1b[2J"),
    "a direction that is text": lambda given: given.update(inverted="no"),
    "a unit beyond measure": lambda given: given.update(unit=1e300),
    "a void id beyond 16 bits": lambda given: given.update(void=70000),
    "an id of two classes": lambda given: given.update(ids=[7, 7]),
    "a palette of 16 bits": lambda given: given.update(palette=[[1, 2, 3]]),
}


@pytest.mark.parametrize("change", CODINGS.values(), ids=CODINGS.keys())
def test_a_coding_that_cannot_be_is_refused(tmp_path, change):
    (tmp_path / "scan").mkdir()
    FORMATS["ScanNet"](tmp_path / "scan")
    save_replica(import_scene(tmp_path / "scan"), tmp_path / "own")
    edit("own/coding.json", change)(tmp_path)
    with pytest.raises(SemnerfError, match="coding.json: "):
        load_replica(tmp_path / "own")
