"""The labels that training sees: those of the scene, under a corruption."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semnerf_lib.corruptions.amounts import parsed, spelled
from semnerf_lib.corruptions.kinds import CLASS, FILE, KINDS, Kind
from semnerf_lib.corruptions.rules import Labels
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.stored_labels import sha256_of_stored


@dataclass(frozen=True)
class Corruption:
    """What is done to the labels of the training frames before training.

    Attributes:
        kind: a key of `kinds.KINDS`.
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
