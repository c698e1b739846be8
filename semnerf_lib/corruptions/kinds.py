"""The kinds of corruption, each an entry of `KINDS`.

To add a kind, write its rule in `rules`, a function of the labels of the training frames, and its entry here.
The command line, run ids, tables, figures and the corruption lab read the entry and stay as they are. A new baseline
goes into `study.baselines.BASELINES`, the hash of what the kind makes of the tiny scene into tests/test_labels.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from semnerf_lib.corruptions import rules
from semnerf_lib.corruptions.amounts import CLICKED, DROPPED, FACTOR, FRAMES, PIXELS, Amount, percent
from semnerf_lib.corruptions.annotation import EFFORT, annotated
from semnerf_lib.corruptions.rules import Labels, class_id, instances_of
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.stored_labels import load_labels

CLASS, FILE = "the name of a class", "a file"
Rule = Callable[[Scene, Labels, Any, np.random.Generator], Labels]


@dataclass(frozen=True)
class Kind:
    """All that is asked of a kind of corruption.

    Attributes:
        rule: (scene, labels of its training frames, `labels.Corruption`, generator) -> new labels of these frames.
        title: what tables and figures call a `labels.Corruption` of this kind.
        amount: None for a kind without one.
        of: what the corruption names besides: `CLASS`, `FILE`, or nothing (None).
        baselines: keys of `study.baselines.BASELINES`, in the order of the tables.
        lab: what the corruption lab calls the kind; empty if the lab does not offer it.
        amounts: of a kind with several, by name; such a kind has no `amount` and no `of`.
    """

    rule: Rule
    title: Callable[[Any], str]
    amount: Amount | None = None
    of: str | None = None
    baselines: tuple[str, ...] = ()
    lab: str = ""
    amounts: Mapping[str, Amount] = field(default_factory=dict)


def region_noise(even: bool, scene: Scene, clean: Labels, c: Any, rng: np.random.Generator) -> Labels:
    objects, instances = instances_of(scene, c.of), scene.instances[list(scene.train_ids)]
    return rules.region_noise(clean, instances, objects, c.amount, even, scene.present_classes, rng)


DENOISED = ("given", "majority 3", "majority 5", "majority 15", "voted")
KINDS: dict[str, Kind] = {
    "none": Kind(lambda scene, clean, c, rng: clean, lambda c: "clean labels", baselines=("nearest frame", "voted")),
    "sparse": Kind(
        lambda scene, clean, c, rng: rules.drop_frames(clean, c.amount),
        lambda c: f"{percent(c.amount)} of label maps dropped",
        DROPPED,
        baselines=("nearest frame", "voted"),
        lab="fewer labelled frames",
    ),
    "pixel-noise": Kind(
        lambda scene, clean, c, rng: rules.pixel_noise(clean, c.amount, scene.present_classes, rng),
        lambda c: f"{percent(c.amount)} of pixels random",
        PIXELS,
        baselines=DENOISED,
        lab="noise: single pixels, any id (P2's rule)",
    ),
    "pixel-noise-other": Kind(
        lambda scene, clean, c, rng: rules.pixel_noise_other(clean, c.amount, scene.present_classes, rng),
        lambda c: f"{percent(c.amount)} of pixels in another class",
        PIXELS,
        baselines=DENOISED,
        lab="noise: single pixels, always wrong",
    ),
    "region-sort": Kind(
        partial(region_noise, False),
        lambda c: f"{c.of} random in {percent(c.amount)} of views, smallest first",
        FRAMES,
        CLASS,
        DENOISED,
        "noise: whole objects, where smallest",
    ),
    "region-even": Kind(
        partial(region_noise, True),
        lambda c: f"{c.of} random in {percent(c.amount)} of views, of all sizes",
        FRAMES,
        CLASS,
        DENOISED,
        "noise: whole objects, of all sizes",
    ),
    "unlabelled": Kind(
        lambda scene, clean, c, rng: rules.without_class(clean, class_id(scene, c.of), c.amount),
        lambda c: f"{c.of} void in {percent(c.amount)} of views",
        FRAMES,
        CLASS,
        baselines=("voted",),
    ),
    "renamed": Kind(
        lambda scene, clean, c, rng: rules.renamed(clean, class_id(scene, c.of), c.amount, scene.present_classes, rng),
        lambda c: f"{c.of} under another name in {percent(c.amount)} of views",
        FRAMES,
        CLASS,
        DENOISED,
    ),
    "super-dense": Kind(
        lambda scene, clean, c, rng: rules.coarse_dense(clean, int(c.amount)),
        lambda c: f"labels at 1/{c.amount:g}, dense",
        FACTOR,
        baselines=("given", "nearest block", "bilinear blocks", "voted"),
        lab="lower resolution, enlarged (dense)",
    ),
    "super-sparse": Kind(
        lambda scene, clean, c, rng: rules.coarse_sparse(clean, int(c.amount)),
        lambda c: f"labels at 1/{c.amount:g}, sparse",
        FACTOR,
        baselines=("nearest label", "bilinear pixels", "voted"),
        lab="lower resolution, single pixels (sparse)",
    ),
    "propagation": Kind(
        lambda scene, clean, c, rng: rules.partial_labels(clean, c.amount, rng),
        lambda c: f"{c.amount:g} % of each class" if c.amount else "single click",
        CLICKED,
        baselines=("nearest label", "voted"),
        lab="clicks, grown into regions",
    ),
    "annotated": Kind(
        lambda scene, clean, c, rng: annotated(clean, int(c.amounts[0]), *c.amounts[1:], scene.present_classes, rng),
        lambda c: ", ".join(f"{a.text(x)} {a.name}" for a, x in zip(EFFORT.values(), c.amounts, strict=True)),
        amounts=EFFORT,
        baselines=("nearest frame", "voted"),
    ),
    "stored": Kind(
        lambda scene, clean, c, rng: load_labels(c.file, scene),
        lambda c: f"labels of {c.file.name}",
        of=FILE,
        baselines=("voted",),
    ),
}
"""Every kind of corruption by the name that the command line and a run's config give it."""
