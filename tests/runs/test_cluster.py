"""cluster: the same runs on Dask, whose workers and scheduler may die. Every process is a real one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from distributed import Client
from sweeps import Killer, is_whole, results, step_of, stored_scene, tiny_jobs

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.processes import environment
from semnerf_lib.runs import cluster
from semnerf_lib.runs.cluster import check_dask, on_dask
from semnerf_lib.runs.executors import Executor, in_process, pick_executor
from semnerf_lib.runs.jobs import Outcome


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    """A tiny scene on disk, by its path."""
    return stored_scene(tmp_path_factory.mktemp("scenes") / "tiny")


class Cluster:
    """A scheduler and workers, as one starts them by hand."""

    def __init__(self, folder):
        self.folder, self.workers = folder, []
        self.scheduler = self.start("scheduler", "--host", "127.0.0.1", "--port", "0")
        line = next(line for line in self.scheduler.stderr if "Scheduler at" in line)
        self.address = line.split()[-1]

    def start(self, what, *options) -> subprocess.Popen:
        command = [sys.executable, "-m", "dask", what, "--no-dashboard", *options]
        env = environment(OMP_NUM_THREADS="1")
        return subprocess.Popen(command, env=env, cwd=self.folder, stderr=subprocess.PIPE, text=True)

    def add_worker(self, *options) -> None:
        options = ("--nthreads", "1", "--local-directory", str(self.folder), *options)
        self.workers.append(self.start("worker", self.address, *options))

    def stop(self) -> None:
        for processes in (self.workers, [self.scheduler]):
            for process in processes:
                process.terminate()
            for process in processes:
                process.communicate(timeout=60)


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """Two workers, one of them with a GPU, as it says."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    cluster.add_worker("--resources", "GPU=1")
    cluster.add_worker()
    with Client(cluster.address) as client:
        client.wait_for_workers(2)
    yield cluster
    cluster.stop()


def made(executor: Executor, jobs) -> list[Outcome]:
    with executor.outcomes(jobs) as come:
        return list(come)


HERE = Executor("this process", in_process)


def test_started_here_it_makes_the_same_runs_and_one_that_is_killed_goes_on(spec, tmp_path):
    jobs = tiny_jobs(tmp_path / "dask", spec, 3, checkpoint_seconds=0, iterations=120)
    with Killer(jobs[0], lambda: step_of(jobs[0]) >= 10) as killer:
        found = made(pick_executor(2, "local", 3), jobs)
    assert [outcome.state for outcome in found] == ["made"] * 3
    assert len(killer.killed) == 1
    assert killer.steps == sorted(killer.steps) and killer.steps[0] >= 10
    assert all(map(is_whole, jobs))
    again = tiny_jobs(tmp_path / "here", spec, 3, iterations=120)
    made(HERE, again)
    assert results(jobs) == results(again)


def test_workers_with_a_gpu_make_all_runs(spec, tmp_path, there):
    jobs = tiny_jobs(tmp_path, spec, 4)
    found = made(pick_executor(None, there.address, 4), jobs)
    assert [outcome.state for outcome in found] == ["made"] * 4
    with Client(there.address) as client:
        workers = client.scheduler_info(n_workers=-1)["workers"]
        (with_gpu,) = (address for address, facts in workers.items() if facts["resources"])
        pid = client.run(os.getpid)[with_gpu]
    assert {outcome.where.split(":")[1] for outcome in found} == {str(pid)}


def test_scheduler_that_is_gone_is_one_line_and_the_rest_is_made_later(spec, tmp_path, there, capfd):
    jobs = tiny_jobs(tmp_path, spec, 1) + tiny_jobs(tmp_path, spec, 2, iterations=200)
    executor, first = pick_executor(None, there.address, 3), None
    with pytest.raises(SemnerfError, match="the scheduler is gone; finished runs stay") as caught:
        with executor.outcomes(jobs) as come:
            first = next(come)
            there.scheduler.kill()
            list(come)
    assert "\n" not in str(caught.value) and "Traceback" not in capfd.readouterr().err
    assert first.state == "made" and is_whole(jobs[0])
    before = (jobs[0].folder / "result.json").stat().st_mtime_ns
    assert [outcome.state for outcome in made(HERE, jobs)] == ["made"] * 3  # what the worker still makes is waited for
    assert (jobs[0].folder / "result.json").stat().st_mtime_ns == before and all(map(is_whole, jobs))


def test_no_scheduler_there(spec, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    for address in ("tcp://127.0.0.1:1", "nonsense"):
        with pytest.raises(SemnerfError, match=f"dask {address}: no scheduler answers there") as caught:
            made(Executor("", lambda jobs, a=address: on_dask(jobs, a, 1)), tiny_jobs(tmp_path, spec, 1))
        assert "\n" not in str(caught.value)


def test_without_the_extra(monkeypatch):
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(SemnerfError, match="Dask is not installed, expected the extra"):
        check_dask()


def test_a_local_cluster_lets_nobody_in_without_its_keys(monkeypatch):
    class Seen(Exception):
        pass

    def seen(**options):
        assert options["host"] == "tls://127.0.0.1" and options["security"].require_encryption
        raise Seen

    monkeypatch.setattr("distributed.LocalCluster", seen)
    with pytest.raises(Seen), on_dask([], "local", 1):
        pass
