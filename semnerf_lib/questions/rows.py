"""The rows of an answer, one a run: which of them, what they differ by, and what they must hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from semnerf_lib.config import Supervision
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import is_number, of_kinds
from semnerf_lib.study.verdicts import PairedComparison, compare_seeds

Row = dict[str, Any]
NUMBERS = ("a number", "a list of numbers", "a list of lists of numbers", "three levels of lists of numbers")
"""By how deep the lists are nested."""


def select(rows: Sequence[Row], **wanted: Any) -> list[Row]:
    """The rows that have these values."""
    return [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]


def gap(rows: Sequence[Row], others: Sequence[Row], key: str) -> PairedComparison:
    """The paired difference of a share between two groups of rows, in points.

    Rows are paired by supervision and seed; the interval is `verdicts.compare_seeds`'s.
    """
    by_pair = [{(row["supervision"], row["seed"]): 100 * row[key] for row in group} for group in (rows, others)]
    pairs = sorted(by_pair[0].keys() & by_pair[1].keys())
    return compare_seeds(*([group[pair] for pair in pairs] for group in by_pair), margin=0)


def difference(rows: Sequence[Row], others: Sequence[Row], key: str, words: tuple[str, str]) -> str:
    """What `gap` finds, as "+3.2 points (+1.3 to +5.0, n = 3): higher".

    Args:
        words: for a difference above 0 and below.
    """
    return _in_words(gap(rows, others, key), words)


def supervision_gap(groups: Sequence[Sequence[Row]], key: str) -> PairedComparison:
    """Scores from labels alone minus those from labels + RGB, in points or centimetres.

    Args:
        groups: of rows. Each gives one difference, the mean over its seeds.
    """
    means = ([100 * mean_of(select(some, supervision=one), key) for some in groups] for one in ("labels", "labels+rgb"))
    return compare_seeds(*means, margin=0)


def supervision_gaps(groups: Sequence[Sequence[Row]], of: str) -> str:
    """mIoU and depth error from labels alone minus those from labels + RGB, in words as `difference` has them.

    Args:
        groups: as of `supervision_gap`.
        of: what a group is, as "scenes".
    """
    parts = []
    for key, title, unit in (("miou", "mIoU", "points"), ("depth_mae", "depth error", "cm")):
        found = _in_words(supervision_gap(groups, key), ("higher", "lower"), unit)
        parts.append(f"{title} {found.replace('seeds', of)}")
    return ", ".join(parts)


def _in_words(d: PairedComparison, words: tuple[str, str], unit: str = "points") -> str:
    interval = f"{d.mean:+.1f} {unit} ({d.low:+.1f} to {d.high:+.1f}, n = {len(d.differences)})".replace("-", "−")
    return f"{interval}: {d.conclusion(*words)}"


def mean_of(rows: Sequence[Row], key: str) -> float:
    """The mean of a number over rows."""
    return sum(row[key] for row in rows) / len(rows)


def check_rows(path: Path, rows: Sequence[Any], like: Sequence[Row] = ()) -> None:
    """Raises SemnerfError unless each row has what every row has, and numbers, texts or lists of numbers beside it.

    Args:
        path: of the file, for messages.
        like: rows of the same question: what all of them have, each row must have, and of the same kind; what none
            of them leaves unknown must be known.
    """
    kinds = {key: "a number" for row in like for key in row}  # as of what is unknown in all rows
    kinds |= {key: kind_of(value) for row in like for key, value in row.items() if value is not None}
    wanted = set.intersection(*map(set, like)) if like else set()
    always = {key for key in wanted if all(row[key] is not None for row in like)}
    for row in rows:
        if not of_kinds(row, {"run": str, "supervision": str, "seed": int, "seconds": (int, float)}):
            raise SemnerfError(f"{path}: rows, expected run, supervision, seed and seconds in each")
        if row["supervision"] not in get_args(Supervision) or row["seed"] < 0 or row["seconds"] < 0:
            raise SemnerfError(f"{path}: run {row['run'][:60]}: supervision, seed or seconds, expected those of a run")
        if missing := wanted - row.keys():
            raise SemnerfError(f"{path}: run {row['run'][:60]}: no {min(missing)!r}, expected it for each run")
        for key, value in row.items():
            if value is None and key in always:
                raise SemnerfError(f"{path}: run {row['run'][:60]}: {key[:60]!r} is unknown, expected {kinds[key]}")
            if value is None:
                continue
            kind = kind_of(value)
            if kind is None or kind != kinds.get(key, kind):
                expected = kinds.get(key, "a number, a text or a list of numbers")
                raise SemnerfError(
                    f"{path}: run {row['run'][:60]}: {key[:60]!r} is {str(value)[:20]!r}, expected {expected}"
                )


def kind_of(value: Any, depth: int = 0) -> str | None:
    """What a value of a row is, in words; None for what no row holds, as lists nested more than three deep.

    >>> kind_of(0.5), kind_of([[1, 2.5]]), kind_of([True]), kind_of([1, []])
    ('a number', 'a list of lists of numbers', None, None)
    """
    if isinstance(value, list) and depth < len(NUMBERS) - 1:
        kinds = {kind_of(item, depth + 1) for item in value}
        kind = kinds.pop() if len(kinds) == 1 else None
        return NUMBERS[NUMBERS.index(kind) + 1] if kind in NUMBERS else None
    if isinstance(value, str):
        return "a text"
    return "a number" if is_number(value) else None
