"""The main job, on tiny notebooks: what fails is told, what is there is kept, what was begun goes on."""

import errno
import os
import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from made_runs import make_run
from nbformat import v4
from sweeps import stored_scene
from tiny import tiny_config

from semnerf_lib.cameras import Intrinsics, look_at
from semnerf_lib.cli import execute
from semnerf_lib.cli import reproduce as job
from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import Experiment, Planned, plan
from semnerf_lib.machine.files import read_json
from semnerf_lib.machine.progress import progress_to
from semnerf_lib.pages.formulas import mathml
from semnerf_lib.pages.html import notebook_page
from semnerf_lib.runs import notebooks
from semnerf_lib.runs.store import Store
from semnerf_lib.scene import Scene
from semnerf_lib.study.published import read_reference

PARAMETERS = 'scale = "laptop"\nscene = "room"'


def write_notebook(folder: Path, name: str, *cells: str) -> Path:
    head = [
        v4.new_markdown_cell(f"# Title of {name}\nwhere $w_i = T_i \\alpha_i$"),
        v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
    ]
    notebook = v4.new_notebook(cells=[*head, *map(v4.new_code_cell, cells)])
    folder.mkdir(exist_ok=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")
    return folder / f"{name}.ipynb"


@pytest.fixture
def call(tmp_path, monkeypatch):
    """`reproduce` at smoke scale on a tiny scene; only notebook 02 needs a run."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.repeat(rng.integers(0, 3, (8, 3, 4), dtype=np.uint8), 4, 1), 4, 2)
    c2w = np.stack([look_at((0, 0, 1), (np.cos(a), np.sin(a), 1)) for a in range(8)])
    scene = Scene("blocks", labels, c2w, Intrinsics.from_hfov(16, 12), ("a", "b", "c"), (0, 1, 2, 3, 4, 5), (6, 7))
    monkeypatch.setattr(job, "open_scene", lambda spec, scale: scene)
    monkeypatch.setattr(notebooks, "NEEDS", {"02": ("training",)})

    def run(**options):
        return job.reproduce("smoke", "room", out=tmp_path / "out", notebooks=tmp_path / "notebooks", **options)

    return run


def test_scores_of_finished_runs_are_kept(tmp_path, tiny_scene, capsys):
    planned = plan("view_synthesis", tiny_scene, "laptop")
    runs = {one.id: make_run(Store(tmp_path), one, 0.5) for one in planned[:4]}
    report = SimpleNamespace(scale="laptop", scene=tiny_scene, plans={"view_synthesis": planned, "training": []})
    done = SimpleNamespace(report=report, sweep=SimpleNamespace(runs=runs), folder=tmp_path / "page")
    job.Reproduction.keep_scores(done)
    [path] = (tmp_path / "page" / "scores").iterdir()
    kept = read_reference(path)
    assert (kept.experiment, [run.id for run in kept.runs]) == ("view_synthesis", list(runs))
    assert kept.note == "laptop scale, 450 steps, 4 of 10 planned runs"
    done.folder = tmp_path / "file"
    done.folder.write_text("in the way")
    job.Reproduction.keep_scores(done)
    assert "scores of view_synthesis are not kept: " in capsys.readouterr().out


def test_one_fails_and_the_others_run(call, tmp_path, capsys, monkeypatch):
    given, out = tmp_path / "notebooks", tmp_path / "out"
    write_notebook(given, "01_first", "print(scale, scene)")
    write_notebook(given, "02_second", "print('before')\nraise ValueError('lost <b>')")
    write_notebook(given, "03_third", "import os\nprint(os.environ['SEMNERF_HEADLESS'], os.environ['SEMNERF_RESULTS'])")
    assert call() == 1
    said = capsys.readouterr().out
    assert "run 1 of 1: grid, labels only, seed 0: mIoU 0." in said
    assert "notebook 02_second: FAILED in cell 3: ValueError: lost <b>; the page shows where\n" in said
    assert "Traceback" not in said and "2 of 3 notebooks went well" in said
    results = {n: read_json(out / "notebooks" / f"{n}.json") for n in ("01_first", "02_second", "03_third")}
    assert [r["ok"] for r in results.values()] == [True, False, True]
    first, third = (
        nbformat.read(out / "notebooks" / f"{n}.ipynb", 4).cells[-1].outputs[0].text for n in ("01_first", "03_third")
    )
    assert first == "smoke room\n"
    assert third == f"1 {out}\n"
    page = (out / "index.html").read_text()
    assert "No number and no picture on this page is a result" in page
    assert "print(&#39;before&#39;)" in page and "Traceback" in page
    assert "1 notebook failed" in page and "lost &lt;b&gt;" in page and "Title of 01_first" in page
    assert "grid, labels only" in page
    assert not list(out.rglob("*.part*"))

    before = {path: path.stat().st_mtime_ns for path in (out / "notebooks").iterdir()}
    write_notebook(given, "02_second", "print('mended')")
    assert call() == 0
    said = capsys.readouterr().out
    assert "runs there already: 1\n" in said and "01_first: unchanged" in said and "02_second: executed" in said
    again = {path: path.stat().st_mtime_ns for path in (out / "notebooks").iterdir()}
    assert {path.stem for path in again if again[path] != before[path]} == {"02_second"}
    assert "Every notebook ran to its end" in (out / "index.html").read_text()
    assert not (out / "scores").exists()  # no score of smoke scale is worth keeping

    monkeypatch.setattr(job, "locked", lambda *_, **__: pytest.fail("a lock, which may be somebody else's"))
    assert call() == 0 and capsys.readouterr().out.count("unchanged since it was executed") == 3


@pytest.mark.parametrize("victim", ["os.getpid()", "os.getppid()"], ids=["kernel", "process"])
def test_killed_notebook_is_a_failure(call, tmp_path, capsys, victim):
    write_notebook(tmp_path / "notebooks", "01_first", f"import os\nos.kill({victim}, 9)", "print('never')")
    assert call() == 1
    assert "no result" in capsys.readouterr().out
    assert not (tmp_path / "out" / "notebooks" / "01_first.json").exists()


def test_a_page_that_cannot_be_written_is_one_line(call, tmp_path, capsys):
    write_notebook(tmp_path / "notebooks", "01_first", "print(scale)")
    page = tmp_path / "out" / "notebooks" / "01_first.html"
    page.mkdir(parents=True)
    assert call() == 1
    assert f"notebook 01_first: FAILED: {page}: cannot be written (Is a directory)\n" in capsys.readouterr().out


def test_a_full_disk_in_a_notebook_is_one_line(tmp_path, monkeypatch):
    import papermill

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    notebook = write_notebook(tmp_path / "notebooks", "01_first", "print(scale)")
    monkeypatch.setattr(papermill, "execute_notebook", full)
    with pytest.raises(SemnerfError, match="01_first.ipynb: no room left on the disk; what was there before is unch"):
        execute.run_cells(notebook, tmp_path / "01_first.ipynb", {})


@pytest.mark.parametrize(
    "hook, error",
    [
        ("InteractiveTB.structured_traceback = lambda *_, **__: 1 / 0", "OSError: no more files"),
        ("showtraceback = lambda *_, **__: None", "the kernel gave no reason"),
    ],
)
def test_a_failure_that_the_kernel_cannot_format_has_its_reason(tmp_path, hook, error):
    cells = f"get_ipython().{hook}", "raise OSError('no more files')"
    notebook = write_notebook(tmp_path / "notebooks", "01_first", *cells)
    failure = execute.run_cells(notebook, tmp_path / "01_first.ipynb", {})
    assert (failure["cell"], failure["error"]) == (3, error)
    assert failure["traceback"].startswith("Traceback") == error.startswith("OSError")


def test_cells_that_run_in_this_process_are_counted_and_the_kernel_is_quiet(tmp_path, capfd):
    notebook = write_notebook(tmp_path / "notebooks", "01_first", "import time", "time.sleep(2)", "1 / 0")
    executed, counts = tmp_path / "01_first.ipynb", []
    with progress_to(lambda bar: counts.append(bar.count)), execute.cells_shown(notebook, executed):
        assert execute.run_cells(notebook, executed, {})["error"] == "ZeroDivisionError: division by zero"
    assert counts and 1 <= counts[-1] <= 5
    assert "WARNING" not in capfd.readouterr().err


def test_interrupted_goes_on(call, tmp_path, monkeypatch, capsys):
    given, notes = tmp_path / "notebooks", tmp_path / "pid"
    write_notebook(given, "01_first", "1")
    write_notebook(
        given,
        "02_second",
        f"import os\nopen({str(notes)!r}, 'w').write(str(os.getppid()))",
        "import time\ntime.sleep(60)",
    )

    def pressed(_):
        if notes.exists() and notes.read_text():
            raise KeyboardInterrupt
        return 0

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(execute, "executed_cells", pressed)
        call()
    with pytest.raises(ProcessLookupError):
        os.kill(int(notes.read_text()), 0)
    assert "1 of 2 notebooks" in (tmp_path / "out" / "index.html").read_text()
    assert not list((tmp_path / "out").rglob("*.part*"))
    write_notebook(given, "02_second", "2")
    capsys.readouterr()
    assert call() == 0
    said = capsys.readouterr().out
    assert "runs there already: 1\n" in said and "01_first: unchanged" in said


def test_file_that_is_no_notebook(call, tmp_path, capsys):
    write_notebook(tmp_path / "notebooks", "01_first", "1")
    (tmp_path / "notebooks" / "02_second.ipynb").write_text("{}")
    assert call() == 1
    assert "02_second.ipynb: no 'cells' in it, expected a notebook" in capsys.readouterr().out
    assert call(only=["1"]) == 0


def test_wrong_choices(call, tmp_path):
    with pytest.raises(SemnerfError, match="no notebook NN_"):
        call()
    write_notebook(tmp_path / "notebooks", "01_first", "1")
    with pytest.raises(SemnerfError, match="only: no notebook '7' in .*, expected some of: 01"):
        call(only=["7"])
    assert not (tmp_path / "out").exists()


def test_without_the_extras(call, monkeypatch):
    monkeypatch.setattr(job, "find_spec", lambda name: None)
    with pytest.raises(SemnerfError, match="papermill is not installed, expected the extras"):
        call()


def test_run_that_cannot_be_made_fails_its_notebook_only(call, tmp_path, monkeypatch, capsys):
    def nan(*_, **__):
        raise SemnerfError("step 10: the loss is nan")

    monkeypatch.setattr(job.Store, "get", nan)
    write_notebook(tmp_path / "notebooks", "01_first", "1")
    write_notebook(tmp_path / "notebooks", "02_second", "1")
    assert call() == 1
    said = capsys.readouterr().out
    assert "01_first: executed" in said and "02_second: FAILED: step 10: the loss is nan" in said


def test_runs_made_elsewhere_and_notebooks_as_soon_as_theirs_are_there(tmp_path, monkeypatch, capsys):
    """Two processes; 01 needs no run, 02 some, 03 those and one that fails."""
    given, out = tmp_path / "notebooks", tmp_path / "out"
    spec = stored_scene(tmp_path / "tiny")
    config = tiny_config(iterations=20)

    def planned(scene, seeds, **changes):
        return [Planned(scene, config.replace(seed=seed, **changes)) for seed in seeds]

    plans = {
        "first": lambda scene, scale: planned(scene, (0, 1)),
        "all": lambda scene, scale: planned(scene, (0, 1, 2)) + planned(scene, (3,), n_rays=10**15),
    }
    experiments = {name: Experiment(name, "02", runs) for name, runs in plans.items()}
    monkeypatch.setattr("semnerf_lib.experiments.plans.EXPERIMENTS", experiments)
    monkeypatch.setattr("semnerf_lib.pages.report.EXPERIMENTS", experiments)
    monkeypatch.setattr(notebooks, "NEEDS", {"02": ("first",), "03": ("all",)})
    monkeypatch.setattr(job, "TIMED", ("00",))
    monkeypatch.setattr(job, "kept_verdict", lambda *_: [])  # these experiments stand for no claim
    for name in ("00_timed", "01_first", "02_second", "03_third"):
        write_notebook(given, name, "1")
    options = dict(scene_spec=spec, out=out, notebooks=given, workers=2)
    assert job.reproduce("laptop", **options) == 1
    said = capsys.readouterr().out
    assert "tiny at laptop scale: 4 runs, 4 notebooks" in said
    assert "runs there already: 0, 4 to be made by 2 processes with 1 thread each" in said
    order = [said.index(words) for words in ("01_first: executed", "02_second: executed", "03_third: FAILED")]
    assert said.index("00_timed: executed") > said.index("run 4 of 4")  # undisturbed
    assert order == sorted(order) and said.index("01_first: executed") < said.index("run 1 of 4")
    assert "seed 3: FAILED: run grid-labels-" in said and "out of memory" in said
    assert len([line for line in said.splitlines() if re.match(r"run \d of 4: .*, seed [012]: mIoU", line)]) == 3

    assert job.reproduce("laptop", only=["1", "2"], **options) == 0
    said = capsys.readouterr().out
    assert "runs there already: 2\n" in said and said.count("unchanged since it was executed") == 2


def test_key_follows_the_inputs_and_not_the_outputs(tmp_path):
    path = write_notebook(tmp_path, "01_first", "print(1)")
    key = job.notebook_key(path, {"scale": "smoke"}, ["a"], ["x"])
    notebook = nbformat.read(path, 4)
    notebook.cells[-1].outputs = [v4.new_output("stream", text="1\n")]
    notebook.cells[-1].execution_count = 3
    nbformat.write(notebook, path)
    assert job.notebook_key(path, {"scale": "smoke"}, ["a"], ["x"]) == key
    assert job.notebook_key(path, {"scale": "laptop"}, ["a"], ["x"]) != key
    assert job.notebook_key(path, {"scale": "smoke"}, ["b"], ["x"]) != key
    assert job.notebook_key(path, {"scale": "smoke"}, ["a"], ["y"]) != key
    write_notebook(tmp_path, "01_first", "print(2)")
    assert job.notebook_key(path, {"scale": "smoke"}, ["a"], ["x"]) != key


def test_pages_ask_nothing_of_the_network(tmp_path):
    write_notebook(tmp_path, "01_first", "1")
    notebook = nbformat.read(tmp_path / "01_first.ipynb", 4)
    notebook.cells.append(
        v4.new_markdown_cell("$$\\hat{C} = \\sum_{i=1}^{N} w_i c_i$$\n\n[a link](https://example.org)")
    )
    page = notebook_page(notebook, tmp_path)
    assert page.count("<math") == 2 and "$" not in re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL)
    assert "<script src" not in page and '<link rel="stylesheet"' not in page and "@import" not in page
    assert not re.search(r"(src|url\()[=\s\"'(]*https?:", page)


def test_library_of_a_figure_in_space_lies_beside_its_page(tmp_path):
    draw = "display({'application/vnd.plotly.v1+json': {'data': [], 'layout': {}}}, raw=True)"
    folder = tmp_path / "out"
    folder.mkdir()
    for name, cell, needed in (("01_flat", "1", False), ("02_in_space", draw, True)):
        path = write_notebook(tmp_path, name, cell)
        assert execute.execute({"notebook": str(path), "parameters": {}, "folder": str(folder), "key": "k"})["ok"]
        assert (folder / "plotly.min.js").exists() == needed
        assert ('data-library="plotly.min.js"' in (folder / f"{name}.html").read_text()) == needed


def test_maths_that_cannot_be_converted_stays_readable():
    assert "<mi>x</mi>" in mathml("x", "inline")
    assert "frac" in mathml(r"\frac{", "inline")
