"""Written meshes are read again, by the kit's own reader and by trimesh."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import trimesh

from semnerf_lib.errors import SemnerfError
from semnerf_lib.palette import palette
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.mesh import load_mesh
from semnerf_lib.scenes.mesh_export import save_mesh
from semnerf_lib.scenes.ply import read_ply


@pytest.fixture
def mesh(box_room):
    """The box in its room: its faces in the colours of their classes, two of them void."""
    labels = box_room.face_labels.copy()
    labels[:2] = VOID
    names = ("left", "right", "front", "back", "floor", "ceiling", "coffee-table")
    return replace(box_room, face_labels=labels, class_names=names)


def corners_of_classes(mesh):
    """Class name -> its triangles' corners in some order."""
    return {
        name: np.sort(mesh.vertices[mesh.faces[mesh.face_labels == k]].reshape(-1, 9).round(5), axis=0)
        for k, name in enumerate(mesh.class_names)
        if (mesh.face_labels == k).any()
    }


@pytest.mark.parametrize("suffix", [".ply", ".glb", ".PLY"])
def test_read_again(mesh, tmp_path, suffix):
    path = tmp_path / "new" / f"room{suffix}"
    save_mesh(mesh, path)
    again = load_mesh(path)
    assert sorted(again.class_names) == ["back", "ceiling", "coffee-table", "floor", "front", "right"]
    there, back = corners_of_classes(mesh), corners_of_classes(again)
    assert there.keys() == back.keys() and all(np.allclose(there[k], back[k]) for k in there)
    assert (again.face_labels == VOID).sum() == 2
    colours = dict(zip(mesh.class_names, palette(7).tolist(), strict=True))
    for k, name in enumerate(again.class_names):
        assert np.unique(again.face_colours[again.face_labels == k], axis=0).tolist() == [colours[name]]


def test_ply_has_a_class_a_vertex_and_a_face(mesh, tmp_path):
    save_mesh(mesh, tmp_path / "room.ply")
    ply = read_ply(tmp_path / "room.ply")
    assert "class 7 coffee-table" in ply.comments
    assert (ply.vertex["label"][ply.triangles] == ply.face["label"][:, None]).all()
    assert set(ply.face["label"]) == {0, 2, 3, 4, 5, 6, 7}
    loaded = trimesh.load(tmp_path / "room.ply", process=False)  # another program's reader
    assert loaded.faces.shape == mesh.faces.shape and loaded.visual.kind == "vertex"


def test_names_in_the_file_stand_before_those_beside_it(mesh, tmp_path):
    save_mesh(mesh, tmp_path / "room.ply")
    other = tmp_path / "info_semantic.json"
    other.write_text(json.dumps({"classes": [{"id": k, "name": f"thing {k}"} for k in range(1, 8)]}))
    assert "coffee-table" in load_mesh(tmp_path / "room.ply").class_names
    assert load_mesh(tmp_path / "room.ply", info=other).class_names[-1] == "thing 7"


def test_glb_has_a_node_and_a_material_a_class_and_y_up(mesh, tmp_path):
    save_mesh(mesh, tmp_path / "room.glb")
    scene = trimesh.load_scene(tmp_path / "room.glb")
    assert set(scene.graph.nodes_geometry) == {*mesh.class_names[1:], "void"}
    for name, piece in scene.geometry.items():
        material = piece.visual.material
        assert material.name == name and not material.doubleSided
    assert scene.geometry["floor"].vertices[:, 1] == pytest.approx(mesh.vertices[:, 2].min())


@pytest.mark.parametrize("name", ["room.obj", "room", "room.ply.txt"])
def test_other_suffixes(mesh, tmp_path, name):
    with pytest.raises(SemnerfError, match=r"expected a name that ends in \.ply or \.glb"):
        save_mesh(mesh, tmp_path / name)
    assert not any(tmp_path.iterdir())


def test_nothing_is_overwritten(mesh, tmp_path):
    (tmp_path / "room.ply").write_text("mine")
    with pytest.raises(SemnerfError, match="room.ply: exists, expected a file that does not"):
        save_mesh(mesh, tmp_path / "room.ply")
    assert (tmp_path / "room.ply").read_text() == "mine"
