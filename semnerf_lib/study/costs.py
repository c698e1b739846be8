"""What leaving out RGB saves: time and memory, from the provenance of finished runs (P1 leaves the question open)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semnerf_lib.runs.store import Run


@dataclass(frozen=True)
class Cost:
    """What the runs of one model cost.

    Attributes:
        model: its name.
        runs: how many.
        iterations, rays: steps of a run, and rays a step.
        parameters: of the model.
        seconds: a step, one value a run: rays, rendering, loss, gradient and Adam.
        memory: peak, GiB, one value a run; empty where it is not that of a run alone (on any device but CUDA).
        devices: on which, each once.
    """

    model: str
    runs: int
    iterations: int
    rays: int
    parameters: int
    seconds: tuple[float, ...]
    memory: tuple[float, ...]
    devices: tuple[str, ...]


def cost(runs: Sequence[Run]) -> Cost:
    """The cost of one model's runs, which share their config but for fold and seed."""
    config, facts = runs[0].config, [run.provenance for run in runs]
    alone = all(fact["device_type"] == "cuda" for fact in facts)
    return Cost(
        config.model_name,
        len(runs),
        config.iterations,
        config.n_rays + config.colour_rays,
        facts[0]["parameters"],
        tuple(fact["seconds_a_step"] for fact in facts),
        tuple(fact["peak_memory_gib"] for fact in facts) if alone else (),
        tuple(sorted({fact["device"] for fact in facts})),
    )


def ratios(a: Sequence[Run], b: Sequence[Run], key: str) -> list[float]:
    """What the provenance of `a` says over what that of `b` says, for each fold and seed that both have on one device.

    Different devices, or numbers of threads, are not compared.

    Args:
        key: "seconds_a_step" or "peak_memory_gib".
    """

    def values(runs):
        return {(r.config.fold, r.config.seed, r.provenance["device"]): r.provenance[key] for r in runs}

    ours, theirs = values(a), values(b)
    return [ours[key] / theirs[key] for key in ours if key in theirs]
