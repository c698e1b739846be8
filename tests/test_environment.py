"""One place of pins, and a package that installs without the notebooks' extras."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from setuptools import find_packages

import semnerf_lib

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
STANDARD = sys.stdlib_module_names | {"semnerf_lib", "__future__"}
IMPORT_NAMES = {
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "mpl_toolkits": "matplotlib",
    "cycler": "matplotlib",
    "fontTools": "fonttools",
}
BEHIND_EXTRAS = {
    "IPython",
    "dask",
    "distributed",
    "fontTools",
    "h5py",
    "nbconvert",
    "nbformat",
    "papermill",
    "pdoc",
    "latex2mathml",
    "plotly",
    "pygments",
}
"""What only code behind the extras imports, within functions."""
EXPLORERS = {"IPython", "anywidget", "ipywidgets", "plotly", "traitlets"}
"""What `widgets` stands on, which only notebooks import."""


OF_GPUS = ("cuda-", "nvidia-", "triton")
"""What PyTorch's build for GPUs brings along, which differs from system to system."""


def pinned_lines() -> list[Requirement]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if not line.startswith("#")]


def pins() -> dict[str, str]:
    """Name -> version, of what this version of Python needs."""
    lines = [line for line in pinned_lines() if line.marker is None or line.marker.evaluate()]
    return {line.name: str(line.specifier).removeprefix("==") for line in lines}


def test_every_pin_is_exact_and_public():
    lines = pinned_lines()
    for line in lines:
        assert re.fullmatch(r"==[0-9][0-9a-z.]*", str(line.specifier)), line
    assert len(lines) == len({(line.name, str(line.marker)) for line in lines})
    assert all(line.name == canonicalize_name(line.name) for line in lines)


def test_a_python_whose_re_is_at_fault_gets_a_parser_of_selectors_that_it_runs():
    # Debian 12 has Python 3.11.2: with soupsieve 3 or newer no notebook there had a page
    def versions(python: str) -> list[str]:
        there = {"python_full_version": python, "python_version": "3.11"}
        lines = [line for line in pinned_lines() if line.name == "soupsieve"]
        return [str(line.specifier) for line in lines if line.marker is None or line.marker.evaluate(there)]

    assert versions("3.11.2") == ["==2.8.4"] and len(versions("3.11.7")) == 1
    (bound,) = (
        r for r in map(Requirement, PROJECT["project"]["optional-dependencies"]["notebooks"]) if r.name == "soupsieve"
    )
    assert bound.marker.evaluate({"python_full_version": "3.11.2"}) and "2.8.4" in bound.specifier
    assert "3.0.4" not in bound.specifier and not bound.marker.evaluate({"python_full_version": "3.11.7"})


def test_everything_that_the_project_asks_for_is_pinned_with_what_it_needs():
    extras = PROJECT["project"]["optional-dependencies"]
    asked = [Requirement(r) for r in sum(extras.values(), PROJECT["project"]["dependencies"])]
    pinned, seen = pins(), set()
    while asked:
        requirement = asked.pop()
        name = canonicalize_name(requirement.name)
        if (name, *sorted(requirement.extras)) in seen:
            continue
        seen.add((name, *sorted(requirement.extras)))
        assert name in pinned, name
        for text in metadata.requires(name) or []:
            further = Requirement(text)
            extras_asked = {"", *requirement.extras}
            if further.name.startswith(OF_GPUS):
                continue
            if further.marker is None or any(further.marker.evaluate({"extra": e}) for e in extras_asked):
                asked.append(further)
    assert {name for name, *_ in seen} == set(pinned)


def test_installed_versions_are_the_pinned_ones():
    for name, version in pins().items():
        assert metadata.version(name).split("+")[0] == version, name


def test_conda_environment_uses_the_same_pins():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = environment["dependencies"]
    assert conda == ["python=3.11", "pip"]
    assert pip == {"pip": ["-c constraints.txt", "-e .[notebooks,cluster,import,dev]"]}
    assert "-c constraints.txt -e '.[notebooks,cluster,import,dev]'" in (ROOT / "Makefile").read_text()


def test_pins_are_nowhere_else():
    for name in ("pyproject.toml", "environment.yml", "Makefile"):
        assert not re.search(r"==\s*\d", (ROOT / name).read_text()), name


def imported(path: Path) -> dict[str, bool]:
    """Modules from elsewhere that a file imports -> whether it does so at its top level."""
    tree, found = ast.parse(path.read_text()), {}
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) else []
        for name in {name.split(".")[0] for name in names} - STANDARD:
            found[name] = found.get(name, False) or node in tree.body
    return found


def test_base_install_has_what_the_library_imports():
    base = {canonicalize_name(Requirement(r).name) for r in PROJECT["project"]["dependencies"]}
    for path in (ROOT / "semnerf_lib").rglob("*.py"):
        for module, at_top in imported(path).items():
            if path.parent.name == "widgets" and module in EXPLORERS:
                continue
            if module in BEHIND_EXTRAS:
                assert not at_top, f"{path.name}: {module} belongs to an extra, so it is imported within a function"
            else:
                assert canonicalize_name(IMPORT_NAMES.get(module, module)) in base, f"{path.name}: {module}"


@pytest.mark.parametrize("before, after", [(None, "30000"), ("7", "7")])
def test_pytorchs_threads_are_told_to_let_go_of_their_cores_unless_someone_says_otherwise(monkeypatch, before, after):
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    if before:
        monkeypatch.setenv("GOMP_SPINCOUNT", before)
    code = "import os, sys, semnerf_lib; print(os.environ['GOMP_SPINCOUNT'], 'torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert said.stdout.split() == [after, "False"]


def test_package_holds_every_module_and_file():
    packages = find_packages(ROOT, include=PROJECT["tool"]["setuptools"]["packages"]["find"]["include"])
    folders = {str(p.parent.relative_to(ROOT)).replace("/", ".") for p in (ROOT / "semnerf_lib").rglob("*.py")}
    assert folders == set(packages)
    [(package, patterns)] = PROJECT["tool"]["setuptools"]["package-data"].items()
    library = ROOT / package
    held = {path for pattern in patterns for path in library.glob(pattern) if path.is_file()}
    files = {
        path for path in library.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc", ".nbi", ".nbc")
    }
    assert held == files and files


@pytest.mark.parametrize("name", ["LICENSE", "CITATION.cff", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_papers_are_there(name):
    assert (ROOT / name).stat().st_size > 500


def test_the_changelog_has_the_version_and_releases_in_order():
    text = (ROOT / "CHANGELOG.md").read_text()
    unreleased, *released = re.findall(r"^## \[(.+?)\](?: - \d{4}-\d\d-\d\d)?$", text, re.MULTILINE)
    assert unreleased == "Unreleased" and released[0] == semnerf_lib.__version__
    assert released == sorted(released, key=Version, reverse=True)
    assert PROJECT["project"]["dynamic"] == ["version"] and "version" not in PROJECT["project"]


def test_every_file_that_contributing_names_is_there():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    named = re.findall(r"`((?:semnerf_lib|tests|notebooks|data)/[\w/.]+)`", text)
    assert len(named) > 25
    for name in named:
        assert (ROOT / name).exists(), name


def test_make_help_names_every_target():
    makefile = (ROOT / "Makefile").read_text()
    said = subprocess.run(["make", "-C", ROOT, "help"], capture_output=True, text=True, check=True).stdout
    for target in re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split():
        assert re.search(rf"\b{target}\b", said), target


def test_citation_names_the_paper_and_its_baseline():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == semnerf_lib.__version__
    found = {entry["identifiers"][0]["value"] for entry in citation["references"]}
    assert found == {"arXiv:2403.16043", "arXiv:2103.15875"}


@pytest.mark.skipif(sys.platform == "win32", reason="make is of Unix")
@pytest.mark.parametrize("name", ["python3", "python3.12", "python3.13", "python3.14"])
def test_the_makefile_finds_a_python_by_any_of_its_names(tmp_path, name):
    for tool in ("make", "sh", "echo"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    (tmp_path / "python3.11").write_text("#!/bin/sh\nexit 1\n")  # another one in its place
    (tmp_path / name).write_text("#!/bin/sh\nexit 0\n")
    for program in (tmp_path / "python3.11", tmp_path / name):
        program.chmod(0o755)
    command = [tmp_path / "make", "-s", "--eval=found:;@echo $(PYTHON)", "found"]
    done = subprocess.run(command, cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True)
    assert done.stdout == f"{name}\n"
