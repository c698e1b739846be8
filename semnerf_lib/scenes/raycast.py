"""Labelled triangle meshes to frames: class, object, depth and RGB of every pixel, by ray casting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float32

from semnerf_lib.cameras import Intrinsics
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.cores import on_cores
from semnerf_lib.machine.progress import progress
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.bvh import BoxTree
from semnerf_lib.scenes.textures import textured
from semnerf_lib.scenes.triangles import normals

MAX_OBJECT = 65535
"""The largest object id: label images of objects have 16 bits."""


@dataclass(frozen=True, eq=False)
class LabelledMesh:
    """Triangles that each carry a class, an object and a look.

    Attributes:
        vertices: (V, 3) float32, metres.
        faces: (F, 3) int32.
        face_labels: (F,) uint8, class 0 ... C - 1 or VOID.
        class_names: C names.
        face_colours: (F, 3) uint8, sRGB.
        face_objects: (F,) int32, which object a face belongs to, 1 ... 65535; 0 or less where nobody knows.
        face_patterns: (F,) uint8, position in `textures.PATTERNS`, or None for plain colour.
        face_emission: (F,) float32, radiance of a face that shines, 0 for one that doesn't, or None.
        local: (V, 3) float32, metres in the object's own axes, where patterns live, or None: `vertices`.
        vertex_light: (V, 3) float32 irradiance / pi (see `lighting`), or None: lit from the camera.

    Raises:
        SemnerfError: an array of the wrong shape, a face without vertex, a label without a name, an object id above
            65535.
    """

    vertices: np.ndarray
    faces: np.ndarray
    face_labels: np.ndarray
    class_names: tuple[str, ...]
    face_colours: np.ndarray
    face_objects: np.ndarray
    face_patterns: np.ndarray | None = None
    face_emission: np.ndarray | None = None
    local: np.ndarray | None = None
    vertex_light: np.ndarray | None = None

    def __post_init__(self):
        n_vertices, n_faces = len(self.vertices), len(self.faces)
        if n_faces == 0:
            raise SemnerfError("mesh: no face, expected at least one triangle")
        wanted = {"vertices": (n_vertices, 3), "faces": (n_faces, 3), "face_labels": (n_faces,)}
        wanted |= {"face_colours": (n_faces, 3), "face_objects": (n_faces,), "face_patterns": (n_faces,)}
        wanted |= {"face_emission": (n_faces,), "local": (n_vertices, 3), "vertex_light": (n_vertices, 3)}
        for key, shape in wanted.items():
            array = getattr(self, key)
            if array is not None and array.shape != shape:
                raise SemnerfError(f"mesh: {key} has shape {array.shape}, expected {shape}")
        if odd := [name for name in self.class_names if not name.strip() or not name.isprintable()]:
            raise SemnerfError(f"mesh: a class is called {odd[0][:80]!r}, expected printable names")
        if not np.isfinite(self.vertices).all():
            raise SemnerfError("mesh: vertices hold NaN or infinity, expected metres")
        if self.faces.min() < 0 or self.faces.max() >= n_vertices:
            raise SemnerfError(f"mesh: a face names a vertex outside 0 ... {n_vertices - 1}")
        if self.face_objects.max() > MAX_OBJECT:
            raise SemnerfError(f"mesh: object id {self.face_objects.max()}, expected at most {MAX_OBJECT}")
        labels = np.unique(self.face_labels)
        labels = labels[labels != VOID]
        if labels.size and labels[-1] >= len(self.class_names):
            raise SemnerfError(f"mesh: label {labels[-1]}, expected 0 ... {len(self.class_names) - 1} or VOID ({VOID})")

    @property
    def bounds(self) -> np.ndarray:
        """(2, 3) float64: lower and upper corner of the box around the faces."""
        used = self.vertices[self.faces.reshape(-1)].astype(np.float64)
        return np.stack([used.min(0), used.max(0)])


class _Embree:
    """Triangles (F, 3, 3) in Embree, which runs without Python's lock, so that threads help."""

    def __init__(self, triangles: Float32[np.ndarray, "f 3 3"]):
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene

        self._scene = EmbreeScene(robust=True)
        TriangleMesh(self._scene, triangles)

    def first(self, rays_o: np.ndarray, rays_d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        hit = self._scene.run(_f32(rays_o), _f32(rays_d), output=1)
        return hit["primID"], np.stack([hit["tfar"], hit["u"], hit["v"]], axis=-1)

    def blocked(self, rays_o: np.ndarray, rays_d: np.ndarray) -> np.ndarray:
        reach = np.full(len(rays_o), 0.999, dtype=np.float32)
        return self._scene.run(_f32(rays_o), _f32(rays_d), dists=reach, query="OCCLUDED") >= 0


class RayCaster:
    """A mesh, ready for rays: by Embree, or by `bvh.BoxTree` where Embree is not installed. Threads may share it."""

    def __init__(self, mesh: LabelledMesh):
        self.mesh = mesh
        triangles = _f32(mesh.vertices[mesh.faces])
        try:
            self._caster: _Embree | BoxTree = _Embree(triangles)
        except ImportError:
            self._caster = BoxTree(triangles)

    def hits(self, rays_o: np.ndarray, rays_d: np.ndarray) -> dict[str, np.ndarray]:
        """First surface on each ray o + t d, t > 0.

        Args:
            rays_o, rays_d: (R, 3), metres; d need not have length 1.

        Returns:
            "face" (R,) int32, -1 where nothing is hit; "t" (R,); "u", "v" (R,): the point is
            (1 - u - v) A + u B + v C on the face's vertices.
        """
        face, at = self._caster.first(rays_o, rays_d)
        return {"face": face, "t": at[:, 0], "u": at[:, 1], "v": at[:, 2]}

    def blocked(self, rays_o: np.ndarray, rays_d: np.ndarray) -> np.ndarray:
        """(R,) bool: whether a surface lies between o and o + d."""
        return self._caster.blocked(rays_o, rays_d)


def _f32(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array, dtype=np.float32)


def _rays(intrinsics: Intrinsics, c2w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    u, v = np.meshgrid(np.arange(intrinsics.width), np.arange(intrinsics.height))
    camera = np.stack(
        [(u - intrinsics.cx) / intrinsics.fx, (v - intrinsics.cy) / intrinsics.fy, np.ones(u.shape)], axis=-1
    )
    rays_d = _f32(camera.reshape(-1, 3) @ c2w[:3, :3].T)
    return np.broadcast_to(c2w[:3, 3].astype(np.float32), rays_d.shape), rays_d


class View(NamedTuple):
    """One view of a mesh, or with N in front all views of a trajectory.

    Attributes:
        labels: (H, W) uint8, VOID where nothing is hit.
        instances: (H, W) uint16, the object's id; 0 where nothing is hit, nobody knows, or the face has no class.
        depth: (H, W) float32, metres along the optical axis, 0 where nothing is hit.
        rgb: (H, W, 3) uint8 or None.
    """

    labels: np.ndarray
    instances: np.ndarray
    depth: np.ndarray
    rgb: np.ndarray | None


def raycast(caster: RayCaster, intrinsics: Intrinsics, c2w: np.ndarray, rgb_samples: int = 2) -> View:
    """One view of a mesh.

    Class, object and depth are those of the ray through the pixel's centre, so none is ever a mixture. RGB averages
    rgb_samples^2 rays spread evenly over the pixel.

    Args:
        caster: the mesh.
        intrinsics: the camera.
        c2w: (4, 4) pose, OpenCV axes.
        rgb_samples: rays a pixel in each direction; 0: no RGB.
    """
    size = (intrinsics.height, intrinsics.width)
    hits = caster.hits(*_rays(intrinsics, c2w))
    hit = hits["face"] >= 0
    labels = np.where(hit, caster.mesh.face_labels[hits["face"]], VOID).astype(np.uint8).reshape(size)
    objects = np.where(hit, caster.mesh.face_objects[hits["face"]], 0).reshape(size)
    instances = np.where(labels == VOID, 0, np.maximum(objects, 0)).astype(np.uint16)
    depth = np.where(hit, hits["t"], 0).astype(np.float32).reshape(size)
    if rgb_samples < 1:
        return View(labels, instances, depth, None)
    fine = intrinsics.resized(intrinsics.width * rgb_samples, intrinsics.height * rgb_samples)
    _, rays_d = _rays(fine, c2w)
    if rgb_samples > 1:
        hits = caster.hits(*_rays(fine, c2w))
    radiance = _shade(caster.mesh, hits, rays_d, fine.fx)
    radiance = radiance.reshape(size[0], rgb_samples, size[1], rgb_samples, 3)
    colours = np.clip(1 - np.exp(-radiance), 0, 1) ** (1 / 2.2)
    return View(labels, instances, depth, (colours.mean((1, 3)) * 255).round().astype(np.uint8))


def _shade(mesh: LabelledMesh, hits: dict[str, np.ndarray], rays_d: np.ndarray, focal: float) -> np.ndarray:
    """(R, 3) float32 radiance: linear colour of the pattern at the hit point, times the light there."""
    radiance = np.zeros((len(rays_d), 3), dtype=np.float32)
    seen = np.flatnonzero(hits["face"] >= 0)
    face, u, v = (hits[k][seen] for k in ("face", "u", "v"))
    corners = mesh.faces[face]
    share = np.stack([1 - u - v, u, v], axis=-1)
    local = mesh.vertices if mesh.local is None else mesh.local
    point = np.einsum("rk,rki->ri", share, local[corners])
    colour = mesh.face_colours[face].astype(np.float32) / 255
    if mesh.face_patterns is not None:
        colour = textured(mesh.face_patterns[face], point, colour, hits["t"][seen] / focal)
    if mesh.vertex_light is not None:
        light = np.einsum("rk,rki->ri", share, mesh.vertex_light[corners])
    else:
        normal = normals(mesh.vertices, corners)
        ray = rays_d[seen] / np.linalg.norm(rays_d[seen], axis=-1, keepdims=True)
        light = 0.5 + 1.3 * np.abs((normal * ray).sum(-1, keepdims=True))
    if mesh.face_emission is not None:
        emission = mesh.face_emission[face, None]
        light = np.where(emission > 0, emission, light)
    radiance[seen] = colour**2.2 * light
    return radiance


def raycast_frames(
    mesh: LabelledMesh, intrinsics: Intrinsics, c2w: np.ndarray, rgb_samples: int = 2, desc: str = "ray-casting"
) -> View:
    """All views of a trajectory (N, 4, 4), on all cores."""
    caster = RayCaster(mesh)
    with on_cores(lambda pose: raycast(caster, intrinsics, pose, rgb_samples), list(c2w), torch.device("cpu")) as views:
        kinds = zip(*progress(views, desc, total=len(c2w)), strict=True)
        return View(*(None if kind[0] is None else np.stack(kind) for kind in kinds))
