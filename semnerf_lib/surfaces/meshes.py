"""The learnt room as a labelled mesh: marching cubes on a field's density, a class for each face from its logits.

`fusion` finds another surface, the one at which rays end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8

from semnerf_lib.cameras import get_rays, unproject
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import render_view
from semnerf_lib.machine.cores import on_cores
from semnerf_lib.models import HierarchicalModel, Model, ProposalModel
from semnerf_lib.palette import palette
from semnerf_lib.rendering import Field, FieldOutput
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.raycast import LabelledMesh, RayCaster
from semnerf_lib.scenes.triangles import normals

CELL = 0.04
"""Side of a cell of marching cubes, metres: about that of the grid field's finest grid at laptop scale."""
HALVING = 0.2
"""Metres after which half of the light is gone at the density that counts as a surface. Where only labels teach, a wall
is fog some decimetres thick: at a higher density it has more holes, at a lower one it fills the room."""
MAX_POINTS = 2**26
"""Points at which a density may be sampled: 256 MiB of float32."""
CHUNK = 2**17
"""Points that a field is asked at once, which bounds its own memory."""
FAINT = 1e-3
"""Density in 1/m that counts as nothing: over ten metres it takes a hundredth of the light."""


@dataclass(frozen=True, eq=False)
class LearntSurface:
    """A field's density, sampled on a lattice: what a surface of any level is cut from.

    Attributes:
        field: the field (see `rendering.Field`), asked for classes where the surface turns out to be.
        log_density: (X, Y, Z) float32, log of max(sigma, FAINT) in 1/m.
        origin: (3,) where its first point lies, metres.
        cell: distance of neighbouring points, metres.
        class_names: C names.
        device: where the field lives.
    """

    field: Field
    log_density: Float[np.ndarray, "x y z"]
    origin: Float[np.ndarray, "3"]
    cell: float
    class_names: tuple[str, ...]
    device: torch.device

    @cached_property
    def default_level(self) -> float:
        """ln 2 / `HALVING` in 1/m; in a field that is thinner than that almost everywhere, as before any training,
        what a point in fifty exceeds."""
        return min(math.log(2) / HALVING, float(np.exp(np.percentile(self.log_density, 98))))

    @property
    def levels(self) -> tuple[float, float]:
        """The densities in 1/m between which there is a surface."""
        low, high = (float(np.exp(v)) for v in (self.log_density.min(), self.log_density.max()))
        return low, high

    def mesh(self, level: float | None = None) -> LabelledMesh:
        """The surface sigma = level as triangles, counter-clockwise seen from the free side, each with a class.

        Interpolated in log sigma: a grid field's exponent is linear between its grid points, its density is not.

        Args:
            level: 1/m; None takes `default_level`.

        Raises:
            SemnerfError: no surface of that level.
        """
        level = self.default_level if level is None else level
        low, high = self.levels
        if not low < level < high:
            raise SemnerfError(f"level {level:g} /m: no surface, expected one within {low:.3g} ... {high:.3g} /m")
        cut = triangles(self.log_density, math.log(level), self.origin, self.cell)
        return labelled(*cut, self.cell, self.field, self.device, self.class_names)


def triangles(
    values: Float[np.ndarray, "x y z"],
    value: float,
    origin: Float[np.ndarray, "3"],
    cell: float,
    known: Bool[np.ndarray, "x y z"] | None = None,
) -> tuple[Float[np.ndarray, "v 3"], Int[np.ndarray, "f 3"]]:
    """Marching cubes [Lorensen and Cline 1987; scikit-image's] on a lattice, counter-clockwise seen from below `value`.

    Args:
        origin: where the lattice begins, metres. cell: distance of its points, metres.
        known: the points whose values mean something; no surface is drawn between others.

    Returns:
        Vertices in metres, and triangles.

    Raises:
        SemnerfError: no surface.
    """
    from skimage.measure import marching_cubes

    try:
        vertices, faces, _, _ = marching_cubes(
            values, value, spacing=(cell,) * 3, gradient_direction="ascent", mask=known
        )
    except (ValueError, RuntimeError) as fault:
        raise SemnerfError(f"marching cubes: no surface ({fault}), expected one in the box") from fault
    return (vertices + origin).astype(np.float32), faces.astype(np.int32)


def labelled(
    vertices: Float[np.ndarray, "v 3"],
    faces: Int[np.ndarray, "f 3"],
    cell: float,
    field: Field,
    device: torch.device,
    class_names: tuple[str, ...],
) -> LabelledMesh:
    """Triangles with a class each: the most probable one a cell behind their middle, where the light ends rather than
    where it begins to."""
    labels = labels_at(field, vertices[faces].mean(1) - cell * normals(vertices, faces), device)
    nobody = np.zeros(len(faces), dtype=np.int32)
    return LabelledMesh(vertices, faces, labels, class_names, palette(len(class_names))[labels], nobody)


@torch.inference_mode()
def labels_at(field: Field, points: Float[np.ndarray, "n 3"], device: torch.device) -> UInt8[np.ndarray, "n"]:
    """A field's most probable class at points (metres), in bounded memory."""
    asked = (ask(field, chunk, device) for chunk in torch.from_numpy(points).float().split(CHUNK))
    return torch.cat([out.sem_logits[0].argmax(-1) for out in asked]).byte().cpu().numpy()


def ask(field: Field, points: Float[torch.Tensor, "points 3"], device: torch.device) -> FieldOutput:
    """The field at points, as samples of one upward ray: density and classes depend on no direction."""
    return field(points[None].to(device), torch.tensor([[0.0, 0.0, 1.0]], device=device))


def lattice(bounds: Float[np.ndarray, "2 3"], cell: float) -> tuple[int, int, int]:
    """Points along x, y, z that fill a box at distances of `cell`, from its lower corner on.

    Raises:
        SemnerfError: a cell that is no length, or so small that there are more than `MAX_POINTS`.
    """
    if not 0 < cell < math.inf:
        raise SemnerfError(f"cell = {cell:g} m, expected a length above 0")
    shape = tuple(int(n) + 1 for n in np.ceil((bounds[1] - bounds[0]) / cell))
    if math.prod(shape) > MAX_POINTS:
        least = (np.prod(bounds[1] - bounds[0]) / MAX_POINTS) ** (1 / 3)
        raise SemnerfError(
            f"cell = {cell:g} m asks for {math.prod(shape):,} points, expected at most {MAX_POINTS:,}: "
            f"a cell of {1.05 * least:.2g} m or more"
        )
    x, y, z = shape
    return x, y, z


def sample_density(
    field: Field,
    bounds: Float[np.ndarray, "2 3"],
    class_names: tuple[str, ...],
    cell: float = CELL,
    device: torch.device | None = None,
) -> LearntSurface:
    """Asks a field for its density on a lattice over a box, a slab at a time.

    Args:
        bounds: lower and upper corner, metres.
        cell: distance of the lattice's points, metres.

    Raises:
        SemnerfError: see `lattice`.
    """
    shape, device = lattice(bounds, cell), device or torch.device("cpu")
    log_density = np.empty(shape, dtype=np.float32)
    count, flat = log_density.size, log_density.reshape(-1)
    with torch.inference_mode():
        for start in range(0, count, CHUNK):
            index = np.unravel_index(np.arange(start, min(start + CHUNK, count)), shape)
            points = torch.from_numpy(bounds[0] + cell * np.stack(index, axis=-1)).float()
            sigma = ask(field, points, device).sigma[0].float()
            flat[start : start + CHUNK] = torch.log(sigma.clamp_min(FAINT)).cpu().numpy()
    return LearntSurface(field, log_density, bounds[0], cell, class_names, device)


def learnt_surface(model: Model, scene: Scene, cell: float = CELL) -> LearntSurface:
    """The density of a trained model over its scene.

    Raises:
        SemnerfError: see `lattice`.
    """
    field, device = field_of(model)
    return sample_density(field, box_of(model, scene), scene.class_names, cell, device)


def field_of(model: Model) -> tuple[Field, torch.device]:
    """The field that a model renders last, and where it lives."""
    assert isinstance(model, HierarchicalModel | ProposalModel)
    field = model.fine if isinstance(model, HierarchicalModel) else model.field
    return field, next(model.parameters()).device


def box_of(model: Model, scene: Scene, n_views: int = 24, width: int = 64) -> Float[np.ndarray, "2 3"]:
    """The scene's bounds where they are known, else a box around where the rays of training views end in the model.

    A hundredth of the rays is left out on each side of each axis: those that found no end.
    """
    if scene.bounds is not None:
        return scene.bounds
    camera = scene.intrinsics
    small = camera.resized(min(width, camera.width), max(1, round(camera.height * min(1, width / camera.width))))
    ids = scene.train_ids[:: max(1, len(scene.train_ids) // n_views)]
    ends = []
    for i in ids:
        depth = torch.from_numpy(render_view(model, small, scene.c2w[i], scene.near, scene.far).depth)
        ends.append(unproject(depth, small, torch.tensor(scene.c2w[i], dtype=torch.float32)).reshape(-1, 3).numpy())
    low, high = np.percentile(np.concatenate(ends), [1, 99], axis=0)
    return np.stack([low, high]) + [[-0.2], [0.2]]


def seen_faces(mesh: LabelledMesh, scene: Scene, width: int = 160) -> Bool[np.ndarray, "faces"]:
    """The faces that some training camera sees, and those that touch them at a corner.

    Args:
        width: pixels a row of the rays that are cast, within the camera's field of view.
    """
    caster, camera = RayCaster(mesh), scene.intrinsics
    fine = camera.resized(width, max(1, round(camera.height * width / camera.width)))

    def hit(i: int) -> np.ndarray:
        rays_o, rays_d = get_rays(fine, torch.tensor(scene.c2w[i], dtype=torch.float32))
        face = caster.hits(rays_o.reshape(-1, 3).numpy(), rays_d.reshape(-1, 3).numpy())["face"]
        return np.unique(face[face >= 0])

    seen = np.zeros(len(mesh.faces), dtype=bool)
    with on_cores(hit, scene.train_ids, torch.device("cpu")) as hits:
        for faces in hits:
            seen[faces] = True
    corners = np.zeros(len(mesh.vertices), dtype=bool)
    corners[mesh.faces[seen]] = True
    return corners[mesh.faces].any(1)


def part_of(mesh: LabelledMesh, kept: Bool[np.ndarray, "faces"]) -> LabelledMesh:
    """Some of a mesh's faces, with the vertices that they need.

    Raises:
        SemnerfError: no face is kept.
    """
    used, faces = np.unique(mesh.faces[kept], return_inverse=True)
    return replace(
        mesh,
        vertices=mesh.vertices[used],
        faces=faces.reshape(-1, 3).astype(np.int32),
        face_labels=mesh.face_labels[kept],
        face_colours=mesh.face_colours[kept],
        face_objects=mesh.face_objects[kept],
    )


def simplified(mesh: LabelledMesh, side: float) -> LabelledMesh:
    """A coarser mesh, for looking at: vertices in one cube of a lattice become their mean [Rossignac and Borrel 1993].

    Args:
        side: of the cubes, metres. Faces that lose a corner go, and all but one of those with the same corners.
    """
    cubes = np.floor((mesh.vertices - mesh.vertices.min(0)) / side).astype(np.int64)
    _, cube, count = np.unique(np.ravel_multi_index(cubes.T, cubes.max(0) + 1), return_inverse=True, return_counts=True)
    sums = [np.bincount(cube, weights=axis) for axis in mesh.vertices.T]
    faces = cube[mesh.faces]
    whole = (faces != np.roll(faces, 1, axis=1)).all(1)
    _, first = np.unique(np.sort(faces, axis=1), axis=0, return_index=True)
    kept = np.zeros(len(faces), dtype=bool)
    kept[first] = True
    merged = replace(
        mesh, vertices=(np.stack(sums, axis=-1) / count[:, None]).astype(np.float32), faces=faces.astype(np.int32)
    )
    return part_of(merged, kept & whole)
