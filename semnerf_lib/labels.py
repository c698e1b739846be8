"""Corrupted labels by name: what a run's config says is done to its labels, and what training sees for it.

The rules themselves are in `corruptions`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semnerf_lib import corruptions
from semnerf_lib.corruptions import Labels
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.arrays import read_arrays
from semnerf_lib.machine.files import sha256_of, write_aside
from semnerf_lib.scene import VOID, Scene

Amount = tuple[str, Callable[[float], bool]]
SHARE: Amount = ("a share from 0 to 1", lambda x: 0 <= x <= 1)
FACTOR: Amount = ("a whole number above 0", lambda x: x >= 1 and float(x).is_integer())
AMOUNTS: dict[str, Amount] = {
    "sparse": ("a share from 0 to below 1", lambda x: 0 <= x < 1),
    "pixel-noise": SHARE,
    "pixel-noise-other": SHARE,
    "region-sort": SHARE,
    "region-even": SHARE,
    "super-dense": FACTOR,
    "super-sparse": FACTOR,
    "propagation": ("a percentage from 0 to 100", lambda x: 0 <= x <= 100),
}
"""The kinds that have an amount: what it is, in words and as a test."""
STRUCK = {"region-sort": "the name of a class", "region-even": "the name of a class", "stored": "a file"}
"""The kinds that name something, and what."""


@dataclass(frozen=True)
class Corruption:
    """A kind of corruption, how much of it, and what it strikes.

    Attributes:
        kind: "none", "stored" or a key of AMOUNTS.
        amount: see AMOUNTS; None for "none" and "stored".
        of: the class whose instances region noise strikes; the file of "stored"; else None.

    Raises:
        SemnerfError: an unknown kind, an amount that the kind cannot have, a class missing or too many.
    """

    kind: str
    amount: float | None = None
    of: str | None = None

    def __post_init__(self):
        if self.kind in AMOUNTS:
            wanted, fits = AMOUNTS[self.kind]
            if self.amount is None or not fits(self.amount):
                raise SemnerfError(f"corruption {self.kind}: amount {self.amount}, expected {wanted}")
            object.__setattr__(self, "amount", float(self.amount) + 0.0)  # -0.0 becomes 0.0: one value, one spelling
        elif self.kind not in ("none", "stored"):
            raise SemnerfError(f"corruption {self.kind!r}, expected one of: none, {', '.join(AMOUNTS)}, stored")
        elif self.amount is not None:
            raise SemnerfError(f"corruption {self.kind}: amount {self.amount}, expected none")
        what = STRUCK.get(self.kind)
        if (what and not self.of) or (not what and self.of is not None):
            raise SemnerfError(f"corruption {self.kind}: of {self.of!r}, expected {what or 'nothing'} there")

    @classmethod
    def parse(cls, text: str) -> Corruption:
        """Reads "none", "kind:amount", "kind:amount:class" or "stored:file"; parse(str(c)) == c.

        Raises:
            SemnerfError: see the class; an amount that is no number.
        """
        kind, _, rest = text.partition(":")
        if kind == "stored":
            return cls(kind, of=rest)
        amount, colon, of = rest.partition(":")
        try:
            number = float(amount) if amount else None
        except ValueError as fault:
            raise SemnerfError(f"corruption {text!r}: amount {amount!r}, expected a number") from fault
        return cls(kind, number, of if colon else None)

    def __str__(self) -> str:
        amount = None if self.amount is None else repr(self.amount).removesuffix(".0")
        return ":".join(part for part in (self.kind, amount, self.of) if part is not None)

    @property
    def title(self) -> str:
        """What figures and tables call it.

        >>> Corruption.parse("pixel-noise:0.5").title
        '50 % of pixels random'
        """
        x, percent = self.amount or 0.0, f"{100 * (self.amount or 0.0):.3g} %"
        match self.kind:
            case "none":
                return "clean labels"
            case "sparse":
                return f"{percent} of label maps dropped"
            case "pixel-noise":
                return f"{percent} of pixels random"
            case "pixel-noise-other":
                return f"{percent} of pixels in another class"
            case "region-sort":
                return f"{self.of} random in {percent} of views, smallest first"
            case "region-even":
                return f"{self.of} random in {percent} of views, of all sizes"
            case "super-dense":
                return f"labels at 1/{x:g}, dense"
            case "super-sparse":
                return f"labels at 1/{x:g}, sparse"
            case "propagation":
                return f"{x:g} % of each class" if x else "single click"
        return f"labels of {Path(self.of).name}"

    def fingerprint(self) -> str:
        """What tells two corruptions of the same text apart: sha256 of the file for "stored", else "".

        Raises:
            SemnerfError: the file is missing.
        """
        if self.kind != "stored":
            return ""
        try:
            return sha256_of(Path(self.of))
        except OSError as fault:
            raise SemnerfError(f"{self.of}: {fault.strerror}, expected a file of stored labels") from fault


def corrupt(scene: Scene, corruption: str, seed: int) -> Labels:
    """The labels of a scene's frames as training sees them: those of its training frames corrupted, the others as is.

    Args:
        scene: with the split to train on.
        corruption: see `Corruption.parse`.
        seed: of all draws; the same seed gives the same labels.

    Raises:
        SemnerfError: see `Corruption`; a corruption that this scene cannot have; see `load_labels`.
    """
    c, ids, rng = Corruption.parse(corruption), list(scene.train_ids), np.random.default_rng(seed)
    labels, classes = scene.labels.copy(), scene.present_classes
    clean = labels[ids]
    match c.kind:
        case "sparse":
            labels[ids] = corruptions.drop_frames(clean, c.amount)
        case "pixel-noise":
            labels[ids] = corruptions.pixel_noise(clean, c.amount, classes, rng)
        case "pixel-noise-other":
            labels[ids] = corruptions.pixel_noise_other(clean, c.amount, classes, rng)
        case "region-sort" | "region-even":
            objects, even = instances_of(scene, c.of), c.kind == "region-even"
            instances = scene.instances[ids]
            labels[ids] = corruptions.region_noise(clean, instances, objects, c.amount, even, classes, rng)
        case "super-dense":
            labels[ids] = corruptions.coarse_dense(clean, int(c.amount))
        case "super-sparse":
            labels[ids] = corruptions.coarse_sparse(clean, int(c.amount))
        case "propagation":
            labels[ids] = corruptions.partial_labels(clean, c.amount, rng)
        case "stored":
            labels[ids] = load_labels(Path(c.of), scene)
    return labels


def instances_of(scene: Scene, name: str) -> list[int]:
    """The instances whose pixels in the training frames are mostly of one class, ascending.

    Raises:
        SemnerfError: a scene without instances, without the class, or without an instance of it.
    """
    if scene.instances is None:
        raise SemnerfError(f"scene {scene.name}: it has no instances, expected some for region noise")
    if name not in scene.class_names:
        raise SemnerfError(f"scene {scene.name}: no class {name!r}, expected one of: {', '.join(scene.class_names)}")
    of_class, counts = scene.class_names.index(name), np.zeros((2, 2**16), dtype=np.int64)
    for i in scene.train_ids:
        counts[0] += np.bincount(scene.instances[i].ravel(), minlength=2**16)
        counts[1] += np.bincount(scene.instances[i][scene.labels[i] == of_class], minlength=2**16)
    counts[:, 0] = 0  # nobody knows which instance
    found = np.flatnonzero(2 * counts[1] > counts[0]).tolist()
    if not found:
        raise SemnerfError(f"scene {scene.name}: no instance of {name!r} in its training frames, expected one")
    return found


def store_labels(path: Path, scene: Scene, labels: Labels, corruption: str, seed: int) -> None:
    """Keeps the labels of a scene's training frames, so that "stored:path" gives any model the very same.

    The file is an npz of labels (T, H, W), the scene's digest, and, for people, the corruption and the seed.

    Args:
        labels: of all frames, as `corrupt` returns them; or anybody's own, say of a segmentation network.
        corruption, seed: what made them; any text and number.

    Raises:
        SemnerfError: labels that this scene cannot have; see `write_aside`.
    """
    if labels.shape != scene.labels.shape:
        raise SemnerfError(f"{path}: labels {list(labels.shape)} to store, expected {list(scene.labels.shape)}")
    learnt = _checked(path, labels[list(scene.train_ids)], scene)

    def write(aside: Path) -> None:
        with aside.open("wb") as file:
            np.savez_compressed(file, labels=learnt, scene=scene.digest, corruption=corruption, seed=seed)

    write_aside(path, write)


def load_labels(path: Path, scene: Scene) -> Labels:
    """The stored labels of a scene's training frames, in their order.

    Raises:
        SemnerfError: the file is missing or damaged, or holds labels of another scene or split.
    """
    try:
        stored = read_arrays(path, {"labels": scene.labels.nbytes, "scene": 1000})
    except SemnerfError as fault:
        raise SemnerfError(f"{fault} of labels kept by store_labels") from fault
    labels, digest = stored["labels"], str(stored["scene"])
    if digest != scene.digest:
        raise SemnerfError(
            f"{path}: labels of scene {digest[:12]}, expected those of {scene.name} as it is split here, "
            f"{scene.digest[:12]}"
        )
    return _checked(path, labels, scene)


def _checked(path: Path, labels: np.ndarray, scene: Scene) -> Labels:
    shape = [len(scene.train_ids), *scene.labels.shape[1:]]
    if labels.dtype != np.uint8 or list(labels.shape) != shape:
        raise SemnerfError(f"{path}: labels are {labels.dtype}{list(labels.shape)}, expected uint8{shape}")
    unknown = np.setdiff1d(labels, [*range(scene.n_classes), VOID])
    if unknown.size:
        raise SemnerfError(f"{path}: label {unknown[0]}, expected 0 ... {scene.n_classes - 1} or VOID ({VOID})")
    return labels
