"""Child processes end with their parent, however early it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import psutil
import pytest

from semnerf_lib.machine.processes import LIBRARY, environment, stop

PARENT = """
import subprocess, time
from semnerf_lib.machine.processes import command, environment
child = subprocess.Popen(command("semnerf_lib.runs.workers", "1"), env=environment(), stdin=subprocess.PIPE)
print(child.pid, flush=True)
time.sleep(100)
"""


@pytest.mark.parametrize("seconds", [0.0, 0.5])
def test_a_child_whose_parent_is_killed_while_it_imports_ends(seconds):
    with subprocess.Popen([sys.executable, "-c", PARENT], env=environment(), stdout=subprocess.PIPE) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        time.sleep(seconds)
        parent.kill()
    gone, alive = psutil.wait_procs([child], timeout=30)
    assert not alive


FAMILY = """
import ctypes, os, subprocess, sys
from semnerf_lib.machine.processes import command, environment
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER, as systemd is for all that a desktop starts: not process 1
driver = "import subprocess, time; from semnerf_lib.machine.processes import command, environment; "
driver += "subprocess.Popen(command('starts'), env=environment()); time.sleep(100)"
started = subprocess.Popen([sys.executable, "-c", driver], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
print(started.stdout.readline().decode(), flush=True)
started.kill()
try:
    while True:
        os.wait()
except ChildProcessError:  # all that it adopted has ended
    pass
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a subreaper is Linux's own")
def test_what_a_child_started_ends_with_it_whoever_adopts_it(tmp_path):
    code = "import subprocess, sys, time\n"
    code += "kernel = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)\n"
    code += "print(kernel.pid, flush=True)\ntime.sleep(60)\n"
    (tmp_path / "starts.py").write_text(code)
    env = environment(PYTHONPATH=f"{LIBRARY.parent}{os.pathsep}{tmp_path}")
    with subprocess.Popen([sys.executable, "-c", FAMILY], env=env, stdout=subprocess.PIPE) as reaper:
        kernel = psutil.Process(int(reaper.stdout.readline()))
        try:
            reaper.wait(5)
        finally:
            reaper.kill()
            with suppress(psutil.NoSuchProcess):
                kernel.kill()


def test_a_child_that_does_not_end_by_itself_is_killed_with_what_it_started(tmp_path):
    code = "import signal, subprocess, sys, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    code += "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)\n"
    code += "print(child.pid, flush=True)\ntime.sleep(60)\n"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        child = psutil.Process(int(process.stdout.readline()))
        stop(process)
        assert process.returncode == -signal.SIGKILL
        assert not psutil.wait_procs([child], timeout=5)[1]


IGNORED = """
import os, signal
from semnerf_lib.machine.processes import deferred_interrupt
signal.signal(signal.SIGINT, signal.SIG_IGN)
with deferred_interrupt() as interrupted:
    os.kill(os.getpid(), signal.SIGINT)
    print(interrupted())
"""


def test_a_background_job_goes_on_ignoring_ctrl_c():
    done = subprocess.run(
        [sys.executable, "-c", IGNORED], env=environment(), capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "False\n", done.stderr
