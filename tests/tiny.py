"""A scene in closed form, for tests: a box of a room with a sphere in it, 16x12 pixels."""

from __future__ import annotations

import numpy as np

from semnerf_lib.cameras import Intrinsics, look_at
from semnerf_lib.config import Config
from semnerf_lib.experiments.presets import preset
from semnerf_lib.scene import VOID, Scene

LOWER, UPPER = np.array([-2.0, -1.5, 0.0]), np.array([2.0, 1.5, 2.4])
CENTRE, RADIUS = np.array([1.0, 0.5, 0.8]), 0.5
NAMES = ("wall x-", "wall x+", "wall y-", "wall y+", "floor", "ceiling", "sphere")
COLOURS = np.array(
    [[200, 60, 60], [60, 200, 60], [60, 60, 200], [200, 200, 60], [120, 90, 60], [230, 230, 230], [200, 60, 200]]
)


def cast(rays_o: np.ndarray, rays_d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Depth (metres, along z of the rays) and class of what rays (n, 3) meet first."""
    sides = np.where(rays_d > 0, UPPER, LOWER)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(rays_d == 0, np.inf, (sides - rays_o) / rays_d)
    axis = z.argmin(-1)
    depth, labels = z.min(-1), 2 * axis + (np.take_along_axis(rays_d, axis[:, None], 1)[:, 0] > 0)
    a, b = (rays_d**2).sum(-1), ((rays_o - CENTRE) * rays_d).sum(-1)
    root = b**2 - a * (((rays_o - CENTRE) ** 2).sum(-1) - RADIUS**2)
    near = (-b - np.sqrt(np.maximum(root, 0))) / a
    hit = (root > 0) & (near > 0) & (near < depth)
    return np.where(hit, near, depth), np.where(hit, 6, labels)


def make_tiny_scene(n_frames: int = 12, width: int = 16, height: int = 12, known_bounds: bool = True) -> Scene:
    """Frames all around from near the middle; every 4th is for testing; a corner of each image is void."""
    camera = Intrinsics.from_hfov(width, height)
    angles = np.linspace(0, 2 * np.pi, n_frames, endpoint=False)
    c2w = np.stack(
        [
            look_at((-0.5 * np.cos(t), -0.3, 1.2), (2 * np.cos(t), 2 * np.sin(t), 1.0 + 0.3 * np.cos(2 * t)))
            for t in angles
        ]
    )
    v, u = np.mgrid[:height, :width]
    d_camera = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones_like(u, float)], -1)
    images = [cast(np.broadcast_to(p[:3, 3], (width * height, 3)), d_camera.reshape(-1, 3) @ p[:3, :3].T) for p in c2w]
    depth = np.stack([z for z, _ in images]).reshape(n_frames, height, width).astype(np.float32)
    labels = np.stack([k for _, k in images]).reshape(n_frames, height, width).astype(np.uint8)
    rgb = COLOURS[labels].astype(np.uint8)
    labels[:, :2, :3] = VOID
    return Scene(
        "tiny",
        labels,
        c2w,
        camera,
        NAMES,
        tuple(i for i in range(n_frames) if i % 4),
        tuple(range(0, n_frames, 4)),
        rgb,
        depth,
        np.stack([LOWER, UPPER]) if known_bounds else None,
    )


def tiny_config(field: str = "grid", **changes) -> Config:
    """A smoke preset cut down to fractions of a second."""
    small = dict(iterations=30, n_rays=64, n_samples=12, n_importance=8, precision="float32")
    small |= dict(width=16, depth=3, n_octaves=4) if field == "mlp" else dict(cells_finest=20_000)
    return preset("smoke", field, **(small | changes))
