"""Labels out: in the coding they came in, under their names, over nothing that is there; they can be read again."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.cameras import Intrinsics
from semnerf_lib.cli import main
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import View
from semnerf_lib.experiments import Planned
from semnerf_lib.plots.renders import write_views
from semnerf_lib.runs.store import Store
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.coding import CodedFrame, Coding, coding_of, depth_units, encoded, encoded_depth
from semnerf_lib.scenes.loading import load_scene
from semnerf_lib.scenes.replica import save_replica
from semnerf_lib.studio.relabel import as_seen_by, relabel, relabel_poses

IDS = (3, 40, 41, 93, 7, 250, 12)


def coding(scene, mode="L", ids=IDS, void=0, **more):
    frames = tuple(CodedFrame(f"semantics/frame_{i:03}.png", scene.intrinsics) for i in range(scene.n_frames))
    return Coding("nerfstudio", "", mode, ids, void, frames, **more)


def perfect(scene):
    """A model that renders each frame's labels as they are, for any camera at its pose; class 0 where they are void."""

    def render(c2w, camera):
        [i] = [i for i in range(scene.n_frames) if np.array_equal(scene.c2w[i], c2w)]
        labels = as_seen_by(scene.labels[i], scene.intrinsics, camera)
        labels[labels == VOID] = 0
        one = np.ones(labels.shape, dtype=np.float32)
        return View(labels, one / 2, one, one, None)

    return render


@pytest.mark.parametrize("mode", ["L", "P", "I;16", "RGB"])
def test_an_image_holds_the_ids_in_its_mode(tiny_scene, mode):
    ids = {"I;16": (300, 2, 3, 4, 5, 6, 65535), "RGB": (0xFF8000, 2, 3, 4, 5, 6, 7)}.get(mode, IDS)
    colours = tuple((i, 255 - i, 7) for i in range(256)) if mode == "P" else ()
    image = encoded(tiny_scene.labels[0], coding(tiny_scene, mode, ids, 9, palette=colours))
    assert image.mode == mode
    found = np.asarray(image).astype(int)
    if mode == "RGB":
        found = found @ (65536, 256, 1)
    assert np.array_equal(found, np.array([*ids, *[9] * 249])[tiny_scene.labels[0]])
    if mode == "P":
        assert image.getpalette()[:6] == [0, 255, 7, 1, 254, 7]


def test_one_bit_images(tiny_scene):
    image = encoded(np.array([[0, VOID]], dtype=np.uint8), coding(tiny_scene, "1", (1,), 0))
    assert image.mode == "1" and np.asarray(image).tolist() == [[True, False]]


@pytest.mark.parametrize(("ids", "expected"), [((1, 2), "2 ids"), ((*IDS[:-1], 256), "at most 255")])
def test_ids_that_do_not_fit_are_refused(tiny_scene, ids, expected):
    with pytest.raises(SemnerfError, match=expected):
        encoded(tiny_scene.labels[0], coding(tiny_scene, ids=ids))


def test_void_is_filled_or_kept_and_counted(tiny_scene, tmp_path):
    scene = replace(tiny_scene, coding=coding(tiny_scene))
    filled = relabel(perfect(scene), scene, [0, 5], tmp_path / "filled")
    kept = relabel(perfect(scene), scene, [0, 5], tmp_path / "kept", keep_void=True)
    n_void = int((scene.labels[[0, 5]] == VOID).sum())
    assert filled.summary().endswith(f"void pixels: {n_void} filled, 0 kept") and n_void == 12
    assert kept.summary() == f"0.00% of the pixels changed; void pixels: 0 filled, {n_void} kept"
    image = np.asarray(Image.open(tmp_path / "kept" / "semantics" / "frame_005.png"))
    assert np.array_equal(image, np.array([*IDS, *[0] * 249])[scene.labels[5]])
    certainty = np.asarray(Image.open(tmp_path / "kept" / "certainty" / "semantics" / "frame_005.png"))
    assert certainty.dtype == np.uint16 and np.unique(certainty).tolist() == [32768]
    with open(tmp_path / "filled" / "changes.csv") as file:
        rows = {row["class"]: row for row in csv.DictReader(file)}
    assert list(rows) == [*scene.class_names, "void"]
    assert rows["void"]["mostly to"] == f"wall x- ({n_void})" and rows["void"]["pixels after"] == "0"
    gained = int(rows["wall x-"]["pixels after"]) - int(rows["wall x-"]["pixels before"])
    assert gained == n_void == int(rows["wall x-"]["joined it"])


def test_a_source_of_other_size_gets_its_own_back(tiny_scene, tmp_path):
    own = tiny_scene.intrinsics.resized(32, 24)
    frames = tuple(CodedFrame(f"{i}.png", own) for i in range(tiny_scene.n_frames))
    scene = replace(tiny_scene, coding=replace(coding(tiny_scene), frames=frames))
    relabel(perfect(scene), scene, [1], tmp_path / "out", keep_void=True)
    image = np.asarray(Image.open(tmp_path / "out" / "1.png"))
    assert image.shape == (24, 32)
    assert np.array_equal(image[::2, ::2], np.array([*IDS, *[0] * 249])[scene.labels[1]])


def test_a_wider_camera_sees_void_beyond_the_scene(tiny_scene):
    camera = tiny_scene.intrinsics
    wider = Intrinsics(camera.width + 4, camera.height, camera.fx, camera.fy, camera.cx + 2, camera.cy)
    seen = as_seen_by(tiny_scene.labels[1], camera, wider)
    assert (seen[:, :2] == VOID).all() and (seen[:, -2:] == VOID).all()
    assert np.array_equal(seen[:, 2:-2], tiny_scene.labels[1])


def test_nothing_is_overwritten_and_nothing_left_behind(tiny_scene, tmp_path):
    scene = replace(tiny_scene, coding=coding(tiny_scene, ids=(*IDS[:-1], 256)))
    with pytest.raises(SemnerfError, match="at most 255"):
        relabel(perfect(scene), scene, [0], tmp_path / "new")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    with pytest.raises(SemnerfError, match="mine: exists, expected the name of a new or empty folder"):
        relabel(perfect(tiny_scene), tiny_scene, [0], tmp_path / "mine")
    with pytest.raises(SemnerfError, match="frame 12, expected 0 ... 11"):
        relabel(perfect(tiny_scene), tiny_scene, [12], tmp_path / "new")


@pytest.mark.parametrize("file", ["../a.png", "/a.png", "a/../../b.png", "..\\a.png", "C:\\a.png"])
def test_a_file_outside_the_folder_is_refused(tiny_scene, tmp_path, file):
    frames = tuple(CodedFrame(file, tiny_scene.intrinsics) for _ in range(tiny_scene.n_frames))
    scene = replace(tiny_scene, coding=replace(coding(tiny_scene), frames=frames))
    with pytest.raises(SemnerfError, match="expected a path below the source's folder"):
        relabel(perfect(scene), scene, [0], tmp_path / "in" / "out")
    assert [path.name for path in tmp_path.rglob("*")] == ["in"]


def test_any_poses(tiny_scene, tmp_path):
    relabel_poses(perfect(tiny_scene), tiny_scene, tiny_scene.c2w[[3, 1]], tmp_path / "out")
    image = np.asarray(Image.open(tmp_path / "out" / "pose_1.png"))
    assert np.array_equal(image, np.where(tiny_scene.labels[1] == VOID, 1, tiny_scene.labels[1] + 1))
    assert (tmp_path / "out" / "certainty" / "pose_0.png").exists()
    lost = np.full((1, 4, 4), -np.inf)
    with pytest.raises(SemnerfError, match="pose 0: it holds NaN or infinity"):
        relabel_poses(perfect(tiny_scene), tiny_scene, lost, tmp_path / "lost")


@pytest.mark.parametrize(("unit", "far", "expected"), [(1, 10, 1000), (1000, 10, 1), (100, 10, 10), (0.1, 10, 1000)])
def test_depth_is_in_the_unit_of_the_source(tiny_scene, unit, far, expected):
    scene = replace(tiny_scene, far=far, coding=replace(coding(tiny_scene), unit=unit))
    assert depth_units(scene) == expected
    image = np.asarray(encoded_depth(np.array([[0.5, 2.25, 1e9]], dtype=np.float32), scene))
    assert image.tolist() == [[0.5 * unit * expected, 2.25 * unit * expected, 65535]] and image.dtype == np.uint16


def colour_masks(folder, scene):
    """CVAT's colour masks beside a trajectory."""
    colours = np.array([(20 * k + 5, 255 - k, 7) for k in range(scene.n_classes)] + [(0, 0, 0)], dtype=np.uint8)
    (folder / "SegmentationClass").mkdir(parents=True)
    for i, labels in enumerate(scene.labels):
        image = Image.fromarray(colours[np.where(labels == VOID, scene.n_classes, labels)])
        image.save(folder / "SegmentationClass" / f"f_{i:02}.png")
    rows = [f"{name}:{','.join(map(str, c))}::" for name, c in zip(scene.class_names, colours[:-1], strict=True)]
    (folder / "labelmap.txt").write_text("\n".join(["# label:color_rgb:parts:actions", "background:0,0,0::", *rows]))
    np.savetxt(folder / "traj.txt", scene.c2w.reshape(-1, 16))


def scannet(folder, scene):
    """A ScanNet export with 16-bit ids."""
    for name in ("label-filt", "pose", "intrinsic"):
        (folder / name).mkdir(parents=True)
    ids = np.array([*range(300, 300 + scene.n_classes), *[0] * (256 - scene.n_classes)], dtype=np.uint16)
    for i, labels in enumerate(scene.labels):
        Image.fromarray(ids[labels]).save(folder / "label-filt" / f"{10 * i}.png")
        np.savetxt(folder / "pose" / f"{10 * i}.txt", scene.c2w[i])
    camera, k = scene.intrinsics, np.eye(4)
    k[0, 0], k[1, 1], k[0, 2], k[1, 2] = camera.fx, camera.fy, camera.cx, camera.cy
    np.savetxt(folder / "intrinsic" / "intrinsic_color.txt", k)
    rows = [f"{i}\t{name}\t{name}" for i, name in zip(ids, scene.class_names, strict=False)]
    (folder / "scannetv2-labels.combined.tsv").write_text("\n".join(["id\traw_category\tcategory", *rows]) + "\n")


@pytest.mark.parametrize(("write", "mode"), [(colour_masks, "RGB"), (scannet, "I;16")])
def test_right_labels_of_a_foreign_folder_come_back_byte_for_byte(tiny_scene, tmp_path, write, mode):
    write(tmp_path / "source", tiny_scene)
    scene = load_scene(tmp_path / "source")
    assert scene.coding.mode == mode and scene.n_classes == tiny_scene.n_classes
    relabel(perfect(scene), scene, range(scene.n_frames), tmp_path / "out", keep_void=True)
    for frame in scene.coding.frames:
        with (
            Image.open(tmp_path / "source" / frame.file) as given,
            Image.open(tmp_path / "out" / frame.file) as written,
        ):
            assert written.mode == given.mode == mode and written.tobytes() == given.tobytes()
    shutil.copytree(tmp_path / "out", tmp_path / "source", dirs_exist_ok=True)
    again = load_scene(tmp_path / "source")
    assert again.class_names == scene.class_names and np.array_equal(again.labels, scene.labels)


def test_imported_trained_relabelled_and_imported_again(tmp_path, capsys):
    """What one reads from the relabelled folder is what the model renders, under the same ids and names."""
    save_replica(make_tiny_scene(), tmp_path / "frames")
    words = ["--scene", str(tmp_path / "frames"), "--scale", "smoke", "--out", str(tmp_path / "results")]
    words += ["--set", "iterations=300", "n_rays=256"]
    taken = tmp_path / "frames"
    assert main.main(["relabel", *words, "--to", str(taken)]) == 2
    assert "expected the name of a new or empty folder" in capsys.readouterr().err
    assert main.main(["train", *words]) == 0
    assert main.main(["relabel", *words, "--to", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "images of mode L, void 0" in said and "label images, certainty/, and changes.csv" in said
    poses = tmp_path / "poses.txt"
    poses.write_text((tmp_path / "frames" / "traj_w_c.txt").read_text().splitlines()[1])
    assert main.main(["relabel", *words, "--to", str(tmp_path / "pose"), "--poses", str(poses)]) == 0
    assert (tmp_path / "pose" / "pose_0.png").exists()
    assert main.main(["relabel", *words, "--to", str(tmp_path / "x"), "--poses", str(poses), "--void", "keep"]) == 2

    given = load_scene(tmp_path / "frames")
    written = list((tmp_path / "out" / "semantic_class").iterdir())
    assert written
    for path in written:
        path.rename(tmp_path / "frames" / "semantic_class" / path.name)
    again = load_scene(tmp_path / "frames")
    assert set(again.class_names) <= set(given.class_names) and np.array_equal(again.c2w, given.c2w)
    names = [np.array([*one.class_names, *[""] * (256 - one.n_classes)])[one.labels] for one in (again, given)]
    assert (names[0] == names[1])[given.labels != VOID].mean() > 0.7


def test_render_writes_numbers_on_request(tiny_scene, tmp_path):
    scene = replace(tiny_scene, coding=coding(tiny_scene))
    store = Store(tmp_path / "results")
    model = store.get(Planned(scene, tiny_config())).load(scene)
    write_views(model, scene, tmp_path, [2], None, ["ids", "depth-mm", "labels"])
    assert {path.name for path in tmp_path.glob("*.png")} == {f"0002_{x}.png" for x in ("ids", "depth-mm", "labels")}
    assert set(np.unique(np.asarray(Image.open(tmp_path / "0002_ids.png")))) <= set(IDS)
    depth = np.asarray(Image.open(tmp_path / "0002_depth-mm.png"))
    assert depth.dtype == np.uint16 and 100 < np.median(depth) < 10_000
    with pytest.raises(SemnerfError, match="0002_ids.png: exists, expected a folder without it"):
        write_views(model, scene, tmp_path, [1, 2], None, ["ids"])
    with patch("semnerf_lib.plots.renders.numbers", side_effect=[Image.new("L", (4, 4)), KeyboardInterrupt]):
        with pytest.raises(KeyboardInterrupt):
            write_views(model, scene, tmp_path / "cut", [1, 2], None, ["ids"])
    assert not list((tmp_path / "cut").iterdir())  # so that the same command goes again


def test_a_scene_without_a_coding_gets_the_kit_s_own(tiny_scene):
    own = coding_of(tiny_scene)
    assert own.mode == "L" and own.ids == (1, 2, 3, 4, 5, 6, 7) and own.frames[3].file.endswith("_3.png")
