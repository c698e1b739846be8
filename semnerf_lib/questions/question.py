"""A question that the paper leaves open: the runs that answer it, and the numbers that are kept of each.

The runs of a question take longer than a newcomer waits. So the project keeps their numbers (`answers/NAME.json`), and
the question's notebook reads these. `semnerf reproduce --only NN` makes the runs anew; from then on the notebook reads
the numbers of the reader's own runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import Planned
from semnerf_lib.experiments.planned import RULE
from semnerf_lib.machine.files import kept_json, write_json
from semnerf_lib.machine.jsons import of_kinds, read_json
from semnerf_lib.machine.processes import LIBRARY
from semnerf_lib.machine.progress import say
from semnerf_lib.questions.rows import Row, check_rows, select
from semnerf_lib.runs.executors import Executor
from semnerf_lib.runs.jobs import Job, job_for, planned_by
from semnerf_lib.runs.store import Run, Store, read_run, title_of

ANSWERS = LIBRARY / "questions" / "answers"
FORMAT = "semnerf-answer-1"
KEPT_PROVENANCE = ("revision", "device", "date")


@dataclass(frozen=True)
class Case:
    """One run of a question.

    Attributes:
        spec, scale: what `experiments.open_scene` opens.
        planned: on this scene.
        dials: what sets it apart from the other runs of the question: name -> number or text.
    """

    spec: str
    scale: str
    planned: Planned
    dials: Mapping[str, float | str]


@dataclass(frozen=True)
class Question:
    """A question and how it is answered.

    Attributes:
        name: of its file of answers.
        title: what reports call it.
        notebook: number of the notebook that asks it.
        cases: its runs, those on one scene behind each other: only one scene is open at a time.
        measure: (the planned run, the finished run) -> what JSON can hold, by name; None for an unknown number.
        conclude: the rows of its answer -> a plain sentence or two, with numbers.
    """

    name: str
    title: str
    notebook: str
    cases: Callable[[], Iterable[Case]]
    measure: Callable[[Planned, Run], dict[str, Any]]
    conclude: Callable[[Sequence[Row]], str]


@dataclass(frozen=True)
class Answer:
    """The numbers that answer a question.

    Attributes:
        rows: one a run: its dials, `supervision`, `seed`, `run` (its id), `seconds` of training, and what was measured.
        source: where the runs were made and when, one line.
    """

    rows: tuple[Row, ...]
    source: str

    def select(self, **wanted: Any) -> list[Row]:
        """The rows that have these values."""
        return select(self.rows, **wanted)


def answer(name: str, store: Store) -> Answer:
    """The reader's own numbers if the question's runs were made with this version of training, else the project's.

    Args:
        name: of the question.
        store: where the reader's runs are.

    Raises:
        SemnerfError: no answer of this name, or a file that is not as expected.
    """
    own, path = own_file(name, store), ANSWERS / f"{name}.json"
    if own.is_file() and (kept := read_answer(own, kept_rows(name))) is not None:
        return kept
    if (kept := read_answer(path)) is None:
        raise SemnerfError(f"{path}: its runs follow an older rule, expected rule {RULE}: make them anew")
    return kept


def read_answer(path: Path, like: Sequence[Row] = ()) -> Answer | None:
    """What `make_answer` wrote; None if its runs were made with another version of training.

    Args:
        like: rows of the same question, see `check_rows`.

    Raises:
        SemnerfError: the file is missing, or not as expected.
    """
    facts = read_json(path)
    if not of_kinds(facts, {"format": str, "rule": str, "rows": list, "source": str}) or facts["format"] != FORMAT:
        raise SemnerfError(f"{path}: other keys or types, expected an answer in the format {FORMAT!r}")
    if facts["rule"] != RULE:
        return None
    if not facts["rows"]:
        raise SemnerfError(f"{path}: no rows, expected one for each run")
    check_rows(path, facts["rows"], like)
    return Answer(tuple(facts["rows"]), facts["source"])


def make_answer(question: Question, store: Store, pick: Callable[[int], Executor]) -> int:
    """Makes the runs of a question that are missing, measures each, and writes the answer if no run failed.

    Each row is kept when it is measured, so that an interrupted call goes on from there.

    Args:
        question: which one.
        store: where runs and answers go: `<results>/questions/NAME.json`.
        pick: number of missing runs -> the executor that makes them.

    Returns:
        How many runs failed.
    """
    jobs: dict[str, tuple[Job, Mapping[str, float | str]]] = {}
    for case in question.cases():
        jobs[case.planned.id] = job_for(store, case.spec, case.scale, case.planned), case.dials
    folder = own_file(question.name, store).with_suffix("")
    like = kept_rows(question.name)
    missing = [job for job, _ in jobs.values() if not (job.folder / "result.json").is_file()]
    say(f"{question.title}: {len(jobs)} runs, {len(missing)} to be made")
    failed = 0
    with pick(len(missing)).outcomes(missing) as outcomes:
        for n, outcome in enumerate(outcomes, start=1):
            failed += outcome.state == "failed"
            say(f"run {n} of {len(missing)}: {title_of(outcome.job.config)}: {outcome.error or outcome.state}")
    rows = [
        _kept_row(question, job, dials, folder, like)
        for job, dials in jobs.values()
        if (job.folder / "result.json").is_file()
    ]
    if failed:
        say(f"{question.title}: {failed} runs failed, so its answer stays as it was")
    else:
        newest = max((read_run(job.folder) for job, _ in jobs.values()), key=lambda run: run.provenance["date"])
        facts = {key: newest.provenance.get(key) for key in KEPT_PROVENANCE}
        source = f"{len(rows)} runs, {facts['device']}, revision {facts['revision']}, {facts['date'][:10]}"
        write_json(own_file(question.name, store), {"format": FORMAT, "rule": RULE, "source": source, "rows": rows})
    return failed


def own_file(name: str, store: Store) -> Path:
    """Where the reader's own answer to a question is."""
    return store.root / "questions" / f"{name}.json"


def kept_rows(name: str) -> Sequence[Row]:
    """The rows of the project's answer to a question; none if it has no answer of this version of training."""
    path = ANSWERS / f"{name}.json"
    kept = read_answer(path) if path.is_file() else None
    return () if kept is None else kept.rows


def _kept_row(question: Question, job: Job, dials: Mapping[str, float | str], folder: Path, like: Sequence[Row]) -> Row:
    def check(row: Any) -> None:
        check_rows(folder, [row], like)
        if row["run"] != job.run:
            raise SemnerfError(f"{folder}: a row of {row['run']!r}, expected {job.run}")

    def measure() -> Row:
        run = read_run(job.folder)
        say(f"measuring {title_of(run.config)}: {', '.join(f'{key} {value}' for key, value in dials.items())}")
        own = {"run": run.id, "supervision": run.config.supervision, "seed": run.config.seed}
        row = {**dials, **own, "seconds": run.metrics["seconds_training"], **question.measure(planned_by(job), run)}
        return {key: round(value, 5) if isinstance(value, float) else value for key, value in row.items()}

    return kept_json(folder / f"{job.run}.json", check, measure)
