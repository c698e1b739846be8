"""Import, train, relabel, import again: the same coding, sizes and names, for each layout that people have."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scenes.test_import_doors import palette_images
from scenes.test_importers import FORMATS, N

from semnerf_lib.cli import main
from semnerf_lib.scenes.loading import load_scene


def voc(folder: Path) -> None:
    """VOC's masks: palette images, with the names of their colours in `labelmap.txt`."""
    FORMATS["CVAT"](folder)
    palette_images(folder, [[0, 1, 2]] * N)


def colours(image: Image.Image) -> list[int]:
    """The first three of a palette; an image of another mode has none."""
    return (image.getpalette() or [])[:9]


LAYOUTS = {name: FORMATS[name] for name in ("nerfstudio", "colmap", "ScanNet", "CVAT")} | {"VOC": voc}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_labels_come_back_in_their_coding(tmp_path, layout):
    source, own, clean = tmp_path / "source", tmp_path / "own", tmp_path / "clean"
    source.mkdir()
    LAYOUTS[layout](source)
    run = ["--scene", str(own), "--scale", "smoke", "--out", str(tmp_path / "results")]
    run += ["--set", "iterations=150", "n_rays=128"]
    assert main.main(["scene", "import", str(source), str(own), "--unit", "m"]) == 0
    assert main.main(["train", *run]) == 0
    assert main.main(["relabel", *run, "--to", str(clean), "--void", "keep"]) == 0
    given = load_scene(own)
    for frame in given.coding.frames:
        with Image.open(source / frame.file) as before, Image.open(clean / frame.file) as after:
            assert (after.mode, after.size, colours(after)) == (before.mode, before.size, colours(before))
    shutil.copytree(clean, source, dirs_exist_ok=True)
    assert main.main(["scene", "import", str(source), str(tmp_path / "again"), "--unit", "m"]) == 0
    again = load_scene(tmp_path / "again")
    assert replace(again.coding, assumed=()) == replace(given.coding, assumed=())
    assert again.class_names == given.class_names and again.intrinsics == given.intrinsics
    np.testing.assert_array_equal(again.c2w, given.c2w)
