"""Notebook 14: does a field find what has changed in its room, and how quickly does it learn the change?

The room of the series is learnt; then one object is moved, one added and one removed (`rooms.moved`). The frames of the
changed room have the same poses, so its true changes are known for each pixel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool

from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import render_view
from semnerf_lib.experiments import Planned, open_scene
from semnerf_lib.labels import CLEAN
from semnerf_lib.metrics import confusion_matrix, label_scores
from semnerf_lib.models import Model
from semnerf_lib.questions.question import Case, Question
from semnerf_lib.questions.ray_views import auroc, frames_that_show, ray_view
from semnerf_lib.questions.rows import Row, difference, mean_of, select
from semnerf_lib.questions.unlabelled import SCALE, SPEC, short_runs
from semnerf_lib.runs.store import Run
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.training import Trainer

CHANGED_SPEC = f"{SPEC}-moved"
MOVED, ADDED, REMOVED = "moved", "added", "removed"
N_VIEWS, N_REPAIR_VIEWS = 8, 3
"""Test frames in which changes are looked for, and in which their repair is scored."""
AT_STEPS = (10, 20, 40, 60)
"""Steps after which a repair is scored."""
SURFACE = 0.02
"""Metres by which a surface has to be elsewhere to count as changed."""


def cases(supervisions: tuple[str, ...]) -> Iterator[Case]:
    """The fields of the room before the change, with some supervisions."""
    for planned in short_runs(open_scene(SPEC, SCALE), (CLEAN,)):
        if planned.config.supervision in supervisions:
            yield Case(SPEC, SCALE, planned, {})


def changes(before: Scene, after: Scene) -> dict[str, Bool[np.ndarray, "frames height width"]]:
    """The pixels of all frames where the room has changed, by what happened.

    A pixel has changed where the label is another or the depth differs by more than `SURFACE`. It is "added" where the
    second scene shows an object that the first one nowhere has, "removed" where the first shows one that the second
    nowhere has, "moved" elsewhere.

    Raises:
        SemnerfError: the scenes have other poses, or one has no depth or no instances.
    """
    if before.c2w.shape != after.c2w.shape or not np.array_equal(before.c2w, after.c2w):
        raise SemnerfError(f"scenes {before.name} and {after.name}: other poses, expected the same ones")
    for scene in (before, after):
        if scene.depth is None or scene.instances is None:
            raise SemnerfError(f"scene {scene.name}: no depth or no instances, expected both")
    differs = (before.labels != after.labels) | (np.abs(before.depth - after.depth) > SURFACE)
    old, new = np.asarray(before.instances), np.asarray(after.instances)
    added = differs & ~np.isin(new, np.unique(old))
    removed = differs & ~added & ~np.isin(old, np.unique(new))
    return {MOVED: differs & ~added & ~removed, ADDED: added, REMOVED: removed}


def change_scores(planned: Planned, run: Run) -> dict[str, float | None]:
    """How well an old field finds the changes.

    By the labels of the changed room at test frames that show changes; `auroc` is that of a changed pixel against all
    that did not change. Disagreement is 1 where the rendered label is not the given one; doubt is 1 - p of the given
    label. For each kind of change: `KIND detected`, the share of its pixels where the labels disagree; `false alarms`,
    that of the pixels that did not change.
    """
    scene, after = planned.scene, open_scene(CHANGED_SPEC, SCALE)
    model, by_kind = run.load(scene), changes(scene, after)
    changed = np.any(list(by_kind.values()), axis=0)
    frames = frames_that_show(changed, list(after.test_ids), N_VIEWS)
    views = [ray_view(model, after, i) for i in frames]
    labelled, truth = after.labels[frames] != VOID, changed[frames]
    wrong = np.stack([view.labels for view in views]) != after.labels[frames]
    signals = {
        "disagreement": wrong.astype(float),
        "doubt": 1 - np.stack([view.given for view in views]),
        "entropy": np.stack([view.entropy for view in views]),
    }
    numbers = {f"{name} auroc": auroc(signal[labelled], truth[labelled]) for name, signal in signals.items()}
    for kind, mask in by_kind.items():
        seen = mask[frames] & labelled
        numbers[f"{kind} detected"] = float(wrong[seen].mean()) if seen.any() else None
    numbers["false alarms"] = float(wrong[labelled & ~truth].mean())
    return numbers


def repair_scores(planned: Planned, run: Run) -> dict[str, float | None]:
    """mIoU, and the share of changed pixels with the right label, over steps on the changed room.

    The same training is begun twice, from the old field's weights and from scratch: `START miou STEP` and
    `START right STEP` with START "warm" or "cold".
    """
    after = open_scene(CHANGED_SPEC, SCALE)
    old, changed = run.load(planned.scene), np.any(list(changes(planned.scene, after).values()), axis=0)
    frames = frames_that_show(changed, list(after.test_ids), N_REPAIR_VIEWS)
    config, numbers = run.config.replace(iterations=AT_STEPS[-1]), {}
    for start, weights in {"warm": old.state_dict(), "cold": None}.items():
        trainer = Trainer(after, config, next(old.parameters()).device)
        if weights is not None:
            trainer.model.load_state_dict(weights)
        for step, scores in learning_curve(trainer, after, frames, changed).items():
            numbers |= {f"{start} {key} {step}": value for key, value in scores.items()}
    return numbers


def learning_curve(
    trainer: Trainer, scene: Scene, frames: list[int], changed: Bool[np.ndarray, "frames height width"]
) -> dict[int, dict[str, float]]:
    """Trains to the end; the scores of some frames before the first step and after each of `AT_STEPS`."""
    curve = {0: label_agreement(trainer.model, scene, frames, changed)}

    def look(trainer: Trainer) -> None:
        if trainer.step_count in AT_STEPS:
            curve[trainer.step_count] = label_agreement(trainer.model, scene, frames, changed)

    trainer.train(on_step=look)
    return curve


def label_agreement(
    model: Model, scene: Scene, frames: list[int], changed: Bool[np.ndarray, "frames height width"]
) -> dict[str, float]:
    """Over some frames of a scene: `miou`, and `right`, the share of the changed pixels with the right label."""
    views = [render_view(model, scene.intrinsics, scene.c2w[i], scene.near, scene.far).labels for i in frames]
    labels, truth = np.stack(views), scene.labels[frames]
    confusion = confusion_matrix(labels, truth, scene.n_classes)
    return {
        "miou": label_scores(confusion).miou,
        "right": float((labels == truth)[changed[frames] & (truth != VOID)].mean()),
    }


def conclude_changed(rows: Sequence[Row]) -> str:
    """Which signal finds the changes; labels alone."""
    own = select(rows, supervision="labels")
    signals = [f"{name} {mean_of(own, f'{name} auroc'):.2f}" for name in ("doubt", "disagreement", "entropy")]
    found = [f"{mean_of(own, f'{kind} detected'):.0%} of what was {kind}" for kind in (MOVED, ADDED, REMOVED)]
    return (
        f"The labels of new frames find the change (AUROC of {', '.join(signals)}; n = {len(own)}). Labels disagree on "
        f"{', '.join(found)}, and on {mean_of(own, 'false alarms'):.1%} of what stayed."
    )


def conclude_repair(rows: Sequence[Row]) -> str:
    """What training on from the old field gains after the last step."""
    last = AT_STEPS[-1]
    gains = []
    for key, title in {"right": "changed pixels with the right label", "miou": "mIoU"}.items():
        begun = [[row | {"score": row[f"{start} {key} {last}"]} for row in rows] for start in ("warm", "cold")]
        gains.append(f"{title} {difference(*begun, 'score', ('ahead', 'behind'))}")
    return f"After {last} steps on the changed room, from the old field instead of from scratch: {'; '.join(gains)}."


CHANGED = Question(
    "changed",
    "An object moved, added or removed after the capture",
    "14",
    lambda: cases(("labels", "labels+rgb")),
    change_scores,
    conclude_changed,
)
REPAIR = Question(
    "repair",
    "Training on after a change, labels alone",
    "14",
    lambda: cases(("labels",)),
    repair_scores,
    conclude_repair,
)
