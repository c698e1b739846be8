"""Checks of notebook 01: pixels to rays, distances to depths, poses in other axes."""

from __future__ import annotations

import torch
from torch import Tensor

from semnerf_lib.cameras import Intrinsics, look_at, rays_from_pixels
from semnerf_lib.teaching.checking import Check, Mistake

CAMERA = Intrinsics(width=80, height=60, fx=55.0, fy=50.0, cx=39.5, cy=29.5)
"""No number of it can stand for another: neither W / 2 for fx, nor fx for fy."""


def pose() -> Tensor:
    """A camera that stands off the origin and looks along no axis."""
    return torch.tensor(look_at((1.0, -0.5, 1.4), (-0.7, 2.0, 0.3))).float()


def pixels() -> list[tuple]:
    u, v = torch.tensor([0.0, 79.0, 20.0, 39.5, 61.0]), torch.tensor([0.0, 59.0, 41.0, 29.5, 7.0])
    return [(CAMERA, pose(), u, v)]


def pixel_rays(camera: Intrinsics, c2w: Tensor, u: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """The right answer: origins and directions, in the world, of the rays of pixels (u, v)."""
    return rays_from_pixels(camera, c2w.expand(len(u), 4, 4), u, v)


def _rays(direction, turn=lambda c2w: c2w[:3, :3], origin=lambda c2w: c2w[:3, 3]):
    """pixel_rays with another direction in the camera, another rotation, or another origin."""

    def rays(camera, c2w, u, v):
        rays_d = direction(camera, u, v) @ turn(c2w).T
        return origin(c2w).expand_as(rays_d), rays_d

    return rays


def _direction(camera, u, v, half=0.0, sx=1.0, sy=1.0, sz=1.0, fx=None, fy=None):
    x, y = (u + half - camera.cx) / (fx or camera.fx), (v + half - camera.cy) / (fy or camera.fy)
    return torch.stack([sx * x, sy * y, torch.full_like(u, sz)], -1)


def _with(**changes):
    return _rays(lambda camera, u, v: _direction(camera, u, v, **changes))


def _normalised(camera, c2w, u, v):
    rays_o, rays_d = pixel_rays(camera, c2w, u, v)
    return rays_o, rays_d / rays_d.norm(dim=-1, keepdim=True)


def _uncentred(camera, u, v):
    return torch.stack([u / camera.fx, v / camera.fy, torch.ones_like(u)], -1)


def _by_half_size(camera, u, v):
    return _direction(camera, u, v, fx=camera.width / 2, fy=camera.height / 2)


check_rays = Check(
    "pixel_rays",
    pixel_rays,
    pixels,
    (
        Mistake(
            "your directions are normalised; P2's are not: along the optical axis they must be 1, else z is no depth",
            _normalised,
        ),
        Mistake("your y axis points up; OpenCV's points down: no minus in (v - cy) / fy", _with(sy=-1.0)),
        Mistake("your x axis points left; OpenCV's points right: no minus in (u - cx) / fx", _with(sx=-1.0)),
        Mistake("your camera looks along -z; OpenCV's looks along +z: the third component is +1", _with(sz=-1.0)),
        Mistake("these are OpenGL's axes (y up, looking along -z); OpenCV's y points down, its z forward",
                _with(sy=-1.0, sz=-1.0)),
        Mistake("you divided by half of the image's size; focal lengths are fx and fy (W / 2 only at 90 degrees)",
                _rays(_by_half_size)),
        Mistake("you divided by the image's size: use the focal lengths fx and fy",
                _rays(lambda camera, u, v: _direction(camera, u, v, fx=camera.width, fy=camera.height))),
        Mistake("you divided x by fy and y by fx", _rays(lambda c, u, v: _direction(c, u, v, fx=c.fy, fy=c.fx))),
        Mistake("half a pixel off: pixel coordinates are whole numbers here, (W - 1) / 2 is the middle",
                _with(half=0.5)),
        Mistake("the optical axis does not go through pixel (0, 0): subtract cx and cy first", _rays(_uncentred)),
        Mistake("u and v are swapped: u is the column and goes with x, v the row and goes with y",
                lambda camera, c2w, u, v: pixel_rays(camera, c2w, v, u)),
        Mistake("your directions are still the camera's own: turn them by the rotation R = c2w[:3, :3]",
                _rays(_direction, turn=lambda c2w: torch.eye(3))),
        Mistake("you turned by R's transpose (world to camera): with rows of vectors it is d @ R.T",
                _rays(_direction, turn=lambda c2w: c2w[:3, :3].T)),
        Mistake("your rays start at the world's origin: they start where the camera stands, c2w's last column",
                _rays(_direction, origin=lambda c2w: torch.zeros(3))),
        Mistake("your rays start at -R^T t, as if the pose were world-to-camera; c2w's last column is the place itself",
                _rays(_direction, origin=lambda c2w: -c2w[:3, :3].T @ c2w[:3, 3])),
        Mistake("you moved the directions as if they were points: a direction is only turned, never moved by t",
                lambda camera, c2w, u, v: (pixel_rays(camera, c2w, u, v)[0], sum(pixel_rays(camera, c2w, u, v)))),
        Mistake("directions first? The task asks for rays_o, rays_d in this order",
                lambda camera, c2w, u, v: pixel_rays(camera, c2w, u, v)[::-1]),
    ),
    "Every later notebook starts from these rays.",
)  # fmt: skip


def depth_from_distance(distance: Tensor, rays_d: Tensor) -> Tensor:
    """The right answer: z of points at a distance from the camera, along rays whose z counts along the axis."""
    return distance / rays_d.norm(dim=-1)


def distances() -> list[tuple]:
    u, v = torch.meshgrid(torch.tensor([0.0, 40.0, 79.0]), torch.tensor([0.0, 55.0]), indexing="xy")
    rays_d = torch.stack([(u - CAMERA.cx) / CAMERA.fx, (v - CAMERA.cy) / CAMERA.fy, torch.ones_like(u)], -1)
    return [(torch.tensor([[2.0, 1.0, 3.0], [0.5, 4.0, 2.5]]), rays_d)]


check_depth = Check(
    "depth_from_distance",
    depth_from_distance,
    distances,
    (
        Mistake("a distance is not yet a depth: away from the image's middle, depth is shorter", lambda r, d: r + 0),
        Mistake("the wrong way round: o + z d is |d| z away, so z is the distance DIVIDED by |d|",
                lambda r, d: r * d.norm(dim=-1)),
        Mistake("you divided by |d|^2: take the root of the sum of squares", lambda r, d: r / (d**2).sum(-1)),
        Mistake("you divided by the sum of d's components: its length is the root of the sum of their squares",
                lambda r, d: r / d.sum(-1)),
        Mistake("you took the length over all pixels: sum over the last axis alone", lambda r, d: r / d.norm()),
        Mistake("you returned points; the task asks for one depth a pixel", lambda r, d: r[..., None] * d),
    ),
    "At z = const. lies a plane; at distance = const. a sphere.",
)  # fmt: skip


def to_opencv(c2w: Tensor) -> Tensor:
    """The right answer: an OpenGL pose (x right, y up, z backward) as OpenCV's (x right, y down, z forward)."""
    return c2w * torch.tensor([1.0, -1.0, -1.0, 1.0])


def _columns(*signs):
    return lambda c2w: c2w * torch.tensor([*signs, 1.0])


check_axes = Check(
    "to_opencv",
    to_opencv,
    lambda: [(pose(),)],
    (
        Mistake("nothing has changed: the second and the third axis must be turned around", lambda c2w: c2w.clone()),
        Mistake("you turned rows around: that moves the WORLD's axes; the camera's axes are the columns",
                lambda c2w: c2w * torch.tensor([[1.0], [-1.0], [-1.0], [1.0]])),
        Mistake("only y was turned around: that makes a mirror image (determinant -1); turn z as well",
                _columns(1.0, -1.0, 1.0)),
        Mistake("only z was turned around: that makes a mirror image (determinant -1); turn y as well",
                _columns(1.0, 1.0, -1.0)),
        Mistake("all three axes were turned around: x points right in both conventions, leave it",
                _columns(-1.0, -1.0, -1.0)),
        Mistake("you moved the camera as well: its place, the last column, is the same in both conventions",
                lambda c2w: c2w * torch.tensor([1.0, -1.0, -1.0, -1.0])),
        Mistake("y and z were exchanged; they are only to be turned around", lambda c2w: c2w[:, [0, 2, 1, 3]]),
        Mistake("you inverted the pose: the task asks for camera to world, in other axes", torch.linalg.inv),
    ),
    "Turn poses where they are read: then all later code can rely on OpenCV's axes.",
)  # fmt: skip
