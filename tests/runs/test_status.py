"""status: what runs are doing, told from their folders alone."""

from __future__ import annotations

import json

import pytest
import torch
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.cli import main
from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import Planned
from semnerf_lib.machine.progress import say
from semnerf_lib.runs import status
from semnerf_lib.runs.status import Board, status_of, watch
from semnerf_lib.runs.store import Store
from semnerf_lib.runs.underway import Heartbeat, holder, locked
from semnerf_lib.training import Trainer

CPU = torch.device("cpu")


@pytest.fixture
def results(tmp_path):
    """A finished run, a failed one, a begun one that nobody is making, one whose files are damaged."""
    store, scene = Store(tmp_path / "results"), make_tiny_scene()
    store.get(Planned(scene, tiny_config(iterations=10)), CPU)
    with pytest.raises(SemnerfError):
        store.get(Planned(scene, tiny_config(iterations=10, seed=1, n_rays=10**15)), CPU)

    def interrupted(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.get(Planned(scene, tiny_config(iterations=20, seed=2, corruption="none")), CPU, on_step=interrupted)
    done = store.get(Planned(scene, tiny_config(iterations=10, seed=3)), CPU)
    (done.folder / "result.json").write_text("{")
    return store


def lines_of(store: Store) -> dict[str, str]:
    """The table's lines by state."""
    return {line.split()[0]: line for line in Board(store).text().splitlines()[3:]}


def test_each_state_is_told(results):
    found = {s.state: s for s in Board(results).statuses() if s.what}
    assert found["done"].metric.startswith("mIoU 0.") and found["done"].step == "10"
    assert "out of memory" in found["failed"].note
    assert (found["stopped"].step, found["stopped"].note) == ("0/20", "")
    assert [s.note for s in Board(results).statuses() if not s.what][0].count("result.json") == 1
    text = Board(results).text()
    assert text.splitlines()[0] == f"{results.root}: 4 runs: 0 running, 2 failed, 1 stopped, 1 done"
    assert "grid, labels only, seed 2" in lines_of(results)["stopped"]


def test_running_is_told_by_its_lock(results):
    (stopped,) = (s for s in Board(results).statuses() if s.state == "stopped")
    folder = results.root / "runs" / stopped.run
    with locked(folder):
        Heartbeat(folder, 20).update(10, 61.0, 0.125)
        found = status_of(folder)
        assert (found.state, found.step, found.metric, found.seconds) == ("running", "10/20", "loss 0.125", 61.0)
        assert "process" in found.note
        Heartbeat(folder, 20).update(20, 61.0, 0.125, "scoring")
        assert status_of(folder).step == "scoring"
        assert Board(results).statuses()[0].run == stopped.run  # what is under way stands first
    assert status_of(folder).state == "stopped"


def test_a_failed_run_that_is_tried_again_and_made(results):
    (failed,) = (s for s in Board(results).statuses() if s.state == "failed" and s.what)
    folder = results.root / "runs" / failed.run
    facts = json.loads((folder / "config.json").read_text())
    assert facts["config"]["n_rays"] == 10**15
    with locked(folder):
        assert status_of(folder).state == "running"
    assert status_of(folder).state == "failed"


def test_finished_runs_are_read_once(results, monkeypatch):
    board = Board(results)
    board.statuses()
    read = []
    monkeypatch.setattr(status, "status_of", lambda folder: read.append(folder) or status_of(folder))
    board.statuses()
    assert len(read) == 3


def test_table_is_cut_to_the_terminal(results):
    lines = Board(results).text(width=40, height=7).splitlines()
    assert max(map(len, lines)) <= 40 and lines[-1] == "... and 2 more" and len(lines) <= 7


def test_command(results, capsys):
    assert main.main(["status", "--out", str(results.root)]) == 0
    out = capsys.readouterr().out
    assert "4 runs: 0 running" in out and "\x1b" not in out
    assert main.main(["status", "--out", str(results.root / "none")]) == 0
    assert "0 runs" in capsys.readouterr().out


def test_watching_goes_on_until_it_is_interrupted(results, monkeypatch, capsys):
    seen = []

    def pressed_at_the_third(_):
        seen.append(1)
        if len(seen) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(status.time, "sleep", pressed_at_the_third)
    monkeypatch.setenv("COLUMNS", "250")
    watch(results)
    assert capsys.readouterr().out.count("4 runs: 0 running") == 3


def test_progress_follows_the_trainer(tmp_path, monkeypatch):
    store, scene, seen = Store(tmp_path), make_tiny_scene(), []
    monkeypatch.setattr("semnerf_lib.runs.underway.HEARTBEAT_SECONDS", 0.0)

    def look(trainer: Trainer):
        found = status_of(store.folder(Planned(scene, trainer.config)))
        seen.append((found.state, found.step, found.metric == f"loss {trainer.history[-1]['loss']:.3f}"))

    store.get(Planned(scene, tiny_config(iterations=20)), CPU, on_step=look)
    assert seen == [("running", "10/20", True), ("running", "20/20", True)]


def test_words_of_others_reach_no_terminal_as_commands(tmp_path, capsys):
    folder = tmp_path / "runs" / "a\x1b[2Jb"
    folder.mkdir(parents=True)
    facts = {"error": "\x1b]0;title\x07 two\nlines", "host": "h", "time": "2026-01-01T00:00:00+00:00"}
    (folder / "failure.json").write_text(json.dumps(facts))
    (folder / "progress.json").write_text(
        json.dumps(
            facts | {"step": 1, "iterations": 2, "loss": None, "seconds": 1.0, "stage": "x", "host": "\x1b", "pid": 1}
        )
    )
    assert holder(folder) == "process 1 on \\x1b"
    text = Board(Store(tmp_path)).text()
    assert "a\\x1b[2Jb" in text and "\\x1b]0;title\\x07 two\\nlines" in text and len(text.splitlines()) == 4
    say("a room\x1b[2J")
    assert capsys.readouterr().out == "a room\\x1b[2J\n"
