"""memory: what a process frees it keeps, whatever the environment told its allocator."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
import numpy as np
from semnerf_lib.machine.memory import keep_freed_memory

{call}
def once():
    np.empty(2_000_000, np.float32).fill(1)

once()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    once()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux" or not platform.libc_ver()[0], reason="of glibc")
def test_memory_that_is_freed_is_used_again_even_where_dask_says_to_return_it():
    env = os.environ | {"MALLOC_TRIM_THRESHOLD_": "65536", "NUMPY_MADVISE_HUGEPAGE": "0"}

    def faults(call):
        script = FAULTS.format(call=call)
        return int(subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, check=True).stdout)

    assert faults("") > 10_000  # twenty times two thousand pages
    assert faults("keep_freed_memory()") < 1_000
