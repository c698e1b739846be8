"""Differences and counts in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from semnerf_lib.study.verdicts import PairedComparison


def listed(items: Sequence[str]) -> str:
    """Items as a sentence has them.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([*([", ".join(items[:-1])] if items[1:] else []), *items[-1:]])


def span(numbers: Sequence[float], pattern: str = "{:.0f}") -> str:
    """The least and the largest of some numbers.

    >>> span([2, 0, 4]), span([6, 6])
    ('0 to 4', '6')
    """
    return " to ".join(dict.fromkeys(pattern.format(end) for end in (min(numbers), max(numbers))))


def told(
    pattern: str,
    gaps: Mapping[str, PairedComparison],
    words: tuple[str, str],
    of: str = "seeds",
    unit: str = "points",
) -> str:
    """A sentence for what is more, one for what is less, and one for what cannot be told.

    Such as "mIoU is lower with more classes (−15.8 points). For size the seeds cannot tell."

    Args:
        pattern: of the first sentences, as "mIoU is {word} with {names}".
        gaps: by name.
        words: for a difference above 0 and below.
        of: what was repeated.
        unit: of the differences.
    """
    by_word: dict[str, list[str]] = {}
    for name, found in gaps.items():
        word = found.conclusion(*words)
        points = f" ({found.mean:+.1f} {unit})".replace("-", "−") if word in words else ""
        by_word.setdefault(word, []).append(name + points)
    known = [f"{pattern.format(word=word, names=listed(by_word[word]))}." for word in words if word in by_word]
    open_ = [f"For {listed(names)} the {of} cannot tell." for word, names in by_word.items() if word not in words]
    return " ".join([*known, *open_])
