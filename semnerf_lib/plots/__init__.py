"""Figures by matplotlib: every function takes arrays or results and returns the figure; plotly's are shown by `show3d`.

They may know lessons, surfaces and the method, and scores as numbers. One colour a class, void black, metres.
Begin with `images` and `style`.
"""

from semnerf_lib.plots.alternatives import alternative_text, describe_figures
from semnerf_lib.plots.annotation import Plane, left_out_scores, planes, scores_over_minutes
from semnerf_lib.plots.dials import scores_of_scenes, scores_over_dials
from semnerf_lib.plots.experiments import (
    ROLES,
    class_bars,
    class_losses,
    corrupted_labels,
    curves_with_spread,
    kept_frames,
)
from semnerf_lib.plots.holes import change_maps, curves_over_steps, hole, opacity_shares, scores_by_row
from semnerf_lib.plots.images import (
    class_legend,
    comparison,
    depth_comparison,
    depth_outputs,
    entropy_maps,
    error_picture,
    input_and_outputs,
    label_grid,
    views,
)
from semnerf_lib.plots.learnt import loose_walls, room_picture
from semnerf_lib.plots.rays import density_gradient, frusta, ray_profile, ray_samples
from semnerf_lib.plots.scores import curves, differences, error_over_distance, forest, paired_folds, timing_bars
from semnerf_lib.plots.spatial import show3d, small_picture
from semnerf_lib.plots.style import MODEL_COLOURS, style
from semnerf_lib.plots.video import embed_video, video
from semnerf_lib.plots.widths import classes_over_width, scores_over_groups, width_pictures

__all__ = [
    "MODEL_COLOURS",
    "Plane",
    "ROLES",
    "alternative_text",
    "change_maps",
    "class_bars",
    "class_legend",
    "class_losses",
    "classes_over_width",
    "comparison",
    "corrupted_labels",
    "curves",
    "curves_over_steps",
    "curves_with_spread",
    "density_gradient",
    "depth_comparison",
    "depth_outputs",
    "describe_figures",
    "differences",
    "embed_video",
    "entropy_maps",
    "error_over_distance",
    "error_picture",
    "forest",
    "frusta",
    "hole",
    "input_and_outputs",
    "kept_frames",
    "label_grid",
    "left_out_scores",
    "loose_walls",
    "opacity_shares",
    "paired_folds",
    "planes",
    "ray_profile",
    "ray_samples",
    "room_picture",
    "scores_by_row",
    "scores_of_scenes",
    "scores_over_dials",
    "scores_over_groups",
    "scores_over_minutes",
    "show3d",
    "small_picture",
    "style",
    "timing_bars",
    "video",
    "views",
    "width_pictures",
]
