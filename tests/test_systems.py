"""Other systems: no module that only Unix has is needed, nor Embree, nor a home, nor a terminal that knows Unicode."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from semnerf_lib.machine.processes import LIBRARY, environment

TESTS = Path(__file__).parent
UNIX = {"crypt", "fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
SMOKE = """
import sys
import psutil  # it has a module of its own for each system
for name in {blocked!r}:
    sys.modules[name] = None
import torch
from tiny import make_tiny_scene, tiny_config
from semnerf_lib.experiments import Planned
from semnerf_lib.runs.store import Store
run = Store({root!r}).get(Planned(make_tiny_scene(), tiny_config(iterations=3)), torch.device("cpu"))
print(run.metrics["miou"])
"""


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.py")), ids=lambda path: path.relative_to(LIBRARY).as_posix())
def test_modules_of_unix_alone_are_imported_where_their_lack_is_caught(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = {
        inner
        for block in ast.walk(tree)
        if isinstance(block, ast.Try) and any("ImportError" in ast.unparse(h.type or block) for h in block.handlers)
        for inner in ast.walk(block)
    }
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else [getattr(node, "module", "") or ""]
        if isinstance(node, ast.Import | ast.ImportFrom) and UNIX & {name.split(".")[0] for name in names}:
            assert node in guarded, f"line {node.lineno}: {names}, expected it in a try with except ImportError"


def run(code: str, cwd: Path, **changes: str) -> subprocess.CompletedProcess:
    env = environment(PYTHONPATH=os.pathsep.join([str(LIBRARY.parent), str(TESTS)]), OMP_NUM_THREADS="1", **changes)
    for name in ("HOME", "XDG_CACHE_HOME"):
        if name not in changes:
            env.pop(name, None)
    return subprocess.run([sys.executable, "-c", code], env=env, cwd=cwd, capture_output=True, text=True, timeout=300)


def test_a_run_without_what_only_unix_has_and_without_a_home(tmp_path):
    blocked = sorted(UNIX - {"fcntl", "posix"} | {"embreex"})  # the locks of Unix need fcntl, those of Windows msvcrt
    done = run(SMOKE.format(blocked=blocked, root=str(tmp_path / "results")), tmp_path)
    assert done.returncode == 0 and 0 <= float(done.stdout) <= 1, done.stderr


def test_loops_are_compiled_where_nothing_can_be_kept(tmp_path):
    code = """
from numba.core import caching
caching.CacheImpl._locator_classes = []
from semnerf_lib.machine.kernels import compiled
print(callable(compiled(2)[0]))
"""
    done = run(code, tmp_path)
    assert done.stdout == "True\n", done.stderr


def test_a_line_of_another_alphabet_in_a_terminal_of_ascii(tmp_path):
    (tmp_path / "épée").mkdir()
    command = [sys.executable, "-m", "semnerf_lib.cli", "scene", "check", "épée"]
    env = environment(PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, timeout=300)
    assert done.returncode == 2 and done.stderr.startswith(rb"error: \xe9p\xe9e")
    assert b"Traceback" not in done.stderr


def test_a_closed_pipe_ends_a_command_quietly(tmp_path):
    code = "import sys; from semnerf_lib.cli import __main__ as m; import semnerf_lib.cli.main as c\n"
    code += "c.main = lambda: [print('x' * 1000) for _ in range(1000)] and 0\nsys.exit(m.main())"
    env = environment()
    with subprocess.Popen(
        [sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(300) == 141 and process.stderr.read() == b""


def printed_to(output, *words: str) -> tuple[int, bytes]:
    """Exit status and stderr of a command whose output is kept back until it ends, as in a shell."""
    command = [sys.executable, "-m", "semnerf_lib.cli", *words]
    env = environment(PYTHONUNBUFFERED="")
    done = subprocess.run(command, env=env, stdout=output, stderr=subprocess.PIPE, timeout=300)
    return done.returncode, done.stderr


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["train", "--help"], ["completion", "bash"]])
def test_a_pipe_that_is_closed_before_anything_is_written_ends_a_command_quietly(words):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as output:
        assert printed_to(output, *words) == (141, b"")


def test_a_closed_pipe_may_take_the_errors_too():
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "semnerf_lib.cli", "nosuch"]
    with os.fdopen(writer, "wb") as output:
        done = subprocess.run(command, env=environment(PYTHONUNBUFFERED=""), stdout=output, stderr=output, timeout=300)
    assert done.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
@pytest.mark.parametrize("words", [["--help"], ["completion", "bash"]])
def test_an_output_without_room_is_one_line(words):
    with open("/dev/full", "wb") as output:
        assert printed_to(output, *words) == (2, b"error: the output: No space left on device\n")


@pytest.mark.parametrize("action", ["send()", "__import__('swallows')"])
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interrupt_is_one_line_also_in_an_import_that_swallows_exceptions(tmp_path, name, action):
    (tmp_path / "swallows.py").write_text("try:\n    import sends\nexcept BaseException:\n    pass\n")
    (tmp_path / "sends.py").write_text(f"import os, signal\nos.kill(os.getpid(), signal.{name})\n")
    code = "import os, signal, sys; from semnerf_lib.cli import __main__ as m; import semnerf_lib.cli.main as c\n"
    code += f"send = lambda: os.kill(os.getpid(), signal.{name})\n"
    code += f"sys.path.insert(0, '.'); c.main = lambda: {action} and 0\nsys.exit(m.main())"
    done = run(code, tmp_path)
    assert done.returncode == 130 and done.stderr == "interrupted; the same command goes on from what was saved\n"


LATE = """
import atexit, os, signal, sys
from semnerf_lib.cli import __main__ as m
import semnerf_lib.cli.main as c
signal.signal(signal.SIGINT, signal.default_int_handler)
send = lambda: os.kill(os.getpid(), signal.SIGINT)
atexit.register(send)
c.main = lambda: {first} or 0
sys.exit(m.main())
"""


@pytest.mark.parametrize(
    ("first", "status", "lines"),
    [("send()", 130, "interrupted; the same command goes on from what was saved\n"), ("None", 0, "")],
    ids=["a second time", "after the end"],
)
def test_an_interrupt_while_python_ends_shows_nothing_of_it(tmp_path, first, status, lines):
    done = run(LATE.format(first=first), tmp_path)
    assert (done.returncode, done.stderr) == (status, lines)


@pytest.mark.skipif(sys.platform == "win32", reason="make is of Unix")
def test_every_jupyterlab_that_make_sets_up_is_told_to_ask_no_web_site(tmp_path, monkeypatch):
    from jupyterlab_server.config import get_page_config

    project = LIBRARY.parent
    shutil.copytree(project / "docs" / "jupyter", tmp_path / "docs" / "jupyter")
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(project / name, tmp_path)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "set-up-seconds").write_text("1")  # all packages are there
    subprocess.run(["make", "-s", "setup"], cwd=tmp_path, check=True)
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path / ".venv" / "etc" / "jupyter"))
    off = get_page_config([])["disabledExtensions"]
    assert {"@jupyterlab/apputils-extension:announcements", "@jupyterlab/extensionmanager-extension"} <= set(off)
