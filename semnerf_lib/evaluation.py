"""Rendering whole views of a trained model and scoring them, in memory that does not grow with the frames."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from semnerf_lib.cameras import Intrinsics, camera_of_width, get_rays
from semnerf_lib.config import Config
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.cores import on_cores
from semnerf_lib.machine.devices import uses_bfloat16
from semnerf_lib.metrics import DepthErrors, confusion_matrix, label_entropy, label_scores
from semnerf_lib.models import Model
from semnerf_lib.scene import Scene

CHUNK_SAMPLES = {
    "mlp": {"cpu": 2**13, "cuda": 2**20, "mps": 2**18},
    "grid": {"cpu": 2**17, "cuda": 2**20, "mps": 2**18},
}
"""Samples of a view that are rendered at once for each field on each kind of device, on a CPU by each core. They bound
the memory of a view of any size, and on a CPU an MLP's layers of so many stay in the caches."""


@dataclass(frozen=True)
class View:
    """A rendered view, on the CPU.

    Attributes:
        labels: most probable class of each pixel.
        probability: of that class.
        entropy: of the class distribution, nats.
        depth: expected depth along the optical axis, metres.
        rgb: colours, or None where the field has none.
    """

    labels: UInt8[np.ndarray, "height width"]
    probability: Float[np.ndarray, "height width"]
    entropy: Float[np.ndarray, "height width"]
    depth: Float[np.ndarray, "height width"]
    rgb: UInt8[np.ndarray, "height width 3"] | None


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """The context in which fields run (see `devices.uses_bfloat16`).

    Weights are cast where they are used, once a rendering: a cache of them would be shared by all threads, whether they
    train or look.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=uses_bfloat16(device, precision), cache_enabled=False)


def render_view(model: Model, intrinsics: Intrinsics, c2w: Float[np.ndarray, "4 4"], near: float, far: float) -> View:
    """One view, rendered in chunks on the model's device (on a CPU each on a core); each moves to the CPU at once.

    Args:
        c2w: pose of the camera, metres.
        near, far: where rays begin and end, metres along the optical axis.
    """
    device = next(model.parameters()).device

    @torch.inference_mode()
    def rendered(rays: tuple[Tensor, Tensor]) -> tuple[Tensor | None, ...]:
        with autocast(device, model.config.precision):
            out = model.render(*rays, near, far)[-1]
        top = torch.softmax(out.sem_logits, dim=-1).max(dim=-1)
        rgb = None if out.rgb_map is None else (out.rgb_map.clamp(0, 1) * 255).round().byte().cpu()
        entropy = label_entropy(out.sem_logits)
        return top.indices.byte().cpu(), top.values.cpu(), entropy.cpu(), out.depth_map.cpu(), rgb

    rays_o, rays_d = get_rays(intrinsics, torch.tensor(c2w, dtype=torch.float32, device=device))
    c = model.config
    cheap_proposal = (c.field, c.sampler) == ("mlp", "proposal")
    samples = c.n_importance if cheap_proposal else c.n_samples + c.n_importance
    fitting = CHUNK_SAMPLES[c.field][device.type] // samples
    share = math.ceil(intrinsics.width * intrinsics.height / torch.get_num_threads())
    n_rays = max(1, min(fitting, share) if device.type == "cpu" else fitting)
    chunks = zip(rays_o.reshape(-1, 3).split(n_rays), rays_d.reshape(-1, 3).split(n_rays), strict=True)
    with on_cores(rendered, list(chunks), device) as parts:
        labels, probability, entropy, depth, rgb = zip(*parts, strict=True)
    shape = (intrinsics.height, intrinsics.width)
    images = (torch.cat(a).reshape(shape).numpy() for a in (labels, probability, entropy, depth))
    return View(*images, None if rgb[0] is None else torch.cat(rgb).reshape(*shape, 3).numpy())


def evaluate(
    model: Model,
    scene: Scene,
    ids: Sequence[int] | None = None,
    on_view: Callable[[], object] | None = None,
) -> dict[str, Any]:
    """Scores over frames of a scene: one confusion matrix and one depth account over all of them.

    Args:
        model: trained on this scene's classes.
        scene: truth.
        ids: frames; None takes the scene's test frames.
        on_view: called after each frame, as by `Progress.update`.

    Returns:
        miou, average_accuracy, total_accuracy, miou_predicted, per_class_iou (name -> IoU or None), depth_abs_rel,
        depth_rmse, depth_mae, depth_within_25 (None without depth), entropy (mean nats), n_frames,
        seconds_evaluation.

    Raises:
        SemnerfError: a frame that the scene does not have.
    """
    ids = scene.test_ids if ids is None else ids
    start, n = time.perf_counter(), scene.n_classes
    confusion, depth, entropy = np.zeros((n, n), dtype=np.int64), DepthErrors(), 0.0
    for i in ids:
        if not 0 <= i < scene.n_frames:
            raise SemnerfError(f"frame {i}, expected 0 ... {scene.n_frames - 1} of scene {scene.name}")
        view = render_view(model, scene.intrinsics, scene.c2w[i], scene.near, scene.far)
        confusion += confusion_matrix(view.labels, scene.labels[i], n)
        if scene.depth is not None:
            depth.add(view.depth, scene.depth[i])
        entropy += float(view.entropy.mean())
        if on_view is not None:
            on_view()
    scores = label_scores(confusion)
    ious = (None if np.isnan(v) else float(v) for v in scores.per_class_iou)
    return {
        "miou": scores.miou,
        "average_accuracy": scores.average_accuracy,
        "total_accuracy": scores.total_accuracy,
        "miou_predicted": scores.miou_predicted,
        "per_class_iou": dict(zip(scene.class_names, ious, strict=True)),
        **depth.scores(),
        "entropy": entropy / max(1, len(ids)),
        "n_frames": len(ids),
        "seconds_evaluation": time.perf_counter() - start,
    }


def scored_frames(scene: Scene, config: Config) -> dict[str, list[int]]:
    """The frames at which a run is scored: "test", and "train" where the config asks for it.

    If only some are scored, they are the same random ones for every run: evenly spaced ones would often be the frames
    that sparse labels keep.
    """
    wanted = {"test": scene.test_ids, "train": scene.train_ids}
    chosen = {}
    for views in config.score_views.split("+"):
        ids = wanted[views]
        count = min(config.score_frames or len(ids), len(ids))
        picked = np.random.default_rng(0).permutation(len(ids))[:count]
        chosen[views] = [ids[i] for i in sorted(picked.tolist())]
    return chosen


Render = Callable[[Float[np.ndarray, "4 4"], int], View]
"""render(c2w, width): a view of `width` pixels a row."""


def view_renderer(model: Model, scene: Scene) -> Render:
    """render(c2w, width) of a trained model, with the scene's camera at any number of pixels."""

    def render(c2w, width):
        camera = camera_of_width(scene.intrinsics, width)
        return render_view(model, camera, c2w, scene.near, scene.far)

    return render
