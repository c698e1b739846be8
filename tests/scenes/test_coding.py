"""The coding of a source: written, read back, cut, and refused where it is damaged."""

from __future__ import annotations

import json

import pytest

from semnerf_lib.cameras import Intrinsics
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scenes.coding import FILE_NAME, CodedFrame, Coding, read_coding, write_coding

CAMERA = Intrinsics(8, 6, 4.0, 4.0, 3.5, 2.5)
CODING = Coding(
    "scannet",
    "/scans/one",
    "I;16",
    (7, 300),
    0,
    (CodedFrame("a.png", CAMERA), CodedFrame("b.png", CAMERA)),
    unit=1000.0,
)


def test_round_trip(tmp_path):
    assert read_coding(tmp_path) is None
    write_coding(CODING, tmp_path)
    assert read_coding(tmp_path) == CODING


def test_part():
    part = CODING.part([1], [1])
    assert part.ids == (300,) and [f.file for f in part.frames] == ["b.png"]


@pytest.mark.parametrize(
    ("key", "value"),
    [("ids", [1.5]), ("unit", 0), ("unit", "1"), ("mode", "CMYK"), ("axes", 3), ("frames", [{}]), ("frames", None)],
)
def test_damage_is_one_line(tmp_path, key, value):
    write_coding(CODING, tmp_path)
    path = tmp_path / FILE_NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(SemnerfError, match=FILE_NAME) as caught:
        read_coding(tmp_path)
    assert "\n" not in str(caught.value)
