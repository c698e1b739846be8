"""runs: trained once, found again; killed and continued; damage told in one line."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.config import Config
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import evaluate, scored_frames
from semnerf_lib.experiments import Planned
from semnerf_lib.labels import Corruption
from semnerf_lib.machine.checkpoints import read_step
from semnerf_lib.runs import make
from semnerf_lib.runs.store import Store, read_run, results_root
from semnerf_lib.runs.underway import Held, locked
from semnerf_lib.training import Trainer

CPU = torch.device("cpu")
HERE = Path(__file__).resolve().parents[1]
PACKAGE = HERE.parent / "semnerf_lib"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run and its store; copy before you break it."""
    store = Store(tmp_path_factory.mktemp("results"))
    return store, store.get(Planned(make_tiny_scene(), tiny_config(iterations=12)), CPU)


@pytest.fixture
def broken(finished, tmp_path):
    """A copy of the finished run, to be broken."""
    store, run = finished
    folder = tmp_path / "results" / "runs" / run.id
    folder.mkdir(parents=True)
    for file in run.folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return Store(tmp_path / "results"), folder


def never(*_, **__):
    raise AssertionError("trained again")


def test_a_finished_run_is_whole(finished):
    store, run = finished
    scene = make_tiny_scene()
    names = {"config.json", "weights.safetensors", "history.json", "result.json"}
    assert {p.name for p in run.folder.iterdir()} == names  # the checkpoint is gone
    assert run.folder == store.folder(Planned(scene, run.config)) and run.id == run.folder.name
    assert run.config == tiny_config(iterations=12) and run.scene_name == "tiny"
    assert run.metrics["n_frames"] == 3 and run.metrics["seconds_training"] > 0
    assert [entry["step"] for entry in run.history] == [10, 12]
    assert {"revision", "versions", "device", "date", "threads", "peak_memory_gib"} <= set(run.provenance)


def test_loaded_model_scores_what_the_run_says(finished):
    _, run = finished
    scene = make_tiny_scene()
    model = run.load(scene, CPU)
    assert not model.training
    scores = evaluate(model, scene)
    for key in ("miou", "total_accuracy", "depth_mae", "entropy", "per_class_iou"):
        assert scores[key] == run.metrics[key]


def test_a_finished_run_is_never_trained_again(finished, monkeypatch):
    store, run = finished
    before = {p: p.stat().st_mtime_ns for p in run.folder.iterdir()}
    monkeypatch.setattr(make, "Trainer", never)
    monkeypatch.setattr(make, "evaluate", never)
    again = store.get(Planned(make_tiny_scene(), run.config), CPU)
    assert again == run and store.find(Planned(make_tiny_scene(), run.config)) == run
    assert {p: p.stat().st_mtime_ns for p in run.folder.iterdir()} == before


def test_what_was_never_run_is_not_found(finished, store):
    some, _ = finished
    assert some.find(Planned(make_tiny_scene(), tiny_config(iterations=13))) is None
    assert store.find(Planned(make_tiny_scene(), tiny_config())) is None


def test_scores_are_taken_at_the_frames_that_the_config_names(tiny_scene):
    assert scored_frames(tiny_scene, tiny_config()) == {"test": list(tiny_scene.test_ids)}
    both = scored_frames(tiny_scene, tiny_config(score_views="test+train", score_frames=2))
    assert len(both["test"]) == len(both["train"]) == 2
    assert set(both["test"]) < set(tiny_scene.test_ids) and set(both["train"]) < set(tiny_scene.train_ids)
    assert both == scored_frames(tiny_scene, tiny_config("mlp", score_views="test+train", score_frames=2, seed=3))
    many = list(range(0, 360, 2))
    frames = scored_frames(make_tiny_scene(360).with_split(many, range(1, 360, 2)), tiny_config(score_frames=12))
    assert len(set(np.diff(frames["test"]).tolist())) > 4  # not in step with anything


def other(name: str, value):
    changed = {"field": "mlp", "supervision": "labels+rgb", "precision": "bfloat16", "fold": 3, "shell": 0.5}
    changed |= {"corruption": "pixel-noise:0.5", "score_views": "test+train"}
    changed |= {"sampler": "hierarchical", "pixels": "any", "bounds": "cameras"}
    return changed.get(name, value + 1 if isinstance(value, (int, float)) else None)


@pytest.mark.parametrize("name", [f.name for f in fields(Config)])
def test_id_changes_with_any_key(tiny_scene, name):
    config = tiny_config()
    changed = config.replace(**{name: other(name, getattr(config, name))})
    assert Planned(tiny_scene, changed).id != Planned(tiny_scene, config).id == Planned(tiny_scene, config.replace()).id


def test_id_changes_with_the_scene_but_not_with_its_name(tiny_scene):
    config = tiny_config()
    labels = tiny_scene.labels.copy()
    labels[0, 6, 6] = (labels[0, 6, 6] + 1) % 7
    assert Planned(replace(tiny_scene, labels=labels), config).id != Planned(tiny_scene, config).id
    assert Planned(tiny_scene.folds(3)[0], config).id != Planned(tiny_scene.folds(3)[1], config).id
    assert Planned(replace(tiny_scene, name="other"), config).id == Planned(tiny_scene, config).id
    assert re.fullmatch(r"grid-labels-fold2-[0-9a-f]{12}", Planned(tiny_scene, config.replace(fold=2)).id)
    assert re.fullmatch(r"mlp-labels-rgb-[0-9a-f]{12}", Planned(tiny_scene, Config(supervision="labels+rgb")).id)


def test_runs_of_another_rule_of_training_have_other_names(tiny_scene, monkeypatch):
    config = Config()
    today = Planned(tiny_scene, config).id
    monkeypatch.setattr("semnerf_lib.experiments.planned.RULE", "1")
    assert Planned(tiny_scene, config).id != today


def test_load_refuses_another_scene(finished):
    _, run = finished
    with pytest.raises(SemnerfError, match="was not trained on this scene"):
        run.load(make_tiny_scene(n_frames=10), CPU)


def raises_one_line(match: str, call):
    with pytest.raises(SemnerfError, match=match) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_damaged_weights(broken):
    store, folder = broken
    path, ask = folder / "weights.safetensors", store.find
    planned = Planned(make_tiny_scene(), tiny_config(iterations=12))
    data = bytearray(path.read_bytes())
    data[-9] ^= 1
    for content in (bytes(data), bytes(data[:-20]), b""):
        path.write_bytes(content)
        assert str(path) in raises_one_line("damaged", lambda: ask(planned))
    path.unlink()
    assert str(path) in raises_one_line("missing", lambda: ask(planned))


def test_damage_after_the_run_was_found(broken):
    store, folder = broken
    run = store.find(Planned(make_tiny_scene(), tiny_config(iterations=12)))
    data = bytearray((folder / "weights.safetensors").read_bytes())
    data[-9] ^= 1  # still a safetensors file
    (folder / "weights.safetensors").write_bytes(data)
    raises_one_line("damaged", lambda: run.load(make_tiny_scene(), CPU))


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "3", '{"metrics": {}}', "null"])
@pytest.mark.parametrize("name", ["result.json", "config.json", "history.json"])
def test_damaged_json(broken, name, content):
    store, folder = broken
    content = "3" if (name, content) == ("history.json", "[]") else content  # no entry is a history too
    (folder / name).write_text(content)
    text = raises_one_line("expected", lambda: store.find(Planned(make_tiny_scene(), tiny_config(iterations=12))))
    assert str(folder) in text
    raises_one_line("expected", lambda: read_run(folder))


@pytest.mark.parametrize("content", [None, b"", b'{"a": 1}'], ids=["gone", "empty", "other"])
@pytest.mark.parametrize("name", ["result.json", "config.json", "history.json", "weights.safetensors"])
def test_damaged_run_is_put_aside_and_made_anew(broken, finished, name, content, capsys):
    store, folder = broken
    whole = {path.name for path in folder.iterdir()}
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    run = store.get(Planned(make_tiny_scene(), tiny_config(iterations=12)), CPU)
    assert run.weights_sha256 == finished[1].weights_sha256
    lines = [line for line in capsys.readouterr().err.splitlines() if "damaged" in line]
    assert whole <= {path.name for path in folder.iterdir()}
    if (name, content) != ("result.json", None):  # without a result the run was not finished
        assert len(lines) == 1 and str(folder) in lines[0] and "made anew" in lines[0]
        assert (folder / f"{name}.damaged").exists() == (content is not None)


AS_ANOTHER_USER = """
import contextlib, os, sys
from pathlib import Path
from semnerf_lib.cli.main import main
from semnerf_lib.runs.status import status_of
from semnerf_lib.runs.store import Store, read_run
from semnerf_lib.runs.sweep import run_or_fault
from tiny import make_tiny_scene, tiny_config
from semnerf_lib.experiments import Planned

folder = Path(sys.argv[1])
store, planned = Store(folder.parents[1]), Planned(make_tiny_scene(), tiny_config(iterations=12))
run_or_fault(store, planned), main(["status", "--out", "none"])  # import what the other user may not
os.seteuid(65534)
with contextlib.redirect_stderr(sys.stdout):
    try:
        print(read_run(folder).id)
    except Exception as fault:
        print(type(fault).__name__, fault)
    for found in (run_or_fault(store, planned), status_of(folder).note):
        print(found)
    print(main(["status", "--out", str(store.root)]))
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="becomes another user")
def test_what_this_user_may_not_read_is_neither_called_damaged_nor_missing(broken, tmp_path):
    store, folder = broken
    for path in (*tmp_path.parents, tmp_path, store.root):
        if path.is_relative_to("/tmp/pytest-of-root"):
            path.chmod(0o755)
    command = [sys.executable, "-c", AS_ANOTHER_USER, str(folder)]
    import_both = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), str(PACKAGE.parent)])}

    def said() -> list[str]:
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=import_both)
        return done.stdout.splitlines()[1:]  # without the first status'

    assert said()[0] == folder.name
    for mode_of, path in ((folder / "history.json", folder / "history.json"), (folder, folder / "result.json")):
        mode_of.chmod(0)
        reading, planned, note, *table, status = said()
        assert reading.startswith("SemnerfError") and "Permission denied" in reading
        assert planned.startswith(f"{path}: ") and "Permission denied" in planned and note == planned
        assert status == "0" and "1 runs: 0 running, 1 failed" in table[0] and "Permission denied" in table[-1]
        mode_of.chmod(0o755)
    folder.parent.chmod(0)
    assert said()[-2:] == [f"error: {folder.parent}: cannot be read (Permission denied)", "2"]
    folder.parent.chmod(0o755)


def test_files_of_a_run_follow_the_umask(store, tiny_scene):
    before = os.umask(0o022)
    try:
        run = store.get(Planned(tiny_scene, tiny_config(iterations=2)), CPU)
    finally:
        os.umask(before)
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in run.folder.iterdir()} == dict.fromkeys(
        ["config.json", "weights.safetensors", "history.json", "result.json"], "0o644"
    )


def test_config_with_a_key_of_another_version(broken):
    store, folder = broken
    facts = json.loads((folder / "config.json").read_text())
    facts["config"]["hash_size"] = 3
    (folder / "config.json").write_text(json.dumps(facts))
    assert str(folder) in raises_one_line("unknown key 'hash_size'", lambda: read_run(folder))


def test_without_result_the_run_is_made_again_and_the_same(broken, finished):
    store, folder = broken
    (folder / "result.json").unlink()
    assert store.find(Planned(make_tiny_scene(), tiny_config(iterations=12))) is None
    run = store.get(Planned(make_tiny_scene(), tiny_config(iterations=12)), CPU)
    assert run.weights_sha256 == finished[1].weights_sha256


def test_what_a_killed_attempt_left_half_written_is_removed(store, tiny_scene):
    config = tiny_config(iterations=12)
    folder = store.folder(Planned(tiny_scene, config))
    folder.mkdir(parents=True)
    (folder / ".checkpoint.safetensors.4711.aside").write_bytes(b"half of one")
    store.get(Planned(tiny_scene, config), CPU)
    names = {path.name for path in folder.iterdir()}
    assert names == {"config.json", "history.json", "result.json", "weights.safetensors"}


def test_what_a_process_left_that_was_killed_after_its_result_is_removed(store, tiny_scene):
    planned = Planned(tiny_scene, tiny_config(iterations=12))
    folder = store.get(planned, CPU).folder
    whole = {path.name for path in folder.iterdir()}
    left = {"checkpoint.safetensors", "progress.json", ".lock", ".result.json.4711.aside"}
    for name in left:
        (folder / name).write_text("{}")
    with locked(folder):  # its maker is still at it
        store.get(planned, CPU)
        assert {path.name for path in folder.iterdir()} == whole | left
    store.get(planned, CPU)
    assert {path.name for path in folder.iterdir()} == whole


def test_damaged_checkpoint_is_put_aside_and_trained_anew(store, tiny_scene, capsys):
    config = tiny_config(iterations=12)
    folder = store.folder(Planned(tiny_scene, config))
    folder.mkdir(parents=True)
    trainer = Trainer(tiny_scene, config, CPU)
    trainer.save(folder / "checkpoint.safetensors")
    data = (folder / "checkpoint.safetensors").read_bytes()[:-30]
    (folder / "checkpoint.safetensors").write_bytes(data)
    assert store.get(Planned(tiny_scene, config), CPU).history[-1]["step"] == 12
    (line,) = (line for line in capsys.readouterr().err.splitlines() if "damaged" in line)
    assert str(folder) in line and line.endswith("put aside as checkpoint.safetensors.damaged, trained anew")
    assert (folder / "checkpoint.safetensors.damaged").read_bytes() == data


def test_results_root_is_a_file(tmp_path):
    (tmp_path / "results").write_text("mine")
    assert "is a file" in raises_one_line("expected a folder", lambda: Store(tmp_path / "results"))
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "runs").write_text("mine")
    raises_one_line(
        "cannot be written", lambda: Store(tmp_path / "root").get(Planned(make_tiny_scene(), tiny_config()), CPU)
    )
    assert (tmp_path / "results").read_text() == (tmp_path / "root" / "runs").read_text() == "mine"


def test_results_root_is_the_environments(tmp_path, monkeypatch):
    monkeypatch.setenv("SEMNERF_RESULTS", str(tmp_path / "there"))
    assert results_root() == Store().root == tmp_path / "there"
    monkeypatch.delenv("SEMNERF_RESULTS")
    assert results_root() == HERE.parent / "results"


@pytest.mark.parametrize("where", ["checkpoint.safetensors", "weights.safetensors", "history.json", "result.json"])
def test_full_disk_loses_nothing(store, tiny_scene, where, monkeypatch):
    """No room at any of the files: one line; with room again the run goes on to the same weights."""
    from semnerf_lib.machine import files

    config = tiny_config(iterations=12)
    real = os.replace

    def no_room(source, target):
        if Path(target).name == where:
            raise OSError(28, "No space left on device")
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "replace", no_room)
        raises_one_line(
            "no room left on the disk", lambda: store.get(Planned(tiny_scene, config), CPU, checkpoint_seconds=0)
        )
    assert store.find(Planned(tiny_scene, config)) is None
    assert not [p for p in store.folder(Planned(tiny_scene, config)).iterdir() if p.name.endswith(".aside")]
    run = store.get(Planned(tiny_scene, config), CPU)
    assert run.history[-1]["step"] == 12


def test_failed_run_keeps_the_reason_until_it_is_made(store, tiny_scene, monkeypatch):
    config = tiny_config(iterations=12)
    folder = store.folder(Planned(tiny_scene, config))
    with monkeypatch.context() as patch:
        patch.setattr(make, "evaluate", never)
        with pytest.raises(AssertionError):
            store.get(Planned(tiny_scene, config), CPU)
    assert json.loads((folder / "failure.json").read_text())["error"] == "AssertionError: trained again"
    assert read_step(folder / "checkpoint.safetensors") == 12 and store.find(Planned(tiny_scene, config)) is None
    run = store.get(Planned(tiny_scene, config), CPU)
    names = {"config.json", "weights.safetensors", "history.json", "result.json"}
    assert {p.name for p in run.folder.iterdir()} == names


def test_run_that_another_process_makes_is_waited_for(store, tiny_scene, finished, monkeypatch):
    """Whoever waits finds the run when the other is done, and trains nothing."""
    config = tiny_config(iterations=12)
    folder = store.folder(Planned(tiny_scene, config))
    monkeypatch.setattr(make, "Trainer", never)
    with locked(folder):
        with pytest.raises(Held):
            store.get(Planned(tiny_scene, config), CPU, wait=False)
        waiting = ThreadPoolExecutor(1).submit(store.get, Planned(tiny_scene, config), CPU)
        with pytest.raises(TimeoutError):
            waiting.result(0.3)
        for file in finished[1].folder.iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
    assert waiting.result(30).metrics == finished[1].metrics


def test_id_follows_the_file_of_stored_labels(tiny_scene, monkeypatch):
    """The same text, another file: another run. Texts that say all give the id that they always gave."""
    config = tiny_config(corruption="pixel-noise:0.5")
    plain = Planned(tiny_scene, config).id
    monkeypatch.setattr(Corruption, "fingerprint", lambda self: "a" * 64)
    first = Planned(tiny_scene, config).id
    monkeypatch.setattr(Corruption, "fingerprint", lambda self: "b" * 64)
    assert len({plain, first, Planned(tiny_scene, config).id}) == 3


def start(root: Path, iterations: int) -> subprocess.Popen:
    env = os.environ | {
        "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parent}",
        "OMP_NUM_THREADS": "1",
        "SEMNERF_HEADLESS": "1",
    }
    return subprocess.Popen(
        [sys.executable, HERE / "train_tiny.py", root, str(iterations)],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stop_when(process: subprocess.Popen, step: int, how: signal.Signals) -> int:
    """Sends the signal as soon as the process tells of that step; the step that it began with."""
    began = int(process.stdout.readline().removeprefix("from "))
    for line in process.stdout:
        if line == f"at {step}\n":
            process.send_signal(how)
            break
    else:
        raise AssertionError(f"ended before step {step}: {process.stderr.read()}")
    process.communicate(timeout=600)
    return began


def test_killed_and_interrupted_processes_end_in_the_same_bits(tmp_path, tiny_scene):
    iterations, stops = 300, [(20, signal.SIGKILL), (50, signal.SIGINT), (80, signal.SIGKILL)]
    config = tiny_config(iterations=iterations)
    store = Store(tmp_path / "stopped")
    checkpoint = store.folder(Planned(tiny_scene, config)) / "checkpoint.safetensors"
    began = []
    for step, how in stops:
        process = start(store.root, iterations)
        began.append(stop_when(process, step, how))
        assert process.returncode != 0
        assert store.find(Planned(tiny_scene, config)) is None
        assert step - 10 <= read_step(checkpoint) < iterations  # a whole file, whenever the signal came
    assert began == sorted(set(began)) and began[0] == 0
    process = start(store.root, iterations)
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    assert int(out.splitlines()[0].removeprefix("from ")) >= stops[-1][0] - 10
    trainer = Trainer(tiny_scene, config, CPU)
    trainer.train()
    run = store.find(Planned(tiny_scene, config))
    stored = load_file(run.folder / "weights.safetensors")
    assert stored.keys() == trainer.model.state_dict().keys()
    assert all(torch.equal(value, stored[name]) for name, value in trainer.model.state_dict().items())
    assert [e["step"] for e in run.history] == list(range(10, iterations + 1, 10))
    np.testing.assert_array_equal([e["loss"] for e in run.history], [e["loss"] for e in trainer.history])


def test_nothing_is_unpickled():
    banned = re.compile(
        r"torch\.load|import pickle|pickle\.|allow_pickle\s*=\s*True|joblib|cloudpickle|marshal\.|torch\.save"
    )
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text()
        assert not banned.search(text), path
        for call in re.findall(r"np\.load\([^\n]*", text):
            assert "allow_pickle=False" in call, path
