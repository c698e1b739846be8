"""Where and with what something was made: revision, versions, device."""

from __future__ import annotations

import platform
import shutil
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

import torch

from semnerf_lib.machine.devices import device_name, peak_memory_gib, uses_bfloat16
from semnerf_lib.machine.processes import PROJECT


def provenance(device: torch.device, precision: str, parameters: int, seconds_a_step: float) -> dict[str, Any]:
    """Where and with what a run was made.

    Args:
        precision: that the config asks for.
        parameters: how many numbers the model learns.
        seconds_a_step: that training took.
    """
    names = ("semnerf", "torch", "numpy")
    return {
        "revision": revision(),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in names}},
        "device": device_name(device),
        "device_type": device.type,
        "precision": "bfloat16" if uses_bfloat16(device, precision) else "float32",
        "threads": torch.get_num_threads(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "parameters": parameters,
        "seconds_a_step": seconds_a_step,
        "peak_memory_gib": peak_memory_gib(device),
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def revision() -> str:
    """The project's git revision, with "+changes" if files differ from it; "unknown" outside a checkout."""
    git, project = shutil.which("git"), PROJECT
    if git is None or not (project / ".git").exists():
        return "unknown"

    def ask(*words):
        return subprocess.run([git, "-C", project, *words], capture_output=True, text=True, check=False).stdout.strip()

    head = ask("rev-parse", "--short", "HEAD")
    if not head:
        return "unknown"
    return head + ("+changes" if ask("status", "--porcelain", "--untracked-files=no") else "")
