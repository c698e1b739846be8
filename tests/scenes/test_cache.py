"""The cache of rendered frames."""

from __future__ import annotations

import numpy as np
import pytest

from semnerf_lib.scenes.cache import cache_dir, cached_arrays
from semnerf_lib.scenes.loading import room_scene


def make():
    make.calls += 1
    return {"a": np.arange(6).reshape(2, 3)}


@pytest.fixture(autouse=True)
def count_from_zero():
    make.calls = 0


def get(parameters=(1,), shape=(2, 3), cache=True):
    return cached_arrays("thing", parameters, {"a": shape}, make, cache)["a"].tolist()


def test_second_time_comes_from_the_file():
    assert get() == get() == [[0, 1, 2], [3, 4, 5]]
    assert make.calls == 1 and [p.suffix for p in cache_dir().iterdir()] == [".npz"]


def test_other_parameters_are_another_file():
    get((1,)), get((2,))
    assert make.calls == 2 and len(list(cache_dir().iterdir())) == 2


def test_nothing_is_kept_where_nobody_asks():
    get(cache=False)
    assert not cache_dir().exists()


@pytest.mark.parametrize("harm", ["cut", "noise", "pickle", "shape", "missing"])
def test_a_damaged_file_is_made_anew_with_a_line(harm, capsys):
    get()
    (file,) = cache_dir().iterdir()
    if harm == "cut":
        file.write_bytes(file.read_bytes()[:-40])
    elif harm == "noise":
        file.write_bytes(b"no archive")
    elif harm == "pickle":
        np.savez(file, a=np.array([{}], dtype=object))
    elif harm == "shape":
        np.savez(file, a=np.zeros(3))
    else:
        np.savez(file, b=np.zeros((2, 3)))
    assert get() == [[0, 1, 2], [3, 4, 5]] and make.calls == 2
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1 and str(file) in shown and "damaged" in shown
    get()
    assert make.calls == 2


def test_a_cache_that_cannot_be_written_costs_a_line_only(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SEMNERF_CACHE", str(tmp_path / "file" / "below"))
    assert get() == [[0, 1, 2], [3, 4, 5]]
    assert "not kept" in capsys.readouterr().err


def test_a_write_that_fails_leaves_nothing(monkeypatch):
    def full(*args, **arrays):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    get()
    assert list(cache_dir().iterdir()) == []


def test_the_room_is_the_same_from_the_cache():
    first, second = (room_scene(12, 9, every=90) for _ in range(2))
    assert first.digest == second.digest and len(list(cache_dir().iterdir())) == 1
