"""question.py: runs are made once and measured once; the answer is the reader's own, else the project's."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from made_runs import make_run
from tiny import make_tiny_scene

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import Planned
from semnerf_lib.experiments.planned import RULE
from semnerf_lib.experiments.presets import preset
from semnerf_lib.machine.files import read_json, write_json
from semnerf_lib.questions import question as module
from semnerf_lib.questions import registry
from semnerf_lib.questions.question import (
    ANSWERS,
    Case,
    Question,
    answer,
    make_answer,
    own_file,
    read_answer,
)
from semnerf_lib.questions.rows import check_rows, difference
from semnerf_lib.runs.executors import Executor, in_process
from semnerf_lib.runs.store import Store

SCENE = make_tiny_scene()


def cases():
    for seed in range(2):
        yield Case("tiny", "smoke", Planned(SCENE, preset("smoke", seed=seed)), {"classes": 7})


@pytest.fixture
def asked():
    """A question about two runs, and the runs that were measured."""
    measured = []

    def measure(planned, run):
        measured.append(run.id)
        return {"thin": 1 / 3, "unknown": None}

    return Question("tiny", "A question", "13", cases, measure, lambda rows: f"{len(rows)} runs."), measured


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    for case in cases():
        make_run(store, case.planned, 0.5)
    return store


def pick(missing):
    return Executor("this process", in_process)


def test_each_run_is_a_row(asked, store):
    question, _ = asked
    assert make_answer(question, store, pick) == 0
    found = answer("tiny", store)
    assert [row["seed"] for row in found.rows] == [0, 1]
    first = {"classes": 7, "supervision": "labels", "thin": 0.33333, "unknown": None, "seconds": 2.0}
    assert found.rows[0].items() >= first.items()
    assert found.source.startswith("2 runs, CPU, 1 threads, revision 0000000, 2024-01-01")
    assert found.select(seed=1) == [found.rows[1]]


def test_a_run_is_measured_once(asked, store):
    question, measured = asked
    make_answer(question, store, pick)
    make_answer(question, store, pick)
    assert len(measured) == 2


def test_missing_runs_are_made(asked, tmp_path):
    question, measured = asked
    store, counts = Store(tmp_path), []

    def counted(missing):
        counts.append(missing)
        return pick(missing)

    assert make_answer(question, store, counted) == 0
    assert counts == [2] and len(measured) == 2


def test_without_one_of_its_runs_there_is_no_answer(asked, tmp_path, monkeypatch):
    question, _ = asked
    monkeypatch.setattr(module, "job_for", partial(_other_run, module.job_for))
    assert make_answer(question, Store(tmp_path), pick) == 2
    with pytest.raises(SemnerfError, match="tiny.json"):
        answer("tiny", Store(tmp_path))


def test_failed_runs_are_counted_over_all_questions(asked, tmp_path, monkeypatch, capsys):
    question, _ = asked
    monkeypatch.setattr(module, "job_for", partial(_other_run, module.job_for))
    monkeypatch.setattr(
        registry, "QUESTIONS", (question, replace(question, name="again"), replace(question, notebook="14"))
    )
    assert registry.make_answers([tmp_path / "13_this.ipynb"], Store(tmp_path), pick) == 4
    assert "2 runs failed, so its answer stays as it was" in "".join(capsys.readouterr())


def _other_run(job_for, *args):
    return replace(job_for(*args), run="another")


def test_an_answer_by_another_rule_is_not_taken(asked, store):
    question, _ = asked
    make_answer(question, store, pick)
    path = store.root / "questions" / "tiny.json"
    write_json(path, read_json(path) | {"rule": "0"})
    assert read_answer(path) is None


@pytest.mark.parametrize("change", [{"rows": []}, {"rows": [1]}, {"format": "other"}, {"source": 3}])
def test_a_damaged_answer_is_named(asked, store, change):
    question, _ = asked
    make_answer(question, store, pick)
    path = store.root / "questions" / "tiny.json"
    write_json(path, read_json(path) | change)
    with pytest.raises(SemnerfError, match="tiny.json.*expected"):
        answer("tiny", store)


ROWS = {
    "a number that is always known": lambda row: row.update(thin=None),
    "a column less": lambda row: row.pop("thin"),
    "a text for a number": lambda row: row.update(thin="0.3"),
    "true for a number": lambda row: row.update(thin=True),
    "a list of texts": lambda row: row.update(more=["a"]),
    "an object": lambda row: row.update(more={}),
    "a text for a number that is unknown there": lambda row: row.update(unknown="a"),
    "a supervision that is none": lambda row: row.update(supervision="depth"),
    "a seed below 0": lambda row: row.update(seed=-1),
}


@pytest.mark.parametrize("change", ROWS.values(), ids=ROWS.keys())
def test_rows_unlike_those_of_the_project_are_refused_and_measured_anew(asked, store, change, tmp_path, monkeypatch):
    question, measured = asked
    make_answer(question, store, pick)
    own = store.root / "questions" / "tiny.json"
    (tmp_path / "project").mkdir()
    (tmp_path / "project/tiny.json").write_bytes(own.read_bytes())
    monkeypatch.setattr("semnerf_lib.questions.question.ANSWERS", tmp_path / "project")
    facts = read_json(own)
    change(facts["rows"][1])
    write_json(own, facts)
    with pytest.raises(SemnerfError, match="tiny.json: r.*, expected"):
        answer("tiny", store)
    write_json(own.with_suffix("") / f"{facts['rows'][1]['run']}.json", facts["rows"][1])
    assert make_answer(question, store, pick) == 0 and len(measured) == 3
    assert answer("tiny", store) == read_answer(tmp_path / "project/tiny.json")


@pytest.mark.parametrize("value", [0.5, [0.5], [[[0.5]]], [["a"]], [[]], [[0.5], 1]])
def test_a_list_of_another_depth_is_refused(value):
    row = {"run": "a", "supervision": "labels", "seed": 0, "seconds": 1.0, "curve": [[10, 0.5]]}
    check_rows(Path("a.json"), [row], [row])
    with pytest.raises(SemnerfError, match="'curve' is .*, expected a list of lists of numbers"):
        check_rows(Path("a.json"), [row | {"curve": value}], [row])


@pytest.mark.parametrize("path", sorted(ANSWERS.glob("*.json")), ids=lambda path: path.stem)
def test_an_answer_like_the_projects_is_taken(path, tmp_path):
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / path.name).write_bytes(path.read_bytes())
    assert answer(path.stem, Store(tmp_path)) == read_answer(path)


def test_the_projects_answers_follow_todays_rule():
    assert {path.stem for path in ANSWERS.glob("*.json")} == {one.name for one in registry.QUESTIONS}
    for path in ANSWERS.glob("*.json"):
        assert read_answer(path) is not None, f"{path.name} follows another rule than {RULE}"


def test_only_the_questions_of_the_notebooks_are_asked(asked, store, tmp_path, monkeypatch):
    question, measured = asked
    monkeypatch.setattr(registry, "QUESTIONS", (question,))
    registry.make_answers([tmp_path / "12_other.ipynb"], store, pick)
    assert not measured and not registry.own_answers(tmp_path / "13_this.ipynb", store)
    registry.make_answers([tmp_path / "13_this.ipynb"], store, pick)
    assert len(measured) == 2 and len(registry.own_answers(tmp_path / "13_this.ipynb", store)) == 1
    assert len(registry.own_answers(tmp_path / "10_verdict.ipynb", store)) == 1
    assert not registry.own_answers(tmp_path / "12_other.ipynb", store)


def row(seed, score, supervision="labels"):
    return {"supervision": supervision, "seed": seed, "score": score}


def test_a_difference_is_paired_by_supervision_and_seed():
    ours = [row(0, 0.5), row(1, 0.6), row(0, 0.7, "labels+rgb")]
    theirs = [row(1, 0.5), row(0, 0.4), row(0, 0.6, "labels+rgb"), row(2, 0.0)]
    assert difference(ours, theirs, "score", ("higher", "lower")) == "+10.0 points (+10.0 to +10.0, n = 3): higher"
    assert difference(theirs, ours, "score", ("higher", "lower")) == "−10.0 points (−10.0 to −10.0, n = 3): lower"


def test_every_question_of_the_project_has_a_conclusion_with_its_runs(tmp_path):
    lines = registry.conclusions(Store(tmp_path))
    assert [line["notebook"] for line in lines] == [one.notebook for one in registry.QUESTIONS]
    for line in lines:
        assert line["answer"].endswith(".") and re.search(r"\d", line["answer"]), line
        assert re.search(r"\d+ runs, ", line["rests on"]), line
        assert line["in short"].endswith(".") and re.search(r"\d", line["in short"]) and len(line["in short"]) < 320


def test_a_conclusion_follows_the_readers_own_answer(tmp_path):
    store, question = Store(tmp_path), next(one for one in registry.QUESTIONS if one.name == "repair")
    facts = read_json(ANSWERS / "repair.json")
    for one in facts["rows"]:
        one |= {key: one[key.replace("warm", "cold")] for key in list(one) if key.startswith("warm")}
    write_json(own_file("repair", store), facts)
    [line] = [line for line in registry.conclusions(store) if line["title"] == question.title]
    assert line["answer"].count("+0.0 points (+0.0 to +0.0, n = 3): the seeds cannot tell") == 2
