"""Which device, and in which precision: asked once, at the entry points."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import torch

from semnerf_lib.errors import SemnerfError


def pick_device(name: str | None = None) -> torch.device:
    """The named device, or the best there is: CUDA, then Apple's MPS, then the CPU.

    Raises:
        SemnerfError: the named device is not there.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name is None:
        return torch.device(next(kind for kind, available in there.items() if available))
    kind, colon, index = name.partition(":")
    count = torch.cuda.device_count() if kind == "cuda" else 1
    if not there.get(kind, False) or (colon and index not in map(str, range(count))):
        usable = ", ".join(kind for kind, available in there.items() if available)
        raise SemnerfError(f"device {name} is not there, expected one of: {usable}")
    return torch.device(name)


def gains_from_bfloat16(device: torch.device) -> bool:
    """Whether matrix products are faster in bfloat16: CUDA since Ampere, CPUs with AVX512-BF16 or AMX."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return False


def uses_bfloat16(device: torch.device, precision: str) -> bool:
    """Whether matrix products run in bfloat16: if asked for, or if "auto" and the device gains."""
    return precision == "bfloat16" or (precision == "auto" and gains_from_bfloat16(device))


def device_name(device: torch.device) -> str:
    """What a person calls the device."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cpu, facts = platform.processor() or platform.machine(), Path("/proc/cpuinfo")
    if facts.is_file():
        cpu = next((line.split(":")[1].strip() for line in facts.open() if line.startswith("model name")), cpu)
    return f"{cpu}, {torch.get_num_threads()} threads" if device.type == "cpu" else f"{device.type} on {cpu}"


def peak_memory_gib(device: torch.device) -> float:
    """Most memory held so far, GiB: of the device on CUDA, of the process elsewhere, NaN on Windows."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**30
    status = Path("/proc/self/status")
    if status.is_file():  # on Linux ru_maxrss starts with the memory of the process that started this one
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) / 2**20
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return kib / 2**20
