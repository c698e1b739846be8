"""files: what was there before survives any failure."""

from __future__ import annotations

import errno
import hashlib
import os
import pickle
import threading
import time

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import (
    Damaged,
    digest,
    kept_json,
    new_files,
    opened,
    read_json,
    sha256_of,
    write_aside,
    write_files,
    write_json,
)


def no_room(path):
    path.write_text("half")
    raise OSError(errno.ENOSPC, "No space left on device", str(path))


def no_room_for_safetensors(path):
    path.write_text("half")
    raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")


@pytest.mark.parametrize("write", [no_room, no_room_for_safetensors])
def test_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, write):
    path = tmp_path / "a.json"
    write_json(path, {"old": 1})
    with pytest.raises(SemnerfError, match="no room left on the disk") as caught:
        write_aside(path, write)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
    assert read_json(path) == {"old": 1} and [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_full_disk_takes_the_new_files_of_a_command_back(tmp_path):
    old, new, beyond = (tmp_path / name for name in ("old", "new", "a/beyond"))
    old.write_bytes(b"before")
    (tmp_path / "a").write_text("a file, where a folder is wanted")
    with pytest.raises(SemnerfError, match="beyond"):
        write_files({old: b"replaced", new: b"first", beyond: b"never"})
    assert old.read_bytes() == b"replaced" and not new.exists()
    with pytest.raises(KeyboardInterrupt), new_files() as written:
        write_json(new, 1)
        written.append(new)
        raise KeyboardInterrupt
    assert not new.exists()


@pytest.mark.parametrize("fault", [OSError(errno.EACCES, "Permission denied"), SafetensorError("invalid")])
def test_other_faults_are_one_line_too(tmp_path, fault):
    def write(path):
        raise fault

    with pytest.raises(SemnerfError, match="cannot be written"):
        write_aside(tmp_path / "a", write)


def test_a_programmers_mistake_is_no_users_error(tmp_path):
    def write(path):
        path.write_text("half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_aside(tmp_path / "a", write)
    assert not list(tmp_path.iterdir())


def test_folder_that_is_a_file(tmp_path):
    (tmp_path / "results").write_text("")
    with pytest.raises(SemnerfError, match="cannot be written"):
        write_json(tmp_path / "results" / "a.json", 1)


def test_kill_before_the_rename_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write_json(path, "old")

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write_json(path, "new")
    assert read_json(path) == "old"


def test_what_a_kill_left_goes_an_hour_later_and_nothing_else(tmp_path):
    left = tmp_path / ".a[1].json.0123456789abcdef.aside"
    fresh, others = tmp_path / ".a[1].json.1123456789abcdef.aside", tmp_path / ".b.json.2123456789abcdef.aside"
    for path in (left, fresh, others):
        path.write_text("half")
    for path in (left, others):
        os.utime(path, (time.time() - 7200,) * 2)
    write_json(tmp_path / "a[1].json", 1)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([fresh.name, others.name, "a[1].json"])


def test_json_comes_back_and_folders_are_made(tmp_path):
    path = tmp_path / "a" / "b" / "c.json"
    write_json(path, {"x": [1, 2.5, None]})
    assert read_json(path) == {"x": [1, 2.5, None]} and path.read_text().endswith("\n")


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff\xfe"])
def test_no_json_raises_one_line(tmp_path, content):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SemnerfError, match="expected a JSON file") as caught:
        read_json(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc" * 10**5)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"abc" * 10**5).hexdigest()


def test_digest_sees_names_values_and_nothing_else():
    a = {"x": torch.arange(6.0).view(2, 3), "n": torch.tensor(3.0)}
    assert digest(a) == digest(dict(reversed(a.items())))
    assert digest(a) == digest(a | {"x": a["x"].T.contiguous().T})
    assert len({digest(a), digest(a | {"n": torch.tensor(4.0)}), digest({"y": a["x"], "n": a["n"]})}) == 3


def test_pickles_are_not_opened(tmp_path):
    torch.save({"a": torch.zeros(2)}, tmp_path / "a.pt")
    (tmp_path / "b.pkl").write_bytes(pickle.dumps(np.zeros(2)))
    save_file({"a": torch.ones(2)}, tmp_path / "c.safetensors")
    for name in ("a.pt", "b.pkl"):
        with pytest.raises(SemnerfError, match="damaged or cut short"), opened(tmp_path / name):
            pass
    with opened(tmp_path / "c.safetensors") as file:
        assert torch.equal(file.get_tensor("a"), torch.ones(2))


def test_a_file_that_is_written_follows_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_aside(tmp_path / "a.safetensors", lambda aside: save_file({"a": torch.ones(2)}, aside))
    finally:
        os.umask(before)
    assert (tmp_path / "a.safetensors").stat().st_mode & 0o777 == 0o640


def test_writers_with_one_pid_do_not_tear_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getpid", lambda: 1)
    path, faults = tmp_path / "a.json", []

    def write(value):
        try:
            for _ in range(50):
                write_json(path, value * 1000)
                assert set(read_json(path)) in ({"a"}, {"b"})
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=write, args=(value,)) for value in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults and [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_file_and_folder_are_synced_before_and_after_the_rename(tmp_path, monkeypatch):
    done, sync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: done.append(os.readlink(f"/proc/self/fd/{fd}")) or sync(fd))
    monkeypatch.setattr(os, "replace", lambda a, b: done.append("renamed") or replace(a, b))
    write_json(tmp_path / "a.json", 1)
    assert [name.rsplit("/", 1)[-1].split(".")[-1] for name in done] == ["aside", "renamed", tmp_path.name]


def test_no_file_is_damaged_because_descriptors_are_short(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write_json(path, 1)

    def short(*_, **__):
        raise OSError(errno.EMFILE, "Too many open files", str(path))

    with monkeypatch.context() as patch, pytest.raises(SemnerfError, match="Too many open files") as caught:
        patch.setattr(type(path), "read_bytes", short)
        read_json(path)
    assert not isinstance(caught.value, Damaged)
    path.write_text("[" * 100_000)
    with pytest.raises(Damaged, match="nested too deeply"):
        read_json(path)


def test_a_value_is_made_once_and_again_if_its_file_is_damaged_or_refused(tmp_path):
    path, made = tmp_path / "kept" / "a.json", []

    def make():
        made.append(1)
        return {"n": len(made)}

    def check(value):
        if value["n"] > 2:
            raise SemnerfError("too large")

    def kept():
        return kept_json(path, check, make)["n"]

    assert [kept(), kept()] == [1, 1]
    for damage in ("{", '{"n": 7}', '{"m": 1}', "[]", '{"n": "1"}'):
        path.write_text(damage)
        before = len(made)
        assert kept() == before + 1 == read_json(path)["n"], damage
        path.write_text('{"n": 1}')
        assert kept() == 1
