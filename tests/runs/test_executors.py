"""executors and workers: the same runs wherever they are made, whatever happens to who makes them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import torch
from sweeps import SCALE, Killer, is_whole, results, step_of, stored_scene, tiny_jobs

from semnerf_lib.config import Config
from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import N_FOLDS, Planned, open_scene
from semnerf_lib.machine.files import read_json
from semnerf_lib.runs import executors, jobs
from semnerf_lib.runs.executors import Executor, fitting_workers, in_process, pick_executor
from semnerf_lib.runs.jobs import Job, attempt
from semnerf_lib.runs.underway import is_locked, read_progress
from semnerf_lib.runs.workers import DEATHS, local_processes

HERE = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    """A tiny scene on disk, by its path."""
    return stored_scene(tmp_path_factory.mktemp("scenes") / "tiny")


def outcomes_of(executor: Executor, jobs: list[Job]) -> dict[str, executors.Outcome]:
    with executor.outcomes(jobs) as come:
        return {outcome.job.run: outcome for outcome in come}


def states(found: dict[str, executors.Outcome]) -> list[str]:
    return [outcome.state for outcome in found.values()]


HERE_ONLY = Executor("this process", in_process)


def processes(count: int) -> Executor:
    """With a thread each, as the tests' own process."""
    return Executor("processes", partial(local_processes, count=count, threads=1), count, 1)


def greedy(root: Path, spec: str) -> Job:
    """A run that needs eight petabytes a step: more than any address space has."""
    return tiny_jobs(root, spec, 1, n_rays=10**15)[0]


def test_processes_make_the_same_runs_and_one_that_is_killed_goes_on_elsewhere(spec, tmp_path):
    jobs = tiny_jobs(tmp_path / "two", spec, 2, checkpoint_seconds=0, iterations=120)
    failing = greedy(tmp_path / "two", spec)
    with Killer(jobs[0], lambda: step_of(jobs[0]) >= 10) as killer:
        found = outcomes_of(processes(2), [jobs[0], failing, jobs[1]])
    assert [found[job.run].state for job in (*jobs, failing)] == ["made", "made", "failed"]
    assert "out of memory" in found[failing.run].error and "\n" not in found[failing.run].error
    assert len(killer.killed) == 1 and str(killer.killed[0]) not in found[jobs[0].run].where
    assert killer.steps == sorted(killer.steps) and killer.steps[0] >= 10  # it went on, and did not begin again
    assert all(not outcome.where.endswith(f":{os.getpid()}") for outcome in found.values())
    assert all(map(is_whole, jobs))
    again = tiny_jobs(tmp_path / "here", spec, 2, iterations=120)
    assert states(outcomes_of(HERE_ONLY, again)) == ["made", "made"]
    assert results(jobs) == results(again)


def test_run_that_kills_its_processes_fails_by_name_and_the_rest_goes_on(spec, tmp_path):
    jobs = tiny_jobs(tmp_path, spec, 2, checkpoint_seconds=1e9, iterations=100)
    with Killer(jobs[0], lambda: True, times=DEATHS) as killer:
        found = outcomes_of(processes(1), jobs)
    assert len(killer.killed) == DEATHS
    assert {run: outcome.state for run, outcome in found.items()} == {jobs[0].run: "failed", jobs[1].run: "made"}
    assert "signal 9: most likely the system was out of memory" in found[jobs[0].run].error
    failure = read_json(jobs[0].folder / "failure.json")
    assert failure["error"] == found[jobs[0].run].error and failure["host"] and failure["time"]
    assert not (jobs[0].folder / "result.json").exists()
    assert states(outcomes_of(HERE_ONLY, jobs)) == ["made", "made"]
    assert all(map(is_whole, jobs))


def test_run_without_memory_is_told_as_such_and_the_rest_goes_on(spec, tmp_path):
    failing, rest = greedy(tmp_path, spec), tiny_jobs(tmp_path, spec, 2)
    found = outcomes_of(HERE_ONLY, [failing, *rest])
    assert states(found) == ["failed", "made", "made"]
    assert "out of memory" in read_json(failing.folder / "failure.json")["error"]
    assert {path.name for path in failing.folder.iterdir()} <= {"config.json", "progress.json", "failure.json", ".lock"}
    assert all(map(is_whole, rest))


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 256 KiB and a function that makes it larger."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def mount(options: str) -> bool:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    if not mount("size=256k"):
        pytest.skip("mounting a small disk needs root")
    yield disk, lambda: mount("remount,size=64m")
    subprocess.run(["umount", str(disk)], check=True)


def test_full_disk_is_told_and_with_room_the_same_jobs_go_on(spec, small_disk):
    disk, enlarge = small_disk
    jobs = tiny_jobs(disk, spec, 2)
    found = outcomes_of(HERE_ONLY, jobs)
    assert states(found) == ["failed", "failed"]
    assert all("no room left on the disk" in outcome.error for outcome in found.values())
    names = {path.name for path in disk.rglob("*") if path.is_file()}
    assert names <= {"config.json", "progress.json", "failure.json", ".lock"}  # each of them whole
    assert enlarge()
    assert states(outcomes_of(HERE_ONLY, jobs)) == ["made", "made"]
    assert all(map(is_whole, jobs))


DRIVER = """
import sys
import torch
from sweeps import tiny_jobs
from semnerf_lib.runs import store
from semnerf_lib.runs.executors import pick_executor

torch.set_num_threads(1)
make = store.make
def announced(folder, *rest):
    print("makes", folder.name, flush=True)
    make(folder, *rest)
store.make = announced
jobs = tiny_jobs(sys.argv[1], sys.argv[2], 4, iterations=100)
print("ready", flush=True)
sys.stdin.readline()
with pick_executor(1, None, 4).outcomes(jobs) as outcomes:
    for outcome in outcomes:
        print(outcome.state, outcome.job.run, flush=True)
"""


def start_driver(code: str, root: Path, spec: str) -> subprocess.Popen:
    env = os.environ | {"PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parent}", "SEMNERF_HEADLESS": "1"}
    command = [sys.executable, "-c", code, str(root), spec]
    return subprocess.Popen(command, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_two_drivers_make_each_run_once(spec, tmp_path):
    drivers = [start_driver(DRIVER, tmp_path, spec) for _ in range(2)]
    for driver in drivers:
        assert driver.stdout.readline() == "ready\n"
    for driver in drivers:
        driver.stdin.write("\n")
        driver.stdin.flush()
    said = [driver.communicate(timeout=300)[0].splitlines() for driver in drivers]
    jobs = tiny_jobs(tmp_path, spec, 4, iterations=100)
    makes = [line.split()[1] for lines in said for line in lines if line.startswith("makes")]
    assert sorted(makes) == sorted(job.run for job in jobs)  # each once
    assert all(any(line.startswith("makes") for line in lines) for lines in said)  # both had work
    for lines in said:
        assert sorted(line for line in lines if not line.startswith("makes")) == sorted(f"made {j.run}" for j in jobs)
    assert all(map(is_whole, jobs))


WITH_A_WORKER = """
import sys
from sweeps import tiny_jobs
from semnerf_lib.runs.workers import local_processes

with local_processes(tiny_jobs(sys.argv[1], sys.argv[2], 1, iterations=500), count=1, threads=1) as outcomes:
    list(outcomes)
"""


def test_run_of_a_driver_that_is_killed_is_taken_over(spec, tmp_path):
    (job,) = tiny_jobs(tmp_path, spec, 1, iterations=500)
    driver = start_driver(WITH_A_WORKER, tmp_path, spec)
    while not (maker := read_progress(job.folder)):
        time.sleep(0.05)
    assert maker["pid"] != driver.pid and attempt(job).state == "held"
    with HERE_ONLY.outcomes([job]) as come:
        driver.kill()
        driver.communicate()
        assert next(come).state == "made"  # its worker ends with it, and lets go of the run
    with pytest.raises(ProcessLookupError):
        while True:
            os.kill(maker["pid"], 0)
            time.sleep(0.1)
    assert is_whole(job)


def test_interrupted_driver_ends_its_workers_with_their_work_kept(spec, tmp_path):
    jobs = tiny_jobs(tmp_path, spec, 2, iterations=100_000)
    with pytest.raises(KeyboardInterrupt), processes(1).outcomes(jobs):
        while not (jobs[0].folder / "progress.json").exists():
            time.sleep(0.05)
        maker = read_json(jobs[0].folder / "progress.json")["pid"]
        raise KeyboardInterrupt
    with pytest.raises(ProcessLookupError):
        os.kill(maker, 0)
    assert step_of(jobs[0]) >= 0  # although no checkpoint was due yet
    assert not is_locked(jobs[0].folder) and not jobs[1].folder.exists()


def test_folds_are_those_of_the_scene(spec, tmp_path):
    from tiny import tiny_config

    part = open_scene(spec, SCALE).folds(N_FOLDS)[3]
    config = tiny_config(fold=3)
    job = Job(str(tmp_path), spec, SCALE, config, Planned(part, config).id)
    jobs.OPENED.clear()
    assert attempt(job).state == "made"
    other = Job(str(tmp_path), spec, SCALE, config.replace(fold=2), job.run)
    outcome = attempt(other)
    assert outcome.state == "failed" and f"expected {job.run}" in outcome.error


def test_scene_that_is_not_there_fails_the_job(tmp_path):
    outcome = attempt(Job(str(tmp_path), "/no/such/place", SCALE, Config(), "grid-labels-0123456789ab"))
    assert outcome.state == "failed" and outcome.error.startswith("/no/such/place: no such scene")
    assert "/no/such/place" in read_json(outcome.job.folder / "failure.json")["error"]


def test_choices(monkeypatch):
    assert pick_executor(1, None, 9).name == "this process" == pick_executor(None, None, 1).name
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    monkeypatch.setattr(executors, "pick_device", lambda: torch.device("cpu"))
    monkeypatch.setattr(executors, "memory_gib", lambda: 64.0)
    auto, four = pick_executor(None, None, 100), pick_executor(4, None, 100)
    assert (auto.at_once, auto.threads) == (8, 1) and (four.at_once, four.threads) == (4, 2)
    assert pick_executor(None, None, 3).at_once == 3
    monkeypatch.setattr(executors, "memory_gib", lambda: 5.0)
    assert fitting_workers() == 3
    with pytest.raises(SemnerfError, match="workers 0, expected 1 or more"):
        pick_executor(0, None, 1)
    with pytest.raises(SemnerfError, match="workers 2, expected none: the cluster at tcp://head:1"):
        pick_executor(2, "tcp://head:1", 1)
