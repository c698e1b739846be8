"""Other people's folders: one small scene written in each format reads as the same scene."""

from __future__ import annotations

import json
import re
import struct

import numpy as np
import pytest
from PIL import Image

from semnerf_lib.cameras import Intrinsics, look_at
from semnerf_lib.cli.main import main
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.coding import read_coding
from semnerf_lib.scenes.importers import pictures
from semnerf_lib.scenes.importers.core import ImportOptions, common_camera, units_a_metre
from semnerf_lib.scenes.importers.formats import import_scene
from semnerf_lib.scenes.importers.names import distinct_names
from semnerf_lib.scenes.importers.pictures import read_ids
from semnerf_lib.scenes.loading import load_scene

N, H, W = 6, 6, 8
CAMERA = Intrinsics(W, H, 4.0, 4.0, 3.5, 2.5)
POSES = np.stack([look_at((0.2 * i, 0, 1.5), (2, 0.3 * i, 1.0)) for i in range(N)])
IDS = np.array([0, 7, 300])
NAMES = {7: "bed", 300: "wall"}


def codes(i: int) -> np.ndarray:
    """Indices into IDS of frame i."""
    picture = np.full((H, W), 2)
    picture[0], picture[3:, : i + 1] = 0, 1
    return picture


def save(array: np.ndarray, path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def names_file(folder) -> None:
    (folder / "classes.txt").write_text("".join(f"{i} {name}\n" for i, name in NAMES.items()))


def nerfstudio(folder):
    frames = []
    for i in range(N):
        save(IDS[codes(i)].astype(np.uint16), folder / f"semantics/f_{i}.png")
        pose = POSES[i] @ np.diag([1.0, -1, -1, 1])
        frames.append({"file_path": f"images/f_{i}.png", "transform_matrix": pose.tolist()})
    camera = {"w": W, "h": H, "fl_x": 4.0, "fl_y": 4.0, "cx": 4.0, "cy": 3.0}
    (folder / "transforms.json").write_text(json.dumps(camera | {"frames": frames}))
    names_file(folder)


def scannet(folder, labels="label-filt"):
    for i in range(N):
        save(IDS[codes(i)].astype(np.uint16), folder / labels / f"{i}.png")
        (folder / "pose").mkdir(exist_ok=True)
        np.savetxt(folder / f"pose/{i}.txt", POSES[i])
    (folder / "intrinsic").mkdir()
    k = np.eye(4)
    k[0, 0], k[1, 1], k[0, 2], k[1, 2] = 4.0, 4.0, 3.5, 2.5
    np.savetxt(folder / "intrinsic/intrinsic_color.txt", k)
    (folder / "scannetv2-labels.combined.tsv").write_text(
        "id\traw_category\tcategory\n" + "".join(f"{i}\t{name}\t{name}\n" for i, name in NAMES.items())
    )


def quaternion(pose: np.ndarray) -> list[float]:
    from scipy.spatial.transform import Rotation

    x, y, z, w = Rotation.from_matrix(pose[:3, :3]).as_quat()
    return [w, x, y, z, *pose[:3, 3]]


def colmap(folder, text=False):
    model = folder / "sparse/0"
    model.mkdir(parents=True)
    for i in range(N):
        save(IDS[codes(i)].astype(np.uint16), folder / f"masks/IMG_{i}.png")
    rows = [quaternion(np.linalg.inv(pose)) for pose in POSES]
    if text:
        (model / "cameras.txt").write_text(f"# cameras\n1 PINHOLE {W} {H} 4 4 4 3\n")
        lines = (
            f"{i + 1} {' '.join(map(repr, map(float, row)))} 1 IMG_{i}.jpg\n1 2 -1\n" for i, row in enumerate(rows)
        )
        (model / "images.txt").write_text("".join(lines))
    else:
        (model / "cameras.bin").write_bytes(struct.pack("<QIiQQ4d", 1, 1, 1, W, H, 4, 4, 4, 3))
        images = (
            struct.pack("<I7dI", i + 1, *row, 1) + f"IMG_{i}.jpg\0".encode() + struct.pack("<Qddq", 1, 1, 2, -1)
            for i, row in enumerate(rows)
        )
        (model / "images.bin").write_bytes(struct.pack("<Q", N) + b"".join(images))
    names_file(folder)


def trajectory(folder):
    colours = np.array([[0, 0, 0], [9, 8, 7], [250, 1, 2]], dtype=np.uint8)
    for i in range(N):
        save(colours[codes(i)], folder / f"SegmentationClass/f_{i}.png")
    (folder / "labelmap.txt").write_text(
        "# label:color_rgb:parts:actions\nbackground:0,0,0::\nbed:9,8,7::\nwall:250,1,2::\n"
    )
    (folder / "traj.txt").write_text("".join(" ".join(map(str, pose.ravel())) + "\n" for pose in POSES))


def blender(folder):
    for i in range(N):
        save(codes(i).astype(np.uint8), folder / f"segmap_{i:04}.png")
    poses = (POSES @ np.diag([1.0, -1, -1, 1])).tolist()
    k = [[4.0, 0, 4.0], [0, 4.0, 3.0], [0, 0, 1]]
    (folder / "cameras.json").write_text(
        json.dumps({"K": k, "cam2world_blender": poses, "names": {"1": "bed", "2": "wall"}})
    )


def sitcoms(folder):
    frames = []
    for i in range(N):
        save(codes(i).astype(np.uint8), folder / f"segmentations_4/thing/{i}.png")
        pose = (POSES[i] @ np.diag([1.0, -1, -1, 1]))[:3].tolist()
        k = [[4.0, 0, 4.0], [0, 4.0, 3.0], [0, 0, 1]]
        frames.append({"image_name": f"{i}.jpg", "intrinsics": k, "camtoworld": pose})
    (folder / "cameras.json").write_text(json.dumps({"frames": frames}))
    (folder / "panoptic_classes.json").write_text(json.dumps({"thing": ["void", "bed", "wall"]}))


def blender_hdf5(folder):
    h5py = pytest.importorskip("h5py")
    blender(folder)
    for i in range(N):
        (folder / f"segmap_{i:04}.png").unlink()
        with h5py.File(folder / f"{i}.hdf5", "w") as file:
            file["category_id_segmaps"] = codes(i).astype(np.uint8)


def bop(folder):
    cameras, objects = {}, {}
    for i in range(N):
        w2c = np.linalg.inv(POSES[i])
        cameras[str(i)] = {
            "cam_K": [4.0, 0, 3.5, 0, 4.0, 2.5, 0, 0, 1],
            "cam_R_w2c": w2c[:3, :3].ravel().tolist(),
            "cam_t_w2c": (1000 * w2c[:3, 3]).tolist(),
        }
        objects[str(i)] = [{"obj_id": 7}, {"obj_id": 9}]
        for k in (1, 2):
            save(((codes(i) == k) * 255).astype(np.uint8), folder / f"mask_visib/{i:06}_{k - 1:06}.png")
    (folder / "scene_camera.json").write_text(json.dumps(cameras))
    (folder / "scene_gt.json").write_text(json.dumps(objects))
    (folder / "classes.txt").write_text("7 bed\n9 wall\n")


FORMATS = {
    "nerfstudio": nerfstudio,
    "ScanNet": scannet,
    "Panoptic Lifting": lambda folder: scannet(folder, "rs_semantics"),
    "colmap": colmap,
    "colmap text": lambda folder: colmap(folder, text=True),
    "CVAT": trajectory,
    "BlenderProc": blender,
    "sitcoms3D": sitcoms,
    "BlenderProc hdf5": blender_hdf5,
    "BOP": bop,
}


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_the_same_scene(tmp_path, name):
    FORMATS[name](tmp_path)
    scene = import_scene(tmp_path)
    assert scene.class_names == ("bed", "wall") and scene.intrinsics.width == W
    np.testing.assert_array_equal(
        scene.labels, np.array([VOID, 0, 1], np.uint8)[np.stack([codes(i) for i in range(N)])]
    )
    np.testing.assert_allclose(scene.c2w, POSES, atol=1e-9)
    assert scene.coding.layout == re.sub(" (text|hdf5)", "", name)
    assert [scene.intrinsics.fx, scene.intrinsics.cx] == [4.0, 3.5]


def test_import_keeps_the_coding(tmp_path, capsys):
    scannet(tmp_path / "scan")
    assert main(["scene", "import", str(tmp_path / "scan"), str(tmp_path / "own"), "--unit", "mm"]) == 0
    scene = load_scene(tmp_path / "own")
    assert scene.coding == read_coding(tmp_path / "own")
    assert scene.coding.ids == (7, 300) and scene.coding.mode == "I;16" and scene.coding.void == 0
    assert scene.coding.frames[2].file == "label-filt/2.png" and scene.coding.unit == 1000
    np.testing.assert_allclose(scene.c2w[:, :3, 3] * 1000, POSES[:, :3, 3], atol=1e-9)
    assert "a metre here is 1000 there" in capsys.readouterr().out


def test_lost_poses_are_dropped(tmp_path):
    scannet(tmp_path)
    np.savetxt(tmp_path / "pose/3.txt", np.full((4, 4), -np.inf))
    scene = import_scene(tmp_path)
    assert scene.n_frames == N - 1 and "1 frames without a pose dropped" in scene.coding.assumed


def test_options(tmp_path):
    blender(tmp_path)
    scene = import_scene(tmp_path, ImportOptions(background="sky", ignore=(1,)))
    assert scene.class_names == ("sky", "wall") and (scene.labels == VOID).any()
    flipped = import_scene(tmp_path, ImportOptions(axes="opencv", invert=True))
    np.testing.assert_allclose(flipped.c2w, np.linalg.inv(POSES @ np.diag([1.0, -1, -1, 1])), atol=1e-9)


def test_several_cameras_become_one(tmp_path):
    nerfstudio(tmp_path)
    file = tmp_path / "transforms.json"
    given = json.loads(file.read_text())
    given["frames"][2] |= {"fl_x": 5.0, "fl_y": 5.0}
    file.write_text(json.dumps(given))
    scene = import_scene(tmp_path)
    assert any("2 cameras resampled" in line for line in scene.coding.assumed)
    assert scene.coding.frames[2].camera.fx == 5.0


def test_common_camera_sees_no_more_than_each():
    wide, narrow = CAMERA, Intrinsics(W, H, 8.0, 8.0, 3.0, 2.5)
    camera = common_camera([wide, narrow, narrow])
    assert camera.fx == 8.0
    for edge in (-0.5, camera.width - 0.5):
        u = (edge - camera.cx) / camera.fx * narrow.fx + narrow.cx
        assert -0.5 - 1e-9 <= u <= narrow.width - 0.5 + 1e-9


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda p: (p / "transforms.json").write_text("[" * 5000), "nested too deeply"),
        (lambda p: (p / "transforms.json").write_text('{"k1": 0.2, "frames": []}'), "no frame has a label"),
        (lambda p: [f.rename(f.with_suffix(".txt")) for f in (p / "semantics").iterdir()], "no frame has a label"),
        (
            lambda p: Image.fromarray(np.zeros((H, W), np.uint8)).save(p / "semantics/f_2.png", "jpeg"),
            "JPEG changes ids",
        ),
        (lambda p: (p / "classes.txt").write_bytes(b"\xff"), "no text in UTF-8"),
    ],
)
def test_faults_are_one_line(tmp_path, damage, words):
    nerfstudio(tmp_path)
    damage(tmp_path)
    with pytest.raises(SemnerfError, match=words) as caught:
        load_scene(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["../outside.png", "/etc/hostname", "a/../../b.png", "nul\0.png"])
@pytest.mark.parametrize("key", ["semantic_path", "depth_file_path"])
def test_paths_outside_the_folder_are_refused(tmp_path, path, key):
    nerfstudio(tmp_path)
    file = tmp_path / "transforms.json"
    given = json.loads(file.read_text())
    given["frames"][1][key] = path
    file.write_text(json.dumps(given))
    with pytest.raises(SemnerfError, match=rf"frames\[1\]: {key} is .*expected a path below"):
        load_scene(tmp_path)


def test_an_absolute_path_inside_the_folder_is_read(tmp_path):
    nerfstudio(tmp_path)
    file = tmp_path / "transforms.json"
    given = json.loads(file.read_text())
    given["frames"][1]["semantic_path"] = str(tmp_path / "semantics/f_1.png")
    file.write_text(json.dumps(given))
    assert import_scene(tmp_path).coding.frames[1].file == "semantics/f_1.png"


def test_label_pixels_are_bounded_before_they_are_decoded(tmp_path, monkeypatch):
    nerfstudio(tmp_path)
    monkeypatch.setattr(pictures, "MAX_TOTAL", N * H * W - 1)
    monkeypatch.setattr(pictures, "pixels", lambda *_: pytest.fail("decoded"))
    with pytest.raises(SemnerfError, match="pixels together"):
        import_scene(tmp_path)


def test_points_of_a_colmap_model_tell_the_unit(tmp_path):
    colmap(tmp_path)
    points = POSES[:, :3, 3] + 50 * POSES[:, :3, 2]
    rows = (struct.pack("<Q3d3BdQII", i, *point, 0, 0, 0, 1.0, 1, 1, 0) for i, point in enumerate(points))
    (tmp_path / "sparse/0/points3D.bin").write_bytes(struct.pack("<Q", N) + b"".join(rows))
    scene = import_scene(tmp_path)
    assert scene.coding.unit == pytest.approx(50 / 2.5, rel=0.2)
    np.testing.assert_allclose(scene.c2w[:, :3, 3] * scene.coding.unit, POSES[:, :3, 3], atol=1e-9)
    assert scene.far == 10
    given = import_scene(tmp_path, ImportOptions(unit=1.0))
    assert given.coding.unit == 1 and given.far == pytest.approx(1.1 * 50, rel=0.2)


def test_split_json_gives_the_unit_and_the_box(tmp_path):
    nerfstudio(tmp_path)
    (tmp_path / "split.json").write_text('{"unit": "cm", "far": 4, "bounds": [[-1, -1, -1], [1, 1, 1]]}')
    scene = load_scene(tmp_path)
    np.testing.assert_allclose(scene.c2w[:, :3, 3] * 100, POSES[:, :3, 3], atol=1e-9)
    assert scene.far == 4 and scene.bounds.tolist() == [[-1, -1, -1], [1, 1, 1]] and scene.coding.unit == 100
    (tmp_path / "split.json").write_text('{"unit": "inch"}')
    with pytest.raises(SemnerfError, match="split.json: unit 'inch'"):
        load_scene(tmp_path)


def test_ids_without_a_name_are_told(tmp_path):
    nerfstudio(tmp_path)
    (tmp_path / "classes.txt").write_text("7 other\n")
    scene = import_scene(tmp_path)
    assert scene.class_names == ("other", "class 300")
    assert "no name for 300: called by their number" in scene.coding.assumed


def test_a_bare_number_names_no_class(tmp_path):
    nerfstudio(tmp_path)
    (tmp_path / "classes.txt").write_text("4")  # what a broken copy left of "42 sofa"
    with pytest.raises(SemnerfError, match="classes.txt: line '4' is a number, expected lines `id name`, or a name"):
        import_scene(tmp_path)


def test_ids_of_one_name_are_one_class_and_told(tmp_path):
    nerfstudio(tmp_path)
    apart = import_scene(tmp_path)
    (tmp_path / "classes.txt").write_text("7 other\n300 other\n9 wall\n")
    ids = np.asarray(Image.open(tmp_path / "semantics/f_0.png")).copy()
    ids[0, 0] = 9
    Image.fromarray(ids).save(tmp_path / "semantics/f_0.png")
    scene = import_scene(tmp_path)
    assert scene.class_names == ("other", "wall") and scene.coding.ids == (7, 9)
    assert scene.labels[0, 0, 0] == 1
    np.testing.assert_array_equal(scene.labels[1:] == VOID, apart.labels[1:] == VOID)
    assert "ids 7, 300 are all named 'other': one class, written as 7" in scene.coding.assumed


def test_colours_without_names_are_called_by_their_colour(tmp_path):
    trajectory(tmp_path)
    (tmp_path / "labelmap.txt").unlink()
    scene = import_scene(tmp_path)
    assert scene.class_names == ("#090807", "#fa0102")
    assert not [line for line in scene.coding.assumed if "no name" in line]
    (tmp_path / "labelmap.txt").write_text("wall:9,8,7::\n")
    assert "no name for #fa0102: called by their colour" in import_scene(tmp_path).coding.assumed


def test_bop_masks_that_cannot_be_are_refused(tmp_path):
    bop(tmp_path)
    (tmp_path / "scene_gt.json").write_text(json.dumps({str(i): [{"obj_id": "x"}] for i in range(N)}))
    with pytest.raises(SemnerfError, match="obj_id is x, expected 1 to 254"):
        import_scene(tmp_path)


def test_a_bop_mask_that_leads_nowhere_is_not_taken_for_none(tmp_path):
    bop(tmp_path)
    mask = sorted((tmp_path / "mask_visib").iterdir())[-1]
    mask.unlink()
    mask.symlink_to("nowhere.png")
    with pytest.raises(SemnerfError, match=mask.name):
        import_scene(tmp_path)


@pytest.mark.parametrize("content", [b"\x89HDF\r\n\x1a\n", b"", b"no file of this kind"])
def test_damaged_hdf5_is_one_line(tmp_path, content):
    blender_hdf5(tmp_path)
    (tmp_path / "3.hdf5").write_bytes(content)
    with pytest.raises(SemnerfError, match=r"3\.hdf5: damaged"):
        import_scene(tmp_path)


def test_hdf5_whose_group_cannot_be_listed_is_damaged(tmp_path, monkeypatch):
    """h5py raises one kind of error or another for the same bytes."""
    blender_hdf5(tmp_path)
    h5py = pytest.importorskip("h5py")

    def unlisted(group):
        raise KeyError("Unable to synchronously open object")

    monkeypatch.setattr(h5py.Group, "__iter__", unlisted)
    with h5py.File(tmp_path / "3.hdf5", "w") as file:
        file["other"] = 1
    with pytest.raises(SemnerfError, match=r"3\.hdf5: damaged \('Unable"):
        import_scene(tmp_path)


def test_distortion_is_refused_with_the_command(tmp_path):
    nerfstudio(tmp_path)
    file = tmp_path / "transforms.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"k1": 0.1}))
    with pytest.raises(SemnerfError, match="colmap image_undistorter"):
        load_scene(tmp_path)


def test_cut_colmap_model(tmp_path):
    colmap(tmp_path)
    file = tmp_path / "sparse/0/images.bin"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(SemnerfError, match="ends early"):
        load_scene(tmp_path)


def test_ids_of_a_grey_palette_are_its_greys(tmp_path):
    image = Image.fromarray(np.array([[0, 1], [1, 0]], dtype=np.uint8), "P")
    image.putpalette([5, 5, 5, 9, 9, 9])
    image.save(tmp_path / "p.png")
    assert read_ids(tmp_path / "p.png")[0].tolist() == [[5, 9], [9, 5]]
    image.putpalette([0, 0, 0, 128, 0, 0])
    image.save(tmp_path / "p.png")
    ids, mode, palette = read_ids(tmp_path / "p.png")
    assert ids.tolist() == [[0, 1], [1, 0]] and mode == "P" and palette[1] == (128, 0, 0)


def test_a_flipped_bit_in_a_png_is_found(tmp_path):
    file = tmp_path / "a.png"
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8)).save(file)
    data = bytearray(file.read_bytes())
    data[data.index(b"IDAT") + 12] ^= 1
    file.write_bytes(data)
    with pytest.raises(SemnerfError, match="damaged"):
        read_ids(file)


def test_names_and_units():
    assert distinct_names({1: "other", 2: "wall", 5: "other"}) == ("other (1)", "wall", "other (5)")
    assert distinct_names({1: "x (2)", 2: "x", 3: "x"}) == ("x (2)", "x (2) (2)", "x (3)")
    assert units_a_metre("mm") == 1000 and units_a_metre("2.5") == 2.5
    with pytest.raises(SemnerfError, match="expected m, cm, mm"):
        units_a_metre("inch")
