"""Pinhole cameras and the rays of their pixels.

Axes are OpenCV's: x right, y down, z forward. Pixel coordinates are integers, so that the centre of an image of
width W lies at (W - 1) / 2. Lengths are metres. A ray direction has z = 1 in its camera, as in P2's code: the
parameter z along a ray is then the distance along the optical axis, which is what a depth map holds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from semnerf_lib.errors import SemnerfError

MAX_DISTANCE = 1e9
"""How far from the origin a camera may be, in whatever unit: a thousand kilometres in millimetres."""
MAX_OFFSET = 1e4
"""Metres from the origin beyond which numbers of 32 bits are coarser than a millimetre."""


@dataclass(frozen=True)
class Intrinsics:
    """A pinhole camera: image size and focal lengths in pixels, principal point in integer pixel coordinates.

    Raises:
        SemnerfError: no pixel; a focal length of less than a thousandth or more than a thousand times the larger side
            of the image; a principal point more than a hundred sides away.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self):
        if self.width < 1 or self.height < 1:
            raise SemnerfError(f"intrinsics: image size {self.width}x{self.height}, expected at least 1x1")
        for name in ("fx", "fy", "cx", "cy"):
            value = getattr(self, name)
            if not math.isfinite(value) or (name[0] == "f" and value <= 0):
                raise SemnerfError(f"intrinsics: {name} = {value}, expected a finite number, fx and fy above 0")
            sides = abs(value) / max(self.width, self.height)
            if sides > 1e3 or (name[0] == "c" and sides > 1e2) or (name[0] == "f" and sides < 1e-3):
                size = f"{self.width}x{self.height}"
                raise SemnerfError(f"intrinsics: {name} = {value}, expected a camera of {size} pixels")

    @classmethod
    def from_numbers(cls, values: Sequence[Any]) -> Intrinsics:
        """The camera of six values that a file holds: width, height, fx, fy, cx, cy.

        Raises:
            SemnerfError: one that is no number, a size that is not whole, or no camera.
        """
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in values)
        if not numbers or any(v != int(v) for v in values[:2]):
            raise SemnerfError(f"{list(values)}, expected numbers: width, height (whole), fx, fy, cx, cy")
        return cls(int(values[0]), int(values[1]), *map(float, values[2:]))

    @classmethod
    def from_hfov(cls, width: int, height: int, hfov: float = 90.0) -> Intrinsics:
        """Square pixels and a horizontal field of view in degrees: fx = fy = W / (2 tan(hfov / 2)) (P2: 90).

        >>> Intrinsics.from_hfov(320, 240)
        Intrinsics(width=320, height=240, fx=160.0, fy=160.0, cx=159.5, cy=119.5)
        """
        if not 0 < hfov < 180:
            raise SemnerfError(f"intrinsics: hfov = {hfov} degrees, expected a value between 0 and 180")
        focal = width / 2 if hfov == 90 else width / (2 * math.tan(math.radians(hfov) / 2))
        return cls(width, height, focal, focal, (width - 1) / 2, (height - 1) / 2)

    def resized(self, width: int, height: int) -> Intrinsics:
        """The same camera with another number of pixels: c' = (c + 1/2) s - 1/2, since pixel 0 spans [-1/2, 1/2]."""
        sx, sy = width / self.width, height / self.height
        return Intrinsics(
            width, height, self.fx * sx, self.fy * sy, (self.cx + 0.5) * sx - 0.5, (self.cy + 0.5) * sy - 0.5
        )


def ray_directions(
    intrinsics: Intrinsics, u: Float[Tensor, "*batch"], v: Float[Tensor, "*batch"]
) -> Float[Tensor, "*batch 3"]:
    """Directions of pixels in their camera: d = ((u - cx) / fx, (v - cy) / fy, 1), not normalised [P2, code].

    u is the column, v the row.
    """
    return torch.stack(
        [(u - intrinsics.cx) / intrinsics.fx, (v - intrinsics.cy) / intrinsics.fy, torch.ones_like(u)], dim=-1
    )


def pixel_grid(intrinsics: Intrinsics, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """Columns u and rows v of all pixels, each (H, W), as floats."""
    v, u = torch.meshgrid(
        torch.arange(intrinsics.height, dtype=torch.float32, device=device),
        torch.arange(intrinsics.width, dtype=torch.float32, device=device),
        indexing="ij",
    )
    return u, v


def rays_from_pixels(
    intrinsics: Intrinsics,
    c2w: Float[Tensor, "*batch 4 4"],
    u: Float[Tensor, "*batch"],
    v: Float[Tensor, "*batch"],
) -> tuple[Float[Tensor, "*batch 3"], Float[Tensor, "*batch 3"]]:
    """Rays of single pixels, each with its own pose: o = t, d = R d_camera, where c2w = [R | t].

    Returns:
        rays_o, rays_d in world axes; the point at z is rays_o + z * rays_d.
    """
    directions = ray_directions(intrinsics, u, v)
    rays_d = (c2w[..., :3, :3] @ directions[..., None])[..., 0]
    return c2w[..., :3, 3].expand_as(rays_d), rays_d


def get_rays(
    intrinsics: Intrinsics, c2w: Float[Tensor, "4 4"]
) -> tuple[Float[Tensor, "height width 3"], Float[Tensor, "height width 3"]]:
    """Rays of every pixel of one view (see `rays_from_pixels`)."""
    u, v = pixel_grid(intrinsics, c2w.device)
    return rays_from_pixels(intrinsics, c2w.expand(*u.shape, 4, 4), u, v)


def project(
    points: Float[Tensor, "*batch 3"], intrinsics: Intrinsics, c2w: Float[Tensor, "4 4"]
) -> tuple[Float[Tensor, "*batch"], Float[Tensor, "*batch"], Float[Tensor, "*batch"]]:
    """World points into a view: x = R^T (p - t), u = fx x / z + cx, v = fy y / z + cy.

    Returns:
        u, v in pixels and z in metres. Points with z <= 0 lie behind the camera; their u, v mean nothing.
    """
    x, y, z = ((points - c2w[:3, 3]) @ c2w[:3, :3]).unbind(-1)
    return intrinsics.fx * x / z + intrinsics.cx, intrinsics.fy * y / z + intrinsics.cy, z


def unproject(
    depth: Float[Tensor, "height width"], intrinsics: Intrinsics, c2w: Float[Tensor, "4 4"]
) -> Float[Tensor, "height width 3"]:
    """A depth map (metres along the optical axis) to world points: p = o + depth * d. Inverse of `project`."""
    rays_o, rays_d = get_rays(intrinsics, c2w)
    return rays_o + depth[..., None] * rays_d


def look_at(
    eye: Sequence | np.ndarray,
    target: Sequence | np.ndarray,
    up: Sequence | np.ndarray = (0.0, 0.0, 1.0),
) -> np.ndarray:
    """The camera-to-world pose (4, 4) of a camera at `eye` that looks at `target`, image top towards `up`.

    Raises:
        SemnerfError: the viewing direction is zero or parallel to `up`.
    """
    eye, target, up = (np.asarray(a, dtype=np.float64) for a in (eye, target, up))
    z = target - eye
    x = np.cross(z, up)
    if np.linalg.norm(z) < 1e-9 or np.linalg.norm(x) < 1e-9 * np.linalg.norm(z):
        raise SemnerfError(f"look_at: from {eye.tolist()} to {target.tolist()} is no direction beside up {up.tolist()}")
    z, x = z / np.linalg.norm(z), x / np.linalg.norm(x)
    c2w = np.eye(4)
    c2w[:3, :3] = np.stack([x, np.cross(z, x), z], axis=1)
    c2w[:3, 3] = eye
    return c2w


def pose_fault(c2w: np.ndarray, tolerance: float = 1e-3) -> str | None:
    """Why a 4x4 matrix is no rigid camera-to-world motion; None if it is one.

    Rigid: finite, R^T R = 1 and det R = 1 within `tolerance`, last row (0, 0, 0, 1); within `MAX_DISTANCE`.
    """
    if c2w.shape != (4, 4):
        return f"shape {c2w.shape}, expected (4, 4)"
    if not np.isfinite(c2w).all():
        return "it holds NaN or infinity"
    if np.abs(c2w[3] - (0, 0, 0, 1)).max() > tolerance:
        return f"last row {c2w[3].tolist()}, expected [0, 0, 0, 1]"
    if np.abs(c2w).max() > MAX_DISTANCE:
        return f"{np.abs(c2w).max():.3g} in it, more than {MAX_DISTANCE:g}"
    rotation = c2w[:3, :3]
    error = np.abs(rotation.T @ rotation - np.eye(3)).max()
    if error > tolerance:
        return f"its 3x3 part is no rotation (R^T R differs from 1 by {error:.3g})"
    if np.linalg.det(rotation) < 0:
        return "its 3x3 part is a reflection (determinant -1)"
    return None


def camera_of_width(intrinsics: Intrinsics, width: int | None) -> Intrinsics:
    """The camera with `width` pixels a row and the same field of view; the camera itself for None.

    Raises:
        SemnerfError: a width below 16.
    """
    if width is None:
        return intrinsics
    if width < 16:
        raise SemnerfError(f"width {width}, expected at least 16 pixels")
    return intrinsics.resized(width, max(1, round(width * intrinsics.height / intrinsics.width)))
