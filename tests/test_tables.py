"""tables.py: numbers, durations and tables as text."""

from __future__ import annotations

import pytest

from semnerf_lib import tables
from semnerf_lib.errors import SemnerfError


def test_table_aligns_formats_and_escapes():
    made = tables.table(
        [{"model": "a<b", "mIoU": 0.51234, "n": 12345}, {"model": "c", "mIoU": None, "n": 2}], "caption"
    )
    assert "0.5123" in repr(made) and "12,345" in repr(made) and "–" in repr(made)
    assert "a&lt;b" in made._repr_html_() and "<caption>caption</caption>" in made._repr_html_()
    with pytest.raises(SemnerfError, match="no row"):
        tables.table([])


def test_spread_carries_mean_deviation_and_count():
    assert tables.spread([0.5, 0.7, None]) == "0.600 ± 0.141 (n = 2)"
    assert tables.spread([0.5]) == "0.500 ± – (n = 1)"
    assert tables.spread([]) == tables.spread([None]) == "–"


def test_spread_without_a_count_hides_no_missing_value():
    assert tables.spread([0.5, 0.7], 2, count=False) == "0.60 ± 0.14"
    assert tables.spread([0.5], count=False) == "0.500"
    assert tables.spread([], count=False) == tables.spread([None, 1.0], count=False) == "–"


def test_number_has_so_many_decimals():
    assert [tables.number(1234.567, 1), tables.number(0.5), tables.number(None)] == ["1,234.6", "0.500", "–"]


def test_median_is_not_moved_by_an_outlier():
    assert tables.median_range([30.2, 31.0, 78.9], 1) == "31.0 (30.2 to 78.9)"
    assert (tables.median_range([0.5], 2), tables.median_range([], 2)) == ("0.50", "–")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (0, "0 s"),
        (4.24, "4.2 s"),
        (40, "40 s"),
        (59.94, "59.9 s"),
        (59.97, "1 min"),
        (61.2, "1 min 1 s"),
        (3599.6, "1 h"),
        (4000, "1 h 7 min"),
        (86_380, "1 d"),
        (400_000, "4 d 15 h"),
    ],
)
def test_duration_has_at_most_two_units(seconds, words):
    assert tables.duration(seconds) == words


def test_aligned_lines_have_one_width():
    assert tables.aligned([("a", "1"), ("bc", "23")], [False, True]) == ["a    1", "bc  23"]
