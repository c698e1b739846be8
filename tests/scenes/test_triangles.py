"""triangles: areas and normals, beside trimesh's."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from semnerf_lib.scenes.triangles import area_vectors, areas, cut_polygon, normals


def test_a_triangle_by_hand():
    vertices, faces = np.float32([[0, 0, 0], [2, 0, 0], [0, 3, 0]]), np.array([[0, 1, 2], [0, 2, 1], [0, 1, 1]])
    assert area_vectors(vertices, faces).tolist() == [[0, 0, 6], [0, 0, -6], [0, 0, 0]]
    assert areas(vertices, faces).tolist() == [3, 3, 0]
    assert normals(vertices, faces).tolist() == [[0, 0, 1], [0, 0, -1], [0, 0, 0]]


def test_those_of_trimesh():
    rng = np.random.default_rng(0)
    vertices, faces = rng.normal(size=(30, 3)), rng.permuted(np.tile(np.arange(30), (50, 1)), axis=1)[:, :3]
    mesh = trimesh.Trimesh(vertices, faces, process=False)
    assert areas(vertices, faces) == pytest.approx(mesh.area_faces)
    assert normals(vertices, faces) == pytest.approx(mesh.face_normals, abs=1e-6)


DENT = np.array([[0, 2, 0], [0, 0, 0], [2, 0, 0], [2, 2, 0], [1, 0.5, 0]], dtype=float)
ELL = np.array([[0, 0, 0], [3, 0, 0], [3, 1, 0], [1, 1, 0], [1, 3, 0], [0, 3, 0]], dtype=float)


@pytest.mark.parametrize("first", range(6))
@pytest.mark.parametrize("polygon, area", [(DENT, 2.5), (ELL, 5.0), (ELL[::-1], 5.0)])
@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_polygons_with_a_dent_are_covered_once(polygon, area, axes, first):
    points = np.roll(polygon, first, axis=0)[:, axes]
    cut = np.array(cut_polygon(points))
    assert len(cut) == len(points) - 2
    assert areas(points, cut).sum() == pytest.approx(area)
    assert np.linalg.norm(area_vectors(points, cut).sum(0)) / 2 == pytest.approx(area)


def test_a_polygon_that_crosses_itself_is_cut_nevertheless():
    assert len(cut_polygon(np.array([[0, 0, 0], [1, 1, 0], [1, 0, 0], [0, 1, 0], [0.2, 0.5, 0]]))) == 3
