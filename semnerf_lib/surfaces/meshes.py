"""The learnt room as a labelled mesh: marching cubes on a field's density, a class for each face from its logits.

`tsdf` makes another surface, the one at which rays end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8

from semnerf_lib.cameras import unproject
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import render_view
from semnerf_lib.models import HierarchicalModel, Model, ProposalModel
from semnerf_lib.palette import palette
from semnerf_lib.rendering import Field, FieldOutput
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.raycast import LabelledMesh
from semnerf_lib.scenes.triangles import normals

CELL = 0.04
"""Side of a cell of marching cubes, metres: about that of the grid field's finest grid at laptop scale."""
HALVING = 0.2
"""Metres after which half of the light is absorbed at the density that counts as a surface. A wall learnt from labels
alone is fog, some decimetres thick: at a higher density it has more holes, at a lower one it fills the room."""
MAX_POINTS = 2**26
"""Points at which a density may be sampled: 256 MiB of float32."""
CHUNK = 2**17
"""Points at which a field is evaluated at once; this bounds the memory."""
FAINT = 1e-3
"""Density in 1/m that counts as nothing: over ten metres it takes a hundredth of the light."""


@dataclass(frozen=True, eq=False)
class LearntSurface:
    """A field's density, sampled on a lattice, from which a surface of any level can be extracted.

    Attributes:
        field: the field (see `rendering.Field`); it gives the classes of the surface.
        log_density: (X, Y, Z) float32, log of max(sigma, FAINT) in 1/m.
        origin: (3,) where its first point lies, metres.
        cell: distance of neighbouring points, metres.
        class_names: C names.
        device: of the field.
    """

    field: Field
    log_density: Float[np.ndarray, "x y z"]
    origin: Float[np.ndarray, "3"]
    cell: float
    class_names: tuple[str, ...]
    device: torch.device

    @cached_property
    def default_level(self) -> float:
        """ln 2 / `HALVING` in 1/m. If almost the whole field is thinner, as before training: the density that a point
        in fifty exceeds."""
        return min(math.log(2) / HALVING, float(np.exp(np.percentile(self.log_density, 98))))

    @property
    def levels(self) -> tuple[float, float]:
        """The least and the largest density, 1/m; surfaces exist between them."""
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
    valid: Bool[np.ndarray, "x y z"] | None = None,
) -> tuple[Float[np.ndarray, "v 3"], Int[np.ndarray, "f 3"]]:
    """Marching cubes [Lorensen and Cline 1987; scikit-image's] on a lattice, counter-clockwise seen from below `value`.

    Args:
        origin: where the lattice begins, metres. cell: distance of its points, metres.
        valid: the points whose values count; no surface is made between others.

    Returns:
        Vertices in metres, and triangles.

    Raises:
        SemnerfError: no surface.
    """
    from skimage.measure import marching_cubes

    try:
        vertices, faces, _, _ = marching_cubes(
            values, value, spacing=(cell,) * 3, gradient_direction="ascent", mask=valid
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
    """Triangles with a class each: the most probable class one cell behind their centre. There most of the light is
    absorbed; at the surface itself it only begins to be."""
    labels = labels_at(field, vertices[faces].mean(1) - cell * normals(vertices, faces), device)
    nobody = np.zeros(len(faces), dtype=np.int32)
    return LabelledMesh(vertices, faces, labels, class_names, palette(len(class_names))[labels], nobody)


@torch.inference_mode()
def labels_at(field: Field, points: Float[np.ndarray, "n 3"], device: torch.device) -> UInt8[np.ndarray, "n"]:
    """A field's most probable class at points (metres), in bounded memory."""
    outputs = (query(field, chunk, device) for chunk in torch.from_numpy(points).float().split(CHUNK))
    return torch.cat([out.sem_logits[0].argmax(-1) for out in outputs]).byte().cpu().numpy()


def query(field: Field, points: Float[torch.Tensor, "points 3"], device: torch.device) -> FieldOutput:
    """The field at points, as samples of one ray upwards: density and classes do not depend on the direction."""
    return field(points[None].to(device), torch.tensor([[0.0, 0.0, 1.0]], device=device))


def lattice(bounds: Float[np.ndarray, "2 3"], cell: float) -> tuple[int, int, int]:
    """Numbers of points along x, y, z that fill a box at distances of `cell`, from its lower corner.

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
    """Evaluates a field's density on a lattice over a box, chunk by chunk.

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
            sigma = query(field, points, device).sigma[0].float()
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
    """The field that a model renders last, and its device."""
    assert isinstance(model, HierarchicalModel | ProposalModel)
    field = model.fine if isinstance(model, HierarchicalModel) else model.field
    return field, next(model.parameters()).device


def box_of(model: Model, scene: Scene, n_views: int = 24, width: int = 64) -> Float[np.ndarray, "2 3"]:
    """The scene's bounds if they are known, else a box around the points where the rays of training views end.

    On each side of each axis a hundredth of the rays is left out: those that end nowhere.
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
