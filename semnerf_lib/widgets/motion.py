"""How a camera turns, orbits and flies under a person's hand: poses in, poses out."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from semnerf_lib.cameras import look_at
from semnerf_lib.scene import Scene

Pose = Float[np.ndarray, "4 4"]
"""Camera to world."""
Axis = Float[np.ndarray, "3"]
"""A world axis or its opposite, towards the ceiling."""
Box = Float[np.ndarray, "2 3"]
"""Lower and upper corner, metres."""
ROAM = 0.2
"""Metres that a camera may leave the box of the scene's own camera centres."""
STEEPEST = np.radians(85)
"""How far up or down a camera may look: straight up, left and right mean nothing."""
NEAREST = 0.1
"""Metres that an orbiting camera keeps from what it looks at."""


def roaming_box(scene: Scene) -> Box:
    """Lower and upper corner of where a camera may fly: around all the scene's cameras, within its bounds."""
    centres = scene.c2w[:, :3, 3]
    box = np.stack([centres.min(0) - ROAM, centres.max(0) + ROAM])
    return box if scene.bounds is None else np.clip(box, *scene.bounds)


def upward(c2w: Float[np.ndarray, "frames 4 4"]) -> Axis:
    """The world axis, or its opposite, that the tops of the images point to on average: where the ceiling is."""
    tops = -c2w[:, :3, 1].mean(0)
    up, axis = np.zeros(3), np.abs(tops).argmax()
    up[axis] = np.sign(tops[axis])
    return up


def bearings(c2w: Pose, up: Axis) -> tuple[float, float]:
    """Where a camera looks, radians: heading (counter-clockwise seen from above) and elevation (up is positive)."""
    forward, (east, north) = c2w[:3, 2], _level(up)
    return float(np.arctan2(forward @ north, forward @ east)), float(np.arcsin(np.clip(forward @ up, -1, 1)))


def middle_distance(depth: Float[np.ndarray, "height width"]) -> float:
    """How far away that is what the middle of a picture shows, metres: the median over a fifth of its sides."""
    height, width = depth.shape
    return float(np.median(depth[2 * height // 5 : 1 + 3 * height // 5, 2 * width // 5 : 1 + 3 * width // 5]))


def turned(c2w: Pose, heading: float, elevation: float, up: Axis) -> Pose:
    """The camera turned on the spot by these angles, radians, its horizon level."""
    eye = c2w[:3, 3]
    return look_at(eye, eye + _direction(c2w, heading, elevation, up), up)


def orbited(c2w: Pose, distance: float, heading: float, elevation: float, up: Axis, box: Box) -> Pose:
    """The camera led around the point `distance` metres ahead of it, which it keeps in the middle of the image.

    Where the way round would leave the box, the camera slides along its side, still looking at the point.
    """
    target = c2w[:3, 3] + distance * c2w[:3, 2]
    eye = np.clip(target - distance * _direction(c2w, heading, elevation, up), *box)
    way = target - eye
    away, rise = float(np.linalg.norm(way)), float(way @ up)
    if away < NEAREST or abs(rise) > away * np.sin(STEEPEST):
        return c2w
    return look_at(eye, target, up)


def moved(c2w: Pose, right: float, rise: float, ahead: float, up: Axis, box: Box) -> Pose:
    """The camera moved by so many metres, kept within the box: to its right, towards the ceiling, where it looks."""
    there = c2w.copy()
    there[:3, 3] = np.clip(c2w[:3, 3] + right * c2w[:3, 0] + rise * up + ahead * c2w[:3, 2], *box)
    return there


def _level(up: Axis) -> tuple[np.ndarray, np.ndarray]:
    """Two level directions that make a right-handed frame with `up`, a world axis."""
    east = np.roll(np.abs(up), 1)
    return east, np.cross(up, east)


def _direction(c2w: Pose, heading: float, elevation: float, up: Axis) -> np.ndarray:
    """The viewing direction after a turn by these angles."""
    h, e = bearings(c2w, up)
    h, e = h + heading, np.clip(e + elevation, -STEEPEST, STEEPEST)
    east, north = _level(up)
    return np.cos(e) * (np.cos(h) * east + np.sin(h) * north) + np.sin(e) * up
