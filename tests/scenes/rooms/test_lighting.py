"""Light on a mesh."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from semnerf_lib.scenes.raycast import LabelledMesh
from semnerf_lib.scenes.rooms.lighting import Lamp, Skylight, hemisphere, light_mesh
from semnerf_lib.scenes.rooms.shapes import box, joined


def floor_and_plate() -> LabelledMesh:
    """A black floor 8 m wide at z = 0 under a black plate 2 m wide at z = 1."""
    floor, plate = box(8.0, 8.0, 0.1, 0.25), box(2.0, 2.0, 0.02, 0.5)
    vertices, faces = joined((floor[0] - [0, 0, 0.05], floor[1]), (plate[0] + [0, 0, 1.0], plate[1]))
    n = len(faces)
    return LabelledMesh(
        vertices=vertices.astype(np.float32),
        faces=faces.astype(np.int32),
        face_labels=np.zeros(n, dtype=np.uint8),
        class_names=("thing",),
        face_colours=np.zeros((n, 3), dtype=np.uint8),
        face_objects=np.ones(n, dtype=np.int32),
    )


def light_at(mesh, x, y):
    top = (np.abs(mesh.vertices[:, 2]) < 1e-6) & (np.hypot(mesh.vertices[:, 0] - x, mesh.vertices[:, 1] - y) < 0.01)
    return mesh.vertex_light[top].max(0)


def test_a_lamp_throws_a_shadow_and_fades_with_distance():
    lamp = Lamp((0.0, 0.0, 2.0), (4 * np.pi, 4 * np.pi, 4 * np.pi))
    lit = light_mesh(floor_and_plate(), (lamp,), (), n_rays=4, ambient=0.0)
    assert light_at(lit, 0, 0).max() == 0
    near, far = light_at(lit, 2.5, 0)[0], light_at(lit, 3.5, 0)[0]
    for x, found in ((2.5, near), (3.5, far)):
        assert found == pytest.approx(4 * 2 / (x**2 + 4) ** 1.5, rel=0.05)


def test_a_window_gives_its_form_factor():
    """A small window of radiance L and area A straight above at height h: irradiance / pi = L A / (pi h^2)."""
    sky = Skylight((2.9, 0.1, 3.0), ((0, -0.2, 0), (0.2, 0, 0)), (5.0, 5.0, 5.0))
    assert np.cross(*sky.edges)[2] > 0
    down = replace(sky, edges=(sky.edges[1], sky.edges[0]))
    lit = light_mesh(floor_and_plate(), (), (down,), n_rays=4, ambient=0.0)
    assert light_at(lit, 3.0, 0)[0] == pytest.approx(5 * 0.04 / (np.pi * 9), rel=0.03)
    dark = light_mesh(floor_and_plate(), (), (sky,), n_rays=4, ambient=0.0)
    assert light_at(dark, 3.0, 0)[0] == 0


def test_inside_a_closed_room_light_adds_up_to_the_series(box_room):
    """Ambient e, one albedo a everywhere, no way out: e + a e + a^2 e + ... up to the number of bounces."""
    lit = light_mesh(replace(box_room, faces=box_room.faces[:12, ::-1].copy(), **_cut(box_room)), (), (), 16, 3, 0.1)
    albedo = (200 / 255) ** 2.2 * 0.9
    np.testing.assert_allclose(lit.vertex_light[:24], 0.1 * sum(albedo**k for k in range(4)), rtol=1e-5)


def _cut(mesh):
    return {k: getattr(mesh, k)[:12] for k in ("face_labels", "face_colours", "face_objects")}


def test_hemisphere_has_cosine_density():
    d = hemisphere(4000)
    np.testing.assert_allclose(np.linalg.norm(d, axis=-1), 1)
    assert d[:, 2].mean() == pytest.approx(2 / 3, abs=0.01) and np.abs(d[:, :2].mean(0)).max() < 0.01
