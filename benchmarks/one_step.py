"""Steps of one model in a process of its own, so that the peak of its memory is that of this work alone.

Prints one line of JSON: seconds a step, peak memory (of the process; on CUDA of the device), parameters.
"""

from __future__ import annotations

import json
import sys

import semnerf_lib  # noqa: F401, before torch, whose threads it tells to let go of their cores

# isort: split

import torch
from floors import seconds

from semnerf_lib.config import Config
from semnerf_lib.experiments import open_scene
from semnerf_lib.machine.devices import peak_memory_gib
from semnerf_lib.training import Trainer


def main(config: str, scale: str, device: str, repeats: str) -> None:
    """Steps of `config` on the made room as `scale` sees it.

    Args:
        config: all keys, as JSON (`Config.to_json`).
        repeats: the time is the median of so many steps after one that warms up.
    """
    at = torch.device(device)
    scene = open_scene("room", scale)
    before = peak_memory_gib(at)
    trainer = Trainer(scene, Config(**json.loads(config)), at)
    spent = seconds(trainer.step, at, int(repeats))
    parameters = sum(p.numel() for p in trainer.model.parameters())
    found = {"seconds": spent, "peak_gib": peak_memory_gib(at), "before_gib": before, "parameters": parameters}
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
