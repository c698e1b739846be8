"""Faces that cameras see, and coarser meshes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny import LOWER, UPPER, make_tiny_scene

from semnerf_lib.errors import SemnerfError
from semnerf_lib.rendering import FieldOutput
from semnerf_lib.surfaces.culling import part_of, seen_faces, simplified
from semnerf_lib.surfaces.meshes import normals, sample_density

NAMES = ("left", "right")
BOX = np.array([[-1.5, -1.5, -1.5], [1.5, 1.5, 1.5]])


def ball(points, viewdirs):
    """Dense within 1 m of the origin: log sigma = 20 (1 - r). Class 0 where x < 0, class 1 beyond."""
    x = points[..., 0]
    return FieldOutput(torch.exp(20 * (1 - points.norm(dim=-1))), torch.stack([-x, x], dim=-1))


def test_only_what_cameras_see_is_kept():
    """A shell around the tiny room, seen from inside: its inner side is kept, its outer one is not."""
    scene = make_tiny_scene(12, 32, 24)
    middle, half = torch.tensor((LOWER + UPPER) / 2).float(), torch.tensor((UPPER - LOWER) / 2).float()

    def shell(points, viewdirs):
        outside = ((points - middle).abs() - half).amax(-1)
        return FieldOutput(
            torch.exp(40 * (0.1 - (outside - 0.1).abs())), torch.zeros(*points.shape[:2], scene.n_classes)
        )

    bounds = np.stack([LOWER - 0.4, UPPER + 0.4])
    mesh = sample_density(shell, bounds, scene.class_names, cell=0.05).mesh(1.0)
    kept = part_of(mesh, seen_faces(mesh, scene))
    outside = (np.abs(kept.vertices - middle.numpy()) - half.numpy()).max(1)
    assert np.abs(outside).max() < 0.03
    inner = (np.abs(mesh.vertices[mesh.faces].mean(1) - middle.numpy()) - half.numpy()).max(1) < 0.05
    assert 0.7 * inner.sum() < len(kept.faces) <= inner.sum()  # no camera looks straight up or down


def test_simplified_keeps_shape_and_classes():
    fine = sample_density(ball, BOX, NAMES, cell=0.05).mesh(1.0)
    coarse = simplified(fine, 0.15)
    assert len(coarse.faces) < len(fine.faces) / 5
    assert np.linalg.norm(coarse.vertices, axis=1) == pytest.approx(1, abs=0.02)
    assert (np.sort(coarse.faces, axis=1)[:, :-1] < np.sort(coarse.faces, axis=1)[:, 1:]).all()
    assert (normals(coarse.vertices, coarse.faces) * coarse.vertices[coarse.faces].mean(1)).sum(-1).min() > 0
    x = coarse.vertices[coarse.faces].mean(1)[:, 0]
    assert (coarse.face_labels == (x > 0))[np.abs(x) > 0.15].all()


def test_a_mesh_without_faces_is_refused():
    mesh = sample_density(ball, BOX, NAMES, cell=0.2).mesh(1.0)
    with pytest.raises(SemnerfError, match="no face"):
        part_of(mesh, np.zeros(len(mesh.faces), dtype=bool))
