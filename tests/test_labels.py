"""labels: corruptions by name, what training sees of them, and labels that are kept in a file."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from semnerf_lib import corruptions
from semnerf_lib.config import Config
from semnerf_lib.corruptions.kinds import KINDS
from semnerf_lib.corruptions.rules import instances_of
from semnerf_lib.errors import SemnerfError
from semnerf_lib.labels import CLEAN, Corruption
from semnerf_lib.labels import corrupt as corrupted_by
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.stored_labels import load_labels, store_labels


def corrupt(scene, text, seed):
    return corrupted_by(scene, Corruption.parse(text), seed)


@pytest.fixture(scope="module")
def scene(tiny_scene):
    """The tiny room with two instances of its sphere (left and right of the middle) and one of its floor."""
    instances = np.zeros(tiny_scene.labels.shape, dtype=np.uint16)
    instances[tiny_scene.labels == 4] = 40
    instances[:, :, :8][tiny_scene.labels[:, :, :8] == 6] = 7
    instances[:, :, 8:][tiny_scene.labels[:, :, 8:] == 6] = 65535
    return replace(tiny_scene, instances=instances)


# --- names

SPELLINGS = {
    "none": "none",
    "sparse:0.90": "sparse:0.9",
    "sparse:.988889": "sparse:0.988889",
    "sparse:-0": "sparse:0",
    "pixel-noise:5e-1": "pixel-noise:0.5",
    "pixel-noise:1": "pixel-noise:1",
    "pixel-noise-other:0.00001": "pixel-noise-other:1e-05",
    "region-sort:0.5:chair": "region-sort:0.5:chair",
    "region-even:1.0:a chair: red": "region-even:1:a chair: red",
    "super-dense:8.0": "super-dense:8",
    "super-sparse:16": "super-sparse:16",
    "propagation:0": "propagation:0",
    "propagation:10.0": "propagation:10",
    "annotated:frames=9.0,pixels=0.020,wrong-pixels=-0,wrong-segments=1": (
        "annotated:frames=9,pixels=0.02,wrong-pixels=0,wrong-segments=1"
    ),
    "stored:a/b: c.npz": "stored:a/b: c.npz",
}


@pytest.mark.parametrize("text", SPELLINGS)
def test_one_corruption_has_one_spelling(text):
    corruption = Corruption.parse(text)
    assert str(corruption) == SPELLINGS[text]
    assert Corruption.parse(str(corruption)) == corruption and Corruption.parse(str(corruption)).title
    assert Config(corruption=text).corruption == Config(corruption=corruption).corruption == corruption


def test_no_digit_is_lost():
    for amount in np.random.default_rng(0).uniform(size=100).tolist():
        assert Corruption.parse(str(Corruption("sparse", amount))).amount == amount


FAULTS = {
    "": "corruption '', expected one of: none, sparse, pixel-noise, ",
    "noise:0.5": "corruption 'noise', expected one of",
    "Sparse:0.5": "corruption 'Sparse', expected one of",
    "two\nlines:1": r"corruption 'two\\nlines', expected one of",
    "sparse": "corruption sparse: amount None, expected a share from 0 to below 1",
    "sparse:": "amount None, expected a share",
    "sparse:half": "corruption 'sparse:half': amount 'half', expected a number",
    "sparse:1": "amount 1.0, expected a share from 0 to below 1",
    "sparse:-0.1": "amount -0.1, expected a share",
    "sparse:nan": "amount nan, expected a share",
    "pixel-noise:1.01": "amount 1.01, expected a share from 0 to 1",
    "pixel-noise-other:inf": "amount inf, expected a share",
    "pixel-noise:0.5:chair": "pixel-noise: of 'chair', expected nothing there",
    "pixel-noise:0.5:": "of '', expected nothing there",
    "region-sort:0.5": "region-sort: of None, expected the name of a class there",
    "region-even:0.5:": "region-even: of '', expected the name of a class there",
    "region-even:2:chair": "amount 2.0, expected a share from 0 to 1",
    "super-dense:0": "amount 0.0, expected a whole number above 0",
    "super-dense:2.5": "amount 2.5, expected a whole number",
    "super-sparse:inf": "amount inf, expected a whole number",
    "propagation:100.5": "amount 100.5, expected a percentage from 0 to 100",
    "propagation:-1": "amount -1.0, expected a percentage",
    "none:3": "corruption none: amount 3.0, expected none",
    "none:chair": "amount 'chair', expected a number",
    "annotated": r"corruption 'annotated', expected annotated:frames=\.\.\.,pixels=\.\.\.,wrong-pixels=",
    "annotated:9": "corruption 'annotated:9', expected annotated:frames=",
    "annotated:pixels=1,frames=2,wrong-pixels=0,wrong-segments=0": "expected annotated:frames=",
    "annotated:frames=2,pixels=1,wrong-pixels=0,wrong-segments=0,more=1": "expected annotated:frames=",
    "annotated:frames=2,frames=2,pixels=1,wrong-pixels=0,wrong-segments=0": "expected annotated:frames=",
    "annotated:frames=all,pixels=1,wrong-pixels=0,wrong-segments=0": "amount 'all', expected a number",
    "annotated:frames=0,pixels=1,wrong-pixels=0,wrong-segments=0": "annotated: frames=0, expected a whole number above",
    "annotated:frames=2,pixels=1.5,wrong-pixels=0,wrong-segments=0": "annotated: pixels=1.5, expected a share from 0",
    "annotated:frames=2,pixels=1,wrong-pixels=nan,wrong-segments=0": "wrong-pixels=nan, expected a share from 0 to 1",
    "stored": "stored: of '', expected a file there",
    "stored:": "stored: of '', expected a file there",
}


@pytest.mark.parametrize("text", FAULTS)
def test_what_is_no_corruption_raises_one_line(scene, text):
    for use in (Corruption.parse, lambda t: corrupt(scene, t, 0), lambda t: Config(corruption=t)):
        with pytest.raises(SemnerfError, match=FAULTS[text]) as caught:
            use(text)
        assert "\n" not in str(caught.value)


def test_titles_are_for_people_and_tell_corruptions_apart():
    titles = {
        "none": "clean labels",
        "sparse:0.988889": "98.9 % of label maps dropped",
        "pixel-noise:0.29": "29 % of pixels random",
        "pixel-noise-other:0.5": "50 % of pixels in another class",
        "region-sort:0.5:chair": "chair random in 50 % of views, smallest first",
        "region-even:0.5:chair": "chair random in 50 % of views, of all sizes",
        "unlabelled:0.98:chair": "chair void in 98 % of views",
        "renamed:0.4:chair": "chair under another name in 40 % of views",
        "super-dense:8": "labels at 1/8, dense",
        "super-sparse:8": "labels at 1/8, sparse",
        "propagation:0": "single click",
        "propagation:5": "5 % of each class",
        "annotated:frames=9,pixels=0.02,wrong-pixels=0,wrong-segments=0.2": (
            "9 labelled frames, 2 % labelled pixels, 0 % wrong pixels, 20 % wrong segments"
        ),
        "stored:some/where/noisy.npz": "labels of noisy.npz",
    }
    assert {text.partition(":")[0] for text in titles} == set(KINDS)
    for text, title in titles.items():
        assert Corruption.parse(text).title == title


# --- what training sees

GOLDEN = {
    "none": "90667ce4769b20d669b4c76909b2b8abab2393045151513a22e6329ff783c16c",
    "sparse:0.25": "ba022aef089133d6ebe1e92b0d61b5b349ee047d9cbe994c68712e35304545e7",
    "sparse:0.777778": "b2dcdd888ce06b3aff36b8fcf6d81fb1832caeb1fe597d5721e5cf854bf58ed1",
    "pixel-noise:0.5": "36340758f55461e7fe82795cef039d3c627c8e145e702995421f355066c3cd88",
    "pixel-noise-other:0.5": "a89b946623a8aa474dc62e8ec962369d929cf4acfdb39323a7093ef85e01fcdc",
    "region-sort:0.5:floor": "9a51f9b2e9b89b14454ffa68a29d0be40ae1b1abbeb847da6e9b3ba4a4698a84",
    "region-even:0.5:floor": "de90845bb0ead2e3e33a8ef42eeb158cec0e9047e8851ea33fd2957f2e1a9f63",
    "unlabelled:1:floor": "3398804f6050aa81287fd180bd62e37f6dc0a1a445ae64325d514d2a04f07449",
    "renamed:0.5:floor": "569e231ec4e054be3a834d78c3527f06a24c29b92ed028193726cbb6e6e7035c",
    "super-dense:3": "fef5bb12760addc04ab393751045826e7e0ab4605515e05393a2bbe1392f3ab4",
    "super-sparse:3": "99d1ebd884859d794956e600547f43834c9cb00f2afed24ecc400ff51b31aa1b",
    "propagation:0": "558a0931b93abb4bc5a15d218461931f83a639af625cdef0516ac4f4c0011b52",
    "annotated:frames=3,pixels=1,wrong-pixels=0.3,wrong-segments=1": (
        "3e3a50fafc639d64730fd85777121dfc6fdd2ef8e00f5ea2e71761b5396b58df"
    ),
    "propagation:10": "57c4da50978a65ed86090f0a3ba43280391d6cef49efa43f0938b1fe052c0156",
}
"""sha256 of the tiny scene's labels under each corruption with seed 1. If one changes, so does what a run of that text
and seed has learnt, and finished runs are no longer what their ids say."""


@pytest.mark.parametrize("text", GOLDEN)
def test_labels_of_a_corruption_never_change(scene, text):
    assert hashlib.sha256(corrupt(scene, text, 1).tobytes()).hexdigest() == GOLDEN[text]


def test_every_kind_has_its_golden_labels():
    assert {text.partition(":")[0] for text in GOLDEN} == set(KINDS) - {"stored"}


@pytest.mark.parametrize("text", GOLDEN)
def test_only_training_frames_change_and_the_scene_stays(scene, text):
    before, test = scene.labels.copy(), list(scene.test_ids)
    corrupted = corrupt(scene, text, 3)
    assert (scene.labels == before).all() and not np.shares_memory(corrupted, scene.labels)
    assert corrupted.dtype == np.uint8 and (corrupted[test] == before[test]).all()
    assert (corrupted == corrupt(scene, text, 3)).all()
    draws = text.startswith(("pixel", "region", "renamed", "propagation", "annotated"))
    assert (corrupted != corrupt(scene, text, 6)).any() == draws
    assert (corrupted != before).any() == (text != "none")


def test_each_kind_is_its_rule_on_the_training_frames_in_order(scene):
    shuffled = scene.with_split([11, 2, 5, 7, 1], [0, 3])
    ids, classes = [11, 2, 5, 7, 1], scene.present_classes
    clean, rng = scene.labels[ids], lambda: np.random.default_rng(6)
    region = (clean, scene.instances[ids], [40], 0.6)
    expected = {
        "none": clean,
        "sparse:0.6": corruptions.drop_frames(clean, 0.6),
        "pixel-noise:0.3": corruptions.pixel_noise(clean, 0.3, classes, rng()),
        "pixel-noise-other:0.3": corruptions.pixel_noise_other(clean, 0.3, classes, rng()),
        "region-sort:0.6:floor": corruptions.region_noise(*region, False, classes, rng()),
        "region-even:0.6:floor": corruptions.region_noise(*region, True, classes, rng()),
        "super-dense:4": corruptions.coarse_dense(clean, 4),
        "super-sparse:4": corruptions.coarse_sparse(clean, 4),
        "propagation:5": corruptions.partial_labels(clean, 5, rng()),
        "annotated:frames=2,pixels=0.1,wrong-pixels=0.2,wrong-segments=0.3": (
            corruptions.annotated(clean, 2, 0.1, 0.2, 0.3, classes, rng())
        ),
    }
    for text, training_labels in expected.items():
        assert (corrupt(shuffled, text, 6)[ids] == training_labels).all(), text


def test_noise_draws_void_and_the_classes_that_occur_in_the_scene(scene):
    """Not those that merely have a name."""
    named = replace(scene, class_names=(*scene.class_names, "unicorn"))
    drawn = corrupt(named, "pixel-noise:1", 0)[list(named.train_ids)]
    assert sorted(np.unique(drawn)) == [*scene.present_classes, VOID]


def test_two_maps_of_the_tiny_scene_may_be_kept(scene):
    kept = (corrupt(scene, "sparse:0.777778", 0) != VOID).any((1, 2))
    assert [i for i in scene.train_ids if kept[i]] == [scene.train_ids[0], scene.train_ids[5]]


# --- instances


def test_instances_of_a_class(scene):
    assert instances_of(scene, "sphere") == [7, 65535] and instances_of(scene, "floor") == [40]


def test_an_instance_is_of_the_class_of_most_of_its_pixels(scene):
    instances = scene.instances.copy()
    few = np.argwhere(scene.labels[1] == 5)[:3]
    instances[1][tuple(few.T)] = 40  # three pixels of the ceiling: still the floor's
    assert instances_of(replace(scene, instances=instances), "floor") == [40]
    with pytest.raises(SemnerfError, match="no instance of 'ceiling'"):
        instances_of(replace(scene, instances=instances), "ceiling")


def test_region_noise_strikes_the_whole_mask(scene):
    """Also pixels of the instance that are void or of another class (P2)."""
    instances = scene.instances.copy()
    instances[1, 0, :2] = 40
    noisy = corrupt(replace(scene, instances=instances), "region-sort:1:floor", 0)
    for i in scene.train_ids:
        mask = instances[i] == 40
        assert len(np.unique(noisy[i][mask])) == mask.any() and (noisy[i][~mask] == scene.labels[i][~mask]).all()


def test_region_noise_needs_instances_of_a_known_class(scene):
    unknown = np.where(scene.labels == 5, 0, 9).astype(np.uint16)  # all of the ceiling, and nobody knows which
    only_test = scene.instances.copy()
    only_test[list(scene.train_ids)] = 0
    for changed, name, text in (
        (replace(scene, instances=None), "sphere", "scene tiny: it has no instances, expected some"),
        (scene, "unicorn", "no class 'unicorn', expected one of: wall x-, wall x\\+"),
        (scene, "ceiling", "no instance of 'ceiling' in its training frames"),
        (replace(scene, instances=unknown), "ceiling", "no instance of 'ceiling' in its training frames"),
        (replace(scene, instances=only_test), "sphere", "no instance of 'sphere' in its training frames"),
    ):
        with pytest.raises(SemnerfError, match=text):
            corrupt(changed, f"region-sort:0.5:{name}", 0)


@pytest.mark.parametrize("text", ["super-dense:13", "super-dense:1e300"])
def test_images_smaller_than_the_factor_raise(scene, text):
    with pytest.raises(SemnerfError, match="no pixel is left of 16x12"):
        corrupt(scene, text, 0)


# --- kept in a file


@pytest.fixture
def stored(scene, tmp_path):
    path = tmp_path / "kept" / "noisy.npz"
    store_labels(path, scene, corrupt(scene, "pixel-noise:0.5", 7), "pixel-noise:0.5", 7)
    return path


def test_stored_labels_come_back_for_any_seed(scene, stored):
    assert [p.name for p in stored.parent.iterdir()] == ["noisy.npz"]
    for seed in (0, 7):
        assert (corrupt(scene, f"stored:{stored}", seed) == corrupt(scene, "pixel-noise:0.5", 7)).all()
    with np.load(stored, allow_pickle=False) as file:
        assert (str(file["corruption"]), int(file["seed"]), str(file["scene"])) == ("pixel-noise:0.5", 7, scene.digest)


def test_somebodys_own_labels_may_be_stored(scene, tmp_path):
    own = np.where(scene.labels == 3, 2, scene.labels).astype(np.uint8)
    store_labels(tmp_path / "own", scene, own, "my network, v2", 0)
    corrupted = corrupt(scene, f"stored:{tmp_path / 'own'}", 0)
    train, test = list(scene.train_ids), list(scene.test_ids)
    assert (corrupted[train] == own[train]).all() and (corrupted[test] == scene.labels[test]).all()


def test_fingerprint_is_that_of_the_content(scene, stored, tmp_path):
    def fingerprint():
        return Corruption.parse(f"stored:{stored}").fingerprint()

    first = fingerprint()
    assert first == hashlib.sha256(stored.read_bytes()).hexdigest()
    store_labels(stored, scene, corrupt(scene, "pixel-noise:0.5", 7), "pixel-noise:0.5", 7)
    assert fingerprint() == first
    store_labels(stored, scene, corrupt(scene, "pixel-noise:0.5", 8), "pixel-noise:0.5", 7)
    assert fingerprint() != first
    assert Corruption.parse("pixel-noise:0.5").fingerprint() == CLEAN.fingerprint() == ""
    for path in (tmp_path / "none.npz", tmp_path):
        with pytest.raises(SemnerfError, match=f"{path}: .*, expected a file of stored labels"):
            Corruption("stored", of=str(path)).fingerprint()


def test_labels_of_another_scene_or_split_are_refused(scene, stored):
    for other in (scene.with_split(scene.train_ids[:-1], scene.test_ids), replace(scene, far=9.0)):
        with pytest.raises(
            SemnerfError, match=f"{stored}: labels of scene {scene.digest[:12]}, expected those of tiny"
        ):
            corrupt(other, f"stored:{stored}", 0)


FILES = {
    "int64": (dict(labels=lambda x: x.astype(np.int64)), r"labels are int64\[9, 12, 16\], expected uint8\[9, 12, 16\]"),
    "a frame short": (dict(labels=lambda x: x[1:]), r"labels are uint8\[8, 12, 16\]"),
    "flat": (dict(labels=lambda x: x.ravel()), r"labels are uint8\[1728\]"),
    "an unknown class": (
        dict(labels=lambda x: np.where(x == 0, np.uint8(7), x)),
        r"label 7, expected 0 \.\.\. 6 or VOID \(255\)",
    ),
    "no labels": (dict(labels=None), "labels.*, expected labels kept by store_labels"),
    "no scene": (dict(scene=None), "scene.*, expected labels kept by store_labels"),
    "another scene": (dict(scene=lambda x: "0" * 64), "labels of scene 000000000000, expected"),
    "objects": (dict(labels=lambda x: np.array([{}])), "allow_pickle=False, expected labels kept"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_other_content_raise_one_line(scene, stored, name):
    changes, text = FILES[name]
    with np.load(stored) as file:
        content = dict(file)
    for key, change in changes.items():
        value = content.pop(key)
        if change:
            content[key] = change(value)
    np.savez(stored, **content)
    with pytest.raises(SemnerfError, match=text) as caught:
        corrupt(scene, f"stored:{stored}", 0)
    assert str(caught.value).startswith(str(stored)) and "\n" not in str(caught.value)


def test_a_damaged_byte_or_a_missing_end_is_noticed(scene, stored):
    """Every byte flipped, every length cut to: an error of one line, or the very labels."""
    whole, truth = stored.read_bytes(), load_labels(stored, scene)
    damaged = [whole[:i] + bytes([whole[i] ^ 0x41]) + whole[i + 1 :] for i in range(len(whole))]
    errors = 0
    for content in damaged + [whole[:n] for n in range(0, len(whole), 7)]:
        stored.write_bytes(content)
        try:
            assert (load_labels(stored, scene) == truth).all()
        except SemnerfError as fault:
            assert str(fault).startswith(str(stored)) and "\n" not in str(fault)
            errors += 1
    assert errors > len(whole) / 2


def test_what_is_no_npz_raises_one_line(scene, tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(3))
    (tmp_path / "text").write_text("labels\n")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("labels.npy", "no array")
    (tmp_path / "folder").mkdir()
    for name in ("a.npy", "text", "a.zip", "folder", "missing"):
        with pytest.raises(
            SemnerfError, match=f"{tmp_path / name}: .*, expected labels kept by store_labels"
        ) as caught:
            corrupt(scene, f"stored:{tmp_path / name}", 0)
        assert "\n" not in str(caught.value)


def test_labels_that_the_scene_cannot_have_are_not_stored(scene, stored):
    before = stored.read_bytes()
    for wrong, text in (
        (scene.labels[:-1], r"labels \[11, 12, 16\] to store, expected \[12, 12, 16\]"),
        (scene.labels // 2 + 4, r"label 7, expected 0 \.\.\. 6"),
    ):
        with pytest.raises(SemnerfError, match=text):
            store_labels(stored, scene, wrong, "none", 0)
    assert stored.read_bytes() == before


def test_a_full_disk_leaves_the_old_labels(scene, stored, monkeypatch):
    before = stored.read_bytes()

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(SemnerfError, match=f"{stored}: no room left on the disk"):
        store_labels(stored, scene, scene.labels, "none", 0)
    assert stored.read_bytes() == before and [p.name for p in stored.parent.iterdir()] == ["noisy.npz"]


def test_stored_labels_may_be_moved(scene, stored, tmp_path):
    shutil.move(stored, tmp_path / "elsewhere")
    assert (
        load_labels(tmp_path / "elsewhere", scene) == corrupt(scene, "pixel-noise:0.5", 7)[list(scene.train_ids)]
    ).all()
