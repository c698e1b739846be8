"""HM3D's semantic scans: objects by the colours that their texture is painted in."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from PIL import Image

from semnerf_lib.errors import SemnerfError
from semnerf_lib.scenes.hm3d import read_table
from semnerf_lib.scenes.mesh import load_mesh
from semnerf_lib.scenes.rooms.shapes import box

TABLE = 'HM3D Semantic Annotations\n1,C9C373,"door",0\n2,0A141E,"chair, old",0\n3,FF0000,"Unknown",1\n'


def scan(folder, table=TABLE):
    """A cube of 12 triangles: four of a door, four of a chair, two unknown, two of a colour that nobody names."""
    colours = [(0xC9, 0xC3, 0x73), (0x0A, 0x14, 0x1E), (255, 0, 0), (1, 2, 3)]
    image = Image.fromarray(np.array(colours, dtype=np.uint8)[None].repeat(4, axis=0))
    vertices, faces = box(4.0, 4.0, 4.0, 4.0)
    triangles = vertices[faces].reshape(-1, 3)
    column = np.repeat([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3], 3)
    visual = trimesh.visual.TextureVisuals(uv=np.stack([(column + 0.5) / 4, np.full(36, 0.5)], -1), image=image)
    mesh = trimesh.Trimesh(triangles, np.arange(36).reshape(12, 3), visual=visual, process=False)
    trimesh.Scene({"scan": mesh}).export(folder / "x.semantic.glb")
    (folder / "x.semantic.txt").write_text(table)
    return folder / "x.semantic.glb"


def test_colours_are_objects(tmp_path):
    mesh = load_mesh(scan(tmp_path))
    assert mesh.class_names == ("chair, old", "door")
    assert mesh.face_labels.tolist() == [1] * 4 + [0] * 4 + [255] * 4
    assert mesh.face_objects.tolist() == [1] * 4 + [2] * 4 + [3] * 2 + [0] * 2


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("HM3D Semantic Annotations\n1,XYZ\n", "line 2 is '1,XYZ'"),
        ("HM3D Semantic Annotations\n", "no object"),
        ('HM3D Semantic Annotations\n1,123456,"door",0\n', "faces of 0 categories"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(tmp_path, table, words):
    with pytest.raises(SemnerfError, match=words):
        load_mesh(scan(tmp_path, table))


def test_names_may_hold_commas(tmp_path):
    scan(tmp_path)
    assert read_table(tmp_path / "x.semantic.txt")[0x0A141E] == (2, "chair, old")
