"""Child processes end with their parent, however early it dies."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil
import pytest

from semnerf_lib.machine.processes import environment

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
