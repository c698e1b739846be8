"""Which runs an experiment is made of."""

import numpy as np
import pytest

from semnerf_lib.cameras import Intrinsics
from semnerf_lib.config import Config
from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import EXPERIMENTS, Planned, plan, sharpeners
from semnerf_lib.experiments.presets import preset, supervisions
from semnerf_lib.runs.notebooks import NEEDS
from semnerf_lib.scene import Scene
from semnerf_lib.study.claims import CLAIMS

ROOM = np.array([[-1.0, -1, -1], [1, 1, 1]])


def scene(rgb: bool, bounds: np.ndarray | None = ROOM) -> Scene:
    labels = np.tile(np.arange(2, dtype=np.uint8), (20, 4, 2))
    frames, camera = tuple(range(20)), Intrinsics.from_hfov(4, 4)
    colours = np.zeros((20, 4, 4, 3), np.uint8) if rgb else None
    return Scene(
        "stripes", labels, np.tile(np.eye(4), (20, 1, 1)), camera, ("a", "b"), frames[:15], frames[15:], colours,
        bounds=bounds,
    )  # fmt: skip


def test_training_is_one_run_from_labels_on_the_scenes_own_split():
    [planned] = plan("training", place := scene(rgb=True), "laptop")
    config = planned.config
    assert planned.scene is place
    assert (config.supervision, config.fold, config.field) == ("labels", None, "grid")


def test_the_network_is_p1s_own_and_learns_what_the_grid_learns():
    [one], [grid] = (plan(name, scene(rgb=True), "laptop") for name in ("network", "training"))
    config, paper = one.config, preset("paper")
    assert (config.field, config.supervision, config.sampler) == ("mlp", "labels", "proposal")
    for key in ("depth", "width", "n_octaves", "position_scale", "n_rays"):
        assert getattr(config, key) == getattr(paper, key)
    assert (one.scene.digest, config.boundary_share) == (grid.scene.digest, grid.config.boundary_share)
    assert plan("network", scene(rgb=True), "paper")[0].id == plan("training", scene(rgb=True), "paper")[0].id


@pytest.mark.parametrize(("scale", "folds"), [("smoke", 2), ("laptop", 5), ("reference", 5), ("paper", 5)])
def test_view_synthesis_pairs_both_supervisions_of_every_fold(scale, folds):
    place = scene(rgb=True)
    wanted = plan("view_synthesis", place, scale)
    assert [(one.config.fold, one.config.supervision) for one in wanted] == [
        (k, s) for k in range(folds) for s in ("labels", "labels+rgb")
    ]
    for a, b in zip(wanted[::2], wanted[1::2], strict=True):
        assert a.scene.train_ids == b.scene.train_ids and a.scene.test_ids == b.scene.test_ids
        same_rays = {key: getattr(a.config, key) for key in ("n_rays", "colour_rays", "pixels")}
        assert a.config == b.config.replace(supervision="labels", **same_rays)
    if folds == 5:
        assert sorted(i for one in wanted[::2] for i in one.scene.test_ids) == list(place.train_ids)


@pytest.mark.parametrize("name", sorted(EXPERIMENTS))
def test_both_supervisions_draw_equally_many_rays(name):
    for one in plan(name, scene(rgb=True), "laptop"):
        config, base = one.config, preset("laptop", one.config.field)
        assert config.n_rays + config.colour_rays == base.n_rays and (config.colour_rays > 0) == (
            config.supervision == "labels+rgb"
        )


@pytest.mark.parametrize("name", sorted(EXPERIMENTS))
def test_the_reference_scale_is_the_laptops_with_more_steps(name):
    place = scene(rgb=True)
    for longer, one in zip(plan(name, place, "reference"), plan(name, place, "laptop"), strict=True):
        a, b = longer.config, one.config
        assert a == b.replace(iterations=4 * b.iterations, lr_decay_steps=a.lr_decay_steps)
        assert longer.scene.digest == one.scene.digest
        assert a.lr_decay_steps / a.iterations == b.lr_decay_steps / b.iterations


def test_paper_scale_draws_rays_with_rgb_as_p2():
    configs = [one.config for one in plan("label_propagation", scene(rgb=True), "paper")]
    assert {(c.supervision, c.pixels, c.n_rays, c.colour_rays, c.precision) for c in configs} == {
        ("labels", "labelled", 1024, 0, "float32"),
        ("labels+rgb", "any", 1024, 0, "float32"),
    }


@pytest.mark.parametrize(
    ("bounds", "box"),
    [
        (ROOM, "cameras"),  # the cameras stand inside: these are walls
        (None, "scene"),  # nobody knows any
        (ROOM + 5, "scene"),  # seen from outside
    ],
)
def test_no_run_is_told_the_walls_of_its_room_but_the_variant_of_notebook_11(bounds, box):
    place = scene(rgb=True, bounds=bounds)
    planned = [one for name in EXPERIMENTS for one in plan(name, place, "laptop")]
    told = {one.label for one in planned if one.config.bounds == "scene"}
    assert told == ({"known walls"} if box == "cameras" else {one.label for one in planned})
    assert ("known walls" in sharpeners(place, "laptop")) == (box == "cameras")


def test_scene_without_rgb_is_learnt_from_labels_alone():
    assert supervisions(scene(rgb=False)) == ("labels",)
    assert {one.config.supervision for one in plan("view_synthesis", scene(rgb=False), "smoke")} == {"labels"}


def test_paper_scale_is_the_papers_network():
    assert {one.config.field for one in plan("view_synthesis", scene(rgb=True), "paper")} == {"mlp"}


@pytest.mark.parametrize(("scale", "seeds"), [("smoke", 1), ("laptop", 3), ("reference", 3), ("paper", 3)])
def test_geometry_changes_one_thing_at_a_time(scale, seeds):
    place = scene(rgb=True)
    wanted = plan("geometry", place, scale)
    variants = sharpeners(place, scale)
    configs = {one.config for one in wanted}
    assert len(configs) == len(wanted) == seeds * len(variants) and {one.scene for one in wanted} == {place}
    assert {(c.supervision, c.field, c.fold, str(c.corruption)) for c in configs} == {("labels", "grid", None, "none")}
    for seed in range(seeds):
        of_seed = {one.label: one.config for one in wanted if one.config.seed == seed}
        assert list(of_seed) == list(variants)
        unchanged = next(iter(of_seed.values()))
        assert unchanged.carving > 0 and 0 < unchanged.boundary_share and unchanged.seed == seed
        for name, config in list(of_seed.items())[1:]:
            [(key, value)] = variants[name].items()
            assert config == unchanged.replace(**{key: value}) != unchanged


def test_geometry_starts_from_the_run_of_notebook_04_and_is_no_claim():
    place = scene(rgb=False)
    first = plan("geometry", place, "laptop")[0]
    assert first.id == plan("training", place, "laptop")[0].id and first.config == preset("laptop", bounds="cameras")
    assert "geometry" not in {claim.experiment for claim in CLAIMS} | set(NEEDS["10"])


def test_runs_are_called_by_their_variant_or_their_model():
    place, config = scene(rgb=False), preset("laptop")
    assert {one.label for one in plan("geometry", place, "laptop")} == set(sharpeners(place, "laptop"))
    assert [one.label for one in plan("training", place, "laptop")] == [config.model_name]
    assert Planned(place, config).label == config.model_name


def test_run_ids_are_those_of_earlier_versions():
    """Runs that somebody has made are found again; the ids are those of RULE 5."""
    configs = {
        "grid-labels-fc41c500ff66": preset("laptop"),
        "mlp-labels-rgb-06ac7980899d": preset("smoke", "mlp", supervision="labels+rgb", seed=3),
        "mlp-labels-fold2-5fa76c5cfce1": Config(fold=2, corruption="pixel-noise:0.50"),
        "grid-labels-f34dfe37a4a2": preset("laptop", corruption="sparse:0.955556"),
        "mlp-labels-db26562b40aa": Config(corruption="region-even:0.5:wall x-"),
        "grid-labels-2094d75378f4": preset("paper", "grid", corruption="super-dense:8.0"),
        "grid-labels-4e993403ff17": preset("smoke", corruption="propagation:0"),
    }
    place = scene(rgb=True)
    assert [Planned(place, config).id for config in configs.values()] == list(configs)


def test_unknown_names_raise():
    with pytest.raises(SemnerfError, match="experiment 'dreaming', expected one of: training"):
        plan("dreaming", scene(rgb=True), "smoke")
    with pytest.raises(SemnerfError, match="scale 'huge'"):
        plan("training", scene(rgb=True), "huge")


def test_notebooks_need_experiments_that_exist():
    assert {name for names in NEEDS.values() for name in names} == set(EXPERIMENTS)
