"""The surface of fields in closed form, and of trained ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import trimesh
from tiny import LOWER, UPPER, make_tiny_scene, tiny_config

from semnerf_lib.errors import SemnerfError
from semnerf_lib.models import build_model
from semnerf_lib.rendering import FieldOutput
from semnerf_lib.scenes.raycast import LabelledMesh
from semnerf_lib.scenes.triangles import normals
from semnerf_lib.surfaces import meshes
from semnerf_lib.surfaces.meshes import (
    LearntSurface,
    box_of,
    learnt_surface,
    sample_density,
)

NAMES = ("left", "right")
BOX = np.array([[-1.5, -1.5, -1.5], [1.5, 1.5, 1.5]])


def ball(points, viewdirs):
    """Dense within 1 m of the origin: log sigma = 20 (1 - r). Class 0 where x < 0, class 1 beyond."""
    assert points.shape[0] == len(viewdirs) == 1
    x = points[..., 0]
    return FieldOutput(torch.exp(20 * (1 - points.norm(dim=-1))), torch.stack([-x, x], dim=-1))


def ground(points, viewdirs):
    """Dense below z = 0.13; all of class 1."""
    z = points[..., 2]
    return FieldOutput(torch.exp(30 * (0.13 - z)), torch.stack([z - 9, 0 * z], dim=-1))


@pytest.fixture(scope="module")
def ball_surface() -> LearntSurface:
    return sample_density(ball, BOX, NAMES, cell=0.05)


def as_trimesh(mesh: LabelledMesh) -> trimesh.Trimesh:
    return trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)


def test_ball_is_round_closed_and_faces_outwards(ball_surface):
    mesh = ball_surface.mesh(1.0)
    assert np.linalg.norm(mesh.vertices, axis=1) == pytest.approx(1, abs=2e-3)
    solid = as_trimesh(mesh)
    assert solid.is_watertight and solid.euler_number == 2
    assert solid.volume == pytest.approx(4 / 3 * np.pi, rel=0.01)


@pytest.mark.parametrize("level", [0.5, 2.0, 20.0])
def test_level_moves_the_surface(ball_surface, level):
    radius = 1 - np.log(level) / 20
    assert np.linalg.norm(ball_surface.mesh(level).vertices, axis=1) == pytest.approx(radius, abs=3e-3)


def test_classes_are_those_of_the_field(ball_surface):
    mesh = ball_surface.mesh(1.0)
    x = mesh.vertices[mesh.faces].mean(1)[:, 0]
    clear = np.abs(x) > 1e-3
    assert (mesh.face_labels[clear] == (x[clear] > 0)).all()
    assert mesh.class_names == NAMES


def test_plane_between_lattice_points():
    mesh = sample_density(ground, BOX, NAMES, cell=0.1).mesh(1.0)
    assert mesh.vertices[:, 2] == pytest.approx(0.13, abs=1e-4)
    normal = normals(mesh.vertices, mesh.faces)
    assert normal[np.abs(normal).sum(1) > 0.5] == pytest.approx(np.tile([0, 0, 1], (len(mesh.faces), 1)), abs=1e-3)
    assert set(mesh.face_labels) == {1}


def test_chunks_change_nothing(ball_surface, monkeypatch):
    sizes = []

    def counting(points, viewdirs):
        sizes.append(points.shape[1])
        return ball(points, viewdirs)

    monkeypatch.setattr(meshes, "CHUNK", 1000)
    again = sample_density(counting, BOX, NAMES, cell=0.05)
    assert np.array_equal(again.log_density, ball_surface.log_density) and max(sizes) == 1000
    assert np.array_equal(again.mesh(1.0).face_labels, ball_surface.mesh(1.0).face_labels)


def test_default_level(ball_surface):
    assert ball_surface.default_level == pytest.approx(np.log(2) / meshes.HALVING)
    faint = sample_density(lambda p, d: FieldOutput(0.01 * ball(p, d).sigma.clamp(max=2), None), BOX, NAMES, cell=0.1)
    assert faint.levels[0] < faint.default_level <= faint.levels[1]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda s: s.mesh(1e12), "level 1e+12 /m: no surface, expected one within"),
        (lambda s: s.mesh(0.0), "level 0 /m: no surface"),
        (lambda s: sample_density(ball, BOX, NAMES, cell=0.0), "cell = 0 m, expected a length above 0"),
        (lambda s: sample_density(ball, BOX, NAMES, cell=1e-3), "a cell of 0.0078 m or more"),
    ],
    ids=["level too high", "level too low", "no cell", "cell too small"],
)
def test_bad_input(ball_surface, call, expected):
    with pytest.raises(SemnerfError, match=expected.replace("+", r"\+")):
        call(ball_surface)


@pytest.mark.parametrize("field", ["grid", "mlp"])
def test_any_model_has_a_surface(tiny_scene, field):
    model = build_model(tiny_config(field), tiny_scene)
    surface = learnt_surface(model, tiny_scene, cell=0.2)
    assert surface.log_density.shape == tuple(np.ceil((UPPER - LOWER) / 0.2).astype(int) + 1)
    mesh = surface.mesh()
    assert mesh.class_names == tiny_scene.class_names and mesh.face_labels.max() < tiny_scene.n_classes
    assert (mesh.bounds[0] >= LOWER - 1e-6).all() and (mesh.bounds[1] <= UPPER + 0.21).all()


def test_unknown_bounds_are_found_by_looking():
    scene = make_tiny_scene(8, known_bounds=False)
    box = box_of(build_model(tiny_config("grid"), scene), scene, n_views=4, width=8)
    centres = scene.c2w[:, :3, 3]
    assert (box[0] < centres.min(0)).all() and (box[1] > centres.max(0)).all()
