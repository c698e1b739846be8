"""Every question, and those that a notebook asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from semnerf_lib.machine.files import sha256_of
from semnerf_lib.questions import (
    budget,
    claims_elsewhere,
    costs,
    different_scenes,
    least_annotation,
    network_claims,
    privacy,
    scenes_and_classes,
    small_objects,
    thin_parts,
)
from semnerf_lib.questions.changed import CHANGED, REPAIR
from semnerf_lib.questions.headlines import HEADLINES
from semnerf_lib.questions.question import Question, answer, make_answer, own_file
from semnerf_lib.questions.unlabelled import UNLABELLED
from semnerf_lib.runs.executors import Executor
from semnerf_lib.runs.notebooks import ACROSS_SCENES
from semnerf_lib.runs.store import Store

QUESTIONS: tuple[Question, ...] = (
    scenes_and_classes.QUESTION,
    different_scenes.QUESTION,
    UNLABELLED,
    CHANGED,
    REPAIR,
    small_objects.QUESTION,
    thin_parts.QUESTION,
    least_annotation.QUESTION,
    privacy.QUESTION,
    budget.BUDGET,
    budget.NETWORK_BUDGET,
    costs.QUESTION,
    claims_elsewhere.QUESTION,
    network_claims.QUESTION,
)
"""In the order of their notebooks; a notebook may ask several."""


def make_answers(notebooks: Sequence[Path], store: Store, pick: Callable[[int], Executor]) -> int:
    """Makes the runs of all questions that some notebooks ask, see `question.make_answer`; how many runs failed."""
    numbers = {path.name[:2] for path in notebooks}
    return sum(make_answer(question, store, pick) for question in QUESTIONS if question.notebook in numbers)


def conclusions(store: Store) -> list[dict[str, str]]:
    """A line a question: `title`, `notebook`, the answer `in short` and whole (`answer`), and the runs it `rests on`.

    Args:
        store: where the reader's own answers are; else those of the project are taken.

    Raises:
        SemnerfError: an answer that is not as expected.
    """
    lines = []
    for question in QUESTIONS:
        found = answer(question.name, store)
        own = {"title": question.title, "notebook": question.notebook, "in short": HEADLINES[question.name](found.rows)}
        lines.append(own | {"answer": question.conclude(found.rows), "rests on": found.source})
    return lines


def own_answers(notebook: Path, store: Store) -> list[str]:
    """The hashes of the reader's own answers that a notebook shows: with them its outputs change.

    They are those of its questions; notebook 10 shows all.
    """
    shown = [one for one in QUESTIONS if notebook.name[:2] in (one.notebook, *ACROSS_SCENES)]
    return [sha256_of(path) for one in shown if (path := own_file(one.name, store)).is_file()]
