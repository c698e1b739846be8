"""Where and with what something was made: revision, versions, device."""

from __future__ import annotations

import platform
import shutil
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from semnerf_lib.devices import device_name, peak_memory_gib, uses_bfloat16
from semnerf_lib.training import Trainer


def provenance(device: torch.device, trainer: Trainer) -> dict[str, Any]:
    """Where and with what a run was made."""
    names = ("semnerf", "torch", "numpy")
    return {
        "revision": revision(),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in names}},
        "device": device_name(device),
        "device_type": device.type,
        "precision": "bfloat16" if uses_bfloat16(device, trainer.config.precision) else "float32",
        "threads": torch.get_num_threads(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "parameters": sum(p.numel() for p in trainer.model.parameters()),
        "seconds_a_step": trainer.seconds / max(1, trainer.step_count),
        "peak_memory_gib": peak_memory_gib(device),
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def revision() -> str:
    """The project's git revision, with "+changes" if files differ from it; "unknown" outside a checkout."""
    git, project = shutil.which("git"), Path(__file__).resolve().parent.parent
    if git is None or not (project / ".git").exists():
        return "unknown"

    def ask(*words):
        return subprocess.run([git, "-C", project, *words], capture_output=True, text=True, check=False).stdout.strip()

    head = ask("rev-parse", "--short", "HEAD")
    if not head:
        return "unknown"
    return head + ("+changes" if ask("status", "--porcelain", "--untracked-files=no") else "")
