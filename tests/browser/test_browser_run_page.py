"""The page of `semnerf view` in a browser: it comes to life offline, turns, hides classes and stands in views."""

from __future__ import annotations

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from made_page import made_page
from tiny import make_tiny_scene

CAMERA = "() => document.querySelector('iframe').contentWindow.camera.position.toArray()"
VISIBLE = """() => { const parts = []; document.querySelector("iframe").contentWindow.scene.traverse(
    (part) => part.isMesh && part.visible && parts.push(part.material.name)); return parts; }"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "view.html"
    path.write_text(made_page(path.parent), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(params=[1400, 390])
def page(request, browser, address, pictures):
    opened, faults = browser.new_page(viewport={"width": request.param, "height": 1000}), []
    opened.on("pageerror", lambda fault: faults.append(str(fault)))
    opened.on("request", lambda asked: asked.url.startswith("http") and faults.append(asked.url))
    opened.goto(address)
    opened.wait_for_selector(".stage.live")
    yield opened
    opened.screenshot(path=pictures / f"run_page_{request.param}.png", full_page=True)
    opened.close()
    assert not faults


def test_a_drag_and_keys_turn_the_room(page):
    before, box = page.evaluate(CAMERA), page.locator(".stage").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
    page.mouse.up()
    page.wait_for_function(f"(before) => Math.abs(({CAMERA})()[0] - before) > 0.2", arg=before[0])
    page.locator("iframe").focus()
    before = page.evaluate(CAMERA)
    page.keyboard.press("ArrowUp")
    assert page.evaluate(CAMERA)[1] > before[1]


def test_one_stands_where_a_frame_does_and_comes_back(page):
    outside, (x, y, z) = page.evaluate(CAMERA), make_tiny_scene().c2w[4, :3, 3]
    page.get_by_role("button", name="frame 4", exact=True).click()
    page.get_by_role("button", name="Stand there").click()
    np.testing.assert_allclose(page.evaluate(CAMERA), [x, z, -y], atol=0.01)
    page.get_by_role("button", name="From outside").click()
    np.testing.assert_allclose(page.evaluate(CAMERA), outside, atol=0.01)


def test_a_press_hides_a_class_and_one_view_is_there_at_a_time(page):
    assert sorted(page.evaluate(VISIBLE)) == ["floor", "wall x-"]
    page.get_by_role("button", name="floor").click()
    assert page.evaluate(VISIBLE) == ["wall x-"]
    assert page.locator(".view:visible").count() == 1


def test_it_is_accessible_and_fits(page):
    found = [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page).response["violations"]]
    assert not found
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
