"""Where to click next, and simulated clickers that answer with the truth, to compare a person's clicks with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, label, uniform_filter

from semnerf_lib.evaluation import Render, view_renderer
from semnerf_lib.models import Model
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.studio.clicks import Click, Clicks
from semnerf_lib.studio.learners import Learner

POOL_FRAMES, POOL_WIDTH = 45, 40
"""How many training views, with how many pixels a row, are searched for the next click."""
WINDOW = 5
"""Side of the window over which entropy is averaged, in these pixels."""


@dataclass(frozen=True)
class Doubt:
    """Where a click would help most.

    Attributes:
        frame, u, v: the pixel, in the scene's own resolution.
        entropy: of the classes, mean over the window around it, nats.
    """

    frame: int
    u: int
    v: int
    entropy: float


def pool_of(scene: Scene, offset: int = 0) -> list[int]:
    """Evenly spread training frames; another offset gives others."""
    ids, count = scene.train_ids, min(POOL_FRAMES, len(scene.train_ids))
    return sorted({ids[(offset + i * len(ids) // count) % len(ids)] for i in range(count)})


def doubts(
    render: Render,
    scene: Scene,
    frames: Sequence[int],
    go_on: Callable[[], bool] = lambda: True,
    each: Callable[[Callable, Sequence[int]], Iterable[Doubt | None]] = map,
) -> list[Doubt]:
    """For each of some training views the pixel at which a click would help most, the best first.

    It is the centre of the window with the highest mean entropy. The most uncertain single pixel mostly lies on a
    boundary, where a click says little of the regions on either side.

    Args:
        go_on: called before each view; if it is false, the search ends without a result.
        each: `map`, or that of a pool of threads.
    """

    def doubt_of(frame: int) -> Doubt | None:
        if not go_on():
            return None
        entropy = render(scene.c2w[frame], min(POOL_WIDTH, scene.intrinsics.width)).entropy
        mean = uniform_filter(entropy, WINDOW, mode="constant")
        row, column = np.unravel_index(mean.argmax(), mean.shape)
        u = int((column + 0.5) * scene.intrinsics.width / mean.shape[1])
        v = int((row + 0.5) * scene.intrinsics.height / mean.shape[0])
        return Doubt(frame, u, v, float(mean[row, column]))

    finished = [doubt for doubt in each(doubt_of, frames) if doubt is not None]
    return sorted(finished, key=lambda doubt: -doubt.entropy) if len(finished) == len(frames) else []


def unsure_clicker(
    learner: Learner, scene: Scene, seed: int, renderer: Callable[[Model, Scene], Render] = view_renderer
) -> Iterator[Clicks]:
    """Clicks where the learner is unsure, with the true class; yields all clicks so far, one more each time.

    The first click is random. The learner is fitted after each click.
    """
    rng = np.random.default_rng(seed)
    frames, clicks = pool_of(scene, int(rng.integers(len(scene.train_ids)))), (random_click(scene, rng),)
    while True:
        learner.fit(clicks)
        yield clicks
        doubtful = doubts(renderer(learner.model, scene), scene, frames)
        labelled = (d for d in doubtful if scene.labels[d.frame, d.v, d.u] != VOID)
        where = next(labelled, None)
        clicks += (random_click(scene, rng) if where is None else answered(scene, where),)


def mistakes(render: Render, scene: Scene, frames: Sequence[int]) -> list[Click]:
    """One click in each of some training views: inside the largest wrong region, with the true class.

    A region is connected and of one true class; the click lies where it is thickest. A person who looks for the largest
    mistake clicks in this way. The largest regions come first; a view without a mistake has no click.
    """
    width, camera, sized = min(POOL_WIDTH, scene.intrinsics.width), scene.intrinsics, []
    for frame in frames:
        guess = render(scene.c2w[frame], width).labels
        v = ((np.arange(guess.shape[0]) + 0.5) * camera.height / guess.shape[0]).astype(int)
        u = ((np.arange(width) + 0.5) * camera.width / width).astype(int)
        truth = scene.labels[frame][np.ix_(v, u)]
        wrong = (guess != truth) & (truth != VOID)
        regions = [
            region == k for c in np.unique(truth[wrong]) for region, n in [label(wrong & (truth == c))]
            for k in range(1, n + 1)
        ]  # fmt: skip
        if regions:
            largest = max(regions, key=np.count_nonzero)
            row, column = np.unravel_index(distance_transform_edt(np.pad(largest, 1))[1:-1, 1:-1].argmax(), truth.shape)
            click = Click(frame, int(u[column]), int(v[row]), int(truth[row, column]))
            sized.append((np.count_nonzero(largest), click))
    return [click for _, click in sorted(sized, key=lambda pair: -pair[0])]


def random_clicker(learner: Learner, scene: Scene, seed: int) -> Iterator[Clicks]:
    """Clicks a random labelled pixel of a random training view, with the true class."""
    rng, clicks = np.random.default_rng(seed), ()
    while True:
        clicks += (random_click(scene, rng),)
        learner.fit(clicks)
        yield clicks


def random_click(scene: Scene, rng: np.random.Generator) -> Click:
    """A random pixel of a random training view, drawn again until it has a label."""
    while True:
        frame = int(rng.choice(scene.train_ids))
        v, u = (int(rng.integers(size)) for size in scene.labels.shape[1:])
        if scene.labels[frame, v, u] != VOID:
            return Click(frame, u, v, int(scene.labels[frame, v, u]))


def answered(scene: Scene, where: Doubt) -> Click:
    """A click with the true class; VOID if it is unknown."""
    return Click(where.frame, where.u, where.v, int(scene.labels[where.frame, where.v, where.u]))
