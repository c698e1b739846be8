"""Does a field keep what is small and thin? Scores over the visible width of things, in pixels and in centimetres.

The runs are those of notebooks 06, 08 and 11: `semnerf reproduce` has made most of them already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy.spatial import KDTree

from semnerf_lib.evaluation import View, view_renderer
from semnerf_lib.experiments import Planned, open_scene, plan
from semnerf_lib.lessons.visible_width import object_scores, visible_width
from semnerf_lib.questions.question import Case, Question
from semnerf_lib.questions.rows import Row, difference, mean_of, select
from semnerf_lib.runs.store import Run
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.surfaces.comparison import surface_in, voxel_downsample

WIDTHS_CM = (0.0, 2.0, 4.0, 8.0, 16.0, 32.0, np.inf)
WIDTHS_PX = (0.0, 1.5, 3.0, 6.0, 12.0, 24.0, np.inf)
SIZES_PX = (0.0, 4.0, 8.0, 16.0, 32.0, np.inf)
"""Limits of the groups: widths at a pixel, and the square root of an object's visible area."""
CLOSE = 0.05
"""Metres within which a surface point counts as right."""
SPACING = 0.02
"""Surface points are thinned to one in a cell of this side, metres."""
SHELL = ("wall", "floor", "ceiling")
"""Classes without a width of their own: a strip of wall between two legs is no thin wall."""
N_VIEWS = 12
"""Test views that are measured, evenly spread."""
SHARPENERS = ("the preset", "no carving", "no boundary rays", "5 grid levels")
"""Variants of notebook 11 that are measured here."""
LABELS = {"none": (180, 1, ""), "sparse:0.9": (18, 1, ""), "sparse:0.977778": (4, 1, "")}
LABELS |= {"super-dense:4": (180, 4, "dense"), "super-sparse:4": (180, 4, "sparse"), "super-dense:8": (180, 8, "dense")}
"""Corruptions of notebooks 06 and 08 that are measured: labelled frames, coarseness of the labels, and its kind."""


def cases() -> Iterator[Case]:
    """The runs; with RGB those on clean labels."""
    scene = open_scene("room", "laptop")
    for one in plan("geometry", scene, "laptop"):
        if one.label in SHARPENERS:
            yield Case("room", "laptop", one, {"variant": one.label, "frames": 180, "factor": 1, "kind": ""})
    for one in plan("sparse_labels", scene, "laptop") + plan("super_resolution", scene, "laptop"):
        text = str(one.config.corruption)
        if text in LABELS and (text == "none" or one.config.supervision == "labels"):
            frames, factor, kind = LABELS[text]
            dials = {"variant": "rays drawn evenly", "frames": frames, "factor": factor, "kind": kind}
            yield Case("room", "laptop", one, dials)


@lru_cache(maxsize=1)
def widths_of(scene: Scene) -> tuple[list[int], Float[np.ndarray, "views height width"]]:
    """The test views that are measured, and the visible width of every pixel's object there, pixels."""
    ids = [scene.test_ids[i] for i in np.linspace(0, len(scene.test_ids) - 1, N_VIEWS).astype(int)]
    return ids, np.stack([visible_width(scene.instances[i].astype(np.int64)) for i in ids])


def measure(planned: Planned, run: Run) -> dict[str, float | None]:
    """Scores in groups of width and size; the F-score of each class's surface points, and its median width in cm."""
    scene = planned.scene
    ids, px = widths_of(scene)
    render = view_renderer(run.load(scene), scene)
    views = [render(scene.c2w[i], scene.intrinsics.width) for i in ids]
    things = ~np.isin(scene.labels[ids], [k for k, name in enumerate(scene.class_names) if name in SHELL])
    cm = 100 * px * scene.depth[ids] / scene.intrinsics.fx * things
    numbers = by_width(views, scene, ids, px, WIDTHS_PX, "px") | by_width(views, scene, ids, cm, WIDTHS_CM, "cm")
    median = {f"width {name}": _median(cm[scene.labels[ids] == c]) for c, name in enumerate(scene.class_names)}
    return numbers | by_size(views, scene, ids) | surface_scores(views, scene, ids) | median


def _median(widths: Float[np.ndarray, "pixels"]) -> float | None:
    return float(np.median(widths)) if widths.any() else None


def group_name(limits: tuple[float, ...], k: int, unit: str) -> str:
    """What a group between two limits is called.

    >>> group_name((0.0, 2.0, np.inf), 0, "cm"), group_name((0.0, 2.0, np.inf), 1, "cm")
    ('0-2 cm', '2-inf cm')
    """
    return f"{limits[k]:g}-{limits[k + 1]:g} {unit}"


def by_width(
    views: list[View], scene: Scene, ids: list[int], widths: Float[np.ndarray, "views height width"],
    limits: tuple[float, ...], unit: str,
) -> dict[str, float | None]:  # fmt: skip
    """Of the pixels in each group of widths: how many, the share with the right class, and the mean depth error.

    Args:
        views: rendered.
        ids: their frames.
        widths: of every pixel; 0 where unknown.
        limits: of the groups, ascending.
        unit: of the widths.
    """
    truth, depth = scene.labels[ids], scene.depth[ids]
    right = np.stack([view.labels for view in views]) == truth
    error = np.abs(np.stack([view.depth for view in views]) - depth)
    valid = (truth != VOID) & (depth > 0) & (widths > 0)
    groups = {
        group_name(limits, k, unit): valid & (widths >= limits[k]) & (widths < limits[k + 1])
        for k in range(len(limits) - 1)
    }
    return scores_of_groups(groups, right, error)


def scores_of_groups(
    groups: Mapping[str, Bool[np.ndarray, "..."]], right: Bool[np.ndarray, "..."], error: Float[np.ndarray, "..."]
) -> dict[str, float | None]:
    """`pixels`, `recall` and `depth` of each group, as "recall leg"; None where it has no pixel.

    Args:
        groups: name -> its pixels.
        right: whether a pixel has the right class.
        error: of its depth, metres.
    """
    numbers: dict[str, float | None] = {}
    for name, group in groups.items():
        some = bool(group.any())
        numbers |= {
            f"pixels {name}": int(group.sum()),
            f"recall {name}": float(right[group].mean()) if some else None,
            f"depth {name}": float(error[group].mean()) if some else None,
        }
    return numbers


def by_size(views: list[View], scene: Scene, ids: list[int]) -> dict[str, float | None]:
    """The mean IoU of objects in views (see `object_scores`), in groups of the square root of their visible area."""
    seen = [
        one
        for i, view in zip(ids, views, strict=True)
        for one in object_scores(view.labels, scene.labels[i], scene.instances[i].astype(np.int64))
    ]
    size, iou, numbers = np.sqrt([one.area for one in seen]), np.array([one.iou for one in seen]), {}
    for k in range(len(SIZES_PX) - 1):
        group, name = (size >= SIZES_PX[k]) & (size < SIZES_PX[k + 1]), group_name(SIZES_PX, k, "px")
        numbers |= {
            f"objects {name}": int(group.sum()),
            f"iou {name}": float(iou[group].mean()) if group.any() else None,
        }
    return numbers


def surface_scores(views: list[View], scene: Scene, ids: list[int]) -> dict[str, float | None]:
    """The F-score of the surface points that the views show, class by class (see `surfaces.comparison.compare`).

    A rendered point counts as right if a true point of its class is closer than `CLOSE`, and the other way round.
    """
    true = points_of([scene.labels[i] for i in ids], scene.depth[ids], scene, ids)
    learnt = points_of([v.labels for v in views], np.stack([v.depth for v in views]), scene, ids)
    return {f"f {name}": f_score(true.get(c), learnt.get(c)) for c, name in enumerate(scene.class_names)}


def points_of(
    labels: list[UInt8[np.ndarray, "height width"]], depth: Float[np.ndarray, "views height width"], scene: Scene,
    ids: list[int],
) -> dict[int, Float[np.ndarray, "points 3"]]:  # fmt: skip
    """Class to the points where views see it, thinned; only pixels whose true depth and class are known."""
    valid = (scene.depth[ids] > 0) & (scene.labels[ids] != VOID)
    parts = [surface_in(scene, i, z)[k] for i, z, k in zip(ids, depth, valid, strict=True)]
    points, classes = np.concatenate(parts), np.concatenate([a[k] for a, k in zip(labels, valid, strict=True)])
    by_class = {}
    for c in np.unique(classes):
        own = points[classes == c]
        by_class[int(c)] = own[voxel_downsample(own, SPACING)]
    return by_class


def f_score(true: Float[np.ndarray, "a 3"] | None, learnt: Float[np.ndarray, "b 3"] | None) -> float | None:
    """2 P R / (P + R) of two sets of points within `CLOSE`; 0 where nothing was learnt, None where nothing is there."""
    if true is None or learnt is None:
        return None if true is None else 0.0
    recall = float((KDTree(learnt).query(true, distance_upper_bound=CLOSE)[0] < CLOSE).mean())
    precision = float((KDTree(true).query(learnt, distance_upper_bound=CLOSE)[0] < CLOSE).mean())
    return 2 * precision * recall / max(precision + recall, 1e-12)


def conclude(rows: Sequence[Row]) -> str:
    """Recall of thin and of wide things, and what colours and boundary rays do for the thin ones."""
    thin, wide = group_name(WIDTHS_CM, 1, "cm"), group_name(WIDTHS_CM, len(WIDTHS_CM) - 2, "cm")
    words, clean = ("better", "worse"), select(rows, variant="rays drawn evenly", frames=180, factor=1)
    alone, both = (select(clean, supervision=one) for one in ("labels", "labels+rgb"))
    colours = difference([row | {"supervision": "labels"} for row in both], alone, f"recall {thin}", words)
    preset, without = (select(rows, variant=name) for name in ("the preset", "no boundary rays"))
    return (
        f"Of the pixels of things {WIDTHS_CM[1]:g} to {WIDTHS_CM[2]:g} cm wide {mean_of(alone, f'recall {thin}'):.1%} "
        f"get the right class, above {WIDTHS_CM[-2]:g} cm {mean_of(alone, f'recall {wide}'):.1%} (labels alone, "
        f"n = {len(alone)}). For the thin ones, with RGB {colours}; without boundary rays "
        f"{difference(without, preset, f'recall {thin}', words)}."
    )


QUESTION = Question("small_objects", "Small objects and fine geometry", "15", cases, measure, conclude)
