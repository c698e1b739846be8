"""A person at JupyterLab: opens notebooks, runs them, drags, clicks, slides, and notices what goes wrong."""

from __future__ import annotations

import base64
import io
import math
import time
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
from lab import JupyterLab
from PIL import Image
from playwright.sync_api import Locator, Page

SECOND = 1000
RUN_SECONDS = 600
IDLE = "() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
CODE_CELLS = """() => Array.from(jupyterapp.shell.currentWidget.content.model.cells)
    .filter((cell) => cell.type === "code" && cell.sharedModel.getSource().trim())"""
FINISHED = f"""() => {{
    const cells = ({CODE_CELLS})();
    const failed = cells.some((cell) => cell.outputs.toJSON().some((output) => output.output_type === "error"));
    const all = cells.every((cell) => cell.executionCount !== null && cell.executionState !== "running");
    return failed || (all && ({IDLE})());
}}"""
FAILURES = f"""() => ({CODE_CELLS})().flatMap((cell) => cell.outputs.toJSON())
    .filter((output) => output.output_type === "error").map((output) => output.traceback.join("\\n"))"""
COUNTS = f"() => ({CODE_CELLS})().map((cell) => cell.executionCount)"
SCROLL = """async () => {
    const notebook = jupyterapp.shell.currentWidget.content;
    for (let i = 0; i < notebook.widgets.length; i++) await notebook.scrollToItem(i, "start");
}"""
CLOSED = """async () => {
    const widget = jupyterapp.shell.currentWidget;
    if (!widget?.sessionContext) return;
    await widget.context.save();
    widget.close();
}"""
CALM = "() => new Promise((idle) => requestIdleCallback(idle))"
CLOSED_ALREADY = "Error: Cannot send"
"""What a widget says whose notebook was closed while it drew; one that is slow says so as late as in the next test."""
LINGER = 60
"""Seconds after a notebook was closed in which this is forgiven."""
FETCHED = """async (image) => {
    const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""


class Desk:
    """One page of a browser at a JupyterLab.

    Attributes:
        page: Playwright's page.
        lab: the server.
        outside: addresses asked for that are not this machine's.
        complaints: errors on the browser's console, and exceptions that no script caught.
        closed_at: when a notebook was closed last, by `time.monotonic`.
    """

    def __init__(self, page: Page, lab: JupyterLab, pictures: Path):
        self.page, self.lab, self.pictures = page, lab, pictures
        self.outside: list[str] = []
        self.complaints: list[str] = []
        self.closed_at = -math.inf
        page.on("request", self._asked)
        page.on("console", self._said)
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        page.set_default_timeout(60 * SECOND)

    def _asked(self, request) -> None:
        address = urlparse(request.url)
        if address.scheme not in ("data", "blob") and address.hostname not in ("127.0.0.1", "localhost"):
            self.outside.append(request.url)

    def _said(self, said) -> None:
        forgiven = CLOSED_ALREADY in said.text and time.monotonic() - self.closed_at < LINGER
        if said.type == "error" and not forgiven:
            self.complaints.append(said.text)

    def sit_down(self) -> None:
        """Opens JupyterLab."""
        self.page.goto(f"{self.lab.url}/lab?token={self.lab.token}&reset")
        self.page.wait_for_selector(".jp-FileBrowser .jp-DirListing-item")
        self.page.wait_for_function("() => window.jupyterapp !== undefined")

    def open(self, name: str) -> None:
        """Opens a notebook and waits for its kernel."""
        self.page.evaluate("(path) => { jupyterapp.commands.execute('docmanager:open', { path }); }", name)
        self.page.wait_for_function(
            f"(path) => jupyterapp.shell.currentWidget?.context?.path === path && ({IDLE})()",
            arg=name,
            timeout=120 * SECOND,
        )

    def choose(self, menu: str, entry: str) -> None:
        """An entry of a menu."""
        self.page.locator(".lm-MenuBar-itemLabel").get_by_text(menu, exact=True).click()
        self.page.locator(".lm-Menu-itemLabel").get_by_text(entry, exact=True).click()

    def run_all(self) -> None:
        """Clears all outputs, runs all cells and waits until every one has run.

        Raises:
            AssertionError: a cell failed; its traceback.
        """
        self.choose("Edit", "Clear Outputs of All Cells")
        self.choose("Run", "Run All Cells")
        self.page.wait_for_function(FINISHED, timeout=RUN_SECONDS * SECOND)
        failures = self.page.evaluate(FAILURES)
        assert not failures, "\n".join(failures)

    def execution_counts(self) -> list[int]:
        """Of the code cells that hold something, in order."""
        return self.page.evaluate(COUNTS)

    def look_through(self) -> None:
        """Scrolls past every cell, so that JupyterLab draws all of them."""
        self.page.evaluate(SCROLL)

    def close(self) -> None:
        """Saves and closes the notebook, ends its kernel and waits until the page is done with both."""
        self.closed_at = time.monotonic()
        self.page.evaluate(CLOSED)
        self.lab.shut_kernels()
        self.page.evaluate(CALM)

    def photograph(self, name: str) -> None:
        """Keeps a screenshot."""
        self.page.screenshot(path=self.pictures / f"{name}.png")

    def picture(self, name: str) -> Locator:
        """The `widgets.Picture` of that name."""
        return self.page.locator(f'img.semnerf-picture[data-name="{name}"]')

    def names(self) -> list[str]:
        """Of all pictures on the page."""
        return self.page.locator("img.semnerf-picture").evaluate_all("(all) => all.map((image) => image.dataset.name)")

    def pixels(self, name: str) -> np.ndarray:
        """(H, W, 3) uint8: what a picture shows, decoded from the very bytes that the browser has."""
        data = base64.b64decode(self.picture(name).evaluate(FETCHED))
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))

    def shown(self, name: str) -> int:
        """How many images a picture has shown so far."""
        return int(self.picture(name).get_attribute("data-shown") or 0)

    def wait_for_picture(self, name: str, after: int, width: int | None = None) -> None:
        """Until a picture has shown more than `after` images and the last of them has so many pixels a row."""
        self.page.wait_for_function(
            """([name, after, width]) => {
                const image = document.querySelector(`img[data-name='${name}']`);
                return image.dataset.shown > after && (width === null || image.naturalWidth === width);
            }""",
            arg=[name, after, width],
        )

    def wait_for_text(self, text: str) -> None:
        """Until this stands on the page."""
        self.page.get_by_text(text).first.wait_for()

    def at(self, name: str, x: float, y: float) -> tuple[int, int]:
        """The whole-numbered place on the page nearest to shares (x, y) of a picture's width and height."""
        box = self.picture(name).bounding_box()
        return round(box["x"] + x * box["width"]), round(box["y"] + y * box["height"])

    def click(self, name: str, x: float, y: float) -> None:
        """A click at shares (x, y) of a picture's width and height."""
        self.picture(name).scroll_into_view_if_needed()
        self.page.mouse.click(*self.at(name, x, y))

    def drag(
        self, name: str, start: tuple[float, float], end: tuple[float, float], steps: int = 8, pause: float = 0.0
    ) -> tuple[float, float]:
        """Presses at one place of a picture, moves in steps with pauses (seconds), and releases at another.

        Returns:
            How far the pointer went, in widths and heights of the picture.
        """
        self.picture(name).scroll_into_view_if_needed()
        box, (x, y), (x_end, y_end) = self.picture(name).bounding_box(), self.at(name, *start), self.at(name, *end)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        for k in range(1, steps + 1):
            self.page.mouse.move(x + round((x_end - x) * k / steps), y + round((y_end - y) * k / steps))
            self.page.wait_for_timeout(pause * SECOND)
        self.page.mouse.up()
        return (x_end - x) / box["width"], (y_end - y) / box["height"]

    def slide(self, description: str, presses: int) -> float:
        """Moves the slider of that description by so many presses of an arrow key; returns where it then is."""
        slider = self.page.locator(".widget-slider", has=self.page.get_by_text(description, exact=True))
        handle = slider.locator(".noUi-handle")
        handle.focus()
        for _ in range(abs(presses)):
            self.page.keyboard.press("ArrowRight" if presses > 0 else "ArrowLeft")
        return float(handle.get_attribute("aria-valuenow"))

    def press(self, button: str) -> None:
        """A button or toggle of a widget by all that is written on it."""
        self.page.locator(".jupyter-widgets button").get_by_text(button, exact=True).click()
