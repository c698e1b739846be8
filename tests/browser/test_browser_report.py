"""The page that `semnerf reproduce` ends with, in a browser: whole and accessible, also where notebooks have failed."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from made_runs import furnished_scene, make_runs

from semnerf_lib.experiments import plan
from semnerf_lib.pages.report import Report, write_report
from semnerf_lib.runs.store import Store

FAILED = {
    "title": "04 · Training", "ok": False, "seconds": 3.0, "cells": 0, "picture": None,
    "failure": {"cell": 7, "source": "model = " + 40 * "deeper.", "error": "NameError", "traceback": 60 * "line "},
}  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder, scene = tmp_path_factory.mktemp("report"), furnished_scene()
    plans = {name: plan(name, scene, "smoke") for name in ("view_synthesis", "super_resolution")}
    made = [one for planned in plans.values() for one in planned]
    runs = {run.id: run for run in make_runs(Store(folder), made, lambda config: 0.5)}
    report = Report(scene, "smoke", plans, len(made), {"04_training": FAILED, "10_verdict": None}, 1.0, runs=runs)
    report.verdict = [{"claim": "Claim 1", "verdict": name} for name in ("supported", "inconclusive", "no verdict")]
    return write_report(report, folder).as_uri()


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_report_is_accessible(browser, address, pictures, theme, width):
    page = browser.new_page(viewport={"width": width, "height": 1000}, color_scheme=theme)
    page.goto(address)
    for folded in page.locator("summary").all():
        folded.click()
    assert page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth") <= 0
    findings = Axe().run(page).response["violations"]
    assert not {one["id"]: one["nodes"][0]["html"] for one in findings if one["impact"] in ("serious", "critical")}
    page.screenshot(path=pictures / f"report_{theme}_{width}.png", full_page=True)
    page.close()
