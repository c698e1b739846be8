"""Explorers for a notebook: each function takes what it explores and returns an `Explorer`.

They may know plots, runs, studio, surfaces, lessons and the method, but no study and no page.
Begin with `explorer`, then `space` and `picture`, which most of them are made of.
"""

from semnerf_lib.evaluation import view_renderer
from semnerf_lib.widgets.camera import camera_rays
from semnerf_lib.widgets.corruption_lab import corruption_lab
from semnerf_lib.widgets.encoding import encoding
from semnerf_lib.widgets.frame_mesh import from_frames
from semnerf_lib.widgets.free_view import free_view, made_truth
from semnerf_lib.widgets.label_studio import label_studio
from semnerf_lib.widgets.learnt_room import learnt_by, learnt_room
from semnerf_lib.widgets.live_training import live_training
from semnerf_lib.widgets.one_ray import one_ray

__all__ = [
    "camera_rays",
    "corruption_lab",
    "encoding",
    "free_view",
    "from_frames",
    "label_studio",
    "learnt_by",
    "learnt_room",
    "live_training",
    "made_truth",
    "one_ray",
    "view_renderer",
]
