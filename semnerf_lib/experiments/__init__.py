"""Which runs are made: the scales and their presets, a planned run and its id, the plan of each experiment.

It may know the method and `scenes`. Begin with `plans`.
"""

from semnerf_lib.experiments.planned import N_FOLDS, Plan, Planned, open_scene
from semnerf_lib.experiments.plans import (
    CORRUPTED,
    CORRUPTED_LAPTOP,
    EXPERIMENTS,
    UNLABELLED_CLASS,
    Experiment,
    plan,
    sharpeners,
    short_run,
)

__all__ = [
    "CORRUPTED",
    "CORRUPTED_LAPTOP",
    "EXPERIMENTS",
    "Experiment",
    "N_FOLDS",
    "Plan",
    "Planned",
    "UNLABELLED_CLASS",
    "open_scene",
    "plan",
    "sharpeners",
    "short_run",
]
