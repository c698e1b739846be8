"""What every check of an exercise is: an answer held against the right one, and words for what is wrong with it.

A check knows the right function and the mistakes that people make, each as the function that one who makes it would
write. So it can tell not only that an answer is wrong, but which mistake it is; and a test can make each of them.
"""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from typing import Any

import numpy as np
import torch

from semnerf_lib.errors import SemnerfError
from semnerf_lib.teaching.exercises import mark_solved

NOT_YET = "not yet done: it returns nothing. Write your code where it says `# your code`, and end it with `return`"
NO_NUMBERS = "it returns something that is neither numbers nor text; see the task for what to return"
OTHER_ORDER = "the values are right, but in another order: the task says which comes first"
KINDS = {"f": "numbers", "c": "complex numbers", "U": "text"}
"""What is in an array of `leaves`, by numpy's letter of its kind."""


@dataclass(frozen=True)
class Mistake:
    """A way to get it wrong.

    Attributes:
        words: what is wrong, and where to look.
        instead: the function that somebody who makes the mistake has written.
    """

    words: str
    instead: Callable[..., Any]


@dataclass(frozen=True)
class Check:
    """Calls an answer on some inputs and prints one line: right, or what is wrong and where to look.

    Attributes:
        task: name of the function that the exercise asks for.
        right: does what it should.
        cases: makes the inputs, anew at each call, one tuple of arguments a case.
        mistakes: the ones that are known by name; of others the first difference is told.
        praise: what is told of a right answer.
        tolerance: relative, and absolute for numbers near 0.
    """

    task: str
    right: Callable[..., Any]
    cases: Callable[[], Sequence[tuple]]
    mistakes: tuple[Mistake, ...]
    praise: str
    tolerance: float = 1e-4

    def __call__(self, answer: Any) -> None:
        if fault := self.fault(answer):
            print(f"{self.task}: {fault}")
        else:
            print(f"{self.task}: right. {self.praise}")
            try:
                mark_solved(self.task)
            except SemnerfError as damaged:
                print(damaged)

    def fault(self, answer: Any) -> str | None:
        """What is wrong with an answer, in words; None if nothing is."""
        if not callable(answer):
            return "give the function itself, without calling it"
        results = []
        for case in self.cases():
            given = copy.deepcopy(case)
            try:
                value = answer(*given)
            except Exception as error:  # a student's code may raise anything
                return f"it raises {_error_text(error)}"
            if value is None or value is ...:
                return NOT_YET if not results else "it returns nothing for some inputs: one path has no return"
            if not all(map(same, leaves(given), leaves(case))):
                return "it changes what it was given: work on a copy (clone or copy)"
            results.append(value)
        wanted = self._results(self.right)
        if self._agree(results, wanted):
            return None
        for mistake in self.mistakes:
            if self._agree(results, self._results(mistake.instead)):
                return mistake.words
        return next(filter(None, map(self._difference, results, wanted, self.cases())))

    def _results(self, function: Callable[..., Any]) -> list[Any]:
        return [function(*case) for case in self.cases()]

    def _agree(self, results: list[Any], wanted: list[Any]) -> bool:
        return all(self._difference(f, w, ()) is None for f, w in zip(results, wanted, strict=True))

    def _difference(self, results: Any, wanted: Any, case: tuple) -> str | None:
        """Where two results of one case differ; None if they don't."""
        mine, theirs = leaves(results), leaves(wanted)
        if isinstance(results, list) and isinstance(wanted, tuple):
            return "it returns a list; return a tuple"
        if isinstance(results, str) and not isinstance(wanted, str):
            return f"it returns text ({results[:20]!r}); the task asks for numbers"
        if any(leaf.dtype == object for leaf in mine):
            return NO_NUMBERS
        if len(mine) != len(theirs):
            return f"it returns {_values(len(mine))}, expected {_values(len(theirs))}"
        if not all(map(partial(same, tolerance=self.tolerance), mine, theirs)) and self._reordered(mine, theirs):
            return OTHER_ORDER
        for k, (a, b) in enumerate(zip(mine, theirs, strict=True)):
            which = "" if len(theirs) == 1 else f"value {k + 1} of {len(theirs)}: "
            if a.shape != b.shape:
                hint = ": rows and columns are swapped" if b.ndim > 1 and a.shape == b.shape[::-1] else ""
                return f"{which}it is {_form(a)}, expected {_form(b)}{hint}"
            if same(a, b, self.tolerance):
                continue
            if a.ndim == 2 and a.dtype.kind == "f" and same(a.T, b, self.tolerance):
                return f"{which}it is the transpose of what it should be: rows and columns are swapped"
            return which + _first_difference(a, b, self.tolerance, case)
        return None

    def _reordered(self, mine: list[np.ndarray], theirs: list[np.ndarray]) -> bool:
        alike = partial(same, tolerance=self.tolerance)
        return any(all(map(alike, order, theirs)) for order in permutations(mine))


def leaves(value: Any) -> list[np.ndarray]:
    """The arrays in a result: of a tensor, number, text, or list itself; of a tuple, those of its parts."""
    if isinstance(value, tuple):
        return [leaf for part in value for leaf in leaves(part)]
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value)
    except ValueError:  # a list of unequal lists
        return [np.array(None, dtype=object)]
    return [array.astype(np.float64) if array.dtype.kind in "biuf" else array]


def same(a: np.ndarray, b: np.ndarray, tolerance: float = 0.0) -> bool:
    """Whether two arrays hold the same: numbers up to a tolerance, NaN like NaN; anything else exactly."""
    if a.shape != b.shape or a.dtype.kind != b.dtype.kind:
        return False
    if a.dtype.kind == "f":
        return np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)
    return np.array_equal(a, b)


def _first_difference(a: np.ndarray, b: np.ndarray, tolerance: float, case: tuple) -> str:
    """The first place where arrays of the same shape differ, and what the difference looks like as a whole."""
    if a.dtype.kind != b.dtype.kind:
        return f"it returns {_kind(a)}; the task asks for {_kind(b)}"
    differs = ~np.isclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True) if a.dtype.kind == "f" else a != b
    place = tuple(int(i) for i in np.argwhere(differs)[0])
    where = f"at {list(place)}" if place else _asked(case)
    values = f"it gives {_short(a[place])}, expected {_short(b[place])}"
    return " ".join(filter(None, [_pattern(a, b, tolerance), where, values]))


def _pattern(a: np.ndarray, b: np.ndarray, tolerance: float) -> str:
    if a.dtype.kind != "f":
        return ""
    if not np.isfinite(a).all() and np.isfinite(b).all():
        return "it gives NaN or infinity;"
    if np.any(b) and np.isfinite(a).all() and np.isfinite(b).all():
        ratio, shift = float((a * b).sum() / (b * b).sum()), float((a - b).mean())
        if np.allclose(a, ratio * b, rtol=tolerance, atol=tolerance) and ratio and b.size > 1:
            return (
                "every sign is the other way round;"
                if abs(ratio + 1) < 1e-3
                else f"it is {_times(ratio)} what it should be;"
            )
        if np.allclose(a, b + shift, rtol=tolerance, atol=tolerance) and b.size > 1:
            return f"it is off by {shift:.4g} everywhere;"
        telling = len(np.unique(b)) > max(2, b.size / 2)  # of a mask, any other with as many ones is "another order"
        if telling and np.allclose(np.sort(a, axis=None), np.sort(b, axis=None), rtol=tolerance, atol=tolerance):
            return "the right numbers, but in another order;"
    return ""


def _times(ratio: float) -> str:
    """A ratio in words: "half of", "3 times", "-0.2 times"."""
    words = {0.5: "half of", 0.25: "a quarter of", 2.0: "twice"}
    return next((word for value, word in words.items() if abs(ratio - value) < 1e-3), f"{ratio:.4g} times")


def _kind(array: np.ndarray) -> str:
    return KINDS.get(array.dtype.kind, "neither numbers nor text")


def _form(array: np.ndarray) -> str:
    """What an array is as a whole: "an array of shape [2, 3]", "a single number"."""
    if array.ndim:
        return f"an array of shape {list(array.shape)}"
    return "text" if array.dtype.kind == "U" else "a single number"


def _values(count: int) -> str:
    return "one value" if count == 1 else f"{count} values"


def _asked(case: tuple) -> str:
    """For a single number, what it was asked for, if that is short."""
    arguments = ", ".join(map(str, case))
    return f"for ({arguments})" if case and len(arguments) < 80 and "\n" not in arguments else ""


def _short(value: Any) -> str:
    return str(value) if isinstance(value, str) else f"{float(value):.4g}"


def _error_text(error: Exception) -> str:
    """An exception, and the line of the answer that raised it."""
    lines = str(error).strip().splitlines()
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.name != "fault"]
    line = f", in line {frames[0].lineno} of its cell" if frames and frames[0].lineno else ""
    hint = " (a typing error, or the cells above were not run)" if type(error) is NameError else ""
    return f"{type(error).__name__}{line}: {lines[0] if lines else 'no message'}{hint}"
