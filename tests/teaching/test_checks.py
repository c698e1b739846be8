"""checks: each knows the right answer, tells each mistake by its name, and survives what students write."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_edt

from semnerf_lib import teaching
from semnerf_lib.scene import VOID
from semnerf_lib.study import verdicts
from semnerf_lib.teaching.checking import NO_NUMBERS, NOT_YET, OTHER_ORDER, Check, Mistake
from semnerf_lib.teaching.students import BEGIN

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("[0-9][0-9]_*.ipynb"))
CHECKS = {name: getattr(teaching, name) for name in teaching.__all__ if name.startswith("check_")}
MISTAKES = [(name, mistake) for name, check in CHECKS.items() for mistake in check.mistakes]
SEEN_BEFORE = {
    "np": np,
    "torch": torch,
    "VOID": VOID,
    "verdicts": verdicts,
    "distance_transform_edt": distance_transform_edt,
}
"""What an exercise may use of what its notebook imports."""
every_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)


@every_check
def test_the_right_answer_is_right(check, capsys):
    assert check.fault(check.right) is None
    assert check(check.right) is None
    assert capsys.readouterr().out == f"{check.task}: right. {check.praise}\n"


@pytest.mark.parametrize(("name", "mistake"), MISTAKES, ids=[f"{n}-{i}" for i, (n, _) in enumerate(MISTAKES)])
def test_each_mistake_is_told_by_its_name(name, mistake, capsys):
    CHECKS[name](mistake.instead)
    assert capsys.readouterr().out == f"{CHECKS[name].task}: {mistake.words}\n"


@every_check
def test_words_say_what_and_fit_in_a_line(check):
    assert len(check.mistakes) >= 4
    assert len({mistake.words for mistake in check.mistakes}) == len(check.mistakes)
    for mistake in check.mistakes:
        assert 20 <= len(mistake.words) <= 130 and "\n" not in mistake.words


@every_check
def test_a_stub_is_not_yet_done(check, capsys):
    check(lambda *inputs: ...)
    check(lambda *inputs: None)
    assert capsys.readouterr().out == f"{check.task}: {NOT_YET}\n" * 2


@every_check
def test_nothing_that_is_returned_or_raised_gets_through(check):
    def broken(*inputs):
        raise ZeroDivisionError("by\nzero")

    assert re.fullmatch(r"it raises ZeroDivisionError, in line \d+ of its cell: by", check.fault(broken))
    for value in (
        "words",
        10.0**9,
        [[1], [2, 3]],
        object(),
        {},
        torch.full((3, 3), torch.nan),
        (1, 2, 3, 4),
        [],
        print,
    ):
        assert check.fault(lambda *inputs, value=value: value) not in (None, NOT_YET)
    assert check.fault(check.right(*check.cases()[0])) == "give the function itself, without calling it"


def doubled():
    return Check("doubled", lambda x: 2 * x, lambda: [(torch.arange(4.0),)], (), "Good.")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda x: -2 * x, "every sign is the other way round"),
        (lambda x: 6 * x, "it is 3 times what it should be"),
        (lambda x: 2 * x + 1, "it is off by 1 everywhere"),
        (lambda x: x**2, "at [1] it gives 1, expected 2"),
        (lambda x: x / 0, "it gives NaN or infinity"),
        (lambda x: 2 * x.flip(0), "the right numbers, but in another order; at [0] it gives 6, expected 0"),
        (lambda x: y, "name 'y' is not defined (a typing error, or the cells above were not run)"),  # noqa: F821
        (lambda x: x[:2], "it is an array of shape [2], expected an array of shape [4]"),
        (lambda x: 6.0, "it is a single number, expected an array of shape [4]"),
        (lambda x: x, "it is half of what it should be"),
        (lambda x: 2j * x, "it returns complex numbers; the task asks for numbers"),
        (lambda x: (x, x), "it returns 2 values, expected one value"),
        (lambda x: "x", "it returns text"),
        (lambda x: ["a", "b", "c", "d"], "it returns text; the task asks for numbers"),
        (lambda x: [[1], [2, 3]], NO_NUMBERS),
        (lambda x: x.mul_(2), "it changes what it was given"),
    ],
)
def test_an_unknown_mistake_is_described(answer, told):
    assert told in doubled().fault(answer)


def test_another_mask_with_as_many_ones_is_not_called_another_order():
    check = Check("mask", lambda x: x > 1, lambda: [(np.arange(4.0),)], (), "Good.")
    assert "order" not in check.fault(lambda x: x < 2)


def test_answers_may_be_arrays_lists_and_tensors_with_a_gradient():
    for answer in (lambda x: 2 * x.numpy(), lambda x: (2 * x).tolist(), lambda x: 2 * x.requires_grad_()):
        assert doubled().fault(answer) is None


def test_rows_and_columns_swapped_is_told():
    check = Check("mask", lambda: np.zeros((2, 3), bool), lambda: [()], (), "Good.")
    assert "rows and columns are swapped" in check.fault(lambda: np.zeros((3, 2), bool))


def test_values_in_another_order_and_a_list_for_a_tuple_are_told():
    check = Check("both", lambda x: (x, x + 1, 0.5), lambda: [(np.arange(3.0),)], (), "Good.")
    assert check.fault(lambda x: (x + 1, 0.5, x)) == OTHER_ORDER
    assert check.fault(lambda x: [x, x + 1, 0.5]) == "it returns a list; return a tuple"
    assert "it gives 0.7, expected 0.5" in check.fault(lambda x: (x, x + 1, 0.7))


def test_a_path_without_return_is_told():
    check = Check("size", abs, lambda: [(1,), (-1,)], (), "Good.")
    assert "one path has no return" in check.fault(lambda x: x if x > 0 else None)


def test_a_single_number_says_for_which_input():
    check = Check(
        "add", lambda a, b: a + b, lambda: [(1, 2)], (Mistake("that multiplies", lambda a, b: a * b),), "Good."
    )
    assert check.fault(lambda a, b: 7) == "for (1, 2) it gives 7, expected 3"
    assert check.fault(lambda a, b: 2) == "that multiplies"


def exercise_cells(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    return [(a, b) for a, b in zip(cells[:-1], cells[1:], strict=True) if BEGIN in a.source]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem[:2])
def test_an_exercise_can_be_checked_without_those_before_it(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for solved, checked in exercise_cells(path):
        scope = dict(SEEN_BEFORE)
        exec(solved.source, scope)
        exec(checked.source, scope)
        assert capsys.readouterr().out == checked.outputs[0].text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem[:2])
def test_each_notebook_has_exercises_whose_solutions_pass_and_whose_stubs_match(path):
    found = exercise_cells(path)
    assert 2 <= len(found) <= 3
    for solved, checked in found:
        name, task = re.search(r"(check_\w+)\((\w+)\)", checked.source).groups()
        assert CHECKS[name].task == task
        scope = dict(SEEN_BEFORE)
        exec(solved.source, scope)
        assert CHECKS[name].fault(scope[task]) is None
        asked = inspect.signature(scope[task]).parameters
        assert len(asked) == len(CHECKS[name].cases()[0])
        assert "nbval-check-output" in checked.metadata.get("tags", [])
        assert [output.text for output in checked.outputs] == [f"{task}: right. {CHECKS[name].praise}\n"]


def test_every_check_has_its_exercise():
    used = [re.search(r"check_\w+", b.source).group() for path in NOTEBOOKS for _, b in exercise_cells(path)]
    assert sorted(used) == sorted(CHECKS)
