"""The browser lane: one JupyterLab and one page for each of its two processes. `make test` ends with it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import HOW, find
from desk import Desk
from lab import JupyterLab
from playwright.sync_api import Browser, Error, sync_playwright

SCREENSHOTS = pytest.StashKey[Path]()


def no_browser(fault: str) -> None:
    """A test that needs a browser is skipped where there is none, and fails where CI is set."""
    message = f"no browser for this test: {fault}; {HOW}"
    if os.environ.get("CI"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    options = ["--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium's sandbox refuses root
    with sync_playwright() as play:
        path = find(play)
        if path is None:
            no_browser("Chromium is not installed")
        try:
            opened = play.chromium.launch(executable_path=path, args=options)
        except Error as fault:
            no_browser(f"{path} does not start ({fault.message.splitlines()[0]})")
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory) -> Iterator[JupyterLab]:
    with JupyterLab(tmp_path_factory.mktemp("lab")) as started:
        yield started


@pytest.fixture(scope="session")
def pictures(pytestconfig) -> Path:
    """Where screenshots are kept, for a person to look at; the path stands at the end of the tests' report."""
    folder = Path(tempfile.mkdtemp(prefix="semnerf-screenshots-"))
    pytestconfig.stash[SCREENSHOTS] = folder
    return folder


@pytest.fixture(scope="session")
def seated(browser, lab, pictures) -> Desk:
    """JupyterLab, opened once: each test opens and closes its notebooks in it."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    desk = Desk(page, lab, pictures)
    desk.sit_down()
    return desk


@pytest.fixture
def desk(seated, request) -> Iterator[Desk]:
    """The desk of one test; afterwards its notebook is closed, and no error and no outside request is forgiven."""
    yield seated
    seated.photograph(request.node.name.replace("/", "_"))
    complaints = seated.complaints[:]  # widgets that lose their kernel while they are closed complain of it: forgiven
    seated.close()
    outside = seated.outside[:]
    seated.outside.clear()
    seated.complaints.clear()
    assert not outside, f"asked outside of this machine: {outside}"
    assert not complaints, f"on the browser's console: {complaints}"


def pytest_terminal_summary(terminalreporter, config) -> None:
    if folder := config.stash.get(SCREENSHOTS, None):
        terminalreporter.write_line(f"screenshots: {folder}")
