"""One colour a class, the same in every picture of the kit; void is black."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID

OKABE_ITO = (
    (0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (213, 94, 0), (240, 228, 66),
)  # fmt: skip
"""Seven colours that people with any common colour vision tell apart (Okabe and Ito 2008; their black is our void)."""

DEFICIENCIES = (
    ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
)
"""What linear RGB looks like without red cones, and without green ones (Machado et al. 2009, severity 1)."""


def _linear(rgb: np.ndarray) -> np.ndarray:
    s = rgb / 255.0
    return np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)


def _oklab(linear: np.ndarray) -> np.ndarray:
    """Perceptual coordinates (Ottosson 2020): equal distances look about equally different."""
    to_lms = np.array(
        [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
         [0.0883024619, 0.2817188376, 0.6299787005]]
    )  # fmt: skip
    to_lab = np.array(
        [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
         [0.0259040371, 0.7827717662, -0.8086757660]]
    )  # fmt: skip
    return np.cbrt(np.maximum(linear, 0) @ to_lms.T) @ to_lab.T


def seen(rgb: np.ndarray) -> np.ndarray:
    """Colours (n, 3) as three readers see them: full colour vision, no red cones, no green cones; (n, 3, 3) Oklab."""
    linear = _linear(np.asarray(rgb, dtype=np.float64))
    views = [linear, *(np.clip(linear @ np.array(m).T, 0, 1) for m in DEFICIENCIES)]
    return np.stack([_oklab(v) for v in views], axis=1)


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, m): how different colours look: full vision's distance, or 1.6 times the worst reader's if that is less."""
    apart = np.linalg.norm(a[:, None] - b[None], axis=-1)
    return np.minimum(apart[..., 0], 1.6 * apart[..., 1:].min(-1))


@lru_cache(maxsize=1)
def _all_colours() -> np.ndarray:
    """(255, 3) uint8: Okabe and Ito's seven, then always the candidate that differs most from all before it."""
    levels = np.arange(6, 256, 22)
    candidates = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    looks = seen(candidates)
    light = looks[:, 0, 0]
    candidates, looks = candidates[(light > 0.35) & (light < 0.96)], looks[(light > 0.35) & (light < 0.96)]
    chosen = [np.array(c) for c in OKABE_ITO]
    apart = _distance(looks, seen(np.array([*chosen, (0, 0, 0)]))).min(1)
    while len(chosen) < VOID:
        best = int(apart.argmax())
        chosen.append(candidates[best])
        apart = np.minimum(apart, _distance(looks, looks[best : best + 1])[:, 0])
    return np.array(chosen, dtype=np.uint8)


def palette(n_classes: int) -> np.ndarray:
    """(n_classes, 3) uint8, sRGB. Class k has the same colour however many classes there are.

    The first seven are told apart by readers with any common colour vision; the rest are ordered so that each next
    one differs most, for the reader who sees least difference, from those before it.

    Raises:
        SemnerfError: fewer than 1 or more than 255 classes.

    >>> palette(2).tolist()
    [[0, 114, 178], [230, 159, 0]]
    """
    if not 1 <= n_classes <= VOID:
        raise SemnerfError(f"palette: {n_classes} classes, expected 1 to {VOID}")
    return _all_colours()[:n_classes].copy()


def colourise(labels: np.ndarray) -> np.ndarray:
    """Label images (..., H, W) to pictures (..., H, W, 3) uint8; VOID is black."""
    table = np.zeros((256, 3), dtype=np.uint8)
    table[:VOID] = _all_colours()
    return table[np.asarray(labels)]
