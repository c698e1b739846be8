"""Semantic-NeRF's layout: a round trip, the rules, and each kind of bad input."""

from __future__ import annotations

import json
import os
import shutil
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from semnerf_lib.cameras import Intrinsics
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.replica import load_replica, save_replica

N = 7
NAMES = {3: "chair", 9: "floor", 40: "lamp", 200: "wall"}


def write_frames(path, n=N, width=11, height=6, rgb=True, depth=True):
    """Frames with ids 0 (void), 9, 40 and 200; frame i has i + 1 pixels of lamp."""
    rng = np.random.default_rng(0)
    for kind, wanted in (("semantic_class", True), ("rgb", rgb), ("depth", depth)):
        if wanted:
            (path / kind).mkdir(parents=True)
    poses = []
    for i in range(n):
        ids = np.full((height, width), 200, dtype=np.uint8)
        ids[0], ids[-1] = 0, 9
        ids[2, : min(i + 1, width)] = 40
        Image.fromarray(ids).save(path / f"semantic_class/semantic_class_{i}.png")
        if rgb:
            Image.fromarray(rng.integers(0, 255, (height, width, 3), dtype=np.uint8)).save(path / f"rgb/rgb_{i}.png")
        if depth:
            Image.fromarray(np.full((height, width), 1000 + i, dtype=np.uint16)).save(path / f"depth/depth_{i}.png")
        pose = np.eye(4)
        pose[0, 3] = i
        poses.append(" ".join(map(str, pose.reshape(-1))))
    (path / "traj_w_c.txt").write_text("\n".join(poses) + "\n")
    classes = [{"id": i, "name": name} for i, name in NAMES.items()]
    (path / "info_semantic.json").write_text(json.dumps({"classes": classes}))
    return path


@pytest.fixture
def frames(tmp_path):
    return write_frames(tmp_path / "frames")


def test_classes_present_are_remapped_in_ascending_order(frames):
    scene = load_replica(frames)
    assert scene.class_names == ("floor", "lamp", "wall")
    assert (scene.labels[:, 0] == VOID).all() and (scene.labels[:, -1] == 0).all() and (scene.labels[:, 3] == 2).all()
    assert scene.name == "frames"


def test_grey_labels_that_an_editor_saved_otherwise(frames):
    sound = load_replica(frames).labels
    for i in range(N):
        file = frames / f"semantic_class/semantic_class_{i}.png"
        ids = np.asarray(Image.open(file)).astype(np.uint16)
        if i == 0:
            Image.fromarray(np.stack([ids] * 3, -1).astype(np.uint8)).save(file)
        else:
            Image.fromarray(np.where(ids == 0, 65535, ids).astype(np.uint16)).save(file)
    np.testing.assert_array_equal(load_replica(frames).labels, sound)


@pytest.mark.parametrize("suffix", ["tif", "bmp", "TIFF", "PNG"])
def test_lossless_pictures_of_other_kinds(frames, suffix):
    sound = load_replica(frames).labels
    for file in sorted((frames / "semantic_class").iterdir()):
        with Image.open(file) as image:
            image.save(file.with_suffix(f".{suffix}"))
        if suffix != "png":
            file.unlink()
    np.testing.assert_array_equal(load_replica(frames).labels, sound)


def with_classes(frames, **changed):
    names = {i: changed.get(name, name) for i, name in NAMES.items()}
    write_info(frames, {"classes": [{"id": i, "name": name} for i, name in names.items()]})


def test_ids_of_one_name_are_one_class_and_told(frames):
    with_classes(frames, floor="other", wall="other")
    scene = load_replica(frames)
    assert scene.class_names == ("other", "lamp") and scene.coding.ids == (9, 40)
    assert (scene.labels[:, -1] == 0).all() and (scene.labels[:, 3] == 0).all()
    assert scene.coding.assumed == ("ids 9, 200 are all named 'other': one class, written as 9",)


@pytest.mark.parametrize("name", ["undefined", "Unknown", "ignore_label"])
def test_names_of_no_class_are_void(frames, name):
    with_classes(frames, wall=name)
    assert load_replica(frames).class_names == ("floor", "lamp")


def test_255_is_void_whatever_its_name_and_told(frames):
    write_info(frames, {"classes": [{"id": i, "name": name} for i, name in {**NAMES, 255: "tv"}.items()]})
    assert load_replica(frames).coding.assumed == ()
    ids = np.full((6, 11), 200, dtype=np.uint8)
    ids[0] = 255
    repaint(frames, label(), ids)
    scene = load_replica(frames)
    assert "tv" not in scene.class_names and (scene.labels[3] == VOID).any()
    assert scene.coding.assumed == ("id 255 ('tv') is taken as void",)


WRITTEN = {
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, big endian": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "semicolons": lambda text: text.replace(" ", ";").encode(),
    "tabs": lambda text: text.replace(" ", "\t").encode(),
    "brackets": lambda text: "".join(f"[{line.replace(' ', ', ')}]\n" for line in text.splitlines()).encode(),
    "a line of comment": lambda text: b"# camera to world\n" + text.encode(),
    "lines that end twice": lambda text: text.replace("\n", "\r\r\n").encode(),
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN.keys())
def test_trajectories_as_tools_write_them(frames, written):
    sound, file = load_replica(frames), frames / "traj_w_c.txt"
    file.write_bytes(written(file.read_text()))
    np.testing.assert_array_equal(load_replica(frames).c2w, sound.c2w)


LOST = {
    "infinity": " ".join(["-inf"] * 16),
    "zeros": " ".join(["0"] * 16),
    "no rotation": "0 0 0 1 0 0 0 2 0 0 0 3 0 0 0 1",
    "minus one": " ".join(["-1"] * 16),
    "NaN of C": " ".join(["-nan(ind)"] * 16),
    "NaN of old Windows programs": " ".join(["-1.#IND00"] * 16),
}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST.keys())
def test_a_lost_pose_may_be_left_out(frames, lost):
    rewrite(frames, 3, lost)
    (frames / "traj_w_c.txt").write_text("# poses\n" + (frames / "traj_w_c.txt").read_text())
    with pytest.raises(SemnerfError, match="line 5: .*split.json that leaves the frame out"):
        load_replica(frames)
    (frames / "split.json").write_text(json.dumps({"train_ids": [0, 1, 2, 4], "test_ids": [5, 6]}))
    assert load_replica(frames).n_frames == N - 1


def test_names_without_their_blanks(frames):
    info = json.loads((frames / "info_semantic.json").read_text())
    info["classes"][3]["name"] = "void "
    (frames / "info_semantic.json").write_text(json.dumps(info))
    assert load_replica(frames).class_names == ("floor", "lamp")
    info["classes"][3]["name"] = "  "
    (frames / "info_semantic.json").write_text(json.dumps(info))
    with pytest.raises(SemnerfError, match="printable text of 1 to"):
        load_replica(frames)


def test_frames_are_in_numeric_order(tmp_path):
    scene = load_replica(write_frames(tmp_path / "f", n=12, width=13))
    assert [(labels == 1).sum() for labels in scene.labels] == list(range(1, 13))
    assert scene.c2w[:, 0, 3].tolist() == list(range(12))
    np.testing.assert_allclose(scene.depth[:, 0, 0], 1 + np.arange(12) / 1000, rtol=1e-6)


def test_every_fifth_frame_is_for_test(tmp_path):
    scene = load_replica(write_frames(tmp_path / "f", n=12, width=13))
    assert scene.test_ids == (4, 9) and scene.train_ids == (0, 1, 2, 3, 5, 6, 7, 8, 10, 11)


def test_of_900_frames_p2s_are_kept(tmp_path):
    path = tmp_path / "f"
    write_frames(path, n=1, rgb=False, depth=False)
    for i in range(1, 900):
        shutil.copyfile(path / "semantic_class/semantic_class_0.png", path / f"semantic_class/semantic_class_{i}.png")
    pose = "1 0 0 {} 0 1 0 0 0 0 1 0 0 0 0 1\n"
    (path / "traj_w_c.txt").write_text("".join(pose.format(i) for i in range(900)))
    scene = load_replica(path)
    assert scene.c2w[list(scene.train_ids), 0, 3].tolist() == list(range(0, 900, 5))
    assert scene.c2w[list(scene.test_ids), 0, 3].tolist() == list(range(2, 900, 5))
    assert scene.n_frames == 360


def test_rgb_and_depth_may_be_absent(tmp_path):
    scene = load_replica(write_frames(tmp_path / "f", rgb=False, depth=False))
    assert scene.rgb is None and scene.depth is None and scene.instances is None and scene.far == 10


def write_instances(path, dtype, size=(6, 11), n=N):
    """Frame i is all of object i + 1."""
    (path / "semantic_instance").mkdir()
    for i in range(n):
        Image.fromarray(np.full(size, i + 1, dtype=dtype)).save(path / f"semantic_instance/semantic_instance_{i}.png")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_object_ids_of_8_or_16_bits(frames, dtype):
    write_instances(frames, dtype)
    (frames / "semantic_instance/vis_sem_instance_0.png").write_bytes(b"a picture that Semantic-NeRF adds")
    scene = load_replica(frames)
    assert scene.instances.dtype == np.uint16
    assert (scene.instances == np.arange(1, N + 1)[:, None, None]).all()


def test_object_ids_beyond_8_bits_survive(small_room, tmp_path):
    instances = small_room.instances.copy()
    instances[0, 0, 0] = 65535
    save_replica(replace(small_room, instances=instances), tmp_path / "many")
    np.testing.assert_array_equal(load_replica(tmp_path / "many").instances, instances)


def test_a_scene_without_instances_is_saved_without(small_room, tmp_path):
    save_replica(replace(small_room, instances=None), tmp_path / "none")
    assert not (tmp_path / "none" / "semantic_instance").exists()
    assert load_replica(tmp_path / "none").instances is None


def instance(i=3):
    return f"semantic_instance/semantic_instance_{i}.png"


BAD_INSTANCES = {
    "missing": (lambda p: (p / instance()).unlink(), r"instance_3\.png.*missing"),
    "extra": (lambda p: repaint(p, instance(N), GREY), r"instance_7\.png.*no pose"),
    "twice": (lambda p: repaint(p, "semantic_instance/semantic_instance_03.png", GREY), "second file of frame 3"),
    "another size": (lambda p: repaint(p, instance(), GREY[:5]), r"instance_3\.png.*11x5 pixels.*expected 11x6"),
    "a first frame of another size": (lambda p: repaint(p, instance(0), GREY[:5]), r"instance_0\.png.*expected 11x6"),
    "colours": (lambda p: repaint(p, instance(), np.stack([GREY] * 3, -1)), r"instance_3\.png.*mode RGB.*object ids"),
    "cut short": (lambda p: cut(p, instance()), r"instance_3\.png.*(damaged|no image)"),
    "text": (lambda p: (p / instance()).write_text("text"), r"instance_3\.png.*no image.*object ids"),
    "no file at all": (
        lambda p: [f.unlink() for f in (p / "semantic_instance").iterdir()],
        r"instance_0\.png.*missing",
    ),
}


@pytest.mark.parametrize("harm, message", BAD_INSTANCES.values(), ids=BAD_INSTANCES.keys())
def test_bad_object_ids_are_one_clear_line(frames, harm, message):
    write_instances(frames, np.uint16)
    harm(frames)
    with pytest.raises(SemnerfError, match=message) as caught:
        load_replica(frames)
    assert "\n" not in str(caught.value)


def test_hfov_is_90_unless_intrinsics_say_otherwise(frames):
    assert load_replica(frames).intrinsics == Intrinsics.from_hfov(11, 6)
    camera = {"width": 11, "height": 6, "fx": 8, "fy": 7.5, "cx": 5, "cy": 2.5, "depth_scale": 500}
    (frames / "intrinsics.json").write_text(json.dumps(camera))
    scene = load_replica(frames)
    assert scene.intrinsics == Intrinsics(11, 6, 8.0, 7.5, 5.0, 2.5)
    assert scene.depth[0, 0, 0] == 2


def test_names_are_found_where_p2_keeps_them(tmp_path):
    path = write_frames(tmp_path / "room_0" / "Sequence_1")
    (tmp_path / "semantic_info" / "room_0").mkdir(parents=True)
    (path / "info_semantic.json").rename(tmp_path / "semantic_info" / "room_0" / "info_semantic.json")
    assert load_replica(path).class_names == ("floor", "lamp", "wall")


def test_label_images_with_a_palette_hold_ids(frames):
    file = frames / "semantic_class/semantic_class_0.png"
    image = Image.open(file)
    before, image = np.asarray(image), image.copy()
    image.putpalette([i // 3 for i in range(768)])
    image.save(file)
    assert Image.open(file).mode == "P" and (np.asarray(Image.open(file)) == before).all()
    assert load_replica(frames).class_names == ("floor", "lamp", "wall")


def test_round_trip(small_room, tmp_path):
    save_replica(small_room, tmp_path / "deep" / "er")
    scene = load_replica(tmp_path / "deep" / "er")
    present = small_room.present_classes
    assert scene.class_names == tuple(small_room.class_names[i] for i in present)
    back = np.full(256, VOID, dtype=np.uint8)
    back[: len(present)] = present
    np.testing.assert_array_equal(back[scene.labels], small_room.labels)
    np.testing.assert_array_equal(scene.rgb, small_room.rgb)
    np.testing.assert_array_equal(scene.instances, small_room.instances)
    np.testing.assert_array_equal(scene.c2w, small_room.c2w)
    np.testing.assert_allclose(scene.depth, small_room.depth, atol=6e-4)
    for key in ("intrinsics", "train_ids", "test_ids", "near", "far"):
        assert getattr(scene, key) == getattr(small_room, key)
    np.testing.assert_array_equal(scene.bounds, small_room.bounds)


def test_saving_overwrites_nothing(small_room, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "thesis.txt").write_text("years")
    (tmp_path / "file").write_text("text")
    for name in ("there", "file", "file/below"):
        with pytest.raises(SemnerfError, match=r"file|there"):
            save_replica(small_room, tmp_path / name)
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != "cache") == ["file", "there"]
    assert (tmp_path / "there" / "thesis.txt").read_text() == "years" and (tmp_path / "file").read_text() == "text"


def test_a_full_disk_leaves_nothing(small_room, tmp_path, monkeypatch):
    def full(self, *args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(SemnerfError, match="no room left on the disk"):
        save_replica(small_room, tmp_path / "new")
    assert not [p for p in tmp_path.iterdir() if p.name != "cache"]


def label(i=3):
    return f"semantic_class/semantic_class_{i}.png"


def rewrite(path, line, text):
    lines = (path / "traj_w_c.txt").read_text().splitlines()
    lines[line] = text
    (path / "traj_w_c.txt").write_text("\n".join(lines))


def repaint(path, file, array):
    Image.fromarray(array).save(path / file)


def palette_image(indices, *colours):
    image = Image.fromarray(np.asarray(indices, dtype=np.uint8), "P")
    image.putpalette([value for colour in colours for value in colour])
    return image


def renumber(path):
    """Two frames as palette images whose editor has numbered the same two colours in another order."""
    for i, colours in enumerate([((0, 0, 0), (9, 8, 7)), ((9, 8, 7), (0, 0, 0))]):
        upper = np.arange(len(GREY))[:, None] < 3
        palette_image(np.broadcast_to(upper ^ (i == 1), GREY.shape), *colours).save(path / label(i))


def cut(path, file, share=0.6):
    raw = (path / file).read_bytes()
    (path / file).write_bytes(raw[: int(len(raw) * share)])


def all_labels(path, array):
    for i in range(N):
        repaint(path, label(i), array)


def write_info(path, content):
    (path / "info_semantic.json").write_text(content if isinstance(content, str) else json.dumps(content))


GOOD = [{"id": i, "name": name} for i, name in NAMES.items()]
CAMERA = {"width": 11, "height": 6, "fx": 8, "fy": 8, "cx": 5, "cy": 2.5}
POSE = "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"
GREY = np.full((6, 11), 200, dtype=np.uint8)


def png_of_16_bits(kind):
    """A PNG of 11x6 pixels, RGB (2) or grey with alpha (4), of 16 bits a channel."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = (b"\0" + b"\0\x09" * 11 * (3 if kind == 2 else 2)) * 6
    head = struct.pack(">IIBBBBB", 11, 6, 16, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


BAD = {
    "missing frame": (
        lambda p: (p / label(3)).unlink(),
        r"semantic_class_3\.png.*missing.*from 0 to 6.*there are 6, semantic_class_0\.png to",
    ),
    "frames of another name": (
        lambda p: [f.rename(f.with_name(f"f{i}.png")) for i, f in enumerate((p / "semantic_class").iterdir())],
        r"class_0\.png: missing.*there is f0\.png",
    ),
    "labels of 16 bits a colour": (lambda p: (p / label()).write_bytes(png_of_16_bits(2)), "RGB of 16 bits"),
    "grey labels of 16 bits with alpha": (lambda p: (p / label()).write_bytes(png_of_16_bits(4)), "RGBA of 16 bits"),
    "labels in a TIFF by JPEG": (
        lambda p: Image.fromarray(GREY).save(p / label(), "tiff", compression="jpeg"),
        r"class_3\.png: jpeg changes ids",
    ),
    "labels of JPEG 2000": (
        lambda p: Image.fromarray(GREY).save(p / label(), "jpeg2000"),
        r"class_3\.png: JPEG2000 changes ids",
    ),
    "extra frame": (lambda p: repaint(p, label(N), GREY), r"semantic_class_7\.png.*no pose.*7 frames"),
    "missing rgb frame": (lambda p: (p / "rgb/rgb_2.png").unlink(), r"rgb_2\.png.*missing"),
    "missing depth frame": (lambda p: (p / "depth/depth_0.png").unlink(), r"depth_0\.png.*missing"),
    "missing pose": (lambda p: (p / "traj_w_c.txt").write_text(f"{POSE}\n" * 6), r"semantic_class_6\.png.*no pose"),
    "extra pose": (lambda p: (p / "traj_w_c.txt").write_text(f"{POSE}\n" * 8), r"semantic_class_7\.png.*missing"),
    "frame twice": (lambda p: repaint(p, "semantic_class/semantic_class_03.png", GREY), "second file of frame 3"),
    "no poses": (lambda p: (p / "traj_w_c.txt").write_text("\n"), r"traj_w_c\.txt.*no pose"),
    "no trajectory": (lambda p: (p / "traj_w_c.txt").unlink(), r"traj_w_c\.txt.*No such file.*expected"),
    "trajectory is no text": (lambda p: (p / "traj_w_c.txt").write_bytes(b"\xff\x00"), r"c\.txt.*no text in UTF-8"),
    "pose is sheared": (lambda p: rewrite(p, 2, POSE.replace("1 0 0 0 0", "1 .5 0 0 0")), "line 3.*no rotation"),
    "pose is a mirror": (lambda p: rewrite(p, 2, "-" + POSE), "line 3.*reflection"),
    "pose has a bad last row": (lambda p: rewrite(p, 0, POSE[:-1] + "2"), "line 1.*last row"),
    "pose is nan": (lambda p: rewrite(p, 1, POSE.replace("1 0 0 0 0", "1 0 0 nan 0")), "line 2.*NaN"),
    "pose of 15 numbers": (lambda p: rewrite(p, 4, POSE[:-2]), "line 5.*15 words.*16 numbers"),
    "pose of words": (lambda p: rewrite(p, 4, POSE.replace("1", "one")), "line 5.*16 numbers"),
    "empty line instead of a pose": (lambda p: rewrite(p, 4, ""), r"class_6\.png: no pose.*expected 6 frames"),
    "label of another size": (lambda p: repaint(p, label(), GREY[:5]), r"class_3\.png.*11x5 pixels.*expected 11x6"),
    "rgb of another size": (
        lambda p: repaint(p, "rgb/rgb_0.png", np.zeros((12, 22, 3), dtype=np.uint8)),
        r"rgb_0\.png.*22x12.*expected 11x6",
    ),
    "label is rgb": (lambda p: repaint(p, label(), np.stack([GREY] * 2 + [1 - GREY], -1)), r"3\.png.*mode RGB.*8-bit"),
    "label beyond 8 bits": (lambda p: repaint(p, label(), GREY.astype(np.uint16) + 300), r"class_3\.png: id 500.*255"),
    "label is below 0": (
        lambda p: Image.fromarray(GREY.astype(np.int32) - 300).save(p / label(), "tiff"),
        r"class_3\.png: id -\d+, expected 0",
    ),
    "palettes are numbered anew": (renumber, r"class_1\.png: index . is \(.*labelmap\.txt"),
    "label is JPEG inside": (lambda p: Image.fromarray(GREY).save(p / label(), "jpeg"), r"class_3\.png: JPEG changes"),
    "label is cut short": (lambda p: cut(p, label()), r"class_3\.png.*(damaged|no image)"),
    "label is empty": (lambda p: cut(p, label(), 0), r"class_3\.png.*no image"),
    "label is text": (lambda p: (p / label()).write_text("text"), r"class_3\.png.*no image"),
    "depth is 8-bit": (lambda p: repaint(p, "depth/depth_1.png", GREY), r"depth_1\.png.*mode L.*16-bit"),
    "rgb is grey": (lambda p: repaint(p, "rgb/rgb_1.png", GREY), r"rgb_1\.png.*mode L.*8-bit RGB"),
    "class without name": (lambda p: repaint(p, label(5), GREY - 100), r"class_5\.png.*class id 100 has no name"),
    "only void": (lambda p: all_labels(p, GREY * 0), "semantic_class.*no labelled pixel in 7 frames"),
    "one class": (lambda p: all_labels(p, GREY), r"only class id 200 \('wall'\)"),
    "no label folder": (lambda p: shutil.rmtree(p / "semantic_class"), "semantic_class: missing"),
    "no info": (lambda p: (p / "info_semantic.json").unlink(), r"info_semantic\.json: missing"),
    "info is no json": (lambda p: write_info(p, '{"classes": [{"id": 1,'), r"info_semantic\.json: no JSON \(.*line 1"),
    "info is a list": (lambda p: write_info(p, [1]), r"info_semantic\.json.*list.*JSON object"),
    "info has no classes": (lambda p: write_info(p, {"objects": []}), r"info_semantic\.json: damaged: 'classes'"),
    "info has empty classes": (lambda p: write_info(p, {"classes": []}), "'classes' is empty"),
    "info lacks a name": (lambda p: write_info(p, {"classes": [*GOOD, {"id": 5}]}), r"classes\[4\] has id 5"),
    "info has a text id": (
        lambda p: write_info(p, {"classes": [{"id": "5", "name": "x"}]}),
        r"classes\[0\] has id '5'",
    ),
    "info has two names": (lambda p: write_info(p, {"classes": [*GOOD, {"id": 3, "name": "x"}]}), "'chair' and 'x'"),
    "camera of another size": (
        lambda p: (p / "intrinsics.json").write_text(json.dumps(CAMERA | {"width": 12})),
        r"intrinsics\.json: 12x6 pixels, expected 11x6",
    ),
    "camera lacks fx": (
        lambda p: (p / "intrinsics.json").write_text(json.dumps(CAMERA | {"fx": None})),
        r"intrinsics\.json.*expected numbers",
    ),
    "camera with focal length 0": (
        lambda p: (p / "intrinsics.json").write_text(json.dumps(CAMERA | {"fx": 0})),
        r"intrinsics\.json: .*fx = 0",
    ),
    "camera is no json": (lambda p: (p / "intrinsics.json").write_text("fx = 8"), r"intrinsics\.json: no JSON"),
    "split of frames that are not": (
        lambda p: (p / "split.json").write_text(json.dumps({"train_ids": [0, 9], "test_ids": [1]})),
        r"split\.json.*0 \.\.\. 6",
    ),
    "split with a slip of the pen": (
        lambda p: (p / "split.json").write_text(json.dumps({"train_ids": [0], "test_ids": [1], "bound": 2})),
        r"split\.json: unknown key 'bound', expected some of train_ids, test_ids, near, far, bounds, unit",
    ),
    "camera with a lens": (
        lambda p: (p / "intrinsics.json").write_text(json.dumps(CAMERA | {"k1": 0.2})),
        r"intrinsics\.json: lens distortion \(k1 0\.2\)",
    ),
    "camera with a list of a lens": (
        lambda p: (p / "intrinsics.json").write_text(json.dumps(CAMERA | {"distortion": [0, 0.1]})),
        r"intrinsics\.json: lens distortion \(distortion ",
    ),
    "depth is a file": (
        lambda p: (shutil.rmtree(p / "depth"), (p / "depth").write_text("x")),
        "depth: no folder, expected one of images",
    ),
    "rgb leads nowhere": (
        lambda p: (shutil.rmtree(p / "rgb"), (p / "rgb").symlink_to("nowhere")),
        "rgb: no folder, expected one of images",
    ),
    "info is a folder": (
        lambda p: ((p / "info_semantic.json").unlink(), (p / "info_semantic.json").mkdir()),
        r"info_semantic\.json: no regular file",
    ),
    "a key twice": (
        lambda p: write_info(p, '{"classes": [], "classes": [{"id": 1, "name": "x"}]}'),
        r"info_semantic\.json: no JSON \(the key 'classes' is there twice\)",
    ),
    "a name as long as a page": (
        lambda p: write_info(p, {"classes": [c | {"name": c["name"] + "x" * 200} for c in GOOD]}),
        "expected printable text of 1 to 200",
    ),
    "poses with holes": (lambda p: os.truncate(p / "traj_w_c.txt", 1 << 27), r"traj_w_c\.txt: 134217728 bytes"),
    "split that overlaps": (
        lambda p: (p / "split.json").write_text(json.dumps({"train_ids": [0, 1], "test_ids": [1]})),
        "twice",
    ),
}


@pytest.mark.parametrize("harm, message", BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_clear_line(frames, harm, message):
    harm(frames)
    with pytest.raises(SemnerfError, match=message) as caught:
        load_replica(frames)
    assert "\n" not in str(caught.value) and "frames" in str(caught.value)


def test_too_few_frames_to_hold_one_out(tmp_path):
    with pytest.raises(SemnerfError, match="0 test frames"):
        load_replica(write_frames(tmp_path / "f", n=3))


def test_no_such_folder(tmp_path):
    with pytest.raises(SemnerfError, match="no such folder"):
        load_replica(tmp_path / "nowhere")


def test_label_254_can_be_saved(small_room, tmp_path):
    labels = small_room.labels.copy()
    labels[0, 0, 0] = 254
    names = tuple(f"class {i}" for i in range(255))
    save_replica(replace(small_room, labels=labels, class_names=names), tmp_path / "many")
    assert load_replica(tmp_path / "many").class_names[-1] == "class 254"


REAL = {
    "replica_apartment_0_dining_living": (187, 39),
    "replica_apartment_0_bedroom_b": (48, 22),
    "small_house_living": (150, 28),
}


@pytest.mark.parametrize("name", REAL)
def test_real_frames(real_data, name):
    n_frames, n_classes = REAL[name]
    scene = load_replica(real_data / name)
    assert (scene.n_frames, scene.n_classes) == (n_frames, n_classes)
    assert scene.test_ids == tuple(range(4, n_frames, 5)) and scene.rgb is not None and scene.depth is not None
    assert {"wall", "floor"} <= set(scene.class_names)


@pytest.mark.parametrize("name", REAL)
def test_real_objects_have_one_class_each(real_data, name):
    scene = load_replica(real_data / name)
    if scene.instances is None:
        pytest.skip("no object ids")
    pairs = np.unique(scene.instances.astype(np.int64) * 256 + scene.labels)
    ids = pairs[pairs >= 256] // 256
    assert len(ids) == len(np.unique(ids)) > 20


@pytest.mark.parametrize("name", REAL)
def test_real_labels_agree_when_carried_by_depth_into_the_next_frame(real_data, name):
    """Poses, axes and depth are right: labels reprojected from frame to frame agree where the point is visible."""
    import torch

    from semnerf_lib.cameras import project, unproject

    scene = load_replica(real_data / name)
    same = total = 0
    for i in range(0, scene.n_frames - 1, 7):
        a, b = torch.tensor(scene.c2w[i]).float(), torch.tensor(scene.c2w[i + 1]).float()
        points = unproject(torch.tensor(scene.depth[i]), scene.intrinsics, a)
        u, v, z = (x.numpy() for x in project(points, scene.intrinsics, b))
        col, row = np.nan_to_num(u).round().astype(int), np.nan_to_num(v).round().astype(int)
        inside = (z > 0.1) & (col >= 0) & (col < scene.intrinsics.width) & (row >= 0) & (row < scene.intrinsics.height)
        inside &= (scene.depth[i] > 0) & (scene.labels[i] != VOID)
        there = scene.labels[i + 1][row[inside], col[inside]]
        visible = np.abs(scene.depth[i + 1][row[inside], col[inside]] - z[inside]) < 0.1
        same += (there == scene.labels[i][inside])[visible].sum()
        total += visible.sum()
    assert total > 1000 and same / total > 0.95
