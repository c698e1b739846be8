"""verdict_exports.py: the rows as CSV and LaTeX."""

from __future__ import annotations

import csv
import io
import re

import pytest
from made_runs import furnished_scene, make_runs

from semnerf_lib.experiments import plan
from semnerf_lib.pages.verdict_exports import escaped, to_csv, to_tex
from semnerf_lib.runs.store import Store
from semnerf_lib.study.claims import CLAIMS
from semnerf_lib.study.judging import judge


@pytest.fixture(scope="module")
def rows(nothing_learnt, tmp_path_factory):
    """Claims 1 and 3 are run; the rest is not."""
    scene, store = furnished_scene(), Store(tmp_path_factory.mktemp("runs"))
    for name in ("view_synthesis", "super_resolution"):
        make_runs(store, plan(name, scene, "laptop"), lambda c: 0.9 + 0.001 * c.seed)
    return judge(scene, "laptop", store)


def test_csv_has_every_row_with_unrounded_numbers_and_run_ids(rows):
    lines = list(csv.DictReader(io.StringIO(to_csv(rows, "tiny", "laptop"))))
    assert len(lines) == len(rows)
    first, row = lines[0], rows[0]
    assert (first["scene"], first["scale"], first["claim"]) == ("tiny", "laptop", "comparable")
    assert float(first["difference"]) == row.comparison.mean and float(first["low"]) == row.comparison.low
    assert tuple(first["a_runs"].split()) == row.a.runs and first["verdict"] == row.verdict
    assert (first["decides"], first["untrained_depth_error_m"]) == ("yes", "0.4321")
    assert float(first["chance_to_support"]) == row.chance
    assert {line["claim_number"] for line in lines} == {claim.number for claim in CLAIMS}
    took = next(line for line in lines if line["a_clean_mean"])
    assert took["statement"] == "hurt no more than labels + RGB" and float(took["a_clean_mean"]) == pytest.approx(90.1)
    missing = next(line for line in lines if line["verdict"] == "not run")
    assert missing["difference"] == missing["a_mean"] == missing["a_runs"] == ""


def test_tex_is_a_whole_booktabs_table(rows):
    text = to_tex(rows, "tiny, laptop scale")
    assert [text.count(rf"\{rule}") for rule in ("toprule", "midrule", "bottomrule")] == [1, len(CLAIMS), 1]
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 1
    columns = len(re.search(r"\\begin{tabular}{(l+)}", text)[1])
    body = [line for line in text.splitlines() if line.endswith(r"\\") and "multicolumn" not in line]
    assert len(body) == 1 + len(rows)
    assert {len(re.findall(r"(?<!\\)&", line)) for line in body} == {columns - 1}
    bare = "".join(line for line in text.splitlines() if not line.startswith("%"))
    assert bare.isascii() and not re.search(r"(?<!\\)[%#_]", bare)
    assert bare.count("{") - bare.count(r"\{") == bare.count("}") - bare.count(r"\}")


def test_escaped():
    assert escaped("50 % & a_b #1 {x} $ ~ ^ \\ ±−") == (
        r"50 \% \& a\_b \#1 \{x\} \$ \textasciitilde{} \textasciicircum{} \textbackslash{} $\pm$$-$"
    )
