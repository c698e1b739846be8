"""What is done to label images before training: the rules of P2's and P1's experiments and of a person's errors.

It may know `scene`, `errors` and `scenes`. Begin with `rules`, then `kinds`, the entry of each kind of corruption.
"""

from semnerf_lib.corruptions.annotation import annotated
from semnerf_lib.corruptions.rules import (
    coarse_dense,
    coarse_sparse,
    drop_frames,
    grown,
    partial_labels,
    pixel_noise,
    pixel_noise_other,
    region_noise,
    renamed,
    spread,
    without_class,
)

__all__ = [
    "annotated",
    "coarse_dense",
    "coarse_sparse",
    "drop_frames",
    "grown",
    "partial_labels",
    "pixel_noise",
    "pixel_noise_other",
    "region_noise",
    "renamed",
    "spread",
    "without_class",
]
