"""report.py: scores by corruption, and the link to the verdict."""

from __future__ import annotations

import pytest
from made_runs import furnished_scene, make_runs

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import plan, sharpeners
from semnerf_lib.pages.report import Report, score_tables, seconds_of_setup, write_report
from semnerf_lib.runs.store import Store


@pytest.fixture
def report(tmp_path):
    """Folds and super-resolution at smoke scale; of the latter the last run is missing."""
    scene = furnished_scene()
    plans = {name: plan(name, scene, "smoke") for name in ("view_synthesis", "super_resolution")}
    made = [one for planned in plans.values() for one in planned][:-1]
    runs = make_runs(Store(tmp_path), made, lambda config: 0.5 + 0.1 * (config.fold or 0))
    return Report(scene, "smoke", plans, len(made) + 1, {"10_verdict": None}, 1.0, runs={run.id: run for run in runs})


@pytest.mark.parametrize("text, seconds", [("", None), ("12.5", 12.5)])
def test_the_time_of_the_set_up(monkeypatch, text, seconds):
    monkeypatch.setenv("SEMNERF_SETUP_SECONDS", text)
    assert seconds_of_setup() == seconds


def test_a_time_of_the_set_up_that_is_none(monkeypatch):
    monkeypatch.setenv("SEMNERF_SETUP_SECONDS", "abc")
    with pytest.raises(SemnerfError, match="SEMNERF_SETUP_SECONDS 'abc', expected"):
        seconds_of_setup()


def test_clean_labels_have_a_row_a_model(report):
    clean = score_tables(report)[0]
    assert not clean["corrupted"] and [row["model"] for row in clean["rows"]] == [
        "grid, labels only",
        "grid, labels + RGB",
    ]
    assert clean["rows"][0]["n"] == "2" and clean["rows"][0]["scores"][0] == "0.550 ± 0.071"


def test_corrupted_labels_have_a_row_a_corruption_and_model(report):
    corrupted = score_tables(report)[1]
    assert corrupted["corrupted"]
    assert [row["labels"] for row in corrupted["rows"][::2]] == [
        "clean labels",
        "labels at 1/8, dense",
        "labels at 1/8, sparse",
    ]
    assert [row["n"] for row in corrupted["rows"]] == ["1"] * 5 + ["0 of 1"]
    assert corrupted["rows"][0]["scores"][:3] == ["0.500"] * 3 and set(corrupted["rows"][-1]["scores"]) == {"–"}
    assert corrupted["heads"][0] == "mIoU, training poses"


def test_an_ablation_has_a_row_a_variant(tmp_path):
    scene = furnished_scene()
    plans = {"geometry": plan("geometry", scene, "smoke")}
    runs = make_runs(Store(tmp_path), plans["geometry"], lambda config: 0.5 + 0.1 * (config.carving > 0))
    [table] = score_tables(Report(scene, "smoke", plans, len(runs), {}, 1.0, runs={run.id: run for run in runs}))
    assert [row["model"] for row in table["rows"]] == list(sharpeners(scene, "smoke")) and not table["corrupted"]
    assert [row["scores"][0] for row in table["rows"]] == ["0.600", "0.600", "0.500", "0.600", "0.600", "0.600"]
    assert table["title"] == "What sharpens geometry (notebook 11)"


def test_the_page_links_the_verdict_once_it_is_there(report, tmp_path):
    page = write_report(report, tmp_path).read_text()
    assert "report.html" not in page and "super-dense:8" in page and "fold 1" in page
    report.verdict = [{"claim": "Claim 1: <it>", "verdict": "no verdict"}]
    page = write_report(report, tmp_path).read_text()
    for name in ("report.html", "verdict.csv", "verdict.tex"):
        assert f'href="{name}"' in page
    assert "Claim 1: &lt;it&gt;" in page and ">no verdict</span>" in page
