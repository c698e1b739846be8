"""data/README.md: each of its commands, and its Python, does what it says, on small files."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scenes.test_importers import FORMATS, POSES, N, codes
from tiny import make_tiny_scene

from semnerf_lib.cameras import look_at
from semnerf_lib.cli import main
from semnerf_lib.scenes import loading, mesh
from semnerf_lib.scenes.loading import load_scene
from semnerf_lib.scenes.mesh_export import save_mesh

TEXT = (Path(__file__).resolve().parents[2] / "data" / "README.md").read_text(encoding="utf-8")
TRAINED = ("train", "relabel", "render", "mesh")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def write_masks(folder: Path) -> None:
    """Masks in labelme's coding: ids 0, 1, 2, 3 beside a trajectory."""
    (folder / "SegmentationClass").mkdir(parents=True)
    for i in range(N):
        ids = codes(i).astype(np.uint8)
        ids[-1] = 3
        Image.fromarray(ids).save(folder / f"SegmentationClass/f_{i}.png")
    (folder / "class_names.txt").write_text("__ignore__\n_background_\nbed\nlamp\nfloor\n")
    np.savetxt(folder / "traj.txt", POSES.reshape(-1, 16))


def write_meshes(folder: Path, room) -> None:
    """The box as a PLY in metres with z up, and as an OBJ in millimetres with y up; five poses in it, and a camera."""
    save_mesh(room, folder / "mesh_semantic.ply")
    lines = [f"v {1000 * x} {1000 * z} {-1000 * y}" for x, y, z in room.vertices]
    for number, name in enumerate(room.class_names):
        faces = room.faces[room.face_labels == number] + 1
        lines += [f"o {name}", *(f"f {a} {b} {c}" for a, b, c in faces)]
    (folder / "scan.obj").write_text("\n".join(lines) + "\n")
    poses = [look_at((0, 0, 0), (1, np.sin(angle), 0.1)) for angle in range(5)]
    np.savetxt(folder / "traj_w_c.txt", np.stack(poses).reshape(-1, 16))
    (folder / "intrinsics.json").write_text('{"width": 16, "height": 12, "fx": 8, "fy": 8, "cx": 7.5, "cy": 5.5}')


@pytest.fixture
def files(tmp_path, monkeypatch, box_room):
    """What the commands are about, in the current folder; a flight through a mesh has few and small frames."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "capture").mkdir()
    FORMATS["nerfstudio"](tmp_path / "capture")
    write_masks(tmp_path / "masks")
    write_meshes(tmp_path, box_room)
    rendered = mesh.rendered_scene

    def few(name, key, make_mesh, class_names, bounds, width, height, seed, every, cache, **flight):
        return rendered(name, key, make_mesh, class_names, bounds, 16, 12, seed, 30, cache, **flight)

    monkeypatch.setattr(mesh, "rendered_scene", few)
    monkeypatch.setattr(loading, "room_scene", lambda *size, **options: make_tiny_scene())
    return tmp_path


def test_each_command_does_what_it_says(files, capsys):
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(lines) >= 10 and all(line.startswith("semnerf ") for line in lines)
    smoke = ["--scale", "smoke", "--out", "results", "--set", "iterations=20", "n_rays=64"]
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        assert main.main(words + (smoke if words[0] in TRAINED else [])) == 0, capsys.readouterr().err
    assert load_scene("scene").class_names == load_scene("capture").class_names == ("bed", "wall")
    assert load_scene("scene_mm").coding.unit == 1000
    assert load_scene("scene_sky").class_names == ("sky", "bed", "floor")
    with Image.open("clean/semantics/f_1.png") as image:
        assert (image.mode, image.size) == ("I;16", (8, 6))
    assert list(Path("views").glob("*_depth-mm.png")) and Path("learnt.ply").stat().st_size
    for name in ("scan_frames", "room_0"):
        assert {"x+", "z+"} <= set(load_scene(name).class_names)
    assert np.ptp(load_scene("scan_frames").bounds, axis=0).max() < 5  # metres
    assert load_scene("room_0").n_frames == 5


def test_the_python_runs(files):
    [text] = blocks("python")
    found: dict = {}
    exec(text, found)
    assert found["scene"].n_frames and found["kitchen"].n_frames
    assert load_scene("my_scene").class_names == found["scene"].class_names


def test_commands_in_sentences_are_there():
    """`semnerf ...` between backticks names a command that has help."""
    for words in {tuple(re.findall(r"[a-z-]+", found)) for found in re.findall(r"`semnerf ([^`]+)`", TEXT)}:
        group = list(words[: 2 if words[0] == "scene" else 1])
        with pytest.raises(SystemExit) as ended:
            main.main([*group, "--help"])
        assert ended.value.code == 0
