"""What P2's and P1's experiments do to label images: one function for each rule.

Each takes the labels of the training frames, in their order, and a random generator where it draws. It returns new
labels and leaves its input as it was. The rules are those of P2's public code (`replica_datasets.py`), except where a
docstring says otherwise. P2 draws ids from void and the classes of the scene; so do these, with VOID for void.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int, UInt8, UInt16

from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID, Scene

Labels = UInt8[np.ndarray, "frames height width"]
"""Class ids of the pixels of some frames, VOID where the class is unknown."""


def share_of(n: int, share: float) -> int:
    """int(n share), of the share as it is written.

    The 1e-3 makes up for a share in 6 digits (2 of 180 kept: 0.988889) or in binary: P2's int(180 * 0.7) is 125.

    >>> share_of(180, 0.988889), share_of(180, 0.7), share_of(180, 0.504)
    (178, 126, 90)
    """
    return int(n * share + 1e-3)


def spread(n: int, share: float) -> list[int]:
    """Positions 0 ... n - 1 of int(n share) of n things, evenly spread [P2, code].

    k of n evenly: q i + min(i, r) for i < k, with q, r = divmod(n, k). Up to a share of one half the chosen are spread
    so; above it, those that are not chosen. Where P2's code fails (none to choose, none to leave) there is no failure.

    >>> spread(10, 0.3), spread(10, 0.8)
    ([0, 4, 7], [1, 2, 3, 4, 6, 7, 8, 9])
    """
    k = share_of(n, share)
    few = k if share <= 0.5 else n - k
    q, r = divmod(n, max(few, 1))
    even = [q * i + min(i, r) for i in range(few)]
    return even if share <= 0.5 else [i for i in range(n) if i not in even]


def drop_frames(labels: Labels, share: float) -> Labels:
    """Sparse labels: int(T share) of the T label maps become void, evenly spread (see `spread`) [P2, code].

    Up to one half the first map is dropped; above, it is kept: 0.9 of 180 keeps maps 0, 10, ... 170.

    Raises:
        SemnerfError: no map would be left.
    """
    dropped = spread(len(labels), share)
    if len(dropped) == len(labels):
        raise SemnerfError(f"corruption sparse: {share:g} of {len(labels)} label maps dropped, expected one left")
    sparse = labels.copy()
    sparse[dropped] = VOID
    return sparse


def pixel_noise(labels: Labels, share: float, classes: Int[np.ndarray, "classes"], rng: np.random.Generator) -> Labels:
    """In each frame int(H W share) pixels, drawn without replacement, get an id of VOID and `classes` [P2, code].

    Void pixels are drawn like all others, and a pixel may get its true id again.

    Args:
        share: of the pixels, 0 to 1.
        classes: ids that occur in the scene, ascending.
    """
    ids = np.append(classes, VOID).astype(np.uint8)
    noisy = labels.copy()
    for frame in noisy.reshape(len(labels), -1):
        changed = rng.permutation(frame.size)[: share_of(frame.size, share)]
        frame[changed] = rng.choice(ids, changed.size)
    return noisy


def pixel_noise_other(
    labels: Labels, share: float, classes: Int[np.ndarray, "classes"], rng: np.random.Generator
) -> Labels:
    """As `pixel_noise`, but the new id is one of the other classes: never VOID, never the true id. Not P2's rule."""
    noisy = labels.copy()
    for frame in noisy.reshape(len(labels), -1):
        changed = rng.permutation(frame.size)[: share_of(frame.size, share)]
        true = np.searchsorted(classes, frame[changed])  # VOID is above all classes: len(classes)
        drawn = rng.integers(len(classes) - (true < len(classes)))
        frame[changed] = classes[drawn + (drawn >= true)]
    return noisy


def region_noise(
    labels: Labels,
    instances: UInt16[np.ndarray, "frames height width"],
    objects: list[int],
    share: float,
    even: bool,
    classes: Int[np.ndarray, "classes"],
    rng: np.random.Generator,
) -> Labels:
    """Of the n frames that show an object, int(n share) get another id in its whole mask [P2, code].

    Each object is treated by itself. In each frame one id of VOID and `classes` is drawn. P2 does this to the eight
    chairs of `room_2`.

    Args:
        instances: object ids of the pixels.
        objects: ids of those that are changed.
        share: of the frames that show an object, 0 to 1.
        even: take frames evenly through the list that is sorted by the object's area ("Even", see `spread`); else
            those where it is smallest ("Sort"). Frames of the same area keep their order.
        classes: ids that occur in the scene, ascending.
    """
    ids = np.append(classes, VOID).astype(np.uint8)
    noisy = labels.copy()
    for instance in objects:
        area = np.array([np.count_nonzero(frame == instance) for frame in instances])
        visible = [f for f in np.argsort(area, kind="stable") if area[f]]
        for position in spread(len(visible), share) if even else range(share_of(len(visible), share)):
            frame = visible[position]
            noisy[frame][instances[frame] == instance] = rng.choice(ids)
    return noisy


def without_class(labels: Labels, of_class: int, share: float) -> Labels:
    """Of the n frames that show class `of_class`, int(n share), evenly spread, lose it to VOID. Not P2's rule."""
    return _given_to(labels, of_class, share, VOID)


def renamed(
    labels: Labels, of_class: int, share: float, classes: Int[np.ndarray, "classes"], rng: np.random.Generator
) -> Labels:
    """Of the n frames that show a class, int(n share) call it by another class's name. Not P2's rule.

    The other class is drawn once from `classes`, so that all errors agree, as when an open vocabulary drifts. In region
    noise each frame draws its own.
    """
    return _given_to(labels, of_class, share, rng.choice(classes[classes != of_class]))


def _given_to(clean: Labels, of_class: int, share: float, other: int) -> Labels:
    """The pixels of a class given to another, or to VOID, in a share of the frames that show it."""
    given, visible = clean.copy(), np.flatnonzero((clean == of_class).any((1, 2)))
    frames = visible[spread(len(visible), share)]
    given[frames] = np.where(clean[frames] == of_class, np.uint8(other), clean[frames])
    return given


def class_id(scene: Scene, name: str) -> int:
    """The id of a class.

    Raises:
        SemnerfError: a scene without it.
    """
    if name not in scene.class_names:
        raise SemnerfError(f"scene {scene.name}: no class {name!r}, expected one of: {', '.join(scene.class_names)}")
    return scene.class_names.index(name)


def instances_of(scene: Scene, name: str) -> list[int]:
    """The instances whose pixels in the training frames are mostly of one class, ascending.

    Raises:
        SemnerfError: a scene without instances, without the class, or without an instance of it.
    """
    if scene.instances is None:
        raise SemnerfError(f"scene {scene.name}: it has no instances, expected some for region noise")
    of_class, counts = class_id(scene, name), np.zeros((2, 2**16), dtype=np.int64)
    for i in scene.train_ids:
        counts[0] += np.bincount(scene.instances[i].ravel(), minlength=2**16)
        counts[1] += np.bincount(scene.instances[i][scene.labels[i] == of_class], minlength=2**16)
    counts[:, 0] = 0  # unknown instances
    objects = np.flatnonzero(2 * counts[1] > counts[0]).tolist()
    if not objects:
        raise SemnerfError(f"scene {scene.name}: no instance of {name!r} in its training frames, expected one")
    return objects


def nearest_positions(size: int, count: int) -> Int[np.ndarray, "count"]:
    """Where OpenCV's INTER_NEAREST reads when it resizes `size` pixels to `count`: floor(i / (count / size)).

    In its double arithmetic, which now and then ends one below the exact quotient (6 to 34 pixels, i = 17).
    """
    return np.floor(np.arange(count) * (1 / (count / size))).astype(int)


def coarse_dense(labels: Labels, factor: int) -> Labels:
    """Super-resolution, dense: resized nearest to (W // S, H // S), then nearest back [P2, code].

    A block shows the pixel at its corner towards the origin, not its middle.

    Raises:
        SemnerfError: an image smaller than the factor.
    """
    if factor > min(labels.shape[1:]):
        size = f"{labels.shape[2]}x{labels.shape[1]}"
        raise SemnerfError(f"corruption super-dense:{factor}: no pixel is left of {size}, expected a smaller factor")
    rows, cols = (nearest_positions(n, n // factor)[nearest_positions(n // factor, n)] for n in labels.shape[1:])
    return labels[:, rows][:, :, cols]


def coarse_sparse(labels: Labels, factor: int) -> Labels:
    """Super-resolution, sparse: pixels [::S, ::S] keep their label, the rest is void [P2, code]."""
    sparse = np.full_like(labels, VOID)
    sparse[:, ::factor, ::factor] = labels[:, ::factor, ::factor]
    return sparse


def partial_labels(labels: Labels, percent: float, rng: np.random.Generator) -> Labels:
    """Label propagation: of each class in each frame one random pixel, or a region grown from it; the rest is void.

    For percent = 0 the pixel alone. Else the region is dilated by 5x5 until it has at least int(percent / 100 n) of
    the class's n pixels; where a step adds none, a random one of the others joins it [P2, code]. As in P2's code the
    dilation runs on across other classes, of which nothing is labelled; what the last step adds beyond the target
    stays; and the seed stays where int() gives 0.
    """
    partial, width = np.full_like(labels, VOID), labels.shape[2]
    for frame, out in zip(labels.reshape(len(labels), -1), partial.reshape(len(labels), -1), strict=True):
        order, ends = np.argsort(frame, kind="stable"), np.cumsum(np.bincount(frame, minlength=256))
        for c in np.unique(frame[frame != VOID]):
            places = order[ends[c] - np.count_nonzero(frame == c) : ends[c]]
            pixels = np.stack(np.divmod(places, width), axis=1)
            out[places[grown(pixels, share_of(len(pixels), percent / 100), rng)]] = c
    return partial


def grown(pixels: Int[np.ndarray, "pixels 2"], target: int, rng: np.random.Generator) -> Bool[np.ndarray, "pixels"]:
    """Which of a class's pixels, given as row and column, `partial_labels` keeps: at least `target` and one.

    t dilations by 5x5 reach what is within 2 t of a seed in both directions. So each pixel's step follows from its
    distance, and no image needs to be dilated.
    """
    rows, columns = np.ascontiguousarray(pixels.T)

    def steps_from(seed):
        return (np.maximum(np.abs(rows - rows[seed]), np.abs(columns - columns[seed])) + 1) // 2

    seed, step = rng.integers(len(pixels)), 0
    if target <= 1:
        return np.arange(len(pixels)) == seed
    reached_at = steps_from(seed)
    joining = np.bincount(reached_at)
    reached = joining[0]
    while reached < target:
        step += 1
        if step >= len(joining) or not joining[step]:
            seed = rng.choice(np.flatnonzero(reached_at > step))
            reached_at = np.minimum(reached_at, step + np.maximum(steps_from(seed), 1))
            joining = np.bincount(reached_at)
        reached += joining[step]
    return reached_at <= step
