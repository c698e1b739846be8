"""How strong a corruption is: the numbers that each kind may have, and how they are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.jsons import decimal


@dataclass(frozen=True)
class Amount:
    """The number that says how strong a corruption is.

    Attributes:
        name: what it is a share or a measure of.
        limits: the numbers that are allowed, in words.
        allowed: whether a number is.
        text: a number with its unit.
        choices: the numbers that the corruption lab offers.
        first: the one that the lab begins with.
    """

    name: str
    limits: str
    allowed: Callable[[float], bool]
    text: Callable[[float], str]
    choices: tuple[float, ...]
    first: float


def percent(x: float) -> str:
    return f"{100 * x:.3g} %"


def parsed(amount: str, text: str) -> float:
    """The number that is written as an amount in the text of a corruption.

    Raises:
        SemnerfError: it is no number.
    """
    try:
        return decimal(amount)
    except ValueError as fault:
        raise SemnerfError(f"corruption {text!r}: amount {amount!r}, expected a number") from fault


def spelled(amount: float) -> str:
    """An amount as the text of a corruption has it: 0.5, 9."""
    return repr(amount).removesuffix(".0")


TWENTIETHS = tuple(k / 20 for k in range(1, 21))
PIXELS = Amount("pixels changed", "a share from 0 to 1", lambda x: 0 <= x <= 1, percent, TWENTIETHS, 0.5)
FRAMES = replace(PIXELS, name="frames changed")
DROPPED = Amount(
    "frames dropped", "a share from 0 to below 1", lambda x: 0 <= x < 1, percent, (*TWENTIETHS[:-1], 0.98), 0.9
)
FACTOR = Amount(
    "resolution", "a whole number above 0", lambda x: x >= 1 and x % 1 == 0, "1/{:g}".format, (2, 4, 8, 16, 32), 8
)
CLICKED = Amount(
    "of each class", "a percentage from 0 to 100", lambda x: 0 <= x <= 100, lambda x: f"{x:g} %" if x else "one pixel",
    (0, 1, 2, 5, 10, 20, 50, 100), 1,
)  # fmt: skip
