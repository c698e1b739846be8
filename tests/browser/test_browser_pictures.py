"""Behind every explorer: clicks reach their pixel, drags never queue, and the lane notices what goes wrong."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

PAINTED = """import numpy as np
from IPython.display import display
from semnerf_lib.widgets.picture import Picture

canvas = np.zeros((30, 40, 3), np.uint8)
picture = Picture(canvas, 400, "canvas")


def paint(u, v):
    canvas[v, u] = 255
    picture.show(canvas)


picture.on_click(paint)
display(picture)"""

SLOW = """import time
from pathlib import Path

import numpy as np
from semnerf_lib import widgets
from semnerf_lib.evaluation import View
from semnerf_lib.experiments import open_scene

scene = open_scene("room", "smoke")


def render(c2w, width):
    with open("calls.txt", "a") as calls:
        print(width, file=calls)
    time.sleep(0.3)
    shape = (width * 3 // 4, width)
    one = np.ones(shape, np.float32)
    return View(np.full(shape, int(20 * abs(c2w[0, 3])) % 9, np.uint8), one, one, one, None)


widgets.free_view(render, scene)"""

QUICK = """from semnerf_lib import widgets
from semnerf_lib.experiments.presets import preset
from semnerf_lib.experiments import open_scene
from semnerf_lib.models import build_model

scene = open_scene("room", "laptop")
widgets.free_view(widgets.view_renderer(build_model(preset("laptop"), scene), scene), scene)"""
"""The laptop's `GridField` at 160x120; what a picture costs does not depend on what the field has learnt."""

STOPWATCH = """(name) => {
    const image = document.querySelector(`img[data-name='${name}']`);
    window.times = [];
    let released = null;
    document.addEventListener("pointerup", () => { released = performance.now(); }, true);
    image.addEventListener("load", () => requestAnimationFrame(() => {
        if (released !== null) window.times.push(performance.now() - released);
        released = null;
    }));
}"""


def run(desk, name, *cells):
    desk.lab.write(name, *cells)
    desk.open(name)
    desk.run_all()


def test_a_click_reaches_its_pixel(desk):
    run(desk, "painted.ipynb", PAINTED)
    desk.wait_for_picture("canvas", 0)
    for x, y in ((0.26, 0.76), (0.99, 0.01)):
        before = desk.shown("canvas")
        desk.click("canvas", x, y)
        desk.wait_for_picture("canvas", before)
    painted = np.argwhere(desk.pixels("canvas")[..., 0] == 255).tolist()
    assert painted == [[0, 39], [22, 10]]


def test_drags_never_queue_behind_a_slow_renderer(desk):
    run(desk, "slow.ipynb", SLOW)
    desk.wait_for_picture("free view", 0)
    calls = desk.lab.notebooks / "calls.txt"
    calls.write_text("")
    before, start = desk.shown("free view"), time.monotonic()
    desk.drag("free view", (0.2, 0.5), (0.7, 0.5), steps=60, pause=0.02)
    dragged = time.monotonic() - start
    desk.wait_for_picture("free view", before, 64)
    late = time.monotonic() - start - dragged
    widths = list(map(int, calls.read_text().split()))
    assert widths[-1] == 64 and widths.count(64) == 1
    assert 2 <= len(widths) <= 2 + dragged / 0.3
    assert late < 3 * 0.3 + 1.0  # one that was on its way, then the full one


def test_each_released_slider_has_one_picture(desk, record_property):
    run(desk, "quick.ipynb", QUICK)
    desk.wait_for_picture("free view", 0)
    before = desk.shown("free view")
    desk.press("depth")  # of an empty room, which differs from frame to frame; its labels do not
    desk.wait_for_picture("free view", before)
    desk.page.evaluate(STOPWATCH, "free view")
    handle = desk.page.locator(".widget-slider .noUi-handle")
    for k in range(10):
        box, before = handle.bounding_box(), desk.shown("free view")
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        desk.page.mouse.move(x, y)
        desk.page.mouse.down()
        desk.page.mouse.move(x + (20 if k % 2 else -20), y, steps=3)
        desk.page.mouse.up()
        desk.wait_for_picture("free view", before)
    times = sorted(desk.page.evaluate("() => window.times"))
    record_property("milliseconds", times)
    print("slider released to new picture, ms:", [round(t) for t in times])
    assert len(times) == 10


def test_an_outside_request_is_noticed(desk):
    desk.page.evaluate("() => fetch('http://semnerf.invalid/x').catch(() => {})")
    desk.page.wait_for_timeout(100)
    assert desk.outside == ["http://semnerf.invalid/x"]
    desk.outside.clear()
    desk.complaints.clear()  # the browser says that it failed


def test_an_error_on_the_console_is_noticed(desk):
    desk.page.evaluate("() => console.error('something')")
    desk.page.evaluate("() => { setTimeout(() => { throw new Error('nobody caught') }) }")
    desk.page.wait_for_timeout(100)
    assert desk.complaints == ["something", "nobody caught"]
    desk.complaints.clear()


def test_a_widget_that_cannot_send_is_forgiven_after_its_notebook_was_closed_alone(desk):
    desk.closed_at = -math.inf
    desk.page.evaluate("() => console.error('Error: Cannot send')")
    desk.page.wait_for_timeout(100)
    assert desk.complaints == ["Error: Cannot send"]
    desk.complaints.clear()
    desk.close()
    desk.page.evaluate("() => console.error('Error: Cannot send')")
    desk.page.wait_for_timeout(100)
    assert desk.complaints == []


def test_a_failing_cell_is_noticed(desk):
    desk.lab.write("failing.ipynb", "1", "1 / 0", "3")
    desk.open("failing.ipynb")
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        desk.run_all()
