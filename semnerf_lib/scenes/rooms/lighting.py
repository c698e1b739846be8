"""Light for a made room, computed once a vertex: windows and lamps with shadows, then light bounced between surfaces.

Light that is kept on the mesh does not depend on the view, which is what a colour field without view direction can
represent, and makes a frame cost one lookup a ray.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from semnerf_lib.scenes.raycast import LabelledMesh, RayCaster
from semnerf_lib.scenes.rooms.shapes import Number, Point
from semnerf_lib.scenes.triangles import area_vectors


@dataclass(frozen=True)
class Lamp:
    """A point light: where (metres), and its intensity for red, green and blue (irradiance at distance r: I / r^2)."""

    position: Point
    intensity: Point


@dataclass(frozen=True)
class Skylight:
    """A shining rectangle (a window): corner, edges (metres; their cross product points into the room), radiance."""

    corner: Point
    edges: tuple[Point, Point]
    radiance: Point


def vertex_frames(mesh: LabelledMesh) -> tuple[np.ndarray, np.ndarray]:
    """Unit normals (V, 3), weighted by area, and for each vertex a point just above its faces (V, 3).

    The point is drawn a little towards the middle of the faces around, so that a vertex in a corner does not look
    through the wall beside it.
    """
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    normals = area_vectors(mesh.vertices.astype(np.float64), mesh.faces)
    sums, middles, counts = (
        np.zeros((len(mesh.vertices), 3)),
        np.zeros((len(mesh.vertices), 3)),
        np.zeros(len(mesh.vertices)),
    )
    for k in range(3):
        np.add.at(sums, mesh.faces[:, k], normals)
        np.add.at(middles, mesh.faces[:, k], corners.mean(1))
        np.add.at(counts, mesh.faces[:, k], 1)
    sums /= np.maximum(np.linalg.norm(sums, axis=-1, keepdims=True), 1e-12)
    middles /= np.maximum(counts, 1)[:, None]
    return sums, 0.85 * mesh.vertices + 0.15 * middles + 0.008 * sums


def hemisphere(n: int) -> np.ndarray:
    """(n, 3) directions around +z with density cos(theta) / pi, on a Fibonacci spiral."""
    r = np.sqrt((np.arange(n) + 0.5) / n)
    angle = np.arange(n) * np.pi * (3 - np.sqrt(5))
    return np.stack([r * np.cos(angle), r * np.sin(angle), np.sqrt(1 - r**2)], axis=-1)


def _direct(caster: RayCaster, normals, points, lamps, skylights, n_side: int) -> np.ndarray:
    """Irradiance / pi from lamps and skylights, each tested for shadow."""
    light = np.zeros(points.shape)

    def add(source, colour, facing=None):
        to = source - points
        r2 = np.maximum((to**2).sum(-1), 1e-4)
        cosine = (to * normals).sum(-1) / np.sqrt(r2)
        if facing is not None:
            cosine = np.minimum(cosine, 1) * np.maximum(-(to @ facing) / np.sqrt(r2), 0)
        lit = np.flatnonzero(cosine > 0)
        lit = lit[~caster.blocked(points[lit], to[lit])]
        light[lit] += (cosine[lit] / np.maximum(r2[lit], 0.02))[:, None] * colour

    for lamp in lamps:
        for offset in 0.05 * np.array([[1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]]) / np.sqrt(3):
            add(np.array(lamp.position) + offset, np.array(lamp.intensity) / (4 * np.pi))
    for sky in skylights:
        a, b = map(np.array, sky.edges)
        area_normal = np.cross(a, b)
        area = np.linalg.norm(area_normal)
        for i in range(n_side):
            for j in range(n_side):
                source = np.array(sky.corner) + a * (i + 0.5) / n_side + b * (j + 0.5) / n_side
                add(source, np.array(sky.radiance) * area / (n_side**2 * np.pi), area_normal / area)
    return light


def light_mesh(
    mesh: LabelledMesh,
    lamps: tuple[Lamp, ...],
    skylights: tuple[Skylight, ...],
    n_rays: int = 64,
    bounces: int = 4,
    ambient: Number = 0.03,
) -> LabelledMesh:
    """The mesh with `vertex_light`: E = E_direct + mean over the hemisphere of albedo x E at the surface seen there.

    A radiosity solution (Goral et al. 1984) with the geometry sampled by rays: E is irradiance / pi at a vertex,
    a face has the mean of its vertices. All vertices use the same directions in axes fixed by their normal, so that
    neighbours err alike and nothing looks noisy.

    Args:
        mesh: any mesh; faces with emission pass no light on, since skylights and lamps stand for them.
        lamps, skylights: the lights.
        n_rays: directions a vertex.
        bounces: how often light is passed on.
        ambient: light that comes from everywhere, so that nothing is black.
    """
    caster = RayCaster(mesh)
    normals, points = vertex_frames(mesh)
    helper = np.where(np.abs(normals[:, 2:]) < 0.9, [[0, 0, 1.0]], [[1.0, 0, 0]])
    x = np.cross(helper, normals)
    x /= np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12)
    y = np.cross(normals, x)
    seen = np.stack([caster.hits(points, d[0] * x + d[1] * y + d[2] * normals)["face"] for d in hemisphere(n_rays)])
    albedo = (mesh.face_colours / 255.0) ** 2.2 * 0.9
    if mesh.face_emission is not None:
        albedo[mesh.face_emission > 0] = 0
    direct = _direct(caster, normals, points, lamps, skylights, n_side=6) + ambient
    light = direct
    for _ in range(bounces):
        sent = np.concatenate([albedo * light[mesh.faces].mean(1), np.zeros((1, 3))])
        light = direct + sum(sent[faces] for faces in seen) / n_rays
    return replace(mesh, vertex_light=light.astype(np.float32))
