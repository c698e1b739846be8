"""Camera paths inside a mesh: P2's kind, smooth splines through random viewpoints and look-at targets."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import BSpline
from scipy.ndimage import distance_transform_edt, label
from scipy.spatial import cKDTree  # ty: ignore[missing-module-member]: compiled

from semnerf_lib.cameras import look_at
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scenes.raycast import LabelledMesh, RayCaster
from semnerf_lib.scenes.triangles import areas


class NoRoomError(SemnerfError):
    """Nothing in the mesh encloses a camera."""


CLEARANCE = 0.28
"""Metres that every camera keeps from every surface."""


def surface_points(mesh: LabelledMesh, spacing: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Random points on the faces, about one each spacing^2 and at least one a face: (n, 3), and their faces (n,)."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]].astype(np.float64) for k in range(3))
    area = areas(mesh.vertices, mesh.faces)
    face = np.repeat(np.arange(len(area)), np.maximum(np.ceil(2 * area / spacing**2), 1).astype(int))
    u, v = rng.uniform(size=(2, len(face)))
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
    return a[face] + u[:, None] * (b - a)[face] + v[:, None] * (c - a)[face], face


def _enclosed(mesh: LabelledMesh, points: np.ndarray) -> np.ndarray:
    """Whether surfaces lie in at least six of the eight diagonal directions: inside a room, not beside the building."""
    caster = RayCaster(mesh)
    corners = np.stack(np.meshgrid(*[[-1.0, 1.0]] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    return sum((caster.hits(points, np.broadcast_to(d, points.shape))["face"] >= 0).astype(int) for d in corners) >= 6  # ty: ignore


class FreeSpace:
    """Where a camera may be: the largest connected part of the mesh's inside that keeps `clearance` from surfaces.

    A camera that starts there and keeps its distance can't end inside furniture: it would have to pass a surface.

    Attributes:
        points, faces: samples of the surfaces and the face of each.
        places: (n, 3) grid points where a camera may be.
    """

    def __init__(self, mesh: LabelledMesh, bounds: np.ndarray, clearance: float, rng: np.random.Generator):
        extent = float((bounds[1] - bounds[0]).max())
        cell = max(0.06, extent / 160)
        self.clearance, self.step = clearance, max(0.08, cell / 8)
        self.points, self.faces = surface_points(mesh, max(0.03, extent / 250), rng)
        self._tree = cKDTree(self.points)
        shape = np.ceil((bounds[1] - bounds[0]) / cell).astype(int) + 1
        index = ((self.points - bounds[0]) / cell).round().astype(int)
        index = index[((index >= 0) & (index < shape)).all(1)]
        open_cells = np.ones(shape, dtype=bool)
        open_cells[tuple(index.T)] = False
        free = distance_transform_edt(open_cells) * cell > clearance + cell
        cells = np.argwhere(free)
        free[tuple(cells.T)] = _enclosed(mesh, bounds[0] + cells * cell)
        parts, _ = label(free)
        sizes = np.bincount(parts.reshape(-1))
        sizes[0] = 0
        if sizes.max(initial=0) == 0:
            raise NoRoomError(
                f"trajectory: no place in the mesh is {clearance} m from every surface, expected a room to stand in"
            )
        self.places = bounds[0] + np.argwhere(parts == sizes.argmax()) * cell

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Metres from each point (n, 3) to the nearest sampled surface."""
        return self._tree.query(points)[0]

    def line_is_free(self, a: np.ndarray, b: np.ndarray) -> bool:
        steps = max(2, int(np.linalg.norm(b - a) / self.step))
        return bool(self.distance(a + np.linspace(0, 1, steps)[:, None] * (b - a)).min() > self.clearance + 0.02)


def _smooth(controls: np.ndarray, n_frames: int) -> np.ndarray:
    """A uniform cubic B-spline at n_frames even times: it stays within the hull of each four controls."""
    controls = np.concatenate([controls[:1], controls[:1], controls, controls[-1:], controls[-1:]])
    knots = np.arange(len(controls) + 4) - 3.0
    return BSpline(knots, controls, 3)(np.linspace(0, len(controls) - 3 - 1e-9, n_frames))


def _waypoints(space: FreeSpace, count: int, heights, up: int, rng: np.random.Generator) -> np.ndarray:
    """Places joined by free straight lines, 0.6 to 3 m apart where the mesh has the room."""
    usable = space.places[(space.places[:, up] >= heights[0]) & (space.places[:, up] <= heights[1])]
    if len(usable) < count:
        usable = space.places
    reach = np.linalg.norm(np.ptp(usable, axis=0))
    way = [usable[rng.integers(len(usable))]]
    while len(way) < count:
        for attempt in range(400):
            near = usable[rng.integers(len(usable))]
            length = np.linalg.norm(near - way[-1])
            if (attempt > 200 or 0.12 * reach < length < 0.5 * reach) and space.line_is_free(way[-1], near):
                way.append(near)
                break
        else:
            raise SemnerfError("trajectory: no free way on from a viewpoint, expected a room to move in")
    return np.array(way)


def fly_through(
    mesh: LabelledMesh,
    n_frames: int = 900,
    n_waypoints: int = 60,
    seed: int = 0,
    heights: tuple[float, float] = (0.5, 2.0),
    clearance: float = CLEARANCE,
    up: int = 2,
    stream: int = 0,
) -> np.ndarray:
    """A camera that wanders through the free space of a mesh and looks at one random object after another.

    Viewpoints are joined by straight free lines, directions (yaw and pitch) are those towards random surface points
    of random objects; both are then smoothed by cubic B-splines, the way with as many controls to a line as it takes
    to keep every camera `clearance` from every surface.

    Args:
        mesh: what to fly through.
        heights: lowest and highest viewpoint, metres along the `up` axis.
        clearance: metres to every surface.
        up: the axis that points up (its positive direction).
        stream: with `seed`, what the random numbers start from.

    Returns:
        (n_frames, 4, 4) float64 poses, OpenCV axes.

    Raises:
        SemnerfError: the mesh has no room for a camera.
    """
    rng = np.random.default_rng([seed, 900, stream])
    space = FreeSpace(mesh, mesh.bounds, clearance, rng)
    way = _waypoints(space, n_waypoints, heights, up, rng)
    side = [axis for axis in range(3) if axis != up]
    objects = np.unique(mesh.face_objects)
    object_of_point = mesh.face_objects[space.faces]
    yaws, pitches = [], []
    for eye in way:
        yaw = pitch = 0.0
        for _ in range(60):
            of_object = np.flatnonzero(object_of_point == objects[rng.integers(len(objects))])
            to = space.points[of_object[rng.integers(len(of_object))]] - eye
            flat = np.hypot(*to[side])
            yaw, pitch = np.arctan2(to[side[1]], to[side[0]]), np.clip(np.arctan2(to[up], flat), -0.95, 0.6)
            turn = 0.0 if not yaws else (yaw - yaws[-1] + np.pi) % (2 * np.pi) - np.pi
            if flat > 1.0 and abs(turn) < 1.7:
                break
        turn = 0.0 if not yaws else (yaw - yaws[-1] + np.pi) % (2 * np.pi) - np.pi
        yaws.append(yaw if not yaws else yaws[-1] + turn)
        pitches.append(pitch)
    for parts in (3, 6, 12, 24):
        share = np.linspace(0, 1, parts + 1)[:-1, None]
        controls = np.concatenate([a + share * (b - a) for a, b in zip(way[:-1], way[1:], strict=True)] + [way[-1:]])
        centres = _smooth(controls, n_frames)
        if space.distance(centres).min() >= clearance:
            break
    yaw, pitch = _smooth(np.stack([yaws, pitches], axis=-1), n_frames).T * [[1.0], [1.35]]
    ahead = np.zeros((n_frames, 3))
    ahead[:, side[0]], ahead[:, side[1]] = np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw)
    ahead[:, up] = np.sin(pitch)
    return np.stack([look_at(c, c + d, np.eye(3)[up]) for c, d in zip(centres, ahead, strict=True)])


def orbit(mesh: LabelledMesh, n_frames: int = 900, seed: int = 0) -> np.ndarray:
    """A camera that circles a mesh, three times round from its upper side down to its middle, and looks at its centre.

    The sphere around the mesh fits into a view of 73 degrees, which a 4:3 image of 90 degrees has from top to bottom.

    Args:
        seed: where the circle begins.

    Returns:
        (n_frames, 4, 4) float64 poses, OpenCV axes, z up.
    """
    low, high = mesh.bounds
    centre, radius = (low + high) / 2, np.linalg.norm(high - low) / 2
    turn = np.random.default_rng([seed, 901]).uniform(0, 2 * np.pi) + np.linspace(0, 6 * np.pi, n_frames)
    rise = np.radians(np.linspace(60, 0, n_frames))
    away = np.stack([np.cos(rise) * np.cos(turn), np.cos(rise) * np.sin(turn), np.sin(rise)], axis=-1)
    return np.stack([look_at(centre + 1.8 * radius * d, centre) for d in away])
