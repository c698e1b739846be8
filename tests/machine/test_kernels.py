"""kernels: what Numba keeps on disk may be damaged, and the disk may be full."""

from __future__ import annotations

import subprocess
import sys

import pytest

from semnerf_lib.machine.processes import environment

LOOP = """
import sys
from semnerf_lib.machine.kernels import compiled_loop
if "full" in sys.argv:
    from numba.core.caching import IndexDataCacheFile
    def full(*_):
        raise OSError(28, "No space left on device")
    IndexDataCacheFile._open_for_write = full
@compiled_loop()
def double(x):
    return 2 * x
assert double(21) == 42
print(sum(double.stats.cache_hits.values()))
"""


@pytest.fixture
def taken(tmp_path):
    """How many loops a new process takes from the disk, and the files there."""
    (tmp_path / "loop.py").write_text(LOOP)

    def run(*words: str):
        command = [sys.executable, str(tmp_path / "loop.py"), *words]
        env = environment(NUMBA_CACHE_DIR=str(tmp_path / "kept"))
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return int(done.stdout), sorted((tmp_path / "kept").rglob("*.nb?"))

    return run


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("size", [0, 40])
def test_a_kept_loop_that_was_cut_short_is_compiled_and_kept_anew(taken, suffix, size):
    hits, files = taken()
    assert hits == 0 and len(files) == 2
    assert taken()[0] == 1
    [cut] = [path for path in files if path.suffix == suffix]
    cut.write_bytes(cut.read_bytes()[:size])
    assert taken()[0] == 0
    assert taken()[0] == 1


def test_a_loop_is_compiled_on_a_full_disk(taken):
    assert taken("full") == (0, [])
