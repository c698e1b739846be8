"""Runs made by processes of this machine, each with its share of the threads and, where there are some, a GPU.

A worker is a child process (see `processes`) that runs this module with its number of threads. It reads a job a line
from its stdin, makes the run, and answers in a line. If it dies in a run, killed or out of memory, another process
takes its place and continues the run from its checkpoint; the other workers go on. A `ProcessPoolExecutor` would end
all of them, would not say in which run a process died, and has no way to ask one for a last checkpoint.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict
from queue import SimpleQueue

import torch

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.checkpoints import read_step
from semnerf_lib.machine.processes import command, environment, interrupt
from semnerf_lib.runs.jobs import Job, Outcome, attempt
from semnerf_lib.runs.underway import write_failure

DEATHS = 4
"""A run has failed when so many processes died in it, one after the other, without a further checkpoint."""
PATIENCE = 30.0
"""Seconds that a stopped worker has for its current steps and a checkpoint."""


class Worker:
    """A process that makes runs; if it dies, another one takes its place."""

    def __init__(self, number: int, threads: int):
        self.command = command("semnerf_lib.runs.workers", str(threads))
        self.environment = environment(OMP_NUM_THREADS=str(threads), **gpu(number))
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed by `close`)
        self.process, self.starting, self.stopped = None, threading.Lock(), False

    def make(self, job: Job) -> Outcome:
        """The outcome of a job, whatever happens to the process."""
        deaths, reached = 0, -1
        while deaths < DEATHS:
            if answer := self._ask(job):
                return Outcome(job, **json.loads(answer))
            if self.stopped:
                return Outcome(job, "failed", "stopped")
            try:
                step = read_step(job.folder / "checkpoint.safetensors")
            except SemnerfError:  # none yet, or a damaged one: the next process begins anew
                step = 0
            deaths, reached = (deaths + 1 if step <= reached else 1), step
        error = f"{DEATHS} processes ended in it one after the other, {self._ending()}"
        write_failure(job.folder, error)
        return Outcome(job, "failed", error)

    def _ask(self, job: Job) -> str:
        """The process's answer; empty if it died or was stopped."""
        with self.starting:
            if self.stopped:
                return ""
            if self.process is None or self.process.poll() is not None:
                self._start()
        try:
            self.process.stdin.write(job.to_json() + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer.endswith("\n"):
            self.process.wait()
            return ""
        return answer

    def _start(self) -> None:
        if self.process is not None:
            self._close_pipes()
        self.log.seek(0)
        self.log.truncate()
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            start_new_session=True,
        )

    def _ending(self) -> str:
        status = self.process.returncode
        if status == -9:
            return "the last by signal 9: most likely the system was out of memory"
        self.log.seek(0)
        lines = self.log.read().strip().splitlines()
        return f"the last with status {status}" + (f": {lines[-1]}" if lines else "")

    def _close_pipes(self) -> None:
        self.process.stdout.close()
        with suppress(BrokenPipeError):  # what was not read any more
            self.process.stdin.close()

    def interrupt(self) -> None:
        """Asks the process to end, with a checkpoint of its run."""
        with self.starting:
            self.stopped = True
            if self.process is not None and self.process.poll() is None:
                interrupt(self.process)

    def join(self) -> None:
        """Waits for an interrupted process, and kills it after `PATIENCE`."""
        if self.process is None:
            return
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def close(self) -> None:
        if self.process is not None:
            self._close_pipes()
        self.log.close()


def gpu(number: int) -> dict[str, str]:
    """The environment that gives a worker one of the visible GPUs, in turn; empty without any."""
    if not torch.cuda.is_available():
        return {}
    visible = os.environ.get("CUDA_VISIBLE_DEVICES") or ",".join(map(str, range(torch.cuda.device_count())))
    return {"CUDA_VISIBLE_DEVICES": visible.split(",")[number % torch.cuda.device_count()]}


@contextmanager
def local_processes(jobs: Sequence[Job], count: int, threads: int) -> Iterator[Iterator[Outcome]]:
    """The executor of `count` processes, with so many threads each (see `executors`)."""
    workers = [Worker(number, threads) for number in range(min(count, len(jobs)))]
    idle: SimpleQueue[Worker] = SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def made(job: Job) -> Outcome:
        worker = idle.get()
        try:
            return worker.make(job)
        finally:
            idle.put(worker)

    pool = ThreadPoolExecutor(max(1, len(workers)))
    done: SimpleQueue[Future[Outcome]] = SimpleQueue()
    for job in jobs:
        pool.submit(made, job).add_done_callback(done.put)
    try:
        yield (done.get().result() for _ in jobs)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for act in (Worker.interrupt, Worker.join):
            for worker in workers:
                act(worker)
        pool.shutdown()  # its threads have seen their processes end
        for worker in workers:
            worker.close()


def main(threads: int) -> None:
    """Answers jobs until stdin is closed."""
    torch.set_num_threads(threads)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the library prints goes to stderr, not among the answers
    try:
        for line in sys.stdin:
            outcome = asdict(attempt(Job.from_json(line)))
            del outcome["job"]
            print(json.dumps(outcome), file=answers, flush=True)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main(int(sys.argv[1]))
