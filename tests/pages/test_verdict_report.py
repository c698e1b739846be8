"""verdict_report.py and verdict_figures.py: files that stand alone, drawn from runs."""

from __future__ import annotations

import base64
import csv
import re
from functools import partial

import matplotlib
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from made_runs import furnished_scene, make_runs

from semnerf_lib.experiments import plan
from semnerf_lib.pages import verdict_report
from semnerf_lib.pages.verdict_figures import claim_figures, overview_figure
from semnerf_lib.pages.verdict_report import FILES, kept_verdict, write_verdict
from semnerf_lib.runs.store import Store
from semnerf_lib.study.claims import CLAIMS, WITH_RGB
from semnerf_lib.study.judging import judge

RUN = ("view_synthesis", "label_noise", "label_propagation")

pytestmark = pytest.mark.usefixtures("nothing_learnt")


@pytest.fixture(scope="module")
def scene():
    return furnished_scene()


def fill(store, scene, scale, names=RUN):
    for name in names:
        make_runs(store, plan(name, scene, scale), lambda c: 0.9 + 0.002 * c.seed + 0.001 * (c.supervision == WITH_RGB))


@pytest.fixture(scope="module")
def written(scene, tmp_path_factory):
    """The folder of a report on claims 1, 2 and 4, its runs' store and its lines."""
    store, folder = Store(tmp_path_factory.mktemp("runs")), tmp_path_factory.mktemp("page") / "new"
    fill(store, scene, "laptop")
    return folder, store, write_verdict(scene, "laptop", store, folder)


def test_nothing_is_written_without_a_run(scene, tmp_path):
    assert write_verdict(scene, "laptop", Store(tmp_path / "none"), tmp_path / "page") == []
    assert not (tmp_path / "page").exists()


def test_three_files_and_nothing_left_beside(written):
    folder, _, lines = written
    assert {path.name for path in folder.iterdir()} == {"report.html", "verdict.csv", "verdict.tex"}
    assert len(lines) == len(CLAIMS)


def test_the_page_stands_alone(written):
    page = (written[0] / "report.html").read_text()
    assert "<script" not in page and "<link" not in page and "@import" not in page
    assert 4 < page.count('<div class="scroll"') == page.count('<div class="scroll" tabindex="0" role="group"')
    assert not re.search(r"(src|url\()[=\s\"'(]*https?:", page)
    pictures = [base64.b64decode(p) for p in re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)]
    assert len(pictures) == 1 + 1 + 2 + 1 + 1  # overview; claims 1, 2 (mIoU, and the struck class's IoU), 4; all labels
    assert all(b"<svg" in p and b"<script" not in p for p in pictures)


def test_the_page_tells_every_claim_with_its_verdict_and_every_run(written, scene):
    folder, store, lines = written
    page = (folder / "report.html").read_text()
    for claim, line in zip(CLAIMS, lines, strict=True):
        heading = re.search(rf"<h2>{re.escape(claim.title)} (.*?)</h2>", page.replace("&#39;", "'"), re.DOTALL)[1]
        verdict, bracket, rest = line["verdict"].partition(" (")
        assert f">{verdict}</span>{bracket}{rest}" in heading
    assert all(f"<code>{path.parent.name}</code>" in page for path in store.root.glob("runs/*/result.json"))
    wanted = len({one.id for claim in CLAIMS for one in plan(claim.experiment, scene, "laptop")})
    there = len(list(store.root.glob("runs/*/result.json")))
    assert there < wanted and f"{there} of {wanted} runs" in page
    for part in ("Differences from the paper", "never labelled", "0000000", "0.432", "Holm", "Smoke"):
        assert (part in page) == (part != "Smoke")


def test_written_again_it_is_the_same_but_for_the_hour(written, scene):
    folder, store, _ = written
    before = {path.name: path.read_text() for path in folder.iterdir()}
    write_verdict(scene, "laptop", store, folder)
    for name, text in before.items():
        lines = zip(text.splitlines(), (folder / name).read_text().splitlines(), strict=True)
        assert all("page written" in old for old, new in lines if old != new)


def test_smoke_scale_gives_numbers_and_no_verdict(scene, tmp_path):
    store = Store(tmp_path / "runs")
    fill(store, scene, "smoke", [claim.experiment for claim in CLAIMS])
    lines = write_verdict(scene, "smoke", store, tmp_path)
    assert {line["verdict"] for line in lines} == {"no verdict"}
    page = (tmp_path / "report.html").read_text()
    assert "no verdict is given" in page and not re.search(">(not )?supported</span>", page)
    assert {line["verdict"] for line in csv.DictReader((tmp_path / "verdict.csv").open())} == {"no verdict"}


def test_figures_show_what_was_run(written, scene):
    rows = judge(scene, "laptop", written[1])
    figure = overview_figure(rows, "title")
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels[:2] == ["1 comparable: supported", "clean labels"]
    assert "2 denoises: a supported, b supported" in labels and "3 super-resolves: a not run, b not run" in labels
    assert len(labels) == len(set(labels)) + labels.count("clean labels") - 1  # both parts of a claim share their lines
    assert figure.get_suptitle() == "title" and len(figure.axes) == 4
    experiments = dict.fromkeys(claim.experiment for claim in CLAIMS)
    by_experiment = [[row for row in rows if row.claim.experiment == name] for name in experiments]
    figures = [claim_figures(own, "t") for own in by_experiment]
    assert [len(own) for own in figures] == [1, 2, 0, 1, 1]
    [depth] = [ax for ax in figures[1][0].axes if ax.get_ylabel() == "depth error (m)"]
    assert [text.get_text() for text in depth.texts] == ["nothing learnt"] and depth.texts[0].xy[1] == 0.4321
    plt.close("all")


def test_a_verdict_is_kept_until_something_changes(scene, tmp_path, monkeypatch):
    calls = []

    def write(*arguments):
        calls.append(arguments)
        for name in FILES:
            (tmp_path / name).write_text("", encoding="utf-8")
        return [{"claim": "1"}]

    monkeypatch.setattr(verdict_report, "write_verdict", write)
    ask = partial(kept_verdict, scene, "laptop", Store(tmp_path), tmp_path)
    assert ask("a") == ask("a") == [{"claim": "1"}] and len(calls) == 1
    ask("b")
    assert len(calls) == 2
    (tmp_path / "verdict.csv").unlink()
    ask("b")
    assert len(calls) == 3 and (tmp_path / "verdict.csv").is_file()
    for damaged in ("", "[]", '{"key": "b", "lines": [1]}', '{"key": "b", "lines": [{"claim": 1}]}'):
        (tmp_path / "verdict.json").write_text(damaged, encoding="utf-8")
        assert ask("b") == [{"claim": "1"}]
    assert len(calls) == 7
