"""running: one process makes a run, tells how far it is, and leaves the reason if it fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import torch

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.faults import one_line, out_of_memory
from semnerf_lib.machine.processes import environment
from semnerf_lib.runs import underway
from semnerf_lib.runs.underway import (
    Heartbeat,
    Held,
    failures_kept,
    forget,
    is_locked,
    locked,
    read_failure,
    read_progress,
)

HOLDER = """
import sys, time
from pathlib import Path
from semnerf_lib.runs.underway import Heartbeat, locked

folder = Path(sys.argv[1])
with locked(folder):
    Heartbeat(folder, 100).update(40, 1.5, 0.25)
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def held(tmp_path):
    """A run's folder, and the process that holds it."""
    folder = tmp_path / "runs" / "grid-labels-0123456789ab"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], env=environment(), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield folder, process
    process.kill()
    process.communicate()


def test_one_process_holds_a_run_until_it_dies(held):
    folder, process = held
    assert is_locked(folder)
    with pytest.raises(Held, match=f"run {folder.name}: process {process.pid} on .* is making it"):
        with locked(folder, wait=False):
            pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not is_locked(folder)
    with locked(folder, wait=False):
        assert is_locked(folder)
    assert not is_locked(folder)


def test_who_waits_gets_it_next_and_says_so(held, capsys):
    folder, process = held
    threading.Timer(0.7, process.kill).start()
    start = time.monotonic()
    with locked(folder):
        assert time.monotonic() - start >= 0.5
    assert f"process {process.pid} on " in capsys.readouterr().err


def test_looking_does_not_hold(tmp_path):
    folder = tmp_path / "run"
    assert not is_locked(folder) and not folder.exists()
    with locked(folder):
        for _ in range(3):
            assert is_locked(folder)
    with locked(folder, wait=False):
        pass


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "runs").write_text("mine")
    with pytest.raises(SemnerfError, match="cannot be written"):
        with locked(tmp_path / "runs" / "run"):
            pass


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir] if hasattr(os, "mkfifo") else [os.mkdir])
def test_a_lock_that_is_no_file_is_one_line_and_no_hang(tmp_path, make):
    make(tmp_path / ".lock")
    assert not is_locked(tmp_path)
    with pytest.raises(SemnerfError, match="no regular file, expected a lock file"), locked(tmp_path):
        pass


def test_heartbeat_is_whole_and_seldom(tmp_path, monkeypatch):
    heartbeat = Heartbeat(tmp_path, 100)
    heartbeat.update(0, 0.0)
    first = read_progress(tmp_path)
    assert (first["step"], first["iterations"], first["loss"], first["stage"]) == (0, 100, None, "training")
    assert first["pid"] == os.getpid() and first["host"]
    heartbeat.update(10, 1.0, 0.5)
    assert read_progress(tmp_path) == first  # too soon
    heartbeat.update(100, 2.0, 0.4, "scoring")
    assert read_progress(tmp_path)["stage"] == "scoring"  # news are told at once
    monkeypatch.setattr(underway, "HEARTBEAT_SECONDS", 0.0)
    heartbeat.update(20, 1.0, 0.5)
    assert read_progress(tmp_path)["step"] == 20
    assert [path.name for path in tmp_path.iterdir()] == ["progress.json"]


def test_heartbeat_survives_a_disk_without_room(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    Heartbeat(tmp_path, 100).update(0, 0.0)
    assert not list(tmp_path.iterdir())


PROGRESS = dict(step=1, iterations=2, loss=None, seconds=1, stage="", host="", pid=1, time="", error="")
WRONG = [json.dumps(PROGRESS | {key: []}) for key in PROGRESS]


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"step": 1}', *WRONG])
def test_damaged_signs_are_none(tmp_path, content):
    (tmp_path / "progress.json").write_text(content)
    (tmp_path / "failure.json").write_text(content)
    error = '"error": []' in content
    assert (read_progress(tmp_path) is None) != error
    assert read_failure(tmp_path) is None or not error


def no_memory_of(what: str) -> Exception:
    """The real exceptions, where they can be had."""
    try:
        torch.empty(10**15) if what == "torch" else np.empty(10**15)
    except (RuntimeError, MemoryError) as fault:
        return fault
    raise AssertionError(f"{what} found eight petabytes")


def test_lack_of_memory_is_known_by_name():
    for fault in (no_memory_of("torch"), no_memory_of("numpy"), MemoryError(), torch.OutOfMemoryError("CUDA")):
        assert out_of_memory(fault), fault
        assert one_line(fault).startswith("out of memory") and "\n" not in one_line(fault)
    assert out_of_memory(RuntimeError("could not create a primitive"))
    assert out_of_memory(OSError(12, "Cannot allocate memory"))
    for fault in (RuntimeError("shapes differ"), ValueError("out of memory"), SemnerfError("x")):
        assert not out_of_memory(fault), fault
    assert one_line(ValueError("first\nsecond")) == "ValueError: first"
    assert one_line(ValueError()) == "ValueError: "


def test_failures_are_kept_until_the_run_is_made(tmp_path):
    folder = tmp_path / "grid-labels-0123456789ab"
    with pytest.raises(ValueError), failures_kept(folder):
        raise ValueError("lost")
    failure = json.loads((folder / "failure.json").read_text())
    assert failure["error"] == "ValueError: lost" and failure["host"] and failure["time"] and "pid" in failure
    with pytest.raises(SemnerfError, match=f"run {folder.name}: out of memory"), failures_kept(folder):
        raise MemoryError
    assert read_failure(folder)["error"].startswith("out of memory")
    with pytest.raises(KeyboardInterrupt), failures_kept(folder):
        raise KeyboardInterrupt  # no failure
    assert read_failure(folder)["error"].startswith("out of memory")
    with locked(folder):
        forget(folder)
    assert not list(folder.iterdir())
