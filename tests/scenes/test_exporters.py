"""exporters: what they write, the importers read back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tiny import make_tiny_scene

from semnerf_lib.errors import SemnerfError
from semnerf_lib.scenes.exporters import EXPORTERS
from semnerf_lib.scenes.importers.formats import import_scene

LAYOUTS = {"nerfstudio": ("nerfstudio", "L"), "COLMAP": ("colmap", "I;16"), "CVAT": ("CVAT", "RGB")}


def named(scene):
    """The name of each pixel's class."""
    return np.array([*scene.class_names, *["void"] * (256 - scene.n_classes)])[scene.labels]


@pytest.mark.parametrize("name", EXPORTERS)
@pytest.mark.parametrize("with_rgb", [True, False])
def test_what_is_written_reads_back(tmp_path, name, with_rgb):
    scene = make_tiny_scene()
    scene = scene if with_rgb else replace(scene, rgb=None)
    EXPORTERS[name](scene, tmp_path / "own")
    back = import_scene(tmp_path / "own")
    assert np.array_equal(named(back), named(scene))
    assert np.abs(back.c2w - scene.c2w).max() < 1e-6
    camera, own = vars(back.intrinsics), vars(scene.intrinsics)
    assert camera == pytest.approx(own, abs=1e-9)
    assert (back.coding.layout, back.coding.mode) == LAYOUTS[name]
    assert np.array_equal(back.rgb, scene.rgb) if with_rgb else back.rgb is None


@pytest.mark.parametrize("name", EXPORTERS)
def test_nothing_is_overwritten(tmp_path, name):
    (tmp_path / "there").mkdir()
    with pytest.raises(SemnerfError, match="there: exists, expected the name of a new folder"):
        EXPORTERS[name](make_tiny_scene(), tmp_path / "there")
    (tmp_path / "file").write_text("")
    with pytest.raises(SemnerfError, match="expected the name of a new folder"):
        EXPORTERS[name](make_tiny_scene(), tmp_path / "file" / "new")
