"""Builds the wheel and the sdist, and tries both where there is no checkout: `python tests/package.py build/dist`."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
INSIDE = (
    "semnerf_lib/py.typed",
    "/LICENSE",
    "/CITATION.cff",
    "share/semnerf/notebooks/01_",
    "share/semnerf/docs/glossary.md",
    "share/semnerf/docs/hand_out.md",
    "pages/templates/",
)
"""Parts of names that a wheel must have."""
UNIT_TESTS = ("test_rays.py", "test_rendering.py", "test_metrics.py", "test_config.py", "machine/test_jsons.py")
"""What is tried from the sdist: a part of each wing that needs no training."""


def build(folder: Path) -> tuple[Path, Path]:
    """The wheel and the sdist of the project."""
    build = "from setuptools import build_meta as b; b.build_sdist({0!r}); b.build_wheel({0!r})".format(str(folder))
    subprocess.run([sys.executable, "-c", build], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob("*.whl")), next(folder.glob("*.tar.gz"))


def try_wheel(wheel: Path, folder: Path) -> None:
    """Installs a wheel into an empty environment and makes a run and a notebook from a folder with nothing in it."""
    with zipfile.ZipFile(wheel) as archive:
        for part in INSIDE:
            assert any(part in name for name in archive.namelist()), f"{wheel}: no {part}, expected it inside"
    venv.create(folder / "env", with_pip=True)
    programs = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    constraints = ["-c", str(PROJECT / "constraints.txt")]
    run = [str(programs / "python"), "-m", "pip", "install", "-q", *constraints, f"{wheel}[notebooks]"]
    subprocess.run(run, check=True)
    (folder / "empty").mkdir()
    words = ["reproduce", "--scale", "smoke", "--only", "01", "04", "--workers", "1"]
    outside = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    subprocess.run([str(programs / "semnerf"), *words], cwd=folder / "empty", env=outside, check=True)
    assert (folder / "empty/results/room-smoke/index.html").is_file(), "no page was written"


def try_sdist(sdist: Path, folder: Path) -> None:
    """Runs unit tests in an unpacked sdist."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    here = next(folder.glob("semnerf-*"))
    tests = [str(here / "tests" / name) for name in UNIT_TESTS]
    subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests], cwd=here, check=True)


def main() -> None:
    target = Path(sys.argv[1]).resolve()
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("semnerf-*"):
        old.unlink()
    wheel, sdist = build(target)
    with tempfile.TemporaryDirectory() as folder:
        try_sdist(sdist, Path(folder))
        try_wheel(wheel, Path(folder))
    print(f"{wheel.name} and {sdist.name}: installed, run and tested; they lie in {target}")


if __name__ == "__main__":
    main()
