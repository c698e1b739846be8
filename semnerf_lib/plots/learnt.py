"""Pictures of what was learnt in space: a mesh seen from above through the walls, a field's density in plan."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from semnerf_lib.cameras import Intrinsics, get_rays, look_at
from semnerf_lib.palette import colourise
from semnerf_lib.plots.images import class_legend
from semnerf_lib.scenes.raycast import LabelledMesh, RayCaster
from semnerf_lib.scenes.triangles import area_vectors, normals
from semnerf_lib.surfaces.comparison import TrueSurface
from semnerf_lib.surfaces.culling import part_of
from semnerf_lib.surfaces.meshes import LearntSurface

LAMP = np.array([0.25, -0.35, 0.9])
"""Towards the light above a mesh."""
AMBIENT, FRONT, ABOVE = 0.45, 0.2, 0.45
"""Shares of a colour that are lit from everywhere, from the viewer, and from above."""
FAR_OFF = 0.2
"""Distance to the truth that gets the strongest colour, metres."""
SIDES = "RdBu_r"
"""Colour map of signed distances to the true surface, as of depth errors: too far is blue, too near is red."""


def facing(mesh: LabelledMesh, eye: Float[np.ndarray, "3"]) -> Bool[np.ndarray, "faces"]:
    """The faces whose front is towards a point. Without the others, the room is visible through its walls."""
    middle = mesh.vertices[mesh.faces].mean(1)
    return ((eye - middle) * normals(mesh.vertices, mesh.faces)).sum(-1) > 0


def smooth_normals(mesh: LabelledMesh) -> Float[np.ndarray, "vertices 3"]:
    """At each vertex the mean normal of its faces, weighted by their areas."""
    across = np.repeat(area_vectors(mesh.vertices, mesh.faces), 3, axis=0)
    corners, n = mesh.faces.reshape(-1), len(mesh.vertices)
    sums = np.stack([np.bincount(corners, weights=axis, minlength=n) for axis in across.T], axis=-1)
    return sums / np.linalg.norm(sums, axis=-1, keepdims=True).clip(1e-12)


def side_colours(distance: Float[np.ndarray, "n"]) -> UInt8[np.ndarray, "n 3"]:
    """Signed distances (metres) in the colours of `SIDES`."""
    return (plt.get_cmap(SIDES)(Normalize(-FAR_OFF, FAR_OFF)(distance))[:, :3] * 255).astype(np.uint8)


def seen_from(
    mesh: LabelledMesh, colours: UInt8[np.ndarray, "faces 3"], eye: Float[np.ndarray, "3"], width: int = 1000
) -> UInt8[np.ndarray, "height width 3"]:
    """A picture of a mesh from a point outside, only the faces towards it; on white, without margins."""
    kept = facing(mesh, eye)
    part, paint = part_of(mesh, kept), colours[kept]
    camera = Intrinsics.from_hfov(width, width, 75.0)
    c2w = torch.tensor(look_at(eye, mesh.bounds.mean(0)), dtype=torch.float32)
    rays_o, rays_d = (rays.reshape(-1, 3).numpy() for rays in get_rays(camera, c2w))
    hits = RayCaster(part).hits(rays_o, rays_d)
    face = hits["face"]
    corners = np.stack([1 - hits["u"] - hits["v"], hits["u"], hits["v"]], axis=-1)
    across = (corners[..., None] * smooth_normals(part)[part.faces[face]]).sum(1)
    across /= np.linalg.norm(across, axis=-1, keepdims=True).clip(1e-9)
    towards = -(across * rays_d).sum(-1) / np.linalg.norm(rays_d, axis=-1)
    light = AMBIENT + FRONT * towards.clip(0) + ABOVE * (across @ LAMP).clip(0)
    image = (paint[face] * light[:, None]).clip(0, 255)
    hit = (face >= 0).reshape(width, width)
    rows, columns = (np.flatnonzero(hit.any(axis)) for axis in (1, 0))
    image = np.where((face >= 0)[:, None], image, 255).astype(np.uint8).reshape(width, width, 3)
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def room_picture(mesh: LabelledMesh, eye: Float[np.ndarray, "3"], title: str) -> Figure:
    """A learnt room from above, in the colours of its classes.

    Args:
        eye: position of the viewer, metres.
    """
    figure, ax = plt.subplots(figsize=(7.2, 6.0))
    _view(ax, seen_from(mesh, colourise(mesh.face_labels), eye))
    figure.suptitle(title, x=0.01, ha="left")
    class_legend(figure, mesh.face_labels, mesh.class_names)
    return figure


def _view(ax: plt.Axes, image: UInt8[np.ndarray, "height width 3"]) -> None:
    ax.imshow(image, interpolation="antialiased")  # it has more pixels than the figure
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def loose_walls(
    mesh: LabelledMesh,
    surface: LearntSurface,
    truth: TrueSurface,
    eye: Float[np.ndarray, "3"],
    height: float,
    title: str = "How far the learnt surface is off",
) -> Figure:
    """How far a learnt surface lies from the true one, and why: the density around it, in plan.

    The density is dark and thin where a boundary between classes says where a surface is, and spread out inside
    a region of one class: nothing there fixes the depth.

    Args:
        mesh: the learnt surface (see `tsdf.where_rays_end`).
        surface: the density.
        eye: position of the viewer, metres.
        height: of the plan, metres.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.6))
    distance = truth.signed_distance(mesh.vertices[mesh.faces].mean(1))
    _view(left, seen_from(mesh, side_colours(distance), eye))
    left.set_title("what is off: the surface where rays end")
    scale = plt.cm.ScalarMappable(Normalize(-100 * FAR_OFF, 100 * FAR_OFF), SIDES)
    where = dict(orientation="horizontal", shrink=0.8, extend="both")
    figure.colorbar(scale, ax=left, label="cm too near (red) or too far (blue)", **where)
    low, cell, size = surface.origin, surface.cell, surface.log_density.shape
    level = int(np.clip(round((height - low[2]) / cell), 0, size[2] - 1))
    high = low + cell * (np.array(size) - 1)
    extent = (low[0] - cell / 2, high[0] + cell / 2, low[1] - cell / 2, high[1] + cell / 2)
    density = surface.log_density[:, :, level].T / np.log(10)
    drawn = right.imshow(density, origin="lower", extent=extent, cmap="Greys", vmin=-1, vmax=2)
    near = np.abs(truth.points[:, 2] - height) < cell / 2
    right.scatter(*truth.points[near, :2].T, s=2, c=colourise(truth.labels[near]) / 255, linewidths=0)
    right.set(xlabel="x (m)", ylabel="y (m)", aspect="equal", title=f"why: what was learnt, in plan at {height:g} m")
    bar = figure.colorbar(drawn, ax=right, label="density σ (1/m); in colour: the true surfaces", **where)
    bar.set_ticks([-1, 0, 1, 2], labels=["0.1", "1", "10", "100"])
    figure.suptitle(title, x=0.01, ha="left")
    class_legend(figure, truth.labels[near], surface.class_names)
    return figure
