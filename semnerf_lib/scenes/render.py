"""A mesh, flown through and ray-cast, as a scene."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from semnerf_lib.cameras import Intrinsics
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.cache import cached_arrays
from semnerf_lib.scenes.raycast import LabelledMesh, raycast_frames
from semnerf_lib.scenes.trajectory import fly_through

N_FRAMES = 900
"""Frames of a trajectory (P2)."""


def p2_split(n_frames: int = N_FRAMES) -> tuple[list[int], list[int]]:
    """P2's frames of a 900-frame sequence: train 0, 5, ..., 895 and test 2, 7, ..., 897 [P2, code]."""
    return list(range(0, n_frames, 5)), list(range(2, n_frames, 5))


def rendered_scene(
    name: str,
    key: tuple,
    make_mesh: Callable[[], LabelledMesh],
    class_names: tuple[str, ...],
    bounds: np.ndarray,
    width: int,
    height: int,
    seed: int = 0,
    every: int = 1,
    cache: bool = True,
    **flight,
) -> Scene:
    """Frames at hfov 90 degrees along `fly_through`'s trajectory, from the cache where they are there.

    Only P2's 180 training and 180 test frames are rendered and kept, in the trajectory's order, so that training
    frames have even positions and test frames odd ones.

    Args:
        name: of the scene, and how its cache file begins.
        key: what the mesh depends on.
        make_mesh: called only if frames must be rendered.
        bounds: (2, 3) a box that holds all surfaces, metres.
        seed: of the trajectory.
        every: keep each `every`-th of the training frames and of the test frames.
        cache: keep the frames in `cache_dir()` and take them from there next time.
        flight: further arguments of `fly_through`.

    Raises:
        SemnerfError: a size or `every` below 1, `every` above 180, a negative seed.
    """
    train, test = p2_split()
    if not 1 <= every <= len(train):
        raise SemnerfError(f"{name}: every = {every}, expected 1 to {len(train)}")
    if seed < 0:
        raise SemnerfError(f"{name}: seed = {seed}, expected 0 or more")
    intrinsics = Intrinsics.from_hfov(width, height)
    ids = sorted(train[::every] + test[::every])

    def render() -> dict[str, np.ndarray]:
        mesh = make_mesh()
        c2w = fly_through(mesh, N_FRAMES, seed=seed, **flight)[ids]
        views = raycast_frames(mesh, intrinsics, c2w, desc=f"rendering {name} at {width}x{height}")
        return views._asdict() | {"c2w": c2w}

    frames = (len(ids), height, width)
    expected = {"labels": frames, "instances": frames, "depth": frames, "rgb": (*frames, 3), "c2w": (len(ids), 4, 4)}
    parameters = (key, width, height, seed, every, tuple(sorted(flight.items())))
    arrays = cached_arrays(f"{name}-{width}x{height}", parameters, expected, render, cache)
    instances = arrays.pop("instances")
    return Scene(
        name=name,
        intrinsics=intrinsics,
        class_names=class_names,
        train_ids=tuple(i for i, frame in enumerate(ids) if frame % 5 == 0),
        test_ids=tuple(i for i, frame in enumerate(ids) if frame % 5 == 2),
        bounds=bounds,
        far=max(10.0, float(np.linalg.norm(bounds[1] - bounds[0]))),
        instances=instances if instances.any() else None,
        **arrays,
    )
