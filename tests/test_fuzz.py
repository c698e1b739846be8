"""The fuzzer: a short pass over every door, and that it tells right from wrong."""

from __future__ import annotations

import json
from collections import Counter
from random import Random

import pytest
from fuzz.door import Door
from fuzz.drive import OUTCOMES, Drive, shares, table
from fuzz.mutations import mutate
from fuzz.worker import attempt

from semnerf_lib.errors import SemnerfError

SHORT = 160
"""Mutations of the short pass; `make fuzz` makes 20,000."""


def test_no_door_gives_way(tmp_path):
    wrong = []
    with Drive(tmp_path) as drive:
        for name, count in shares(SHORT).items():
            found = drive.door(name, "short", range(count))
            wrong += [(name, outcome) for outcome in OUTCOMES[3:] if found[outcome]]
    kept = [json.loads(path.read_text()) for path in tmp_path.glob("*/outcome.json")]
    assert not wrong, "\n".join(f"{facts['again']}: {facts['mutation']}: {facts['detail']}" for facts in kept)


def door(read, **more) -> Door:
    return Door("a door", lambda folder: None, ("*",), read, **more)


def raiser(fault):
    def read(folder):
        raise fault

    return read


@pytest.mark.parametrize(
    ("read", "more", "legal", "outcome"),
    [
        (lambda folder: 1, {}, False, "same"),
        (lambda folder: 2, {}, True, "other"),
        (lambda folder: 2, {}, False, "wrong"),
        (lambda folder: 2, {"sealed": True}, None, "wrong"),
        (lambda folder: 2, {"fault": lambda value: "two"}, None, "wrong"),
        (lambda folder: {}, {"mends": True}, False, "same"),
        (raiser(SemnerfError("a: 1, expected 2")), {}, None, "refused"),
        (raiser(KeyError("a")), {}, None, "traceback"),
        (raiser(SemnerfError("")), {}, None, "traceback"),
    ],
)
def test_outcomes(tmp_path, read, more, legal, outcome):
    from fuzz.door import parts

    assert attempt(door(read, **more), tmp_path, parts(1), "a change", legal).outcome == outcome


def test_a_mutation_is_drawn_again_from_its_numbers(tmp_path):
    texts = []
    for _ in range(2):
        path = tmp_path / "a.json"
        path.write_text('{"a": [1, 2.5, "x"], "b": {"c": null}}')
        names = [mutate(path, Random("0 a door 7")) for _ in range(1)]
        texts.append((names, path.read_bytes() if path.is_file() else None))
    assert texts[0] == texts[1]


def test_the_table_counts_all():
    text = table({"a": Counter(same=2, wrong=1), "b": Counter(refused=3)})
    assert text.splitlines()[-1] == "| all | 6 | 2 | 0 | 3 | 0 | 1 | 0 | 0 |"
