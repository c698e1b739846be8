"""Which runs an experiment is made of."""

import numpy as np
import pytest

from semnerf_lib.cameras import Intrinsics
from semnerf_lib.config import preset
from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import EXPERIMENTS, plan, sharpened, sharpeners, supervisions, variant_of
from semnerf_lib.runs.notebooks import NEEDS
from semnerf_lib.scene import Scene
from semnerf_lib.study.claims import CLAIMS


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


@pytest.mark.parametrize(("scale", "seeds"), [("smoke", 1), ("laptop", 3), ("paper", 3)])
def test_geometry_changes_one_thing_at_a_time(scale, seeds):
    place = scene(rgb=True)
    wanted = plan("geometry", place, scale)
    variants = sharpeners(scale)
    assert len({config for _, config in wanted}) == len(wanted) == seeds * len(variants)
    assert {(c.supervision, c.field, c.fold, c.corruption) for _, c in wanted} == {("labels", "grid", None, "none")}
    for seed in range(seeds):
        of_seed = {name: config for config, name in sharpened(scale, seed).items()}
        assert list(of_seed) == list(variants) and all((place, config) in wanted for config in of_seed.values())
        unchanged = next(iter(of_seed.values()))
        assert unchanged.carving > 0 and 0 < unchanged.boundary_share and unchanged.seed == seed
        for name, config in list(of_seed.items())[1:]:
            [(key, value)] = variants[name].items()
            assert config == unchanged.replace(**{key: value}) != unchanged


def test_geometry_starts_from_the_run_of_notebook_04_and_is_no_claim():
    place = scene(rgb=False)
    assert plan("geometry", place, "laptop")[0] == plan("training", place, "laptop")[0]
    assert plan("geometry", place, "laptop")[0][1] == preset("laptop")
    assert "geometry" not in {claim.experiment for claim in CLAIMS} | set(NEEDS["10"])


def test_runs_are_called_by_their_variant_or_their_model():
    for seed in range(2):
        names = {variant_of("geometry", "laptop", config) for config in sharpened("laptop", seed)}
        assert names == set(sharpeners("laptop"))
    other = preset("laptop", "grid", seed=7, lr=0.5)
    assert variant_of("geometry", "laptop", other) == variant_of("training", "laptop", other) == other.model_name


def test_unknown_names_raise():
    with pytest.raises(SemnerfError, match="experiment 'dreaming', expected one of: training"):
        plan("dreaming", scene(rgb=True), "smoke")
    with pytest.raises(SemnerfError, match="scale 'huge'"):
        plan("training", scene(rgb=True), "huge")


def test_notebooks_need_experiments_that_exist():
    assert {name for names in NEEDS.values() for name in names} == set(EXPERIMENTS)
