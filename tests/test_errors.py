"""Messages: one line that is safe to print, whatever they quote."""

from __future__ import annotations

from semnerf_lib.errors import MAX_LENGTH, SemnerfError


def test_what_cannot_be_printed_is_escaped():
    text = str(SemnerfError("a\nb\x1b[2J\udcff\u202e: café, expected —"))
    assert text == "a\\nb\\x1b[2J\\udcff\\u202e: café, expected —"
    assert text.isprintable()


def test_a_long_value_loses_its_middle():
    text = str(SemnerfError(f"file: {'9' * 100_000}"))
    assert text.startswith("file: 999") and " ... " in text and len(text) < MAX_LENGTH + 10
