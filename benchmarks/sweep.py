"""Measures sweeps of runs: two processes against one, Dask against neither, and what ten kills change."""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from semnerf_lib.experiments import Planned, open_scene
from semnerf_lib.experiments.presets import preset
from semnerf_lib.machine.files import read_json
from semnerf_lib.runs.executors import Executor, in_process, pick_executor
from semnerf_lib.runs.jobs import job_for
from semnerf_lib.runs.store import Store
from semnerf_lib.runs.underway import is_locked, read_progress
from semnerf_lib.runs.workers import local_processes

NOTEBOOKS = ("05", "06", "07", "08", "09", "10")
"""Those whose runs the kills strike."""


def sweep_seconds(executor: Executor, n_runs: int, iterations: int, root: Path) -> list[float]:
    """Wall seconds at which the runs of a sweep were there, the last one's at the end."""
    scene = open_scene("room", "laptop")
    configs = [preset("laptop", seed=s, iterations=iterations, preview_every=0, score_frames=24) for s in range(n_runs)]
    jobs = [job_for(Store(root), "room", "laptop", Planned(scene, config)) for config in configs]
    start, times = time.perf_counter(), []
    with executor.outcomes(jobs) as outcomes:
        for outcome in outcomes:
            if outcome.state != "made":
                raise SystemExit(f"{outcome.job.run}: {outcome.state}, {outcome.error}")
            times.append(time.perf_counter() - start)
    return times


def compare_executors(n_runs: int, iterations: int) -> None:
    """Two processes against one with all threads; a Dask worker against a process, with a thread each."""
    threads = torch.get_num_threads()
    sweeps = {
        f"this process, {threads} threads": (pick_executor(1, None, n_runs), threads),
        "2 processes, a thread each": (Executor("", partial(local_processes, count=2, threads=1)), threads),
        "this process, 1 thread": (Executor("", in_process), 1),
        "Dask, 1 worker with a thread": (pick_executor(1, "local", n_runs), 1),
    }
    ends = {}
    for name, (executor, used) in sweeps.items():
        torch.set_num_threads(used)
        with tempfile.TemporaryDirectory() as root:
            times = sweep_seconds(executor, n_runs, iterations, Path(root))
        ends[name] = times[-1]
        later = (times[-1] - times[0]) / (n_runs - 1)
        print(f"{name}: {times[-1]:.1f} s for {n_runs} runs; one after the first {later:.2f} s", flush=True)
    torch.set_num_threads(threads)
    one, two, alone, dask = ends.values()
    print(f"two processes are {one / two:.2f} times as fast as one")
    print(f"Dask takes {dask / alone - 1:+.1%} of wall time, its start included")


def reproduce(out: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "semnerf_lib.cli", "reproduce", "--scale", "smoke", "--workers", "2"]
    command += ["--out", str(out), "--only", *NOTEBOOKS]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def busy(out: Path, driver: int) -> list[int]:
    """Processes that are making runs, and their driver; none while no run is being made."""
    makers = [told["pid"] for path in out.glob("runs/*") if is_locked(path) and (told := read_progress(path))]
    return [driver, *makers] if makers else []


def tables(out: Path) -> dict[str, object]:
    """All that a sweep comes to: the verdict's table, and every run's scores and weights, but no time."""
    found = {"verdict": (out / "verdict.csv").read_text()}
    for path in sorted(out.glob("runs/*/result.json")):
        result = read_json(path)
        scores = [result["metrics"], result["train_metrics"] or {}]
        kept = [{k: v for k, v in s.items() if not k.startswith("seconds")} for s in scores]
        found[path.parent.name] = (result["weights_sha256"], kept)
    return found


def kill_at_random(times: int, seed: int) -> None:
    """The series at smoke scale, once undisturbed, and once with kill -9 to its processes at random moments."""
    rng, kills = random.Random(seed), {"driver": 0, "worker": 0}
    with tempfile.TemporaryDirectory() as folder:
        calm, struck = Path(folder) / "calm", Path(folder) / "struck"
        start = time.perf_counter()
        if reproduce(calm).wait() != 0:
            raise SystemExit("the undisturbed series failed")
        whole = time.perf_counter() - start
        driver = reproduce(struck)
        while sum(kills.values()) < times and driver.poll() is None:
            time.sleep(rng.uniform(0, whole / times))
            victim = rng.choice(busy(struck, driver.pid) or [None])
            if victim is None or driver.poll() is not None:
                continue
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                continue
            kills["driver" if victim == driver.pid else "worker"] += 1
            if victim == driver.pid:
                driver.wait()
                driver = reproduce(struck)
        driver.wait()
        if reproduce(struck).wait() != 0:
            raise SystemExit("the series failed after the kills")
        a, b = tables(calm), tables(struck)
        same = "identical" if a == b else "DIFFERENT"
        print(f"{len(a) - 1} runs, killed -9: {kills['driver']} drivers, {kills['worker']} workers: tables {same}")
        if a != b:
            raise SystemExit(1)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=6, help="of each sweep (6)")
    parser.add_argument("--iterations", type=int, default=250, help="steps a run (250)")
    parser.add_argument("--kills", type=int, default=10, help="at random moments (10)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (0)")
    args = parser.parse_args(arguments)
    compare_executors(args.runs, args.iterations)
    kill_at_random(args.kills, args.seed)


if __name__ == "__main__":
    main()
