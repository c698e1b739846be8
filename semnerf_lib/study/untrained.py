"""What a field scores that has learnt nothing: a depth error near it is the box's, not the labels'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from semnerf_lib.config import Config
from semnerf_lib.evaluation import evaluate
from semnerf_lib.models import build_model
from semnerf_lib.scene import Scene


def untrained_scores(
    scene: Scene, config: Config, ids: Sequence[int] | None = None, device: torch.device | None = None
) -> dict[str, Any]:
    """Scores of a run's model before its first step, without carving: `evaluate`'s keys.

    In a known box rays end at its walls, whatever the field; so a depth table needs this line.

    Args:
        scene: truth.
        config: of the run that it stands beside.
        ids: frames; None takes the scene's test frames.
        device: where; None for the CPU.
    """
    return evaluate(build_model(config, scene).to(device or torch.device("cpu")).eval(), scene, ids)
