"""The kinds of corruption, each an entry of `KINDS`, and the labels that training sees under one.

To add a kind, write its rule in `corruptions`, a function of the labels of the training frames, and its entry here.
The command line, run ids, tables, figures and the corruption lab read the entry and stay as they are. A new baseline
goes into `study.baselines.BASELINES`, the hash of what the kind makes of the tiny scene into tests/test_labels.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from semnerf_lib import corruptions as rules
from semnerf_lib.amounts import CLICKED, DROPPED, FACTOR, FRAMES, PIXELS, Amount, parsed, percent, spelled
from semnerf_lib.annotation import EFFORT, annotated
from semnerf_lib.corruptions import Labels, class_id, instances_of
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.stored_labels import load_labels, sha256_of_stored

CLASS, FILE = "the name of a class", "a file"
Rule = Callable[[Scene, Labels, "Corruption", np.random.Generator], Labels]


@dataclass(frozen=True)
class Kind:
    """All that is asked of a kind of corruption.

    Attributes:
        rule: (scene, labels of its training frames, corruption, generator) -> new labels of these frames.
        title: what tables and figures call a corruption of this kind.
        amount: None for a kind without one.
        of: what the corruption names besides: `CLASS`, `FILE`, or nothing (None).
        baselines: keys of `study.baselines.BASELINES`, in the order of the tables.
        lab: what the corruption lab calls the kind; empty if the lab does not offer it.
        amounts: of a kind with several, by name; such a kind has no `amount` and no `of`.
    """

    rule: Rule
    title: Callable[[Corruption], str]
    amount: Amount | None = None
    of: str | None = None
    baselines: tuple[str, ...] = ()
    lab: str = ""
    amounts: Mapping[str, Amount] = field(default_factory=dict)


def region_noise(even: bool, scene: Scene, clean: Labels, c: Corruption, rng: np.random.Generator) -> Labels:
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


@dataclass(frozen=True)
class Corruption:
    """What is done to the labels of the training frames before training.

    Attributes:
        kind: a key of `KINDS`.
        amount: how much of it; None for a kind without an amount.
        of: the class whose instances region noise changes; the file of "stored"; else None.
        amounts: of a kind with several, in the order of its entry; else ().

    Raises:
        SemnerfError: an unknown kind, or an amount, class or file that the kind cannot have.
    """

    kind: str = "none"
    amount: float | None = None
    of: str | None = None
    amounts: tuple[float, ...] = ()

    def __post_init__(self):
        if self.kind not in KINDS:
            raise SemnerfError(f"corruption {self.kind!r}, expected one of: {', '.join(KINDS)}")
        amount, of = self.entry.amount, self.entry.of
        if (self.amount is None) != (amount is None) or (amount and not amount.allowed(self.amount)):
            wanted = amount.limits if amount else "none"
            raise SemnerfError(f"corruption {self.kind}: amount {self.amount}, expected {wanted}")
        if amount:
            object.__setattr__(self, "amount", float(self.amount) + 0.0)  # -0.0 becomes 0.0: one value, one spelling
        if (self.of is None) != (of is None) or self.of == "":
            raise SemnerfError(f"corruption {self.kind}: of {self.of!r}, expected {of or 'nothing'} there")
        named = self.entry.amounts
        if len(self.amounts) != len(named):
            raise SemnerfError(f"corruption {self.kind}: {len(self.amounts)} amounts, expected {len(named)}")
        for (name, one), value in zip(named.items(), self.amounts, strict=True):
            if not one.allowed(value):
                raise SemnerfError(f"corruption {self.kind}: {name}={value:g}, expected {one.limits}")
        object.__setattr__(self, "amounts", tuple(float(value) + 0.0 for value in self.amounts))

    @classmethod
    def parse(cls, text: str) -> Corruption:
        """Reads what str() writes: "none", "kind:amount", "kind:amount:class", "kind:name=amount,..." or "stored:file".

        Raises:
            SemnerfError: see the class; an amount that is no number, or other names than those of the kind.
        """
        kind, _, rest = text.partition(":")
        if kind in KINDS and KINDS[kind].of == FILE:
            return cls(kind, of=rest)
        if kind in KINDS and (named := KINDS[kind].amounts):
            names, numbers = zip(*(part.partition("=")[::2] for part in rest.split(",")), strict=True)
            if names != tuple(named):
                expected = ",".join(f"{name}=..." for name in named)
                raise SemnerfError(f"corruption {text!r}, expected {kind}:{expected}")
            return cls(kind, amounts=tuple(parsed(amount, text) for amount in numbers))
        amount, colon, of = rest.partition(":")
        return cls(kind, parsed(amount, text) if amount else None, of if colon else None)

    def __str__(self) -> str:
        amount = None if self.amount is None else spelled(self.amount)
        pairs = zip(self.entry.amounts, self.amounts, strict=True)
        named = ",".join(f"{name}={spelled(value)}" for name, value in pairs) or None
        return ":".join(part for part in (self.kind, amount, self.of, named) if part is not None)

    @property
    def entry(self) -> Kind:
        """What `KINDS` says of its kind."""
        return KINDS[self.kind]

    @property
    def title(self) -> str:
        """What figures and tables call it.

        >>> Corruption("pixel-noise", 0.5).title
        '50 % of pixels random'
        """
        return self.entry.title(self)

    @property
    def class_name(self) -> str | None:
        """The class whose instances alone it changes, and whose IoU is then the score; None where it changes all."""
        return self.of if self.entry.of == CLASS else None

    @property
    def file(self) -> Path | None:
        """The file that the labels come from; None where they are made from the scene's."""
        return Path(self.of) if self.entry.of == FILE else None

    def fingerprint(self) -> str:
        """The sha256 of its file, so that other labels in that file make another run; else "".

        Raises:
            SemnerfError: the file is missing.
        """
        return sha256_of_stored(self.file) if self.file else ""


CLEAN = Corruption()


def corrupt(scene: Scene, corruption: Corruption, seed: int) -> Labels:
    """The labels of a scene's frames as training sees them: those of its training frames corrupted, the others as is.

    Args:
        scene: with the split to train on.
        corruption: what is done to them.
        seed: of all draws; the same seed gives the same labels.

    Raises:
        SemnerfError: a corruption that this scene cannot have; see `load_labels`.
    """
    labels, ids = scene.labels.copy(), list(scene.train_ids)
    labels[ids] = corruption.entry.rule(scene, labels[ids], corruption, np.random.default_rng(seed))
    return labels
