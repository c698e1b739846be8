"""A small network fitted to a patch of a label image: which boundaries the positional encoding lets it follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor, nn

from semnerf_lib.encoding import encoded_size, positional_encoding
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.cores import one_core
from semnerf_lib.scene import VOID

FINE = 4
"""Places for each pixel along each axis at which a fit is evaluated."""


@dataclass(frozen=True)
class Fit:
    """The state of a fit.

    Attributes:
        step: gradient steps made.
        loss: cross-entropy over the pixels learnt from, nats.
        labels: (H, W) its class at each pixel.
        between: (FINE H, FINE W) its class at FINE x FINE places a pixel.
        lines: (H, FINE W, K) its probabilities along the middle of each row, of the classes that were learnt.
        classes: (K,) their ids.
    """

    step: int
    loss: float
    labels: UInt8[np.ndarray, "height width"]
    between: UInt8[np.ndarray, "rows columns"]
    lines: Float[np.ndarray, "height columns classes"]
    classes: UInt8[np.ndarray, "classes"]

    def wrong(self, patch: UInt8[np.ndarray, "height width"], where: Bool[np.ndarray, "height width"]) -> float | None:
        """Share of wrong classes among the labelled pixels of `where`; None without such a pixel."""
        asked = where & (patch != VOID)
        return float(np.mean(self.labels[asked] != patch[asked])) if asked.any() else None


def fit_patch(
    patch: UInt8[np.ndarray, "height width"],
    learnt: Bool[np.ndarray, "height width"],
    n_octaves: int,
    steps: int = 200,
    n_fits: int = 4,
    width: int = 64,
) -> Iterator[Fit]:
    """Fits a network of two hidden layers to the class at (x, y), and yields it `n_fits` times on the way.

    Places are encoded as (x, y) / (W / 2), from the middle of the patch: the shortest wave is `shortest_wave` pixels.
    The same arguments give the same fit.

    Args:
        patch: of a label image; VOID teaches nothing.
        learnt: the pixels to learn from.
        n_octaves: of the encoding; 0 gives the network x and y alone.
        steps: of Adam, on all pixels at once.
        width: of the hidden layers.

    Raises:
        SemnerfError: no labelled pixel to learn from.
    """
    height, columns = patch.shape
    labelled = learnt & (patch != VOID)
    if not labelled.any():
        raise SemnerfError(f"fit_patch: no labelled pixel in {columns}x{height} to learn from, expected some")
    classes = np.unique(patch[labelled])
    generator = torch.Generator().manual_seed(0)
    target = torch.from_numpy(np.searchsorted(classes, patch[labelled]))
    net = nn.Sequential(
        nn.Linear(encoded_size(2, n_octaves), width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(),
        nn.Linear(width, len(classes)),
    )  # fmt: skip
    for layer in filter(lambda layer: isinstance(layer, nn.Linear), net):
        bound = layer.in_features**-0.5
        for parameter in (layer.weight, layer.bias):
            nn.init.uniform_(parameter, -bound, bound, generator=generator)

    def encoded(rows: np.ndarray, cols: np.ndarray) -> Tensor:
        v, u = np.meshgrid(rows - (height - 1) / 2, cols - (columns - 1) / 2, indexing="ij")
        return positional_encoding(torch.from_numpy(np.stack([u, v], -1) / (columns / 2)).float(), n_octaves)

    at_pixels = encoded(np.arange(height), np.arange(columns))
    at_between, on_lines = encoded(between(height), between(columns)), encoded(np.arange(height), between(columns))
    x = at_pixels[torch.from_numpy(labelled)]
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-2)
    stops = sorted({round(steps * (k / n_fits) ** 2) for k in range(n_fits + 1)})
    for start, stop in pairwise(stops):
        with one_core():
            for _ in range(start, stop):
                loss = nn.functional.cross_entropy(net(x), target)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            with torch.no_grad():
                labels = (classes[net(places).argmax(-1).numpy()] for places in (at_pixels, at_between))
                fit = Fit(stop, loss.item(), *labels, torch.softmax(net(on_lines), -1).numpy(), classes)
        yield fit


def between(n: int) -> Float[np.ndarray, "places"]:
    """FINE places a pixel along n pixels, in pixel coordinates: pixel i spans [i - 1/2, i + 1/2]."""
    return (np.arange(FINE * n) + 0.5) / FINE - 0.5


def shortest_wave(n_octaves: int, columns: int) -> float:
    """Length in pixels of the shortest wave of `fit_patch`'s encoding: 2 pi / 2^(L - 1) of half the patch's width.

    >>> round(shortest_wave(7, 40), 2)
    1.96
    """
    return float(np.inf) if n_octaves == 0 else float(2 * np.pi / 2 ** (n_octaves - 1) * columns / 2)


def boundary_patch(labels: UInt8[np.ndarray, "height width"], size: int = 40) -> tuple[int, int, int]:
    """Top, left and side of the square with the most boundary pixels, no larger than the image."""
    size = min(size, *labels.shape)
    boundary = np.zeros(labels.shape)
    boundary[:, 1:] += (labels[:, 1:] != labels[:, :-1]) & (labels[:, 1:] != VOID) & (labels[:, :-1] != VOID)
    boundary[1:] += (labels[1:] != labels[:-1]) & (labels[1:] != VOID) & (labels[:-1] != VOID)
    sums = np.pad(boundary.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    counts = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
    top, left = np.unravel_index(counts.argmax(), counts.shape)
    return int(top), int(left), size


def learnt_pixels(shape: tuple[int, int], every: int) -> Bool[np.ndarray, "height width"]:
    """Every `every`-th pixel along both axes: 1 for all, 2 for one in four."""
    learnt = np.zeros(shape, dtype=bool)
    learnt[::every, ::every] = True
    return learnt
