"""A learnt surface compared with the true one: the distances between them, their sign, and the share that is close.

Both surfaces are compared only where training cameras see them: neither the field nor the true frames know what is
hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int, UInt8
from scipy.spatial import KDTree

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.cores import in_threads
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.raycast import LabelledMesh
from semnerf_lib.scenes.triangles import areas

SPACING = 0.02
"""Distance of neighbouring points on a surface, metres; distances are accurate to about half of it."""
THRESHOLDS = (0.05, 0.10)
"""Distances in metres that count as close."""
MAX_SAMPLES = 2_000_000
"""Points on a learnt surface; on a larger surface they lie farther apart."""
MAX_QUERIES = 100_000
"""Points of each surface whose distance to the other one is computed: shares are accurate to a third of a per cent."""
QUERIES_AT_ONCE = 1000
"""Points of one call of scipy's, which Ctrl-C waits for."""


def nearest_of(
    tree: KDTree, points: Float[np.ndarray, "queries 3"]
) -> tuple[Float[np.ndarray, "queries"], Int[np.ndarray, "queries"]]:
    """For each point the distance to the nearest one of a tree, and its number; on all cores.

    Scipy's own `workers` would free, at Ctrl-C, what its threads still write to.
    """
    distance, nearest = np.empty(len(points)), np.empty(len(points), dtype=np.intp)

    def some(start: int, stop: int) -> None:
        distance[start:stop], nearest[start:stop] = tree.query(points[start:stop])

    in_threads(len(points), some, QUERIES_AT_ONCE)
    return distance, nearest


@dataclass(frozen=True, eq=False)
class TrueSurface:
    """Points of the true surface where training views see it, about one in each cell of side `spacing`.

    Attributes:
        points: (P, 3) metres.
        labels: (P,) their class or VOID.
        eyes: (P, 3) position of the camera that saw each: on the free side of the surface.
    """

    points: Float[np.ndarray, "points 3"]
    labels: UInt8[np.ndarray, "points"]
    eyes: Float[np.ndarray, "points 3"]

    @cached_property
    def tree(self) -> KDTree:
        return KDTree(self.points)

    def signed_distance(self, points: Float[np.ndarray, "queries 3"]) -> Float[np.ndarray, "queries"]:
        """Metres to the nearest true point; above 0 in front of the surface, where it is free, below 0 behind it."""
        distance, nearest = nearest_of(self.tree, points)
        outwards = self.eyes[nearest] - self.points[nearest]
        side = np.sign(((points - self.points[nearest]) * outwards).sum(-1))
        return (distance * side).astype(np.float32)


@dataclass(frozen=True)
class SurfaceScores:
    """What `compare` finds. Lengths in metres, shares in 0 ... 1.

    Attributes:
        accuracy, accuracy_median: distance from points of the learnt surface to the true one.
        completeness, completeness_median: from points of the true surface to the learnt one.
        precision, recall, f_score: for each threshold, the share of learnt points closer than that to the truth, the
            share of true points closer than that to what was learnt, and their harmonic mean.
        right_class: share of the learnt points whose class is that of the nearest true point, void not counted.
        thresholds: metres.
    """

    accuracy: float
    accuracy_median: float
    completeness: float
    completeness_median: float
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    f_score: tuple[float, ...]
    right_class: float
    thresholds: tuple[float, ...]

    def rows(self) -> list[dict[str, object]]:
        """One row a score, for `tables.table`."""
        rows: list[dict[str, object]] = [
            {"score": "accuracy: learnt to true, mean (median)", "value": _cm(self.accuracy, self.accuracy_median)},
            {
                "score": "completeness: true to learnt, mean (median)",
                "value": _cm(self.completeness, self.completeness_median),
            },
        ]
        for t, *shares in zip(self.thresholds, self.precision, self.recall, self.f_score, strict=True):
            names = ("precision: learnt", "recall: true", "F-score")
            rows += [
                {"score": f"{n} within {100 * t:g} cm", "value": f"{s:.1%}"} for n, s in zip(names, shares, strict=True)
            ]
        return [*rows, {"score": "class of the nearest true point", "value": f"{self.right_class:.1%}"}]


def _cm(mean: float, median: float) -> str:
    return f"{100 * mean:.1f} cm ({100 * median:.1f} cm)"


def true_surface(scene: Scene, spacing: float = SPACING) -> TrueSurface:
    """The true surface as the training frames' depth has it, thinned to one point in each cell of side `spacing`.

    Frames of a mesh or of a made room are ray-cast, so that their depth lies on the mesh itself.

    Raises:
        SemnerfError: the scene has no depth.
    """
    if scene.depth is None:
        raise SemnerfError(f"scene {scene.name} has no depth, expected some to compare a learnt surface with")
    surfaces = [surface_in(scene, i, scene.depth[i]) for i in scene.train_ids]
    valid = [scene.depth[i] > 0 for i in scene.train_ids]
    points = np.concatenate([p[k] for p, k in zip(surfaces, valid, strict=True)])
    labels = np.concatenate([scene.labels[i][k] for i, k in zip(scene.train_ids, valid, strict=True)])
    frames = np.repeat(scene.train_ids, [k.sum() for k in valid])
    if not len(points):
        raise SemnerfError(f"scene {scene.name}: no known depth in its training frames, expected some")
    kept = voxel_downsample(points, spacing)
    return TrueSurface(points[kept], labels[kept], scene.c2w[frames[kept], :3, 3].astype(np.float32))


def surface_in(scene: Scene, i: int, depth: Float[np.ndarray, "height width"]) -> Float[np.ndarray, "height width 3"]:
    """The surface point in each pixel of frame i, p = o + z d (see `cameras.unproject`), for a true or learnt depth."""
    v, u = np.mgrid[: scene.intrinsics.height, : scene.intrinsics.width].astype(np.float32)
    x, y = (u - scene.intrinsics.cx) / scene.intrinsics.fx, (v - scene.intrinsics.cy) / scene.intrinsics.fy
    local = depth[..., None] * np.stack([x, y, np.ones_like(x)], axis=-1)
    return (local @ scene.c2w[i, :3, :3].T + scene.c2w[i, :3, 3]).astype(np.float32)


def voxel_downsample(points: Float[np.ndarray, "points 3"], side: float) -> Int[np.ndarray, "kept"]:
    """Indices of the first point in each cell of a lattice: they cover a surface evenly, however often it was seen."""
    cells = np.floor((points - points.min(0)) / side).astype(np.int64)
    return np.unique(np.ravel_multi_index(cells.T, cells.max(0) + 1), return_index=True)[1]


def sample_surface(mesh: LabelledMesh, spacing: float = SPACING, seed: int = 0):
    """Random points spread evenly over a mesh, one in a square of side `spacing`, at most `MAX_SAMPLES`.

    Returns:
        points (N, 3) float32, metres, and the face of each (N,).
    """
    rng, area = np.random.default_rng(seed), areas(mesh.vertices, mesh.faces)
    count = int(np.clip(area.sum() / spacing**2, 1, MAX_SAMPLES))
    faces = np.searchsorted(np.cumsum(area) / area.sum(), rng.random(count)).clip(0, len(area) - 1)
    u, v = rng.random((2, count, 1))
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
    a, b, c = (mesh.vertices[mesh.faces[faces, k]] for k in range(3))
    return (a + u * (b - a) + v * (c - a)).astype(np.float32), faces


def compare(mesh: LabelledMesh, truth: TrueSurface, thresholds: Sequence[float] = THRESHOLDS) -> SurfaceScores:
    """The distance between a learnt surface M and the true one T, in both directions.

        accuracy = mean_{m in M} d(m, T),   completeness = mean_{t in T} d(t, M),   d(p, S) = min_{s in S} |p - s|
        P(r) = share of M with d(m, T) < r,   R(r) = share of T with d(t, M) < r,   F(r) = 2 P R / (P + R)

    M and T are points spread evenly over the surfaces. So d is accurate to about half their `SPACING`, and a surface
    compared with itself scores that much rather than 0. The two distances are those of Seitz et al. 2006 (A Comparison
    and Evaluation of Multi-View Stereo Reconstruction Algorithms, sec. 4), as means instead of percentiles; P, R and F
    are those of Knapitsch et al. 2017 (Tanks and Temples, sec. 4).

    Args:
        mesh: of the learnt surface, only what training cameras see (see `culling.seen_faces`).
        truth: likewise (see `true_surface`).
        thresholds: r, metres.

    Returns:
        Lengths in metres, shares in 0 ... 1, and the share of M whose class is that of the nearest true point.
    """
    points, faces = sample_surface(mesh)
    chosen = np.random.default_rng(0).permutation(len(truth.points))[:MAX_QUERIES]
    back, _ = nearest_of(KDTree(points), truth.points[chosen])
    faces = faces[:MAX_QUERIES]  # they come in random order
    there, nearest = nearest_of(truth.tree, points[:MAX_QUERIES])
    precision, recall = (tuple(float((d < t).mean()) for t in thresholds) for d in (there, back))
    true_labels = truth.labels[nearest]
    right = (mesh.face_labels[faces] == true_labels)[true_labels != VOID]
    return SurfaceScores(
        float(there.mean()),
        float(np.median(there)),
        float(back.mean()),
        float(np.median(back)),
        precision,
        recall,
        tuple(2 * p * r / max(p + r, 1e-12) for p, r in zip(precision, recall, strict=True)),
        float(right.mean()) if len(right) else float("nan"),
        tuple(thresholds),
    )
