"""Distances between a learnt and a true surface, where they are known in closed form."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import trimesh
from scipy.spatial import KDTree
from tiny import CENTRE, LOWER, RADIUS, UPPER, make_tiny_scene

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.processes import environment
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.raycast import LabelledMesh
from semnerf_lib.scenes.triangles import areas
from semnerf_lib.surfaces.comparison import (
    TrueSurface,
    compare,
    nearest_of,
    sample_surface,
    true_surface,
    voxel_downsample,
)


def sphere(radius: float, label: int = 0) -> LabelledMesh:
    made = trimesh.creation.icosphere(5, radius)
    n = len(made.faces)
    return LabelledMesh(
        made.vertices.astype(np.float32),
        made.faces.astype(np.int32),
        np.full(n, label, np.uint8),
        ("ball", "other"),
        np.zeros((n, 3), np.uint8),
        np.zeros(n, np.int32),
    )


def ball_truth(radius: float = 1.0) -> TrueSurface:
    points, _ = sample_surface(sphere(radius), spacing=0.01)
    points = points[voxel_downsample(points, 0.02)]
    return TrueSurface(points, np.zeros(len(points), np.uint8), 5 * points)


@pytest.mark.parametrize("n", [0, 1, 1000])
def test_nearest_points_are_scipys(three_cores, n):
    tree, points = KDTree(np.random.default_rng(0).random((500, 3))), np.random.default_rng(1).random((n, 3))
    for mine, its in zip(nearest_of(tree, points), tree.query(points), strict=True):
        np.testing.assert_array_equal(mine, its)


def test_a_search_is_made_of_parts_that_ctrl_c_need_not_wait_for():
    class Told(KDTree):
        def query(self, points):
            sizes.append(len(points))
            return super().query(points)

    sizes = []
    nearest_of(Told(np.random.default_rng(0).random((500, 3))), np.random.default_rng(1).random((2_500, 3)))
    assert max(sizes) <= 1000 and sum(sizes) == 2_500


INTERRUPTED = """
import os, signal, threading
import numpy as np, torch
from scipy.spatial import KDTree
from semnerf_lib.surfaces.comparison import nearest_of
torch.set_num_threads(2)
signal.signal(signal.SIGINT, signal.default_int_handler)
tree, points = KDTree(np.random.default_rng(0).random((300_000, 3))), np.random.default_rng(1).random((1_000_000, 3))
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    nearest_of(tree, points)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_in_a_search_ends_no_process():
    command = [sys.executable, "-c", INTERRUPTED]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, "interrupted\n"), done.stderr


@pytest.mark.parametrize("radius", [0.9, 1.07])
def test_concentric_spheres(radius):
    scores = compare(sphere(radius), ball_truth())
    gap = abs(radius - 1)
    for value in (scores.accuracy, scores.accuracy_median, scores.completeness, scores.completeness_median):
        assert value == pytest.approx(gap, abs=0.004)


def square(side: float, height: float) -> LabelledMesh:
    """A level square around the z axis."""
    corners = side / 2 * np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) + [0, 0, height]
    faces, two = np.array([[0, 1, 2], [0, 2, 3]], np.int32), np.zeros(2)
    return LabelledMesh(
        corners.astype(np.float32), faces, two.astype(np.uint8), ("floor",), np.zeros((2, 3), np.uint8),
        two.astype(np.int32),
    )  # fmt: skip


def square_truth(side: float) -> TrueSurface:
    points, _ = sample_surface(square(side, 0.0), spacing=0.002)
    points = points[voxel_downsample(points, 0.01)]
    return TrueSurface(points, np.zeros(len(points), np.uint8), points + [0, 0, 1])


@pytest.mark.parametrize("height", [-0.04, 0.07])
def test_a_plane_that_is_off_by_a_known_length(height):
    scores = compare(square(2.0, height), square_truth(2.0))
    for value in (scores.accuracy, scores.completeness):
        assert value == pytest.approx(abs(height), abs=0.003)
    within = float(abs(height) < 0.05)
    for share in (scores.precision, scores.recall, scores.f_score):
        assert share[0] == pytest.approx(within, abs=0.01)
    assert square_truth(2.0).signed_distance(np.array([[0, 0, height]])) == pytest.approx(height, abs=0.005)


def test_a_plane_that_ends_too_early_and_one_that_goes_too_far():
    """Squares of sides a < b around one centre: beyond the small one, distances to it are known in closed form."""
    small, large = 1.0, 2.0
    grid = np.linspace(-1, 1, 401)
    beyond = np.maximum(np.abs(np.stack(np.meshgrid(grid, grid))) - small / 2, 0)
    distance = np.linalg.norm(beyond, axis=0)
    within = (small**2 + 4 * small * 0.05 + np.pi * 0.05**2) / large**2
    early, late = compare(square(small, 0.0), square_truth(large)), compare(square(large, 0.0), square_truth(small))
    assert early.completeness == pytest.approx(distance.mean(), abs=0.01) and early.accuracy < 0.012
    assert late.accuracy == pytest.approx(distance.mean(), abs=0.01) and late.completeness < 0.012
    assert early.recall[0] == pytest.approx(within, abs=0.02) and early.precision[0] > 0.99
    assert late.precision[0] == pytest.approx(within, abs=0.02) and late.recall[0] > 0.99


def test_shares_within_thresholds():
    scores = compare(sphere(1.07), ball_truth(), thresholds=(0.05, 0.10))
    assert scores.precision == (0, 1) and scores.recall == (0, 1) and scores.f_score == (0, pytest.approx(1))
    assert scores.right_class == 1


def test_the_same_surface_scores_its_sampling():
    scores = compare(sphere(1.0), ball_truth())
    assert 0 < scores.accuracy < 0.012 and 0 < scores.completeness < 0.012
    assert scores.f_score == pytest.approx((1, 1))


def test_half_a_surface_is_accurate_and_not_complete():
    whole = sphere(1.0)
    upper = whole.vertices[whole.faces].mean(1)[:, 2] > 0
    half = LabelledMesh(
        whole.vertices, whole.faces[upper], whole.face_labels[upper], whole.class_names, whole.face_colours[upper],
        whole.face_objects[upper],
    )  # fmt: skip
    scores = compare(half, ball_truth(), thresholds=(0.05,))
    assert scores.precision[0] == 1 and scores.accuracy < 0.012
    assert scores.recall[0] == pytest.approx(0.525, abs=0.01)  # the half, and 5 cm of the other
    assert scores.f_score[0] == pytest.approx(2 * scores.recall[0] / (1 + scores.recall[0]))


def test_sides_are_told_apart():
    truth = ball_truth()
    inside, outside = truth.signed_distance(np.array([[0.9, 0, 0], [0, 0, 1.2]]))
    assert inside == pytest.approx(-0.1, abs=0.01) and outside == pytest.approx(0.2, abs=0.01)


def test_wrong_class_is_counted_and_void_is_not():
    truth = ball_truth()
    assert compare(sphere(1.0, label=1), truth).right_class == 0
    upper = truth.points[:, 2] > 0
    blind = TrueSurface(truth.points, np.where(upper, VOID, 0).astype(np.uint8), truth.eyes)
    assert compare(sphere(1.0), blind).right_class == 1


def test_rows_are_for_a_table():
    rows = compare(sphere(1.0), ball_truth()).rows()
    assert len(rows) == 9 and all(set(row) == {"score", "value"} for row in rows)
    assert rows[4] == {"score": "F-score within 5 cm", "value": "100.0%"}


def test_samples_lie_evenly_on_the_faces():
    mesh = sphere(1.0)
    points, faces = sample_surface(mesh, spacing=0.02)
    assert len(points) == pytest.approx(4 * np.pi / 0.02**2, rel=0.01)
    assert np.linalg.norm(points, axis=1) == pytest.approx(1, abs=2e-3)
    middle = mesh.vertices[mesh.faces[faces]].mean(1)
    assert np.linalg.norm(points - middle, axis=1).max() < 0.05
    for axis in range(3):  # Archimedes: equal heights of a sphere have equal areas
        assert np.histogram(points[:, axis], 4, (-1, 1))[0] / len(points) == pytest.approx([0.25] * 4, abs=0.01)
    assert areas(mesh.vertices, mesh.faces).sum() == pytest.approx(4 * np.pi, rel=0.01)


def test_true_surface_of_a_scene_in_closed_form():
    scene = make_tiny_scene(12, 64, 48)
    truth = true_surface(scene, spacing=0.02)
    to_box = np.abs(np.stack([truth.points - LOWER, truth.points - UPPER])).min((0, 2))
    to_ball = np.abs(np.linalg.norm(truth.points - CENTRE, axis=1) - RADIUS)
    assert np.minimum(to_box, to_ball).max() < 1e-4
    assert (to_ball[truth.labels == 6] < 1e-4).all() and (truth.labels == VOID).any()
    assert np.unique(np.floor((truth.points - truth.points.min(0)) / 0.02), axis=0).shape == truth.points.shape
    assert (truth.signed_distance(scene.c2w[:, :3, 3]) > 0.2).all()


def test_without_depth(tiny_scene):
    from dataclasses import replace

    with pytest.raises(SemnerfError, match="tiny has no depth, expected some"):
        true_surface(replace(tiny_scene, depth=None))
    with pytest.raises(SemnerfError, match="no known depth"):
        true_surface(replace(tiny_scene, depth=np.zeros_like(tiny_scene.depth)))
