"""plots.learnt: light that shows the form of a mesh."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from semnerf_lib.plots.learnt import seen_from, smooth_normals
from semnerf_lib.scenes.raycast import LabelledMesh


@pytest.fixture(scope="module")
def ball():
    sphere = trimesh.creation.icosphere(3)
    n = len(sphere.faces)
    return LabelledMesh(
        sphere.vertices.astype(np.float32), sphere.faces.astype(np.int32), np.zeros(n, np.uint8), ("ball",),
        np.zeros((n, 3), np.uint8), np.zeros(n, np.int32),
    )  # fmt: skip


def test_normals_of_a_ball_are_its_radii(ball):
    assert smooth_normals(ball) == pytest.approx(ball.vertices, abs=0.02)


def test_a_ball_is_lit_from_above_and_without_facets(ball):
    grey = np.full((len(ball.faces), 3), 160, np.uint8)
    picture = seen_from(ball, grey, np.array([0.0, -4.0, 0.3]), width=200)[..., 0].astype(int)
    height, middle = len(picture), picture.shape[1] // 2
    column = picture[height // 20 : -(height // 20), middle]
    assert column[0] > column[-1] + 40  # the top is brighter
    assert np.abs(np.diff(column)).max() <= 4  # no step from face to face
