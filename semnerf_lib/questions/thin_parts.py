"""What does a thing 2 cm wide need, and which thin parts does a field keep: legs, rails, stems, leaves, cables?

Every run is scored at the same fine test views of the made room, whatever it learnt from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Shaped, UInt8
from torch import Tensor

from semnerf_lib.cameras import get_rays
from semnerf_lib.experiments import Planned, open_scene
from semnerf_lib.experiments.plans import corrupted
from semnerf_lib.experiments.presets import LONGER, lengthened
from semnerf_lib.labels import Corruption
from semnerf_lib.lessons.visible_width import visible_width
from semnerf_lib.questions.question import Case, Question
from semnerf_lib.questions.rows import Row, difference, mean_of, select
from semnerf_lib.questions.small_objects import SHELL, scores_of_groups
from semnerf_lib.runs.store import Run
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.raycast import RayCaster, raycast
from semnerf_lib.scenes.rooms import ROOMS
from semnerf_lib.scenes.rooms.room import assemble, object_numbers
from semnerf_lib.scenes.rooms.shapes import Part

KINDS = ("leg", "rail", "stem", "leaf", "cable")
BANDS = {"1-3 cm": (1.0, 3.0), "3-6 cm": (3.0, 6.0)}
"""Groups of visible widths."""
ROD = 0.07
"""Metres: a rod's middle extent is at most this."""
FLOOR = 0.025
"""Metres: what begins below stands on the floor or on a rug."""
FRAMED = ("window", "door")
"""Their bars and posts are no legs or stems."""
THIN = 8.0
"""Centimetres: a pixel counts for a kind where its object is visibly at most so wide. A leg
before its own chair is no thin thing in a label image: both have one class."""
FEWEST = 500
"""With fewer pixels, a kind is not judged."""
EVERY = 3
"""Every which test view is measured."""
SETTINGS = {
    (320, 180): ("paper", "none"),
    (320, 45): ("paper", "sparse:0.75"),
    (320, 12): ("paper", "sparse:0.933333"),
    (160, 180): ("laptop", "none"),
    (160, 45): ("laptop", "sparse:0.75"),
    (160, 12): ("laptop", "sparse:0.933333"),
    (80, 180): ("laptop", "super-sparse:2"),
    (40, 180): ("laptop", "super-sparse:4"),
}
"""(pixels across a label image, labelled frames) -> the scale at which the room is seen, and the corruption. Below 160
pixels one pixel of each block keeps its label, as in an image of that width."""
REPEATED = ((320, 180), (160, 180))
"""Settings that are also run with RGB and, with both supervisions, with `LONGER` times the steps."""


class FineView(NamedTuple):
    """The pixels of thin things in a fine test view.

    Attributes:
        rays_o, rays_d: of these pixels.
        labels, depth: the truth there.
        cm: visible width of the pixel's object.
        kinds: of the pixel's part, "" for a part of no kind.
    """

    rays_o: Float[Tensor, "pixels 3"]
    rays_d: Float[Tensor, "pixels 3"]
    labels: UInt8[np.ndarray, "pixels"]
    depth: Float[np.ndarray, "pixels"]
    cm: Float[np.ndarray, "pixels"]
    kinds: Shaped[np.ndarray, "pixels"]


def cases() -> Iterator[Case]:
    """Each of `SETTINGS` from labels alone; those of `REPEATED` with RGB too, and longer."""
    for (width, frames), (scale, text) in SETTINGS.items():
        scene, repeated = open_scene("room", scale), (width, frames) in REPEATED
        for one in corrupted(scene, "laptop", [Corruption.parse(text)]):
            dials = {"width": width, "frames": frames}
            if repeated or one.config.supervision == "labels":
                yield Case("room", scale, one, dials | {"times": 1})
            if repeated:
                longer = Planned(scene, one.config.replace(**lengthened(one.config.values())))
                yield Case("room", scale, longer, dials | {"times": LONGER})


def kind_of(part: Part) -> str:
    """The kind of a thin part, "" for any other.

    A rod is long (2.5 times its middle extent, which is at most `ROD`). An upright one is a leg if it stands on the
    floor, a cable if a lamp hangs on it, else a stem; one that lies is a rail. The flat parts of a plant are leaves.
    """
    _, middle, long = np.sort(np.ptp(part.local, axis=0))
    if part.label is None or part.label in FRAMED:
        return ""
    if part.label == "plant" and middle > ROD:
        return "leaf"
    if middle > ROD or long < 2.5 * middle:
        return ""
    if np.ptp(part.vertices[:, 2]) <= 0.7 * long:
        return "rail"
    if part.vertices[:, 2].min() < FLOOR:
        return "leg"
    return "cable" if part.label == "ceiling-lamp" else "stem"


@lru_cache(maxsize=1)
def room_parts() -> tuple[RayCaster, Shaped[np.ndarray, "parts"]]:
    """The made room, and the kind of each of its parts.

    Returns:
        A caster whose instances are parts, and kinds by their number; number 0 is no part.
    """
    room = ROOMS["room"]
    parts = [part for parts in room.objects(object_numbers(0)) for part in parts]
    caster = RayCaster(assemble([[part] for part in parts], room.class_names))
    return caster, np.array(["", *map(kind_of, parts)])


def centimetres(scene: Scene, i: int) -> Float[np.ndarray, "height width"]:
    """The visible width of the object that each pixel of a frame shows; 0 where there is no thing."""
    shell = [c for c, name in enumerate(scene.class_names) if name in SHELL]
    thing = ~np.isin(scene.labels[i], [*shell, VOID]) & (scene.depth[i] > 0)
    return 100 * visible_width(scene.instances[i].astype(np.int64)) * scene.depth[i] / scene.intrinsics.fx * thing


@lru_cache(maxsize=1)
def fine_views() -> list[FineView]:
    """The thin things of every third fine test view."""
    scene, views, (caster, kinds) = open_scene("room", "paper"), [], room_parts()
    for i in scene.test_ids[::EVERY]:
        cm = centimetres(scene, i)
        thin = (cm > 0) & (cm <= THIN)
        kind = kinds[raycast(caster, scene.intrinsics, scene.c2w[i], 0).instances]
        rays = (one[torch.from_numpy(thin)] for one in get_rays(scene.intrinsics, torch.tensor(scene.c2w[i]).float()))
        views.append(FineView(*rays, *(a[thin] for a in (scene.labels[i], scene.depth[i], cm, kind))))
    return views


@torch.inference_mode()
def measure(planned: Planned, run: Run) -> dict[str, float | None]:
    """In each group: how many pixels, the share with the right class, and the mean depth error."""
    model, right, error = run.load(planned.scene), [], []
    for view in fine_views():
        out = model.render(view.rays_o, view.rays_d, planned.scene.near, planned.scene.far)[-1]
        right.append(out.sem_logits.argmax(-1).numpy() == view.labels)
        error.append(np.abs(out.depth_map.numpy() - view.depth))
    cm, kinds = (np.concatenate([getattr(view, name) for view in fine_views()]) for name in ("cm", "kinds"))
    return scores_of_groups(groups_of(cm, kinds), np.concatenate(right), np.concatenate(error))


def groups_of(
    cm: Float[np.ndarray, "pixels"], kinds: Shaped[np.ndarray, "pixels"]
) -> dict[str, Bool[np.ndarray, "pixels"]]:
    """Which pixels each group has: `BANDS` of widths, and `KINDS`."""
    bands = {name: (cm > low) & (cm <= high) for name, (low, high) in BANDS.items()}
    return bands | {kind: kinds == kind for kind in KINDS}


def conclude(rows: Sequence[Row]) -> str:
    """What 1 to 3 cm need: frames, pixels and steps, each alone and the last two together; the kinds in order."""
    key, words, alone = "recall 1-3 cm", ("better", "worse"), select(rows, supervision="labels")
    base = select(alone, width=160, frames=180, times=1)
    changed = {
        "12 frames instead of 180": select(alone, width=160, frames=12, times=1),
        "images 320 wide instead of 160": select(alone, width=320, frames=180, times=1),
        f"{LONGER} times the steps": select(alone, width=160, frames=180, times=LONGER),
        f"{LONGER} times the steps and images 320 wide": select(alone, width=320, frames=180, times=LONGER),
    }
    parts = [f"{name} {difference(some, base, key, words)}" for name, some in changed.items()]
    shares = {kind: mean_of(base, f"recall {kind}") for kind in KINDS if base[0][f"pixels {kind}"] >= FEWEST}
    ordered = ", ".join(f"{kind} {shares[kind]:.0%}" for kind in sorted(shares, key=lambda kind: -shares[kind]))
    return (
        f"Of the pixels of things 1 to 3 cm wide {mean_of(base, key):.1%} get the right class (labels alone, 180 "
        f"frames, 160 pixels wide); {'; '.join(parts)}. By kind: {ordered}."
    )


QUESTION = Question("thin_parts", "Thin parts, and things 2 cm wide", "15", cases, measure, conclude)
