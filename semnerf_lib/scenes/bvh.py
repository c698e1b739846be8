"""First hits of rays on triangles by a tree of boxes, compiled by Numba: where Embree has no wheel (Linux on ARM)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from numba import njit

LEAF = 4
"""Triangles below which a box is not cut in two."""


@njit(nogil=True)
def _build(triangles):
    """Boxes (lower, upper corner), for each its first child (0: a leaf) and its range of triangles, and their order."""
    n = len(triangles)
    middle = (triangles[:, 0] + triangles[:, 1] + triangles[:, 2]) / 3
    order = np.arange(n)
    boxes, links = np.empty((2 * n + 1, 2, 3)), np.zeros((2 * n + 1, 3), dtype=np.int64)
    links[0, 2] = n
    used, at = 1, 0
    while at < used:
        start, stop = links[at, 1], links[at, 2]
        low, high, left, right = np.full(3, np.inf), np.full(3, -np.inf), np.full(3, np.inf), np.full(3, -np.inf)
        for i in order[start:stop]:
            for axis in range(3):
                for corner in range(3):
                    low[axis] = min(low[axis], triangles[i, corner, axis])
                    high[axis] = max(high[axis], triangles[i, corner, axis])
                left[axis], right[axis] = min(left[axis], middle[i, axis]), max(right[axis], middle[i, axis])
        boxes[at, 0], boxes[at, 1] = low, high
        if stop - start > LEAF:
            axis = np.argmax(right - left)
            order[start:stop] = order[start:stop][np.argsort(middle[order[start:stop], axis])]
            half = (start + stop) // 2
            links[at, 0] = used
            links[used, 1], links[used, 2], links[used + 1, 1], links[used + 1, 2] = start, half, half, stop
            used += 2
        at += 1
    return boxes[:used], links[:used], order


@njit(nogil=True)
def _enters(box, o, over, reach):
    """Whether the ray o + t d, with over = 1 / d, meets a box at 0 <= t < reach."""
    near, far = 0.0, reach
    for axis in range(3):
        a, b = (box[0, axis] - o[axis]) * over[axis], (box[1, axis] - o[axis]) * over[axis]
        if a == a and b == b:  # NaN: the ray lies in the box's side
            near, far = max(near, min(a, b)), min(far, max(a, b))
    return near <= far * (1 + 1e-12)


@njit(nogil=True)
def _meets(triangle, o, d):
    """t, u, v at which the ray o + t d meets a triangle [Moeller and Trumbore 1997]; t = inf where it doesn't."""
    e, f = triangle[1] - triangle[0], triangle[2] - triangle[0]
    p = np.cross(d, f)
    across = np.dot(e, p)
    if across == 0:
        return np.inf, 0.0, 0.0
    s = o - triangle[0]
    q = np.cross(s, e)
    u, v, t = np.dot(s, p) / across, np.dot(d, q) / across, np.dot(f, q) / across
    slack = 1e-9
    if u < -slack or v < -slack or u + v > 1 + slack or t <= 0:
        return np.inf, 0.0, 0.0
    return t, u, v


@njit(nogil=True)
def _trace(triangles, boxes, links, order, rays_o, rays_d, reach, face, out):
    stack = np.empty(128, dtype=np.int64)
    for r in range(len(rays_o)):
        o, d = rays_o[r], rays_d[r]
        over = 1 / d
        best, top = reach, 1
        stack[0] = 0
        while top:
            top -= 1
            at = stack[top]
            if not _enters(boxes[at], o, over, best):
                continue
            if links[at, 0]:
                stack[top], stack[top + 1] = links[at, 0], links[at, 0] + 1
                top += 2
                continue
            for k in range(links[at, 1], links[at, 2]):
                t, u, v = _meets(triangles[order[k]], o, d)
                if t < best:
                    best, face[r] = t, order[k]
                    out[r, 0], out[r, 1], out[r, 2] = t, u, v


class BoxTree:
    """Triangles, ready for rays; threads may share it.

    Args:
        triangles: (F, 3, 3), metres.
    """

    def __init__(self, triangles: Float32[np.ndarray, "f 3 3"]):
        self.triangles = triangles.astype(np.float64)
        self._tree = _build(self.triangles)

    def first(
        self, rays_o: Float[np.ndarray, "r 3"], rays_d: Float[np.ndarray, "r 3"], reach: float = np.inf
    ) -> tuple[Int[np.ndarray, "r"], Float32[np.ndarray, "r 3"]]:
        """The first triangle at 0 < t < reach on each ray o + t d, -1 for none, and t, u, v there."""
        rays_o, rays_d = (np.ascontiguousarray(a, dtype=np.float64) for a in (rays_o, rays_d))
        face, out = np.full(len(rays_o), -1, dtype=np.int32), np.zeros((len(rays_o), 3), dtype=np.float32)
        _trace(self.triangles, *self._tree, rays_o, rays_d, reach, face, out)
        return face, out

    def blocked(self, rays_o: Float[np.ndarray, "r 3"], rays_d: Float[np.ndarray, "r 3"]) -> Bool[np.ndarray, "r"]:
        """Whether a triangle lies between o and o + 0.999 d."""
        return self.first(rays_o, rays_d, 0.999)[0] >= 0
