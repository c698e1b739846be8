"""Command lines: help worth reading, and one clear line for bad input."""

import errno
import os
import re
import subprocess
import sys
from unittest.mock import Mock

import numpy as np
import pytest
from tiny import tiny_config

import semnerf_lib
from semnerf_lib import experiments
from semnerf_lib.cameras import Intrinsics, camera_of_width, look_at
from semnerf_lib.cli import main, one_run, view
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import View
from semnerf_lib.experiments import Planned
from semnerf_lib.machine import files
from semnerf_lib.plots.renders import check_target, flight, picture, widened
from semnerf_lib.runs import notebooks
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.mesh import load_mesh
from semnerf_lib.surfaces import comparison

COMMANDS = [
    ["reproduce"],
    ["status"],
    ["train"],
    ["view"],
    ["evaluate"],
    ["render"],
    ["site"],
    ["index"],
    ["students"],
    ["notebooks"],
    ["mesh"],
    ["workshop", "pack"],
    ["workshop", "unpack"],
    ["scene", "make"],
    ["scene", "check"],
]


@pytest.fixture(scope="module")
def scene():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.repeat(rng.integers(0, 3, (12, 3, 4), dtype=np.uint8), 8, 1), 8, 2)
    c2w = np.stack([look_at((0, 0, 1), (np.cos(a), np.sin(a), 1)) for a in np.linspace(0, 5, 12)])
    c2w[:, 0, 3] += np.linspace(0, 1, 12)
    even, odd = tuple(range(0, 12, 2)), tuple(range(1, 12, 2))
    return Scene("blocks", labels, c2w, Intrinsics.from_hfov(32, 24), ("a", "b", "c"), even, odd)


@pytest.fixture
def small(scene, monkeypatch, tmp_path):
    """Commands see a tiny scene; results go to a folder of the test."""
    monkeypatch.setattr(experiments, "open_scene", lambda spec, scale: scene)
    monkeypatch.setenv("SEMNERF_RESULTS", str(tmp_path / "results"))
    return ["--scale", "smoke", "--set", "iterations=3", "n_rays=32", "n_samples=8", "n_importance=4"]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_has_examples(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main.main([*words, "--help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert "examples:\n  semnerf " + " ".join(words) in text


def test_alone_it_helps(capsys):
    for words in ([], ["scene"], ["workshop"]):
        assert main.main(words) == 0
        assert "usage: semnerf" in capsys.readouterr().out


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"semnerf {semnerf_lib.__version__}\n"


def test_help_of_train_lists_the_keys_of_set(capsys):
    with pytest.raises(SystemExit):
        main.main(["train", "--help"])
    text = capsys.readouterr().out
    assert re.search(r"  iterations +700 +200000\n", text) and "  corruption " not in text


@pytest.mark.parametrize("typed, expected", [("tr", "train"), ("scene ma", "make"), ("train --fie", "--field")])
def test_completion(typed, expected, capsys):
    assert main.main(["completion", "bash"]) == 0
    words = ["semnerf", *typed.split()]
    line = " ".join(f"'{word}'" for word in words)
    script = capsys.readouterr().out + f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _semnerf; echo $COMPREPLY"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected
    assert main.main(["completion", "zsh"]) == 0
    assert "bashcompinit" in capsys.readouterr().out.splitlines()[0]


@pytest.mark.parametrize("command", [["students"], ["notebooks"], ["workshop", "lesson"]], ids=" ".join)
def test_several_files_are_written_whole_or_not_at_all(command, tmp_path, monkeypatch, capsys):
    whole, calls = files.os.replace, []

    def full(aside, path):
        calls.append(path)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(aside, path)

    monkeypatch.setattr(files.os, "replace", full)
    assert main.main([*command, str(tmp_path)]) == 2
    assert len(calls) == 2 and not list(tmp_path.iterdir())
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_notebooks_and_open_exercises_are_copied_and_nothing_is_overwritten(tmp_path, capsys):
    for name, mark in (("notebooks", "BEGIN SOLUTION"), ("students", "# your code")):
        words = [name, str(tmp_path / name)]
        assert main.main(words) == 0
        copies = sorted((tmp_path / name).glob("[0-9]*.ipynb"))
        assert len(copies) == len(notebooks.find_notebooks(None)) and mark in copies[0].read_text()
        copies[0].write_text("mine")
        assert main.main(words) == 2
        assert "exists, expected a folder without it" in capsys.readouterr().err and copies[0].read_text() == "mine"


def test_help_is_quick():
    code = "import sys; from semnerf_lib.cli.main import build_parser; build_parser(); "
    code += "sys.exit(bool({'torch', 'numpy'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["train", "--scale", "huge"], "scale 'huge', expected one of: smoke, laptop, reference, paper"),
        (["reproduce", "--scale", "huge"], "scale 'huge', expected one of: smoke, laptop, reference, paper"),
        (["train", "--field", "voxels"], "field 'voxels', expected one of: mlp, grid"),
        (["train", "--supervision", "depth"], "supervision = 'depth', expected one of: labels, labels+rgb"),
        (["train", "--set", "learning_rate=1"], "unknown key 'learning_rate', expected one of: "),
        (["train", "--set", "iterations=1_000"], "iterations = '1_000', expected a whole number above 0"),
        (["train", "--set", "iterations=" + "(" * 5000], "expected a whole number above 0"),
        (["train", "--seed", "1_0"], "argument --seed: '1_0' is no whole number"),
        (["mesh", "--to", "a.ply", "--level", "nan"], "argument --level: 'nan', expected a finite number"),
        (["train", "--corruption", "pixel-noise:\u0661"], "expected a number"),
        (["train", "--device", "cpu:"], "device cpu: is not there"),
        (["scene", "make", "x", "--width", "100000"], "room: 360 frames of 100000x75000 pixels, expected at most"),
        (["train", "--set", "iterations=many"], "iterations = 'many', expected a whole number above 0"),
        (["train", "--set", "iterations"], "--set 'iterations', expected KEY=VALUE"),
        (["train", "--set", "fold=2"], "use --fold"),
        (["train", "--set", "corruption=sparse:0.5"], "use --corruption"),
        (["train", "--set", "seed=1"], "use --seed"),
        (["train", "--corruption", "pixel-noise:2"], "corruption pixel-noise: amount 2.0, expected a share"),
        (["train", "--corruption", "fog:0.5"], "corruption 'fog', expected one of: none, sparse"),
        (["train", "--seed", "-1"], "seed = -1, expected a whole number 0 or more"),
        (["reproduce", "--workers", "0"], "--workers 0, expected 1 or more"),
        (["reproduce", "--workers", "many"], "argument --workers: 'many', expected a number of processes, or auto"),
        (
            ["reproduce", "--workers", "2", "--dask", "tcp://h:1"],
            "--workers 2, expected none: the cluster at tcp://h:1",
        ),
        (["reproduce", "--plan", "--scale", "huge"], "scale 'huge', expected one of: smoke, laptop, reference, paper"),
        (["reproduce", "--plan", "--only", "99"], "--only: no notebook '99'"),
        (["train", "--fold", "5"], "--fold 5, expected 0 ... 4"),
        (["train", "--device", "abacus"], "device abacus is not there"),
        (["train", "--speed", "9"], "unrecognized arguments: --speed 9"),
        (["train", "--scene", "/no/such/place"], "/no/such/place: no such scene"),
        (["scene", "check", "/no/such/place"], "/no/such/place: no such scene"),
        (["reproduce", "--only", "99"], "--only: no notebook '99'"),
        (["dance"], "'dance', expected one of: reproduce, status"),
        (["trian"], "'trian': did you mean 'train'? (see semnerf --help)"),
        (["train", "--scael", "smoke"], "--scael smoke; did you mean --scale? (see semnerf train --help)"),
        (["train", "--bogus"], "error: unrecognized arguments: --bogus (see semnerf train --help)"),
        (["train", "--field", "gird"], "error: --field 'gird': did you mean 'grid'?"),
        (["train", "--set", "iteratons=5"], "unknown key 'iteratons': did you mean 'iterations'?"),
        (["render", "--to", "x", "--show", "dept"], "'dept': did you mean 'depth'?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_bad_input_is_one_line(words, expected, capsys):
    assert main.main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1 and err.startswith("error: ") and expected in err


@pytest.mark.parametrize("command", [["train"], ["evaluate"], ["reproduce"], ["reproduce", "--plan"]], ids=" ".join)
def test_results_folder_that_is_a_file(command, tmp_path, capsys):
    taken = tmp_path / "taken"
    taken.write_text("mine")
    assert main.main([*command, "--scale", "smoke", "--out", str(taken)]) == 2
    assert f"error: {taken}: is a file, expected a folder" in capsys.readouterr().err
    assert taken.read_text() == "mine"


def test_targets_that_are_taken(tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder.mp4").mkdir()
    for name in ("file", "folder.mp4"):
        assert main.main(["render", "--to", str(tmp_path / name)]) == 2
        assert f"{tmp_path / name}: is a f" in capsys.readouterr().err
    assert main.main(["scene", "make", str(tmp_path)]) == 2
    assert "exists, expected a folder that does not" in capsys.readouterr().err


def test_train_evaluate_render(small, scene, tmp_path, capsys):
    assert main.main(["evaluate", *small]) == 2
    assert "no finished run" in capsys.readouterr().err
    assert main.main(["train", *small]) == 0
    first = capsys.readouterr().out
    assert "mean IoU " in first and "IoU a" not in first and re.search(r"^trained now in .+: run ", first, re.M)
    assert first.endswith(" --to clean\n") and first.count("\n") == 6  # no depth here, and smoke scale says so
    assert first.startswith("Smoke scale: this only shows that the code works. No number below is a result.\n")
    assert main.main(["train", *small]) == 0
    assert capsys.readouterr().out == first.replace("trained now", "found, trained before")
    assert main.main(["train", *small, "--classes"]) == 0
    assert "IoU a" in capsys.readouterr().out
    assert main.main(["evaluate", *small, "--frames", "train"]) == 0
    assert "and 6 views" in capsys.readouterr().out
    assert main.main(["render", *small, "--to", str(tmp_path / "views"), "--views", "0", "3", "--width", "48"]) == 0
    assert capsys.readouterr().out == f"wrote 6 pictures to {tmp_path / 'views'}\n"
    names = {path.name for path in (tmp_path / "views").iterdir()}
    assert names == {f"{i:04d}_{show}.png" for i in (0, 3) for show in ("labels", "depth", "entropy")}
    film = tmp_path / "films" / "fly.mp4"
    assert main.main(["render", *small, "--to", str(film), "--seconds", "0.2"]) == 0
    assert film.stat().st_size > 500
    assert main.main(["render", *small, "--to", str(tmp_path / "views"), "--views", "12"]) == 2
    assert "--views 12, expected frames 0 ... 11" in capsys.readouterr().err
    for target, frames in ((tmp_path / "views", ["--views", "3"]), (film, [])):
        assert main.main(["render", *small, "--to", str(target), *frames]) == 2
        assert "exists, expected" in capsys.readouterr().err
    assert main.main(["render", *small, "--to", str(tmp_path / "other.mp4"), "--show", "rgb"]) == 2
    assert "learnt no colour" in capsys.readouterr().err


def test_mesh_is_written_once_and_read_again(small, scene, tmp_path, capsys):
    path = tmp_path / "meshes" / "room.ply"
    assert main.main(["mesh", *small, "--to", str(path)]) == 2
    assert "no finished run" in capsys.readouterr().err
    assert main.main(["train", *small]) == 0
    capsys.readouterr()
    assert main.main(["mesh", *small, "--to", str(path), "--cell", "0.2"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"wrote {path}: ") and "accuracy" not in out  # this scene has no depth
    assert set(load_mesh(path).class_names) <= set(scene.class_names)
    before = path.read_bytes()
    for target, expected in (
        (path, "exists, expected a file that does not"),
        (tmp_path / "room.obj", "ends in '.obj', expected a name that ends in .ply or .glb"),
    ):
        assert main.main(["mesh", *small, "--to", str(target)]) == 2
        assert expected in capsys.readouterr().err
    assert path.read_bytes() == before
    assert main.main(["mesh", *small, "--to", str(tmp_path / "room.glb"), "--level", "1e9"]) == 2
    assert "level 1e+09 /m: no surface, expected one within" in capsys.readouterr().err
    assert not (tmp_path / "room.glb").exists()


def test_mesh_says_how_far_it_is_from_the_truth(small, tiny_scene, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(experiments, "open_scene", lambda spec, scale: tiny_scene)
    assert main.main(["train", *small]) == 0
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(comparison, "nearest_of", Mock(side_effect=KeyboardInterrupt))
        main.main(["mesh", *small, "--to", str(tmp_path / "room.glb"), "--cell", "0.1"])
    assert (
        main.main(["mesh", *small, "--to", str(tmp_path / "room.glb"), "--cell", "0.1"]) == 0
    )  # nothing was in the way
    out = capsys.readouterr().out
    assert "accuracy: learnt to true, mean (median)" in out and "F-score within 10 cm" in out


def test_view_writes_a_page_beside_the_run(small, tiny_scene, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(experiments, "open_scene", lambda spec, scale: tiny_scene)
    assert main.main(["view", *small]) == 2
    assert "no finished run" in capsys.readouterr().err
    assert main.main(["train", *small]) == 0
    assert f"next: semnerf view {' '.join(small)}\n" in capsys.readouterr().out
    assert main.main(["view", *small]) == 0
    (page,) = (tmp_path / "results" / "runs").glob("*/view.html")
    assert f"wrote {page}\n" in capsys.readouterr().out
    text = page.read_text(encoding="utf-8")
    assert "completeness: true to learnt" in text and text.count('class="view"') == len(tiny_scene.test_ids)
    assert main.main(["view", *small]) == 0  # the same page again
    page.unlink()
    other = tmp_path / "theirs" / "my.html"  # the run's folder may be somebody else's
    assert main.main(["view", *small, "--to", str(other)]) == 0
    assert f"wrote {other}\n" in capsys.readouterr().out and other.is_file() and not page.exists()
    assert main.main(["view", *small, "--to", str(other)]) == 2
    assert "exists, expected a file that does not" in capsys.readouterr().err


@pytest.mark.parametrize("terminal, screen, opened", [(True, ":0", True), (True, "", False), (False, ":0", False)])
def test_a_browser_opens_where_a_person_is_at_a_screen(terminal, screen, opened, monkeypatch, tmp_path, capsys):
    asked = []
    monkeypatch.setattr(view.webbrowser, "open", lambda address: asked.append(address) or True)
    monkeypatch.setattr(view.sys, "platform", "linux")
    monkeypatch.setattr(view.sys.stdout, "isatty", lambda: terminal, raising=False)
    monkeypatch.setenv("DISPLAY", screen)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    view.show(tmp_path / "view.html")
    assert asked == ([(tmp_path / "view.html").as_uri()] if opened else [])
    assert ("open it in a browser" in capsys.readouterr().out) != opened


def test_disk_without_room(small, tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert main.main(["train", *small]) == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    capsys.readouterr()
    monkeypatch.setattr(files.os, "replace", full)
    assert main.main(["train", *small, "--seed", "1"]) == 2
    err = capsys.readouterr().err
    assert "no room left on the disk" in err and err.count("error: ") == 1 and "Traceback" not in err
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"}
    assert after == before


def test_corruption_and_seed_name_other_runs(small, tmp_path, capsys):
    names = set()
    for options in (
        [],
        ["--seed", "1"],
        ["--corruption", "pixel-noise:0.5"],
        ["--corruption", "sparse:0.5", "--seed", "1"],
    ):
        assert main.main(["train", *small, *options]) == 0
        names.add(re.search(r": run (\S+) in", capsys.readouterr().out)[1])
        assert main.main(["evaluate", *small, *options]) == 0
        capsys.readouterr()
    assert len(names) == 4
    assert main.main(["status"]) == 0
    out = capsys.readouterr().out
    assert "4 done" in out and "50 % of pixels random, seed 0" in out


def test_plan_trains_nothing(small, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(
        notebooks, "plans_for", lambda notebooks, scene, scale: {"one": [Planned(scene, tiny_config())]}
    )
    assert main.main(["reproduce", "--plan", "--scale", "smoke"]) == 0
    out = capsys.readouterr().out
    assert "together       1         1     0        1" in out and "Time: about" in out and "Memory: about" in out
    assert not (tmp_path / "results").exists()


def test_any_full_disk_is_one_line(monkeypatch, capsys):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "film.mp4")

    monkeypatch.setattr(one_run, "train", full)
    assert main.main(["train"]) == 2
    assert capsys.readouterr().err == "error: film.mp4: no room left on the disk; nothing that was finished is lost\n"


def test_a_file_that_may_not_be_read_is_no_question_of_what_is_lost(monkeypatch, capsys):
    def closed(_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "result.json")

    monkeypatch.setattr(one_run, "evaluate", closed)
    assert main.main(["evaluate"]) == 2
    assert capsys.readouterr().err == "error: result.json: Permission denied\n"


def test_widened_camera_keeps_its_rays():
    camera = Intrinsics.from_hfov(160, 120)
    wide = widened(camera)
    assert (wide.width, wide.height, wide.fx, wide.fy) == (160, 128, camera.fx, camera.fy)
    assert wide.cy == camera.cy + 4
    assert widened(wide) == wide
    assert camera_of_width(camera, 80).fx == 40


def test_flight_starts_at_a_test_view(scene):
    poses = flight(scene, 20, 3)
    assert poses.shape == (20, 4, 4)
    np.testing.assert_allclose(poses[0], scene.c2w[scene.test_ids[0]], atol=1e-9)


@pytest.mark.parametrize("show", ["labels", "depth", "entropy"])
def test_pictures_are_colour(show):
    flat = np.full((4, 6), 0.5, dtype=np.float32)
    image = picture(View(np.zeros((4, 6), np.uint8), flat, flat, flat, None), show, 3)
    assert image.shape == (4, 6, 3) and image.dtype == np.uint8


def test_another_kind_of_video_is_refused(tmp_path):
    with pytest.raises(SemnerfError, match=r"ends in \.avi, expected a name that ends in \.mp4"):
        check_target(tmp_path / "fly.avi")
    check_target(tmp_path / "fly.mp4")


def test_a_mesh_in_millimetres_at_given_poses(tmp_path, capsys):
    vertices, faces = [], []
    for name, z in (("floor", 0), ("ceiling", 2500)):
        start = len(vertices)
        vertices += [(x, y, z) for x in (-2000, 2000) for y in (-2000, 2000)]
        faces += [f"o {name}", f"f {start + 1} {start + 2} {start + 4} {start + 3}"]
    mesh, poses, folder = tmp_path / "a.obj", tmp_path / "poses.txt", tmp_path / "frames"
    mesh.write_text("\n".join([*(f"v {x} {y} {z}" for x, y, z in vertices), *faces]) + "\n")
    poses.write_text("1 0 0 0 0 0 1 0 0 -1 0 1.2 0 0 0 1\n" * 5)
    make = ["scene", "make", str(folder), "--from", str(mesh), "--width", "32", "--poses", str(poses)]
    assert main.main(make) == 2 and "--unit mm` writes its frames" in capsys.readouterr().err
    assert main.main([*make, "--unit", "mm"]) == 0 and (folder / "traj_w_c.txt").is_file()
    assert main.main(["scene", "make", str(tmp_path / "b"), "--camera", str(poses)]) == 2
    assert "--camera" in capsys.readouterr().err
