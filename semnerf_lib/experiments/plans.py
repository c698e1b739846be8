"""Which runs an experiment is made of. Its notebook and `semnerf reproduce` ask here, so that they cannot differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments.planned import N_FOLDS, Plan, Planned
from semnerf_lib.experiments.presets import PRESETS, check_scale, config_of, lengthened, seen_from_within, supervisions
from semnerf_lib.labels import CLEAN, Corruption
from semnerf_lib.scene import Scene

SMOKE_FOLDS = 2
"""How many of them are run at smoke scale."""

T = TypeVar("T")


def of_scale(scale: str, smoke: T, laptop: T, paper: T, reference: T | None = None) -> T:
    """What an experiment takes at a scale; at `reference` the laptop's, where nothing else is given."""
    longer = laptop if reference is None else reference
    return {"smoke": smoke, "laptop": laptop, "reference": longer, "paper": paper}[scale]


def training(scene: Scene, scale: str) -> Plan:
    """Notebook 04: one run from labels alone, on the scene's own split."""
    return [Planned(scene, config_of(scene, scale, "labels"))]


def network(scene: Scene, scale: str) -> Plan:
    """Notebooks 04 and 05: the same with P1's own network, where the scale's own field is the grid."""
    return [Planned(scene, config_of(scene, scale, "labels", "mlp"))]


def view_synthesis(scene: Scene, scale: str) -> Plan:
    """Notebook 05: P1's first experiment. Every fold with labels alone (P1) and with labels + RGB (P2).

    Both supervisions of a fold see the same frames and the same labels, which pairs them. At laptop and reference scale
    each of the ten runs takes two thirds of that scale's steps.
    """
    laptop = {"iterations": 450, "lr_decay_steps": 315, "preview_every": 0}
    shorter = of_scale(scale, {}, laptop, {}, lengthened(laptop))
    folds = list(enumerate(scene.folds(N_FOLDS)))[: SMOKE_FOLDS if scale == "smoke" else N_FOLDS]
    return [
        Planned(part, config_of(part, scale, s, fold=fold, **shorter))
        for fold, part in folds
        for s in supervisions(scene)
    ]


CORRUPTED = {"boundary_share": 0.0, "preview_every": 0, "score_views": "test+train"}
"""What the runs on corrupted labels change of any preset: boundaries in such labels may come from the corruption."""
CORRUPTED_LAPTOP = {"iterations": 400, "lr": 4e-2, "lr_decay_steps": 300, "score_frames": 12}
"""What they also change of the laptop's preset: there are about a hundred runs, and few or noisy labels need smaller
steps."""
N_SEEDS = {"smoke": 1, "laptop": 3, "reference": 3, "paper": 3}
"""Seeds of the runs that are not repeated over folds."""
REGION_CLASS = "chair"
"""The class whose instances region noise changes (P2: the chairs of room_2)."""


def sparse_labels(scene: Scene, scale: str) -> Plan:
    """Notebook 06: ever fewer labelled frames, down to two."""
    n = len((scene.folds(N_FOLDS)[0] if scale == "paper" else scene).train_ids)
    kept = of_scale(scale, (n, 2), (n, 18, 9, 4, 2), (n, n // 2, n // 5, 18, 9, 4, 2))
    chosen = [CLEAN if k >= n else Corruption("sparse", float(f"{(n - k) / n:.6g}")) for k in kept]
    return corrupted(scene, scale, list(dict.fromkeys(chosen)))


def label_noise(scene: Scene, scale: str) -> Plan:
    """Notebook 07: pixels with random classes, and where the scene has instances of chairs, whole chairs."""
    amounts = of_scale(scale, (0.5,), (0.5, 0.9), (0.1, 0.3, 0.5, 0.7, 0.9))
    regions = of_scale(scale, (0.5,), (0.5,), (0.1, 0.3, 0.5, 0.7, 0.9))
    chosen = [CLEAN, *(Corruption("pixel-noise", share) for share in amounts)]
    if scene.instances is not None and REGION_CLASS in scene.class_names:
        kinds = ("region-sort", "region-even")
        chosen += [Corruption(kind, share, REGION_CLASS) for kind in kinds for share in regions]
    return corrupted(scene, scale, chosen)


def super_resolution(scene: Scene, scale: str) -> Plan:
    """Notebook 08: labels of a coarse grid, each spread over its block, or alone with void around it.

    P2's factors are 8 and 16 at its 320 pixels; 4 and 8 at the laptop's 160 are as coarse in the room.
    """
    factors = of_scale(scale, (8,), (4, 8), (8, 16))
    kinds = ("super-dense", "super-sparse")
    return corrupted(scene, scale, [CLEAN, *(Corruption(kind, s) for kind in kinds for s in factors)])


def label_propagation(scene: Scene, scale: str) -> Plan:
    """Notebook 09: one click a class and frame, then 1, 5 and 10 % of each class's pixels."""
    shares = of_scale(scale, (0, 10), (0, 1, 5, 10), (0, 1, 5, 10))
    return corrupted(scene, scale, [CLEAN, *(Corruption("propagation", share) for share in shares)])


def corrupted(scene: Scene, scale: str, corruptions: Sequence[Corruption], seeds: Sequence[int] | None = None) -> Plan:
    """Each corruption with each supervision, over P1's folds at paper scale and over seeds else.

    The seed of a run is also the seed of its corruption, so that both supervisions learn from identical labels.

    Args:
        seeds: other ones than the scale's own; not at paper scale, which has folds.
    """
    own = CORRUPTED | of_scale(scale, {}, CORRUPTED_LAPTOP, {}, lengthened(CORRUPTED_LAPTOP))
    if scale == "paper":
        repeats = [(part, fold, 0) for fold, part in enumerate(scene.folds(N_FOLDS))]
    else:
        repeats = [(scene, None, seed) for seed in (range(N_SEEDS[scale]) if seeds is None else seeds)]
    return [
        Planned(part, config_of(part, scale, s, fold=fold, seed=seed, corruption=corruption, **own))
        for corruption in corruptions
        for part, fold, seed in repeats
        for s in supervisions(scene)
    ]


SHARPENED = {key: PRESETS["laptop", "grid"][key] for key in ("carving", "boundary_share")}
"""The keys of the laptop's preset that sharpen geometry; notebook 11 starts from them at every scale."""


def sharpeners(scene: Scene, scale: str) -> dict[str, dict[str, Any]]:
    """The variants of notebook 11: name -> the key that it changes. The first changes none."""
    few = 2 if scale == "smoke" else 5
    walls = {"known walls": {"bounds": "scene"}} if seen_from_within(scene) else {}
    return {
        "the preset": {},
        **walls,
        "no carving": {"carving": 0.0},
        "no boundary rays": {"boundary_share": 0.0},
        "distortion loss": {"distortion_weight": 0.01},
        f"{few} grid levels": {"n_levels": few},
    }


def geometry(scene: Scene, scale: str) -> Plan:
    """Notebook 11: what sharpens geometry. The grid from labels alone, all variants with every seed."""
    return [
        Planned(scene, config_of(scene, scale, "labels", "grid", seed=seed, **SHARPENED | own), variant)
        for seed in range(N_SEEDS[scale])
        for variant, own in sharpeners(scene, scale).items()
    ]


SHORT = {"iterations": 100, "lr_decay_steps": 70, "preview_every": 0, "score_frames": 6}
"""What the runs of notebook 14 change of the laptop's preset."""
UNLABELLED_CLASS = "sofa"
"""The class that one run of notebook 14 goes without; where a scene has none, one of middling size."""


def short_run(scene: Scene, scale: str, supervision: str, corruption: Corruption, seed: int = 0) -> Planned:
    """A run of notebook 14: the scale's own field, with fewer steps where that is the laptop's."""
    own = of_scale(scale, {}, SHORT, {}, lengthened(SHORT))
    return Planned(scene, config_of(scene, scale, supervision, seed=seed, corruption=corruption, **own))


def never_labelled(scene: Scene, scale: str) -> Plan:
    """Notebook 14: one class is void in every training frame."""
    labels = scene.labels[list(scene.train_ids)]
    present = sorted(scene.present_classes.tolist(), key=lambda c: int((labels == c).sum()))
    middle = scene.class_names[present[len(present) // 2]]
    name = UNLABELLED_CLASS if UNLABELLED_CLASS in scene.class_names else middle
    return [short_run(scene, scale, s, Corruption("unlabelled", 1, name)) for s in supervisions(scene)]


@dataclass(frozen=True)
class Experiment:
    """An experiment of the series.

    Attributes:
        title: what reports call it.
        notebook: number of the notebook that it belongs to.
        runs: (scene, scale) -> its runs.
    """

    title: str
    notebook: str
    runs: Callable[[Scene, str], Plan]

    @property
    def heading(self) -> str:
        """The title with the notebook."""
        return f"{self.title} (notebook {self.notebook})"


EXPERIMENTS: dict[str, Experiment] = {
    "training": Experiment("One run on the scene's own split", "04", training),
    "network": Experiment("The same with P1's own network", "04", network),
    "view_synthesis": Experiment("Semantic view synthesis over P1's folds", "05", view_synthesis),
    "sparse_labels": Experiment("Sparse labels", "06", sparse_labels),
    "label_noise": Experiment("Label noise", "07", label_noise),
    "super_resolution": Experiment("Super-resolution", "08", super_resolution),
    "label_propagation": Experiment("Label propagation", "09", label_propagation),
    "geometry": Experiment("What sharpens geometry", "11", geometry),
    "never_labelled": Experiment("A class that is never labelled", "14", never_labelled),
}
"""Every experiment by name."""


def plan(name: str, scene: Scene, scale: str) -> Plan:
    """The runs of an experiment.

    Raises:
        SemnerfError: unknown experiment or scale, or a scene with fewer training frames than folds.
    """
    if name not in EXPERIMENTS:
        raise SemnerfError(f"experiment {name!r}, expected one of: {', '.join(EXPERIMENTS)}")
    return EXPERIMENTS[name].runs(scene, check_scale(scale))
