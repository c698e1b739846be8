"""A mesh as a scene: frames ray-cast along a trajectory or at given poses, and kept between runs."""

from __future__ import annotations

import ast
import functools
import hashlib
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Float
from platformdirs import user_cache_path

from semnerf_lib import cameras
from semnerf_lib.cameras import Intrinsics
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.arrays import read_arrays
from semnerf_lib.machine.files import write_aside
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.outside import empty_as_class
from semnerf_lib.scenes.raycast import LabelledMesh, raycast_frames
from semnerf_lib.scenes.trajectory import NoRoomError, fly_through, orbit

N_FRAMES = 900
"""Frames of a trajectory (P2)."""


def cache_dir() -> Path:
    """Where rendered frames are kept: $SEMNERF_CACHE, else `semnerf` in the platform's cache folder.

    Raises:
        SemnerfError: SEMNERF_CACHE begins with ~ and a name that no user has.
    """
    given = os.environ.get("SEMNERF_CACHE")
    try:
        return Path(given).expanduser() if given else user_cache_path("semnerf", appauthor=False)
    except RuntimeError as fault:
        raise SemnerfError(f"SEMNERF_CACHE={given}: no such user, expected a folder") from fault


@functools.cache
def renderer_digest() -> str:
    """sha256 of the code that frames come from, without docstrings and comments: what another version rendered is
    never taken for this one's."""
    here = Path(__file__).parent
    names = ("render", "raycast", "bvh", "trajectory", "textures")
    paths = [Path(cameras.__file__), *(here / f"{name}.py" for name in names), *sorted((here / "rooms").glob("*.py"))]
    return hashlib.sha256("".join(map(_code, paths)).encode()).hexdigest()


def _code(path: Path) -> str:
    """A module's code as its syntax tree, without text that stands alone."""
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            body[:] = [n for n in body if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))]
    return ast.dump(tree)


def cached_arrays(
    name: str,
    parameters: tuple,
    wanted: dict[str, tuple[tuple[int, ...], type]],
    make: Callable[[], dict[str, np.ndarray]],
    cache: bool = True,
) -> dict[str, np.ndarray]:
    """Arrays from the cache, or made and then kept there.

    Args:
        name: how the file's name begins; a hash of `name`, `parameters` and the renderer's code follows.
        parameters: everything that `make` depends on.
        wanted: names, shapes and types of the arrays; a file that holds others is damaged. A damaged file is made anew,
            with a line on stderr. A cache that can't be written is no error either: a line says so.
        make: makes the arrays.
        cache: False: always make, and keep nothing.
    """
    if not cache:
        return make()
    key = hashlib.sha256(repr((name, parameters, renderer_digest())).encode()).hexdigest()
    path = cache_dir() / f"{name}-{key[:16]}.npz"
    if path.is_file():
        try:
            bytes_of = {k: math.prod(shape) * np.dtype(dtype).itemsize for k, (shape, dtype) in wanted.items()}
            arrays = read_arrays(path, bytes_of)
            if all((arrays[k].shape, arrays[k].dtype) == (shape, dtype) for k, (shape, dtype) in wanted.items()):
                return arrays
            fault = f"{path}: arrays of another shape or type"
        except SemnerfError as error:
            fault = str(error)
        print(f"{fault}; made anew", file=sys.stderr)
    arrays = make()
    try:
        write_aside(path, lambda aside: _write(aside, arrays))
    except SemnerfError as error:
        print(f"{error}; the frames are not kept", file=sys.stderr)
    return arrays


def _write(path: Path, arrays: dict[str, np.ndarray]) -> None:
    with path.open("wb") as stream:
        np.savez(stream, **arrays)


def p2_split(n_frames: int = N_FRAMES) -> tuple[list[int], list[int]]:
    """P2's frames of a 900-frame sequence: train 0, 5, ..., 895 and test 2, 7, ..., 897 [P2, code]."""
    return list(range(0, n_frames, 5)), list(range(2, n_frames, 5))


def rendered_scene(
    name: str,
    key: tuple,
    make_mesh: Callable[[], LabelledMesh],
    class_names: tuple[str, ...],
    bounds: Float[np.ndarray, "2 3"],
    width: int,
    height: int,
    seed: int = 0,
    every: int = 1,
    cache: bool = True,
    flown: Callable[[], LabelledMesh] | None = None,
    **flight,
) -> Scene:
    """Frames at hfov 90 degrees along `fly_through`'s trajectory, from the cache where they are there.

    Only P2's 180 training and 180 test frames are rendered and kept, in the trajectory's order, so that training
    frames have even positions and test frames odd ones. Where nothing encloses a camera, or all that it
    could see is of one class, it circles the mesh (see `orbit`); then pixels that hit nothing are of a class more (see
    `empty_as_class`).

    Args:
        name: of the scene, and how its cache file begins.
        key: what the mesh depends on.
        make_mesh: called only if frames must be rendered.
        bounds: (2, 3) a box that holds all surfaces, metres.
        seed: of the trajectory.
        every: keep each `every`-th of the training frames and of the test frames.
        cache: keep the frames in `cache_dir()` and take them from there next time.
        flown: makes the mesh through which the camera flies; None for the one that it sees.
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
        around = mesh if flown is None else flown()
        try:
            several = np.unique(mesh.face_labels[mesh.face_labels != VOID]).size > 1
            c2w = fly_through(around, N_FRAMES, seed=seed, **flight) if several else orbit(around, N_FRAMES, seed)
        except NoRoomError:
            c2w = orbit(around, N_FRAMES, seed)
        return _frames(name, mesh, intrinsics, c2w[ids])

    parameters = (key, width, height, seed, every, tuple(sorted(flight.items())))
    arrays = cached_arrays(f"{name}-{width}x{height}", parameters, _wanted(intrinsics, len(ids)), render, cache)
    split = tuple(tuple(i for i, frame in enumerate(ids) if frame % 5 == rest) for rest in (0, 2))
    return _scene(name, intrinsics, class_names, bounds, split, arrays)


def scene_at(
    name: str, mesh: LabelledMesh, bounds: Float[np.ndarray, "2 3"], intrinsics: Intrinsics, c2w: np.ndarray
) -> Scene:
    """Frames of a mesh at given poses (N, 4, 4): of 900 P2's split, of others frames 4, 9, 14, ... test.

    Raises:
        SemnerfError: fewer than five poses; poses from which fewer than two classes are seen.
    """
    if len(c2w) < 5:
        raise SemnerfError(f"{name}: {len(c2w)} poses, expected at least 5: every fifth frame is a test frame")
    split: tuple[tuple[int, ...], ...] = tuple(
        tuple(i for i in range(len(c2w)) if (i % 5 == 4) == is_test) for is_test in (False, True)
    )
    if len(c2w) == N_FRAMES:
        c2w = c2w[sorted(sum(p2_split(), []))]
        split = (tuple(range(0, len(c2w), 2)), tuple(range(1, len(c2w), 2)))
    return _scene(name, intrinsics, mesh.class_names, bounds, split, _frames(name, mesh, intrinsics, c2w))


def _wanted(intrinsics: Intrinsics, n: int) -> dict[str, tuple[tuple[int, ...], type]]:
    frames = (n, intrinsics.height, intrinsics.width)
    return {
        "labels": (frames, np.uint8),
        "instances": (frames, np.uint16),
        "depth": (frames, np.float32),
        "rgb": ((*frames, 3), np.uint8),
        "c2w": ((n, 4, 4), np.float64),
    }


def _frames(name: str, mesh: LabelledMesh, intrinsics: Intrinsics, c2w: np.ndarray) -> dict[str, np.ndarray]:
    views = raycast_frames(mesh, intrinsics, c2w, desc=f"rendering {name} at {intrinsics.width}x{intrinsics.height}")
    return views._asdict() | {"c2w": c2w}


def _scene(name, intrinsics, class_names, bounds, split, arrays: dict[str, np.ndarray]) -> Scene:
    instances = arrays.pop("instances")
    arrays["labels"], class_names = empty_as_class(
        arrays["labels"], arrays["depth"], arrays["c2w"], bounds, class_names
    )
    return Scene(
        name=name,
        intrinsics=intrinsics,
        class_names=class_names,
        train_ids=split[0],
        test_ids=split[1],
        bounds=bounds,
        far=max(10.0, float(np.linalg.norm(bounds[1] - bounds[0])), 1.01 * float(arrays["depth"].max(initial=0))),
        instances=instances if instances.any() else None,
        **arrays,
    )
