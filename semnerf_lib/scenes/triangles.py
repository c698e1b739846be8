"""Areas and normals of triangles, and polygons cut into triangles.

trimesh multiplies other sides of a triangle, which gives other last bits. Frames of the made rooms depend on these
numbers, and run ids on the frames.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32, Int

MAX_CORNERS = 100
"""Of a polygon that is cut ear by ear, since that takes as long as the square of their number."""


def area_vectors(vertices: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"]) -> Float[np.ndarray, "f 3"]:
    """(b - a) x (c - a) for each triangle a, b, c: along its normal, with twice its area as length."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return np.cross(b - a, c - a)


def areas(vertices: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"]) -> Float[np.ndarray, "f"]:
    """Area of each triangle, square metres, in double precision."""
    return np.linalg.norm(area_vectors(vertices.astype(np.float64), faces), axis=-1) / 2


def normals(vertices: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"]) -> Float32[np.ndarray, "f 3"]:
    """Unit normals, towards a viewer who sees the corners counter-clockwise; 0 for a triangle without area."""
    vectors = area_vectors(vertices, faces)
    return (vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)).astype(np.float32)


def cut_polygon(points: Float[np.ndarray, "corners 3"]) -> list[tuple[int, int, int]]:
    """Corners of triangles that cover a polygon: around its first corner where none of these is turned round, else ear
    by ear.

    >>> cut_polygon(np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]))
    [(0, 1, 2), (0, 2, 3)]
    >>> cut_polygon(np.array([[0, 2, 0], [0, 0, 0], [2, 0, 0], [2, 2, 0], [1, 0.5, 0]]))
    [(4, 0, 1), (4, 1, 2), (2, 3, 4)]
    """
    fan = [(0, k, k + 1) for k in range(1, len(points) - 1)]
    around = points - points[0]
    turns = np.cross(around[1:-1], around[2:])
    normal = turns.sum(0)
    if (turns @ normal >= 0).all() or len(points) > MAX_CORNERS:
        return fan
    axes = [k for k in range(3) if k != np.abs(normal).argmax()]
    (x, y), (u, v) = around[1:-1, axes].T, around[2:, axes].T
    side = np.sign((x * v - y * u).sum())
    left, cut, at, tried = list(range(len(points))), [], 0, 0
    while len(left) > 3 and tried < len(left):
        at %= len(left)
        a, b, c = left[at - 1], left[at], left[(at + 1) % len(left)]
        if _is_ear(around[:, axes], a, b, c, [k for k in left if k not in (a, b, c)], side):
            cut.append((a, b, c))
            left.pop(at)
            at, tried = at - 1, 0
        else:
            at, tried = at + 1, tried + 1
    if len(left) > 3:  # its sides cross: no ear is left
        return fan
    return [*cut, (left[0], left[1], left[2])]


def _is_ear(flat: np.ndarray, a: int, b: int, c: int, others: list[int], side: float) -> bool:
    """Whether a triangle lies inside a polygon (corners, 2), and none of its other corners in the triangle."""

    def turn(p, q, r):
        u, v = q - p, r - p
        return side * (u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0])

    p, q, r, points = flat[a], flat[b], flat[c], flat[others]
    inside = (turn(p, q, points) >= 0) & (turn(q, r, points) >= 0) & (turn(r, p, points) >= 0)
    apart = (points != p).any(-1) & (points != q).any(-1) & (points != r).any(-1)
    return bool(turn(p, q, r) > 0) and not (inside & apart).any()
