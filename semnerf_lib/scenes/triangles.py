"""Areas and normals of triangles.

trimesh multiplies other sides of a triangle, which gives other last bits. Frames of the made rooms depend on these
numbers, and run ids on the frames.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32, Int


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
