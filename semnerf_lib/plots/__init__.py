"""Figures, matplotlib only. Every function takes arrays or results and returns the figure; a notebook then calls
`plt.show()`. One colour a class in every picture (`scenes.palette`), void black, lengths in metres.
"""

from semnerf_lib.plots.images import class_legend, comparison, depth_comparison, entropy_maps, label_grid, views
from semnerf_lib.plots.rays import density_gradient, frusta, ray_profile, ray_samples
from semnerf_lib.plots.scores import class_bars, curves, paired_folds, timing_bars
from semnerf_lib.plots.style import MODEL_COLOURS, style
from semnerf_lib.plots.video import embed_video, video

__all__ = [
    "MODEL_COLOURS",
    "class_bars",
    "class_legend",
    "comparison",
    "curves",
    "density_gradient",
    "depth_comparison",
    "embed_video",
    "entropy_maps",
    "frusta",
    "label_grid",
    "paired_folds",
    "ray_profile",
    "ray_samples",
    "style",
    "timing_bars",
    "video",
    "views",
]
