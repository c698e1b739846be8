"""Which runs an experiment is made of."""

import numpy as np
import pytest

from semnerf_lib.cameras import Intrinsics
from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import EXPERIMENTS, NEEDS, plan, supervisions
from semnerf_lib.scenes.scene import Scene


def scene(rgb: bool) -> Scene:
    labels = np.tile(np.arange(2, dtype=np.uint8), (20, 4, 2))
    frames, camera = tuple(range(20)), Intrinsics.from_hfov(4, 4)
    colours = np.zeros((20, 4, 4, 3), np.uint8) if rgb else None
    return Scene(
        "stripes", labels, np.tile(np.eye(4), (20, 1, 1)), camera, ("a", "b"), frames[:15], frames[15:], colours
    )


def test_training_is_one_run_from_labels_on_the_scenes_own_split():
    ((part, config),) = plan("training", place := scene(rgb=True), "laptop")
    assert part is place
    assert (config.supervision, config.fold, config.field) == ("labels", None, "grid")


@pytest.mark.parametrize(("scale", "folds"), [("smoke", 2), ("laptop", 5), ("paper", 5)])
def test_view_synthesis_pairs_both_supervisions_of_every_fold(scale, folds):
    place = scene(rgb=True)
    wanted = plan("view_synthesis", place, scale)
    assert [(c.fold, c.supervision) for _, c in wanted] == [
        (k, s) for k in range(folds) for s in ("labels", "labels+rgb")
    ]
    for (one, a), (other, b) in zip(wanted[::2], wanted[1::2], strict=True):
        assert one.train_ids == other.train_ids and one.test_ids == other.test_ids
        assert a == b.replace(supervision="labels")
    if folds == 5:
        assert sorted(i for part, _ in wanted[::2] for i in part.test_ids) == list(place.train_ids)


def test_scene_without_rgb_is_learnt_from_labels_alone():
    assert supervisions(scene(rgb=False)) == ("labels",)
    assert {c.supervision for _, c in plan("view_synthesis", scene(rgb=False), "smoke")} == {"labels"}


def test_paper_scale_is_the_papers_network():
    assert {config.field for _, config in plan("view_synthesis", scene(rgb=True), "paper")} == {"mlp"}


def test_unknown_names_raise():
    with pytest.raises(SemnerfError, match="experiment 'dreaming', expected one of: training"):
        plan("dreaming", scene(rgb=True), "smoke")
    with pytest.raises(SemnerfError, match="scale 'huge'"):
        plan("training", scene(rgb=True), "huge")


def test_notebooks_need_experiments_that_exist():
    assert {name for names in NEEDS.values() for name in names} == set(EXPERIMENTS)
