"""JSON from strangers: a value, or one line."""

from __future__ import annotations

import json
import os

import pytest

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine import jsons
from semnerf_lib.machine.jsons import decimal, integer, is_number, numbers, read_json


def test_reads_a_value_behind_a_byte_order_mark(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": [1, 2.5]}')
    assert read_json(path) == {"a": [1, 2.5]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "nested too deeply"),
        ("[" * 501 + "]" * 501, "nested too deeply"),
        ('{"a\\"[": ' * 501 + "0" + "}" * 501, "nested too deeply"),
        ('"[' * 501, "no JSON"),
        ('"' + '\\"' * 2_000_000 + "[" * 501, "no JSON"),
        ('{"a": NaN}', "NaN is no JSON number"),
        ('{"a": 1e400}', "beyond any float"),
        ('{"a": ' + "1" * 4000 + "}", "4000 digits"),
        ("[]", "expected a JSON object"),
        ('{"a": "\\ud800"}', "surrogates not allowed"),
        ('{"a": {"b": 1, "b": 2}}', "the key 'b' is there twice"),
        ("{", "no JSON"),
    ],
)
def test_bad_json_is_one_line(tmp_path, text, words):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(SemnerfError, match=words) as caught:
        read_json(path)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_what_lies_beside_each_other_or_in_text_is_not_deep(tmp_path):
    path = tmp_path / "a.json"
    value = {"flat": [[]] * 2000, "text": '[{"\\' * 2000, "deep": json.loads("[" * 499 + "]" * 499)}
    path.write_text(json.dumps(value))
    assert read_json(path) == value


def test_only_regular_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(SemnerfError, match="no regular file"):
        read_json(tmp_path / "fifo")
    (tmp_path / "holes").touch()
    os.truncate(tmp_path / "holes", 1 << 40)
    with pytest.raises(SemnerfError, match="holes: 1099511627776 bytes, expected at most"):
        read_json(tmp_path / "holes")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(SemnerfError, match="No such file"):
        read_json(tmp_path / "link")


def test_nan_where_it_is_asked_for(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"a": NaN}')
    assert not is_number(read_json(path, nan=True)["a"])


def test_true_is_no_number():
    assert is_number(1) and is_number(0.5) and not is_number(True) and not is_number("1")


@pytest.mark.parametrize("word", ["1_0", "\u0661", "0x10", "", "x"])
def test_words_that_only_python_reads_as_numbers_are_none(word):
    with pytest.raises(ValueError):
        jsons.decimal(word)
    assert jsons.decimal("-1.5e3") == -1500


@pytest.mark.parametrize(
    "value", [None, [], {"a": 1}, {"a": True, "b": "x"}, {"a": float("nan"), "b": "x"}, {"a": 1, "b": 2}]
)
def test_objects_of_other_keys_or_types(value):
    kinds = {"a": (int, float), "b": str}
    assert not jsons.of_kinds(value, kinds) and jsons.of_kinds({"a": 1, "b": "x", "c": None}, kinds)


@pytest.mark.parametrize("word", ["1e400", "-" + "9" * 400, "1e-5x"])
def test_a_number_beyond_any_float_is_no_infinity(word):
    with pytest.raises(ValueError):
        decimal(word)
    assert decimal("-inf") == -float("inf")


@pytest.mark.parametrize("word", ["1_0", "\u0661", "1.0", "", "0x1", "9" * 400])
def test_words_that_are_no_whole_numbers(word):
    with pytest.raises(ValueError):
        integer(word)
    assert integer(" -12") == -12


@pytest.mark.parametrize("value", [["1", 2], [True, 2], [None, 2], [[1], [2, 3]], {"a": 1}, None, [1, 2, 3]])
def test_lists_that_are_no_numbers(value):
    with pytest.raises(ValueError):
        numbers(value, 2)
    assert numbers([[1, 2.5], [3, 4]], 4).tolist() == [1, 2.5, 3, 4]
