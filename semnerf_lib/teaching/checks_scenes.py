"""Checks of notebook 12: a pose of another convention, and the first solid cell on a ray."""

from __future__ import annotations

import numpy as np

from semnerf_lib.cameras import look_at
from semnerf_lib.scene import VOID
from semnerf_lib.teaching.checking import Check, Mistake

FLIP = np.diag([1.0, -1.0, -1.0, 1.0])


def colmap_poses() -> list[tuple]:
    """World-to-camera matrices: a camera in a corner, and one that looks down."""
    poses = look_at((1.0, -2.0, 1.5), (4.0, 1.0, 0.5)), look_at((0.3, 0.2, 2.0), (0.5, 0.1, 0.0))
    return [(np.linalg.inv(pose),) for pose in poses]


def to_nerfstudio(w2c: np.ndarray) -> np.ndarray:
    """The right answer: camera to world, with y up and z backward in the camera."""
    return np.linalg.inv(w2c) @ FLIP


def _rotation_alone(w2c):
    pose = w2c.copy()
    pose[:3, :3] = w2c[:3, :3].T
    return pose @ FLIP


check_nerfstudio_pose = Check(
    "to_nerfstudio",
    to_nerfstudio,
    colmap_poses,
    (
        Mistake("it is still world-to-camera: invert the matrix", lambda w2c: w2c @ FLIP),
        Mistake("the axes are still OpenCV's: the camera's y and z point the other way", np.linalg.inv),
        Mistake("you turned the world's y and z, not the camera's: change columns, not rows",
                lambda w2c: FLIP @ np.linalg.inv(w2c)),
        Mistake("both were turned, the camera and the world: only the camera's axes differ",
                lambda w2c: FLIP @ np.linalg.inv(w2c) @ FLIP),
        Mistake("only the rotation was inverted; the camera stands at -R^T t", _rotation_alone),
        Mistake("the matrix was transposed, not inverted", lambda w2c: w2c.T @ FLIP),
        Mistake("x was turned too: only y and z point the other way",
                lambda w2c: np.linalg.inv(w2c) @ np.diag([-1.0, -1.0, -1.0, 1.0])),
    ),
    "That is the whole difference between COLMAP's poses and nerfstudio's; their pixel centres differ by half a pixel.",
)  # fmt: skip


def rays_of_cells() -> list[tuple]:
    """Agreement and winner of the cells along a ray: air, then a table before a wall; no cell that is solid; a tie."""
    cells = (
        ([0.2, 0.3, 0.8, 0.9, 0.95], [4, 4, 1, 1, 2]),
        ([0.1, 0.4, 0.3], [0, 3, 2]),
        ([0.7, 0.2, 0.9, 0.1], [5, 0, 3, 1]),
        ([0.3, 0.69, 1.0, 0.7], [2, 2, 6, 0]),
    )
    return [(np.array(agreement), np.array(classes), 0.7) for agreement, classes in cells]


def first_solid(agreement: np.ndarray, classes: np.ndarray, enough: float) -> int:
    """The right answer: the class of the first cell whose agreement is at least `enough`; VOID without one."""
    solid = np.flatnonzero(agreement >= enough)
    return int(classes[solid[0]]) if len(solid) else VOID


def _at(choose):
    def answer(agreement, classes, enough):
        solid = np.flatnonzero(agreement >= enough)
        return int(classes[choose(solid, agreement)]) if len(solid) else VOID

    return answer


def _above(agreement, classes, enough):
    solid = np.flatnonzero(agreement > enough)
    return int(classes[solid[0]]) if len(solid) else VOID


def _majority(agreement, classes, enough):
    solid = classes[agreement >= enough]
    return int(np.bincount(solid).argmax()) if len(solid) else VOID


check_first_solid = Check(
    "first_solid",
    first_solid,
    rays_of_cells,
    (
        Mistake("that is the cell on which most views agree; the ray stops at the first that is solid",
                _at(lambda solid, agreement: agreement.argmax())),
        Mistake("that is the last solid cell; the ray stops at the first", _at(lambda solid, agreement: solid[-1])),
        Mistake("a cell with exactly `enough` is solid, too: use >=", _above),
        Mistake("that is the place of the cell; the task asks for its class",
                lambda a, c, enough: int(np.argmax(a >= enough)) if (a >= enough).any() else VOID),
        Mistake("without a solid cell the answer is VOID: argmax of all False is 0",
                lambda a, c, enough: int(c[np.argmax(a >= enough)])),
        Mistake("all solid cells of the ray voted; only the first is seen", _majority),
    ),
    "A field does the same softly: each cell stops a share of the light.",
)  # fmt: skip
