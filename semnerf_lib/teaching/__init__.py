"""Teaching: checks of the exercises, copies for students, the teacher's notebook, packs of trained runs for a workshop.

It may know the questions, the study, the runs and the method, and names widgets in the teacher's notebook only.
Begin with `checking`, which says what a check is; `workshop` is the way of a pack.
"""

from semnerf_lib.teaching.checks_annotation import check_cheapest_point, check_click_seconds
from semnerf_lib.teaching.checks_clicks import check_click, check_frames, check_next_click
from semnerf_lib.teaching.checks_dials import check_cell, check_merged
from semnerf_lib.teaching.checks_elsewhere import check_by_chance, check_mean_over_scenes
from semnerf_lib.teaching.checks_fields import check_corners, check_encoding, check_octaves
from semnerf_lib.teaching.checks_geometry import check_agreement, check_distortion
from semnerf_lib.teaching.checks_labels import (
    check_boundary,
    check_enlarge,
    check_noise,
    check_pose_distance,
    check_vote,
)
from semnerf_lib.teaching.checks_privacy import check_explained, check_pose_error
from semnerf_lib.teaching.checks_rays import check_axes, check_depth, check_rays
from semnerf_lib.teaching.checks_rendering import check_depth_of_ray, check_samples, check_softmax
from semnerf_lib.teaching.checks_scenes import check_first_solid, check_nerfstudio_pose
from semnerf_lib.teaching.checks_scores import (
    check_chance,
    check_half_width,
    check_interval,
    check_limit,
    check_miou,
    check_rays_per_pixel,
    check_verdict,
)
from semnerf_lib.teaching.checks_training import check_adam, check_loss
from semnerf_lib.teaching.checks_unlabelled import check_auroc, check_opacity
from semnerf_lib.teaching.checks_widths import check_image_width, check_width_in_cm
from semnerf_lib.teaching.exercises import progress

__all__ = [
    "check_adam",
    "check_agreement",
    "check_auroc",
    "check_axes",
    "check_by_chance",
    "check_cell",
    "check_chance",
    "check_cheapest_point",
    "check_click",
    "check_click_seconds",
    "check_corners",
    "check_depth",
    "check_depth_of_ray",
    "check_distortion",
    "check_boundary",
    "check_encoding",
    "check_enlarge",
    "check_explained",
    "check_first_solid",
    "check_frames",
    "check_half_width",
    "check_image_width",
    "check_interval",
    "check_limit",
    "check_loss",
    "check_mean_over_scenes",
    "check_merged",
    "check_miou",
    "check_nerfstudio_pose",
    "check_next_click",
    "check_noise",
    "check_octaves",
    "check_opacity",
    "check_pose_distance",
    "check_pose_error",
    "check_rays",
    "check_rays_per_pixel",
    "check_samples",
    "check_softmax",
    "check_verdict",
    "check_vote",
    "check_width_in_cm",
    "progress",
]
