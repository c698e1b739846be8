"""The file of a training that is under way: tensors and where it is, both under one checksum."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import save_file

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import digest, opened, write_aside
from semnerf_lib.machine.jsons import is_number, parse_json


class Facts(NamedTuple):
    """Where a training is: steps done, seconds they took, and the entries of its history, each with its `step`."""

    step: int
    seconds: float
    history: list[dict[str, Any]]


def write_checkpoint(path: Path, tensors: dict[str, torch.Tensor], facts: Facts) -> None:
    """Writes CPU tensors and facts as one safetensors file, aside and renamed.

    Raises:
        SemnerfError: see `write_aside`.
    """
    stored = facts._asdict()
    metadata = {"semnerf": json.dumps(stored | {"sha256": digest(tensors, stored)})}
    write_aside(path, lambda aside: save_file(tensors, aside, metadata=metadata))


def read_checkpoint(path: Path, iterations: float = math.inf) -> tuple[dict[str, torch.Tensor], Facts]:
    """The tensors and facts of a checkpoint.

    Args:
        iterations: steps of the whole training.

    Raises:
        Damaged: no checkpoint, another checksum, a step that is no whole number from 0 to `iterations`, or a history
            whose steps do not grow up to it.
        SemnerfError: the system does not let it be read.
    """
    with opened(path) as file:
        facts, sha256 = _facts(file, iterations)
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        if digest(tensors, facts._asdict()) != sha256:
            raise ValueError(f"its content does not have sha256 {sha256[:12]}...")
        return tensors, facts


def read_step(path: Path) -> int:
    """The step at which a checkpoint was written; its checksum is not computed.

    Raises:
        Damaged, SemnerfError: see `read_checkpoint`.
    """
    with opened(path) as file:
        return _facts(file, math.inf)[0].step


def _facts(file: Any, iterations: float) -> tuple[Facts, str]:
    try:
        stored = parse_json(file.metadata()["semnerf"].encode(), "its facts", nan=True)
    except SemnerfError as fault:
        raise ValueError(fault) from None
    step, seconds, history, sha256 = (stored[key] for key in (*Facts._fields, "sha256"))
    if type(sha256) is not str:
        raise TypeError("sha256 is no text")
    if type(step) is not int or not 0 <= step <= iterations:
        raise ValueError(f"step {str(step)[:40]}, expected a whole number from 0 to {iterations}")
    if not is_number(seconds) or seconds < 0:
        raise ValueError(f"seconds {str(seconds)[:40]}, expected a number from 0 on")
    steps = [entry["step"] for entry in history]
    if type(history) is not list or steps != sorted(set(steps)) or (steps and not 0 < steps[0] <= steps[-1] <= step):
        raise ValueError(f"another history, expected entries whose steps grow up to {step}")
    return Facts(step, seconds, history), sha256
