"""What a sweep would cost on this machine, before it starts: how many runs, how much time and memory.

Estimated from a short warm-up: a few steps and one view of each kind of run. If a full step would take longer than
about a second, a step with fewer rays is timed and scaled by their number. That overestimates costs that do not grow
with the rays.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from semnerf_lib.config import Config
from semnerf_lib.evaluation import render_view, scored_frames
from semnerf_lib.experiments import Plan, Planned
from semnerf_lib.machine.devices import device_name, peak_memory_gib
from semnerf_lib.runs.executors import Executor
from semnerf_lib.runs.store import Store
from semnerf_lib.scene import Scene
from semnerf_lib.tables import aligned, duration
from semnerf_lib.training import PREVIEW_FRAMES, Trainer

FEWER = 8
"""The first step that is timed has this many times fewer rays, the first view this many times fewer pixels."""
BEARABLE_SECONDS = 1.0
"""A full step or view is timed only if it should take no longer."""
UNTIMED = {
    "fold": None, "seed": 0, "corruption": "none", "iterations": 1, "lr": 1.0, "lr_decay_steps": 1, "preview_every": 0,
    "score_views": "test", "score_frames": 0, "boundary_share": 0.0,
}  # fmt: skip
"""Keys of a config that change neither what a step costs nor what a view costs."""


@dataclass(frozen=True)
class Cost:
    """What a kind of run costs on a device.

    Attributes:
        step, view: seconds of a training step, and of rendering a view of the scene's size.
        memory: peak of the process (on CUDA of the device), GiB.
        weights: their size, bytes.
        scaled: whether a step or a view was too long to be timed whole.
    """

    step: float
    view: float
    memory: float
    weights: int
    scaled: bool

    def of(self, planned: Planned) -> float:
        """Seconds of a whole run: steps, previews and scores."""
        config = planned.config
        previews = config.iterations // config.preview_every if config.preview_every else 0
        views = sum(map(len, scored_frames(planned.scene, config).values())) + PREVIEW_FRAMES * previews
        return config.iterations * self.step + views * self.view


def kind_of(config: Config) -> Config:
    """The config without the keys that do not change the cost: equal for runs of one kind."""
    return config.replace(**UNTIMED)


def measure(scene: Scene, kind: Config, device: torch.device) -> Cost:
    """Times a few steps and a view of an untrained model.

    Args:
        scene: its training frames are learnt, one test frame is rendered.
        kind: see `kind_of`.
        device: what to measure on.
    """
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    trainer = Trainer(scene, kind, device)

    def step(share: float) -> Callable[[], object]:
        rays = {name: math.ceil(share * getattr(kind, name)) for name in ("n_rays", "colour_rays")}
        trainer.config = kind.replace(**rays)
        return lambda: trainer.step()[0].item()  # waits for the device

    timed(step(1 / FEWER**2))
    at_rest = peak_memory_gib(device)
    seconds_step = FEWER * timed(step(1 / FEWER))
    memory = peak_memory_gib(device)
    whole_step = seconds_step <= BEARABLE_SECONDS
    if whole_step:
        timed(step(1.0))
        seconds_step = timed(step(1.0), 3)
        memory = peak_memory_gib(device)
    elif trainer.model.micro_batch_rays(device) > kind.n_rays / FEWER:  # else one micro-batch more takes no more memory
        grown = 1 / FEWER - 1 / FEWER**2
        memory += (memory - at_rest) / grown * (1 - 1 / FEWER)

    camera, pose = scene.intrinsics, scene.c2w[scene.test_ids[0]]
    small = camera.resized(max(4, int(camera.width / FEWER**0.5)), max(3, int(camera.height / FEWER**0.5)))
    pixels = small.width * small.height / (camera.width * camera.height)

    def view(intrinsics) -> Callable[[], object]:
        return lambda: render_view(trainer.model, intrinsics, pose, scene.near, scene.far)

    trainer.model.eval()
    view(small.resized(4, 3))()
    seconds_view = timed(view(small)) / pixels
    whole_view = seconds_view <= BEARABLE_SECONDS
    if whole_view:
        seconds_view = timed(view(camera))
    weights = sum(p.numel() * p.element_size() for p in trainer.model.parameters())
    return Cost(seconds_step, seconds_view, memory, weights, not (whole_step and whole_view))


def timed(act: Callable[[], object], times: int = 1) -> float:
    """Mean seconds of a call, over `times` calls."""
    start = time.perf_counter()
    for _ in range(times):
        act()
    return (time.perf_counter() - start) / times


def describe_plan(plans: Mapping[str, Plan], store: Store, device: torch.device, executor: Executor) -> str:
    """The table of `semnerf reproduce --plan`: runs of each experiment, done and missing, and what is left to do.

    Args:
        plans: of experiments by name.
        store: where finished runs are.
        device: where runs are made.
        executor: what makes them.
    """
    start, costs = time.monotonic(), {}
    threads_before = torch.get_num_threads()
    torch.set_num_threads(executor.threads or threads_before)
    try:
        for planned in missing_of(plans, store):
            kind = kind_of(planned.config)
            if kind not in costs:
                costs[kind] = measure(planned.scene, kind, device)
    finally:
        torch.set_num_threads(threads_before)
    head = ("experiment", "runs", "new here", "done", "missing", "work left")
    rows, seen, work = [], set(), 0.0
    for name, planned in plans.items():
        runs = {one.id: one for one in planned}
        left = {run: one for run, one in runs.items() if not store.has(one)}
        new = runs.keys() - seen
        seconds = sum(costs[kind_of(one.config)].of(one) for run, one in left.items() if run in new)
        counts = (len(runs), len(new), len(runs) - len(left), len(left))
        rows.append((name, *map(str, counts), duration(seconds or None)))
        seen |= new
        work += seconds
    left = missing_of(plans, store)
    counts = (len(seen), len(seen), len(seen) - len(left), len(left))
    rows.append(("together", *map(str, counts), duration(work or None)))
    lines = aligned([head, *rows], [False, *[True] * (len(head) - 1)])
    if left:
        lines += ["", *estimate_lines(costs, [one.config for one in left], work, executor, device)]
        lines.append(f"Measured in {time.monotonic() - start:.0f} s on {device_name(device)}.")
    return "\n".join(lines)


def missing_of(plans: Mapping[str, Plan], store: Store) -> Plan:
    """The planned runs that are not finished, each once."""
    runs = {one.id: one for planned in plans.values() for one in planned}
    return [one for one in runs.values() if not store.has(one)]


def estimate_lines(
    costs: Mapping[Config, Cost], left: Sequence[Config], work: float, executor: Executor, device: torch.device
) -> list[str]:
    """The estimate, as lines of text."""
    lines = []
    for kind, cost in costs.items():
        rays = f"{kind.n_rays}{f' + {kind.colour_rays}' if kind.colour_rays else ''} rays"
        note = ", scaled from fewer rays" if cost.scaled else ""
        lines.append(f"{kind.model_name}, {rays}: {1000 * cost.step:.0f} ms a step, {cost.view:.2f} s a view{note}")
    count = min(executor.at_once or 1, len(left))
    memory = max(cost.memory for cost in costs.values())
    disk = sum(costs[kind_of(config)].weights for config in left) / 2**20
    what = "of the GPU" if device.type == "cuda" else "a process"
    where = executor.name if executor.at_once else f"one worker like this machine (made by {executor.name})"
    return [
        *lines,
        f"Time: about {duration(work / count)} by {where}; the notebooks take some minutes more.",
        f"Memory: about {memory:.1f} GiB {what}" + (f", {count * memory:.1f} GiB in all" if count > 1 else "") + ".",
        f"Disk: about {max(1, round(disk))} MiB of weights.",
    ]
