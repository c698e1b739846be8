"""The page that `semnerf reproduce` ends with, in a browser: whole and accessible, also where notebooks have failed."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from made_runs import furnished_scene, make_runs

from semnerf_lib.experiments import plan
from semnerf_lib.pages.report import Report, write_report
from semnerf_lib.pages.templating import TEMPLATES, badge_table
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


LONG = (
    "better than the best baseline: 0 of 2, 2 not supported; chair, better than the noisy labels: 0 of 2, "
    "2 inconclusive; chair, better than the best baseline: 1 of 2, 1 inconclusive"
)
LINE = {
    "claim": "Claim 2a: Labels alone denoise",
    "verdict": "not supported (n = 3)",
    "it rests on": "as good as labels + RGB: 1 of 2, 1 not supported",
    "beside it": LONG,
    "score": "mIoU at training poses, IoU of chair at training poses",
}
UNDECIDED = LINE | {
    "verdict": "inconclusive (n = 3: it could decide in 77 % of cases)",
    "score": "mIoU at training poses",
}


@pytest.mark.parametrize("width", [820, 390])
def test_a_long_text_in_a_table_gets_the_width_that_it_needs(browser, width):
    """It took eleven lines, two or three words each. A tablet still shows all columns."""
    page = browser.new_page(viewport={"width": width, "height": 1000})
    style = TEMPLATES.get_template("style.css").render()
    page.set_content(
        f"<style>{style}</style><main><div class='scroll'>{badge_table([LINE, UNDECIDED])._repr_html_()}</div></main>"
    )
    cell = page.locator("td", has_text="better than the best baseline").first.bounding_box()
    assert cell["width"] > 180 and cell["height"] < 160
    assert width < 800 or page.locator(".scroll").evaluate("(box) => box.scrollWidth <= box.clientWidth")
    page.close()


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
