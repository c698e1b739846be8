"""Arrays of npz files: known in size before they are read, refused in one line."""

from __future__ import annotations

import os
import struct
import zipfile

import numpy as np
import pytest

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.arrays import read_arrays


def test_arrays_come_back(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.arange(6).reshape(2, 3), b=np.float32(1))
    found = read_arrays(tmp_path / "a.npz", {"a": 48, "b": 4})
    assert found["a"].tolist() == [[0, 1, 2], [3, 4, 5]] and found["b"] == 1


def huge(path):
    head = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }".ljust(117) + "\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + head.encode())


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", b"\0" * 1_000_000)


def objects(path):
    with path.open("wb") as file:
        np.savez(file, a=np.array([{}]))


def without_header(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", b"no header")


def lzma(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.npy", b"\x93NUMPY")


@pytest.mark.parametrize(
    "write", [without_header, lzma, huge, bomb, objects, os.mkfifo, os.mkdir, lambda path: path.write_text("x")]
)
def test_what_is_no_npz_is_refused_in_one_line(tmp_path, write):
    write(tmp_path / "a.npz")
    with pytest.raises(SemnerfError, match="a.npz"):
        read_arrays(tmp_path / "a.npz", {"a": 1000})
