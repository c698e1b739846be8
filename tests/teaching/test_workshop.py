"""workshop: packs of runs: small, whole, checked before a byte is written, and found like any other run."""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile

import pytest
import torch
from tiny import make_tiny_scene, tiny_config

from semnerf_lib import experiments
from semnerf_lib.cli import main
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import evaluate, scored_frames
from semnerf_lib.experiments import Planned
from semnerf_lib.machine.files import digest, sha256_of
from semnerf_lib.machine.progress import progress_to
from semnerf_lib.runs.store import Store
from semnerf_lib.runs.underway import Held, locked
from semnerf_lib.teaching import archive as packing
from semnerf_lib.teaching import workshop
from semnerf_lib.teaching.archive import (
    BLOCK,
    LARGE,
    MANIFEST,
    STEPS,
    WEIGHTS,
    pack_weights,
    unpack_weights,
    write_archive,
)
from semnerf_lib.teaching.workshop import Packed, pack, runs_of, unpack

CPU = torch.device("cpu")
CONFIG = tiny_config(iterations=12)


def test_rounded_weights_are_near_small_ones_the_same_and_all_come_back():
    torch.manual_seed(0)
    large = torch.randn(LARGE, 2) * torch.tensor([1.0, 1e-3])
    large[BLOCK:] = 0
    tensors = {"grid": large, "mlp": torch.randn(64, 16), "steps": torch.arange(LARGE + 1)}
    packed = pack_weights(tensors)
    found = unpack_weights(packed)
    assert set(found) == set(tensors)
    assert torch.equal(found["mlp"], tensors["mlp"]) and torch.equal(found["steps"], tensors["steps"])
    assert found["grid"].shape == large.shape and found["grid"].is_contiguous()
    error, spread = (found["grid"] - large)[:BLOCK].abs().amax(0), large[:BLOCK].square().mean(0).sqrt()
    assert (error <= 0.5001 * spread / STEPS).all() and (error > 0.4 * spread / STEPS).all()
    assert not found["grid"][BLOCK:].any()
    assert len(packed) < len(large.numpy().tobytes()) / 3 + tensors["steps"].nbytes + tensors["mlp"].nbytes
    assert digest(unpack_weights(packed)) == digest(found)


def test_an_outlier_costs_precision_but_is_not_cut():
    grid = torch.randn(LARGE, 1, generator=torch.Generator().manual_seed(0)) * 1e-2
    grid[5] = 40.0
    assert float(unpack_weights(pack_weights({"grid": grid}))["grid"][5]) == pytest.approx(40.0, rel=1e-6)


def test_damaged_weights_are_refused():
    packed = pack_weights({"mlp": torch.randn(64, 16)})
    for bad in (b"", b"nonsense", packed[:-40], packed[:40]):
        with pytest.raises(SemnerfError, match="packed weights: damaged"):
            unpack_weights(bad)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A store with a run and one of a fold, their plan, and their pack."""
    scene, root = make_tiny_scene(), tmp_path_factory.mktemp("made")
    store, planned = (
        Store(root),
        [Planned(scene, CONFIG), Planned(scene.folds(5)[1], tiny_config(iterations=12, fold=1))],
    )
    for one in planned:
        store.get(one, CPU)
    patch = pytest.MonkeyPatch()
    patch.setattr(packing, "LARGE", 1_000)  # that something is rounded
    patch.setattr(workshop, "TOLERANCE", 1.0)
    patch.setattr(workshop, "open_scene", lambda spec, scale: scene)
    patch.setattr(workshop, "MADE_SCENES", ("tiny",))
    yield store, planned, pack(root / "tiny.pack", scene, "smoke", planned, store)
    patch.undo()


def test_an_unpacked_run_is_a_run_like_any_other_and_says_that_it_was_rounded(made, tmp_path):
    store, planned, packed = made
    theirs = Store(tmp_path)
    found = unpack(packed.path, theirs)
    assert found.made == tuple(one.id for one in planned) and found.kept == ()
    for one in planned:
        before, run = store.find(one), theirs.find(one)
        assert {p.name for p in run.folder.iterdir()} == {p.name for p in before.folder.iterdir()}
        assert run.config == before.config and run.history == before.history
        assert sha256_of(run.folder / "weights.safetensors") == run.weights_sha256 != before.weights_sha256
        assert run.provenance["rounded"]["miou_before"] == before.metrics["miou"]
        assert run.provenance["date"] == before.provenance["date"]
        assert run.metrics["seconds_training"] == before.metrics["seconds_training"]
        scores = evaluate(run.load(one.scene, CPU), one.scene)
        for key in ("miou", "total_accuracy", "depth_mae", "entropy"):
            assert scores[key] == pytest.approx(run.metrics[key], abs=1e-6)
        assert theirs.get(one, CPU) == run


def test_a_pack_is_the_same_bytes_again_and_knows_its_numbers(made, tmp_path):
    store, planned, packed = made
    assert packed.n_runs == 2 and packed.n_bytes == packed.path.stat().st_size
    assert packed.sha256 == sha256_of(packed.path)
    with zipfile.ZipFile(packed.path) as archive:
        manifest = json.loads(archive.read(MANIFEST))
    assert manifest["scene"] == "tiny" and manifest["scale"] == "smoke" and len(manifest["runs"]) == 2


def test_runs_that_are_there_stay(made, tmp_path):
    store, planned, packed = made
    theirs = Store(tmp_path)
    unpack(packed.path, theirs)
    marked = theirs.folder(planned[0]) / "result.json"
    marked.write_text(marked.read_text() + " ")
    assert unpack(packed.path, theirs).kept == tuple(one.id for one in planned)
    assert marked.read_text().endswith(" ")


def test_a_run_that_is_being_made_is_left_to_its_maker(made, tmp_path):
    _, planned, packed = made
    theirs = Store(tmp_path)
    with locked(theirs.folder(planned[0])), pytest.raises(Held):
        unpack(packed.path, theirs)


def test_an_unfinished_run_gives_way(made, tmp_path):
    _, planned, packed = made
    theirs = Store(tmp_path)
    folder = theirs.folder(planned[0])
    folder.mkdir(parents=True)
    for name in ("checkpoint.safetensors", "progress.json", "failure.json"):
        (folder / name).write_text("{}")
    unpack(packed.path, theirs)
    assert {p.name for p in folder.iterdir()} == {"config.json", "history.json", "result.json", "weights.safetensors"}


def test_packing_refuses(made, tmp_path, monkeypatch):
    store, planned, packed = made
    scene = planned[0].scene
    with pytest.raises(SemnerfError, match="exists, expected a new file"):
        pack(packed.path, scene, "smoke", planned, store)
    with pytest.raises(SemnerfError, match="2 of 2 runs are not finished"):
        pack(tmp_path / "a.pack", scene, "smoke", planned, Store(tmp_path))
    with pytest.raises(SemnerfError, match="notebook 01: it asks for no run"):
        runs_of(["01"], scene, "smoke")
    monkeypatch.setattr(workshop, "TOLERANCE", -1.0)
    with pytest.raises(SemnerfError, match="rounding changes its mIoU by"):
        pack(tmp_path / "a.pack", scene, "smoke", planned, store)
    assert not (tmp_path / "a.pack").exists()


def rewritten(packed, path, change):
    """A copy of a pack whose members went through `change(name, data)`; a manifest that is left alone."""
    with zipfile.ZipFile(packed.path) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            for other, data in change(name, old.read(name)):
                new.writestr(other, data)
    return path


def forged(packed, path, change):
    """As `rewritten`, with a manifest that fits."""
    changed = {}
    with zipfile.ZipFile(packed.path) as old:
        for name in old.namelist():
            if name != MANIFEST:
                changed |= dict(change(name, old.read(name)))
        manifest = json.loads(old.read(MANIFEST))
    facts = {key: manifest[key] for key in ("scene", "scale", "revision")}
    write_archive(path, facts | {"runs": list(dict.fromkeys(name.split("/")[1] for name in changed))}, changed)
    return path


def refused(path, root, words, **options):
    with pytest.raises(SemnerfError, match=words) as fault:
        unpack(path, Store(root), **options)
    assert "\n" not in str(fault.value)
    assert not list(root.rglob("*.json")) and not list(root.rglob("*.safetensors"))


def test_a_file_that_is_missing_cut_or_no_pack_is_refused(made, tmp_path):
    _, _, packed = made
    path, root = tmp_path / "x.pack", tmp_path / "results"
    root.mkdir()
    refused(path, root, "No such file or directory, expected a pack")
    for data in (b"no zip", packed.path.read_bytes()[:-500]):
        path.write_bytes(data)
        refused(path, root, "damaged or cut short, expected a pack")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")
    refused(path, root, "manifest.json is missing, encrypted or damaged")
    refused(packed.path, root, "expected 00000000", sha256="00000000")


@pytest.mark.parametrize("kind", [WEIGHTS, "result.json", "config.json"])
def test_one_changed_byte_is_refused(made, tmp_path, kind):
    _, _, packed = made

    def flip(name, data):
        return [(name, data[:9] + bytes([data[9] ^ 1]) + data[10:] if name.endswith(kind) else data)]

    (tmp_path / "results").mkdir()
    refused(rewritten(packed, tmp_path / "x.pack", flip), tmp_path / "results", "damaged, expected members")


def test_bytes_flipped_in_the_file_are_refused(made, tmp_path):
    _, _, packed = made
    data, root = bytearray(packed.path.read_bytes()), tmp_path / "results"
    root.mkdir()
    with zipfile.ZipFile(packed.path) as archive:
        largest = max(archive.infolist(), key=lambda entry: entry.compress_size)
    data[largest.header_offset + 30 + len(largest.filename) + largest.compress_size // 2] ^= 1
    (tmp_path / "x.pack").write_bytes(data)
    refused(tmp_path / "x.pack", root, "damaged")


def test_names_that_lead_elsewhere_are_refused(made, tmp_path):
    _, _, packed = made
    root = tmp_path / "results"
    root.mkdir()

    def further(name, data):
        return [(name, data), ("../../evil.txt", b"evil")] if name == MANIFEST else [(name, data)]

    refused(rewritten(packed, tmp_path / "x.pack", further), root, "its members are not those of its manifest")

    def elsewhere(name, data):
        return [("runs/.." + name[4 + name[5:].index("/") + 1 :], data)]

    refused(forged(packed, tmp_path / "y.pack", elsewhere), root, "was not made on scene|missing or damaged")
    assert not list(tmp_path.rglob("evil*"))


def test_a_pack_of_another_scene_or_version_is_refused(made, tmp_path, monkeypatch):
    _, _, packed = made
    root = tmp_path / "results"
    root.mkdir()
    other = make_tiny_scene(n_frames=16)
    monkeypatch.setattr(workshop, "open_scene", lambda spec, scale: other)
    refused(packed.path, root, "was not made on scene tiny as it is here")
    monkeypatch.setattr(workshop, "MADE_SCENES", ())
    refused(packed.path, root, "scene .tiny. is not made, expected the path of the scene")
    monkeypatch.setattr(workshop, "open_scene", lambda spec, scale: make_tiny_scene())

    def older(name, data):
        return [(name, data.replace(b'"cells_finest"', b'"cells_finer"'))]

    refused(forged(packed, tmp_path / "x.pack", older), root, "unknown key 'cells_finer'.*this version", spec="tiny")


def test_weights_of_another_field_are_refused(made, tmp_path):
    _, _, packed = made
    root = tmp_path / "results"
    root.mkdir()

    def others(name, data):
        return [(name, pack_weights({"a": torch.ones(2)}) if name.endswith(WEIGHTS) else data)]

    refused(forged(packed, tmp_path / "x.pack", others), root, "expected weights and scores of this version")


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("result", r'"miou": [0-9.e-]+', '"miou": "0.99"', "miou '0.99'"),
        ("result", r'"miou": [0-9.e-]+', '"miou": 7.5', "miou '7.5'"),
        ("result", r'"date": "[^"]*"', '"date": 5', "expected printable texts for"),
        ("result", r'"device": "[^"]*"', '"device": "\\\\u001b[2J"', "expected printable texts for"),
        ("result", r'"date": "[^"]*"', '"date": "today"', "expected an ISO date"),
        ("result", r'"n_frames": \d+', '"n_frames": NaN', "NaN is no JSON number"),
        ("result", r'"entropy": [0-9.e-]+', '"entropy": 1e400', "beyond any float"),
        ("result", r"^", "[" * 100_000, "expected a JSON file"),
        ("history", r'"step": \d+', '"step": "9"', "expected a list of entries"),
        ("config", r'"corruption": "[^"]*"', '"corruption": "stored:/dev/zero"', "expected one that names no file"),
        ("config", r'"corruption": "[^"]*"', '"corruption": 5', "corruption = 5, expected a text"),
        ("config", r'"fold": (null|1)', '"fold": 7', "fold 7, expected 0 to 4"),
        ("config", r'"scene": "[^"]*"', '"scene": "other"', "another scene, expected tiny"),
    ],
)
def test_facts_that_no_run_has_are_refused(made, tmp_path, file, old, new, words):
    _, _, packed = made

    def change(name, data):
        return [(name, re.sub(old, new, data.decode(), count=1).encode() if name.endswith(f"{file}.json") else data)]

    (tmp_path / "results").mkdir()
    refused(forged(packed, tmp_path / "x.pack", change), tmp_path / "results", words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda value: value * float("nan"), "holds NaN or infinity"),
        (lambda value: value.double(), r"is torch.float64\[.*\], expected torch.float32\["),
        (lambda value: value[:1], r"expected torch.float32\["),
        (lambda value: None, "is in it or in the model, not in both"),
    ],
)
def test_weights_that_no_model_has_are_refused(made, tmp_path, change, words):
    _, _, packed = made
    digests = {}

    def changed(name, data):
        run = name.split("/")[1] if "/" in name else ""
        if name.endswith(WEIGHTS):
            tensors = unpack_weights(data)
            # not the smallest, which a cut would not change, nor one that is stored rounded
            first = next(key for key in sorted(tensors) if len(tensors[key]) > 1 and 16 < tensors[key].numel() < 500)
            tensors[first] = change(tensors[first])
            data = pack_weights({name: value for name, value in tensors.items() if value is not None})
            digests[run] = digest(unpack_weights(data))
        return [(name, data)]

    def named(name, data):
        if name.endswith("result.json"):
            data = json.dumps(json.loads(data) | {"weights_digest": digests[name.split("/")[1]]}).encode()
        return [(name, data)]

    (tmp_path / "results").mkdir()
    forged(packed, tmp_path / "x.pack", changed)
    first = Packed(tmp_path / "x.pack", packed.n_runs, 0, "", 0.0)
    refused(forged(first, tmp_path / "y.pack", named), tmp_path / "results", words)


def test_nothing_is_written_if_the_last_weights_are_bad(made, tmp_path):
    _, planned, packed = made
    (tmp_path / "results").mkdir()

    def last_one(name, data):
        bad = name.startswith("runs/grid-labels-fold1") and name.endswith(WEIGHTS)
        return [(name, pack_weights({"a": torch.ones(2)}) if bad else data)]

    refused(forged(packed, tmp_path / "x.pack", last_one), tmp_path / "results", "others than its result names")


@pytest.mark.parametrize("runs", [None, True, 3, "abc", [5], [], ["a", "a"]])
def test_odd_lists_of_runs_are_refused(made, tmp_path, runs):
    _, _, packed = made

    def change(name, data):
        return [(name, json.dumps(json.loads(data) | {"runs": runs}).encode() if name == MANIFEST else data)]

    (tmp_path / "results").mkdir()
    refused(rewritten(packed, tmp_path / "x.pack", change), tmp_path / "results", "runs is no list|its members are not")


def test_encrypted_members_and_pipes_are_refused(made, tmp_path):
    _, _, packed = made
    data, root = bytearray(packed.path.read_bytes()), tmp_path / "results"
    root.mkdir()
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag of encryption in the directory's first entry
    (tmp_path / "x.pack").write_bytes(data)
    refused(tmp_path / "x.pack", root, "encrypted")
    os.mkfifo(tmp_path / "y.pack")
    refused(tmp_path / "y.pack", root, "no regular file")


def test_a_member_packed_in_another_way_is_refused(made, tmp_path):
    (tmp_path / "results").mkdir()
    with zipfile.ZipFile(made[2].path) as old, zipfile.ZipFile(tmp_path / "x.pack", "w", zipfile.ZIP_LZMA) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    refused(tmp_path / "x.pack", tmp_path / "results", "packed in another way")


@pytest.mark.parametrize("digits", ["", "3", "0000000", "zzzzzzzz", "0" * 65])
def test_a_hash_has_eight_digits_or_more(made, tmp_path, digits):
    (tmp_path / "results").mkdir()
    refused(made[2].path, tmp_path / "results", "expected 8 to 64 hexadecimal digits", sha256=digits)


def test_packing_tells_of_each_view(made, tmp_path):
    store, planned, _ = made
    counts = []
    with progress_to(lambda bar: counts.append((bar.count, bar.total))):
        workshop.pack(tmp_path / "again.pack", planned[0].scene, "smoke", planned, store)
    views = sum(len(ids) for one in planned for ids in scored_frames(one.scene, one.config).values())
    assert counts == [(k, views) for k in range(1, views + 1)] and views > len(planned)


def test_the_command_line(made, tmp_path, monkeypatch, capsys):
    store, planned, packed = made
    monkeypatch.setattr(experiments, "open_scene", lambda spec, scale: planned[0].scene)
    monkeypatch.setattr(workshop, "runs_of", lambda only, scene, scale: planned)
    path = tmp_path / "tiny.pack"
    assert main.main(["workshop", "pack", str(path), "--only", "04", "--scale", "smoke", "--out", str(store.root)]) == 0
    said = capsys.readouterr().out
    assert f"sha256 {sha256_of(path)}" in said and "2 runs" in said
    assert path.read_bytes() == packed.path.read_bytes()  # the same runs, the same bytes
    short = sha256_of(path)[:12]
    words = ["workshop", "unpack", str(path), "--out", str(tmp_path / "results"), "--sha256", short]
    assert main.main(words) == 0
    said = capsys.readouterr().out
    assert "2 runs unpacked, 0 there already" in said and f"in {tmp_path / 'results'}:" in said
    assert main.main([*words[:-1], "12345678"]) == 2
    assert "expected 12345678" in capsys.readouterr().err
    shutil.rmtree(tmp_path / "results")
